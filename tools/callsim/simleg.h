/* SPDX-License-Identifier: ISC */
/*
 * simleg: a leg: one connection of a conversation, be it a phone (the inbound
 * caller, or one that was called) or a websocket. simleg.c has its life and
 * its sound, simdial.c how a phone is reached, sockleg.c the websocket, actor.c
 * what the person at a phone does, nccorun.c the NCCO that it runs.
 *
 * A leg belongs to the call (call.h) that it came to life with and is freed
 * with it; what GET needs is kept then as a past leg (control.h). It sits in
 * one conversation at a time. One thread; "ms" of a leg is time since it was
 * answered, by its own ticks.
 */
#ifndef CALLSIM_SIMLEG_H
#define CALLSIM_SIMLEG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "common/audio.h"
#include "common/json.h"
#include "tools/callsim/actor.h"
#include "tools/callsim/simdial.h"
#include "tools/callsim/line.h"
#include "tools/callsim/nccorun.h"
#include "tools/callsim/simplay.h"
#include "tools/callsim/recorder.h"
#include "tools/callsim/simevent.h"
#include "tools/callsim/sockleg.h"
#include "tools/callsim/tracks.h"

#define LEG_UUID_SIZE	64
#define LEG_CONV_SIZE	48
#define LEG_NOTES_MAX	2000	/* of one kind in the summary; later ones are left out */

enum leg_state {
	LEG_NEW,		/* nobody was told of it */
	LEG_RINGING,		/* started was sent */
	LEG_LIVE,		/* answered */
	LEG_OVER
};

struct leg_uuids {		/* canSpeak, canHear */
	bool		 given;		/* absent means all */
	size_t		 n;
	char		(*ids)[LEG_UUID_SIZE];
};

/* Arrays for the summary, NULL without options.details. */
struct leg_notes {
	struct json_object *talks, *streams, *inputs, *recordings, *transfers, *events, *keys;
};

struct leg {
	TAILQ_ENTRY(leg) in_sim, in_call, in_conv;
	struct sim	*sim;
	struct call	*call;		/* NULL: a past leg */
	struct conversation *conv;	/* NULL: none (any more) */
	struct leg	*parent;	/* its connect made this one; NULL */
	enum leg_state	 state;
	enum event_status status;	/* the latest one */
	enum ncco_endpoint type;
	bool		 inbound;
	char		 uuid[LEG_UUID_SIZE], conv_uuid[LEG_CONV_SIZE];
	char		*from, *to, *headers, *event_url;	/* owned */
	bool		 event_get, synchronous;
	const char	*detail, *sub_state;	/* of the event being made; static */
	int		 sip_code;
	struct eventq	*events;
	int64_t		 created_ms, started_ms, answered_ms, ended_ms;	/* wall time */
	const char	*ended_by;
	int64_t		 age_ticks, ticks;	/* since it exists, since it was answered */
	int64_t		 limit_ms;		/* longest life after the answer; 0: none */

	/* sound: frames are of the conversation's rate */
	bool		 frame_open;	/* the frames below are being said and heard */
	bool		 said_any, talk_any;
	int16_t		 said[AUDIO_FRAME_SAMPLES_MAX], talk[AUDIO_FRAME_SAMPLES_MAX];
	uint32_t	 rate_hz;	/* of its own end */
	struct bridge	*out, *in, *in_talk;	/* NULL: the rates are the same */
	struct tracks	 tracks;
	struct playing	 playing[TRACK_COUNT];
	bool		 muted, earmuffed;
	struct leg_uuids can_speak, can_hear;
	bool		 was_saying;
	const char	*saying;	/* in words; borrowed from the script */
	TAILQ_HEAD(leg_recorders, recorder) recorders;
	unsigned	 beeps;		/* that it heard to their end */

	struct line	*line;		/* a phone's */
	struct actor	 actor;
	struct dial	 dial;		/* an outbound phone's */
	struct sock	 sock;		/* a websocket's */
	struct runner	 run;
	bool		 joins;		/* onAnswer: goes to its parent when its NCCO is done */
	bool		 owes_completed;	/* over; the event waits for the parent's last attempt */
	struct leg_notes notes;
};

/* A leg of call; it is in no conversation yet. Texts are copied. NULL: ENOMEM. */
struct leg *leg_new(struct call *call, const char *uuid, enum ncco_endpoint type, const char *from,
	    const char *to);
/* With its call: it becomes a past leg, or goes. */
void	leg_retire(struct leg *leg);
void	leg_free(struct leg *leg);		/* NULL is a no-op */
/* The frames of a phone come into being; rate_hz is that of its conversation. 0; -1 with errno. */
int	leg_give_line(struct leg *leg, const char *wav_path);

/* Send a status event to the leg's URL; reply may be NULL, its arg is the leg. */
void	leg_event(struct leg *leg, enum event_status status, eventq_reply *reply);
/* Send any event: json is taken over (NULL: ENOMEM), url NULL is the leg's. */
void	leg_send(struct leg *leg, const char *url, bool get, char *json, eventq_reply *reply);
/* An error event to the application's URL (spec/vonage.md 2.5). */
void	leg_error(struct leg *leg, const char *reason);

void	leg_answered(struct leg *leg);		/* live from now on, with its event */
/* Over, by "user" or "platform": what hangs on it ends, completed (or cancelled) is sent. */
void	leg_end(struct leg *leg, const char *by);
/* Over without an event of its own: it was never reached, or its socket was lost. */
void	leg_finish(struct leg *leg, const char *by);

int64_t	leg_ms(const struct leg *leg);
/* It pressed a key, it began to say text: who listens hears of it. */
void	leg_key(struct leg *leg, char key);
void	leg_speaks(struct leg *leg, const char *text);
/* Add a note {"ms": now, ...} to one of the arrays; NULL: details are off. Borrowed. */
struct json_object *leg_note(struct leg *leg, struct json_object *array);
/* canSpeak or canHear of an action. 0; -1 with ENOMEM. */
int	leg_uuids_set(struct leg_uuids *u, const struct ncco_list *list);

/* The three parts of a tick, called by the conversation for all its legs in turn. */
void	leg_close_frame(struct leg *leg);	/* what was heard in the tick before */
void	leg_make_frame(struct leg *leg);
void	leg_tick(struct leg *leg);

#endif
