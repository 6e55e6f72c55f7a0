/* SPDX-License-Identifier: ISC */
/*
 * httpc: HTTP requests by libcurl's multi interface on a libevent base: one
 * request, one completion, deadlines on progress.
 *
 * Callbacks run from the loop. A request is freed after its done callback
 * returned, or by httpc_cancel() (allowed in every callback of another
 * request and outside callbacks; inside its own data callback return -1
 * instead). http_proxy variables are obeyed except for loopback hosts.
 * Redirects are not followed. Nothing here retries, but libcurl sends a
 * request again when a kept connection turns out to be closed before any
 * byte of an answer; `fresh` prevents that. SIGPIPE must be ignored.
 */
#ifndef COMMON_HTTPC_H
#define COMMON_HTTPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct httpc;			/* one a process: connections are kept and reused */
struct httpc_req;

enum httpc_error {
	HTTPC_OK,		/* an answer came, whatever its status */
	HTTPC_CONNECT,		/* name, connection or TLS failed: nothing was sent */
	HTTPC_TIMEOUT_FIRST,	/* no byte of an answer in first_byte_ms */
	HTTPC_TIMEOUT_IDLE,	/* began, then nothing for idle_ms */
	HTTPC_TIMEOUT_TOTAL,
	HTTPC_TOO_LARGE,	/* body over max_body */
	HTTPC_ABORTED,		/* cut in the middle, or the data callback returned -1 */
	HTTPC_FAILED		/* anything else; text in the result */
};
const char *httpc_error_name(enum httpc_error e);

struct httpc_part {		/* one part of a multipart/form-data body */
	const char	*name, *filename, *type;	/* filename, type may be NULL */
	const void	*data;				/* copied */
	size_t		 len;
};

struct httpc_result {
	enum httpc_error error;
	long		 status;		/* 0 when none came */
	const char	*body;			/* NUL-terminated; when on_data is NULL, or for statuses outside 200..299 */
	size_t		 body_len;
	const char	*content_type;		/* "" none */
	const char	*text;			/* libcurl's words for an error */
	int64_t		 retry_after_ms;	/* from retry-after-ms or Retry-After (seconds or date); -1 none */
	int64_t		 connect_us, first_byte_us, total_us;
	bool		 any_data;		/* on_data was called */
};

struct httpc_head {			/* of a 2xx answer, before its first piece */
	long		 status;
	int64_t		 length;		/* Content-Length; -1 none */
	int64_t		 range_start, range_total;	/* Content-Range "bytes START-END/TOTAL"; -1 none or unknown */
	const char	*etag;			/* as it came, quotes included; "" none */
};

struct httpc_opts {
	const char	*method;		/* "GET", "POST", "PUT", "DELETE" */
	const char	*url;
	const char *const *headers;		/* "Name: value", NULL-terminated; may be NULL */
	const char	*bearer;		/* Authorization: Bearer; NULL or "" sends none. Never logged */
	const void	*body;			/* copied; or */
	size_t		 body_len;
	const struct httpc_part *parts;
	size_t		 nparts;
	/* 0: none but total, default 60000. first_byte_ms counts from the start, connecting and sending included */
	int		 connect_ms, first_byte_ms, idle_ms, total_ms;
	size_t		 max_body;		/* 0: 1 MiB */
	bool		 fresh;			/* on a new connection: for what must not be done twice */
	/* Once before the first piece that on_data gets (not for an empty body); -1 aborts. May be NULL. */
	int	(*on_head)(void *arg, const struct httpc_head *head);
	/* Pieces of a 2xx body as they come; -1 aborts. NULL: collect. type is the Content-Type. */
	int	(*on_data)(void *arg, const char *type, const void *data, size_t len);
	void	(*on_done)(void *arg, const struct httpc_result *res);	/* exactly once unless cancelled */
	void	*arg;
};

/* Requests over max_connections wait for one, with their deadlines running. NULL: errno. */
struct httpc *httpc_new(struct event_base *base, int max_connections);
void	httpc_free(struct httpc *h);		/* cancels all; not from a callback */
/* NULL: errno EINVAL (url, scheme other than http, https), ENOMEM. on_done never runs before this returns. */
struct httpc_req *httpc_start(struct httpc *h, const struct httpc_opts *o);
void	httpc_cancel(struct httpc_req *r);	/* on_done will not run */
/* Stop and go on reading an answer (back-pressure). While paused idle_ms does not run. */
void	httpc_pause(struct httpc_req *r, bool paused);

#endif
