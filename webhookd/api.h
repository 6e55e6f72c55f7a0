/* SPDX-License-Identifier: ISC */
/*
 * api: the operator's HTTP API: /v1/... and /make-call. openapi.json describes
 * it; a test holds that page to api_operations[].
 *
 * Each request carries "Authorization: Bearer TOKEN", one of `api_tokens`
 * (callpipe.conf(5)); a token has a scope, and each scope includes the one
 * before it: read (look), operate (touch calls that are there, place one), admin
 * (campaigns, contacts, jobs). Errors are RFC 7807 problems. Work that must
 * survive is answered 202 when its row is committed, and done after that.
 */
#ifndef WEBHOOKD_API_H
#define WEBHOOKD_API_H

#include <stdbool.h>
#include <stddef.h>

#include "common/json.h"
#include "webhookd/webhookd.h"

enum api_scope { API_OPEN, API_READ, API_OPERATE, API_ADMIN };
extern const char *const api_scope_names[];	/* for the option: "read", "operate", "admin"; NULL */

struct api_request {
	struct webhookd	*w;
	struct http_req	*req;		/* to be answered once */
	char		 id[97];	/* {id} of the path, "" none */
	const char	*who;		/* name of the token, for the log; borrowed */
};

struct api_operation {
	const char	*method, *path;	/* "GET", "/v1/calls/{id}" */
	const char	*name;		/* operationId */
	enum api_scope	 scope;
	void		(*handle)(struct api_request *rq);
};
extern const struct api_operation api_operations[];	/* ended by a NULL method */

/* Is this path one of the API's? Then api_handle() answers. */
bool	api_wants(const char *path);
void	api_handle(struct webhookd *w, struct http_req *req);
/* The scope of that token, and its name; API_OPEN: no such token. */
enum api_scope api_scope_of(const struct webhookd_conf *conf, const char *authorization, const char **ret_name);
/* At load: names and lengths of api_tokens. 0, or -1 with a text. */
int	api_check(const struct webhookd_conf *conf, char *err, size_t err_size);

/* ---- for the handlers ---- */
/*
 * The JSON object of the body, whose members must all be in members (ended by a name
 * of NULL) and of their type, or null. NULL: it was answered 400.
 */
struct api_member {
	const char	*name;
	enum json_type	 type;
};
struct json_object *api_body(struct api_request *rq, const struct api_member *members);
const char *api_query(const struct api_request *rq, const char *name);	/* NULL: absent */
/* A number of the query, def when absent; false: answered 400. */
bool	api_query_int(struct api_request *rq, const char *name, int64_t min, int64_t max, int64_t def, int64_t *ret);
void	api_problem(struct api_request *rq, int status, const char *title, const char *detail);
/* rc of the store: -1 is answered 500 and logged; true: go on. */
bool	api_store_ok(struct api_request *rq, int rc);
/* The call named by rq->id; false: answered 404. */
bool	api_call(struct api_request *rq, struct store_call *ret);
/* Rows of a query as an array; add puts o when it does not fit in. false: no memory, stop. */
struct api_list {
	struct json_object	*array;		/* NULL: no memory */
	bool			 failed;
};
bool	api_list_add(struct api_list *list, struct json_object *o);
/* Logs an action of an operator: who, what, on which call. */
void	api_log(const struct api_request *rq, const char *what, const char *call);

/* api_look.c */
void	api_list_calls(struct api_request *rq);
void	api_show_call(struct api_request *rq);
void	api_show_document(struct api_request *rq);
void	api_list_jobs(struct api_request *rq);
/* api_record.c */
void	api_list_recordings(struct api_request *rq);
void	api_get_recording(struct api_request *rq);
/* api_control.c */
void	api_control_call(struct api_request *rq);
/* api_dial.c */
void	api_place_call(struct api_request *rq);
void	api_list_dials(struct api_request *rq);
void	api_show_dial(struct api_request *rq);
/* api_campaign.c */
void	api_list_campaigns(struct api_request *rq);
void	api_show_campaign(struct api_request *rq);
void	api_control_campaign(struct api_request *rq);
/* api_events.c */
void	api_follow_events(struct api_request *rq);

/* ---- server-sent events ---- */
struct api_events;
struct bus_msg;
struct api_events *api_events_new(struct webhookd *w);	/* NULL: ENOMEM */
void	api_events_free(struct api_events *e);
void	api_events_fact(struct api_events *e, const struct bus_msg *msg);	/* of another process */
/* A fact of our own: to the loudspeaker and to the streams (a process does not hear itself). fields: of msg.h. */
void	api_events_publish(struct webhookd *w, enum msg_kind kind, const struct callid *call, const void *fields);
/* Streams end whose token is not one of the configuration any more. */
void	api_events_reload(struct api_events *e, const struct webhookd_conf *conf);
size_t	api_events_streams(const struct api_events *e);

#endif
