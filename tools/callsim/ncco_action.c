/* SPDX-License-Identifier: ISC */
/* The actions but connect. */
#include "tools/callsim/ncco_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/language.h"
#include "tools/callsim/ssml.h"

#define LOOP_MAX	UINT32_MAX	/* no limit is documented */

#define ACTION		{ "action", NCCO_WANT_OTHER_STR, 0, 0, 0 }

static int
plain_or_ssml(struct ncco_check *c, struct ncco_action *a)
{
	size_t	chars;
	char	why[120];

	if (!ssml_is(a->text)) {
		if (strstr(a->text, "</speak>") != NULL || strstr(a->text, "<speak>") != NULL)
			return ncco_complain(c, NCCO_BAD, "SSML: text outside <speak>");
		chars = ssml_characters(a->text);
	} else {
		a->ssml = a->text;
		if ((a->text = mem_alloc(strlen(a->ssml) + 1)) == NULL)
			return ncco_no_memory(c);
		if (ssml_read(a->ssml, a->text, &chars, why, sizeof(why)) == -1)
			return ncco_complain(c, NCCO_BAD, "%s", why);
	}
	if (chars > NCCO_TEXT_MAX)
		return ncco_complain(c, NCCO_BAD, "text longer than %d characters", NCCO_TEXT_MAX);
	return 0;
}

int
ncco_talk(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION,
		{ "text", NCCO_WANT_STR, NCCO_AT(text), 0, 0 },
		{ "language", NCCO_WANT_STR, NCCO_AT(language), 0, 0 },
		{ "style", NCCO_WANT_COUNT, NCCO_AT(style), 0, 99 },
		{ "premium", NCCO_WANT_BOOL, NCCO_AT(premium), 0, 0 },
		{ "bargeIn", NCCO_WANT_BOOL, NCCO_AT(barge_in), 0, 0 },
		{ "loop", NCCO_WANT_COUNT, NCCO_AT(loop), 0, LOOP_MAX },
		{ "level", NCCO_WANT_LEVEL, NCCO_AT(level), 0, 0 },
		{ "voiceName", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		NCCO_END
	};

	a->loop = 1;
	if (ncco_members(c, members, obj, a) == -1)
		return -1;
	if (a->text == NULL)
		return ncco_complain(c, NCCO_BAD, "talk without text");
	if (a->language != NULL && !language_spoken(a->language))
		return ncco_complain(c, NCCO_BAD, "talk: no voice speaks \"%.20s\"", a->language);
	return plain_or_ssml(c, a);
}

int
ncco_stream(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION,
		{ "streamUrl", NCCO_WANT_URLS, NCCO_AT(stream_url), 0, 0 },
		{ "level", NCCO_WANT_LEVEL, NCCO_AT(level), 0, 0 },
		{ "bargeIn", NCCO_WANT_BOOL, NCCO_AT(barge_in), 0, 0 },
		{ "loop", NCCO_WANT_COUNT, NCCO_AT(loop), 0, LOOP_MAX },
		NCCO_END
	};

	a->loop = 1;
	if (ncco_members(c, members, obj, a) == -1)
		return -1;
	return a->stream_url == NULL ? ncco_complain(c, NCCO_BAD, "stream without streamUrl") : 0;
}

static int
read_transcription(struct ncco_check *c, struct json_object *t, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		{ "language", NCCO_WANT_STR, NCCO_AT(transcribe_language), 0, 0 },
		{ "eventUrl", NCCO_WANT_URLS, NCCO_AT(transcribe_url), 0, 0 },
		{ "eventMethod", NCCO_WANT_METHOD, NCCO_AT(transcribe_get), 0, 0 },
		{ "sentimentAnalysis", NCCO_WANT_BOOL, NCCO_AT(sentiment), 0, 0 },
		NCCO_END
	};

	if (t == NULL)
		return 0;
	a->transcribe = true;
	if (ncco_members(c, members, t, a) == -1)
		return -1;
	if (a->transcribe_language != NULL && !language_understood(a->transcribe_language))
		return ncco_complain(c, NCCO_BAD, "transcription: language \"%.20s\" is not known",
		    a->transcribe_language);
	return 0;
}

