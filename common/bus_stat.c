/* SPDX-License-Identifier: ISC */
/* The bus' part of a stat. */
#include "common/bus_impl.h"
#include "common/json.h"

static const char *const count_names[NCOUNTS] = {
	[COUNT_SENT] = "sent", [COUNT_FULL] = "full", [COUNT_GONE] = "gone", [COUNT_FAILED] = "failed",
};

static uint64_t
orders(const struct bus *b, int count)
{
	uint64_t	sum = 0;
	int		k;

	for (k = 0; k < MSG_NKINDS; k++)
		sum += b->n.orders[k][count];
	return sum;
}

static void
add_totals(const struct bus *b, struct json_object *stat)
{
	const struct { const char *name; uint64_t value; } rows[] = {
		{ "bus_orders_sent", orders(b, COUNT_SENT) }, { "bus_orders_full", orders(b, COUNT_FULL) },
		{ "bus_orders_gone", orders(b, COUNT_GONE) }, { "bus_orders_failed", orders(b, COUNT_FAILED) },
		{ "bus_orders_received", b->n.received_orders }, { "bus_order_gaps", b->n.order_gaps },
		{ "bus_facts_sent", b->n.facts_sent }, { "bus_facts_failed", b->n.facts_failed },
		{ "bus_facts_received", b->n.received_facts }, { "bus_fact_gaps", b->n.fact_gaps },
		{ "bus_refused", b->n.refused }, { "bus_topics_refused", b->topics.refused },
	};
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		(void)json_add_int(stat, rows[i].name, (int64_t)rows[i].value);
}

/* Only what happened at all: {"sent":812,"full":3}; NULL when nothing did. */
static struct json_object *
kind_row(const uint64_t counts[NCOUNTS])
{
	struct json_object	*row = NULL;
	int			 c;

	for (c = 0; c < NCOUNTS; c++) {
		if (counts[c] == 0 || (row == NULL && (row = json_object_new_object()) == NULL))
			continue;
		(void)json_add_int(row, count_names[c], (int64_t)counts[c]);
	}
	return row;
}

static void
add_kinds(const struct bus *b, struct json_object *stat)
{
	struct json_object	*kinds = json_object_new_object(), *row;
	int			 k;

	for (k = 0; k < MSG_NKINDS && kinds != NULL; k++)
		if ((row = kind_row(b->n.orders[k])) != NULL)
			(void)json_add(kinds, msg_kind_name((enum msg_kind)k), row);
	(void)json_add(stat, "bus_orders", kinds);
}

static void
add_gaps(const struct bus *b, struct json_object *stat)
{
	struct json_object	*gaps = json_object_new_object();
	size_t			 i;

	for (i = 0; i < b->npeers && gaps != NULL; i++)
		if (b->peers[i].gaps > 0)
			(void)json_add_int(gaps, b->peers[i].pub.name, (int64_t)b->peers[i].gaps);
	(void)json_add(stat, "bus_gaps", gaps);
}

void
bus_stat(const struct bus *b, struct json_object *stat)
{
	(void)json_add_int(stat, "boot", b->boot);
	add_totals(b, stat);
	add_kinds(b, stat);
	add_gaps(b, stat);
}
