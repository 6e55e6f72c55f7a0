/* SPDX-License-Identifier: ISC */
/* Control bodies: one table of fields for each struct of msg.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/msg.h"

enum field_type { FIELD_INT64, FIELD_INT32, FIELD_BOOL, FIELD_DOUBLE, FIELD_TEXT };

struct field {
	const char	*name;
	enum field_type	 type;
	size_t		 offset, size;		/* size: of a text, with its NUL */
	int64_t		 min, max;
	bool		 required;
};

#define GEN_MAX		(1LL << 53)		/* what JSON numbers hold exactly */
#define MS_MAX		(1LL << 40)
#define COUNT_MAX	INT32_MAX

#define GEN(s)		{ "gen", FIELD_INT64, offsetof(struct s, gen), 0, 0, GEN_MAX, true }
#define INT64(s, f, hi)	{ #f, FIELD_INT64, offsetof(struct s, f), 0, 0, hi, false }
#define NEED64(s, f, hi) { #f, FIELD_INT64, offsetof(struct s, f), 0, 0, hi, true }
#define MS(s, f)	{ #f, FIELD_INT64, offsetof(struct s, f), 0, -1, MS_MAX, false }
#define INT32(s, f, hi)	{ #f, FIELD_INT32, offsetof(struct s, f), 0, 0, hi, true }
#define BOOL(s, f)	{ #f, FIELD_BOOL, offsetof(struct s, f), 0, 0, 0, false }
#define DOUBLE(s, f)	{ #f, FIELD_DOUBLE, offsetof(struct s, f), 0, 0, 0, false }
#define TEXT(s, f)	{ #f, FIELD_TEXT, offsetof(struct s, f), sizeof(((struct s *)0)->f), 0, 0, false }
#define END		{ NULL, FIELD_INT64, 0, 0, 0, 0, false }

