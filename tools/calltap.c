/* SPDX-License-Identifier: ISC */
/*
 * calltap: hears the facts of all daemons (calltap(1)). An ordinary listener
 * of the bus: it changes nothing in the system that it looks at.
 */
#include "tools/calltap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "tools/calltap_line.h"
#include "tools/pick.h"
#include "tools/plain.h"

#define LINE_MAX_LEN	(2u * MSG_BODY_MAX)

struct tap {
	struct tap_options opt;
	struct spectate	 sp;
	struct callid	 call;		/* "" all */
	struct audio	 audio;
	struct turns	 turns;
	struct buf	 line;
	int64_t		 count, end_mono_ms;	/* end: -1 none */
	bool		 colour, ready, probed, bad;
	unsigned	 stats[CONF_NDAEMONS][64];	/* heard since the last subscription */
};

static void
finish(struct tap *t)
{
	loop_stop(t->sp.loop);
}

/* ---- readiness ---- */

/*
 * A stat that came after the probe proves that its sender has read all
 * subscriptions before it: it is sent at once to whoever subscribes to stat.
 */
static bool
all_heard(struct tap *t)
{
	struct bus_peer	*p;
	size_t		 i;

	for (i = 0; (p = bus_peer_at(t->sp.bus, i)) != NULL; i++)
		if (t->stats[p->daemon][p->instance] == 0 && spectate_expected(&t->sp, p))
			return false;
	return true;
}

static void
look_ready(struct tap *t)
{
	if (t->ready || !all_heard(t))
		return;
	if (!t->probed) {
		t->probed = true;
		memset(t->stats, 0, sizeof(t->stats));
		(void)bus_subscribe(t->sp.bus, MSG_STAT, NULL);
		return;
	}
	t->ready = true;
	if (t->opt.ready_fd == -1)
		return;
	(void)!write((int)t->opt.ready_fd, "\n", 1);
	(void)close((int)t->opt.ready_fd);
}

/* ---- facts ---- */

static bool
is_wanted(const struct tap *t, const struct bus_msg *msg)
{
	if ((t->opt.kinds & UINT64_C(1) << msg->head.kind) == 0)
		return false;
	return t->call.text[0] == '\0' || msg->head.kind == MSG_STAT || callid_equal(&t->call, &msg->head.call);
}

static void
print(struct tap *t, const struct bus_msg *msg)
{
	uint64_t	over = t->turns.over;

	buf_reset(&t->line);
	if (t->opt.json)
		line_json(&t->line, clock_wall_ms(), msg);
	else if (t->opt.turns)
		turns_fact(&t->turns, clock_wall_ms(), msg, &t->line);
	else
		line_text(&t->line, clock_wall_ms(), msg, t->colour);
	if (t->line.len > 0 && (t->opt.json || !t->opt.turns))
		(void)buf_putc(&t->line, '\n');
	if (fwrite(t->line.data, 1, t->line.len, stdout) != t->line.len || fflush(stdout) == EOF) {
		(void)fprintf(stderr, "calltap: standard output: %s\n", strerror(errno));
		t->bad = true;
		finish(t);
		return;
	}
	t->count += t->opt.turns && !t->opt.json ? t->turns.over != over : 1;
	if (t->opt.count != 0 && t->count >= t->opt.count)
		finish(t);
}

static void
on_fact(void *arg, const struct bus_msg *msg)
{
	struct tap		*t = arg;
	struct bus_peer		*p;

	if (msg->head.kind == MSG_STAT && (p = bus_peer_by_name(t->sp.bus, msg->head.from)) != NULL) {
		t->stats[p->daemon][p->instance]++;
		look_ready(t);
	}
	if (!is_wanted(t, msg) || (t->opt.count != 0 && t->count >= t->opt.count))
		return;
	if (!t->opt.audio) {
		print(t, msg);
		return;
	}
	audio_fact(&t->audio, msg);
	if (t->audio.state == AUDIO_OVER || t->audio.state == AUDIO_FAILED)
		finish(t);
}

static void
on_tick(void *arg)
{
	struct tap	*t = arg;

	look_ready(t);
	if (t->opt.audio) {
		audio_tick(&t->audio);
		if (t->audio.state == AUDIO_OVER)
			finish(t);
	}
	if (t->end_mono_ms >= 0 && clock_mono_ms() >= t->end_mono_ms)
		finish(t);
}

