/* SPDX-License-Identifier: ISC */
#include "webhookd/ncco_build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/langtag.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/actions.h"
#include "webhookd/calls.h"
#include "webhookd/follow.h"
#include "webhookd/media.h"
#include "webhookd/talk.h"
#include "webhookd/webhookd.h"

#define HEADERS_MAX	512	/* spec/vonage.md 4.1: total size of a socket's headers */

struct build {
	struct webhookd		*w;
	struct log_ctx		 ctx;
	const struct flow_step	*step;
	const struct flow_scope	*scope;
	struct json_object	*out;
	char			*language;	/* of the flow, where an action says none */
	bool			 transfer;	/* the AI on its socket can have a person */
	bool			 failed;	/* no memory */
};

static const char *
var(const struct build *b, const char *name)
{
	return flow_scope_get(b->scope, name);
}

static void
add_str(struct build *b, struct json_object *o, const char *key, const char *value)
{
	if (json_get(o, key) == NULL && json_add_str(o, key, value) == -1)
		b->failed = true;
}

static void
append(struct build *b, struct json_object *action)
{
	char	why[300];

	if (action == NULL)
		b->failed = true;
	else if (!actions_valid(action, why, sizeof(why))) {
		log_error(&b->ctx, "ncco.left_out", "action=%s cause=%s step=%s", LOG_Q(json_get_str_or(action, "action", "")),
		    LOG_Q(why), b->step->name);
		json_object_put(action);
	} else if (json_object_array_add(b->out, action) == -1) {
		json_object_put(action);
		b->failed = true;
	}
}

/* ---- events ---- */

static void
add_event_url(struct build *b, struct json_object *o)
{
	struct json_object	*urls;

	if (json_get(o, "eventUrl") == NULL) {
		urls = json_object_new_array();
		if (urls == NULL || json_object_array_add(urls, json_object_new_string(var(b, "event_url"))) == -1 ||
		    json_add(o, "eventUrl", urls) == -1)
			b->failed = true;
	}
	add_str(b, o, "eventMethod", "POST");
}

static void
add_events(struct build *b, const char *name, struct json_object *a)
{
	static const char *const	with[] = { "input", "record", "notify", "connect", "conversation" };
	struct json_object		*transcription = json_get_obj(a, "transcription");
	size_t				 i;

	for (i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (strcmp(with[i], name) == 0)
			add_event_url(b, a);
	if (transcription != NULL)
		add_event_url(b, transcription);
}

/* ---- sockets ---- */

/* The headers of the socket must not exceed 512 bytes: the least needed go first. */
static void
fit_headers(struct build *b, struct json_object *headers)
{
	static const char *const	spare[] = { "name", "to", "from", "transfer", "lang", "assistant" };
	size_t				 k, len;

	for (k = 0; k < sizeof(spare) / sizeof(spare[0]); k++) {
		(void)json_text(headers, &len);
		if (len <= HEADERS_MAX)
			return;
		json_object_object_del(headers, spare[k]);
		log_warn(&b->ctx, "ncco.headers", "bytes=%zu max=%d did=left_out name=%s", len, HEADERS_MAX, spare[k]);
	}
}

static void
add_socket(struct build *b, struct json_object *e)
{
	static const char *const	names[][2] = { { "call", "uuid" }, { "from", "from" }, { "to", "to" }, { "assistant", "assistant" },
					    { "lang", "language" }, { "name", "contact.name" } };
	struct json_object		*headers = json_get_obj(e, "headers");
	bool				 ours = json_get(e, "uri") == NULL;
	size_t				 i;

	if (ours) {
		add_str(b, e, "uri", var(b, "socket_uri"));
		add_str(b, e, "content-type", var(b, "content_type"));
		if (headers == NULL && json_add(e, "headers", headers = json_object_new_object()) == -1) {
			b->failed = true;
			return;
		}
		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			add_str(b, headers, names[i][0], var(b, names[i][1]));
		if (b->transfer)
			add_str(b, headers, "transfer", "yes");
	}
	if (headers != NULL)
		fit_headers(b, headers);
}

static void
finish_connect(struct build *b, struct json_object *a)
{
	struct json_object	*endpoints = json_get_arr(a, "endpoint");
	struct json_object	*e = endpoints != NULL ? json_object_array_get_idx(endpoints, 0) : NULL;
	const char		*type = json_get_str_or(e, "type", "");
	bool			 socket = strcmp(type, "websocket") == 0;

	if (socket)
		add_socket(b, e);
	if (socket || follow_has_failure(b->step))
		add_str(b, a, "eventType", "synchronous");
	if (strcmp(type, "app") != 0 && !json_get_bool(a, "randomFromNumber", false) && var(b, "number")[0] != '\0')
		add_str(b, a, "from", var(b, "number"));
}

/* ---- speech ---- */

static void
copy_options(struct build *b, struct json_object *from, struct json_object *to)
{
	static const char *const	names[] = { "bargeIn", "level", "loop" };
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (json_get(from, names[i]) != NULL && json_add(to, names[i], json_object_get(json_get(from, names[i]))) == -1)
			b->failed = true;
}

/* A language that Vonage has no voice of: our own, as a file (spec/vonage.md 10). */
static void
append_stream(struct build *b, struct json_object *talk, const char *text, const char *language)
{
	struct json_object	*o, *urls = json_object_new_array();
	char			 url[MEDIA_URL_SIZE];

	if (media_talk_url(b->w, text, language, var(b, "assistant"), url, sizeof(url)) == -1) {
		log_error(&b->ctx, "ncco.left_out", "action=talk cause=%s language=%s", LOG_Q(strerror(errno)), LOG_Q(language));
		json_object_put(urls);
		return;
	}
	if ((o = json_object_new_object()) == NULL || urls == NULL || json_object_array_add(urls, json_object_new_string(url)) == -1) {
		json_object_put(o);
		json_object_put(urls);
		b->failed = true;
		return;
	}
	add_str(b, o, "action", "stream");
	if (json_add(o, "streamUrl", urls) == -1)
		b->failed = true;
	copy_options(b, talk, o);
	append(b, o);
}

static void
append_talk(struct build *b, struct json_object *talk, const char *text, const char *language)
{
	struct json_object	*o = NULL;

	if (langtag_spoken(language) == NULL) {
		append_stream(b, talk, text, language);
		return;
	}
	if (json_object_deep_copy(talk, &o, NULL) == -1 || json_add_str(o, "text", text) == -1) {
		json_object_put(o);
		b->failed = true;
		return;
	}
	append(b, o);
}

static void
split_talk(struct build *b, struct json_object *talk, const char *text, const char *language)
{
	char	*piece;
	size_t	 n;

	for (; *text != '\0'; text += n) {
		n = talk_next(text, ACTIONS_TALK_MAX);
		if ((piece = mem_strndup(text, n)) == NULL) {
			b->failed = true;
			return;
		}
		if (strspn(piece, " \t\r\n") < n)
			append_talk(b, talk, piece, language);
		free(piece);
	}
}

static void
set_language(struct build *b, struct json_object *o, const char *language)
{
	if (json_add_str(o, "language", language) == -1)
		b->failed = true;
}

/* "fa" is "fa-IR" where Vonage listens; another that it is not known to understand may be new there. */
static void
complete_heard(struct build *b, struct json_object *o)
{
	const char	*language = o != NULL ? json_get_str(o, "language") : NULL, *heard;

	if (language == NULL)
		return;
	if ((heard = langtag_heard(language)) == NULL)
		log_warn(&b->ctx, "ncco.language", "language=%s cause=not_known_at_vonage did=sent", LOG_Q(language));
	else if (heard != language)
		set_language(b, o, heard);
}

static void
finish_talk(struct build *b, struct json_object *a)
{
	const char	*text = json_get_str_or(a, "text", ""), *language, *voice;
	bool		 ssml = strstr(text, "<speak") != NULL, own;
	char		*plain = NULL;

	add_str(b, a, "language", b->language);
	language = json_get_str_or(a, "language", "en-US");
	own = (voice = langtag_spoken(language)) == NULL;
	if (voice != NULL && voice != language)		/* it was completed */
		set_language(b, a, language = voice);
	if (actions_talk_chars(text) <= ACTIONS_TALK_MAX && !(ssml && own))
		append_talk(b, a, text, language);
	else if (ssml && (plain = talk_plain(text)) == NULL)
		b->failed = true;
	else
		split_talk(b, a, plain != NULL ? plain : text, language);	/* pieces of SSML would be broken: its words are kept */
	free(plain);
	json_object_put(a);
}

static bool
has_text(struct json_object *array, const char *text)
{
	size_t	i;

	for (i = 0; array != NULL && i < json_object_array_length(array); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(array, i)), text) == 0)
			return true;
	return false;
}

