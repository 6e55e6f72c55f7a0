/* SPDX-License-Identifier: ISC */
/* callctl campaign: run, list, status, pause, resume, stop, result. */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/csv.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"
#include "common/store_json.h"
#include "tools/callctl_dial.h"
#include "tools/dialargs.h"
#include "tools/dialfile.h"
#include "tools/plain.h"

#define WATCH_MS	500
#define BAR_WIDTH	30

struct progress { int64_t total, waiting, live, done, failed, stopped, attempts; struct json_object *results; };

static bool
add_up(void *arg, const struct store_progress *p)
{
	struct progress	*g = arg;
	int64_t		*at = strcmp(p->state, "waiting") == 0 ? &g->waiting : strcmp(p->state, "done") == 0 ? &g->done :
	    strcmp(p->state, "failed") == 0 ? &g->failed : strcmp(p->state, "stopped") == 0 ? &g->stopped : &g->live;

	*at += p->count;
	g->total += p->count;
	g->attempts += p->attempts;
	if (g->results != NULL && p->result[0] != '\0' && at != &g->waiting) {
		int64_t	n = 0;

		(void)json_get_int(g->results, p->result, 0, INT64_MAX, &n);
		(void)json_add_int(g->results, p->result, n + p->count);
	}
	return true;
}

/* The campaign that text means, and how far it is. CTL_OK or told why. */
static int
find(struct ctl *ctl, const char *text, struct store_campaign *c, struct progress *g)
{
	int64_t	id;
	int	rc;

	if (num_parse(text, 1, INT64_MAX, &id) == -1) {
		ctl_complain("%s: the number of a campaign is wanted", log_quote(text));
		return CTL_FAILED;
	}
	*g = (struct progress){ .results = g->results };
	if ((rc = store_get_campaign(ctl->store, id, c)) == 1)
		return ctl_done(store_campaign_progress(ctl->store, id, add_up, g));
	if (rc == 0)
		ctl_complain("there is no campaign %s", text);
	return rc == 0 ? CTL_NONE : ctl_done(rc);
}

static struct json_object *
campaign_json(const struct store_campaign *c, const struct progress *g)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "id", c->id);
	(void)json_add_str(o, "name", c->name);
	(void)json_add_str(o, "flow", c->flow);
	(void)json_add_str(o, "state", c->state);
	if (c->options[0] != '\0')
		(void)json_add(o, "options", json_parse(c->options, strlen(c->options), NULL));
	(void)json_add_int(o, "numbers", g->total);
	(void)json_add_int(o, "waiting", g->waiting);
	(void)json_add_int(o, "in_progress", g->live);
	(void)json_add_int(o, "done", g->done);
	(void)json_add_int(o, "failed", g->failed);
	(void)json_add_int(o, "stopped", g->stopped);
	(void)json_add_int(o, "attempts", g->attempts);
	if (g->results != NULL)
		(void)json_add(o, "results", json_object_get(g->results));
	store_json_add_time(o, "created_at", c->created_at);
	store_json_add_time(o, "updated_at", c->updated_at);
	return o;
}

static void
put_line(struct buf *b, const struct store_campaign *c, const struct progress *g)
{
	(void)buf_printf(b, "%6lld ", (long long)c->id);
	plain_put_column(b, c->name, 24);
	plain_put_column(b, c->state, 8);
	(void)buf_printf(b, "%6lld numbers: %lld done, %lld failed, %lld calling, %lld waiting, %lld stopped; %lld calls\n",
	    (long long)g->total, (long long)g->done, (long long)g->failed, (long long)g->live, (long long)g->waiting,
	    (long long)g->stopped, (long long)g->attempts);
}

/* ---- watching ---- */

static void
draw_bar(const struct store_campaign *c, const struct progress *g)
{
	int64_t	over = g->done + g->failed + g->stopped;
	int	full = g->total > 0 ? (int)(over * BAR_WIDTH / g->total) : BAR_WIDTH;

	(void)printf("\r[%.*s%*s] %lld/%lld  %lld calling  %s  ", full, "##############################", BAR_WIDTH - full, "",
	    (long long)over, (long long)g->total, (long long)g->live, c->state);
	(void)fflush(stdout);
}

