/* SPDX-License-Identifier: ISC */
/*
 * store_flow: where a call is in its flow, and what people answered.
 *
 * Tables flow_states (one row a call) and answers (callpipe-store(5)).
 */
#ifndef COMMON_STORE_FLOW_H
#define COMMON_STORE_FLOW_H

#include "common/store.h"

struct store_flow_state {
	struct callid call;
	char	flow[64], step[64];
	int64_t	seq;		/* how many steps were entered: events of an older one are stale */
	char	key[129];	/* of the event that led here, "" none */
	char	*vars, *visits;	/* JSON objects; NULL empty. Owned by the struct when read */
	int64_t	updated_at;	/* wall ms */
};
void	store_flow_state_clear(struct store_flow_state *st);
/* Insert or replace; text is copied. done may be NULL. */
/* One of an earlier step (seq) than the row's changes nothing. */
int	store_put_flow_state(struct store *s, const struct store_flow_state *st, store_done *done, void *arg);
int	store_get_flow_state(struct store *s, const struct callid *call, struct store_flow_state *ret);	/* 1, 0, -1 */

/* Whether an event with that key (struct store_event's dedupe) is committed: what followed it is, too. 1, 0, -1 */
int	store_has_event(struct store *s, const char *key);

struct store_answer {
	struct callid call;
	char	flow[64], name[64];	/* of the question */
	char	how[16];		/* dtmf, speech, record */
	char	value[1024];
	char	confidence[16];		/* decimal, "" not told */
	int64_t	at;			/* wall ms */
	char	person[64];		/* number of the other one, "" not known; when read */
};
/* The same question of the same call again replaces it. */
int	store_put_answer(struct store *s, const struct store_answer *a, store_done *done, void *arg);
/* In the order in which they were first answered. fn returns false to stop. */
int	store_each_answer(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_answer *a), void *arg);
/* Those of all calls; flow NULL: of all flows. */
int	store_each_answer_of_flow(struct store *s, const char *flow, bool (*fn)(void *arg, const struct store_answer *a), void *arg);

/* A person does not want to be called; the contact is made if there is none. */
int	store_set_do_not_call(struct store *s, const char *number, store_done *done, void *arg);

/* Calls of a flow that are not ended and began after since (wall ms), to numbers like pattern ("4420*"; "" all). -1 on error. */
int64_t	store_count_open(struct store *s, const char *flow, const char *pattern, int64_t since);

#endif
