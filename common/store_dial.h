/* SPDX-License-Identifier: ISC */
/*
 * store_dial: numbers to be called, the attempts to call them, campaigns
 * (store.h has the rest and the rules: writes are queued, done may be NULL).
 *
 * A dial is a number that is to be called until it is reached or given up:
 * waiting -> placing -> calling -> done, failed or stopped, or waiting again.
 * An attempt is one request to place a call; it is committed before the
 * request is sent, and its number n is dials.serial. Dial and attempt move
 * together in one transaction (triggers of the schema):
 *
 *   store_add_attempt()   attempt placing            dial waiting -> placing
 *   store_set_unknown()   placing -> unknown         (placing)
 *   store_set_placed()    placing, unknown -> placed dial placing -> calling, attempts + 1
 *   store_end_dial()      -> over                    dial -> waiting, done, failed
 *
 * Every move names the attempt and fails with ENOENT when the dial is
 * elsewhere by now, so two processes cannot both do it.
 */
#ifndef COMMON_STORE_DIAL_H
#define COMMON_STORE_DIAL_H

#include "common/store.h"

#define STORE_DIAL_VARS		4096
#define STORE_DIAL_OPTIONS	1024

struct store_dial {
	int64_t	id, campaign;		/* campaign 0: alone */
	char	key[96];		/* idempotency key, "" none */
	char	number[16];		/* E.164, 7 to 15 digits without "+" */
	char	flow[64];
	char	vars[STORE_DIAL_VARS];	/* JSON object for the flow, "" none */
	char	options[STORE_DIAL_OPTIONS];	/* JSON object (dialopts.h), "" none */
	char	state[16];		/* waiting, placing, calling, done, failed, stopped */
	int	attempts;		/* that became a call */
	int	serial;			/* of the last attempt, 0 none */
	int64_t	next_at;		/* wall ms: not before */
	struct callid call;		/* of the last attempt */
	char	result[24];		/* of the last attempt, or why none is made */
	char	error[256];
	int64_t	created_at, updated_at;
	int64_t	asked_at;		/* when Vonage was last asked about the call */
};
struct store_attempt {
	int64_t	dial;
	int	n;			/* from 1 */
	char	number[16];
	int64_t	at;			/* committed for sending */
	char	owner[24];		/* webhookd that sends it */
	struct callid call;
	char	state[16];		/* placing, unknown, placed, over */
	char	result[24];
	int64_t	placed_at, ended_at;
	char	from_number[16];	/* of ours, that it is shown; "": any */
};
struct store_campaign {
	int64_t	id;
	char	name[64], flow[64];
	char	state[16];		/* running, paused, stopped, done */
	char	options[STORE_DIAL_OPTIONS];
	int64_t	created_at, updated_at;
	int64_t	next_at;		/* the next call not before */
	char	owner[24];		/* webhookd that places its calls, until */
	int64_t	owner_until;
};
void	store_dial_init(struct store_dial *d);
void	store_campaign_init(struct store_campaign *c);

typedef bool store_dial_fn(void *arg, const struct store_dial *d);	/* false stops */
typedef bool store_attempt_fn(void *arg, const struct store_attempt *a);
typedef bool store_campaign_fn(void *arg, const struct store_campaign *c);

/* ---- dials ---- */
/* Insert (waiting). One with that key is there: nothing is done, and rc is 0. EINVAL: no number or flow. */
int	store_add_dial(struct store *s, const struct store_dial *d, store_done *done, void *arg);
/* 1, 0, -1 (errno). */
int	store_get_dial(struct store *s, int64_t id, struct store_dial *ret);
int	store_find_dial_of_key(struct store *s, const char *key, struct store_dial *ret);
int	store_find_dial_of_call(struct store *s, const struct callid *call, struct store_dial *ret);
/* Waiting ones of a campaign (0: of none) that are due, earliest first, at most limit. */
int	store_due_dials(struct store *s, int64_t campaign, int64_t now, int limit, store_dial_fn *fn, void *arg);
int	store_live_dials(struct store *s, store_dial_fn *fn, void *arg);	/* placing, calling */
/* In the order of their ids, those above after (0: from the first); campaign -1: of all. */
int	store_each_dial(struct store *s, int64_t campaign, int64_t after, store_dial_fn *fn, void *arg);
/* A waiting one: give it a later time, or an end (state failed, stopped). */
int	store_hold_dial(struct store *s, int64_t id, const char *state, int64_t next_at, const char *result,
	    const char *error, int64_t now, store_done *done, void *arg);
