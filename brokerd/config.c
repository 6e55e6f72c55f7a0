/* SPDX-License-Identifier: ISC */
#include "brokerd/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "common/msg.h"

#define ENGINES_MAX	32
#define ASSISTANTS_MAX	64
#define LADDER_MAX	8

static const char *const type_words[] = { "exec", "openai", NULL };
static const char *const auth_words[] = { "bearer", "api-key", "none", NULL };
static const char *const keys_words[] = { "hear", "ignore", "hide", NULL };
static const char *const max_tokens_words[] = { "max_completion_tokens", "max_tokens", "none", NULL };

static const struct conf_opt engine_options[] = {
	CONF_STR("name", engine_conf, name, NULL),
	CONF_ENUM("type", engine_conf, type, ENGINE_TYPE_EXEC, type_words),
	CONF_ENUM("service", engine_conf, service, ENGINE_CHAT, engine_service_names),
	CONF_INT("queue", engine_conf, queue, 64, 0, 10000),
	CONF_INT("connect_ms", engine_conf, connect_ms, 2000, 100, 60000),
	CONF_INT("first_byte_ms", engine_conf, first_byte_ms, 4000, 100, 600000),
	CONF_INT("progress_ms", engine_conf, progress_ms, 4000, 100, 600000),
	CONF_INT("total_ms", engine_conf, total_ms, 60000, 1000, 600000),
	CONF_STRV("command", engine_conf, command, ncommand, 64),
	CONF_INT("instances", engine_conf, instances, 2, 1, 64),
	CONF_STR("base_url", engine_conf, base_url, "https://api.openai.com/v1"),
	CONF_STR("query", engine_conf, query, ""),
	CONF_STR("model", engine_conf, model, ""),
	CONF_SECRET("key", engine_conf, key),
	CONF_ENUM("auth", engine_conf, auth, ENGINE_AUTH_BEARER, auth_words),
	CONF_STR("instructions", engine_conf, instructions, ""),
	CONF_INT("rate_hz", engine_conf, rate_hz, 24000, 8000, 48000),
	CONF_DOUBLE("speed", engine_conf, speed, 1.0, 0.25, 4.0),
	CONF_INT("max_tokens", engine_conf, max_tokens, 300, 1, 100000),
	CONF_ENUM("max_tokens_field", engine_conf, max_tokens_field, MAX_TOKENS_NEW, max_tokens_words),
	CONF_DOUBLE("temperature", engine_conf, temperature, -1.0, -1.0, 2.0),
	CONF_STR("reasoning_effort", engine_conf, reasoning_effort, ""),
	CONF_BOOL("stream_options", engine_conf, stream_options, true),
	CONF_BOOL("tools", engine_conf, tools, true),
	CONF_STR("voice", engine_conf, voice, ""),
	CONF_END
};

static const struct conf_opt assistant_options[] = {
	CONF_STR("name", assistant_conf, name, NULL),
	CONF_STR("language", assistant_conf, language, "en"),
	CONF_STR("prompt", assistant_conf, prompt,
	    "You answer the phone. Speak in one or two short sentences, without lists or markdown."),
	CONF_STRV("stt", assistant_conf, stt, nstt, LADDER_MAX),
	CONF_STRV("chat", assistant_conf, chat, nchat, LADDER_MAX),
	CONF_STRV("tts", assistant_conf, tts, ntts, LADDER_MAX),
	CONF_STR("voice", assistant_conf, voice, ""),
	CONF_STR("profile", assistant_conf, profile, ""),
	CONF_STR("backchannel", assistant_conf, backchannel, NULL),
	CONF_BOOL("moments", assistant_conf, moments, true),
	CONF_STR("greeting", assistant_conf, greeting, ""),
	CONF_STR("filler", assistant_conf, filler, NULL),
	CONF_INT("filler_ms", assistant_conf, filler_ms, 1500, 0, 30000),
	CONF_STR("sorry", assistant_conf, sorry, NULL),
	CONF_STR("not_caught", assistant_conf, not_caught, NULL),
	CONF_STR("still_there", assistant_conf, still_there, NULL),
	CONF_STR("goodbye", assistant_conf, goodbye, NULL),
	CONF_STR("nobody", assistant_conf, nobody, NULL),
	CONF_INT("idle_s", assistant_conf, idle_s, 15, 0, 3600),
	CONF_INT("idle_prompts", assistant_conf, idle_prompts, 2, 0, 10),
	CONF_ENUM("keys", assistant_conf, keys, KEYS_HEAR, keys_words),
	CONF_INT("keys_gap_ms", assistant_conf, keys_gap_ms, 2000, 200, 30000),
	CONF_BOOL("keys_barge_in", assistant_conf, keys_barge_in, true),
	CONF_END
};

