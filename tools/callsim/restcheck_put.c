/* SPDX-License-Identifier: ISC */
/* What is done to a call: PUT /v1/calls/ID and what is played into it. */
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/language.h"
#include "tools/callsim/nccocheck.h"
#include "tools/callsim/restcheck.h"
#include "tools/callsim/restread.h"
#include "tools/callsim/ssml.h"

static const struct restread_member put_members[] = {
	{ "action", RESTREAD_STR }, { "destination", RESTREAD_OBJ }, { NULL, RESTREAD_STR }
};
static const struct restread_member destination_members[] = {
	{ "type", RESTREAD_STR }, { "ncco", RESTREAD_ARR }, { "url", RESTREAD_ARR }, { NULL, RESTREAD_STR }
};
static const struct restread_member talk_members[] = {
	{ "text", RESTREAD_STR }, { "language", RESTREAD_STR }, { "style", RESTREAD_INT },
	{ "premium", RESTREAD_BOOL }, { "loop", RESTREAD_INT }, { "level", RESTREAD_LEVEL },
	{ "voice_name", RESTREAD_STR }, { NULL, RESTREAD_STR }
};
static const struct restread_member stream_members[] = {
	{ "stream_url", RESTREAD_ARR }, { "loop", RESTREAD_INT }, { "level", RESTREAD_LEVEL },
	{ NULL, RESTREAD_STR }
};
static const struct restread_member dtmf_members[] = {
	{ "digits", RESTREAD_STR }, { NULL, RESTREAD_STR }
};
static const struct restread_member input_members[] = {
	{ "event_url", RESTREAD_ARR }, { NULL, RESTREAD_STR }
};

static const char *const actions[] = {
	[RESTCHECK_HANGUP] = "hangup", [RESTCHECK_MUTE] = "mute", [RESTCHECK_UNMUTE] = "unmute",
	[RESTCHECK_EARMUFF] = "earmuff", [RESTCHECK_UNEARMUFF] = "unearmuff", [RESTCHECK_TRANSFER] = "transfer",
};
#define NACTIONS	(sizeof(actions) / sizeof(actions[0]))

const char *
restcheck_action_name(enum restcheck_action action)
{
	return actions[action];
}

static int
check_destination(struct json_object *body, struct restcheck_put *ret, struct rest_reply *reply)
{
	struct json_object	*o = json_get_obj(body, "destination");
	const char		*type;

	if (o == NULL)
		return restread_refuse(reply, "", "destination", "is required with transfer");
	if (restread_members(o, "destination.", destination_members, reply) == -1)
		return -1;
	if ((type = json_get_str(o, "type")) == NULL || strcmp(type, "ncco") != 0)
		return restread_refuse(reply, "destination.", "type", "must be ncco");
	ret->ncco = json_get_arr(o, "ncco");
	if (restread_url(o, "url", &ret->url, reply) == -1)
		return -1;
	if ((ret->ncco == NULL) == (ret->url == NULL))
		return restread_refuse(reply, "destination.", "ncco", "one of ncco and url is needed");
	return 0;
}

int
restcheck_put(struct json_object *body, struct restcheck_put *ret, struct rest_reply *reply)
{
	struct restcheck_put	 p = { 0 };
	const char		*action;
	size_t			 i;

	if (restread_members(body, "", put_members, reply) == -1)
		return -1;
	if ((action = json_get_str(body, "action")) == NULL)
		return restread_refuse(reply, "", "action", "is required");
	for (i = 0; i < NACTIONS && strcmp(actions[i], action) != 0; i++)
		;
	if (i == NACTIONS)
		return restread_refuse(reply, "", "action", "is not one of the possible values");
	p.action = (enum restcheck_action)i;
	if (p.action == RESTCHECK_TRANSFER) {
		if (check_destination(body, &p, reply) == -1)
			return -1;
	} else if (json_get(body, "destination") != NULL)
		return restread_refuse(reply, "", "destination", "is for transfer only");
	*ret = p;
	return 0;
}

static int
check_sound(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply)
{
	return restread_int(body, "loop", 0, INT32_MAX, 1, &ret->loop, reply) == -1 ? -1 :
	    restread_level(body, &ret->level, reply);
}

/* At most NCCO_TEXT_MAX characters, SSML tags not counted; plain gets them without tags. */
static int
check_text(struct json_object *body, char **ret_plain, struct rest_reply *reply)
{
	const char	*text = json_get_str(body, "text");
	char		*plain, cause[160];
	size_t		 nchars;
	int		 rc = 0;

	if (text == NULL || text[0] == '\0')
		return restread_refuse(reply, "", "text", "is required");
	if ((plain = mem_strdup(text)) == NULL) {
		rest_fail_title(reply, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error");
		return -1;
	}
	nchars = ssml_characters(text);
	if (ssml_is(text) && ssml_read(text, plain, &nchars, cause, sizeof(cause)) == -1)
		rc = restread_refuse(reply, "", "text", cause);
	else if (nchars > NCCO_TEXT_MAX)
		rc = restread_refuse(reply, "", "text", "is longer than 1500 characters");
	if (rc == 0)
		*ret_plain = plain;
	else
		free(plain);
	return rc;
}

int
restcheck_talk(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply)
{
	struct restcheck_play	p = { 0 };
	int64_t			n;

	if (restread_members(body, "", talk_members, reply) == -1)
		return -1;
	p.language = json_get_str(body, "language");
	if (p.language != NULL && !language_spoken(p.language))
		return restread_refuse(reply, "", "language", "is not supported");
	if (restread_int(body, "style", 0, 100, 0, &n, reply) == -1 || check_sound(body, &p, reply) == -1 ||
	    check_text(body, &p.plain, reply) == -1)
		return -1;
	*ret = p;
	return 0;
}

int
restcheck_stream(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply)
{
	struct restcheck_play	p = { 0 };

	if (restread_members(body, "", stream_members, reply) == -1 ||
	    restread_url(body, "stream_url", &p.text, reply) == -1)
		return -1;
	if (p.text == NULL)
		return restread_refuse(reply, "", "stream_url", "is required");
	if (check_sound(body, &p, reply) == -1)
		return -1;
	*ret = p;
	return 0;
}

int
restcheck_dtmf(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply)
{
	const char	*digits;

	if (restread_members(body, "", dtmf_members, reply) == -1)
		return -1;
	if ((digits = json_get_str(body, "digits")) == NULL || digits[0] == '\0')
		return restread_refuse(reply, "", "digits", "is required");
	if (digits[strspn(digits, "0123456789*#p")] != '\0')
		return restread_refuse(reply, "", "digits", "can contain 0-9 * # p");
	*ret = (struct restcheck_play){ .text = digits };
	return 0;
}

int
restcheck_input_dtmf(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply)
{
	const char	*url = NULL;

	if (restread_members(body, "", input_members, reply) == -1 ||
	    restread_url(body, "event_url", &url, reply) == -1)
		return -1;
	if (url == NULL)
		return restread_refuse(reply, "", "event_url", "is required");
	*ret = (struct restcheck_play){ .text = url };
	return 0;
}
