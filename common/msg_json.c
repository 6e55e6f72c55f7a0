/* SPDX-License-Identifier: ISC */
/* Control bodies: one table of fields for each struct of msg.h. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/json.h"
#include "common/msg.h"
#include "common/utf8.h"

enum field_type { FIELD_INT64, FIELD_INT32, FIELD_BOOL, FIELD_DOUBLE, FIELD_TEXT };

struct field {
	const char	*name;
	enum field_type	 type;
	size_t		 offset, size;		/* size: of a text, with its NUL */
	int64_t		 min, max;	/* of a number, both inclusive */
	bool		 required;
};

#define GEN_MAX		(1LL << 53)		/* what JSON numbers hold exactly */
#define MS_MAX		(1LL << 40)
#define COUNT_MAX	INT32_MAX
#define SCORE_MAX	1000000

#define GEN(s)		{ "gen", FIELD_INT64, offsetof(struct s, gen), 0, 0, GEN_MAX, true }
#define INT64(s, f, hi)	{ #f, FIELD_INT64, offsetof(struct s, f), 0, 0, hi, false }
#define NEED64(s, f, hi) { #f, FIELD_INT64, offsetof(struct s, f), 0, 0, hi, true }
#define MS(s, f)	{ #f, FIELD_INT64, offsetof(struct s, f), 0, -1, MS_MAX, false }
#define INT32(s, f, hi)	{ #f, FIELD_INT32, offsetof(struct s, f), 0, 0, hi, true }
#define BOOL(s, f)	{ #f, FIELD_BOOL, offsetof(struct s, f), 0, 0, 0, false }
#define DOUBLE(s, f)	{ #f, FIELD_DOUBLE, offsetof(struct s, f), 0, -SCORE_MAX, SCORE_MAX, false }
#define TEXT(s, f)	{ #f, FIELD_TEXT, offsetof(struct s, f), sizeof(((struct s *)0)->f), 0, 0, false }
#define END		{ NULL, FIELD_INT64, 0, 0, 0, 0, false }

static const struct field offer_fields[] = {
	GEN(msg_offer), TEXT(msg_offer, vadd), INT32(msg_offer, rate_hz, AUDIO_RATE_MAX), MS(msg_offer, clock_ms),
	BOOL(msg_offer, resume), INT64(msg_offer, epoch, COUNT_MAX), INT64(msg_offer, playing_epoch, COUNT_MAX),
	TEXT(msg_offer, caller), TEXT(msg_offer, called), TEXT(msg_offer, assistant), TEXT(msg_offer, language),
	TEXT(msg_offer, name), TEXT(msg_offer, profile), BOOL(msg_offer, transfer), END
};
static const struct field claim_fields[] = { GEN(msg_claim), END };
static const struct field decline_fields[] = { GEN(msg_decline), TEXT(msg_decline, reason), END };
static const struct field route_fields[] = {
	GEN(msg_route), NEED64(msg_route, stream, UINT32_MAX), INT32(msg_route, rate_hz, AUDIO_RATE_MAX),
	TEXT(msg_route, owner), MS(msg_route, clock_ms), TEXT(msg_route, profile), END
};
static const struct field profile_fields[] = { GEN(msg_profile), TEXT(msg_profile, profile), END };
static const struct field end_fields[] = { GEN(msg_end), TEXT(msg_end, reason), MS(msg_end, clock_ms), END };
static const struct field state_fields[] = {
	TEXT(msg_state, leg), TEXT(msg_state, status), TEXT(msg_state, type), TEXT(msg_state, direction), END
};
static const struct field control_fields[] = {
	INT64(msg_control, job, GEN_MAX), TEXT(msg_control, action), TEXT(msg_control, reason), END
};
static const struct field speech_fields[] = {
	GEN(msg_speech), NEED64(msg_speech, utt, UINT32_MAX), MS(msg_speech, at_ms), MS(msg_speech, start_ms),
	MS(msg_speech, end_ms), DOUBLE(msg_speech, score), END
};
static const struct field utt_fields[] = { GEN(msg_utt), NEED64(msg_utt, utt, UINT32_MAX), END };
static const struct field dtmf_fields[] = {
	GEN(msg_dtmf), TEXT(msg_dtmf, digit), MS(msg_dtmf, duration_ms), MS(msg_dtmf, clock_ms), END
};
static const struct field cancel_fields[] = {
	GEN(msg_cancel), NEED64(msg_cancel, epoch, COUNT_MAX), TEXT(msg_cancel, reason), END
};
static const struct field epoch_fields[] = { GEN(msg_epoch), NEED64(msg_epoch, epoch, COUNT_MAX), END };
static const struct field played_fields[] = {
	GEN(msg_played), NEED64(msg_played, epoch, COUNT_MAX), INT64(msg_played, turn, COUNT_MAX), MS(msg_played, clock_ms),
	MS(msg_played, heard_ms), MS(msg_played, queued_ms), MS(msg_played, first_ms), BOOL(msg_played, complete),
	TEXT(msg_played, reason), END
};
static const struct field refused_fields[] = {
	GEN(msg_refused), NEED64(msg_refused, epoch, COUNT_MAX), TEXT(msg_refused, reason), END
};
static const struct field turn_fields[] = {
	NEED64(msg_turn, turn, COUNT_MAX), INT64(msg_turn, epoch, COUNT_MAX), TEXT(msg_turn, state), TEXT(msg_turn, role),
	TEXT(msg_turn, text), MS(msg_turn, speech_end_ms), MS(msg_turn, ear_ms), MS(msg_turn, endpoint_ms),
	MS(msg_turn, stt_ms), MS(msg_turn, token_ms), MS(msg_turn, audio_ms), MS(msg_turn, send_ms),
	BOOL(msg_turn, interrupted), END
};