const struct conf_opt brokerd_options[] = {
	CONF_LIST("engines", brokerd_conf, engines, nengines, engine_options, engine_conf, ENGINES_MAX),
	CONF_LIST("assistants", brokerd_conf, assistants, nassistants, assistant_options, assistant_conf, ASSISTANTS_MAX),
	CONF_STR("engine_dir", brokerd_conf, engine_dir, ""),
	CONF_INT("max_calls", brokerd_conf, max_calls, 500, 1, 10000),
	/* 400 ms of speech and the 200 ms of silence after which vadd reports a pause */
	CONF_INT("confirm_ms", brokerd_conf, confirm_ms, 800, 0, 10000),
	CONF_INT("max_history", brokerd_conf, max_history, 100, 1, 1000),
	CONF_INT("ahead_ms", brokerd_conf, ahead_ms, 10000, 500, 60000),
	CONF_INT("max_connections", brokerd_conf, max_connections, 1000, 8, 10000),
	CONF_INT("ask_max", brokerd_conf, ask_max, 64, 0, 10000),
	CONF_INT("ask_max_mb", brokerd_conf, ask_max_mb, 128, 1, 16384),
	CONF_END
};

static const char *const english[PHRASE_NKINDS] = {
	[PHRASE_GREETING] = "",
	[PHRASE_FILLER] = "One moment, please.",
	[PHRASE_SORRY] = "I am sorry, something went wrong on my side. Please say that again.",
	[PHRASE_NOT_CAUGHT] = "Sorry, I did not catch that.",
	[PHRASE_STILL_THERE] = "Are you still there?",
	[PHRASE_GOODBYE] = "Goodbye.",
	[PHRASE_NOBODY] = "I am sorry, I cannot connect you to a person now. What else can I do for you?",
};
static const char *const persian[PHRASE_NKINDS] = {
	[PHRASE_GREETING] = "",
	[PHRASE_FILLER] = "یک لحظه لطفا.",
	[PHRASE_SORRY] = "ببخشید، مشکلی پیش آمد. لطفا دوباره بگویید.",
	[PHRASE_NOT_CAUGHT] = "ببخشید، متوجه نشدم.",
	[PHRASE_STILL_THERE] = "هنوز پشت خط هستید؟",
	[PHRASE_GOODBYE] = "خدانگهدار.",
	[PHRASE_NOBODY] = "متأسفم، الان نمی‌توانم شما را به کسی وصل کنم. کار دیگری از من برمی‌آید؟",
};

const char *
phrase_name(enum phrase which)
{
	static const char *const names[PHRASE_NKINDS] = {
		[PHRASE_GREETING] = "greeting",
		[PHRASE_FILLER] = "filler",
		[PHRASE_SORRY] = "sorry",
		[PHRASE_NOT_CAUGHT] = "not_caught",
		[PHRASE_STILL_THERE] = "still_there",
		[PHRASE_GOODBYE] = "goodbye",
		[PHRASE_NOBODY] = "nobody",
	};

	return which < PHRASE_NKINDS ? names[which] : "";
}

const char *
assistant_phrase(const struct assistant_conf *a, enum phrase which)
{
	const char	*own[PHRASE_NKINDS];

	own[PHRASE_GREETING] = a->greeting;
	own[PHRASE_FILLER] = a->filler;
	own[PHRASE_SORRY] = a->sorry;
	own[PHRASE_NOT_CAUGHT] = a->not_caught;
	own[PHRASE_STILL_THERE] = a->still_there;
	own[PHRASE_GOODBYE] = a->goodbye;
	own[PHRASE_NOBODY] = a->nobody;
	if (own[which] != NULL)
		return own[which];
	return a->language != NULL && strncmp(a->language, "fa", 2) == 0 ? persian[which] : english[which];
}

const char *
engine_offline_name(enum engine_service service)
{
	static const char *const names[ENGINE_NSERVICES] = {
		[ENGINE_STT] = "offline-stt",
		[ENGINE_CHAT] = "offline-chat",
		[ENGINE_TTS] = "offline-tts",
	};

	return names[service];
}

