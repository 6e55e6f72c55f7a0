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

/* What each kind cannot be run without. */
static void
check(const struct ncco_action *a)
{
	must(a->level >= -1 && a->level <= 1, "a level out of range");
	must(a->event_url == NULL || ncco_url_ok(a->event_url), "events go nowhere");
	switch (a->kind) {
	case NCCO_TALK:
		must(a->text != NULL, "a talk without text");
		break;
	case NCCO_STREAM:
		must(a->stream_url != NULL && ncco_url_ok(a->stream_url), "a stream without an address");
		break;
	case NCCO_CONVERSATION:
		must(a->name != NULL, "a conversation without a name");
		break;
	case NCCO_CONNECT:
		if (a->endpoint == NCCO_WEBSOCKET)
			connect_leg(a);
		else
			must(a->number != NULL || a->user != NULL || a->extension != NULL || a->uri != NULL, "an endpoint without an address");
		break;
	case NCCO_INPUT:
		must(a->want_dtmf || a->want_speech, "an input of nothing");
		break;
	case NCCO_NOTIFY:
		must(a->payload != NULL, "a notify without a payload");
		break;
	case NCCO_TRANSFER:
		must(a->conversation_id != NULL, "a transfer to nowhere");
		break;
	case NCCO_RECORD:
	case NCCO_WAIT:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ncco		n = { .nactions = 0 };
	enum ncco_result	result;
	char			cause[NCCO_CAUSE_SIZE] = "";
	size_t			i;

	result = ncco_parse(&n, (const char *)data, size, cause, sizeof(cause));
	must_end(cause, sizeof(cause), "an endless cause");
	must(result == NCCO_OK || (cause[0] != '\0' && n.actions == NULL), "refused without a cause");
	must(n.nactions <= NCCO_ACTIONS_MAX, "too many actions");
	for (i = 0; i < n.nactions; i++)
		check(&n.actions[i]);
	ncco_clear(&n);
	return 0;
}
