/* SPDX-License-Identifier: ISC */
/* One phone of the file: its members, its greeting and beep, its script. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "tools/callsim/phones_impl.h"
#include "tools/callsim/speech.h"

#define SOUND_HZ	16000
#define BEEP_HZ		1000
#define BEEP_MS		400
#define BEEP_LEVEL	8000.0		/* of 32768 */
#define AFTER_MAX_MS	600000
#define BEEP_GAP_MS	500		/* from the greeting's end to the beep, when the file gives no time */

struct kind_row {
	const char	*name;
	bool		 refuses;
	int64_t		 after_ms;		/* default */
	int64_t		 detect_after_ms;
	const char	*detail;
	const char	*greeting;
};

static const struct kind_row kinds[] = {
	[PHONE_HUMAN] =		{ "human", false, 2000, 1500, NULL, "Hello?" },
	/* detection takes up to 4 to 5 s: spec/vonage.md 7.1 */
	[PHONE_MACHINE] =	{ "machine", false, 3000, 4000, NULL,
	    "Hello. I cannot take your call right now. Please leave a message after the beep." },
	[PHONE_MACHINE_NO_BEEP] = { "machine-no-beep", false, 3000, 4000, NULL,
	    "Hello. I cannot take your call right now. Please try again later." },
	[PHONE_SCREENING] =	{ "screening", false, 3000, 4000, NULL,
	    "Hi. If you record your name and reason for calling, I will see if this person is available." },
	[PHONE_BUSY] =		{ "busy", true, 1000, 0, NULL, NULL },
	[PHONE_NO_ANSWER] =	{ "no-answer", true, 120000, 0, "timeout", NULL },
	[PHONE_INVALID] =	{ "invalid", true, 200, 0, "invalid_number", NULL },
	[PHONE_REJECTED] =	{ "rejected", true, 2000, 0, "declined", NULL },
	[PHONE_UNREACHABLE] =	{ "unreachable", true, 1000, 0, "unavailable", NULL },
	[PHONE_FAILED] =	{ "failed", true, 200, 0, "cannot_route", NULL },
};
#define NKINDS	(sizeof(kinds) / sizeof(kinds[0]))

static const char default_script[] = "wait-hangup 3600000\n";

/* spec/vonage.md 2.3 */
static const char *const rejected_details[] = { "restricted", "declined", "invalid_number", NULL };
static const char *const failed_details[] = { "cannot_route", "number_out_of_service", "internal_error", NULL };

bool
phone_refuses(enum phone_kind kind)
{
	return kinds[kind].refuses;
}

void
phone_free(struct phone *phone)
{
	size_t	i;

	if (phone == NULL)
		return;
	for (i = 0; i < sizeof(phone->clips) / sizeof(phone->clips[0]); i++)
		clip_unref(phone->clips[i]);
	audio_clip_clear(&phone->sound);
	voices_free(phone->voices);
	script_clear(&phone->script);
	free(phone);
}

static int
check_names(struct json_object *o, bool refuses, char *cause, size_t cause_size)
{
	static const char *const known[] = { "kind", "after_ms", "answer_after_ms", "detail", NULL };
	static const char *const answering[] = { "kind", "answer_after_ms", "detect_after_ms", "greeting",
	    "greeting_file", "beep_after_ms", "script", "script_file", NULL };
	const char *const	*names;

	json_object_object_foreach(o, key, value) {
		(void)value;
		for (names = refuses ? known : answering; *names != NULL && strcmp(*names, key) != 0; names++)
			;
		if (*names != NULL)
			continue;
		(void)snprintf(cause, cause_size, "unknown member \"%s\" of such a phone", key);
		return -1;
	}
	return 0;
}

static int
take_ms(struct json_object *o, const char *key, int64_t *ret, char *cause, size_t cause_size)
{
	if (json_get_int(o, key, 0, AFTER_MAX_MS, ret) != -1)
		return 0;
	(void)snprintf(cause, cause_size, "%s: not a number from 0 to %d", key, AFTER_MAX_MS);
	return -1;
}

static int
take_detail(struct phone *phone, const char *detail, char *cause, size_t cause_size)
{
	const char *const	*names = phone->kind == PHONE_FAILED ? failed_details : rejected_details;

	if (detail == NULL)
		return 0;
	if (phone->kind == PHONE_FAILED || phone->kind == PHONE_REJECTED)
		for (; *names != NULL; names++)
			if (strcmp(*names, detail) == 0) {
				phone->detail = *names;
				return 0;
			}
	(void)snprintf(cause, cause_size, "detail: no \"%s\" with %s", detail, kinds[phone->kind].name);
	return -1;
}

static int
load_greeting(struct phone *phone, struct json_object *o, char *cause, size_t cause_size)
{
	const char	*file = json_get_str(o, "greeting_file"), *why = NULL;
	const char	*text = json_get_str_or(o, "greeting", kinds[phone->kind].greeting);
	int		 rc = 0;

	if (file != NULL)
		rc = audio_read_file(file, SOUND_HZ, PHONE_GREETING_S_MAX, &phone->sound, &why);
	else if (text[0] != '\0') {
		struct audio_clip	 raw = { 0 };
		struct clip		*clip = NULL;

		if ((rc = speech_render(SPEECH_KAL, text, &raw)) == 0 &&
		    (clip = clip_make(raw.samples, raw.nsamples, raw.rate_hz, SOUND_HZ)) == NULL)
			rc = -1;
		if (clip != NULL) {
			phone->sound = clip->audio;
			clip->audio = (struct audio_clip){ 0 };
		}
		clip_unref(clip);
		audio_clip_clear(&raw);
	}
	if (rc == -1)
		(void)snprintf(cause, cause_size, "greeting: %s", why == NULL ? strerror(errno) : why);
	return rc;
}

