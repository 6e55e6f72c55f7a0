/* SPDX-License-Identifier: ISC */
/* The body of POST /v1/calls (spec/vonage.md 7.1, endpoints 3.5), every range checked before it is sent. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "webhookd/vonage.h"

struct builder {
	char	*err;
	size_t	 err_size;
	int	 error;		/* errno of the first trouble */
};

static void __attribute__((format(printf, 2, 3)))
refuse(struct builder *b, const char *fmt, ...)
{
	va_list	ap;

	if (b->error != 0)
		return;
	b->error = EINVAL;
	va_start(ap, fmt);
	(void)vsnprintf(b->err, b->err_size, fmt, ap);
	va_end(ap);
}

static void
check(struct builder *b, int rc)
{
	if (rc == -1 && b->error == 0) {
		b->error = ENOMEM;
		(void)snprintf(b->err, b->err_size, "out of memory");
	}
}

bool
vonage_number(const char *text, char out[16])
{
	size_t	len;

	if (*text == '+')
		text++;
	len = strlen(text);
	if (len < 7 || len > 15 || *text == '0' || strspn(text, "0123456789") != len)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

static void
add_text(struct builder *b, struct json_object *o, const char *key, const char *value)
{
	if (value != NULL)
		check(b, json_add_str(o, key, value));
}

static void
add_object(struct builder *b, struct json_object *o, const char *key, struct json_object *value)
{
	if (value != NULL)
		check(b, json_add(o, key, json_object_get(value)));
}

/* [value]: Vonage wants lists of one. value is taken over. */
static void
add_one(struct builder *b, struct json_object *o, const char *key, struct json_object *value)
{
	struct json_object	*list = json_object_new_array();

	if (value == NULL || list == NULL || json_object_array_add(list, value) != 0) {
		json_object_put(value);
		json_object_put(list);
		check(b, -1);
		return;
	}
	check(b, json_add(o, key, list));
}

static void
add_word(struct builder *b, struct json_object *o, const char *key, const char *value, const char *const *words)
{
	size_t	i;

	if (value == NULL)
		return;
	for (i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], value) == 0)
			break;
	if (words[i] == NULL)
		refuse(b, "%s: \"%.40s\" is not known", key, value);
	add_text(b, o, key, value);
}

static void
add_number(struct builder *b, struct json_object *o, const char *key, int value, int min, int max)
{
	if (value == 0)
		return;
	if (value < min || value > max)
		refuse(b, "%s: %d is not in %d..%d", key, value, min, max);
	check(b, json_add_int(o, key, value));
}

