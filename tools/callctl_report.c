/* SPDX-License-Identifier: ISC */
/* callctl report: what the calls came to; callctl prices: what things cost. */
#include "tools/callctl.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/num.h"
#include "common/store_report.h"
#include "tools/plain.h"

#define DAY_MS	86400000LL

enum { OPT_SINCE = 2000, OPT_UNTIL, OPT_BY, OPT_CSV };

struct report {
	struct ctl		*ctl;
	struct json_object	*rows;
	bool			 csv, unpriced;
	int64_t			 n;
};

/* "7d", "12h", "30m" before now, "2026-11-01" or "2026-11-01T08:00:00Z". */
static bool
parse_time(const char *text, int64_t *ret)
{
	static const struct { char unit; int64_t ms; } units[] = { { 'd', DAY_MS }, { 'h', 3600000 }, { 'm', 60000 } };
	char	day[40];
	int64_t	n;
	size_t	i, len = strlen(text);

	for (i = 0; len > 1 && i < sizeof(units) / sizeof(units[0]); i++)
		if (text[len - 1] == units[i].unit && num_parse_n(text, len - 1, 1, 100000, &n) == 0) {
			*ret = clock_wall_ms() - n * units[i].ms;
			return true;
		}
	(void)snprintf(day, sizeof(day), "%s%s", text, len == 10 ? "T00:00:00Z" : "");
	return clock_parse_iso(day, ret) == 0;
}

/* n of d, with one decimal. */
static double
per(double n, int64_t d)
{
	return d > 0 ? n / (double)d : 0;
}

static bool
add_json(struct report *rp, const struct store_report *r)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return false;
	(void)json_add_str(o, "group", r->key);
	(void)json_add_int(o, "calls", r->calls);
	(void)json_add_int(o, "answered", r->answered);
	(void)json_add_int(o, "success", r->success);
	(void)json_add_int(o, "duration_s", r->duration_s);
	(void)json_add_int(o, "turns", r->turns);
	(void)json_add_int(o, "dead_air_ms", r->dead_air_ms);
	store_json_add_known(o, "ear_p50_ms", r->ear_p50_ms);
	store_json_add_known(o, "ear_p95_ms", r->ear_p95_ms);
	(void)json_add(o, "cost", json_object_new_double(r->cost));
	(void)json_add(o, "cost_per_call", json_object_new_double(per(r->cost, r->calls)));
	(void)json_add_int(o, "calls_with_unpriced_usage", r->unpriced);
	return json_object_array_add(rp->rows, o) == 0;
}

/* RFC 4180: a group's name may hold anything. */
static void
put_csv_text(struct buf *b, const char *text)
{
	(void)buf_putc(b, '"');
	for (; *text != '\0'; text++)
		(void)buf_puts(b, *text == '"' ? "\"\"" : (const char[]){ *text, '\0' });
	(void)buf_putc(b, '"');
}

static void
put_ear(struct buf *b, int64_t ms, const char *unknown)
{
	if (ms == -1)
		(void)buf_printf(b, "%s", unknown);
	else
		(void)buf_printf(b, "%lld", (long long)ms);
}

static void
put_csv(struct buf *b, const struct store_report *r)
{
	put_csv_text(b, r->key);
	(void)buf_printf(b, ",%lld,%lld,%lld,%lld,%lld,%lld,", (long long)r->calls, (long long)r->answered,
	    (long long)r->success, (long long)r->duration_s, (long long)r->turns, (long long)r->dead_air_ms);
	put_ear(b, r->ear_p50_ms, "");
	(void)buf_putc(b, ',');
	put_ear(b, r->ear_p95_ms, "");
	(void)buf_printf(b, ",%.6f,%.6f,%lld\r\n", r->cost, per(r->cost, r->calls), (long long)r->unpriced);
}

static void
put_line(struct buf *b, const struct store_report *r)
{
	char	ear[32];

	plain_put_column(b, r->key, 20);
	(void)snprintf(ear, sizeof(ear), r->ear_p50_ms == -1 ? "-" : "%lld / %lld", (long long)r->ear_p50_ms, (long long)r->ear_p95_ms);
	(void)buf_printf(b, " %6lld %8lld %7.0f%% %8.0f %6.1f %9.1f %13s %9.4f %9.4f\n", (long long)r->calls, (long long)r->answered,
	    100 * per((double)r->success, r->calls), per((double)r->duration_s, r->answered), per((double)r->turns, r->answered),
	    per((double)r->dead_air_ms / 1000, r->answered), ear, per(r->cost, r->calls), r->cost);
}

static bool
on_row(void *arg, const struct store_report *r)
{
	struct report	*rp = arg;
	struct buf	*b = &rp->ctl->out;

	rp->unpriced |= r->unpriced > 0;
	if (rp->ctl->json) {
		rp->n++;
		return add_json(rp, r);
	}
	if (rp->n++ == 0)
		(void)buf_puts(b, rp->csv ? "group,calls,answered,success,duration_s,turns,dead_air_ms,ear_p50_ms,ear_p95_ms,"
		    "cost,cost_per_call,calls_with_unpriced_usage\r\n" :
		    "                      calls answered success  seconds  turns  dead air p50 / p95 ear cost/call      cost\n");
	if (rp->csv)
		put_csv(b, r);
	else
		put_line(b, r);
	return true;
}

static int
parse_by(const char *text)
{
	int	i;

	for (i = 0; store_report_names[i] != NULL; i++)
		if (strcmp(store_report_names[i], text) == 0)
			return i;
	ctl_complain("--by %s: all, day, flow, assistant, direction, outcome or campaign", text);
	return -1;
}

