/* SPDX-License-Identifier: ISC */
#include "tools/callsim/phones.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "tools/callsim/phones_impl.h"

struct phone_list {		/* what the nth call of an address reaches */
	char		*address;	/* without the "*" */
	bool		 prefix;
	struct phone	**phones;
	size_t		 n;
};

struct phones {
	struct phone_list *lists;
	size_t		 nlists;
	struct phone_list *others;	/* "default"; NULL: all are human */
	struct phone	*human;
	struct json_object *counts;
	double		 time_scale;
	bool		 both;
};

static void
list_clear(struct phone_list *l)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		phone_free(l->phones[i]);
	free(l->phones);
	free(l->address);
}

void
phones_free(struct phones *p)
{
	size_t	i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nlists; i++)
		list_clear(&p->lists[i]);
	free(p->lists);
	phone_free(p->human);
	json_object_put(p->counts);
	free(p);
}

/* One value of the file: a phone, or an array of them. */
static int
parse_list(struct phones *p, struct phone_list *l, const char *key, struct json_object *value, char *cause,
    size_t cause_size)
{
	bool	 many = json_object_is_type(value, json_type_array);
	size_t	 n = many ? json_object_array_length(value) : 1, i, len = strlen(key);
	char	 why[300];

	if (n == 0) {
		(void)snprintf(cause, cause_size, "%s: an empty list", key);
		return -1;
	}
	l->prefix = len > 0 && key[len - 1] == '*';
	if ((l->address = mem_strndup(key, len - l->prefix)) == NULL ||
	    (l->phones = mem_calloc(n, sizeof(struct phone *))) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		return -1;
	}
	for (i = 0; i < n; i++) {
		l->phones[i] = phone_parse(many ? json_object_array_get_idx(value, i) : value,
		    p->time_scale, why, sizeof(why));
		if (l->phones[i] == NULL) {
			(void)snprintf(cause, cause_size, "%s: %s", key, why);
			return -1;
		}
		l->n++;
	}
	return 0;
}

static int
parse_all(struct phones *p, struct json_object *o, char *cause, size_t cause_size)
{
	size_t	n = o == NULL ? 0 : (size_t)json_object_object_length(o);

	if ((p->lists = mem_calloc(n + 1, sizeof(*p->lists))) == NULL ||
	    (p->counts = json_object_new_object()) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		return -1;
	}
	if ((p->human = phone_parse(NULL, p->time_scale, cause, cause_size)) == NULL)
		return -1;
	if (o == NULL)
		return 0;
	json_object_object_foreach(o, key, value) {
		struct phone_list *l = &p->lists[p->nlists++];

		if (parse_list(p, l, key, value, cause, cause_size) == -1)
			return -1;
		if (strcmp(key, "default") == 0)
			p->others = l;
	}
	return 0;
}

static struct phones *
phones_new(struct json_object *o, double time_scale, bool both, char *cause, size_t cause_size)
{
	struct phones	*p;

	assert(time_scale >= 1);
	if ((p = mem_calloc(1, sizeof(*p))) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		return NULL;
	}
	p->time_scale = time_scale;
	p->both = both;
	if (parse_all(p, o, cause, cause_size) == -1) {
		phones_free(p);
		return NULL;
	}
	return p;
}

struct phones *
phones_parse(const char *text, size_t len, double time_scale, bool both, char *cause, size_t cause_size)
{
	struct json_object	*o;
	struct phones		*p = NULL;
	const char		*why = "not an object";

	if ((o = json_parse(text, len, &why)) == NULL || !json_object_is_type(o, json_type_object))
		(void)snprintf(cause, cause_size, "%s", why);
	else
		p = phones_new(o, time_scale, both, cause, cause_size);
	json_object_put(o);
	return p;
}

struct phones *
phones_load(const char *path, double time_scale, bool both, char *cause, size_t cause_size)
{
	char		 why[400], piece[4096];
	struct phones	*p = NULL;
	struct buf	 text;
	FILE		*f;
	size_t		 n;

	if (path == NULL)
		return phones_new(NULL, time_scale, both, cause, cause_size);
	if ((f = fopen(path, "re")) == NULL) {
		(void)snprintf(cause, cause_size, "%s: %s", path, strerror(errno));
		return NULL;
	}
	buf_init(&text, PHONES_FILE_MAX);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_append(&text, piece, n);
	if (ferror(f))
		(void)snprintf(cause, cause_size, "%s: read error", path);
	else if (buf_failed(&text))
		(void)snprintf(cause, cause_size, "%s: longer than %d bytes", path, PHONES_FILE_MAX);
	else if ((p = phones_parse(text.data, text.len, time_scale, both, why, sizeof(why))) == NULL)
		(void)snprintf(cause, cause_size, "%s: %s", path, why);
	buf_clear(&text);
	(void)fclose(f);
	return p;
}

static struct phone_list *
find(struct phones *p, const char *address)
{
	struct phone_list	*best = p->others;
	size_t			 i, len, best_len = 0;

	for (i = 0; i < p->nlists; i++) {
		struct phone_list *l = &p->lists[i];

		len = strlen(l->address);
		if (!l->prefix && strcmp(l->address, address) == 0)
			return l;
		if (l->prefix && strncmp(l->address, address, len) == 0 &&
		    (best == p->others || len > best_len)) {
			best = l;
			best_len = len;
		}
	}
	return best;
}

