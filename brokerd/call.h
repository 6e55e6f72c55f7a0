/* SPDX-License-Identifier: ISC */
/*
 * call: one conversation. call.c: its life and its turns' rows; listen.c:
 * from an utterance to a transcribed turn; question.c: keys, and what a turn asks; talk.c: from a turn to what the caller
 * hears; leave.c: silence and hanging up.
 *
 * One turn at most is being answered (turn, reply). Utterances are transcribed
 * one after the other. While the caller speaks, or what was said is being
 * transcribed, the reply is held: nothing more of it goes to sockd, which paused
 * by itself. Then, if there were words: a reply of which something was heard is cut (its
 * turn is done, interrupted), one of which nothing was heard is cancelled and its
 * question is put before the new one (carry). Without words it goes on.
 */
#ifndef BROKERD_CALL_H
#define BROKERD_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "brokerd/broker.h"
#include "brokerd/history.h"
#include "brokerd/keys.h"
#include "brokerd/reply.h"
#include "brokerd/turn.h"
#include "common/log.h"
#include "common/msg.h"

#define CALL_UTTERANCES_MAX	8	/* waiting to be transcribed; more are left to vadd */
#define CALL_SEEN_MAX		256	/* utterances remembered against doubles */
#define CALL_SHORT_MS		300	/* audio shorter than this is not transcribed (spec/ai.md 1.4) */
#define CALL_SPEECH_MAX_MS	65000	/* speech that neither ends nor is cut: forget it; vadd closes an utterance at 60000 at the latest */
#define KEYS_LOOK_MS		100	/* keys that wait for what is being said */
#define CALL_NOT_CAUGHT_MAX	2	/* in a row */
#define CALL_MESSAGES_MAX	(48 * 1024)	/* bytes of history sent to a chat engine */

struct utterance {			/* waits for its text */
	TAILQ_ENTRY(utterance)	 link;
	struct call	*call;
	struct turn	*turn;
	struct ladder_job *job;
	int16_t		*pcm;
	size_t		 nsamples;
	uint32_t	 rate_hz;
	char		 vadd[MSG_NAME_SIZE];	/* who keeps it */
	int64_t		 gen, utt;
	bool		 capped;
	bool		 aside;			/* MSG_UTT_ASIDE: the reply goes on meanwhile */
};
TAILQ_HEAD(utterances, utterance);

enum seen_state {
	SEEN_HERE,		/* is being transcribed, or its text is on its way to the disk */
	SEEN_SAVED,		/* its text is committed: acknowledge it, also again */
	SEEN_ORPHAN		/* its former owner died before it had a text */
};
struct seen {				/* an utterance of this call that has a row */
	int64_t		 utt, gen, start_ms, turn;
	enum seen_state	 state;
};

struct call {
	TAILQ_ENTRY(call)	 link;
	struct broker		*b;
	struct callid		 id;
	struct log_ctx		 log;
	struct setup		*setup;
	const struct assistant	*assistant;
	char			 language[16];
	struct msg_offer	 offer;		/* the newest */
	struct bus_peer		*sockd;
	int64_t			 epoch, next_turn;
	struct history		*history;
	bool			 lost;		/* not ours any more, or over: waits to be freed */
	char			 profile[32];	/* how sockd was told that vadd is to listen; "?": not known */

	/* hearing (listen.c) */
	struct utterances	 utterances;
	size_t			 nutterances, nasides;	/* of them */
	struct seen		 seen[CALL_SEEN_MAX];
	size_t			 nseen;
	bool			 speech;	/* the caller speaks */
	char			 speech_vadd[MSG_NAME_SIZE];
	struct event		*confirm;	/* speech goes on: it is no cough */
	struct event		*speech_end;	/* CALL_SPEECH_MAX_MS */
	char			*carry;		/* a question that was not answered, for the next turn... */
	char			*carry_kept;	/* ...and what may be stored of it */
	struct keys		 keys;		/* being pressed (question.c) */
	struct event		*keys_end;
	int			 not_caught;	/* in a row */
	struct turn		*orphan;	/* words of a former owner that may be gone (orphan.c) */
	struct event		*orphan_wait;

	/* speaking (talk.c) */
	struct turn		*turn;		/* is being answered; NULL none */
	struct reply		*reply;		/* of it */
	bool			 audible;	/* its first frame was sent */
	bool			 asks;		/* its words say how to listen to the answer */
	int64_t			 heard_ms;
	struct turn		*cut;		/* was cut: until sockd says how much was heard */
	struct spoken		 cut_spoken;
	struct turn		*old;		/* of a former owner, still being played */
	struct event		*filler, *finish;
	struct event		*idle, *hangup, *handover;	/* leave.c */
	int			 idle_prompts;
	bool			 ending;	/* a hang-up was ordered */
	bool			 unstored;	/* its row could not be written */
	int64_t			 transfer;	/* the turn that wants a person; 0: none */
	int			 owed_nobody;	/* times to look for a moment to say PHRASE_NOBODY */
};

