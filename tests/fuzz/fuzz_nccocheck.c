/* SPDX-License-Identifier: ISC */
/* NCCOs: what is taken has all that a call needs, the rest is refused with a cause. */
#include "common/audio.h"
#include "common/json.h"
#include "tests/fuzz/must.h"
#include "tools/callsim/nccocheck.h"

static void
connect_leg(const struct ncco_action *a)
{
	struct json_object	*obj;
	char			*text;

	must(a->uri != NULL && strncmp(a->uri, "ws://", 5) == 0, "a socket without an address");
	must(audio_rate_ok(a->rate_hz) && a->content_type != NULL, "a socket without a rate");
	must(a->headers != NULL && strlen(a->headers) <= NCCO_HEADERS_MAX, "too many headers");
	must(a->event_url == NULL || strncmp(a->event_url, "http", 4) == 0, "events go nowhere");
	must((text = ncco_connected_text(a)) != NULL, "no first message");
	must((obj = json_parse(text, strlen(text), NULL)) != NULL, "a first message that is no JSON");
	must(strcmp(json_get_str_or(obj, "event", ""), "websocket:connected") == 0, "a header hides the event");
	must(strcmp(json_get_str_or(obj, "content-type", ""), a->content_type) == 0, "a header hides the type");
	json_object_put(obj);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ncco		n = { .nactions = 0 };
	enum ncco_result	result;
	char			cause[100] = "";
	size_t			i;

	result = ncco_parse(&n, (const char *)data, size, cause, sizeof(cause));
	must_end(cause, sizeof(cause), "an endless cause");
	must(result == NCCO_OK || (cause[0] != '\0' && n.actions == NULL), "refused without a cause");
	must(n.nactions <= NCCO_ACTIONS_MAX, "too many actions");
	for (i = 0; i < n.nactions; i++) {
		if (n.actions[i].kind == NCCO_CONNECT)
			connect_leg(&n.actions[i]);
		else
			must(n.actions[i].text != NULL, "a talk without text");
	}
	ncco_clear(&n);
	return 0;
}
