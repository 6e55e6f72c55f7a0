/* SPDX-License-Identifier: ISC */
/*
 * follow: what comes after an event in a flow.
 *
 * follow_event() is pure: the step's table "on", the event and the state of the
 * call give the next step. flow_run.c does the rest with a live call:
 *
 *   flow_enter()   puts a call into a step and makes its NCCO
 *   flow_follow()  what an event leads to; called for every event of a known call
 *
 * The state is written to flow_states before the caller stores its event,
 * so it is committed before (or with) it; answer only after that commit.
 */
#ifndef WEBHOOKD_FOLLOW_H
#define WEBHOOKD_FOLLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/callid.h"
#include "webhookd/event.h"
#include "webhookd/flow.h"

struct known_call;
struct webhookd;

/* Where a call is. In struct known_call and, as a row, in flow_states. */
struct flow_state {
	char	flow[64], step[64];	/* "" in none */
	int64_t	seq;			/* steps entered so far; in the eventUrls as n */
	char	key[129];		/* of the event that led here */
	char	last[129];		/* of the last one that was followed, here or not; not stored */
	struct json_object *vars;	/* strings; owned; NULL none */
	struct json_object *visits;	/* how often each follow-up with "max" was taken; owned; NULL none */
	bool	loaded;			/* the row was looked for */
};
void	flow_state_clear(struct flow_state *st);
/* 0, or -1: ENOMEM. A value over 1 KiB (reply: 6 KiB) is cut. */
int	flow_state_set(struct flow_state *st, const char *name, const char *value);

struct follow {
	const char	*on;		/* what matched, as it is written in the flow */
	char		 flow[64], step[64];	/* where to; "" : stay, the NCCO goes on */
	const char	*store;		/* name of a question, NULL none */
	char		 how[8], value[1024], confidence[16];	/* its answer */
	bool		 ai, hangup, sms, do_not_call;
};
/*
 * What follows ev in step of f. false: nothing. Changes
 * the variables (digits, speech, machine, answer.NAME, "set") and the visits of st.
 */
bool	follow_event(const struct flow *f, const struct flow_step *step, struct flow_state *st,
    const struct flow_scope *scope, const struct event *ev, struct follow *ret);
/* The AI on the step's socket can have a person: "ai:transfer" is there and its condition holds. */
bool	follow_may_transfer(const struct flow_step *step, const struct flow_scope *scope);
/* It wants one: where that leads, as follow_event(); ${action} is "transfer". false: nowhere. */
bool	follow_transfer(const struct flow *f, const struct flow_step *step, struct flow_state *st,
    const struct flow_scope *scope, struct follow *ret);
/* The step has something that follows a failed connect. */
bool	follow_has_failure(const struct flow_step *step);

/* ---- with a live call (flow_run.c) ---- */

/*
 * Where the call is, read from the store the first time; with several webhookds
 * each time, and theirs counts when it is newer. Never NULL.
 */
struct flow_state *flow_state_of(struct webhookd *w, struct known_call *call);

/*
 * Put the call into a step (flow NULL: where it is; step NULL: "start") and
 * make its NCCO: the caller's text (free()). The state is queued for the store.
 * vars: an object of strings that is copied over the call's (of a dial), or NULL.
 * NULL: out of memory, no such flow or step, or no sockd for its socket (ENOTCONN).
 */
char	*flow_enter(struct webhookd *w, struct known_call *call, const char *flow, const char *step,
    struct json_object *vars, size_t *ret_len);
/* As above, into the step that a turn without a WebSocket goes on with; they are ${reply} and ${action} (hangup, transfer, ""). */
char	*flow_render_step(struct webhookd *w, struct known_call *call, const char *flow, const char *step,
    const char *reply, const char *action, size_t *ret_len);
/* The NCCO of the step where the call is, again: nothing is counted. NULL as flow_enter(). */
char	*flow_again(struct webhookd *w, struct known_call *call, size_t *ret_len);
/*
 * What an event of a call leads to: the NCCO to answer with after the commit
 * (the caller's text), or NULL: answer 204. key: event_dedupe_key(); the same event
 * again gives the same step's NCCO. Hang-ups, transfers, turns and answers are queued by it.
 */
char	*flow_follow(struct webhookd *w, struct known_call *call, const struct event *ev, const char *key, size_t *ret_len);
/* The event is of the step where the call is now, or of no step. */
bool	flow_is_current(struct webhookd *w, struct known_call *call, const struct event *ev);
/*
 * The AI on the call's socket wants a person (job_transfer.c). key names the wish: asked again
 * with it the same step's NCCO is made anew and nothing is counted.
 */
enum flow_wish {
	FLOW_WISH_GO,		/* the call is in that step now (queued for the store), *ret is its NCCO, the caller's: by REST */
	FLOW_WISH_NOWHERE,	/* its step has nobody, or not now */
	FLOW_WISH_ELSEWHERE,	/* the call is in no socket of ours any more */
	FLOW_WISH_ENDS,		/* the flow hangs up */
	FLOW_WISH_FAILED	/* no memory */
};
enum flow_wish flow_transfer(struct webhookd *w, struct known_call *call, const char *key, char **ret, size_t *ret_len);
/* Vonage has the call in this conversation: is that another one than when the person was wanted? "": not told, false. */
bool	flow_was_moved(struct webhookd *w, struct known_call *call, const char *conversation);
/* It was not moved: it is in its former step again, and events of its socket are of that step. */
void	flow_transfer_undo(struct webhookd *w, struct known_call *call, const char *key);
/*
 * An operator moves the call to what is no flow: it is in no step from now on, and nothing of its steps follows.
 * The state's seq by which it can be undone (that transfer was refused: it is in its step after all), 0: it was left before.
 */
int64_t	flow_leave(struct webhookd *w, struct known_call *call);
void	flow_leave_undo(struct webhookd *w, struct known_call *call, int64_t seq);
bool	flow_may_transfer(struct webhookd *w, struct known_call *call);	/* as follow_may_transfer(), where it is now */
bool	flow_given_away(struct webhookd *w, struct known_call *call);	/* to a person by flow_transfer(), or by flow_leave(), and it is not back */
/* A call that nobody knows, by the address of its event: it was answered just before a crash. NULL: not so. */
struct known_call *flow_adopt(struct webhookd *w, const struct event *ev);

#endif
