/* SPDX-License-Identifier: ISC */
/*
 * nccocheck: reads an NCCO as strictly as Vonage (spec/vonage.md 3).
 *
 * Every action and member is checked for name, type and range. What is a
 * valid NCCO but not something callsim plays (record, phone endpoints, ...)
 * is told apart from what is wrong. Pure.
 */
#ifndef CALLSIM_NCCOCHECK_H
#define CALLSIM_NCCOCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

#define NCCO_ACTIONS_MAX	100
#define NCCO_TEXT_MAX		1500	/* characters of a talk, SSML tags not counted */
#define NCCO_HEADERS_MAX	512	/* bytes of a websocket's headers as JSON */

enum ncco_result {
	NCCO_OK,
	NCCO_BAD,		/* Vonage would refuse it: syntax error */
	NCCO_REFUSED		/* Vonage would take it, callsim does not play it */
};

enum ncco_kind {
	NCCO_TALK, NCCO_STREAM, NCCO_RECORD, NCCO_CONVERSATION, NCCO_CONNECT, NCCO_WAIT,
	NCCO_INPUT, NCCO_NOTIFY, NCCO_TRANSFER
};
enum ncco_endpoint { NCCO_PHONE, NCCO_SIP, NCCO_VBC, NCCO_APP, NCCO_WEBSOCKET };

/*
 * Texts are owned by the ncco; NULL when absent. json is the whole action as
 * it came, with all its checks passed: options that have no member below are
 * read from it (the runner knows their defaults).
 */
struct ncco_action {
	enum ncco_kind	 kind;
	struct json_object *json;
	enum ncco_endpoint endpoint;	/* connect */
	char		*text;		/* talk: plain, SSML tags taken out */
	char		*language;
	char		*uri;		/* connect: ws://... */
	char		*content_type;
	char		*headers;	/* a JSON object as text, "{}" when absent */
	char		*authorization;	/* custom value */
	char		*from;
	char		*event_url;
	uint32_t	 rate_hz;
	bool		 event_get;	/* eventMethod GET */
	bool		 synchronous;
};

struct ncco {
	struct ncco_action *actions;
	size_t		 nactions;
};

/* Parse text. When the result is not NCCO_OK, cause says what and where. */
enum ncco_result ncco_parse(struct ncco *ret, const char *text, size_t len, char *cause, size_t cause_size);
void	ncco_clear(struct ncco *n);
/*
 * The first message of the socket: event, content-type and all headers
 * (spec/vonage.md 4.2). The caller frees it; NULL: ENOMEM.
 */
char	*ncco_connected_text(const struct ncco_action *connect);

#endif