char *
engine_dir(const struct brokerd_conf *c)
{
	char	 self[4096], *slash;
	ssize_t	 n;

	if (c->engine_dir != NULL && c->engine_dir[0] != '\0')
		return mem_strdup(c->engine_dir);
	if ((n = readlink("/proc/self/exe", self, sizeof(self) - sizeof("/engines"))) <= 0)
		return NULL;
	self[n] = '\0';
	if ((slash = strrchr(self, '/')) == NULL)
		return NULL;
	memcpy(slash, "/engines", sizeof("/engines"));
	return mem_strdup(self);
}

/* ---- the check ---- */

static int
refuse(struct conf_error *err, const char *what, const char *name, const char *cause)
{
	(void)snprintf(err->text, sizeof(err->text), "brokerd: %s \"%s\": %s", what, name == NULL ? "" : name, cause);
	return -1;
}

static int
check_engine(const struct brokerd_conf *c, size_t i, struct conf_error *err)
{
	const struct engine_conf	*e = &c->engines[i];
	size_t				 k;

	if (e->name == NULL || e->name[0] == '\0')
		return refuse(err, "engine", "", "has no name");
	if (strlen(e->name) >= sizeof(((struct engine *)0)->name))
		return refuse(err, "engine", e->name, "name is longer than 31 bytes");
	for (k = 0; k < i; k++)
		if (strcmp(c->engines[k].name, e->name) == 0)
			return refuse(err, "engine", e->name, "is defined twice");
	if (e->type == ENGINE_TYPE_EXEC && e->ncommand == 0)
		return refuse(err, "engine", e->name, "type exec needs a command");
	if (e->type == ENGINE_TYPE_OPENAI && (e->model == NULL || e->model[0] == '\0'))
		return refuse(err, "engine", e->name, "type openai needs a model");
	if (e->type == ENGINE_TYPE_OPENAI && strncmp(e->base_url, "http://", 7) != 0 &&
	    strncmp(e->base_url, "https://", 8) != 0)
		return refuse(err, "engine", e->name, "base_url must begin with http:// or https://");
	if (e->type == ENGINE_TYPE_OPENAI && e->service == ENGINE_TTS && e->voice[0] == '\0')
		return refuse(err, "engine", e->name, "type openai needs a voice for tts");
	return 0;
}

static bool
serves(const struct brokerd_conf *c, const char *name, enum engine_service service)
{
	size_t	 i;

	for (i = 0; i < c->nengines; i++)
		if (strcmp(c->engines[i].name, name) == 0)
			return c->engines[i].service == (int)service;
	return strcmp(name, engine_offline_name(service)) == 0;
}

static int
check_ladder(const struct brokerd_conf *c, const struct assistant_conf *a, char *const *names, size_t n,
    enum engine_service service, struct conf_error *err)
{
	char	 cause[160];
	size_t	 i;

	for (i = 0; i < n; i++)
		if (!serves(c, names[i], service)) {
			(void)snprintf(cause, sizeof(cause), "%s: no engine \"%.64s\" of that service",
			    engine_service_names[service], names[i]);
			return refuse(err, "assistant", a->name, cause);
		}
	return 0;
}

static int
check_assistant(const struct brokerd_conf *c, size_t i, struct conf_error *err)
{
	const struct assistant_conf	*a = &c->assistants[i];
	size_t				 k;

	if (a->name == NULL || a->name[0] == '\0')
		return refuse(err, "assistant", "", "has no name");
	for (k = 0; k < i; k++)
		if (strcmp(c->assistants[k].name, a->name) == 0)
			return refuse(err, "assistant", a->name, "is defined twice");
	if (strlen(a->profile) >= sizeof(((struct msg_profile *)0)->profile))
		return refuse(err, "assistant", a->name, "profile is longer than 31 bytes");
	if (check_ladder(c, a, a->stt, a->nstt, ENGINE_STT, err) == -1 ||
	    check_ladder(c, a, a->chat, a->nchat, ENGINE_CHAT, err) == -1)
		return -1;
	return check_ladder(c, a, a->tts, a->ntts, ENGINE_TTS, err);
}

int
brokerd_check(const void *conf, const struct common_conf *common, struct conf_error *err)
{
	const struct brokerd_conf	*c = conf;
	size_t				 i;

	(void)common;
	for (i = 0; i < c->nengines; i++)
		if (check_engine(c, i, err) == -1)
			return -1;
	for (i = 0; i < c->nassistants; i++)
		if (check_assistant(c, i, err) == -1)
			return -1;
	return 0;
}
