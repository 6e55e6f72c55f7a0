/* SPDX-License-Identifier: ISC */
/* POST /v1/calls; what is done to a call is in restcheck_put.c. */
#include "tools/callsim/restcheck.h"

#include <string.h>

#include "tools/callsim/restread.h"

#define NUMBER_DIGITS_MIN	7
#define NUMBER_DIGITS_MAX	15

static const struct restread_member create_members[] = {
	{ "to", RESTREAD_ARR }, { "from", RESTREAD_OBJ }, { "random_from_number", RESTREAD_BOOL },
	{ "ncco", RESTREAD_ARR }, { "answer_url", RESTREAD_ARR }, { "answer_method", RESTREAD_STR },
	{ "event_url", RESTREAD_ARR }, { "event_method", RESTREAD_STR },
	{ "machine_detection", RESTREAD_STR }, { "advanced_machine_detection", RESTREAD_OBJ },
	{ "length_timer", RESTREAD_INT }, { "ringing_timer", RESTREAD_INT }, { NULL, RESTREAD_STR }
};
static const struct restread_member from_members[] = {
	{ "type", RESTREAD_STR }, { "number", RESTREAD_STR }, { NULL, RESTREAD_STR }
};
static const struct restread_member detection_members[] = {
	{ "behavior", RESTREAD_STR }, { "mode", RESTREAD_STR }, { "beep_timeout", RESTREAD_INT },
	{ NULL, RESTREAD_STR }
};

struct endpoint {
	const char	*type;
	const char	*address;	/* its required member */
	struct restread_member members[8];
};
static const struct endpoint endpoints[] = {
	{ "phone", "number", { { "type", RESTREAD_STR }, { "number", RESTREAD_STR }, { "dtmfAnswer", RESTREAD_STR },
	    { "onAnswer", RESTREAD_OBJ }, { "shaken", RESTREAD_STR }, { NULL, RESTREAD_STR } } },
	{ "sip", "uri", { { "type", RESTREAD_STR }, { "uri", RESTREAD_STR }, { "headers", RESTREAD_OBJ },
	    { "standard_headers", RESTREAD_OBJ }, { NULL, RESTREAD_STR } } },
	{ "websocket", "uri", { { "type", RESTREAD_STR }, { "uri", RESTREAD_STR },
	    { "content-type", RESTREAD_STR }, { "headers", RESTREAD_OBJ }, { "authorization", RESTREAD_OBJ },
	    { NULL, RESTREAD_STR } } },
	{ "vbc", "extension", { { "type", RESTREAD_STR }, { "extension", RESTREAD_STR }, { NULL, RESTREAD_STR } } },
	{ "app", "user", { { "type", RESTREAD_STR }, { "user", RESTREAD_STR }, { NULL, RESTREAD_STR } } },
};
#define NENDPOINTS	(sizeof(endpoints) / sizeof(endpoints[0]))

static const char *const methods[] = { "GET", "POST", NULL };

/* What a required address has to look like; NULL: good. */
static const char *
refuse_address(const char *type, const char *address)
{
	if (strcmp(type, "phone") == 0)
		return restread_digits(address, NUMBER_DIGITS_MIN, NUMBER_DIGITS_MAX) ? NULL :
		    "must be 7 to 15 digits";
	if (strcmp(type, "sip") == 0)
		return (strncmp(address, "sip:", 4) == 0 || strncmp(address, "sips:", 5) == 0) &&
		    strchr(address, '@') != NULL ? NULL : "must be a SIP URI";
	if (strcmp(type, "websocket") == 0)
		return strncmp(address, "ws://", 5) == 0 || strncmp(address, "wss://", 6) == 0 ? NULL :
		    "must be a ws or wss URI";
	if (strcmp(type, "vbc") == 0)
		return restread_digits(address, 1, 15) ? NULL : "must be an extension";
	return address[0] != '\0' ? NULL : "must not be empty";
}

static int
check_to(struct json_object *body, struct json_object **ret, struct rest_reply *reply)
{
	struct json_object	*list = json_get_arr(body, "to"), *to;
	const struct endpoint	*e;
	const char		*type, *address, *why;

	if (list == NULL || json_object_array_length(list) != 1)
		return restread_refuse(reply, "", "to", "must be an array of one endpoint");
	to = json_object_array_get_idx(list, 0);
	if ((type = json_get_str(to, "type")) == NULL)
		return restread_refuse(reply, "to.", "type", "is required");
	for (e = endpoints; e < endpoints + NENDPOINTS && strcmp(e->type, type) != 0; e++)
		;
	if (e == endpoints + NENDPOINTS)
		return restread_refuse(reply, "to.", "type", "is no type of endpoint");
	if (restread_members(to, "to.", e->members, reply) == -1)
		return -1;
	if ((address = json_get_str(to, e->address)) == NULL)
		return restread_refuse(reply, "to.", e->address, "is required");
	if ((why = refuse_address(type, address)) != NULL)
		return restread_refuse(reply, "to.", e->address, why);
	*ret = to;
	return 0;
}

