/* SPDX-License-Identifier: ISC */
/* stat: the state of all daemons, once. */
#include "tools/callctl_stat.h"

#include <stdio.h>
#include <string.h>

#include "tools/plain.h"

static int64_t
number(struct json_object *stat, const char *name, int64_t def)
{
	int64_t	v = def;

	(void)json_get_int(stat, name, INT64_MIN, INT64_MAX, &v);
	return v;
}

static void
put_count(struct buf *b, int width, int64_t v)
{
	if (v < 0)
		(void)buf_printf(b, " %*s", width, "-");
	else
		(void)buf_printf(b, " %*lld", width, (long long)v);
}

static void
put_alive(struct ctl *ctl, const struct look_daemon *d)
{
	bool			 draining = d->stat != NULL && json_get_bool(d->stat, "draining", false);
	const char		*word = d->stat != NULL ? draining ? "draining" : "alive" : d->running ? "silent" : "down";
	enum plain_colour	 colour = d->stat != NULL ? draining ? PLAIN_YELLOW : PLAIN_GREEN : PLAIN_RED;

	plain_put_column(&ctl->out, d->name, 12);
	(void)buf_printf(&ctl->out, "%s%-9s%s", plain_sgr(ctl->colour, colour), word, plain_sgr(ctl->colour, PLAIN_OFF));
}

static void
put_row(struct ctl *ctl, const struct look_daemon *d)
{
	struct buf	*b = &ctl->out;
	int64_t		 lag, late;

	put_alive(ctl, d);
	if (d->stat != NULL) {
		put_count(b, 8, number(d->stat, "pid", -1));
		put_count(b, 7, number(d->stat, "calls", number(d->stat, "calls_known", -1)));
		put_count(b, 7, number(d->stat, "max_calls", -1));
		lag = number(d->stat, "lag_us", -1);
		(void)buf_printf(b, " %9.1f", lag < 0 ? 0.0 : (double)lag / 1000);
		late = number(d->stat, "late_recent_p99_us", -1);
		if (late >= 0)
			(void)buf_printf(b, " %10.1f", (double)late / 1000);
		else
			(void)buf_printf(b, " %10s", "-");
		put_count(b, 8, look_drops(d->stat));
		put_count(b, 7, look_queue(d->stat));
		(void)buf_puts(b, "  ");
		(void)plain_put_cut(b, json_get_str_or(d->stat, "version", ""), 12);
	}
	(void)buf_putc(b, '\n');
}

static struct json_object *
row_json(const struct look_daemon *d)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "name", d->name);
	(void)json_add_bool(o, "running", d->running);
	(void)json_add_bool(o, "alive", d->stat != NULL);
	if (d->stat != NULL) {
		(void)json_add_int(o, "drops", look_drops(d->stat));
		(void)json_add_int(o, "queue", look_queue(d->stat));
		(void)json_add(o, "stat", json_object_get(d->stat));
	}
	return o;
}

static int
print_json(struct ctl *ctl, const struct look *l)
{
	struct json_object	*array = json_object_new_array();
	size_t			 i;

	for (i = 0; array != NULL && i < l->n; i++)
		(void)json_object_array_add(array, row_json(&l->daemons[i]));
	return ctl_put_json(ctl, array);
}

int
ctl_stat(struct ctl *ctl, int argc, char *argv[])
{
	struct look	l;
	size_t		i;
	int		rc = CTL_OK;

	(void)argc;
	(void)argv;
	if (look_around(ctl, &l) == -1) {
		look_clear(&l);
		return CTL_FAILED;
	}
	if (ctl->json)
		rc = print_json(ctl, &l);
	else
		(void)buf_printf(&ctl->out, "%s%-12s%-9s %8s %7s %7s %9s %10s %8s %7s  %s%s\n", plain_sgr(ctl->colour, PLAIN_DIM),
		    "daemon", "state", "pid", "calls", "max", "lag ms", "late99 ms", "drops", "queue", "version",
		    plain_sgr(ctl->colour, PLAIN_OFF));
	for (i = 0; i < l.n; i++) {
		if (!ctl->json)
			put_row(ctl, &l.daemons[i]);
		if (l.daemons[i].stat == NULL && rc == CTL_OK)
			rc = CTL_WARN;
	}
	look_clear(&l);
	return rc;
}
