/* SPDX-License-Identifier: ISC */
#include "common/store_json.h"

#include <string.h>

#include "common/clock.h"

void
store_json_add_time(struct json_object *obj, const char *key, int64_t wall_ms)
{
	char	text[CLOCK_ISO_SIZE];

	if (wall_ms > 0)
		(void)json_add_str(obj, key, clock_iso(wall_ms, text));
}

void
store_json_add_known(struct json_object *obj, const char *key, int64_t value)
{
	if (value != -1)
		(void)json_add_int(obj, key, value);
}

void
store_json_add_text(struct json_object *obj, const char *key, const char *text)
{
	if (text != NULL && *text != '\0')
		(void)json_add_str(obj, key, text);
}

struct json_object *
store_call_json(const struct store_call *c)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	store_json_add_text(o, "id", c->id.text);
	store_json_add_text(o, "conversation", c->conversation);
	store_json_add_text(o, "direction", c->direction);
	store_json_add_text(o, "caller", c->caller);
	store_json_add_text(o, "called", c->called);
	store_json_add_text(o, "name", c->name);
	store_json_add_text(o, "assistant", c->assistant);
	store_json_add_text(o, "language", c->language);
	store_json_add_text(o, "flow", c->flow);
	store_json_add_text(o, "state", c->state);
	store_json_add_text(o, "end_reason", c->end_reason);
	store_json_add_text(o, "sockd", c->sockd);
	store_json_add_text(o, "brokerd", c->brokerd);
	store_json_add_time(o, "started_at", c->started_at);
	store_json_add_time(o, "answered_at", c->answered_at);
	store_json_add_time(o, "ended_at", c->ended_at);
	store_json_add_known(o, "duration_s", c->duration_s);
	store_json_add_text(o, "machine", c->machine);
	if (c->dial > 0)
		(void)json_add_int(o, "dial", c->dial);
	return o;
}

struct json_object *
store_leg_json(const struct store_leg *l)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	store_json_add_text(o, "uuid", l->uuid);
	store_json_add_text(o, "type", l->type);
	store_json_add_text(o, "direction", l->direction);
	store_json_add_text(o, "from", l->from);
	store_json_add_text(o, "to", l->to);
	store_json_add_text(o, "status", l->status);
	store_json_add_text(o, "detail", l->detail);
	store_json_add_text(o, "disconnected_by", l->disconnected_by);
	store_json_add_known(o, "sip_code", l->sip_code);
	store_json_add_time(o, "started_at", l->started_at);
	store_json_add_time(o, "answered_at", l->answered_at);
	store_json_add_time(o, "ended_at", l->ended_at);
	store_json_add_known(o, "duration_s", l->duration_s);
	store_json_add_text(o, "price", l->price);
	store_json_add_text(o, "rate", l->rate);
	return o;
}

static void
add_times(struct json_object *o, const struct store_turn *t)
{
	const struct { const char *key; int64_t value; } rows[] = {
		{ "speech_start_ms", t->speech_start_ms }, { "speech_end_ms", t->speech_end_ms },
		{ "utterance_at_ms", t->utterance_at_ms }, { "ear_ms", t->ear_ms },
		{ "endpoint_ms", t->endpoint_ms }, { "stt_ms", t->stt_ms }, { "token_ms", t->token_ms },
		{ "audio_ms", t->audio_ms }, { "send_ms", t->send_ms }, { "reply_start_ms", t->reply_start_ms },
		{ "reply_heard_ms", t->reply_heard_ms }, { "reply_total_ms", t->reply_total_ms },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		store_json_add_known(o, rows[i].key, rows[i].value);
}

struct json_object *
store_turn_json(const struct store_turn *t)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "turn", t->turn);
	(void)json_add_int(o, "epoch", t->epoch);
	store_json_add_text(o, "state", t->state);
	store_json_add_time(o, "at", t->created_at);
	store_json_add_text(o, "user_text", t->user_text);
	store_json_add_text(o, "bot_text", t->bot_text);
	store_json_add_text(o, "heard_text", t->heard_text);
	store_json_add_text(o, "error", t->error);
	store_json_add_text(o, "language", t->language);
	add_times(o, t);
	(void)json_add_bool(o, "interrupted", t->interrupted);
	store_json_add_text(o, "stt", t->stt);
	store_json_add_text(o, "chat", t->chat);
	store_json_add_text(o, "tts", t->tts);
	store_json_add_text(o, "action", t->action);
	return o;
}

struct json_object *
store_job_json(const struct store_job *j)
{
	struct json_object	*o = json_object_new_object(), *args;

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "id", j->id);
	store_json_add_text(o, "kind", j->kind);
	store_json_add_text(o, "call", j->call.text);
	store_json_add_text(o, "key", j->key);
	store_json_add_text(o, "state", j->state);
	(void)json_add_int(o, "attempts", j->attempts);
	(void)json_add_int(o, "rounds", j->rounds);
	store_json_add_time(o, "created_at", j->created_at);
	store_json_add_time(o, "next_at", j->next_at);
	store_json_add_text(o, "owner", j->owner);
	store_json_add_text(o, "error", j->error);
	if ((args = json_parse(j->args, strlen(j->args), NULL)) != NULL)
		(void)json_add(o, "args", args);
	return o;
}

struct json_object *
store_recording_json(const struct store_recording *r)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	if (r->id > 0)
		(void)json_add_int(o, "id", r->id);
	store_json_add_text(o, "path", r->path);
	store_json_add_time(o, "started_at", r->started_at);
	store_json_add_known(o, "duration_ms", r->duration_ms);
	store_json_add_known(o, "bytes", r->bytes);
	store_json_add_known(o, "rate_hz", r->rate_hz);
	store_json_add_text(o, "uuid", r->uuid);
	store_json_add_text(o, "format", r->format);
	store_json_add_text(o, "sha256", r->sha256);
	return o;
}