static const struct field saved_fields[] = {
	TEXT(msg_saved, path), INT32(msg_saved, rate_hz, AUDIO_RATE_MAX), MS(msg_saved, duration_ms),
	INT64(msg_saved, bytes, INT64_MAX), INT64(msg_saved, ended_wall_ms, INT64_MAX), END
};

static const struct field ask_fields[] = {
	TEXT(msg_ask, id), TEXT(msg_ask, what), TEXT(msg_ask, path), TEXT(msg_ask, text), TEXT(msg_ask, language),
	TEXT(msg_ask, assistant), TEXT(msg_ask, caller), TEXT(msg_ask, called), TEXT(msg_ask, name),
	INT64(msg_ask, utt, UINT32_MAX), INT64(msg_ask, rate_hz, AUDIO_RATE_MAX), END
};
static const struct field answer_fields[] = {
	TEXT(msg_answer, id), BOOL(msg_answer, ok), TEXT(msg_answer, error), TEXT(msg_answer, heard),
	TEXT(msg_answer, text), TEXT(msg_answer, action), MS(msg_answer, duration_ms), END
};

struct layout { const struct field *fields; size_t size; };

/* Kinds whose body is no JSON by fields have none. */
static const struct layout layouts[MSG_NKINDS] = {
	[MSG_CALL_OFFER] = { offer_fields, sizeof(struct msg_offer) },
	[MSG_CALL_START] = { offer_fields, sizeof(struct msg_offer) },
	[MSG_CALL_CLAIM] = { claim_fields, sizeof(struct msg_claim) },
	[MSG_CALL_RELEASE] = { claim_fields, sizeof(struct msg_claim) },
	[MSG_CALL_DECLINE] = { decline_fields, sizeof(struct msg_decline) },
	[MSG_CALL_ROUTE] = { route_fields, sizeof(struct msg_route) },
	[MSG_LISTEN_PROFILE] = { profile_fields, sizeof(struct msg_profile) },
	[MSG_CALL_END] = { end_fields, sizeof(struct msg_end) },
	[MSG_CALL_STATE] = { state_fields, sizeof(struct msg_state) },
	[MSG_CALL_CONTROL] = { control_fields, sizeof(struct msg_control) },
	[MSG_SPEECH_START] = { speech_fields, sizeof(struct msg_speech) },
	[MSG_SPEECH_PAUSE] = { speech_fields, sizeof(struct msg_speech) },
	[MSG_SPEECH_RESUME] = { speech_fields, sizeof(struct msg_speech) },
	[MSG_SPEECH_END] = { speech_fields, sizeof(struct msg_speech) },
	[MSG_SPEECH_CONFIRM] = { speech_fields, sizeof(struct msg_speech) },
	[MSG_SPEECH_WITHDRAW] = { speech_fields, sizeof(struct msg_speech) },
	[MSG_UTT_ACK] = { utt_fields, sizeof(struct msg_utt) },
	[MSG_UTT_LOST] = { utt_fields, sizeof(struct msg_utt) },
	[MSG_DTMF] = { dtmf_fields, sizeof(struct msg_dtmf) },
	[MSG_PLAY_CANCEL] = { cancel_fields, sizeof(struct msg_cancel) },
	[MSG_PLAY_RESUME] = { epoch_fields, sizeof(struct msg_epoch) },
	[MSG_PLAY_STARTED] = { played_fields, sizeof(struct msg_played) },
	[MSG_PLAY_PROGRESS] = { played_fields, sizeof(struct msg_played) },
	[MSG_PLAY_PAUSED] = { played_fields, sizeof(struct msg_played) },
	[MSG_PLAY_DONE] = { played_fields, sizeof(struct msg_played) },
	[MSG_PLAY_REFUSED] = { refused_fields, sizeof(struct msg_refused) },
	[MSG_RECORD_SAVED] = { saved_fields, sizeof(struct msg_saved) },
	[MSG_AI_ASK] = { ask_fields, sizeof(struct msg_ask) },
	[MSG_AI_REPLY] = { answer_fields, sizeof(struct msg_answer) },
	[MSG_TURN] = { turn_fields, sizeof(struct msg_turn) },
};

