/* SPDX-License-Identifier: ISC */
#include "tools/calltap_line.h"

#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"
#include "tools/plain.h"

struct sound { struct msg_pcm pcm; double level_db; };

/* Samples lie unaligned in the message. */
static bool
sound_decode(const struct bus_msg *msg, struct sound *ret)
{
	int16_t	*copy;

	if (msg_pcm_decode(&ret->pcm, msg->body, msg->len) == -1)
		return false;
	ret->level_db = audio_rms_db(NULL, 0);
	if (ret->pcm.pcm_len == 0 || (copy = mem_alloc(ret->pcm.pcm_len)) == NULL)
		return true;
	memcpy(copy, ret->pcm.pcm, ret->pcm.pcm_len);
	ret->level_db = audio_rms_db(copy, ret->pcm.pcm_len / 2);
	free(copy);
	return true;
}

static bool
is_sound(const struct bus_msg *msg)
{
	return msg->head.kind == MSG_AUDIO_IN || msg->head.kind == MSG_AUDIO_OUT;
}

static unsigned
sound_ms(const struct sound *s)
{
	return s->pcm.rate_hz == 0 ? 0 : (unsigned)(s->pcm.pcm_len / 2 * (uint64_t)1000 / s->pcm.rate_hz);
}

static void
put_member(struct buf *out, const char *key, struct json_object *value)
{
	const char	*text;
	size_t		 len;

	(void)buf_putc(out, ' ');
	plain_put(out, key, strlen(key));
	(void)buf_putc(out, '=');
	if (value == NULL) {
		(void)buf_puts(out, "null");
	} else if (json_object_is_type(value, json_type_string)) {
		plain_put_value(out, json_object_get_string(value), (size_t)json_object_get_string_len(value));
	} else if ((text = json_text(value, &len)) != NULL) {
		plain_put_value(out, text, len);
	}
}

static void
put_body(struct buf *out, const struct bus_msg *msg)
{
	struct json_object		*obj;
	struct json_object_iterator	 it, end;
	struct sound			 s;

	if (is_sound(msg) && sound_decode(msg, &s)) {
		(void)buf_printf(out, " rate_hz=%u start=%llu ms=%u level_db=%.1f", (unsigned)s.pcm.rate_hz,
		    (unsigned long long)s.pcm.start, sound_ms(&s), s.level_db);
		return;
	}
	if (is_sound(msg) || (obj = json_parse(msg->body, msg->len, NULL)) == NULL) {
		(void)buf_printf(out, " malformed=%zu", msg->len);
		return;
	}
	if (json_object_is_type(obj, json_type_object)) {
		end = json_object_iter_end(obj);
		for (it = json_object_iter_begin(obj); !json_object_iter_equal(&it, &end); json_object_iter_next(&it))
			put_member(out, json_object_iter_peek_name(&it), json_object_iter_peek_value(&it));
	} else
		(void)buf_printf(out, " malformed=%zu", msg->len);
	json_object_put(obj);
}

static enum plain_colour
colour_of(enum msg_kind kind)
{
	const char	*name = msg_kind_name(kind);

	if (strncmp(name, "call.", 5) == 0)
		return PLAIN_GREEN;
	if (strncmp(name, "speech.", 7) == 0)
		return PLAIN_YELLOW;
	if (strncmp(name, "play.", 5) == 0)
		return PLAIN_CYAN;
	return kind == MSG_TURN ? PLAIN_BOLD : kind == MSG_UTT_LOST ? PLAIN_RED : PLAIN_BLUE;
}

void
line_text(struct buf *out, int64_t wall_ms, const struct bus_msg *msg, bool colour)
{
	char	ts[CLOCK_ISO_SIZE];

	(void)buf_printf(out, "%s%s%s ", plain_sgr(colour, PLAIN_DIM), clock_iso(wall_ms, ts),
	    plain_sgr(colour, PLAIN_OFF));
	plain_put(out, msg->head.from, strlen(msg->head.from));
	(void)buf_printf(out, " %s%s%s ", plain_sgr(colour, colour_of(msg->head.kind)),
	    msg_kind_name(msg->head.kind), plain_sgr(colour, PLAIN_OFF));
	(void)buf_puts(out, msg->head.call.text[0] == '\0' ? "-" : msg->head.call.text);
	put_body(out, msg);
}

/* NULL: the body is malformed, or out of memory. */
static struct json_object *
body_json(const struct bus_msg *msg)
{
	struct json_object	*obj;
	struct sound		 s;

	if (!is_sound(msg))
		return json_parse(msg->body, msg->len, NULL);
	if (!sound_decode(msg, &s) || (obj = json_object_new_object()) == NULL)
		return NULL;
	(void)json_add_int(obj, "rate_hz", s.pcm.rate_hz);
	(void)json_add_int(obj, "start", (int64_t)s.pcm.start);
	(void)json_add_int(obj, "ms", sound_ms(&s));
	(void)json_add_int(obj, "level_db", (int64_t)s.level_db);
	return obj;
}

void
line_json(struct buf *out, int64_t wall_ms, const struct bus_msg *msg)
{
	struct json_object	*obj = json_object_new_object(), *body = body_json(msg);
	char			 ts[CLOCK_ISO_SIZE];
	const char		*text;
	size_t			 len;

	(void)json_add_str(obj, "ts", clock_iso(wall_ms, ts));
	(void)json_add_str(obj, "from", msg->head.from);
	(void)json_add_str(obj, "kind", msg_kind_name(msg->head.kind));
	if (msg->head.call.text[0] != '\0')
		(void)json_add_str(obj, "call", msg->head.call.text);
	(void)json_add_int(obj, "seq", (int64_t)msg->head.seq);
	if (body != NULL)
		(void)json_add(obj, "body", body);
	else
		(void)json_add_int(obj, "malformed", (int64_t)msg->len);
	if ((text = json_text(obj, &len)) != NULL)
		(void)buf_append(out, text, len);
	json_object_put(obj);
}
