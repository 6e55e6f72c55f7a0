/* SPDX-License-Identifier: ISC */
/*
 * rest: Vonage's REST API, served on 127.0.0.1 for all legs of this process:
 * tables of routes, the bearer token, the limits a second, answers that come
 * late or never. Handlers only turn a request into a reply.
 *
 * The order of the checks: route (404, 405), token (401), limit (429), faults,
 * handler. Each request is one line "rest" of the log (simlog.h).
 */
#ifndef CALLSIM_REST_H
#define CALLSIM_REST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <event2/http.h>

#include "common/json.h"

#define REST_FAULTS_MAX		16
#define REST_BODY_MAX		(256 * 1024)
#define REST_STALL_MS		60000	/* then a stalled connection is closed */
#define REST_NUMBERS_MAX	100
#define REST_LOG_MAX		20000	/* requests kept for the summary, with options.keep_log */

struct rest;
struct sim;

enum rest_kind {		/* of routes: for limits and faults */
	REST_CREATE,		/* POST /v1/calls */
	REST_LIST, REST_GET, REST_PUT,
	REST_PLAY,		/* talk, stream, dtmf, input/dtmf */
	REST_SMS,
	REST_OTHER
};
const char *rest_kind_name(enum rest_kind kind);

enum rest_limit {		/* spec/vonage.md 7.6: which budget it is taken from */
	REST_LIMIT_NONE, REST_LIMIT_CREATES, REST_LIMIT_OTHERS
};

struct rest_request {		/* all borrowed until the handler returns */
	struct sim	*sim;
	enum evhttp_cmd_type method;
	const char	*path;		/* without query */
	char		 id[80];	/* what stood for the "*" of the pattern, decoded */
	const struct evkeyvalq *query;	/* decoded; see evhttp_find_header() */
	const char	*text;		/* the body as it came, NUL-terminated */
	size_t		 len;
	struct json_object *body;	/* NULL: empty, or no JSON */
	const char	*content_type;	/* NULL: none */
	const char	*authorization;	/* NULL: none */
};

struct rest_reply {		/* all zero before the handler */
	int		 status;	/* 0 counts as 500 */
	struct json_object *body;	/* put after sending; NULL: none */
	int64_t		 retry_after_s;	/* 0: no such header */
	const char	*note;		/* static: for the log ("hangup") */
};
typedef void rest_handler(const struct rest_request *req, struct rest_reply *reply);

struct rest_route {
	enum evhttp_cmd_type method;
	const char	*pattern;	/* a "*" stands for one part of the path */
	enum rest_kind	 kind;
	enum rest_limit	 limit;
	bool		 open;		/* no bearer token asked for (the handler checks what it needs) */
	rest_handler	*handle;
};
/* Tables end with a row whose pattern is NULL; rest.c lists them. */
extern const struct rest_route restcalls_routes[], simsms_routes[];

/* Replies in the three forms of spec/vonage.md 7.6. */
void	rest_fail_parameter(struct rest_reply *reply, const char *name, const char *reason);	/* 400 */
void	rest_fail_title(struct rest_reply *reply, int status, const char *type, const char *title);
void	rest_fail_problem(struct rest_reply *reply, int status, const char *slug, const char *title,
	    const char *detail);

enum rest_mode {		/* of a fault */
	REST_MODE_LOSE,		/* carried out, then the connection is closed without an answer */
	REST_MODE_DROP,		/* closed without having done anything */
	REST_MODE_STALL,	/* carried out, never answered (REST_STALL_MS) */
	REST_MODE_500, REST_MODE_503,
	REST_MODE_429,		/* without Retry-After */
	REST_MODE_429_AFTER,	/* with one of 2 s */
	REST_MODE_401
};

struct rest_fault {
	enum rest_mode	 mode;
	bool		 any;		/* of every kind; else of: */
	enum rest_kind	 kind;
	int64_t		 count;		/* so often; 0: always */
	int64_t		 skip;		/* so many pass first */
};
/* "MODE[,KIND[,COUNT[,SKIP]]]"; defaults any, 1, 0. 0, or -1 with EINVAL. */
int	rest_fault_parse(struct rest_fault *ret, const char *text);

struct rest_options {		/* in struct sim_options; zero: as Vonage is, but no limits */
	int64_t		 creates_per_s, others_per_s;	/* 0: no limit; Vonage: 3, 15 */
	int64_t		 delay_ms;	/* each answer comes so late */
	struct rest_fault faults[REST_FAULTS_MAX];
	size_t		 nfaults;
	const char	*public_key;	/* file, PEM; NULL: any token will do. They name options.sign.application_id */
	const char	*numbers[REST_NUMBERS_MAX];	/* of the account; none: any "from" is taken */
	size_t		 nnumbers;
	bool		 keep_log;	/* rest_log() has something */
	int64_t		 hangup_after_ms;	/* from creation: earlier ones are 400; 0: none are */
};

/* 0: any free port. NULL with the reason in cause. */
struct rest *rest_new(struct sim *sim, uint16_t port, char *cause, size_t cause_size);
void	rest_free(struct rest *r);
/* Why a request with that Authorization header (or NULL) is refused; NULL: it is not. */
const char *rest_refuse_token(const struct rest *r, const char *authorization);
uint16_t rest_port(const struct rest *r);
/* {"requests": n, "failed": n, "throttled": n, ...}; the caller puts it. */
struct json_object *rest_counts(const struct rest *r);
/* A call was made by request. */
void	rest_created(struct rest *r, const char *uuid);
/* Their uuids, oldest first, an array; borrowed. */
struct json_object *rest_created_list(const struct rest *r);
/* The first REST_LOG_MAX requests, an array of {ts, method, path, status, action, fault}; borrowed. */
struct json_object *rest_log(const struct rest *r);

#endif