static int
print(struct report *rp, int64_t since, int64_t until, int by)
{
	int	rc;

	if (!ctl_open(rp->ctl, STORE_READ))
		return CTL_FAILED;
	if (rp->ctl->json && (rp->rows = json_object_new_array()) == NULL)
		return ctl_put_json(rp->ctl, NULL);
	rc = store_each_report(rp->ctl->store, since, until, (enum store_report_by)by, on_row, rp);
	if (rc == -1 || rp->ctl->json) {
		if (rc == -1) {
			json_object_put(rp->rows);
			return ctl_done(rc);
		}
		return ctl_put_json(rp->ctl, rp->rows);
	}
	if (rp->n == 0 && !rp->csv)
		(void)buf_puts(&rp->ctl->out, "no calls in that time\n");
	if (rp->unpriced && !rp->csv)
		(void)buf_puts(&rp->ctl->out, "Some usage has no price (callctl prices).\n");
	return rp->n > 0 ? CTL_OK : CTL_NONE;
}

int
ctl_report(struct ctl *ctl, int argc, char *argv[])
{
	static const struct option	own[] = {
		{ "since", required_argument, NULL, OPT_SINCE }, { "until", required_argument, NULL, OPT_UNTIL },
		{ "by", required_argument, NULL, OPT_BY }, { "csv", no_argument, NULL, OPT_CSV },
	};
	struct report	rp = { .ctl = ctl };
	int64_t		since = clock_wall_ms() - 7 * DAY_MS, until = clock_wall_ms() + DAY_MS;
	int		c, by = STORE_BY_DAY;
	bool		ok = true;

	while (ok && (c = ctl_options(ctl, argc, argv, own, sizeof(own) / sizeof(own[0]))) != -1) {
		if (c == OPT_SINCE || c == OPT_UNTIL) {
			if (!(ok = parse_time(optarg, c == OPT_SINCE ? &since : &until)))
				ctl_complain("%s: a time is wanted: 7d, 12h, 30m, 2026-11-01 or 2026-11-01T08:00:00Z", optarg);
		} else if (c == OPT_BY)
			ok = (by = parse_by(optarg)) != -1;
		else if (c == OPT_CSV)
			rp.csv = true;
		else
			ok = false;
	}
	if (!ok || optind != argc)
		return CTL_FAILED;
	return print(&rp, since, until, by);
}

/* ---- prices ---- */

static bool
on_price(void *arg, const struct store_price *p)
{
	struct report		*rp = arg;
	struct json_object	*o;

	rp->n++;
	if (!rp->ctl->json) {
		(void)buf_printf(&rp->ctl->out, "%-16s %-24s %g for %lld\n", p->kind, p->engine[0] != '\0' ? p->engine : "(any)",
		    p->price, (long long)p->per);
		return true;
	}
	if ((o = json_object_new_object()) == NULL)
		return false;
	(void)json_add_str(o, "kind", p->kind);
	(void)json_add_str(o, "engine", p->engine);
	(void)json_add_int(o, "per", p->per);
	(void)json_add(o, "price", json_object_new_double(p->price));
	return json_object_array_add(rp->rows, o) == 0;
}

static int
set_price(struct ctl *ctl, int argc, char *argv[])
{
	static const char *const	kinds[] = { "stt_ms", "chat_in", "chat_out", "tts_chars", NULL };
	struct store_price		p = { .per = 0 };
	int				i, rc;

	for (i = 0; kinds[i] != NULL && strcmp(kinds[i], argv[1]) != 0; i++)
		continue;
	(void)snprintf(p.kind, sizeof(p.kind), "%s", argv[1]);
	(void)snprintf(p.engine, sizeof(p.engine), "%s", strcmp(argv[2], "any") == 0 ? "" : argv[2]);
	if (kinds[i] == NULL || (argc == 5 && (num_parse_double(argv[3], 0, 1e9, &p.price) == -1 ||
	    num_parse(argv[4], 1, 1000000000000LL, &p.per) == -1))) {
		ctl_complain("prices set KIND ENGINE PRICE PER: KIND is stt_ms, chat_in, chat_out or tts_chars, PRICE a number, PER how many it buys");
		return CTL_FAILED;
	}
	if (!ctl_open(ctl, STORE_WRITE))
		return CTL_FAILED;
	if ((rc = store_set_price(ctl->store, &p)) == -1 && errno == ENOENT) {
		ctl_complain("%s %s: has no price", argv[1], argv[2]);
		return CTL_NONE;
	}
	return ctl_done(rc);
}

int
ctl_prices(struct ctl *ctl, int argc, char *argv[])
{
	struct report	rp = { .ctl = ctl };
	int		rc;

	if ((argc == 5 && strcmp(argv[0], "set") == 0) || (argc == 3 && strcmp(argv[0], "remove") == 0))
		return set_price(ctl, argc, argv);
	if (argc != 0) {
		ctl_complain("prices; prices set KIND ENGINE PRICE PER; prices remove KIND ENGINE");
		return CTL_FAILED;
	}
	if (!ctl_open(ctl, STORE_READ))
		return CTL_FAILED;
	if (ctl->json && (rp.rows = json_object_new_array()) == NULL)
		return ctl_put_json(ctl, NULL);
	rc = store_each_price(ctl->store, on_price, &rp);
	if (rc == 0 && ctl->json)
		return ctl_put_json(ctl, rp.rows);
	json_object_put(rp.rows);
	if (rc == 0 && rp.n == 0)
		(void)buf_puts(&ctl->out, "no prices: callctl prices set KIND ENGINE PRICE PER\n");
	return ctl_done(rc);
}
