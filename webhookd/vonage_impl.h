/* SPDX-License-Identifier: ISC */
/* vonage_impl: what the files of vonage share. Not for others. */
#ifndef WEBHOOKD_VONAGE_IMPL_H
#define WEBHOOKD_VONAGE_IMPL_H

#include <sys/queue.h>

#include "common/buf.h"
#include "common/httpc.h"
#include "common/loop.h"
#include "webhookd/limit.h"
#include "webhookd/vonage.h"

#define VONAGE_BODY_MAX		(1u << 20)	/* of a request; an NCCO may be long */
#define VONAGE_ANSWER_MAX	(1u << 20)	/* a page of 100 calls is some 60 KiB */
#define VONAGE_URL_MAX		1024

enum vonage_class { VONAGE_CREATES, VONAGE_OTHERS, VONAGE_MESSAGES, VONAGE_NCLASSES };	/* each with a limit */

struct vonage_request {
	TAILQ_ENTRY(vonage_request) link;	/* in waiting or under_way */
	struct vonage		*v;
	enum vonage_class	 class;
	const char		*method;	/* static; NULL: a turn, nothing is sent */
	char			*base;		/* owned */
	char			*path;		/* with the query; owned */
	char			*body;		/* NULL none; owned */
	size_t			 body_len;
	const char		*type;		/* Content-Type of body, static */
	char			 leg[65];	/* "" none */
	bool			 urgent;	/* a hang-up */
	bool			 once;		/* must not be done twice */
	int64_t			 asked_mono_ms;	/* when it was submitted */
	bool			 basic;		/* api_key and api_secret instead of the token */
	bool			 renewed;	/* a 401 was answered with a new token */
	int			 region;	/* next of v->regions to ask; -1: none were asked yet */
	/* Says what a 2xx means; NULL: VONAGE_OK. */
	enum vonage_result	 (*judge)(struct json_object *body, char *text, size_t size);
	vonage_fn		*fn;
	void			*arg;
};
TAILQ_HEAD(vonage_requests, vonage_request);

struct vonage_walk;
TAILQ_HEAD(vonage_walks, vonage_walk);

struct vonage {
	struct loop		*loop;
	struct httpc		*http;
	struct loop_watch	*timer;		/* when the next one may go */
	char			*api_base, *application_id, *private_key;
	char			*api_key, *api_secret, *sms_base, *rest_base;
	enum vonage_sms_api	 sms_api;
	bool			(*alive)(void *arg, const char *leg);
	void			*arg;
	const char *const	*regions;	/* NULL none */
	char			*token;
	int64_t			 token_until_ms;	/* wall clock; 0: make one */
	struct limit		 limits[VONAGE_NCLASSES];
	struct vonage_requests	 waiting[VONAGE_NCLASSES], under_way;
	struct vonage_walks	 walks;		/* lists that are read page by page */
	struct vonage_stats	 stats;
};

/* vonage.c */
const char *vonage_base_of(const struct vonage *v, const char *region_url);
bool	vonage_is_loopback(const char *url);	/* "http://127.0.0.1:PORT", with or without a path */

/* vonage_send.c: a request to base and path, freed with vonage_request_free(). NULL: ENOMEM. */
struct vonage_request *vonage_request_new(struct vonage *v, enum vonage_class class, const char *method,
    const char *base, const char *path);
int	vonage_request_set_json(struct vonage_request *r, struct json_object *body);	/* 0, -1 EMSGSIZE, ENOMEM */
void	vonage_request_free(struct vonage_request *r);
int	vonage_send(struct vonage_request *r);		/* now; 0 or -1 with errno */
/* Ends r, which is in no list. */
void	vonage_end(struct vonage_request *r, const struct vonage_reply *reply);

/* vonage_calls.c */
void	vonage_walks_free(struct vonage *v);

/* vonage_queue.c */
/* Takes r over in any case: 0 it goes now or in its turn; -1 with errno, it is freed. */
int	vonage_submit(struct vonage_request *r, vonage_fn *fn, void *arg);
void	vonage_queue_again(struct vonage_request *r);	/* first in its queue, whatever its length */
void	vonage_queue_run(struct vonage *v);

#endif