/* A line, as text or as JSON: whoever reads it gets it now. */
static int
tell(struct ctl *ctl, const struct store_campaign *c, const struct progress *g)
{
	int	rc = CTL_OK;

	if (ctl->json)
		rc = ctl_put_json(ctl, campaign_json(c, g));
	else
		put_line(&ctl->out, c, g);
	(void)fwrite(ctl->out.data, 1, ctl->out.len, stdout);
	(void)fflush(stdout);
	buf_reset(&ctl->out);
	return rc;
}

/* Nothing of it goes on, until somebody says so. */
static bool
rests(const struct store_campaign *c, const struct progress *g)
{
	return g->live == 0 && strcmp(c->state, "running") != 0;
}

/* Until it is over or paused; a bar on a terminal, else a line for each change. */
static int
watch(struct ctl *ctl, const char *id)
{
	bool			 bar = !ctl->json && isatty(STDOUT_FILENO) != 0, over = false;
	struct progress		 g = { 0 }, last = { .total = -1 };
	struct store_campaign	 c;
	char			 state[sizeof(c.state)] = "";
	int			 rc = CTL_OK;

	while (rc == CTL_OK && !over) {
		g.results = ctl->json ? json_object_new_object() : NULL;
		if ((rc = find(ctl, id, &c, &g)) == CTL_OK && bar)
			draw_bar(&c, &g);
		else if (rc == CTL_OK && (memcmp(&g, &last, offsetof(struct progress, results)) != 0 || strcmp(c.state, state) != 0))
			rc = tell(ctl, &c, &g);
		json_object_put(g.results);
		if (rc != CTL_OK)
			break;
		last = g;
		memcpy(state, c.state, sizeof(state));
		if (!(over = rests(&c, &g)))
			ctl_nap(WATCH_MS);
	}
	if (bar)
		(void)putchar('\n');
	return rc;
}

/* ---- run ---- */

struct run { struct store_campaign c; struct json_object *options; bool skip_bad, watch; };
struct feed { const struct dialfile *f; size_t i; };

static int
feed_row(void *arg, struct store_dial *d)
{
	struct feed	*feed = arg;

	if (feed->i == feed->f->n)
		return 0;
	(void)snprintf(d->number, sizeof(d->number), "%s", feed->f->rows[feed->i].number);
	(void)snprintf(d->vars, sizeof(d->vars), "%s", feed->f->rows[feed->i++].vars);
	return 1;
}

static char *
read_file(const char *path, size_t *ret_len)
{
	struct buf	 b;
	char		*chunk;
	ssize_t		 n = -1;
	int		 fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

	buf_init(&b, DIALFILE_MAX);
	if (fd != -1 && (chunk = mem_alloc(65536)) != NULL) {
		while ((n = read(fd, chunk, 65536)) > 0 && buf_append(&b, chunk, (size_t)n) == 0)
			continue;
		free(chunk);
	}
	if (fd != -1)
		(void)close(fd);
	if (n == 0)
		return buf_steal(&b, ret_len);
	ctl_complain("%s: %s", path, strerror(errno));
	buf_clear(&b);
	return NULL;
}

static void
on_bad(void *arg, unsigned line, const char *why)
{
	(void)fprintf(stderr, "%s:%u: %s\n", (const char *)arg, line, why);
}

/* All bad rows are told first; nothing begins unless they are to be skipped. */
static int
read_rows(const struct run *r, const char *path, struct dialfile *f)
{
	size_t	 len = 0;
	char	*text = read_file(path, &len);
	int	 rc;

	memset(f, 0, sizeof(*f));
	if (text == NULL)
		return CTL_FAILED;
	rc = dialfile_parse(f, text, len, on_bad, (void *)(uintptr_t)path);
	free(text);
	if (rc == -1 && errno == ENOMEM)
		ctl_complain("out of memory");
	if (rc == -1)
		return CTL_FAILED;
	if (f->bad > 0 && !r->skip_bad) {
		ctl_complain("%zu bad rows, nothing is started; --skip-bad leaves them out", f->bad);
		return CTL_FAILED;
	}
	if (f->n == 0)
		ctl_complain("%s: no numbers", path);
	return f->n > 0 ? CTL_OK : CTL_FAILED;
}

