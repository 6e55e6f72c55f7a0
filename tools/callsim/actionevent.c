/* SPDX-License-Identifier: ISC */
#include "tools/callsim/actionevent.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "tools/callsim/recorder.h"
#include "tools/callsim/simleg.h"

#define CONFIDENCE	"0.9405097"	/* a string, as in the sample of spec/vonage.md 3.7 */

static char *
finish(struct json_object *o, int64_t now_ms)
{
	char		 iso[CLOCK_ISO_SIZE], *text;

	(void)json_add_str(o, "timestamp", clock_iso(now_ms, iso));
	text = mem_strdup(json_text(o, NULL));
	json_object_put(o);
	return text;
}

static struct json_object *
results_of(const struct input *in)
{
	struct json_object	*all = json_object_new_array(), *one;

	if (all == NULL || !in->spoke || (one = json_object_new_object()) == NULL)
		return all;
	(void)json_add_str(one, "confidence", CONFIDENCE);
	(void)json_add_str(one, "text", in->text);
	(void)json_object_array_add(all, one);
	return all;
}

/* Both members are there, the unused one empty. */
static void
add_input(struct json_object *o, const struct input *in, const char *recording_url)
{
	struct json_object	*speech = json_object_new_object(), *dtmf = json_object_new_object();

	if (speech == NULL || dtmf == NULL) {
		json_object_put(speech);
		json_object_put(dtmf);
		return;
	}
	if (in->config.speech) {
		if (in->ndigits == 0)
			(void)json_add_str(speech, "timeout_reason", input_reason_name(in->reason));
		(void)json_add(speech, "results", results_of(in));
		(void)json_add_str(speech, "recording_url", recording_url);
	}
	if (in->ndigits > 0)
		(void)json_add_str(dtmf, "digits", in->digits);
	else
		(void)json_object_object_add(dtmf, "digits", NULL);
	(void)json_add_bool(dtmf, "timed_out", in->timed_out);
	(void)json_add(o, "speech", speech);
	(void)json_add(o, "dtmf", dtmf);
}

static void
add_leg(struct json_object *o, const struct leg *leg)
{
	(void)json_add_str(o, "from", leg->from);
	(void)json_add_str(o, "to", leg->to);
	(void)json_add_str(o, "uuid", leg->uuid);
	(void)json_add_str(o, "conversation_uuid", leg->conv_uuid);
}

char *
actionevent_input(const struct leg *leg, const struct input *in, const char *recording_url)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	add_input(o, in, recording_url);
	add_leg(o, leg);
	return finish(o, clock_wall_ms());
}

char *
actionevent_key(const struct leg *leg, char key)
{
	struct json_object	*o = json_object_new_object(), *dtmf = json_object_new_object();
	char			 digit[2] = { key, '\0' };

	if (o == NULL || dtmf == NULL) {
		json_object_put(o);
		json_object_put(dtmf);
		return NULL;
	}
	(void)json_add_str(dtmf, "digits", digit);
	(void)json_add_bool(dtmf, "timed_out", false);
	(void)json_add(o, "speech", json_object_new_object());
	(void)json_add(o, "dtmf", dtmf);
	add_leg(o, leg);
	return finish(o, clock_wall_ms());
}

char *
actionevent_transfer(const char *uuid, const char *from, const char *to)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "conversation_uuid_from", from);
	(void)json_add_str(o, "type", "transfer");
	(void)json_add_str(o, "uuid", uuid);
	(void)json_add_str(o, "conversation_uuid_to", to);
	return finish(o, clock_wall_ms());
}

char *
actionevent_notify(const char *conversation_uuid, const char *payload)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add(o, "payload", json_parse(payload, strlen(payload), NULL));
	(void)json_add_str(o, "conversation_uuid", conversation_uuid);
	return finish(o, clock_wall_ms());
}

/* Whole seconds without a fraction, as recordings have them (spec/vonage.md 2.2, 8). */
static void
add_second(struct json_object *o, const char *key, int64_t ms)
{
	char	iso[CLOCK_ISO_SIZE];

	(void)clock_iso(ms, iso);
	(void)snprintf(iso + strlen("2026-11-20T12:00:00"), 2, "Z");
	(void)json_add_str(o, key, iso);
}

char *
actionevent_record(const struct recorder *r, const char *url, int64_t size, int64_t end_ms)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	add_second(o, "start_time", r->begin_ms);
	(void)json_add_str(o, "recording_url", url);
	(void)json_add_int(o, "size", size);
	(void)json_add_str(o, "recording_uuid", r->uuid);
	add_second(o, "end_time", end_ms);
	(void)json_add_str(o, "conversation_uuid", r->leg->conv_uuid);
	return finish(o, end_ms);
}

char *
actionevent_transcribed(const struct recorder *r, const char *url)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "conversation_uuid", r->leg->conv_uuid);
	(void)json_add_str(o, "recording_uuid", r->uuid);
	(void)json_add_str(o, "status", "transcribed");
	(void)json_add_str(o, "transcription_url", url);
	(void)json_add_str(o, "type", "record");
	return finish(o, clock_wall_ms());
}
