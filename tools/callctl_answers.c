/* SPDX-License-Identifier: ISC */
/* callctl answers: what people answered to the questions of flows. */
#include "tools/callctl.h"

#include <getopt.h>
#include <stdio.h>

#include "common/clock.h"
#include "common/csv.h"
#include "common/store_flow.h"
#include "tools/plain.h"

#define ANSWER_COLUMNS	60

enum { OPT_FLOW = 2000, OPT_CSV };

struct answers {
	struct ctl		*ctl;
	struct json_object	*rows;		/* --json */
	bool			 csv;
	int64_t			 n;
};

static bool
add_json(struct answers *l, const struct store_answer *a)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return false;
	(void)json_add_str(o, "call", a->call.text);
	store_json_add_text(o, "number", a->person);
	(void)json_add_str(o, "flow", a->flow);
	(void)json_add_str(o, "question", a->name);
	(void)json_add_str(o, "answer", a->value);
	store_json_add_text(o, "how", a->how);
	store_json_add_text(o, "confidence", a->confidence);
	store_json_add_time(o, "at", a->at);
	if (json_object_array_add(l->rows, o) == 0)
		return true;
	json_object_put(o);
	return false;
}

static void
put_csv(struct buf *b, const struct store_answer *a)
{
	const char	*fields[] = { a->call.text, a->person, a->flow, a->name, a->value, a->how, a->confidence };
	char		 when[CLOCK_ISO_SIZE];
	size_t		 i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		csv_put(b, fields[i]);
		(void)buf_putc(b, ',');
	}
	(void)buf_printf(b, "%s\r\n", clock_iso(a->at, when));
}

static void
put_row(struct buf *b, const struct store_answer *a)
{
	char	when[CTL_TIME_SIZE];

	plain_put_column(b, a->call.text, 13);
	(void)buf_printf(b, " %-19s  ", ctl_time(a->at, when));
	plain_put_column(b, a->person[0] != '\0' ? a->person : "-", 15);
	(void)buf_putc(b, ' ');
	plain_put_column(b, a->flow, 17);
	(void)buf_putc(b, ' ');
	plain_put_column(b, a->name, 12);
	(void)buf_putc(b, ' ');
	plain_put_column(b, a->how, 6);
	(void)buf_putc(b, ' ');
	(void)plain_put_cut(b, a->value, ANSWER_COLUMNS);
	(void)buf_putc(b, '\n');
}

static bool
on_answer(void *arg, const struct store_answer *a)
{
	struct answers	*l = arg;
	struct buf	*b = &l->ctl->out;

	l->n++;
	if (l->ctl->json)
		return add_json(l, a);
	if (l->csv) {
		put_csv(b, a);
		return true;
	}
	if (l->n == 1)
		(void)buf_printf(b, "%scall          at                   number          flow              question     how    answer%s\n",
		    plain_sgr(l->ctl->colour, PLAIN_DIM), plain_sgr(l->ctl->colour, PLAIN_OFF));
	put_row(b, a);
	return true;
}

static int
print(struct answers *l, const char *id, const char *flow)
{
	struct store_call	c;
	int			rc;

	if (!ctl_open(l->ctl, STORE_READ))
		return CTL_FAILED;
	if (id != NULL && (rc = ctl_pick(l->ctl, id, &c)) != CTL_OK)
		return rc;
	if (l->ctl->json && (l->rows = json_object_new_array()) == NULL)
		return ctl_put_json(l->ctl, NULL);
	if (l->csv)
		(void)buf_puts(&l->ctl->out, "call,number,flow,question,answer,how,confidence,at\r\n");
	rc = id != NULL ? store_each_answer(l->ctl->store, &c.id, on_answer, l) :
	    store_each_answer_of_flow(l->ctl->store, flow, on_answer, l);
	if (rc == 0 && l->ctl->json)
		return ctl_put_json(l->ctl, l->rows);
	json_object_put(l->rows);
	if (rc == 0 && l->n == 0)
		(void)fprintf(stderr, "no answers\n");
	return ctl_done(rc);
}

int
ctl_answers(struct ctl *ctl, int argc, char *argv[])
{
	static const struct option	own[] = {
		{ "flow", required_argument, NULL, OPT_FLOW }, { "csv", no_argument, NULL, OPT_CSV },
	};
	struct answers	 l = { .ctl = ctl };
	const char	*flow = NULL;
	int		 c;

	while ((c = ctl_options(ctl, argc, argv, own, sizeof(own) / sizeof(own[0]))) != -1) {
		if (c == OPT_FLOW)
			flow = optarg;
		else if (c == OPT_CSV)
			l.csv = true;
		else
			return CTL_FAILED;
	}
	if (argc - optind > (flow == NULL ? 1 : 0) || (l.csv && ctl->json)) {
		(void)fprintf(stderr, "usage: callctl answers [ID | --flow F] [--csv | --json]\n");
		return CTL_FAILED;
	}
	return print(&l, optind < argc ? argv[optind] : NULL, flow);
}