/* ---- call.c ---- */
/* NULL: ENOMEM. Nothing is sent yet. */
struct call *call_new(struct broker *b, const struct callid *id);
void	call_free(struct call *c);
/* Take the call as offered; the claim was sent. Reads its rows, greets or resumes. */
void	call_take(struct call *c, const struct msg_offer *offer, struct bus_peer *sockd);
void	call_release(struct call *c, const char *why);	/* tell sockd to offer it again, and end it here */
/* What ended the call: all is cancelled, its rows are closed. */
void	call_finish(struct call *c, const char *reason);
bool	call_busy(const struct call *c);		/* a turn is under way */
struct turn *call_new_turn(struct call *c, enum turn_state state);
/* Put the row and publish the fact. done may be NULL. false: it was not accepted. */
bool	call_commit(struct call *c, struct turn *t, const char *role, store_done *done, void *arg);
/* How vadd is to listen from now on: to an answer of that kind (moment.h), "" as ever. */
void	call_listen(struct call *c, const char *moment);
void	call_set_language(const struct call *c, struct turn *t);

/* ---- listen.c ---- */
int	listen_init(struct call *c);
void	listen_start(struct call *c, const struct msg_speech *m, const char *from);
void	listen_pause(struct call *c);
void	listen_resume(struct call *c);
/* vadd judged speech over the bot: a voice; an echo, or too short for one. */
void	listen_confirm(struct call *c, const struct msg_speech *m, const char *from);
void	listen_withdraw(struct call *c, const char *from);
void	listen_utterance(struct call *c, const struct msg_utterance *u, const char *from);
void	listen_vadd_lost(struct call *c, const char *vadd);
/* The call is over: no transcription is to come back to it. */
void	listen_stop(struct call *c);
void	listen_clear(struct call *c);
bool	listen_hears(const struct call *c);		/* speaking, or not yet transcribed */
bool	listen_active(const struct call *c);		/* so, or pressing keys */
void	listen_remember(struct call *c, const struct store_turn *row, enum seen_state state);
/* Tell vadd that it may forget an utterance. */
void	listen_ack(struct broker *b, const struct callid *id, const char *vadd, int64_t gen, int64_t utt);

/* ---- question.c ---- */
const char *question_of(const struct turn *t);		/* all that the caller asked; NULL: nothing */
/* Nothing of its answer was heard: it is put before the next turn's. */
void	question_carry(struct call *c, const struct turn *t);
/* The turn asks what was carried, words ("" none) and the keys that were pressed; it is in the history. */
void	question_put(struct call *c, struct turn *t, const char *words);
void	question_forget(struct call *c);
int	keys_init(struct call *c);
void	keys_clear(struct call *c);
void	keys_pressed(struct call *c, const struct msg_dtmf *m);
bool	keys_wait(const struct call *c);		/* the caller is pressing them: say nothing */

/* ---- talk.c ---- */
int	talk_init(struct call *c);
void	talk_clear(struct call *c);
/* A turn of a former owner whose reply was under way. Takes it over. */
void	talk_take_over(struct call *c, struct turn *t);
/* The call is over: close the turn's row. */
void	talk_close(struct call *c, const char *why);
/* Answer the turn (state THINKING): user_text by the chat, else the phrase. */
void	talk_answer(struct call *c, struct turn *t);
void	talk_phrase(struct call *c, struct turn *t, enum phrase which);
/* The caller interrupts: cut or cancel what is being answered. */
void	talk_interrupt(struct call *c, const char *why);
/* It was a cough: go on. */
void	talk_go_on(struct call *c);
void	talk_update(struct call *c);			/* hold and idle timer after any change */
void	talk_started(struct call *c, const struct msg_played *m);
void	talk_progress(struct call *c, const struct msg_played *m);
void	talk_paused(struct call *c, const struct msg_played *m);
void	talk_done(struct call *c, const struct msg_played *m);
void	talk_refused(struct call *c, const struct msg_refused *m);

/* ---- orphan.c ---- */
int	orphan_init(struct call *c);
/* Wait a little for the utterance of that turn to be sent again. Takes t over. */
void	orphan_wait(struct call *c, struct turn *t);
void	orphan_clear(struct call *c);

/* ---- leave.c ---- */
int	leave_init(struct call *c);
/* A job in the store, then an order to a webhookd, each second until the call ends. */
void	leave_hang_up(struct call *c, const char *reason);
/*
 * What that turn of the call wants now that it was heard to its end: "hangup", "transfer" or "". Called
 * before the turn's row is closed, so that whoever takes over in between does it (once: by the job's key).
 */
void	leave_after(struct call *c, const struct turn *t);
void	leave_clear(struct call *c);

#endif
