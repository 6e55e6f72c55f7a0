/* SPDX-License-Identifier: ISC */
/*
 * setup: what one configuration makes: engines, assistants, and the phrases
 * that were spoken in advance.
 *
 * A setup never changes. After a reload calls keep the one that they began
 * with (users counts them); the broker frees a retired one when no call uses it.
 *
 * Phrases (phrase in config.h) of every assistant are synthesised at start,
 * one after the other, so that an apology can be played when no engine
 * works. One that failed is tried again after PHRASE_RETRY_MS. At most
 * PHRASE_MAX_S seconds of each are kept.
 */
#ifndef BROKERD_SETUP_H
#define BROKERD_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "brokerd/config.h"
#include "brokerd/engine.h"
#include "brokerd/ladder.h"

#define PHRASE_RETRY_MS	10000
#define PHRASE_MAX_S	10

struct event_base;
struct httpc;

struct clip {				/* mono PCM */
	int16_t		*samples;
	size_t		 n;
	uint32_t	 rate_hz;	/* 0: not there (yet) */
};

struct assistant {
	char		*name, *language, *prompt, *voice, *profile;
	char		*backchannel;			/* backchannel.h */
	char		*phrase[PHRASE_NKINDS];		/* "" none */
	struct clip	 clip[PHRASE_NKINDS];
	struct ladder	 stt, chat, tts;
	int		 filler_ms, idle_s, idle_prompts;
	bool		 moments;
	int		 keys, keys_gap_ms;	/* KEYS_HEAR, ... (config.h) */
	bool		 keys_barge_in;
};

struct setup {
	struct engine	**engines;
	size_t		 nengines;
	struct assistant *assistants;
	size_t		 nassistants;
	size_t		 users;		/* calls */
	/* the phrase that is being made */
	struct event_base *base;
	struct event	*again;
	struct ladder_job *job;
	size_t		 at;		/* assistant * PHRASE_NKINDS + phrase */
	bool		 incomplete;	/* one failed in this round */
};

/* Starts the engines that an assistant uses. conf is not kept. NULL: it logged why. */
struct setup *setup_new(struct event_base *base, struct httpc *h, const struct brokerd_conf *conf);
void	setup_free(struct setup *s);	/* no call may use it */
/* The assistant of that name, or the first one ("" or unknown). */
const struct assistant *setup_assistant(const struct setup *s, const char *name);

#endif
