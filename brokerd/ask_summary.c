/* SPDX-License-Identifier: ISC */
/* ask_summary: what a call was about (asks.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/asks_impl.h"
#include "brokerd/call.h"
#include "common/mem.h"

#define INSTRUCTION_SIZE	(sizeof(((struct msg_ask *)NULL)->text))

static void
on_summary(struct ask *k, const struct engine_result *res, const char *engine)
{
	struct msg_answer	 m = { .ok = true };

	(void)engine;
	if (!res->ok) {
		ask_fail(k, res->error);
		return;
	}
	ask_speakable(k->text.data, m.text, sizeof(m.text));
	if (m.text[0] == '\0')
		ask_fail(k, "an empty summary");
	else
		ask_finish(k, &m);
}

static void
instruction(const struct ask *k, char *out, size_t size)
{
	if (k->m.text[0] != '\0')
		(void)snprintf(out, size, "%s", k->m.text);
	else
		(void)snprintf(out, size, "Summarise this phone call for a text message to the caller, in the language "
		    "with the ISO 639-1 code \"%s\" and in at most 300 characters: what was wanted, what was agreed, what comes next. "
		    "No greeting, no markdown, nothing that was not said.", k->language);
}

/*
 * The conversation as one message: as messages of their own they would make the
 * model go on talking instead of telling what was said.
 */
static int
add_transcript(const struct chat_messages *said, struct chat_messages *ret)
{
	struct buf	 text;
	size_t		 i;

	buf_init(&text, 2 * CALL_MESSAGES_MAX);
	for (i = 0; i < said->n; i++)
		(void)buf_printf(&text, "%s: %s\n", said->list[i].role == CHAT_USER ? "Caller" : "Assistant", said->list[i].text);
	if (buf_failed(&text) || (ret->list[ret->n].text = buf_steal(&text, NULL)) == NULL) {
		buf_clear(&text);
		return -1;
	}
	ret->list[ret->n++].role = CHAT_USER;
	return 0;
}

static int
make_messages(struct ask *k, const struct chat_messages *said, struct chat_messages *ret)
{
	char	 text[INSTRUCTION_SIZE];

	instruction(k, text, sizeof(text));
	if ((ret->list = mem_calloc(2, sizeof(*ret->list))) == NULL || (ret->list[0].text = mem_strdup(text)) == NULL)
		return -1;
	ret->list[ret->n++].role = CHAT_SYSTEM;
	return add_transcript(said, ret);
}

static void
start(struct ask *k)
{
	struct chat_messages	 said = { NULL, 0 }, messages = { NULL, 0 };
	struct msg_answer	 nothing = { .ok = true };
	const char		*cause = "out of memory";
	bool			 silent = false;

	if ((k->history = ask_history(k, 0)) != NULL && history_messages(k->history, NULL, CALL_MESSAGES_MAX, &said) == 0) {
		if ((silent = said.n == 0))
			cause = NULL;
		else if (make_messages(k, &said, &messages) == 0 && ask_chat(k, &messages, on_summary) == 0)
			cause = NULL;
	}
	chat_messages_clear(&said);
	chat_messages_clear(&messages);
	if (silent)
		ask_finish(k, &nothing);	/* no words, no summary */
	else if (cause != NULL)
		ask_fail(k, cause);
}

static void
stop(struct ask *k)
{
	history_free(k->history);
	k->history = NULL;
}

const struct ask_ops ask_summary_ops = { start, stop };
