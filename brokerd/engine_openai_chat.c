/* SPDX-License-Identifier: ISC */
/* POST BASE/chat/completions, streamed (spec/ai.md 2). */
#include "brokerd/openai.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "brokerd/apierr.h"

#define ANSWER_MAX	(1u << 20)

/* The functions that are offered (spec/ai.md 8.2). */
static const char end_call[] = "{\"type\":\"function\",\"function\":{\"name\":\"end_call\",\"strict\":true,"
    "\"description\":\"Hang up. Only after the caller said goodbye or clearly wants to stop. "
    "Say a short goodbye first. Not for hold or transfer.\","
    "\"parameters\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"reason\"],"
    "\"properties\":{\"reason\":{\"type\":\"string\",\"enum\":"
    "[\"caller_goodbye\",\"task_done\",\"abuse\",\"no_input\",\"wrong_number\",\"other\"]}}}}}";
/* Who that person is, the flow says: a model that could name a number could be talked into any. */
static const char transfer_call[] = "{\"type\":\"function\",\"function\":{\"name\":\"transfer_call\",\"strict\":true,"
    "\"description\":\"Connect the caller to a person. Only when the caller wants it. "
    "Say in one short sentence that you are doing so first.\","
    "\"parameters\":{\"type\":\"object\",\"additionalProperties\":false,\"required\":[\"summary\"],"
    "\"properties\":{\"summary\":{\"type\":\"string\",\"description\":\"What the caller wants, in one sentence\"}}}}}";

static void
put_messages(struct buf *b, const struct chat_messages *m)
{
	size_t	 i;

	(void)buf_puts(b, ",\"messages\":[");
	for (i = 0; i < m->n; i++) {
		(void)buf_printf(b, "%s{\"role\":\"%s\",\"content\":", i > 0 ? "," : "", chat_role_name(m->list[i].role));
		(void)buf_put_json_str(b, m->list[i].text, strlen(m->list[i].text));
		(void)buf_putc(b, '}');
	}
	(void)buf_putc(b, ']');
}

static void
put_options(struct buf *b, const struct engine_conf *c, bool transfer)
{
	(void)buf_puts(b, ",\"stream\":true");
	if (c->stream_options)
		(void)buf_puts(b, ",\"stream_options\":{\"include_usage\":true}");
	if (c->max_tokens_field != MAX_TOKENS_OFF)
		(void)buf_printf(b, ",\"%s\":%d", c->max_tokens_field == MAX_TOKENS_NEW ? "max_completion_tokens" : "max_tokens",
		    c->max_tokens);
	if (c->temperature >= 0)
		(void)buf_printf(b, ",\"temperature\":%.2f", c->temperature);
	if (c->reasoning_effort[0] != '\0') {
		(void)buf_puts(b, ",\"reasoning_effort\":");
		(void)buf_put_json_str(b, c->reasoning_effort, strlen(c->reasoning_effort));
	}
	if (c->tools)
		(void)buf_printf(b, ",\"tools\":[%s%s%s]", end_call, transfer ? "," : "", transfer ? transfer_call : "");
}

static void
on_text(void *arg, const char *text, size_t len)
{
	struct openai_job	*j = arg;

	if (!j->cancelled)
		j->job.on->text(j->job.arg, text, len);
}

static bool
on_event(void *arg, const char *event, const char *data, size_t len)
{
	struct openai_job	*j = arg;

	return chatstream_event(&j->chat, event, data, len) && !j->cancelled;
}

static int
on_data(void *arg, const char *type, const void *data, size_t len)
{
	struct openai_job	*j = arg;
	int			 rc = 0;

	j->whole = strncasecmp(type, "application/json", 16) == 0;
	j->in_data = true;
	if (j->whole)
		rc = buf_append(&j->body, data, len);
	else if ((rc = sse_feed(&j->sse, data, len, on_event, j)) == -1)
		(void)snprintf(j->chat.error, sizeof(j->chat.error), "an event that is too large");
	return openai_leave_data(j) || rc != 0 ? -1 : 0;
}

static int
begin(struct openai_job *j, const struct engine_request *rq)
{
	const struct engine_conf *conf = &openai_of(j)->conf;
	struct buf		 body;
	int			 rc;

	sse_init(&j->sse);
	chatstream_init(&j->chat, on_text, j);
	buf_init(&j->body, ANSWER_MAX);
	buf_init(&body, OPENAI_REQUEST_MAX);
	(void)buf_puts(&body, "{\"model\":");
	(void)buf_put_json_str(&body, conf->model, strlen(conf->model));
	put_messages(&body, rq->messages);
	put_options(&body, conf, rq->transfer);
	(void)buf_putc(&body, '}');
	rc = openai_post_json(j, "/chat/completions", &body, on_data);
	buf_clear(&body);
	return rc;
}

static void
tell_error(struct openai_job *j)
{
	int	 retry = j->chat.any_text || j->chat.error_code == 0 ? -1 : apierr_retry_ms((long)j->chat.error_code, "", 0, -1);

	engine_fail(&j->job, retry, j->chat.error);
}

static void
end(struct openai_job *j, const struct httpc_result *res)
{
	struct engine_result	 out = { .ok = true, .text = "" };

	if (j->chat.error[0] != '\0') {
		tell_error(j);
		return;
	}
	if (!j->chat.finished && openai_failed(j, res))
		return;
	j->in_data = true;		/* text may come out below, and may cancel us */
	if (j->whole)
		(void)chatstream_whole(&j->chat, j->body.data, j->body.len);
	else
		(void)sse_end(&j->sse, on_event, j);
	(void)chatstream_end(&j->chat);
	if (openai_leave_data(j))
		return;
	out.action = chatstream_action(&j->chat);
	out.tokens_in = j->chat.tokens_in;
	out.tokens_out = j->chat.tokens_out;
	if (j->chat.error[0] != '\0')
		tell_error(j);
	else if (!j->chat.finished)
		engine_fail(&j->job, j->chat.any_text ? -1 : 0, "the stream ended before the reply did");
	else
		engine_finish(&j->job, &out);
}

static void
clear(struct openai_job *j)
{
	sse_clear(&j->sse);
	chatstream_clear(&j->chat);
	buf_clear(&j->body);
}

void
openai_chat_init(struct openai *o)
{
	o->begin = begin;
	o->end = end;
	o->clear = clear;
}