static struct layout
layout_of(enum msg_kind kind)
{
	return (unsigned)kind < MSG_NKINDS ? layouts[kind] : (struct layout){ NULL, 0 };
}

size_t
msg_fields_size(enum msg_kind kind)
{
	return layout_of(kind).size;
}

/* Would a reader take this number? */
static bool
in_range(const struct field *f, const char *base)
{
	const void	*at = base + f->offset;
	double		 d;

	switch (f->type) {
	case FIELD_INT64:
		return *(const int64_t *)at >= f->min && *(const int64_t *)at <= f->max;
	case FIELD_INT32:
		return *(const int32_t *)at >= f->min && *(const int32_t *)at <= f->max;
	case FIELD_DOUBLE:
		d = *(const double *)at;
		return d >= (double)f->min && d <= (double)f->max;	/* false for what is no number */
	case FIELD_BOOL:
	case FIELD_TEXT:
		break;
	}
	return true;
}

/* The first bytes of a character whose last ones were cut off with the rest of the text. */
static bool
cut_character(const unsigned char *text, size_t left)
{
	size_t	want = text[0] >= 0xf0 ? 4 : text[0] >= 0xe0 ? 3 : 2, i;

	if (text[0] < 0xc2 || text[0] > 0xf4 || left >= want)
		return false;
	for (i = 1; i < left; i++)
		if ((text[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/*
 * A text must fit the same field of the reader, so nothing may grow here: a
 * byte that is no UTF-8 becomes '?', and what snprintf() left of a character
 * at the end is dropped.
 */
static void
put_text(struct buf *out, const char *text, size_t size)
{
	char	fit[sizeof(((struct msg_answer *)0)->text)];	/* the longest of all */
	size_t	len = strnlen(text, size - 1), i, n;

	assert(size <= sizeof(fit));
	for (i = 0; i < len; i += n) {
		if ((n = utf8_char_len(text + i, len - i)) > 0) {
			memcpy(fit + i, text + i, n);
			continue;
		}
		if (cut_character((const unsigned char *)text + i, len - i))
			break;
		fit[i] = '?';
		n = 1;
	}
	(void)buf_put_json_str(out, fit, i);
}

static void
put_field(const struct field *f, const char *base, struct buf *out)
{
	const void	*at = base + f->offset;

	(void)buf_printf(out, "\"%s\":", f->name);
	switch (f->type) {
	case FIELD_INT64:
		(void)buf_printf(out, "%lld", (long long)*(const int64_t *)at);
		break;
	case FIELD_INT32:
		(void)buf_printf(out, "%d", *(const int32_t *)at);
		break;
	case FIELD_BOOL:
		(void)buf_puts(out, *(const bool *)at ? "true" : "false");
		break;
	case FIELD_DOUBLE:
		(void)buf_printf(out, "%.4f", *(const double *)at);
		break;
	case FIELD_TEXT:
		put_text(out, at, f->size);
		break;
	}
}

int
msg_encode(enum msg_kind kind, const void *fields, struct buf *out)
{
	const struct field	*f, *first = layout_of(kind).fields;

	for (f = first; f != NULL && f->name != NULL && in_range(f, fields); f++)
		continue;
	if (f == NULL || f->name != NULL) {
		errno = EINVAL;
		return -1;
	}
	for (f = first; f->name != NULL; f++) {
		(void)buf_putc(out, f == first ? '{' : ',');
		put_field(f, fields, out);
	}
	return buf_putc(out, '}');
}

/* 0, or -1: missing, of a wrong type, out of range. Only JSON's own integers: a "7" is a text. */
static int
get_int(struct json_object *v, const struct field *f, int64_t *ret)
{
	*ret = 0;
	if (v == NULL)
		return f->required ? -1 : 0;
	if (!json_object_is_type(v, json_type_int))
		return -1;
	*ret = json_object_get_int64(v);	/* json-c clamps what is beyond: no range here reaches so far */
	return *ret >= f->min && *ret <= f->max ? 0 : -1;
}

static int
get_double(struct json_object *v, const struct field *f, double *ret)
{
	*ret = 0;
	if (v == NULL)
		return 0;
	if (!json_object_is_type(v, json_type_double) && !json_object_is_type(v, json_type_int))
		return -1;
	*ret = json_object_get_double(v);
	return *ret >= (double)f->min && *ret <= (double)f->max ? 0 : -1;
}

static int
get_text(struct json_object *v, const struct field *f, char *ret)
{
	const char	*text = "";

	if (v != NULL) {
		if (!json_object_is_type(v, json_type_string))
			return -1;
		text = json_object_get_string(v);
		if (strlen(text) != (size_t)json_object_get_string_len(v) || strlen(text) >= f->size)
			return -1;
	}
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

static int
get_field(struct json_object *obj, const struct field *f, char *base)
{
	struct json_object	*v = json_get(obj, f->name);
	void			*at = base + f->offset;
	int64_t			 n;

	switch (f->type) {
	case FIELD_INT64:
		return get_int(v, f, at);
	case FIELD_INT32:
		if (get_int(v, f, &n) == -1)
			return -1;
		*(int32_t *)at = (int32_t)n;
		return 0;
	case FIELD_BOOL:
		if (v != NULL && !json_object_is_type(v, json_type_boolean))
			return -1;
		*(bool *)at = v != NULL && json_object_get_boolean(v);
		return 0;
	case FIELD_DOUBLE:
		return get_double(v, f, at);
	case FIELD_TEXT:
		return get_text(v, f, at);
	}
	return -1;
}

int
msg_decode(enum msg_kind kind, const void *data, size_t len, void *fields)
{
	struct layout		 l = layout_of(kind);
	const struct field	*f;
	struct json_object	*obj;
	int			 rc = -1;

	if (l.fields == NULL || len > MSG_BODY_MAX || (obj = json_parse(data, len, NULL)) == NULL) {
		errno = EBADMSG;
		return -1;
	}
	if (json_object_is_type(obj, json_type_object)) {
		memset(fields, 0, l.size);
		for (rc = 0, f = l.fields; rc == 0 && f->name != NULL; f++)
			rc = get_field(obj, f, fields);
	}
	json_object_put(obj);
	if (rc == -1)
		errno = EBADMSG;
	return rc;
}
