/* SPDX-License-Identifier: ISC */
/* export: the conversation as JSON; of the bot only what was heard. */
#include "tools/callctl.h"

#include <string.h>

static bool
add_message(struct json_object *array, const char *role, const char *text)
{
	struct json_object	*o;

	if (text == NULL || *text == '\0')
		return true;
	if ((o = json_object_new_object()) == NULL)
		return false;
	if (json_add_str(o, "role", role) == 0 && json_add_str(o, "content", text) == 0 &&
	    json_object_array_add(array, o) == 0)
		return true;
	json_object_put(o);
	return false;
}

static bool
on_turn(void *arg, const struct store_turn *t)
{
	return add_message(arg, "user", t->user_text) && add_message(arg, "assistant", t->heard_text);
}

static struct json_object *
info(const struct store_call *c)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	store_json_add_text(o, "from", c->caller);
	store_json_add_text(o, "to", c->called);
	store_json_add_text(o, "name", c->name);
	store_json_add_text(o, "direction", c->direction);
	store_json_add_time(o, "start_time", c->started_at);
	store_json_add_time(o, "end_time", c->ended_at);
	store_json_add_known(o, "duration_s", c->duration_s);
	store_json_add_text(o, "language", c->language);
	store_json_add_text(o, "assistant", c->assistant);
	store_json_add_text(o, "end_reason", c->end_reason);
	return o;
}

int
ctl_export(struct ctl *ctl, int argc, char *argv[])
{
	struct json_object	*o, *conversation;
	struct store_call	 c;
	int			 rc;

	(void)argc;
	if (!ctl_open(ctl, STORE_READ))
		return CTL_FAILED;
	if ((rc = ctl_pick(ctl, argv[0], &c)) != CTL_OK)
		return rc;
	if ((o = json_object_new_object()) == NULL || (conversation = json_object_new_array()) == NULL) {
		json_object_put(o);
		return ctl_put_json(ctl, NULL);
	}
	(void)json_add_str(o, "call_uuid", c.id.text);
	(void)json_add(o, "call_info", info(&c));
	rc = store_each_turn(ctl->store, &c.id, on_turn, conversation);
	(void)json_add(o, "conversation", conversation);
	if (ctl_done(rc) == CTL_OK)
		return ctl_put_json(ctl, o);
	json_object_put(o);
	return CTL_FAILED;
}
