/* SPDX-License-Identifier: ISC */
/*
 * control: what the REST side (spec/vonage.md 7) does to the legs of this
 * process. Each leg has a uuid; it is found while it lives and, for GET, when
 * it lately ended (CONTROL_PAST_MAX of them are remembered).
 *
 * Everything is carried out at once: after CONTROL_OK a leg may be over.
 * Pointers to legs are good until the next return to the loop, no longer.
 */
#ifndef CALLSIM_CONTROL_H
#define CALLSIM_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

#define CONTROL_PAST_MAX	2000
#define CONTROL_CAUSE_SIZE	240

struct leg;
struct sim;

enum control_result {
	CONTROL_OK,
	CONTROL_OVER,		/* the leg has ended: 404 */
	CONTROL_NOT_UP,		/* not answered yet: 400 */
	CONTROL_BAD,		/* Vonage would refuse it, cause says why: 400 */
	CONTROL_ERROR		/* our own trouble: memory, 500 */
};

/* A leg as GET tells of it; texts are borrowed from the leg. */
struct control_info {
	const char	*uuid, *conversation_uuid;
	const char	*from, *to;		/* from may be "" */
	const char	*type;			/* of the other end: phone, sip, vbc, app, websocket */
	const char	*direction;		/* inbound, outbound */
	const char	*status;		/* spec/vonage.md 7.2: started ... completed */
	bool		 living;
	int64_t		 created_ms;		/* wall time */
	int64_t		 answered_ms, ended_ms;	/* 0: not (yet) */
	int64_t		 duration_s;		/* of an ended leg */
	double		 rate, price;		/* EUR, of an ended leg */
	const char	*network;
};

/* NULL: no such leg, or forgotten. */
struct leg *control_find(struct sim *sim, const char *uuid);
void	control_describe(const struct leg *leg, struct control_info *ret);
/* All that are known, oldest first; fn must not change legs. Ends when it returns false. */
void	control_each(struct sim *sim, bool (*fn)(void *arg, const struct leg *leg), void *arg);

/* POST /v1/calls, its members checked before. All is borrowed; NULL or 0: absent. */
struct control_create {
	struct json_object *endpoint;	/* the one of "to" */
	const char	*from;
	struct json_object *ncco;	/* an array; NULL: answer_url */
	const char	*answer_url;
	bool		 answer_post;
	const char	*event_url;	/* NULL: the application's */
	bool		 event_get;
	struct json_object *detection;	/* advanced_machine_detection; the old form: {"behavior":..,"mode":"basic"}. */
	int64_t		 length_s, ringing_s;
	const char	*script;	/* of the phone, instead of what phones.h tells; NULL: none */
};
/* A new outbound leg in a conversation of its own. NULL: errno, and cause when it is EINVAL. */
struct leg *control_create(struct sim *sim, const struct control_create *create,
	    char cause[CONTROL_CAUSE_SIZE]);

/* PUT /v1/calls/ID. A ringing leg that is hung up is cancelled. */
enum control_result control_hangup(struct leg *leg);
enum control_result control_mute(struct leg *leg, bool muted);	/* the others do not hear it */
enum control_result control_earmuff(struct leg *leg, bool earmuffed);	/* it hears nobody */
/*
 * The leg goes into a conversation of its own and runs the NCCO; a transfer
 * event tells. The url form fetches it (GET) and does the same then.
 */
enum control_result control_transfer(struct leg *leg, struct json_object *ncco,
	    char cause[CONTROL_CAUSE_SIZE]);
enum control_result control_transfer_url(struct leg *leg, const char *url);

/*
 * Play to the leg, over what its NCCO plays; a start replaces what runs.
 * loop 0: for ever. level -1 to 1: 0 as it is, 1 is twice as loud, -1 half.
 */
enum control_result control_talk(struct leg *leg, const char *text, const char *language, int64_t loop,
	    double level);
enum control_result control_talk_stop(struct leg *leg);
enum control_result control_stream(struct leg *leg, const char *url, int64_t loop, double level);
enum control_result control_stream_stop(struct leg *leg);
/* Keys "heard" by the leg's other end: a phone notes them, a websocket gets websocket:dtmf. p: 500 ms. */
enum control_result control_dtmf(struct leg *leg, const char *digits);
/* Keys of the leg go to url, one event each (NCCO input in mode asynchronous must have run). NULL: off. */
enum control_result control_input_dtmf(struct leg *leg, const char *url);

#endif