static int
read_record_words(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const char *const formats[] = { "mp3", "wav", "ogg", NULL };
	static const char *const splits[] = { "conversation", NULL };
	const char	*key = json_get_str(obj, "endOnKey");
	unsigned	 format = a->channels > 2 ? NCCO_WAV : NCCO_MP3, split = 1;

	if (ncco_word(c, obj, "format", formats, &format) == -1 ||
	    ncco_word(c, obj, "split", splits, &split) == -1)
		return -1;
	a->format = (enum ncco_format)format;
	a->split = split == 0;
	if (json_get(obj, "channels") != NULL && !a->split)
		return ncco_complain(c, NCCO_BAD, "record: channels need split");
	if (json_get(obj, "endOnKey") == NULL)
		return 0;
	if (key == NULL || strlen(key) != 1 || strchr("0123456789*#", key[0]) == NULL)
		return ncco_complain(c, NCCO_BAD, "endOnKey is not one of 0-9 * #");
	a->end_on_key = key[0];
	return 0;
}

int
ncco_record(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION, NCCO_EVENT_MEMBERS,
		{ "format", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "split", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "channels", NCCO_WANT_COUNT, NCCO_AT(channels), 1, 32 },
		{ "endOnSilence", NCCO_WANT_SECONDS, NCCO_AT(record_silence_ms), 3, 10 },
		{ "endOnKey", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "timeOut", NCCO_WANT_SECONDS, NCCO_AT(record_timeout_ms), 3, 7200 },
		{ "beepStart", NCCO_WANT_BOOL, NCCO_AT(beep_start), 0, 0 },
		{ "transcription", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		NCCO_END
	};

	a->channels = 1;
	if (ncco_members(c, members, obj, a) == -1 || read_record_words(c, obj, a) == -1)
		return -1;
	if (a->split && json_get(obj, "channels") == NULL)
		a->channels = 2;
	a->blocking = a->record_silence_ms != 0 || a->record_timeout_ms != 0 || a->end_on_key != 0;
	return read_transcription(c, json_get_obj(obj, "transcription"), a);
}

static int
mute_or_speak(struct ncco_check *c, const struct ncco_action *a)
{
	return a->mute && a->can_speak.given ? ncco_complain(c, NCCO_BAD, "mute together with canSpeak") : 0;
}

int
ncco_conversation(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION, NCCO_EVENT_MEMBERS,
		{ "name", NCCO_WANT_STR, NCCO_AT(name), 0, 0 },
		{ "musicOnHoldUrl", NCCO_WANT_URLS, NCCO_AT(music_url), 0, 0 },
		{ "startOnEnter", NCCO_WANT_BOOL, NCCO_AT(start_on_enter), 0, 0 },
		{ "endOnExit", NCCO_WANT_BOOL, NCCO_AT(end_on_exit), 0, 0 },
		{ "record", NCCO_WANT_BOOL, NCCO_AT(record), 0, 0 },
		{ "canSpeak", NCCO_WANT_LIST, NCCO_AT(can_speak), 0, 0 },
		{ "canHear", NCCO_WANT_LIST, NCCO_AT(can_hear), 0, 0 },
		{ "mute", NCCO_WANT_BOOL, NCCO_AT(mute), 0, 0 },
		NCCO_END
	};

	a->start_on_enter = true;
	if (ncco_members(c, members, obj, a) == -1)
		return -1;
	if (a->name == NULL)
		return ncco_complain(c, NCCO_BAD, "conversation without name");
	return mute_or_speak(c, a);
}

int
ncco_wait(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION, { "timeout", NCCO_WANT_CLAMPED, NCCO_AT(timeout_ms), 0.1, 7200 }, NCCO_END
	};

	a->timeout_ms = 10000;
	return ncco_members(c, members, obj, a);
}

static int
read_types(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	struct json_object	*types = json_get_arr(obj, "type"), *item;
	const char		*word;
	size_t			 i;

	if (types == NULL || json_object_array_length(types) == 0)
		return ncco_complain(c, NCCO_BAD, "input without type");
	for (i = 0; i < json_object_array_length(types); i++) {
		item = json_object_array_get_idx(types, i);
		word = json_object_is_type(item, json_type_string) ? json_object_get_string(item) : "";
		if (strcmp(word, "dtmf") == 0)
			a->want_dtmf = true;
		else if (strcmp(word, "speech") == 0)
			a->want_speech = true;
		else
			return ncco_complain(c, NCCO_BAD, "input of type \"%.20s\"", word);
	}
	return 0;
}

static int
read_mode(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const char *const modes[] = { "synchronous", "asynchronous", NULL };
	unsigned	mode = 0;

	if (ncco_word(c, obj, "mode", modes, &mode) == -1)
		return -1;
	a->asynchronous = mode == 1;
	if (!a->asynchronous)
		return 0;
	if (a->want_speech)
		return ncco_complain(c, NCCO_BAD, "asynchronous input is of type dtmf only");
	if (json_get(obj, "dtmf") != NULL)
		return ncco_complain(c, NCCO_BAD, "asynchronous input has no dtmf settings");
	return 0;
}

