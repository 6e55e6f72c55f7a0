/* SPDX-License-Identifier: ISC */
#include "sockd/vtext.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/audio.h"
#include "common/json.h"
#include "common/num.h"
#include "common/utf8.h"

#define MARK_KEY	"callpipe_mark"

uint32_t
vtext_rate(const char *content_type)
{
	static const char	*const words[] = { "audio/l16", ";", "rate", "=" };
	const char		*p = content_type;
	int64_t			 rate;
	size_t			 i, len;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		p += strspn(p, " \t");
		len = strlen(words[i]);
		if (strncasecmp(p, words[i], len) != 0)
			return 0;
		p += len;
	}
	p += strspn(p, " \t");
	len = strcspn(p, " \t");
	if (p[len + strspn(p + len, " \t")] != '\0' ||
	    num_parse_n(p, len, 1, AUDIO_RATE_MAX, &rate) == -1 || !audio_rate_ok((uint32_t)rate))
		return 0;
	return (uint32_t)rate;
}

/* Copy the first of two members that is there, cut at a character. */
static void
take(struct json_object *o, const char *key, const char *other, char *out, size_t size)
{
	const char	*s = json_get_str(o, key);
	size_t		 at = 0, n;

	if (s == NULL && other != NULL)
		s = json_get_str(o, other);
	if (s == NULL)
		return;
	while (s[at] != '\0' && (n = utf8_char_len(s + at, strlen(s + at))) > 0 && at + n < size)
		at += n;
	memcpy(out, s, at);
	out[at] = '\0';
}

static void
parse_connected(struct vtext *out, struct json_object *o)
{
	struct vtext_connected	*c = &out->u.connected;
	char			 transfer[8];

	out->kind = VTEXT_CONNECTED;
	take(o, "content-type", NULL, c->content_type, sizeof(c->content_type));
	c->rate_hz = vtext_rate(c->content_type);
	take(o, "call", NULL, c->call, sizeof(c->call));
	take(o, "from", "caller", c->caller, sizeof(c->caller));
	take(o, "to", "called", c->called, sizeof(c->called));
	take(o, "assistant", NULL, c->assistant, sizeof(c->assistant));
	take(o, "lang", "language", c->language, sizeof(c->language));
	take(o, "name", NULL, c->name, sizeof(c->name));
	take(o, "profile", NULL, c->profile, sizeof(c->profile));
	take(o, "transfer", NULL, transfer, sizeof(transfer));
	c->transfer = strcmp(transfer, "yes") == 0;
}

/* {"event":"websocket:dtmf","digit":"5","duration":260}, or with both in an object "dtmf". */
static void
parse_dtmf(struct vtext *out, struct json_object *o)
{
	struct json_object	*in = json_get_obj(o, "dtmf");
	const char		*digit;
	int64_t			 number, duration_ms = 0;

	if (in == NULL)
		in = o;
	out->kind = VTEXT_BAD;
	if ((digit = json_get_str(in, "digit")) != NULL) {
		if (digit[0] == '\0' || digit[1] != '\0' || strchr("0123456789*#ABCDabcd", digit[0]) == NULL)
			return;
		out->u.dtmf.digit = (char)toupper((unsigned char)digit[0]);
	} else if (json_get_int(in, "digit", 0, 9, &number) == 1) {
		out->u.dtmf.digit = (char)('0' + number);
	} else {
		return;
	}
	if (json_get_int(in, "duration", 0, 600000, &duration_ms) == -1)
		duration_ms = 0;
	out->u.dtmf.duration_ms = duration_ms;
	out->kind = VTEXT_DTMF;
}

static void
parse_notify(struct vtext *out, struct json_object *o)
{
	struct json_object	*payload = json_get_obj(o, "payload");
	int64_t			 mark;

	out->kind = VTEXT_NOTIFY;
	if (payload != NULL && json_get_int(payload, MARK_KEY, 1, UINT32_MAX, &mark) == 1)
		out->u.notify.mark = (uint32_t)mark;
}

void
vtext_parse(struct vtext *out, const char *text, size_t len)
{
	struct json_object	*o;
	const char		*event;

	memset(out, 0, sizeof(*out));
	out->kind = VTEXT_UNKNOWN;
	if (len > VTEXT_MAX || (o = json_parse(text, len, NULL)) == NULL)
		return;
	if (!json_object_is_type(o, json_type_object))
		event = "";
	else
		event = json_get_str_or(o, "event", json_get_obj(o, "dtmf") != NULL ? "websocket:dtmf" : "");
	if (strcmp(event, "websocket:connected") == 0)
		parse_connected(out, o);
	else if (strcmp(event, "websocket:dtmf") == 0)
		parse_dtmf(out, o);
	else if (strcmp(event, "websocket:cleared") == 0)
		out->kind = VTEXT_CLEARED;
	else if (strcmp(event, "websocket:notify") == 0)
		parse_notify(out, o);
	json_object_put(o);
}

size_t
vtext_clear(char out[VTEXT_OUT_SIZE])
{
	return (size_t)snprintf(out, VTEXT_OUT_SIZE, "{\"action\":\"clear\"}");
}

size_t
vtext_notify(char out[VTEXT_OUT_SIZE], uint32_t mark)
{
	return (size_t)snprintf(out, VTEXT_OUT_SIZE,
	    "{\"action\":\"notify\",\"payload\":{\"" MARK_KEY "\":%u}}", mark);
}
