/* SPDX-License-Identifier: ISC */
#include "brokerd/exec_request.h"

#include <errno.h>
#include <string.h>

#include "brokerd/exec_frame.h"

static void
put_member(struct buf *out, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)buf_printf(out, ",\"%s\":", name);
	(void)buf_put_json_str(out, text, strlen(text));
}

static void
put_messages(struct buf *out, const struct chat_messages *m)
{
	size_t	 i;

	(void)buf_puts(out, ",\"messages\":[");
	for (i = 0; i < m->n; i++) {
		(void)buf_printf(out, "%s{\"role\":\"%s\",\"content\":", i > 0 ? "," : "", chat_role_name(m->list[i].role));
		(void)buf_put_json_str(out, m->list[i].text, strlen(m->list[i].text));
		(void)buf_putc(out, '}');
	}
	(void)buf_putc(out, ']');
}

int
exec_request_encode(const struct engine_request *rq, enum engine_service service, int64_t id, struct buf *out)
{
	(void)buf_printf(out, "{\"op\":\"%s\",\"id\":%lld", engine_service_names[service], (long long)id);
	put_member(out, "call", rq->call);
	put_member(out, "language", rq->language);
	switch (service) {
	case ENGINE_STT:
		(void)buf_printf(out, ",\"rate_hz\":%u,\"bytes\":%zu", rq->rate_hz, rq->nsamples * 2);
		break;
	case ENGINE_CHAT:
		put_messages(out, rq->messages);
		(void)buf_printf(out, ",\"actions\":[\"hangup\"%s]", rq->transfer ? ",\"transfer\"" : "");
		break;
	case ENGINE_TTS:
		put_member(out, "voice", rq->voice);
		(void)buf_puts(out, ",\"text\":");
		(void)buf_put_json_str(out, rq->text, strlen(rq->text));
		break;
	case ENGINE_NSERVICES:
		break;
	}
	(void)buf_putc(out, '}');
	if (buf_failed(out)) {
		errno = out->error;
		return -1;
	}
	if (out->len >= EXEC_LINE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	return 0;
}

const char *
exec_tool_action(const char *name)
{
	if (strcmp(name, "end_call") == 0)
		return "hangup";
	if (strcmp(name, "transfer_call") == 0)
		return "transfer";
	return NULL;
}

enum exec_answer
exec_answer_decode(struct json_object *obj, enum engine_service service, struct engine_result *ret)
{
	struct json_object	*tool;

	memset(ret, 0, sizeof(*ret));
	ret->text = ret->action = "";
	ret->tokens_in = ret->tokens_out = -1;
	if (json_get(obj, "error") != NULL) {
		ret->error = json_get_str_or(obj, "error", "an error without words");
		ret->retry_ms = json_get_bool(obj, "retry", false) ? 0 : -1;
		return EXEC_ERROR;
	}
	ret->action = json_get_str_or(obj, "action", "");
	ret->listen = json_get_str_or(obj, "listen", "");
	if ((tool = json_get_obj(obj, "tool")) != NULL &&
	    (ret->action = exec_tool_action(json_get_str_or(tool, "name", ""))) == NULL)
		ret->action = "";
	if (!json_get_bool(obj, "done", false))
		return EXEC_MORE;
	ret->ok = true;
	if (service == ENGINE_STT) {
		ret->text = json_get_str_or(obj, "text", "");
		ret->rejected = json_get_bool(obj, "rejected", false);
	}
	return EXEC_DONE;
}
