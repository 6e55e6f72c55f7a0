/* SPDX-License-Identifier: ISC */
/*
 * httpc_impl: what the files of httpc share. Not for others.
 *
 *   httpc.c         the multi handle on the event base, starting and ending
 *   httpc_build.c   options to a libcurl handle
 *   httpc_reply.c   headers, body, the result
 */
#ifndef COMMON_HTTPC_IMPL_H
#define COMMON_HTTPC_IMPL_H

#include <sys/queue.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>

#include "common/buf.h"
#include "common/httpc.h"

#define HTTPC_TOTAL_MS		60000
#define HTTPC_BODY_MAX		(1u << 20)
#define HTTPC_RETRY_AFTER_MAX	86400		/* seconds; more is taken as that */

enum httpc_state {
	HTTPC_WAITING,		/* started inside a callback of libcurl: to be added when it is over */
	HTTPC_RUNNING,
	HTTPC_CANCELLED,	/* inside a callback of libcurl: to be freed when it is over */
	HTTPC_DONE		/* on_done runs */
};

struct httpc_req {
	TAILQ_ENTRY(httpc_req) link;
	struct httpc		*httpc;
	enum httpc_state	 state;
	CURL			*easy;
	struct curl_slist	*headers;
	curl_mime		*mime;
	struct event		 progress;	/* first byte, then idle */
	struct event		 total;
	int			 first_byte_ms, idle_ms, total_ms;
	int			(*on_data)(void *arg, const char *type, const void *data, size_t len);
	int			(*on_head)(void *arg, const struct httpc_head *head);
	void			(*on_done)(void *arg, const struct httpc_result *res);
	void			*arg;
	size_t			 max_body, received;
	struct buf		 body;
	enum httpc_error	 error;		/* set by us, HTTPC_OK: ask libcurl's code */
	bool			 began;		/* a byte of the answer came */
	bool			 paused;	/* wanted */
	bool			 held;		/* libcurl holds data back because of it */
	bool			 resume;	/* to be told to go on */
	bool			 any_data;
	int64_t			 retry_after_ms;
	int64_t			 range_start, range_total;
	char			 etag[128];
	char			 text[CURL_ERROR_SIZE];
};

/* 0, or -1 with errno; what was made till then is in r. */
int	httpc_build(struct httpc_req *r, const struct httpc_opts *o);

/* libcurl's callbacks; arg is the request. */
size_t	httpc_on_header(char *data, size_t size, size_t n, void *arg);
size_t	httpc_on_body(char *data, size_t size, size_t n, void *arg);
void	httpc_fill_result(struct httpc_req *r, CURLcode code, struct httpc_result *ret);

/* A byte of the answer came: idle_ms begins anew (httpc.c). */
void	httpc_progress(struct httpc_req *r);

/* Milliseconds, -1 if value is neither seconds nor a date (now is wall clock). For tests. */
int64_t	httpc_retry_after(const char *value, size_t len, bool in_ms, int64_t now_ms);

#endif
