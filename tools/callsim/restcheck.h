/* SPDX-License-Identifier: ISC */
/*
 * restcheck: the bodies of requests below /v1/calls, as strictly as Vonage
 * (spec/vonage.md 7.1, 7.4, 7.5): names, types, ranges, contradictions.
 *
 * Each returns 0, or -1 with the reply's 400 (403 for a number that is not of
 * the account). Results point into the body. NCCOs are only seen to be
 * arrays: nccocheck reads them. Pure.
 */
#ifndef CALLSIM_RESTCHECK_H
#define CALLSIM_RESTCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"
#include "tools/callsim/control.h"
#include "tools/callsim/rest.h"

#define RESTCHECK_LENGTH_S	7200	/* length_timer without one */
#define RESTCHECK_RINGING_S	60

struct restcheck_account {
	const char *const *numbers;	/* its numbers; none: any */
	size_t		 nnumbers;
	bool		 has_event_url;	/* the application has one */
};

/*
 * With random_from_number, ret->from is NULL: pick one of the account's.
 * *ret_basic is the behavior of the old machine_detection (NULL: not asked
 * for); ret->detection is set for the advanced one only.
 */
int	restcheck_create(struct json_object *body, const struct restcheck_account *account,
	    struct control_create *ret, const char **ret_basic, struct rest_reply *reply);

enum restcheck_action {
	RESTCHECK_HANGUP, RESTCHECK_MUTE, RESTCHECK_UNMUTE, RESTCHECK_EARMUFF, RESTCHECK_UNEARMUFF,
	RESTCHECK_TRANSFER
};
const char *restcheck_action_name(enum restcheck_action action);
struct restcheck_put {
	enum restcheck_action action;
	struct json_object *ncco;	/* of a transfer: one of them */
	const char	*url;
};
int	restcheck_put(struct json_object *body, struct restcheck_put *ret, struct rest_reply *reply);

struct restcheck_play {
	const char	*text;		/* stream: URL; dtmf: digits; input/dtmf: URL */
	char		*plain;		/* talk: the text without tags, the caller's to free */
	const char	*language;	/* NULL: en-US */
	int64_t		 loop;		/* 0: for ever */
	double		 level;
};
int	restcheck_talk(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply);
int	restcheck_stream(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply);
int	restcheck_dtmf(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply);
int	restcheck_input_dtmf(struct json_object *body, struct restcheck_play *ret, struct rest_reply *reply);

#endif
