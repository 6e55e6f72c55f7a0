/* SPDX-License-Identifier: ISC */
/*
 * call: one call as a person would name it: the first leg (an inbound caller,
 * or one that REST created) and all legs that its NCCOs connected, with what
 * the summary tells of them. The legs themselves are in simleg.h, who hears
 * whom in conversation.h. call.c has the life of a call.
 */
#ifndef CALLSIM_CALL_H
#define CALLSIM_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/json.h"
#include "tools/callsim/nccocheck.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simleg.h"
#include "tools/callsim/vbuffer.h"

/* The first trouble decides; see callsim(1). */
enum call_result {
	CALL_RESULT_OK,
	CALL_RESULT_FAILED,	/* an expectation of a script did not hold, a stream was not had */
	CALL_RESULT_REJECTED,	/* no NCCO from the answer webhook */
	CALL_RESULT_BAD_NCCO,	/* Vonage would refuse the NCCO */
	CALL_RESULT_REFUSED,	/* an NCCO that callsim does not play */
	CALL_RESULT_BAD_FRAME,	/* a frame of a wrong size, or too many frames */
	CALL_RESULT_ERROR	/* our own trouble: memory, files */
};
const char *call_result_name(enum call_result r);

enum call_state { CALL_NEW, CALL_ASKING, CALL_LIVE, CALL_ENDING, CALL_OVER };

struct call_details {		/* arrays of the summary; NULL unless options.details */
	struct json_object *talks, *transcript, *turns, *marks, *rest, *disconnects;
};

struct call {
	TAILQ_ENTRY(call) entry;
	struct sim	*sim;
	enum call_state	 state;
	enum call_result result;
	char		 reason[300];
	TAILQ_HEAD(call_legs, leg) legs;
	struct leg	*first;
	unsigned	 sockets_open;
	unsigned	 connects;		/* sockets that opened */
	bool		 was_lost;		/* a socket was lost and is not back */
	struct event	*timer;			/* CALL_ENDING: are the events out? */
	uint64_t	 frames_in, frames_out, bad_frames, overflows, unknown_texts;
	uint64_t	 clears, notifies, reconnects, events_sent;
	int64_t		 duration_ms;		/* of the first leg */
	const char	*ended_by;		/* the first leg */
	struct call_details details;
	void		(*done)(void *arg, struct call *c);
	void		*arg;
};

/*
 * A new inbound call; uuid NULL: random. done is called from the loop when
 * everything is over, and may free it. NULL: ENOMEM.
 */
struct call *call_new(struct sim *sim, const char *from, const char *to, const char *uuid,
    void (*done)(void *arg, struct call *c), void *arg);
/* A call without a leg yet, which control.c gives it. NULL: ENOMEM. */
struct call *call_new_empty(struct sim *sim, void (*done)(void *arg, struct call *c), void *arg);
void	call_free(struct call *c);		/* NULL is a no-op */
void	call_start(struct call *c);		/* asks the answer webhook */
/* Over now, by "user" or "platform": all legs end, sockets are closed with 1000. */
void	call_end(struct call *c, const char *by);
/* Remember the first trouble; the call goes on. */
void	call_trouble(struct call *c, enum call_result result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool	call_is(const struct call *c, const char *id);	/* living, and a leg or conversation has that id */
int64_t	call_now_ms(const struct call *c);	/* of the first leg */
/* The holes in what all sockets played. */
struct vbuffer_gaps call_gaps(const struct call *c);
uint64_t call_events_failed(const struct call *c);

/* From the legs. */
void	call_leg_over(struct call *c);		/* one of them ended */
void	call_too_long(struct call *c);		/* options.max_ms is reached */

#endif