/* The greeting is cut or padded to end where the beep begins. */
static int
add_beep(struct phone *phone, double time_scale, char *cause, size_t cause_size)
{
	size_t	 at = (size_t)((double)phone->beep_after_ms / time_scale) * SOUND_HZ / 1000;
	size_t	 n = at + SOUND_HZ * BEEP_MS / 1000, had = phone->sound.nsamples, i;
	int16_t	*samples;

	if ((samples = mem_realloc(phone->sound.samples, n * sizeof(*samples))) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		return -1;
	}
	for (i = had; i < at; i++)
		samples[i] = 0;
	for (i = at; i < n; i++)
		samples[i] = (int16_t)lrint(BEEP_LEVEL * sin(2 * M_PI * BEEP_HZ * (double)(i - at) / SOUND_HZ));
	phone->sound = (struct audio_clip){ .samples = samples, .nsamples = n, .rate_hz = SOUND_HZ };
	return 0;
}

static int
load_sound(struct phone *phone, struct json_object *o, double time_scale, char *cause, size_t cause_size)
{
	int64_t	greeting_ms;

	phone->beep_after_ms = -1;
	if (phone_refuses(phone->kind))
		return 0;
	if (load_greeting(phone, o, cause, cause_size) == -1)
		return -1;
	if (phone->kind != PHONE_MACHINE) {
		if (json_get(o, "beep_after_ms") == NULL)
			return 0;
		(void)snprintf(cause, cause_size, "beep_after_ms: only a machine beeps");
		return -1;
	}
	/* unscaled, so that the scaled beep comes after the greeting */
	greeting_ms = (int64_t)((double)phone->sound.nsamples * 1000 / SOUND_HZ * time_scale);
	phone->beep_after_ms = greeting_ms + BEEP_GAP_MS;
	if (take_ms(o, "beep_after_ms", &phone->beep_after_ms, cause, cause_size) == -1)
		return -1;
	return add_beep(phone, time_scale, cause, cause_size);
}

/* "script" is the text itself, or an array of its lines. */
static int
load_script(struct phone *phone, struct json_object *o, char *cause, size_t cause_size)
{
	struct json_object	*lines = json_get_arr(o, "script");
	const char		*file = json_get_str(o, "script_file"), *text;
	struct buf		 b;
	size_t			 i;
	int			 rc;

	if (file != NULL)
		rc = script_load(&phone->script, file, cause, cause_size);
	else {
		buf_init(&b, SCRIPT_TEXT_MAX);
		for (i = 0; lines != NULL && i < json_object_array_length(lines); i++)
			(void)buf_printf(&b, "%s\n", json_object_get_string(json_object_array_get_idx(lines, i)));
		text = lines != NULL ? b.data : json_get_str_or(o, "script", default_script);
		rc = script_parse(&phone->script, text, strlen(text), cause, cause_size);
		buf_clear(&b);
	}
	if (rc == 0 && (phone->voices = voices_load(&phone->script, cause, cause_size)) == NULL)
		rc = -1;
	return rc;
}

struct phone *
phone_parse(struct json_object *o, double time_scale, char *cause, size_t cause_size)
{
	const char	*kind = json_get_str_or(o, "kind", "human");
	struct phone	*phone;
	size_t		 i;

	if (o != NULL && !json_object_is_type(o, json_type_object)) {
		(void)snprintf(cause, cause_size, "a phone is an object");
		return NULL;
	}
	for (i = 0; i < NKINDS && strcmp(kinds[i].name, kind) != 0; i++)
		;
	if (i == NKINDS) {
		(void)snprintf(cause, cause_size, "no such kind: \"%s\"", kind);
		return NULL;
	}
	if ((phone = mem_calloc(1, sizeof(*phone))) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		return NULL;
	}
	phone->kind = (enum phone_kind)i;
	phone->after_ms = kinds[i].after_ms;
	phone->detect_after_ms = kinds[i].detect_after_ms;
	phone->detail = kinds[i].detail;
	if ((o == NULL || (check_names(o, kinds[i].refuses, cause, cause_size) == 0 &&
	    take_ms(o, "answer_after_ms", &phone->after_ms, cause, cause_size) == 0 &&
	    take_ms(o, "after_ms", &phone->after_ms, cause, cause_size) == 0 &&
	    take_ms(o, "detect_after_ms", &phone->detect_after_ms, cause, cause_size) == 0 &&
	    take_detail(phone, json_get_str(o, "detail"), cause, cause_size) == 0)) &&
	    load_sound(phone, o, time_scale, cause, cause_size) == 0 &&
	    load_script(phone, o, cause, cause_size) == 0)
		return phone;
	phone_free(phone);
	return NULL;
}

struct clip *
phone_clip(struct phone *phone, uint32_t rate_hz)
{
	struct clip	**at = &phone->clips[rate_hz / 8000 - 1];

	if (*at == NULL && phone->sound.nsamples > 0)
		*at = clip_make(phone->sound.samples, phone->sound.nsamples, phone->sound.rate_hz, rate_hz);
	return *at;
}
