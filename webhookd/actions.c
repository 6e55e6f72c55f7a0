/* SPDX-License-Identifier: ISC */
#include "webhookd/actions.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "common/langtag.h"
#include "common/num.h"
#include "webhookd/actions_impl.h"

#define PATH_MAX_LEN	256

struct place {
	struct actions_report	*r;
	bool			 template_;
	char			 path[PATH_MAX_LEN];
};

static void __attribute__((format(printf, 3, 4)))
tell(struct place *p, bool warning, const char *fmt, ...)
{
	char	text[300];
	va_list	ap;

	if (!warning)
		p->r->errors++;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (p->r->fn != NULL)
		p->r->fn(p->r->arg, warning, p->path, text);
}

/* One deeper; the length to go back to. */
static size_t
go(struct place *p, const char *name)
{
	size_t	len = strlen(p->path);

	(void)snprintf(p->path + len, sizeof(p->path) - len, "/%.64s", name);
	return len;
}

static bool
is_open(const struct place *p, struct json_object *v)
{
	return p->template_ && json_object_is_type(v, json_type_string) && strstr(json_object_get_string(v), "${") != NULL;
}

/* ---- texts ---- */

size_t
actions_talk_chars(const char *text)
{
	bool	ssml = strstr(text, "<speak") != NULL, tag = false;
	size_t	n = 0;

	for (; *text != '\0'; text++) {
		if (ssml && *text == '<')
			tag = true;
		if (!tag && ((unsigned char)*text & 0xc0) != 0x80)
			n++;
		if (*text == '>')
			tag = false;
	}
	return n;
}

/* spec/vonage.md 3.1: the whole text is in <speak>, or none. What variables bring is seen when they are filled in. */
static void
check_ssml(struct place *p, const char *text)
{
	static const char	end[] = "</speak>";
	const char		*last = strstr(text, end);
	bool			open = p->template_ && strstr(text, "${") != NULL, good;

	if (strstr(text, "<speak") == NULL)
		good = last == NULL || open;
	else
		good = strncmp(text, "<speak", 6) == 0 && (last == NULL ? open : last[sizeof(end) - 1] == '\0');
	if (!good)
		tell(p, false, "SSML is one <speak>...</speak> with nothing before or behind it");
}

static void
check_talk(struct place *p, struct json_object *v)
{
	const char	*text = json_object_get_string(v);
	size_t		 n = actions_talk_chars(text);

	if (n > ACTIONS_TEXT_MAX)
		tell(p, false, "%zu characters, more than %d", n, ACTIONS_TEXT_MAX);
	else if (n > ACTIONS_TALK_MAX && (!p->template_ || strstr(text, "<speak") != NULL))
		tell(p, false, "%zu characters without tags, more than %d", n, ACTIONS_TALK_MAX);
	else if (n > ACTIONS_TALK_MAX)
		tell(p, true, "%zu characters: it is split into several talks of at most %d", n, ACTIONS_TALK_MAX);
	if (text[0] == '\0')
		tell(p, false, "empty");
	check_ssml(p, text);
}

static bool
word_of(const char *const *words, const char *text)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, text) == 0)
			return true;
	return false;
}

static void
check_str(struct place *p, const struct option *o, struct json_object *v)
{
	const char	*text = json_object_get_string(v);

	if (o->words != NULL && !word_of(o->words, text))
		tell(p, false, "\"%.40s\" is none of its words (\"%s\", ...)", text, o->words[0]);
	else if (o->chars != NULL && strspn(text, o->chars) != strlen(text))
		tell(p, false, "\"%.40s\" has other characters than %s", text, o->chars);
	else if (o->max > 0 && strlen(text) > (size_t)o->max)
		tell(p, false, "longer than %d", (int)o->max);
	else if (o->required && text[0] == '\0')
		tell(p, false, "empty");
}

/* Another language may be new at Vonage, or is a mistake. */
static void
check_language(struct place *p, enum option_type type, struct json_object *v)
{
	const char	*text = json_object_get_string(v);

	if (type == OPT_HEARD && langtag_heard(text) == NULL)
		tell(p, true, "\"%.40s\" is no language that Vonage is known to understand", text);
	else if (type == OPT_SPOKEN && langtag_spoken(text) == NULL && langtag_heard(text) == NULL)
		tell(p, true, "\"%.40s\" is no language that is known: our own voice would be asked to speak it", text);
}

static void
check_url(struct place *p, const char *const *schemes, struct json_object *v)
{
	static const char *const	http[] = { "https://", "http://", NULL };
	const char			*text;

	if (is_open(p, v))
		return;
	if (!json_object_is_type(v, json_type_string)) {
		tell(p, false, "no text");
		return;
	}
	text = json_object_get_string(v);
	for (schemes = schemes != NULL ? schemes : http; *schemes != NULL; schemes++)
		if (strncmp(text, *schemes, strlen(*schemes)) == 0 && text[strlen(*schemes)] != '\0' && strpbrk(text, " \t\r\n") == NULL)
			return;
	tell(p, false, "\"%.60s\" is no address", text);
}

