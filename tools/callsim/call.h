/* SPDX-License-Identifier: ISC */
/*
 * call: one inbound call as Vonage makes it: answer webhook, events, the NCCO,
 * the socket leg, the caller's line. call.c has its life and the NCCO,
 * sockleg.c the socket leg, actor.c the caller; they share the struct below.
 * Everybody else uses the functions.
 */
#ifndef CALLSIM_CALL_H
#define CALLSIM_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/json.h"
#include "tools/callsim/arrival.h"
#include "tools/callsim/nccocheck.h"
#include "tools/callsim/sim.h"

/* The first trouble decides; see callsim(1). */
enum call_result {
	CALL_RESULT_OK,
	CALL_RESULT_FAILED,	/* an expectation of the script did not hold */
	CALL_RESULT_REJECTED,	/* no NCCO from the answer webhook */
	CALL_RESULT_BAD_NCCO,	/* Vonage would refuse the NCCO */
	CALL_RESULT_REFUSED,	/* an NCCO that callsim does not play */
	CALL_RESULT_BAD_FRAME,	/* a frame of a wrong size, or too many frames */
	CALL_RESULT_ERROR	/* our own trouble: memory, files */
};
const char *call_result_name(enum call_result r);

enum call_state { CALL_NEW, CALL_ASKING, CALL_LIVE, CALL_ENDING, CALL_OVER };

enum call_wait {		/* what the NCCO waits for */
	CALL_WAIT_NOTHING, CALL_WAIT_SPEECH, CALL_WAIT_TALK, CALL_WAIT_CONNECT, CALL_WAIT_REPLY
};

struct call_leg {
	char		 uuid[64];
	char		*to, *headers, *event_url;	/* owned */
	bool		 event_get, synchronous;
	bool		 begun;		/* started was sent, completed not yet */
	int64_t		 started_ms, answered_ms;	/* wall time */
	struct eventq	*events;
};

struct actor {			/* the caller, see actor.h */
	size_t		 step;
	bool		 entered;	/* the step has begun, at */
	int64_t		 since_ms;
	int64_t		 since_pos;	/* samples heard then */
	bool		 speaking;	/* interrupt: now speaks */
	size_t		 digit;
	uint64_t	 wait_mark, say_mark;	/* stretches heard before */
	pid_t		 child;
	bool		 finished;
};

struct call_details {		/* arrays of the summary; NULL unless options.details */
	struct json_object *talks, *transcript, *turns, *marks, *rest, *disconnects;
};

struct call {
	TAILQ_ENTRY(call) entry;
	struct sim	*sim;
	enum call_state	 state;
	enum call_result result;
	char		 reason[300];
	const char	*from, *to;		/* borrowed */
	char		 conversation[48];
	struct call_leg	 inbound, socket;
	struct ncco	 ncco;
	size_t		 next_action;
	enum call_wait	 wait;
	struct wsclient	*ws;
	bool		 ws_open;
	char		*connected_text;	/* first message of the socket */
	unsigned	 connects;		/* sockets that opened */
	bool		 was_lost;		/* the socket was lost and is not back */
	struct line	*line;
	struct pace_item pace;
	int64_t		 tick_us;		/* begin of the running tick, monotonic */
	struct arrival	 arrival;
	struct actor	 actor;
	const char	*turn_name;		/* what the running turn says; NULL: none */
	unsigned	 nturns;
	bool		 turn_told;		/* its latency was logged */
	struct event	*timer;			/* CALL_ENDING: are the events out? */
	uint64_t	 frames_in, frames_out, bad_frames, overflows, unknown_texts;
	uint64_t	 clears, notifies, reconnects, events_sent;
	int64_t		 duration_ms;
	const char	*ended_by;
	struct call_details details;
	void		(*done)(void *arg, struct call *c);
	void		*arg;
};

/*
 * A new call; from, to and wav_path live longer than it; uuid NULL: random.
 * done is called from the loop when everything is over, and may free it. NULL: ENOMEM.
 */
struct call *call_new(struct sim *sim, const char *from, const char *to, const char *uuid,
    void (*done)(void *arg, struct call *c), void *arg);
void	call_free(struct call *c);		/* NULL is a no-op */
void	call_start(struct call *c);		/* asks the answer webhook */
/* Over now, by "user" or "platform": socket closed with 1000, completed events. */
void	call_end(struct call *c, const char *by);
/* Remember the first trouble; the call goes on. */
void	call_trouble(struct call *c, enum call_result result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool	call_is(const struct call *c, const char *id);	/* living, and has that id */
int64_t	call_now_ms(const struct call *c);	/* on the line clock */

/* Between call.c, sockleg.c and actor.c. */
void	call_ncco_next(struct call *c);		/* go on with the NCCO */
void	call_ncco_reply(void *arg, const char *body, size_t len);	/* an event's answer */
void	call_event(struct call *c, struct call_leg *leg, enum event_status status, const char *by,
	    eventq_reply *reply);
void	call_leg_clear(struct call_leg *leg);
void	call_turn_close(struct call *c);	/* the running turn goes into the statistics */
void	sockleg_connect(struct call *c, const struct ncco_action *a);
void	sockleg_tick(struct call *c, const int16_t *frame);
void	sockleg_drop(struct call *c, const char *why);	/* as if the network had failed */

#endif
