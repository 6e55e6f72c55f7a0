/* SPDX-License-Identifier: ISC */
#include "tools/callsim/nccocheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/ncco_read.h"

static const struct {
	const char	*name;
	int		(*read)(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
} kinds[] = {
	[NCCO_TALK] = { "talk", ncco_talk }, [NCCO_STREAM] = { "stream", ncco_stream },
	[NCCO_RECORD] = { "record", ncco_record },
	[NCCO_CONVERSATION] = { "conversation", ncco_conversation },
	[NCCO_CONNECT] = { "connect", ncco_connect }, [NCCO_WAIT] = { "wait", ncco_wait },
	[NCCO_INPUT] = { "input", ncco_input }, [NCCO_NOTIFY] = { "notify", ncco_notify },
	[NCCO_TRANSFER] = { "transfer", ncco_transfer },
};

const char *
ncco_kind_name(enum ncco_kind kind)
{
	return kinds[kind].name;
}

static int
read_action(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	const char	*name;
	size_t		 i;

	if (!json_object_is_type(obj, json_type_object))
		return ncco_complain(c, NCCO_BAD, "not an object");
	if ((name = json_get_str(obj, "action")) == NULL)
		return ncco_complain(c, NCCO_BAD, "no \"action\"");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0) {
			a->kind = (enum ncco_kind)i;
			a->json = json_object_get(obj);
			return kinds[i].read(c, obj, a);
		}
	return ncco_complain(c, NCCO_BAD, "unknown action \"%.40s\"", name);
}

/*
 * After a talk with bargeIn the next action that is no talk must be input (spec/vonage.md 3.1);
 * of streams Vonage's NCCO reference says the same: the next that is no stream.
 */
static void
check_barge_in(struct ncco_check *c, const struct ncco *n)
{
	enum ncco_kind	kind;
	size_t		 i, j;

	for (i = 0; i < n->nactions; i++) {
		kind = n->actions[i].kind;
		if ((kind != NCCO_TALK && kind != NCCO_STREAM) || !n->actions[i].barge_in)
			continue;
		for (j = i + 1; j < n->nactions && n->actions[j].kind == kind; j++)
			;
		if (j < n->nactions && n->actions[j].kind == NCCO_INPUT)
			continue;
		c->index = i;
		(void)ncco_complain(c, NCCO_BAD, "%s with bargeIn is not followed by input", kind == NCCO_TALK ? "talk" : "stream");
		return;
	}
}

enum ncco_result
ncco_read(struct ncco *ret, struct json_object *array, char *cause, size_t cause_size)
{
	struct ncco_check	c = { .cause = cause, .cause_size = cause_size };
	struct ncco		n = { 0 };
	size_t			count;

	if (!json_object_is_type(array, json_type_array) ||
	    (count = json_object_array_length(array)) > NCCO_ACTIONS_MAX) {
		(void)snprintf(cause, cause_size, "not an array of at most %d actions", NCCO_ACTIONS_MAX);
		return NCCO_BAD;
	}
	if ((n.actions = mem_calloc(count + 1, sizeof(*n.actions))) == NULL) {
		(void)ncco_no_memory(&c);
		return c.result;
	}
	for (; c.result == NCCO_OK && n.nactions < count; n.nactions++) {
		c.index = n.nactions;
		(void)read_action(&c, json_object_array_get_idx(array, c.index), &n.actions[c.index]);
	}
	if (c.result == NCCO_OK)
		check_barge_in(&c, &n);
	if (c.result != NCCO_OK)
		ncco_clear(&n);
	else
		*ret = n;
	return c.result;
}

enum ncco_result
ncco_parse(struct ncco *ret, const char *text, size_t len, char *cause, size_t cause_size)
{
	struct json_object	*root;
	enum ncco_result	 rc;
	const char		*why;

	if ((root = json_parse(text, len, &why)) == NULL) {
		(void)snprintf(cause, cause_size, "not JSON: %s", why);
		return NCCO_BAD;
	}
	rc = ncco_read(ret, root, cause, cause_size);
	json_object_put(root);
	return rc;
}

static void
list_clear(struct ncco_list *list)
{
	while (list->count > 0)
		free(list->items[--list->count]);
	free(list->items);
}

void
ncco_action_clear(struct ncco_action *a)
{
	char	*texts[] = {
		a->event_url, a->language, a->text, a->ssml, a->stream_url, a->transcribe_language,
		a->transcribe_url, a->name, a->music_url, a->number, a->dtmf_answer, a->on_answer_url,
		a->on_answer_ringback, a->shaken, a->user, a->extension, a->uri, a->content_type,
		a->headers, a->standard_headers, a->authorization, a->from, a->ringback_url, a->payload,
		a->conversation_id,
	};
	size_t	i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	list_clear(&a->can_speak);
	list_clear(&a->can_hear);
	list_clear(&a->speech_uuid);
	list_clear(&a->context);
	json_object_put(a->json);
	*a = (struct ncco_action){ 0 };
}

void
ncco_clear(struct ncco *n)
{
	while (n->nactions > 0)
		ncco_action_clear(&n->actions[--n->nactions]);
	free(n->actions);
	*n = (struct ncco){ 0 };
}

char *
ncco_connected_text(const struct ncco_action *connect)
{
	struct json_object	*all = json_parse(connect->headers, strlen(connect->headers), NULL), *first;
	char			*text = NULL;

	if (all == NULL || (first = json_object_new_object()) == NULL) {
		json_object_put(all);
		return NULL;
	}
	if (json_add_str(first, "event", "websocket:connected") == 0 &&
	    json_add_str(first, "content-type", connect->content_type) == 0) {
		json_object_object_foreach(all, name, value)
			(void)json_object_object_add(first, name, json_object_get(value));
		text = mem_strdup(json_text(first, NULL));
	}
	json_object_put(first);
	json_object_put(all);
	return text;
}
