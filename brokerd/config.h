/* SPDX-License-Identifier: ISC */
/*
 * config: the options of brokerd (callpipe.conf(5)) and what they default to.
 *
 * Engines and assistants are lists. An engine serves stt, chat or tts and is
 * reached by "exec" (a program, callpipe-engine(7)) or "openai" (HTTP). An
 * assistant names for each service the engines to be tried, first to last.
 * Without a list it uses all configured engines of that service in order, and
 * when there is none the offline one: "offline-stt", "offline-chat" and
 * "offline-tts" are always known and run the programs in engine_dir. Without
 * any assistant there is one named "default".
 */
#ifndef BROKERD_CONFIG_H
#define BROKERD_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "brokerd/engine.h"
#include "common/conf.h"

enum { ENGINE_TYPE_EXEC, ENGINE_TYPE_OPENAI };
enum { ENGINE_AUTH_BEARER, ENGINE_AUTH_API_KEY, ENGINE_AUTH_NONE };
enum { KEYS_HEAR, KEYS_IGNORE, KEYS_HIDE };	/* what becomes of keys */
enum { MAX_TOKENS_NEW, MAX_TOKENS_OLD, MAX_TOKENS_OFF };

struct engine_conf {
	char	*name;
	int	 type, service;
	int	 queue;			/* requests that wait, at most */
	int	 connect_ms, first_byte_ms, progress_ms, total_ms;
	/* exec */
	char	**command;
	size_t	 ncommand;
	int	 instances;		/* processes */
	/* openai */
	char	*base_url, *model, *key, *query;
	int	 auth;
	char	*instructions;		/* tts: how to speak; stt: the prompt */
	int	 rate_hz;		/* tts: of headerless PCM */
	double	 speed;			/* tts */
	int	 max_tokens, max_tokens_field;
	double	 temperature;		/* below 0: not sent */
	char	*reasoning_effort;
	bool	 stream_options, tools;
	/* both */
	char	*voice;			/* tts, unless the assistant says otherwise */
};

enum phrase {			/* what is said without asking a model */
	PHRASE_GREETING, PHRASE_FILLER, PHRASE_SORRY, PHRASE_NOT_CAUGHT,
	PHRASE_STILL_THERE, PHRASE_GOODBYE, PHRASE_NOBODY, PHRASE_NKINDS
};

struct assistant_conf {
	char	*name, *language, *prompt, *voice;
	char	**stt, **chat, **tts;
	size_t	 nstt, nchat, ntts;
	char	*profile;		/* how vadd listens; "" default */
	char	*greeting, *filler, *sorry, *not_caught, *still_there, *goodbye, *nobody;
	char	*backchannel;		/* words that cut no reply; NULL: the built-in ones */
	bool	 moments;		/* the bot's questions choose a profile */
	int	 filler_ms;		/* 0: none */
	int	 idle_s;		/* 0: a silent caller is left alone */
	int	 idle_prompts;
	int	 keys, keys_gap_ms;	/* so long without another one */
	bool	 keys_barge_in;		/* a key stops the bot */
};

struct brokerd_conf {
	struct engine_conf	*engines;
	size_t			 nengines;
	struct assistant_conf	*assistants;
	size_t			 nassistants;
	char			*engine_dir;
	int			 max_calls, confirm_ms, max_history, ahead_ms, max_connections;
	int			 ask_max, ask_max_mb;
};

extern const struct conf_opt brokerd_options[];

/* The check hook of the daemon: names that are used must be known, and so on. */
int	brokerd_check(const void *conf, const struct common_conf *common, struct conf_error *err);

/* The words of a phrase: the assistant's own, or those of its language, or English. "" none. */
const char *assistant_phrase(const struct assistant_conf *a, enum phrase which);
const char *phrase_name(enum phrase which);
/* Names of the offline engines. */
const char *engine_offline_name(enum engine_service service);
/* Where the offline programs are: engine_dir, or "engines" beside the program that runs. Heap; NULL: errno. */
char	*engine_dir(const struct brokerd_conf *c);

#endif