static int
start(struct ctl *ctl, struct run *r, const char *path)
{
	const char	*base = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
	struct dialfile	 f;
	struct feed	 feed = { &f, 0 };
	char		 id_text[24];
	int64_t		 id = 0;
	int		 rc = read_rows(r, path, &f);

	if (r->c.name[0] == '\0')
		(void)snprintf(r->c.name, sizeof(r->c.name), "%.63s", base);
	if (json_object_object_length(r->options) > 0)
		(void)snprintf(r->c.options, sizeof(r->c.options), "%s", json_text(r->options, NULL));
	if (rc == CTL_OK && !ctl_open(ctl, STORE_WRITE))
		rc = CTL_FAILED;
	if (rc == CTL_OK)
		rc = ctl_done(store_import_campaign(ctl->store, &r->c, feed_row, &feed, &id));
	dialfile_clear(&f);
	if (rc != CTL_OK)
		return rc;
	(void)snprintf(id_text, sizeof(id_text), "%lld", (long long)id);
	if (!ctl->json)
		(void)fprintf(stderr, "campaign %s: %zu numbers\n", id_text, feed.i);
	if (r->watch)
		return watch(ctl, id_text);
	if (ctl->json) {
		struct json_object	*o = json_object_new_object();

		(void)json_add_int(o, "id", id);
		(void)json_add_int(o, "numbers", (int64_t)feed.i);
		return ctl_put_json(ctl, o);
	}
	(void)buf_printf(&ctl->out, "%s\n", id_text);
	return CTL_OK;
}

static bool
set(char *out, size_t size, const char *option, const char *text)
{
	if (strlen(text) < size) {
		memcpy(out, text, strlen(text) + 1);
		return true;
	}
	ctl_complain("--%s: at most %zu characters", option, size - 1);
	return false;
}

static bool
take(struct run *r, int c)
{
	char	err[200];

	switch (c) {
	case DIALARG_FLOW: return set(r->c.flow, sizeof(r->c.flow), "flow", optarg);
	case DIALARG_NAME: return set(r->c.name, sizeof(r->c.name), "name", optarg);
	case DIALARG_SKIP_BAD: r->skip_bad = true; return true;
	case DIALARG_WATCH: r->watch = true; return true;
	}
	if (c < DIALARG_FIRST)
		return false;
	if (dialarg_take(r->options, c, optarg, err, sizeof(err)))
		return true;
	ctl_complain("--%s", err);
	return false;
}

static int
campaign_run(struct ctl *ctl, int argc, char *argv[])
{
	struct option	longs[4 + DIALARG_NCAMPAIGN] = {
		{ "flow", required_argument, NULL, DIALARG_FLOW }, { "name", required_argument, NULL, DIALARG_NAME },
		{ "skip-bad", no_argument, NULL, DIALARG_SKIP_BAD }, { "watch", no_argument, NULL, DIALARG_WATCH },
	};
	struct run	r = { .options = json_object_new_object() };
	int		c, rc = CTL_FAILED;

	memcpy(longs + 4, dialarg_longs, DIALARG_NCAMPAIGN * sizeof(longs[0]));
	store_campaign_init(&r.c);
	while ((c = ctl_options(ctl, argc, argv, longs, 4 + DIALARG_NCAMPAIGN)) != -1)
		if (!take(&r, c))
			goto out;
	if (optind != argc - 1 || r.c.flow[0] == '\0')
		(void)fprintf(stderr, "usage: callctl campaign run FILE.csv --flow F [--name N] [--pace-s A-B | --at-once] [--batch N]\n"
		    "    [--max-attempts N] [--quiet HH:MM-HH:MM] [--amd MODE] [--skip-bad] [--watch]\n");
	else
		rc = start(ctl, &r, argv[optind]);
out:
	json_object_put(r.options);
	return rc;
}

/* ---- the others ---- */

static bool
list_row(void *arg, const struct store_campaign *c)
{
	struct ctl	*ctl = arg;
	struct progress	 g = { 0 };

	if (store_campaign_progress(ctl->store, c->id, add_up, &g) == -1)
		return false;
	if (ctl->json)
		return ctl_put_json(ctl, campaign_json(c, &g)) == CTL_OK;
	put_line(&ctl->out, c, &g);
	return true;
}

static int
status(struct ctl *ctl, const char *id)
{
	struct progress		g = { .results = json_object_new_object() };
	struct store_campaign	c;
	int			rc = find(ctl, id, &c, &g);

	if (rc == CTL_OK && ctl->json)
		rc = ctl_put_json(ctl, campaign_json(&c, &g));
	else if (rc == CTL_OK) {
		put_line(&ctl->out, &c, &g);
		json_object_object_foreach(g.results, key, value)
			(void)buf_printf(&ctl->out, "       %-16s %lld\n", key, (long long)json_object_get_int64(value));
	}
	json_object_put(g.results);
	return rc;
}

