/* SPDX-License-Identifier: ISC */
/*
 * nccorun: a leg runs an NCCO: one action after the other (spec/vonage.md 3).
 * nccorun.c has the order of actions and the replies that replace them,
 * runplay.c talk, stream, record, wait, notify and input, runconnect.c
 * connect, runconf.c what moves legs between conversations.
 *
 * A leg that connect made runs none (RUN_IDLE): its parent's goes on.
 */
#ifndef CALLSIM_NCCORUN_H
#define CALLSIM_NCCORUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/callsim/input.h"
#include "tools/callsim/nccocheck.h"
#include "tools/callsim/nccofetch.h"
#include "tools/callsim/simevent.h"

struct conversation;
struct leg;
struct recorder;

enum run_state {
	RUN_IDLE,		/* no NCCO: the leg is controlled by another */
	RUN_HELD,		/* not answered, or the machine detection is not through */
	RUN_GO,			/* the next action may begin */
	RUN_PLAYING, RUN_RECORDING, RUN_CONFERENCE, RUN_CONNECTING, RUN_WAITING, RUN_INPUT,
	RUN_REPLY,		/* an event was sent whose answer may be an NCCO */
	RUN_DONE		/* no action is left */
};

struct run_fetch {		/* nccofetch.h */
	struct leg	*leg;
	enum nccofetch_why why;
	nccofetch_done	*done;
};

struct runner {			/* zero-initialise */
	enum run_state	 state;
	struct ncco	 ncco;
	size_t		 next;
	const struct ncco_action *now;	/* of ncco */
	int64_t		 until_ms;	/* of the leg, RUN_WAITING */
	unsigned	 stale;		/* answers on their way that count no more */
	struct leg	*connecting;
	bool		 owed;		/* a leg that it could not connect owes its completed */
	struct recorder	*recorder;	/* of a blocking record; of saveAudio */
	struct input	 input;
	struct leg	*listens;	/* to whose speech; good while it is in the conversation */
	unsigned	 inputs;	/* begun so far */
	struct json_object *note;	/* of the input, for the summary; owned */
	char		*keys_url;	/* input asynchronous; owned, NULL: off */
	bool		 keys_get, keys_ran;
	bool		 ends_conversation;	/* endOnExit */
	char		*answer_url;	/* asked when the leg is answered; owned, NULL: none */
	bool		 answer_get;
	struct run_fetch fetch, transfer;	/* for what runs; for what REST will have run */
};

/* Run an NCCO from its begin (taken over), whatever ran before. */
void	run_start(struct leg *leg, struct ncco *ncco);
/* Stop what runs, without an end of the leg: nothing is played, asked, connected any more. */
void	run_stop(struct leg *leg);
void	run_hold(struct leg *leg);		/* the same; another NCCO comes at once */
void	run_clear(struct leg *leg);		/* frees */
void	run_next(struct leg *leg);
void	run_tick(struct leg *leg);
/* The leg pressed a key; another leg or itself began or ended to speak. */
void	run_key(struct leg *leg, char key);
void	run_speech(struct leg *leg, struct leg *speaker, bool begins);

/* What befalls an outbound leg, for its parent's connect or its own NCCO. */
void	run_answered(struct leg *leg);
void	run_on_answer(struct leg *leg, const char *url);
void	run_connect_failed(struct leg *leg, enum event_status status, bool completed);
void	run_disconnected(struct leg *leg);
void	run_detected(struct leg *leg, enum event_status status);	/* the NCCO was held for it */
void	run_told(struct leg *leg, enum event_status status);	/* it was not */
void	run_gone(struct leg *leg);		/* it ended in any way */
/* The last attempt to connect is over: those that failed before tell that they are completed. */
void	run_tell_owed(struct leg *leg);

/* Internal to the runner: begin an action; afterwards the state tells what is waited for. */
void	run_talk(struct leg *leg, const struct ncco_action *a);
void	run_stream(struct leg *leg, const struct ncco_action *a);
void	run_record(struct leg *leg, const struct ncco_action *a);
void	run_wait(struct leg *leg, const struct ncco_action *a);
void	run_input(struct leg *leg, const struct ncco_action *a);
void	run_notify(struct leg *leg, const struct ncco_action *a);
void	run_connect(struct leg *leg, const struct ncco_action *a);
void	run_conversation(struct leg *leg, const struct ncco_action *a);
void	run_transfer(struct leg *leg, const struct ncco_action *a);
void	run_record_tick(struct leg *leg);
void	run_input_tick(struct leg *leg);
/* Move a leg and tell by a transfer event. 0; -1 with errno, nothing changed. */
int	run_move(struct leg *leg, struct conversation *to, const char *url, bool get);
/* Answers to events of the leg: own ones that are waited for; the parent's; those that may come. */
void	run_reply_own(void *arg, const char *body, size_t len);
void	run_reply_parent(void *arg, const char *body, size_t len);
void	run_reply_told(void *arg, const char *body, size_t len);
const char *run_event_url(const struct leg *leg, const struct ncco_action *a);

#endif
