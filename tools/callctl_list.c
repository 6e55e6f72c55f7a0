/* SPDX-License-Identifier: ISC */
/* Lists: calls, contacts, events. */
#include "tools/callctl.h"

#include <stdio.h>
#include <string.h>

#include "common/langtag.h"
#include "common/store_list.h"
#include "tools/plain.h"

struct list {
	struct ctl		*ctl;
	struct json_object	*array;		/* --json */
	int			 n, rc;
};

static bool
begin(struct list *l, struct ctl *ctl)
{
	*l = (struct list){ .ctl = ctl };
	if (!ctl->json || (l->array = json_object_new_array()) != NULL)
		return true;
	ctl_complain("out of memory");
	return false;
}

static void
add(struct list *l, struct json_object *row)
{
	if (row != NULL && json_object_array_add(l->array, row) != 0)
		json_object_put(row);
}

/* Print the list; an empty one says so on standard error. */
static int
end(struct list *l, int rc, const char *none)
{
	if (rc == -1)
		json_object_put(l->array);
	else if (l->array != NULL)
		return ctl_put_json(l->ctl, l->array);
	else if (l->n == 0)
		(void)fprintf(stderr, "%s\n", none);
	return ctl_done(rc);
}

static void
heading(struct list *l, const char *text)
{
	if (l->n++ == 0)
		(void)buf_printf(&l->ctl->out, "%s%s%s\n", plain_sgr(l->ctl->colour, PLAIN_DIM), text,
		    plain_sgr(l->ctl->colour, PLAIN_OFF));
}

/* ---- calls ---- */

struct totals { int turns, ears; int64_t sum_ms, max_ms; };

static bool
add_turn(void *arg, const struct store_turn *t)
{
	struct totals	*n = arg;

	n->turns += t->utt > 0;
	if (t->ear_ms < 0)
		return true;
	n->ears++;
	n->sum_ms += t->ear_ms;
	n->max_ms = t->ear_ms > n->max_ms ? t->ear_ms : n->max_ms;
	return true;
}

static void
put_ear(struct buf *b, int64_t ms, bool known)
{
	if (known)
		(void)buf_printf(b, " %6lld", (long long)ms);
	else
		(void)buf_puts(b, "      -");
}

static void
put_call(struct list *l, const struct store_call *c, const struct totals *n)
{
	struct buf	*b = &l->ctl->out;
	char		 when[CTL_TIME_SIZE], seconds[24] = "-";

	heading(l, "id            began                caller          name            state     time turns   mean    max");
	plain_put_column(b, c->id.text, 13);
	(void)buf_printf(b, " %-19s  ", ctl_time(c->started_at, when));
	plain_put_column(b, c->caller[0] != '\0' ? c->caller : "-", 15);
	(void)buf_putc(b, ' ');
	plain_put_column(b, c->name, 15);
	(void)buf_putc(b, ' ');
	plain_put_column(b, c->state, 8);
	if (c->duration_s >= 0)
		(void)snprintf(seconds, sizeof(seconds), "%llds", (long long)c->duration_s);
	(void)buf_printf(b, " %5s %5d", seconds, n->turns);
	put_ear(b, n->ears > 0 ? n->sum_ms / n->ears : 0, n->ears > 0);
	put_ear(b, n->max_ms, n->ears > 0);
	(void)buf_putc(b, '\n');
}

static bool
on_call(void *arg, const struct store_call *c)
{
	struct list		*l = arg;
	struct json_object	*o;
	struct totals		 n = { 0 };

	if ((l->rc = store_each_turn(l->ctl->store, &c->id, add_turn, &n)) == -1)
		return false;
	if (!l->ctl->json) {
		put_call(l, c, &n);
		return true;
	}
	if ((o = store_call_json(c)) == NULL)
		return false;
	(void)json_add_int(o, "turns", n.turns);
	if (n.ears > 0) {
		(void)json_add_int(o, "ear_mean_ms", n.sum_ms / n.ears);
		(void)json_add_int(o, "ear_max_ms", n.max_ms);
	}
	add(l, o);
	return true;
}

int
ctl_calls(struct ctl *ctl, int argc, char *argv[])
{
	struct list	l;
	int		rc;

	(void)argc;
	(void)argv;
	if (!ctl_open(ctl, STORE_READ) || !begin(&l, ctl))
		return CTL_FAILED;
	rc = store_each_call(ctl->store, ctl->open, ctl->caller != NULL && ctl->caller[0] == '+' ? ctl->caller + 1 : ctl->caller, ctl->limit > 0 ? (int)ctl->limit : 20, on_call, &l);
	return end(&l, rc == -1 ? -1 : l.rc, "no calls");
}

/* ---- contacts ---- */

static bool
on_contact(void *arg, const struct store_contact *c)
{
	struct list		*l = arg;
	struct buf		*b = &l->ctl->out;
	struct json_object	*o;

	if (l->ctl->json) {
		if ((o = json_object_new_object()) == NULL)
			return false;
		store_json_add_text(o, "number", c->number);
		store_json_add_text(o, "name", c->name);
		store_json_add_text(o, "language", c->language);
		store_json_add_text(o, "assistant", c->assistant);
		(void)json_add_bool(o, "blocked", c->blocked);
		(void)json_add_bool(o, "do_not_call", c->do_not_call);
		add(l, o);
		return true;
	}
	heading(l, "number            name                              language  assistant");
	plain_put_column(b, c->number, 17);
	(void)buf_putc(b, ' ');
	plain_put_column(b, c->name, 33);
	(void)buf_putc(b, ' ');
	plain_put_column(b, c->language, 9);
	(void)buf_putc(b, ' ');
	plain_put_column(b, c->assistant, 20);
	(void)buf_printf(b, "%s%s\n", c->blocked ? " blocked" : "", c->do_not_call ? " do not call" : "");
	return true;
}