static int
read_dtmf(struct ncco_check *c, struct json_object *dtmf, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		{ "timeOut", NCCO_WANT_SECONDS, NCCO_AT(dtmf_timeout_ms), 0, 10 },
		{ "maxDigits", NCCO_WANT_COUNT, NCCO_AT(max_digits), 1, 20 },
		{ "submitOnHash", NCCO_WANT_BOOL, NCCO_AT(submit_on_hash), 0, 0 },
		NCCO_END
	};

	return dtmf == NULL ? 0 : ncco_members(c, members, dtmf, a);
}

static int
read_speech(struct ncco_check *c, struct json_object *speech, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		{ "uuid", NCCO_WANT_LIST, NCCO_AT(speech_uuid), 0, 0 },
		{ "endOnSilence", NCCO_WANT_FRACTION, NCCO_AT(silence_ms), 0.4, 10 },
		{ "language", NCCO_WANT_STR, NCCO_AT(language), 0, 0 },
		{ "context", NCCO_WANT_LIST, NCCO_AT(context), 0, 0 },
		{ "startTimeout", NCCO_WANT_SECONDS, NCCO_AT(start_timeout_ms), 1, 60 },
		{ "maxDuration", NCCO_WANT_SECONDS, NCCO_AT(max_duration_ms), 1, 60 },
		{ "saveAudio", NCCO_WANT_BOOL, NCCO_AT(save_audio), 0, 0 },
		{ "sensitivity", NCCO_WANT_COUNT, NCCO_AT(sensitivity), 10, 100 },
		{ "provider", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "providerOptions", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		NCCO_END
	};
	static const char *const providers[] = { "google", "deepgram", NULL };
	unsigned	provider = 0;

	if (speech == NULL)
		return 0;
	if (ncco_members(c, members, speech, a) == -1 ||
	    ncco_word(c, speech, "provider", providers, &provider) == -1)
		return -1;
	if (a->speech_uuid.given && a->speech_uuid.count != 1)
		return ncco_complain(c, NCCO_BAD, "speech.uuid must have exactly one element");
	if (a->language != NULL && !language_understood(a->language))
		return ncco_complain(c, NCCO_BAD, "speech: language \"%.20s\" is not known", a->language);
	return 0;
}

int
ncco_input(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION, NCCO_EVENT_MEMBERS,
		{ "type", NCCO_WANT_ARR, 0, 0, 0 },
		{ "mode", NCCO_WANT_OTHER_STR, 0, 0, 0 },
		{ "dtmf", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		{ "speech", NCCO_WANT_OTHER_OBJ, 0, 0, 0 },
		NCCO_END
	};

	a->dtmf_timeout_ms = 3000;
	a->max_digits = 4;
	a->silence_ms = 2000;
	a->start_timeout_ms = 10000;
	a->max_duration_ms = 60000;
	a->sensitivity = 90;
	if (ncco_members(c, members, obj, a) == -1 || read_types(c, obj, a) == -1 ||
	    read_mode(c, obj, a) == -1 || read_dtmf(c, json_get_obj(obj, "dtmf"), a) == -1)
		return -1;
	return read_speech(c, json_get_obj(obj, "speech"), a);
}

int
ncco_notify(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION, NCCO_EVENT_MEMBERS, { "payload", NCCO_WANT_OBJ, NCCO_AT(payload), 0, 0 }, NCCO_END
	};

	if (ncco_members(c, members, obj, a) == -1)
		return -1;
	if (a->payload == NULL || a->event_url == NULL)
		return ncco_complain(c, NCCO_BAD, "notify needs payload and eventUrl");
	return 0;
}

int
ncco_transfer(struct ncco_check *c, struct json_object *obj, struct ncco_action *a)
{
	static const struct ncco_member members[] = {
		ACTION,
		{ "conversationId", NCCO_WANT_STR, NCCO_AT(conversation_id), 0, 0 },
		{ "mute", NCCO_WANT_BOOL, NCCO_AT(mute), 0, 0 },
		{ "canSpeak", NCCO_WANT_LIST, NCCO_AT(can_speak), 0, 0 },
		{ "canHear", NCCO_WANT_LIST, NCCO_AT(can_hear), 0, 0 },
		NCCO_END
	};

	if (ncco_members(c, members, obj, a) == -1)
		return -1;
	if (a->conversation_id == NULL)
		return ncco_complain(c, NCCO_BAD, "transfer without conversationId");
	return mute_or_speak(c, a);
}