static void
finish_input(struct build *b, struct json_object *a)
{
	struct json_object	*speech = json_get_obj(a, "speech");

	if (!has_text(json_get_arr(a, "type"), "speech"))
		return;
	if (speech == NULL && json_add(a, "speech", speech = json_object_new_object()) == -1)
		b->failed = true;
	else {
		add_str(b, speech, "language", b->language);
		complete_heard(b, speech);
	}
}

/* ---- all ---- */

static void
finish(struct build *b, struct json_object *a)
{
	const char	*name = json_get_str_or(a, "action", "");

	actions_fit(a);
	add_events(b, name, a);
	if (strcmp(name, "talk") == 0) {
		finish_talk(b, a);
		return;
	}
	if (strcmp(name, "connect") == 0)
		finish_connect(b, a);
	else if (strcmp(name, "input") == 0)
		finish_input(b, a);
	else if (strcmp(name, "record") == 0)
		complete_heard(b, json_get_obj(a, "transcription"));
	append(b, a);
}

static char *
language_of(const struct flow_scope *scope)
{
	const char	*text = scope->flow != NULL ? flow_language(scope->flow) : NULL;
	char		*language = flow_expand(text != NULL ? text : "${language}", scope);

	if (language != NULL && language[0] == '\0') {
		free(language);
		language = mem_strdup("en-US");
	}
	return language;
}

struct json_object *
ncco_build(struct webhookd *w, struct known_call *call, const struct flow_step *step, const struct flow_scope *scope)
{
	struct build		 b = { .w = w, .ctx = { call->row.id.text }, .step = step, .scope = scope };
	struct json_object	*rendered = flow_render(step, scope);
	size_t			 i;

	b.out = json_object_new_array();
	b.transfer = flow_may_transfer(w, call);	/* of where the call is: reconnect and moment are no place */
	b.language = language_of(scope);
	b.failed = rendered == NULL || b.out == NULL || b.language == NULL;
	for (i = 0; !b.failed && i < json_object_array_length(rendered); i++)
		finish(&b, json_object_get(json_object_array_get_idx(rendered, i)));
	json_object_put(rendered);
	free(b.language);
	if (!b.failed) {
		actions_fit_barge_in(b.out);
		return b.out;
	}
	json_object_put(b.out);
	return NULL;
}