static const struct field offer_fields[] = {
	GEN(msg_offer), TEXT(msg_offer, vadd), INT32(msg_offer, rate_hz, AUDIO_RATE_MAX), MS(msg_offer, clock_ms),
	BOOL(msg_offer, resume), INT64(msg_offer, epoch, COUNT_MAX), INT64(msg_offer, playing_epoch, COUNT_MAX),
	TEXT(msg_offer, caller), TEXT(msg_offer, called), TEXT(msg_offer, assistant), TEXT(msg_offer, language),
	TEXT(msg_offer, name), END
};
static const struct field claim_fields[] = { GEN(msg_claim), END };
static const struct field decline_fields[] = { GEN(msg_decline), TEXT(msg_decline, reason), END };
static const struct field route_fields[] = {
	GEN(msg_route), NEED64(msg_route, stream, UINT32_MAX), INT32(msg_route, rate_hz, AUDIO_RATE_MAX),
	TEXT(msg_route, owner), MS(msg_route, clock_ms), TEXT(msg_route, profile), END
};
static const struct field end_fields[] = { GEN(msg_end), TEXT(msg_end, reason), MS(msg_end, clock_ms), END };
static const struct field state_fields[] = {
	TEXT(msg_state, leg), TEXT(msg_state, status), TEXT(msg_state, type), TEXT(msg_state, direction), END
};
static const struct field control_fields[] = {
	INT64(msg_control, job, INT64_MAX), TEXT(msg_control, action), TEXT(msg_control, reason), END
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

struct layout { const struct field *fields; size_t size; };

static struct layout
layout_of(enum msg_kind kind)
{
	switch (kind) {
	case MSG_CALL_OFFER:
	case MSG_CALL_START:
		return (struct layout){ offer_fields, sizeof(struct msg_offer) };
	case MSG_CALL_CLAIM:
	case MSG_CALL_RELEASE:
		return (struct layout){ claim_fields, sizeof(struct msg_claim) };
	case MSG_CALL_DECLINE:
		return (struct layout){ decline_fields, sizeof(struct msg_decline) };
	case MSG_CALL_ROUTE:
		return (struct layout){ route_fields, sizeof(struct msg_route) };
	case MSG_CALL_END:
		return (struct layout){ end_fields, sizeof(struct msg_end) };
	case MSG_CALL_STATE:
		return (struct layout){ state_fields, sizeof(struct msg_state) };
	case MSG_CALL_CONTROL:
		return (struct layout){ control_fields, sizeof(struct msg_control) };
	case MSG_SPEECH_START:
	case MSG_SPEECH_PAUSE:
	case MSG_SPEECH_RESUME:
	case MSG_SPEECH_END:
		return (struct layout){ speech_fields, sizeof(struct msg_speech) };
	case MSG_UTT_ACK:
	case MSG_UTT_LOST:
		return (struct layout){ utt_fields, sizeof(struct msg_utt) };
	case MSG_DTMF:
		return (struct layout){ dtmf_fields, sizeof(struct msg_dtmf) };
	case MSG_PLAY_CANCEL:
		return (struct layout){ cancel_fields, sizeof(struct msg_cancel) };
	case MSG_PLAY_RESUME:
		return (struct layout){ epoch_fields, sizeof(struct msg_epoch) };
	case MSG_PLAY_STARTED:
	case MSG_PLAY_PROGRESS:
	case MSG_PLAY_PAUSED:
	case MSG_PLAY_DONE:
		return (struct layout){ played_fields, sizeof(struct msg_played) };
	case MSG_PLAY_REFUSED:
		return (struct layout){ refused_fields, sizeof(struct msg_refused) };
	case MSG_TURN:
		return (struct layout){ turn_fields, sizeof(struct msg_turn) };
	case MSG_AUDIO:
	case MSG_UTTERANCE:
	case MSG_PLAY:
	case MSG_AUDIO_IN:
	case MSG_AUDIO_OUT:
	case MSG_STAT:
	case MSG_NKINDS:
		break;
	}
	return (struct layout){ NULL, 0 };
}

size_t
msg_fields_size(enum msg_kind kind)
{
	return layout_of(kind).size;
}

static void
put_field(const struct field *f, const char *base, struct buf *out)
{
	const char	*text = base + f->offset;

	(void)buf_printf(out, "\"%s\":", f->name);
	switch (f->type) {
	case FIELD_INT64:
		(void)buf_printf(out, "%lld", (long long)*(const int64_t *)(base + f->offset));
		break;
	case FIELD_INT32:
		(void)buf_printf(out, "%d", *(const int32_t *)(base + f->offset));
		break;
	case FIELD_BOOL:
		(void)buf_puts(out, *(const bool *)(base + f->offset) ? "true" : "false");
		break;
	case FIELD_DOUBLE:
		(void)buf_printf(out, "%.4f", *(const double *)(base + f->offset));
		break;
	case FIELD_TEXT:
		(void)buf_put_json_str(out, text, strnlen(text, f->size));
		break;
	}
}

int
msg_encode(enum msg_kind kind, const void *fields, struct buf *out)
{
	const struct field	*f = layout_of(kind).fields;
	const char		*sep = "{";

	if (f == NULL) {
		errno = EINVAL;
		return -1;
	}
	for (; f->name != NULL; f++, sep = ",") {
		(void)buf_puts(out, sep);
		put_field(f, fields, out);
	}
	return buf_puts(out, "}");
}

static int
get_int(struct json_object *obj, const struct field *f, char *base)
{
	int64_t	v = 0;
	int	rc = json_get_int(obj, f->name, f->min, f->max, &v);

	if (rc == -1 || (rc == 0 && f->required))
		return -1;
	if (f->type == FIELD_INT64)
		*(int64_t *)(base + f->offset) = v;
	else
		*(int32_t *)(base + f->offset) = (int32_t)v;
	return 0;
}

static int
get_field(struct json_object *obj, const struct field *f, char *base)
{
	struct json_object	*v = json_get(obj, f->name);
	const char		*text;

	switch (f->type) {
	case FIELD_INT64:
	case FIELD_INT32:
		return get_int(obj, f, base);
	case FIELD_BOOL:
		if (v != NULL && !json_object_is_type(v, json_type_boolean))
			return -1;
		*(bool *)(base + f->offset) = json_get_bool(obj, f->name, false);
		return 0;
	case FIELD_DOUBLE:
		*(double *)(base + f->offset) = 0;
		return json_get_double(obj, f->name, (double *)(base + f->offset)) == -1 ? -1 : 0;
	case FIELD_TEXT:
		text = json_get_str(obj, f->name);
		if ((v != NULL && text == NULL) || (text != NULL && strlen(text) >= f->size))
			return -1;
		(void)snprintf(base + f->offset, f->size, "%s", text != NULL ? text : "");
		return 0;
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