static const struct bus_ops tap_ops = { .fact = on_fact };

/* ---- start and end ---- */

/* The database is asked when it can be read; otherwise CALL must be a whole id. */
static int
choose_call(struct tap *t)
{
	struct store_call	 c;
	struct store		*s;
	char			 err[512];
	int			 rc = 0;

	if (t->opt.call == NULL)
		return 0;
	if ((s = store_open(t->sp.common.database, STORE_READ, err, sizeof(err))) != NULL) {
		rc = pick_call(s, t->opt.call, &c, err, sizeof(err));
		store_close(s);
	}
	if (rc == 1 && t->opt.audio && strcmp(c.state, "ended") == 0) {
		(void)fprintf(stderr, "calltap: call %s has ended: its recording is told by callctl show\n", c.id.text);
		return -1;
	}
	if (rc == 1)
		t->call = c.id;
	else if (strcmp(t->opt.call, "last") == 0 || callid_parse(t->opt.call, &t->call) == -1) {
		(void)fprintf(stderr, "calltap: -c %s: %s\n", t->opt.call, err);
		return -1;
	}
	return 0;
}

static int
subscribe(struct tap *t)
{
	const struct callid	*call;
	int			 k;

	for (k = 0; k < MSG_NKINDS; k++) {
		if ((t->opt.kinds & UINT64_C(1) << k) == 0)
			continue;
		call = t->call.text[0] != '\0' && k != MSG_STAT ? &t->call : NULL;
		if (bus_subscribe(t->sp.bus, (enum msg_kind)k, call) == -1)
			return -1;
	}
	return 0;
}

static int
start(struct tap *t)
{
	char	err[1024];

	t->colour = !t->opt.no_color && plain_colour_wanted(STDOUT_FILENO);
	t->end_mono_ms = t->opt.seconds > 0 ? clock_mono_ms() + t->opt.seconds * 1000 : -1;
	buf_init(&t->line, LINE_MAX_LEN);
	if (spectate_open(&t->sp, t->opt.conf_path, t->opt.run_dir, &tap_ops, t, err, sizeof(err)) == -1) {
		(void)fprintf(stderr, "calltap: %s\n", err);
		return -1;
	}
	t->sp.on_tick = on_tick;
	if (choose_call(t) == -1)
		return -1;
	turns_init(&t->turns, t->colour, t->call.text[0] == '\0');
	if (t->opt.audio && audio_open(&t->audio, t->opt.form, t->opt.audio_path) == -1) {
		(void)fprintf(stderr, "calltap: %s: %s\n", t->opt.audio_path, strerror(errno));
		return -1;
	}
	if (subscribe(t) == 0)
		return 0;
	(void)fprintf(stderr, "calltap: cannot subscribe: %s\n", strerror(errno));
	return -1;
}

static int
end_audio(struct tap *t)
{
	struct mix_stats	st;

	if (audio_close(&t->audio, &st) == -1) {
		(void)fprintf(stderr, "calltap: %s: %s\n", t->opt.audio_path, strerror(errno));
		return TAP_FAILED;
	}
	if (!t->audio.out.begun) {
		(void)fprintf(stderr, "calltap: no audio of call %s was heard\n", t->call.text);
		return TAP_FAILED;
	}
	if (st.late + st.jumps + t->audio.refused > 0)
		(void)fprintf(stderr, "calltap: pieces too late %llu, gaps cut out %llu, refused %llu\n",
		    (unsigned long long)st.late, (unsigned long long)st.jumps,
		    (unsigned long long)t->audio.refused);
	return TAP_OK;
}

int
main(int argc, char *argv[])
{
	static struct tap	t;
	int			rc;

	if ((rc = tap_parse(argc, argv, &t.opt)) != 0)
		return rc - 1;
	t.audio.out.fd = -1;
	rc = TAP_USAGE;
	if (start(&t) == 0) {
		rc = spectate_run(&t.sp) == -1 || t.bad ? TAP_FAILED : TAP_OK;
		if (t.opt.audio && rc == TAP_OK)
			rc = end_audio(&t);
		else if (t.opt.count != 0 && t.count < t.opt.count)
			rc = TAP_FAILED;
	}
	spectate_close(&t.sp);
	buf_clear(&t.line);
	return rc;
}