struct phone *
phones_call(struct phones *p, const char *address)
{
	struct phone_list	*l = find(p, address);
	int64_t			 n = 0;

	(void)json_get_int(p->counts, address, 0, INT32_MAX, &n);
	(void)json_add_int(p->counts, address, n + 1);
	if (l == NULL)
		return p->human;
	return l->phones[(size_t)n < l->n ? (size_t)n : l->n - 1];
}

struct json_object *
phones_counts(const struct phones *p)
{
	return p->counts;
}

int64_t
phones_scale(const struct phones *p, int64_t ms)
{
	return (int64_t)((double)ms / p->time_scale);
}

/* The human and machine events of spec/vonage.md 7.1, and when the NCCO may begin. */
static void
plan_detection(struct phone_plan *plan, const struct phones *p, const struct phone *phone,
    const struct phone_request *req)
{
	bool			 machine = phone->kind != PHONE_HUMAN, hangs_up = machine && req->detect_hangup;
	bool			 waits = req->detect == PHONE_DETECT_BEEP && machine && !hangs_up;
	bool			 beep_wanted = machine && !hangs_up && req->detect != PHONE_DETECT_BASIC &&
	    req->detect != PHONE_DETECT_RESULT;
	int64_t			 timeout_s = req->beep_timeout_s == 0 ? PHONE_BEEP_TIMEOUT_S : req->beep_timeout_s;
	int64_t			 limit_ms = phone->detect_after_ms + timeout_s * 1000;
	bool			 beeps = phone->beep_after_ms != -1 && phone->beep_after_ms <= limit_ms;
	struct phone_step	*s = plan->steps;

	plan->starts_ncco = req->detect == PHONE_DETECT_OFF || req->detect == PHONE_DETECT_BASIC ||
	    req->detect == PHONE_DETECT_DEFAULT;
	if (req->detect == PHONE_DETECT_OFF)
		return;
	if (!waits || p->both)
		*s++ = (struct phone_step){ .at_ms = phones_scale(p, phone->detect_after_ms), .machine = machine,
		    .starts_ncco = !plan->starts_ncco && !waits && !hangs_up, .hangs_up = hangs_up };
	if (beep_wanted)
		*s++ = (struct phone_step){ .machine = true, .starts_ncco = waits,
		    .at_ms = phones_scale(p, !beeps ? limit_ms : phone->beep_after_ms > phone->detect_after_ms ?
		    phone->beep_after_ms : phone->detect_after_ms),
		    .sub_state = beeps ? "beep_start" : "beep_timeout" };
	plan->nsteps = (size_t)(s - plan->steps);
}

static void
plan_refusal(struct phone_plan *plan, const struct phone *phone)
{
	plan->completed = true;
	plan->detail = phone->detail;
	plan->rings = phone->kind == PHONE_BUSY || phone->kind == PHONE_NO_ANSWER || phone->kind == PHONE_REJECTED ||
	    phone->kind == PHONE_UNREACHABLE;
	switch (phone->kind) {
	case PHONE_BUSY:
		plan->end = PHONE_END_BUSY;
		plan->sip_code = 486;
		break;
	case PHONE_NO_ANSWER:
	case PHONE_UNREACHABLE:
		plan->end = PHONE_END_UNANSWERED;
		plan->sip_code = 480;
		break;
	case PHONE_INVALID:
	case PHONE_REJECTED:
		plan->end = PHONE_END_REJECTED;
		plan->sip_code = phone->kind == PHONE_INVALID ? 404 : 603;
		plan->completed = false;
		break;
	case PHONE_FAILED:
		plan->end = PHONE_END_FAILED;
		plan->sip_code = 404;
		break;
	case PHONE_HUMAN:
	case PHONE_MACHINE:
	case PHONE_MACHINE_NO_BEEP:
	case PHONE_SCREENING:
		break;
	}
}

struct phone_plan
phone_plan(const struct phones *p, const struct phone *phone, const struct phone_request *req)
{
	struct phone_plan	plan = { .rings = true, .end = PHONE_END_ANSWERED, .completed = true };
	int64_t			ringing_ms = (req->ringing_timer_s == 0 ? PHONE_RINGING_S : req->ringing_timer_s) * 1000;

	plan.after_ms = phones_scale(p, phone->after_ms);
	if (phone_refuses(phone->kind))
		plan_refusal(&plan, phone);
	else
		plan_detection(&plan, p, phone, req);
	if (plan.rings && phone->after_ms >= ringing_ms)
		plan = (struct phone_plan){ .rings = true, .end = PHONE_END_TIMEOUT, .completed = true,
		    .after_ms = phones_scale(p, ringing_ms) };
	return plan;
}

const char *
phone_end_name(enum phone_end end)
{
	static const char *const names[] = {
		[PHONE_END_ANSWERED] = "answered", [PHONE_END_BUSY] = "busy",
		[PHONE_END_UNANSWERED] = "unanswered", [PHONE_END_REJECTED] = "rejected",
		[PHONE_END_FAILED] = "failed", [PHONE_END_TIMEOUT] = "timeout",
	};

	return names[end];
}
