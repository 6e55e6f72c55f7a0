/* SPDX-License-Identifier: ISC */
/* asks_impl: what the files of asks share. Not for others. */
#ifndef BROKERD_ASKS_IMPL_H
#define BROKERD_ASKS_IMPL_H

#include <sys/queue.h>

#include "brokerd/asks.h"
#include "brokerd/broker.h"
#include "brokerd/history.h"
#include "brokerd/sentence.h"
#include "brokerd/turn.h"
#include "common/audio.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/msg.h"

#define ASK_TEXT_MAX	(64 * 1024)
#define ASK_VOICES	3	/* sentences that are spoken at once */

struct ask;
struct voice;

struct ask_ops {
	void (*start)(struct ask *k);		/* may finish it at once */
	void (*stop)(struct ask *k);		/* cancel all that runs for it, free what is its own */
};
extern const struct ask_ops ask_turn_ops, ask_say_ops, ask_summary_ops;

struct ask_file {			/* what a thread reads or writes; lives as long as the work does */
	struct ask	*ask;		/* NULL: it was stopped */
	char		 path[512], temp[600];
	struct audio_clip clip;
	int		 error;		/* errno, 0 none */
	const char	*cause;		/* static */
};

struct ask {
	TAILQ_ENTRY(ask)	 link;
	struct asks		*asks;
	const struct ask_ops	*ops;
	struct callid		 call;		/* "" none */
	struct log_ctx		 log;
	struct msg_ask		 m;
	char			 from[MSG_NAME_SIZE];	/* who gets the answer */
	struct setup		*setup;
	const struct assistant	*assistant;
	char			 language[16];
	size_t			 bytes;		/* of audio, counted in asks */
	struct ladder_job	*job;
	struct ask_file		*file;		/* at work */
	struct buf		 text;		/* of the chat */
	void			(*chat_done)(struct ask *k, const struct engine_result *res, const char *engine);
	/* turn */
	bool			 waits;		/* for an earlier turn of the call */
	struct turn		*turn;
	struct history		*history;
	size_t			 nsamples;	/* 16 kHz */
	/* say */
	struct sentence		 incoming;
	struct voice		*voices[ASK_VOICES];
	size_t			 nvoices;
	struct buf		 pcm;
	int64_t			 chars;
	char			 engine[32];	/* who spoke last */
};
TAILQ_HEAD(ask_list, ask);

struct work;

#define ASK_UNSENT_MAX	64	/* the oldest is given up */
#define ASK_UNSENT_MS	10000

struct unsent {			/* an answer to a webhookd that is not connected (yet) */
	TAILQ_ENTRY(unsent) link;
	struct callid	 call;
	struct msg_answer m;
	char		 to[MSG_NAME_SIZE];
	int64_t		 until_ms;
};
TAILQ_HEAD(unsent_list, unsent);

struct asks {
	struct broker	*b;
	struct work	*work;
	struct ask_list	 list;
	struct unsent_list unsent;
	size_t		 nunsent;
	struct event	*resend;
	struct event	*kick;		/* begins turns that waited: never from within another's end */
	size_t		 n, bytes;
	uint64_t	 asked, refused, failed, again;
};

/* Send the answer (its id is filled in) and free the ask. */
void	ask_finish(struct ask *k, struct msg_answer *m);
void	ask_fail(struct ask *k, const char *error);	/* ok false */
struct ask *ask_find(struct asks *a, const char *id);
/* Count so many bytes of audio more. false: there is no room. */
bool	ask_reserve(struct ask *k, size_t bytes);
void	ask_unreserve(struct ask *k);
/* The chat engines over messages; text collects in k->text. 0, or -1 with ENOMEM. */
int	ask_chat(struct ask *k, const struct chat_messages *messages,
    void (*done)(struct ask *k, const struct engine_result *res, const char *engine));
void	ask_usage(struct ask *k, int64_t turn, const char *kind, const char *engine, int64_t amount);
/* raw as it can be spoken: whole sentences, no markup; at most size - 1 bytes. */
void	ask_speakable(const char *raw, char *out, size_t size);
/* The rows of the call as history, without the turn that is to be left out (0: none). NULL: ENOMEM. */
struct history *ask_history(struct ask *k, int64_t without);

#endif