/* The attempt is over. state "waiting" of a campaign that was stopped becomes "stopped". */
int	store_end_dial(struct store *s, int64_t id, int n, const char *state, int64_t next_at, const char *result,
	    const char *error, int64_t now, store_done *done, void *arg);
/* A better word about an attempt that is over as "unanswered", unless the next one has begun. */
int	store_amend_dial(struct store *s, int64_t id, int n, const char *state, int64_t next_at, const char *result,
	    int64_t now, store_done *done, void *arg);
int	store_asked_dial(struct store *s, int64_t id, int n, int64_t now);

/* ---- attempts ---- */
/*
 * a tells dial, n, at, owner, from_number. ENOENT: the dial is not waiting, had an attempt n already, or its number has max (0: any number) of
 * store_count_attempts() since that time: counted in the same statement, so that processes together obey it.
 */
int	store_add_attempt(struct store *s, const struct store_attempt *a, int max, int64_t since, store_done *done, void *arg);
int	store_set_unknown(struct store *s, int64_t dial, int n, store_done *done, void *arg);
/* The same call twice is no error. */
int	store_set_placed(struct store *s, int64_t dial, int n, const struct callid *call, int64_t now,
	    store_done *done, void *arg);
int	store_each_attempt(struct store *s, int64_t dial, store_attempt_fn *fn, void *arg);
int	store_open_attempts(struct store *s, store_attempt_fn *fn, void *arg);	/* placing, unknown */
int	store_find_attempt_of_call(struct store *s, const struct callid *call, struct store_attempt *ret);
/* Attempts to that number after since that were calls or may be; *ret_oldest is the first one's time. */
int	store_count_attempts(struct store *s, const char *number, int64_t since, int *ret_count, int64_t *ret_oldest);

/* ---- campaigns ---- */
int	store_get_campaign(struct store *s, int64_t id, struct store_campaign *ret);
int	store_each_campaign(struct store *s, bool open_only, store_campaign_fn *fn, void *arg);
/* Take it, or keep it, until that time. ENOENT: it is not running, or another one has it. */
int	store_claim_campaign(struct store *s, int64_t id, const char *owner, int64_t until, int64_t now,
	    store_done *done, void *arg);
/* running <-> paused -> stopped. ENOENT: not from where it is. */
int	store_set_campaign(struct store *s, int64_t id, const char *state, int64_t now, store_done *done, void *arg);
int	store_next_campaign(struct store *s, int64_t id, int64_t next_at);
/* Done, if no dial of it is left to do (else ENOENT). */
int	store_finish_campaign(struct store *s, int64_t id, int64_t now, store_done *done, void *arg);
struct store_progress { char state[16], result[24]; int64_t count, attempts; };
int	store_campaign_progress(struct store *s, int64_t id, bool (*fn)(void *arg, const struct store_progress *p), void *arg);
/*
 * A campaign and all its dials in one transaction, on a connection of its own
 * in the caller's thread: for tools. next fills d (number, vars, options;
 * the rest is set here): 1 one more, 0 the end, -1 give up (errno).
 * -1 with errno: nothing was stored.
 */
int	store_import_campaign(struct store *s, const struct store_campaign *c, int (*next)(void *arg, struct store_dial *d),
	    void *arg, int64_t *ret_id);

#endif