/* ---- values ---- */

static void check_object(struct place *, const struct option *, struct json_object *, const char *also);

static void
check_number(struct place *p, const struct option *o, struct json_object *v)
{
	double	d;

	if (json_object_is_type(v, json_type_string)) {
		if (num_parse_double(json_object_get_string(v), -1e9, 1e9, &d) == -1 || o->type == OPT_INT) {
			tell(p, false, "no number");
			return;
		}
	} else if (json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double))
		d = json_object_get_double(v);
	else {
		tell(p, false, "no number");
		return;
	}
	if (o->type == OPT_INT && d != floor(d))
		tell(p, false, "no whole number");
	else if (d < o->min || d > o->max)
		tell(p, false, "%g is outside %g to %g", d, o->min, o->max);
}

static void
check_strings(struct place *p, const struct option *o, struct json_object *v)
{
	struct json_object	*e;
	size_t			 i, n = json_object_is_type(v, json_type_array) ? json_object_array_length(v) : 0;

	if (!json_object_is_type(v, json_type_array))
		tell(p, false, "no array");
	else if (n > (size_t)o->max || (n == 0 && o->required))
		tell(p, false, "%zu elements; 1 to %d are wanted", n, (int)o->max);
	for (i = 0; i < n; i++) {
		e = json_object_array_get_idx(v, i);
		if (!json_object_is_type(e, json_type_string))
			tell(p, false, "element %zu is no text", i + 1);
		else if (o->words != NULL && !is_open(p, e) && !word_of(o->words, json_object_get_string(e)))
			tell(p, false, "\"%.40s\" is none of its words (\"%s\", ...)", json_object_get_string(e), o->words[0]);
	}
}

static const struct action *
row_of(const struct action *rows, const char *name)
{
	for (; rows->name != NULL; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

/* What no row can say of an endpoint. */
static void
check_endpoint_rules(struct place *p, const char *type, struct json_object *e)
{
	struct json_object	*headers = json_get(e, "headers"), *auth = json_get_obj(e, "authorization");
	bool			 socket = strcmp(type, "websocket") == 0, custom;
	const char		*uri = json_get_str_or(e, "uri", "");

	if (socket && (json_get(headers, "event") != NULL || json_get(headers, "content-type") != NULL))
		tell(p, false, "a header must not be named event or content-type: the first message of the socket has them");
	if (auth != NULL && !is_open(p, json_get(auth, "type"))) {
		custom = strcmp(json_get_str_or(auth, "type", ""), "custom") == 0;
		if (custom != (json_get(auth, "value") != NULL))
			tell(p, false, "an authorization has a \"value\" if it is custom, and only then");
	}
	if (strcmp(type, "sip") == 0 && !is_open(p, json_get(e, "uri")) &&
	    (strncmp(uri, "sip:", 4) != 0 || strchr(uri, '@') == NULL || strpbrk(uri, " \t\r\n<>\"") != NULL))
		tell(p, false, "\"%.60s\" is no sip:user@host", uri);
}

/* A websocket to sockd leaves address and format to webhookd. */
static void
check_endpoint(struct place *p, struct json_object *v)
{
	struct json_object	*e;
	const struct action	*row;
	const char		*type;
	size_t			 len;

	if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) != 1) {
		tell(p, false, "an array of exactly one endpoint is wanted");
		return;
	}
	len = go(p, "0");
	e = json_object_array_get_idx(v, 0);
	type = json_get_str_or(e, "type", "");
	if ((row = row_of(actions_endpoints, type)) == NULL)
		tell(p, false, "\"%.40s\" is no type of endpoint", type);
	else
		check_object(p, row->options, e, p->template_ && strcmp(type, "websocket") == 0 && json_get(e, "uri") == NULL ?
		    "ws" : "type");
	check_endpoint_rules(p, type, e);
	p->path[len] = '\0';
}

