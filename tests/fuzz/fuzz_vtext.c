/* SPDX-License-Identifier: ISC */
/*
 * Text messages of Vonage's WebSocket: any bytes give a struct as vtext.h
 * says; a mark that we send comes back as itself.
 */
#include "common/audio.h"
#include "common/json.h"
#include "common/utf8.h"
#include "sockd/vtext.h"
#include "tests/fuzz/must.h"

static void
text(const char *s, size_t size)
{
	must_end(s, size, "an endless text");
	must(utf8_valid(s, strlen(s)), "a text cut inside a character");
}

static void
connected(const struct vtext_connected *c)
{
	must(c->rate_hz == 0 || audio_rate_ok(c->rate_hz), "a rate that is not offered");
	text(c->content_type, sizeof(c->content_type));
	must(vtext_rate(c->content_type) == c->rate_hz, "another rate than the type's");
	text(c->call, sizeof(c->call));
	text(c->caller, sizeof(c->caller));
	text(c->called, sizeof(c->called));
	text(c->assistant, sizeof(c->assistant));
	text(c->language, sizeof(c->language));
	text(c->name, sizeof(c->name));
}

static void
check(const struct vtext *v)
{
	switch (v->kind) {
	case VTEXT_CONNECTED:
		connected(&v->u.connected);
		break;
	case VTEXT_DTMF:
		must(v->u.dtmf.digit != '\0' && strchr("0123456789*#ABCD", v->u.dtmf.digit) != NULL, "no digit");
		must(v->u.dtmf.duration_ms >= 0 && v->u.dtmf.duration_ms <= 600000, "no duration");
		break;
	case VTEXT_CLEARED:
	case VTEXT_NOTIFY:
	case VTEXT_UNKNOWN:
	case VTEXT_BAD:
		break;
	}
}

static void
comes_back(uint32_t mark)
{
	struct json_object	*obj;
	struct vtext		 v;
	char			 out[VTEXT_OUT_SIZE];
	size_t			 len = vtext_notify(out, mark);

	must(len < sizeof(out) && strlen(out) == len, "a command longer than its place");
	must((obj = json_parse(out, len, NULL)) != NULL, "a command that is no JSON");
	must(json_add_str(obj, "event", "websocket:notify") == 0, "no memory");
	vtext_parse(&v, json_text(obj, NULL), strlen(json_text(obj, NULL)));
	must(v.kind == VTEXT_NOTIFY && v.u.notify.mark == mark, "a mark does not come back");
	json_object_put(obj);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vtext	v;
	uint32_t	mark = 0;

	memset(&v, 0xee, sizeof(v));
	vtext_parse(&v, (const char *)data, size);
	check(&v);
	memcpy(&mark, data, size < sizeof(mark) ? size : sizeof(mark));
	comes_back(mark);
	return 0;
}
