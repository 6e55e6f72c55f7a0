/* SPDX-License-Identifier: ISC */
/* Rows of the store as JSON objects: what is not known is left out. */
#include "tools/callctl.h"

#include <string.h>

struct json_object *
ctl_call_json(const struct store_call *c)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	ctl_add_text(o, "id", c->id.text);
	ctl_add_text(o, "conversation", c->conversation);
	ctl_add_text(o, "direction", c->direction);
	ctl_add_text(o, "caller", c->caller);
	ctl_add_text(o, "called", c->called);
	ctl_add_text(o, "name", c->name);
	ctl_add_text(o, "assistant", c->assistant);
	ctl_add_text(o, "language", c->language);
	ctl_add_text(o, "flow", c->flow);
	ctl_add_text(o, "state", c->state);
	ctl_add_text(o, "end_reason", c->end_reason);
	ctl_add_text(o, "sockd", c->sockd);
	ctl_add_text(o, "brokerd", c->brokerd);
	ctl_add_time(o, "started_at", c->started_at);
	ctl_add_time(o, "answered_at", c->answered_at);
	ctl_add_time(o, "ended_at", c->ended_at);
	ctl_add_known(o, "duration_s", c->duration_s);
	return o;
}

struct json_object *
ctl_leg_json(const struct store_leg *l)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	ctl_add_text(o, "uuid", l->uuid);
	ctl_add_text(o, "type", l->type);
	ctl_add_text(o, "direction", l->direction);
	ctl_add_text(o, "from", l->from);
	ctl_add_text(o, "to", l->to);
	ctl_add_text(o, "status", l->status);
	ctl_add_text(o, "detail", l->detail);
	ctl_add_text(o, "disconnected_by", l->disconnected_by);
	ctl_add_known(o, "sip_code", l->sip_code);
	ctl_add_time(o, "started_at", l->started_at);
	ctl_add_time(o, "answered_at", l->answered_at);
	ctl_add_time(o, "ended_at", l->ended_at);
	ctl_add_known(o, "duration_s", l->duration_s);
	ctl_add_text(o, "price", l->price);
	ctl_add_text(o, "rate", l->rate);
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
		ctl_add_known(o, rows[i].key, rows[i].value);
}

struct json_object *
ctl_turn_json(const struct store_turn *t)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "turn", t->turn);
	(void)json_add_int(o, "epoch", t->epoch);
	ctl_add_text(o, "state", t->state);
	ctl_add_time(o, "at", t->created_at);
	ctl_add_text(o, "user_text", t->user_text);
	ctl_add_text(o, "bot_text", t->bot_text);
	ctl_add_text(o, "heard_text", t->heard_text);
	ctl_add_text(o, "error", t->error);
	ctl_add_text(o, "language", t->language);
	add_times(o, t);
	(void)json_add_bool(o, "interrupted", t->interrupted);
	ctl_add_text(o, "stt", t->stt);
	ctl_add_text(o, "chat", t->chat);
	ctl_add_text(o, "tts", t->tts);
	ctl_add_text(o, "action", t->action);
	return o;
}

struct json_object *
ctl_job_json(const struct store_job *j)
{
	struct json_object	*o = json_object_new_object(), *args;

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "id", j->id);
	ctl_add_text(o, "kind", j->kind);
	ctl_add_text(o, "call", j->call.text);
	ctl_add_text(o, "key", j->key);
	ctl_add_text(o, "state", j->state);
	(void)json_add_int(o, "attempts", j->attempts);
	ctl_add_time(o, "created_at", j->created_at);
	ctl_add_time(o, "next_at", j->next_at);
	ctl_add_text(o, "error", j->error);
	if ((args = json_parse(j->args, strlen(j->args), NULL)) != NULL)
		(void)json_add(o, "args", args);
	return o;
}

struct json_object *
ctl_recording_json(const struct store_recording *r)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	ctl_add_text(o, "path", r->path);
	ctl_add_time(o, "started_at", r->started_at);
	ctl_add_known(o, "duration_ms", r->duration_ms);
	ctl_add_known(o, "bytes", r->bytes);
	ctl_add_known(o, "rate_hz", r->rate_hz);
	return o;
}