static bool
owned(const struct restcheck_account *a, const char *number)
{
	size_t	i;

	for (i = 0; i < a->nnumbers; i++)
		if (strcmp(a->numbers[i], number) == 0)
			return true;
	return a->nnumbers == 0;
}

static int
check_from(struct json_object *body, const struct restcheck_account *a, const char **ret, struct rest_reply *reply)
{
	struct json_object	*from = json_get_obj(body, "from");
	bool			 random = json_get_bool(body, "random_from_number", false);
	const char		*type, *number;

	*ret = NULL;
	if (random && from != NULL)
		return restread_refuse(reply, "", "random_from_number", "cannot be used together with from");
	if (random)
		return a->nnumbers > 0 ? 0 :
		    restread_refuse(reply, "", "random_from_number", "the application has no number");
	if (from == NULL)
		return restread_refuse(reply, "", "from", "is required without random_from_number");
	if (restread_members(from, "from.", from_members, reply) == -1)
		return -1;
	if ((type = json_get_str(from, "type")) == NULL || strcmp(type, "phone") != 0)
		return restread_refuse(reply, "from.", "type", "must be phone");
	if ((number = json_get_str(from, "number")) == NULL ||
	    (!restread_digits(number, NUMBER_DIGITS_MIN, NUMBER_DIGITS_MAX) &&
	    refuse_address("sip", number) != NULL))
		return restread_refuse(reply, "from.", "number", "can contain up to 15 digits, or is a SIP URI");
	if (!owned(a, number)) {
		rest_fail_problem(reply, 403, "forbidden", "Forbidden", "the number is not of this account");
		return -1;
	}
	*ret = number;
	return 0;
}

static int
check_answer(struct json_object *body, struct control_create *c, struct rest_reply *reply)
{
	const char	*method = NULL;

	c->ncco = json_get_arr(body, "ncco");
	if (restread_url(body, "answer_url", &c->answer_url, reply) == -1 ||
	    restread_word(body, "answer_method", methods, &method, reply) == -1)
		return -1;
	if (c->ncco != NULL && c->answer_url != NULL)
		return restread_refuse(reply, "", "answer_url", "cannot be used together with ncco");
	if (c->ncco == NULL && c->answer_url == NULL)
		return restread_refuse(reply, "", "answer_url", "is required without ncco");
	if (method != NULL && c->answer_url == NULL)
		return restread_refuse(reply, "", "answer_method", "needs an answer_url");
	c->answer_post = method != NULL && strcmp(method, "POST") == 0;
	return 0;
}

static int
check_event(struct json_object *body, bool has_event_url, struct control_create *c, struct rest_reply *reply)
{
	const char	*method = NULL;

	if (restread_url(body, "event_url", &c->event_url, reply) == -1 ||
	    restread_word(body, "event_method", methods, &method, reply) == -1)
		return -1;
	if (c->event_url == NULL && !has_event_url)
		return restread_refuse(reply, "", "event_url", "is required: the application has none");
	c->event_get = method != NULL && strcmp(method, "GET") == 0;
	return 0;
}

/* The advanced form overrides the old one. */
static int
check_detection(struct json_object *body, struct control_create *c, const char **ret_basic,
    struct rest_reply *reply)
{
	static const char *const behaviors[] = { "continue", "hangup", NULL };
	static const char *const modes[] = { "detect", "detect_beep", "default", NULL };
	struct json_object	*o = json_get_obj(body, "advanced_machine_detection");
	const char		*word = NULL;
	int64_t			 n;

	if (restread_word(body, "machine_detection", behaviors, &word, reply) == -1)
		return -1;
	*ret_basic = o == NULL ? word : NULL;
	if (o == NULL)
		return 0;
	if (restread_members(o, "advanced_machine_detection.", detection_members, reply) == -1 ||
	    restread_word(o, "behavior", behaviors, &word, reply) == -1 ||
	    restread_word(o, "mode", modes, &word, reply) == -1 ||
	    restread_int(o, "beep_timeout", 30, 120, 0, &n, reply) == -1)
		return -1;
	c->detection = o;
	return 0;
}

int
restcheck_create(struct json_object *body, const struct restcheck_account *account, struct control_create *ret,
    const char **ret_basic, struct rest_reply *reply)
{
	struct control_create	c = { 0 };
	const char		*basic = NULL;

	if (restread_members(body, "", create_members, reply) == -1 ||
	    check_to(body, &c.endpoint, reply) == -1 ||
	    check_from(body, account, &c.from, reply) == -1 ||
	    check_answer(body, &c, reply) == -1 ||
	    check_event(body, account->has_event_url, &c, reply) == -1 ||
	    check_detection(body, &c, &basic, reply) == -1 ||
	    restread_int(body, "length_timer", 1, 86400, RESTCHECK_LENGTH_S, &c.length_s, reply) == -1 ||
	    restread_int(body, "ringing_timer", 1, 120, RESTCHECK_RINGING_S, &c.ringing_s, reply) == -1)
		return -1;
	*ret = c;
	*ret_basic = basic;
	return 0;
}