static void
check_one(struct place *p, const struct option *o, struct json_object *v)
{
	size_t	len;

	switch (o->type) {
	case OPT_STR:
	case OPT_TALK:
	case OPT_SPOKEN:
	case OPT_HEARD:
		if (!json_object_is_type(v, json_type_string))
			tell(p, false, "no text");
		else if (o->type == OPT_TALK)
			check_talk(p, v);
		else if (!is_open(p, v) && o->type != OPT_STR)
			check_language(p, o->type, v);
		else if (!is_open(p, v))
			check_str(p, o, v);
		return;
	case OPT_INT:
	case OPT_NUM:
		if (!is_open(p, v))
			check_number(p, o, v);
		return;
	case OPT_BOOL:
		if (!is_open(p, v) && !json_object_is_type(v, json_type_boolean))
			tell(p, false, "not true or false");
		return;
	case OPT_URL:
		check_url(p, o->words, v);
		return;
	case OPT_URL1:
		if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) != 1) {
			tell(p, false, "an array of exactly one address is wanted");
			return;
		}
		len = go(p, "0");
		check_url(p, o->words, json_object_array_get_idx(v, 0));
		p->path[len] = '\0';
		return;
	case OPT_STRV:
		check_strings(p, o, v);
		return;
	case OPT_OBJ:
	case OPT_ANY:
		if (!json_object_is_type(v, json_type_object))
			tell(p, false, "no object");
		else if (o->type == OPT_OBJ)
			check_object(p, o->sub, v, "");
		return;
	case OPT_ENDPOINT:
		check_endpoint(p, v);
		return;
	}
}