static bool
has_prefix(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

static void
add_url(struct builder *b, struct json_object *o, const char *key, const char *url)
{
	if (url == NULL)
		return;
	if (!has_prefix(url, "https://") && !has_prefix(url, "http://"))
		refuse(b, "%s: an http or https URL is wanted", key);
	add_one(b, o, key, json_object_new_string(url));
}

static void
fill_phone(struct builder *b, struct json_object *to, const struct vonage_call_spec *s)
{
	char	digits[16] = "";

	if (!vonage_number(s->to, digits))
		refuse(b, "to: a number of 7 to 15 digits in E.164 form is wanted");
	add_text(b, to, "number", digits);
	if (s->dtmf_answer != NULL && s->dtmf_answer[strspn(s->dtmf_answer, "0123456789*#p")] != '\0')
		refuse(b, "dtmfAnswer: digits, *, # and p only");
	add_text(b, to, "dtmfAnswer", s->dtmf_answer);
}

static void
fill_sip(struct builder *b, struct json_object *to, const struct vonage_call_spec *s)
{
	struct json_object	*standard;

	if (!has_prefix(s->to, "sip:") || strchr(s->to, '@') == NULL)
		refuse(b, "to: sip:user@host is wanted");
	add_text(b, to, "uri", s->to);
	add_object(b, to, "headers", s->headers);
	if (s->user_to_user == NULL)
		return;
	if ((standard = json_object_new_object()) == NULL) {
		check(b, -1);
		return;
	}
	add_text(b, standard, "User-to-User", s->user_to_user);
	check(b, json_add(to, "standard_headers", standard));
}

static void
fill_websocket(struct builder *b, struct json_object *to, const struct vonage_call_spec *s)
{
	if (!has_prefix(s->to, "ws://") && !has_prefix(s->to, "wss://"))
		refuse(b, "to: ws:// or wss:// is wanted");
	add_text(b, to, "uri", s->to);
	add_text(b, to, "content-type", s->content_type != NULL ? s->content_type : "audio/l16;rate=16000");
	add_object(b, to, "headers", s->headers);
	add_object(b, to, "authorization", s->authorization);
}

static void
add_to(struct builder *b, struct json_object *o, const struct vonage_call_spec *s)
{
	static const char *const types[] = { "phone", "sip", "websocket", "app", "vbc" };
	struct json_object	*to = json_object_new_object();

	if (to == NULL) {
		check(b, -1);
		return;
	}
	if (s->to == NULL || *s->to == '\0')
		refuse(b, "to: is wanted");
	add_text(b, to, "type", types[s->type]);
	if (b->error == 0) {
		switch (s->type) {
		case VONAGE_PHONE:
			fill_phone(b, to, s);
			break;
		case VONAGE_SIP:
			fill_sip(b, to, s);
			break;
		case VONAGE_WEBSOCKET:
			fill_websocket(b, to, s);
			break;
		case VONAGE_APP:
			add_text(b, to, "user", s->to);
			break;
		case VONAGE_VBC:
			add_text(b, to, "extension", s->to);
			break;
		}
	}
	add_one(b, o, "to", to);
}

static void
add_from(struct builder *b, struct json_object *o, const struct vonage_call_spec *s)
{
	struct json_object	*from;
	char			 digits[16] = "";

	if (s->from != NULL && s->random_from_number)
		refuse(b, "from: either a number or random_from_number");
	if (s->from == NULL && !s->random_from_number && s->type == VONAGE_PHONE)
		refuse(b, "from: a number, or random_from_number, is wanted");
	if (s->random_from_number)
		check(b, json_add_bool(o, "random_from_number", true));
	if (s->from == NULL)
		return;
	if (!has_prefix(s->from, "sip:") && !vonage_number(s->from, digits))
		refuse(b, "from: a number of 7 to 15 digits in E.164 form, or a SIP URI, is wanted");
	if ((from = json_object_new_object()) == NULL) {
		check(b, -1);
		return;
	}
	add_text(b, from, "type", "phone");
	add_text(b, from, "number", digits[0] != '\0' ? digits : s->from);
	check(b, json_add(o, "from", from));
}

static void
add_what(struct builder *b, struct json_object *o, const struct vonage_call_spec *s)
{
	static const char *const methods[] = { "GET", "POST", NULL };

	if ((s->ncco == NULL) == (s->answer_url == NULL))
		refuse(b, "ncco: either an NCCO or an answer_url is wanted");
	if (s->ncco != NULL && !json_object_is_type(s->ncco, json_type_array))
		refuse(b, "ncco: a list of actions is wanted");
	add_object(b, o, "ncco", s->ncco);
	add_url(b, o, "answer_url", s->answer_url);
	add_word(b, o, "answer_method", s->answer_method, methods);
	add_url(b, o, "event_url", s->event_url);
	add_word(b, o, "event_method", s->event_method, methods);
}

static void
add_machine(struct builder *b, struct json_object *o, const struct vonage_call_spec *s)
{
	static const char *const behaviors[] = { "continue", "hangup", NULL };
	static const char *const modes[] = { "detect", "detect_beep", "default", NULL };
	struct json_object	*amd;

	add_word(b, o, "machine_detection", s->machine_detection, behaviors);
	if (s->amd_behavior == NULL && s->amd_mode == NULL) {
		if (s->amd_beep_timeout_s != 0)
			refuse(b, "beep_timeout: only with a mode or a behavior");
		return;
	}
	if (s->machine_detection != NULL)
		refuse(b, "machine_detection: not together with advanced_machine_detection");
	if ((amd = json_object_new_object()) == NULL) {
		check(b, -1);
		return;
	}
	add_word(b, amd, "behavior", s->amd_behavior, behaviors);
	add_word(b, amd, "mode", s->amd_mode, modes);
	add_number(b, amd, "beep_timeout", s->amd_beep_timeout_s, 30, 120);
	check(b, json_add(o, "advanced_machine_detection", amd));
}

struct json_object *
vonage_call_body(const struct vonage_call_spec *s, char *err, size_t err_size)
{
	struct builder		 b = { err, err_size, 0 };
	struct json_object	*o = json_object_new_object();

	if (o == NULL) {
		check(&b, -1);
		errno = ENOMEM;
		return NULL;
	}
	add_to(&b, o, s);
	add_from(&b, o, s);
	add_what(&b, o, s);
	add_machine(&b, o, s);
	add_number(&b, o, "length_timer", s->length_timer_s, 1, 86400);
	add_number(&b, o, "ringing_timer", s->ringing_timer_s, 1, 120);
	if (b.error == 0)
		return o;
	json_object_put(o);
	errno = b.error;
	return NULL;
}
