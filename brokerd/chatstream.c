/* SPDX-License-Identifier: ISC */
#include "brokerd/chatstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/apierr.h"
#include "brokerd/exec_request.h"
#include "common/json.h"

#define OPEN	"<think>"
#define CLOSE	"</think>"

void
chatstream_init(struct chatstream *cs, chatstream_text *text, void *arg)
{
	memset(cs, 0, sizeof(*cs));
	cs->text = text;
	cs->arg = arg;
	cs->tokens_in = cs->tokens_out = -1;
}

void
chatstream_clear(struct chatstream *cs)
{
	size_t	 i;

	for (i = 0; i < cs->ncalls; i++)
		buf_clear(&cs->calls[i].args);
	cs->ncalls = 0;
}

/* ---- text without thoughts ---- */

static void
give(struct chatstream *cs, const char *text, size_t len)
{
	if (cs->thinking || len == 0)
		return;
	cs->any_text = true;
	cs->text(cs->arg, text, len);
}

/* One byte: part of a tag, or what was held back for one goes out with it. */
static void
take_byte(struct chatstream *cs, char c)
{
	const char	*want = cs->thinking ? CLOSE : OPEN;
	char		 held[sizeof(cs->tag)];
	size_t		 n;

	if (c == want[cs->tag_len]) {
		cs->tag[cs->tag_len++] = c;
		if (cs->tag_len < strlen(want))
			return;
		cs->tag_len = 0;
		cs->thinking = !cs->thinking;
		return;
	}
	n = cs->tag_len;
	cs->tag_len = 0;
	memcpy(held, cs->tag, n);
	give(cs, held, n);
	if (c == want[0])
		cs->tag[cs->tag_len++] = c;
	else
		give(cs, &c, 1);
}

static void
take_text(struct chatstream *cs, const char *text)
{
	size_t	 n;

	while (*text != '\0') {
		n = cs->tag_len > 0 ? 0 : strcspn(text, "<");
		if (n > 0) {
			give(cs, text, n);
			text += n;
		} else {
			take_byte(cs, *text++);
		}
	}
}

/* ---- function calls ---- */

static struct chat_call *
call_at(struct chatstream *cs, int64_t index)
{
	size_t	 i;

	for (i = 0; i < cs->ncalls; i++)
		if (cs->calls[i].index == index)
			return &cs->calls[i];
	if (cs->ncalls == CHATSTREAM_CALLS_MAX)
		return NULL;
	memset(&cs->calls[cs->ncalls], 0, sizeof(cs->calls[0]));
	cs->calls[cs->ncalls].index = index;
	buf_init(&cs->calls[cs->ncalls].args, CHATSTREAM_ARGS_MAX);
	return &cs->calls[cs->ncalls++];
}

static void
take_call(struct chatstream *cs, struct json_object *obj)
{
	struct json_object	*function = json_get_obj(obj, "function"), *args;
	struct chat_call	*call;
	const char		*text;
	int64_t			 index = 0;

	(void)json_get_int(obj, "index", 0, 1000, &index);
	if ((call = call_at(cs, index)) == NULL)
		return;
	if ((text = json_get_str(obj, "id")) != NULL && call->id[0] == '\0')
		(void)snprintf(call->id, sizeof(call->id), "%s", text);
	if (function == NULL)
		return;
	if ((text = json_get_str(function, "name")) != NULL && call->name[0] == '\0')
		(void)snprintf(call->name, sizeof(call->name), "%s", text);
	if ((args = json_get_obj(function, "arguments")) != NULL)
		text = json_text(args, NULL);
	else
		text = json_get_str(function, "arguments");
	if (text != NULL)
		(void)buf_puts(&call->args, text);
}

const char *
chatstream_action(const struct chatstream *cs)
{
	const char	*action;
	size_t		 i;

	for (i = 0; i < cs->ncalls; i++)
		if ((action = exec_tool_action(cs->calls[i].name)) != NULL)
			return action;
	return "";
}

/* ---- answers ---- */

static void
take_message(struct chatstream *cs, struct json_object *m)
{
	struct json_object	*calls = json_get_arr(m, "tool_calls"), *call;
	const char		*text;
	size_t			 i;

	if ((text = json_get_str(m, "content")) != NULL)
		take_text(cs, text);
	if ((text = json_get_str(m, "refusal")) != NULL)
		take_text(cs, text);
	for (i = 0; calls != NULL && i < json_object_array_length(calls); i++) {
		call = json_object_array_get_idx(calls, i);
		if (json_object_is_type(call, json_type_object))
			take_call(cs, call);
	}
}

static void
take_usage(struct chatstream *cs, struct json_object *obj)
{
	struct json_object	*usage = json_get_obj(obj, "usage");

	if (usage == NULL)
		return;
	(void)json_get_int(usage, "prompt_tokens", 0, INT64_MAX, &cs->tokens_in);
	(void)json_get_int(usage, "completion_tokens", 0, INT64_MAX, &cs->tokens_out);
}

static bool
take_error(struct chatstream *cs, struct json_object *obj, const char *words)
{
	struct json_object	*error = json_get_obj(obj, "error");

	(void)snprintf(cs->error, sizeof(cs->error), "%s", words);
	(void)json_get_int(error != NULL ? error : obj, "code", 100, 599, &cs->error_code);
	return false;
}

static bool
take_answer(struct chatstream *cs, struct json_object *obj, const char *part)
{
	struct json_object	*choices, *choice, *m;
	const char		*words = apierr_of(obj);

	if (words != NULL)
		return take_error(cs, obj, words);
	take_usage(cs, obj);
	if ((choices = json_get_arr(obj, "choices")) == NULL || json_object_array_length(choices) == 0)
		return true;
	choice = json_object_array_get_idx(choices, 0);
	if (!json_object_is_type(choice, json_type_object))
		return true;
	if (!cs->finished && (m = json_get_obj(choice, part)) != NULL)
		take_message(cs, m);
	if (json_get_str(choice, "finish_reason") != NULL)
		cs->finished = true;
	return true;
}

static bool
parse(struct chatstream *cs, const char *event, const char *data, size_t len, const char *part)
{
	struct json_object	*obj = json_parse(data, len, NULL);
	bool			 go;

	if (obj == NULL || !json_object_is_type(obj, json_type_object)) {
		(void)snprintf(cs->error, sizeof(cs->error), "the server sent something that is no JSON object");
		go = false;
	} else if (strcmp(event, "error") == 0) {
		go = take_error(cs, obj, json_get_str_or(obj, "message",
		    apierr_of(obj) != NULL ? apierr_of(obj) : "an error without words"));
	} else {
		go = take_answer(cs, obj, part);
	}
	json_object_put(obj);
	return go;
}

bool
chatstream_event(struct chatstream *cs, const char *event, const char *data, size_t len)
{
	if (cs->done)
		return true;		/* after the end: ignored */
	if (len == 6 && memcmp(data, "[DONE]", 6) == 0) {
		cs->done = cs->finished = true;
		return true;
	}
	return parse(cs, event, data, len, "delta");
}

bool
chatstream_whole(struct chatstream *cs, const char *body, size_t len)
{
	if (!parse(cs, "", body, len, "message"))
		return false;
	cs->finished = cs->done = true;
	return true;
}

bool
chatstream_end(struct chatstream *cs)
{
	if (cs->tag_len > 0 && !cs->thinking)
		give(cs, cs->tag, cs->tag_len);
	cs->tag_len = 0;
	return cs->finished;
}