static bool
set(char *field, size_t size, const char *what, const char *text)
{
	if (strlen(text) < size) {
		memcpy(field, text, strlen(text) + 1);
		return true;
	}
	ctl_complain("%s: at most %zu bytes", what, size - 1);
	return false;
}

/* As Vonage gives them: digits without "+", which is cut here; or the address of a SIP caller. */
static bool
set_number(struct store_contact *c, const char *text)
{
	text += *text == '+';
	if (strncmp(text, "sip:", 4) != 0 && (*text == '\0' || strspn(text, "0123456789") != strlen(text))) {
		ctl_complain("a number is written as digits with the country code: 447700900000");
		return false;
	}
	return set(c->number, sizeof(c->number), "NUMBER", text);
}

static void
on_stored(void *arg, int rc, int err)
{
	*(int *)arg = rc == 0 ? 0 : err;
}

static int
put_contact(struct ctl *ctl, const struct store_contact *c)
{
	int	err = 0;

	if (ctl_done(store_put_contact(ctl->store, c, on_stored, &err)) != CTL_OK)
		return CTL_FAILED;
	store_flush(ctl->store);
	store_dispatch(ctl->store);
	if (err == 0)
		return CTL_OK;
	ctl_complain("database: %s", strerror(err));
	return CTL_FAILED;
}

/* What is not told here (blocked, do not call) stays as it is. */
static int
add_contact(struct ctl *ctl, int argc, char *argv[])
{
	struct store_contact	c = { .number = "" }, old;

	if (!set_number(&c, argv[0]) || !set(c.name, sizeof(c.name), "NAME", argv[1]) ||
	    (argc > 2 && !set(c.language, sizeof(c.language), "LANGUAGE", argv[2])) ||
	    (argc > 3 && !set(c.assistant, sizeof(c.assistant), "ASSISTANT", argv[3])))
		return CTL_FAILED;
	if (!ctl_open(ctl, STORE_WRITE))
		return CTL_FAILED;
	if (c.language[0] != '\0' && langtag_heard(c.language) == NULL)
		ctl_complain("language %s: no language that Vonage is known to understand, and no region is known that would make it one "
		    "(as in fa-IR); on a WebSocket it is our engines' matter", c.language);
	if (store_get_contact(ctl->store, c.number, &old) == 1) {
		c.blocked = old.blocked;
		c.do_not_call = old.do_not_call;
	}
	return put_contact(ctl, &c);
}

static const struct { const char *word; bool blocked, value; } marks[] = {
	{ "block", true, true }, { "unblock", true, false }, { "opt-out", false, true }, { "opt-in", false, false },
};

/* Mark a number, known or not. */
static int
mark_contact(struct ctl *ctl, size_t mark, const char *number)
{
	struct store_contact	c = { .number = "" }, old;

	if (!set_number(&c, number) || !ctl_open(ctl, STORE_WRITE))
		return CTL_FAILED;
	if (store_get_contact(ctl->store, c.number, &old) == 1)
		c = old;
	if (marks[mark].blocked)
		c.blocked = marks[mark].value;
	else
		c.do_not_call = marks[mark].value;
	return put_contact(ctl, &c);
}

int
ctl_contacts(struct ctl *ctl, int argc, char *argv[])
{
	struct list	l;
	size_t		i;

	if (strcmp(argv[0], "add") == 0 && argc >= 3)
		return add_contact(ctl, argc - 1, argv + 1);
	for (i = 0; argc == 2 && i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strcmp(argv[0], marks[i].word) == 0)
			return mark_contact(ctl, i, argv[1]);
	if (strcmp(argv[0], "list") != 0 || argc != 1) {
		(void)fprintf(stderr, "usage: callctl contacts list\n"
		    "       callctl contacts add NUMBER NAME [LANGUAGE [ASSISTANT]]\n"
		    "       callctl contacts block | unblock | opt-out | opt-in NUMBER\n");
		return CTL_FAILED;
	}
	if (!ctl_open(ctl, STORE_READ) || !begin(&l, ctl))
		return CTL_FAILED;
	return end(&l, store_each_contact(ctl->store, on_contact, &l), "no contacts");
}

/* ---- events ---- */

/* Verbatim, but for line breaks between JSON tokens: a line for each event. */
static bool
on_event(void *arg, const struct store_event *e)
{
	struct list		*l = arg;
	struct json_object	*o = json_parse(e->body, e->body_len, NULL);
	size_t			 i;

	l->n++;
	if (o != NULL) {
		for (i = 0; i < e->body_len; i++)
			(void)buf_putc(&l->ctl->out, e->body[i] == '\n' || e->body[i] == '\r' ? ' ' : e->body[i]);
		json_object_put(o);
	} else
		(void)buf_put_json_str(&l->ctl->out, e->body, e->body_len);
	(void)buf_putc(&l->ctl->out, '\n');
	return true;
}

int
ctl_events(struct ctl *ctl, int argc, char *argv[])
{
	struct list		l = { .ctl = ctl };
	struct store_call	c;
	int			rc;

	(void)argc;
	if (!ctl_open(ctl, STORE_READ))
		return CTL_FAILED;
	if ((rc = ctl_pick(ctl, argv[0], &c)) != CTL_OK)
		return rc;
	return end(&l, store_each_event(ctl->store, &c.id, on_event, &l), "no events");
}