struct results { struct ctl *ctl; bool csv; };

static bool
put_result(void *arg, const struct store_dial *d)
{
	struct results	*r = arg;
	struct buf	*b = &r->ctl->out;
	char		 when[CLOCK_ISO_SIZE];

	if (r->ctl->json)
		return ctl_put_json(r->ctl, ctl_dial_json(d)) == CTL_OK;
	if (!r->csv) {
		ctl_dial_row(b, d);
		return true;
	}
	(void)buf_printf(b, "%s,%s,%s,%d,", d->number, d->state, d->result, d->attempts);
	csv_put(b, d->call.text);
	(void)buf_printf(b, ",%s,", d->updated_at > 0 ? clock_iso(d->updated_at, when) : "");
	csv_put(b, d->error);
	(void)buf_puts(b, ",");
	csv_put(b, d->vars);
	return buf_puts(b, "\r\n") == 0;
}

static int
result(struct ctl *ctl, const char *id, bool csv)
{
	struct results		r = { ctl, csv };
	struct progress		g = { 0 };
	struct store_campaign	c;
	int			rc = find(ctl, id, &c, &g);

	if (rc != CTL_OK)
		return rc;
	if (csv)
		(void)buf_puts(&ctl->out, "number,state,result,attempts,call,updated_at,error,vars\r\n");
	else if (!ctl->json)
		ctl_dial_heading(ctl);
	return ctl_done(store_each_dial(ctl->store, c.id, 0, put_result, &r));
}

static void
on_written(void *arg, int rc, int err)
{
	*(int *)arg = rc == 0 ? 0 : err;
}

static int
move(struct ctl *ctl, const char *id, const char *state)
{
	struct progress		g = { 0 };
	struct store_campaign	c;
	int			err = 0, rc = find(ctl, id, &c, &g);

	if (rc != CTL_OK || strcmp(c.state, state) == 0)
		return rc;
	err = ctl_written(ctl, store_set_campaign(ctl->store, c.id, state, clock_wall_ms(), on_written, &err), &err);
	if (err == 0)
		return CTL_OK;
	ctl_complain("campaign %s: %s", id, err == ENOENT ? "it is over" : strerror(err));
	return err == ENOENT ? CTL_NONE : CTL_FAILED;
}

static int
of_one(struct ctl *ctl, const char *word, const char *id, bool csv)
{
	if (strcmp(word, "status") == 0)
		return status(ctl, id);
	if (strcmp(word, "watch") == 0)
		return watch(ctl, id);
	if (strcmp(word, "result") == 0)
		return result(ctl, id, csv);
	return move(ctl, id, strcmp(word, "pause") == 0 ? "paused" : strcmp(word, "resume") == 0 ? "running" : "stopped");
}

int
ctl_campaign(struct ctl *ctl, int argc, char *argv[])
{
	static const char *const	words[] = { "status", "watch", "result", "pause", "resume", "stop" };
	static const struct option	longs[] = { { "csv", no_argument, NULL, DIALARG_CSV } };
	const char			*word = argc > 1 ? argv[1] : "";
	bool				 csv = false;
	size_t				 i;
	int				 c;

	if (strcmp(word, "run") == 0)
		return campaign_run(ctl, argc - 1, argv + 1);
	while ((c = ctl_options(ctl, argc, argv, longs, 1)) != -1) {
		if (c != DIALARG_CSV)
			return CTL_FAILED;
		csv = true;
	}
	word = optind < argc ? argv[optind] : "";
	if (strcmp(word, "list") == 0 && optind == argc - 1) {
		if (!ctl_open(ctl, STORE_READ))
			return CTL_FAILED;
		return ctl_done(store_each_campaign(ctl->store, false, list_row, ctl));
	}
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], word) != 0 || optind != argc - 2)
			continue;
		return ctl_open(ctl, i < 3 ? STORE_READ : STORE_WRITE) ? of_one(ctl, word, argv[optind + 1], csv) : CTL_FAILED;
	}
	(void)fprintf(stderr, "usage: callctl campaign run FILE.csv --flow F ... | list | status ID | watch ID | pause ID | resume ID | "
	    "stop ID | result ID [--csv]\n");
	return CTL_FAILED;
}