static const struct option *
option_of(const struct option *o, const char *name)
{
	for (; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

/* also: a member that is known beside the options ("action", "type"); "ws": type, and what is added by us may lack. */
static void
check_object(struct place *p, const struct option *options, struct json_object *v, const char *also)
{
	const struct option	*o;
	bool			 ours = strcmp(also, "ws") == 0;
	size_t			 len;

	json_object_object_foreach(v, key, member) {
		if (strcmp(key, ours ? "type" : also) == 0 || (p->template_ && strcmp(also, "action") == 0 && strcmp(key, "when") == 0))
			continue;
		len = go(p, key);
		if ((o = option_of(options, key)) == NULL)
			tell(p, false, "unknown option \"%.64s\"", key);
		else
			check_one(p, o, member);
		p->path[len] = '\0';
	}
	for (o = options; o->name != NULL; o++)
		if (o->required && !ours && json_get(v, o->name) == NULL)
			tell(p, false, "no \"%s\"", o->name);
}

/* ---- actions ---- */

static void
check_when(struct place *p, struct json_object *when)
{
	size_t	i, len;

	if (when == NULL || json_object_is_type(when, json_type_string))
		return;
	len = go(p, "when");
	if (!json_object_is_type(when, json_type_array))
		tell(p, false, "\"when\" is no text or array of texts");
	else
		for (i = 0; i < json_object_array_length(when); i++)
			if (!json_object_is_type(json_object_array_get_idx(when, i), json_type_string))
				tell(p, false, "\"when\" is no text or array of texts");
	p->path[len] = '\0';
}

static bool
wants(struct json_object *types, const char *type)
{
	struct json_object	*e;
	size_t			 i;

	for (i = 0; types != NULL && i < json_object_array_length(types); i++) {
		e = json_object_array_get_idx(types, i);
		if (json_object_is_type(e, json_type_string) && strcmp(json_object_get_string(e), type) == 0)
			return true;
	}
	return false;
}

/* What no row can say. */
static void
check_rules(struct place *p, const char *name, struct json_object *a)
{
	if (strcmp(name, "input") == 0 && strcmp(json_get_str_or(a, "mode", ""), "asynchronous") == 0 &&
	    (json_get(a, "dtmf") != NULL || json_get(a, "speech") != NULL))
		tell(p, false, "an asynchronous input has no \"dtmf\" or \"speech\" settings");
	else if (strcmp(name, "input") == 0 && strcmp(json_get_str_or(a, "mode", ""), "asynchronous") == 0 &&
	    wants(json_get_arr(a, "type"), "speech"))
		tell(p, false, "an asynchronous input is of type dtmf only");
	if (strcmp(name, "connect") == 0 && json_get(a, "from") != NULL && json_get_bool(a, "randomFromNumber", false))
		tell(p, false, "\"from\" and \"randomFromNumber\" exclude each other");
	if (strcmp(name, "conversation") == 0 && json_get_bool(a, "mute", false) && json_get(a, "canSpeak") != NULL)
		tell(p, false, "\"mute\" and \"canSpeak\" exclude each other");
	if (strcmp(name, "record") == 0 && json_get(a, "channels") != NULL && json_get(a, "split") == NULL)
		tell(p, false, "\"channels\" needs \"split\"");
	if (strcmp(name, "notify") == 0 && !p->template_ && json_get(a, "eventUrl") == NULL)
		tell(p, false, "no \"eventUrl\"");
}

static void
check_action(struct place *p, struct json_object *a)
{
	const struct action	*row;
	const char		*name;

	if (!json_object_is_type(a, json_type_object)) {
		tell(p, false, "an action that is no object");
		return;
	}
	name = json_get_str_or(a, "action", "");
	if ((row = row_of(actions_table, name)) == NULL) {
		tell(p, false, name[0] == '\0' ? "no \"action\"" : "unknown action \"%.64s\"", name);
		return;
	}
	if (p->template_)
		check_when(p, json_get(a, "when"));
	check_object(p, row->options, a, "action");
	check_rules(p, name, a);
}

/* The next action after i that is of another kind than it (and, mixed, that plays nothing) is an input. */
static bool
input_follows(struct json_object *ncco, size_t i, bool mixed)
{
	const char	*kind = json_get_str_or(json_object_array_get_idx(ncco, i), "action", ""), *name;

	for (i++; i < json_object_array_length(ncco); i++) {
		name = json_get_str_or(json_object_array_get_idx(ncco, i), "action", "");
		if (strcmp(name, kind) != 0 && !(mixed && (strcmp(name, "talk") == 0 || strcmp(name, "stream") == 0)))
			return strcmp(name, "input") == 0;
	}
	return false;
}

/*
 * A talk or stream with bargeIn wants an input as the next action of another kind (spec/vonage.md 3.1); in a template one
 * that plays nothing, as a talk may become a stream: actions_fit_barge_in() sees to it when it is sent.
 */
static void
check_barge_in(struct place *p, struct json_object *ncco, size_t i)
{
	if (!input_follows(ncco, i, p->template_))
		tell(p, false, "bargeIn without an input behind it");
}

void
actions_check(struct json_object *ncco, bool template_, struct actions_report *r)
{
	struct place		 p = { .r = r, .template_ = template_ };
	struct json_object	*a;
	char			 index[24];
	size_t			 i;

	for (i = 0; i < json_object_array_length(ncco); i++) {
		(void)snprintf(index, sizeof(index), "%zu", i);
		p.path[0] = '\0';
		(void)go(&p, index);
		a = json_object_array_get_idx(ncco, i);
		check_action(&p, a);
		if (json_object_is_type(a, json_type_object) && json_get_bool(a, "bargeIn", false))
			check_barge_in(&p, ncco, i);
	}
}

struct first { char *why; size_t size; };

static void
keep_first(void *arg, bool warning, const char *path, const char *text)
{
	struct first	*f = arg;

	if (!warning && f->why[0] == '\0')
		(void)snprintf(f->why, f->size, "%s: %s", path, text);
}

bool
actions_valid(struct json_object *action, char *why, size_t size)
{
	struct first		 first = { why, size };
	struct actions_report	 r = { keep_first, &first, 0 };
	struct place		 p = { .r = &r };

	why[0] = '\0';
	check_action(&p, action);
	return r.errors == 0;
}

/* ---- fitting ---- */

static void
fit_object(const struct option *options, struct json_object *v)
{
	const struct option	*o;
	struct json_object	*m, *e;
	const char		*text;
	double			 d;

	for (o = options; o->name != NULL; o++) {
		if ((m = json_get(v, o->name)) == NULL)
			continue;
		if (o->type == OPT_OBJ && json_object_is_type(m, json_type_object))
			fit_object(o->sub, m);
		if (o->type == OPT_ENDPOINT && json_object_is_type(m, json_type_array) &&
		    json_object_is_type(e = json_object_array_get_idx(m, 0), json_type_object)) {
			const struct action	*row = row_of(actions_endpoints, json_get_str_or(e, "type", ""));

			if (row != NULL)
				fit_object(row->options, e);
		}
		if (!json_object_is_type(m, json_type_string))
			continue;
		text = json_object_get_string(m);
		if (o->type == OPT_BOOL && (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
			(void)json_add_bool(v, o->name, text[0] == 't');
		else if ((o->type == OPT_INT || o->type == OPT_NUM) && num_parse_double(text, -1e9, 1e9, &d) == 0)
			(void)(d == floor(d) ? json_add_int(v, o->name, (int64_t)d) : json_add(v, o->name, json_object_new_double(d)));
	}
}

void
actions_fit(struct json_object *action)
{
	const struct action	*row = row_of(actions_table, json_get_str_or(action, "action", ""));

	if (row != NULL)
		fit_object(row->options, action);
}

void
actions_fit_barge_in(struct json_object *ncco)
{
	struct json_object	*a;
	size_t			 i;

	for (i = 0; i < json_object_array_length(ncco); i++) {
		a = json_object_array_get_idx(ncco, i);
		if (json_get_bool(a, "bargeIn", false) && !input_follows(ncco, i, false))
			json_object_object_del(a, "bargeIn");
	}
}

bool
actions_waits(struct json_object *action)
{
	static const char *const	waiting[] = { "input", "connect", "wait", "conversation", "transfer" };
	const char			*name = json_get_str_or(action, "action", "");
	size_t				 i;

	if (strcmp(name, "record") == 0)	/* else it goes on beside the next action: spec/vonage.md 3 */
		return json_get(action, "endOnSilence") != NULL || json_get(action, "endOnKey") != NULL || json_get(action, "timeOut") != NULL;
	for (i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++)
		if (strcmp(waiting[i], name) == 0)
			return true;
	return false;
}
