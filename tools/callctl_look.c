/* SPDX-License-Identifier: ISC */
#include "tools/callctl_stat.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "tools/spectate.h"

struct looking {
	struct spectate	 sp;
	struct look	*look;
	int64_t		 end_mono_ms;
};

static const char *const drops[] = {
	/* sockd */
	"frames_dropped", "frames_audio_lost", "frames_early_dropped", "frames_bad", "text_not_sent",
	"plays_refused_full", "record_failed", "owners_lost", "vadds_lost",
	/* vadd */
	"frames_lost", "frames_late", "utt_lost",
	/* webhookd */
	"commit_failed", "hangups_failed", "connections_refused", "reconnects_given_up", "store_failed",
	/* brokerd */
	"failed",
	/* the bus of each */
	"bus_orders_full", "bus_orders_failed", "bus_refused",
	NULL
};
static const char *const queues[] = { "utt_kept", "in_flight", "store_queued", NULL };

static int64_t
sum(struct json_object *stat, const char *const *names)
{
	int64_t	v, total = 0;

	for (; *names != NULL; names++)
		if (json_get_int(stat, *names, 0, INT32_MAX, &v) == 1)
			total += v;
	return total;
}

int64_t
look_drops(struct json_object *stat)
{
	return sum(stat, drops);
}

int64_t
look_queue(struct json_object *stat)
{
	struct json_object		*engines = json_get_obj(stat, "engines"), *one;
	struct json_object_iterator	 it, end;
	int64_t				 v, total = sum(stat, queues);

	if (engines == NULL)
		return total;
	end = json_object_iter_end(engines);
	for (it = json_object_iter_begin(engines); !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		one = json_object_iter_peek_value(&it);
		if (json_object_is_type(one, json_type_object) && json_get_int(one, "waiting", 0, INT32_MAX, &v) == 1)
			total += v;
	}
	return total;
}

static struct look_daemon *
daemon_named(struct look *l, const char *name)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		if (strcmp(l->daemons[i].name, name) == 0)
			return &l->daemons[i];
	return NULL;
}

static void
on_fact(void *arg, const struct bus_msg *msg)
{
	struct looking		*k = arg;
	struct look_daemon	*d = daemon_named(k->look, msg->head.from);
	struct json_object	*o;

	if (d == NULL || msg->head.kind != MSG_STAT || (o = json_parse(msg->body, msg->len, NULL)) == NULL)
		return;
	json_object_put(d->stat);
	d->stat = o;
	d->running = true;
}

static void
on_tick(void *arg)
{
	struct looking	*k = arg;
	size_t		 i;
	bool		 all = true;

	for (i = 0; i < k->look->n; i++)
		all = all && (!k->look->daemons[i].running || k->look->daemons[i].stat != NULL);
	if (all || clock_mono_ms() >= k->end_mono_ms)
		loop_stop(k->sp.loop);
}

static int
list_daemons(struct looking *k)
{
	struct bus_peer	*p;
	size_t		 n = 0;

	while (bus_peer_at(k->sp.bus, n) != NULL)
		n++;
	if ((k->look->daemons = mem_calloc(n + 1, sizeof(*k->look->daemons))) == NULL)
		return -1;
	for (k->look->n = 0; k->look->n < n; k->look->n++) {
		p = bus_peer_at(k->sp.bus, k->look->n);
		memcpy(k->look->daemons[k->look->n].name, p->name, sizeof(p->name));
		k->look->daemons[k->look->n].running = spectate_expected(&k->sp, p);
	}
	return 0;
}

int
look_around(struct ctl *ctl, struct look *ret)
{
	static const struct bus_ops	ops = { .fact = on_fact };
	struct looking			k = { .look = ret };
	char				err[1024];
	int				rc = -1;

	*ret = (struct look){ NULL, 0 };
	if (spectate_open(&k.sp, ctl->conf_path, NULL, &ops, &k, err, sizeof(err)) == -1)
		ctl_complain("%s", err);
	else if (list_daemons(&k) == -1)
		ctl_complain("out of memory");
	else {
		k.sp.on_tick = on_tick;
		k.end_mono_ms = clock_mono_ms() + k.sp.common.peer_dead_ms;
		rc = spectate_run(&k.sp);
	}
	spectate_close(&k.sp);
	return rc;
}

void
look_clear(struct look *l)
{
	size_t	i;

	for (i = 0; i < l->n; i++)
		json_object_put(l->daemons[i].stat);
	free(l->daemons);
	*l = (struct look){ NULL, 0 };
}
