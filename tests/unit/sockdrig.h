/* SPDX-License-Identifier: ISC */
/*
 * sockdrig: sockd whole but for its main(), between a WebSocket client and
 * vadds and brokerds that are real buses run by the test. The clock stands
 * still unless the test moves it, so nothing depends on the machine's speed.
 */
#ifndef TESTS_UNIT_SOCKDRIG_H
#define TESTS_UNIT_SOCKDRIG_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <ev.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/token.h"
#include "sockd/call.h"
#include "sockd/life.h"
#include "sockd/loop_ev.h"
#include "sockd/orders.h"
#include "sockd/out.h"
#include "sockd/play.h"
#include "sockd/record.h"
#include "sockd/route.h"
#include "sockd/sockd.h"
#include "tests/unit/wsclient.h"

#define RIG_SECRET	"0123456789abcdef0123456789abcdef"
#define RIG_SEEN_MAX	1024

struct rig_seen { enum msg_kind kind; struct callid call; uint8_t *body; size_t len; bool fact; };
struct rig_fake {			/* a process on the other side of the bus */
	struct bus	*bus;
	struct rig_seen	*seen;		/* [RIG_SEEN_MAX] */
	size_t		 nseen;
	int		 pid, calls;
};
enum { VADD0, VADD1, BROKER0, BROKER1, RIG_NFAKES };
static const char *const rig_names[] = { "vadd.0", "vadd.1", "brokerd.0", "brokerd.1" };

static int rig_each = 2;		/* vadds, and brokerds, that are configured */

static struct {
	struct sockd		 s;
	struct daemon		 d;
	struct sockd_conf	 conf;
	struct common_conf	 common;
	struct rig_fake		 fakes[RIG_NFAKES];
	char			 dir[256];
	int64_t			 now_us, wall_ms;
	struct ev_timer		 wake;
	struct wsclient		*cl;	/* [4] */
	unsigned		 nonces;
} rig;

void
sockd_tick_wanted(struct sockd *s)
{
	(void)s;		/* the pump ticks always */
}

static void
rig_note(struct rig_fake *f, const struct bus_msg *m, bool fact)
{
	struct rig_seen	*s = &f->seen[f->nseen];

	ck_assert_uint_lt(f->nseen, RIG_SEEN_MAX);
	ck_assert_ptr_nonnull(s->body = malloc(m->len + 1));
	s->kind = m->head.kind;
	s->call = m->head.call;
	s->fact = fact;
	memcpy(s->body, m->body, m->len);
	s->len = m->len;
	f->nseen++;
}

static void
rig_on_order(void *arg, const struct bus_msg *m)
{
	rig_note(arg, m, false);
}

static void
rig_on_fact(void *arg, const struct bus_msg *m)
{
	rig_note(arg, m, true);
}

static void
rig_sockd_order(void *arg, const struct bus_msg *m)
{
	orders_take(arg, m);
}

static void
rig_sockd_peer(void *arg, struct bus_peer *p)
{
	route_peer(arg, p);
}

static const struct bus_ops rig_fake_ops = { .order = rig_on_order, .fact = rig_on_fact };
static const struct bus_ops rig_sockd_ops = { .order = rig_sockd_order, .peer = rig_sockd_peer };

static struct bus *
rig_bus(const char *name, const struct bus_ops *ops, void *arg, unsigned to)
{
	int			instances[CONF_NDAEMONS] = { 0, 1, rig_each, rig_each };
	struct bus_conf		bc = { .name = name, .run_dir = rig.dir, .mailbox_messages = 1000,
		.peer_dead_ms = 2500, .instances = instances, .order_to = to, .listen_to = to };
	char			err[256];
	struct bus		*b = bus_new(&bc, ops, arg, err, sizeof(err));

	ck_assert_msg(b != NULL, "%s", err);
	return b;
}

static void
rig_stat(struct rig_fake *f)
{
	char	text[96];
	int	n = snprintf(text, sizeof(text), "{\"pid\":%d,\"calls\":%d}", f->pid, f->calls);

	bus_fact(f->bus, MSG_STAT, NULL, text, (size_t)n);
}

static void
rig_clock(void)
{
	clock_set(rig.now_us, rig.wall_ms + rig.now_us / 1000);
}

/* Give sockets and queues a moment; then do what the loop of main.c does. */
static void
rig_pump(void)
{
	struct call	*c, *next;
	int		 i;

	(void)ev_run(loop_native(rig.d.loop), EVRUN_ONCE);
	(void)bus_dispatch(rig.s.d->bus, 256);
	for (c = rig.s.playing; c != NULL; c = next) {
		next = c->play_next;
		play_tick(c, rig.now_us);
	}
	life_housekeeping(&rig.s, rig.now_us / 1000);
	out_flush(rig.s.out);
	for (i = 0; i < RIG_NFAKES; i++) {
		if (rig.fakes[i].bus != NULL)
			(void)bus_dispatch(rig.fakes[i].bus, 256);
	}
}

#define RIG_UNTIL(cond) do {							\
	int	turns_ = 0;							\
	bool	holds_;								\
										\
	while (!(holds_ = (cond)) && turns_++ < 3000)				\
		rig_pump();							\
	ck_assert_msg(holds_, "%s", #cond);					\
} while (0)

/* Time passes in steps of 5 ms, as the tick does. */
static void
rig_advance(int ms)
{
	int	i;

	for (i = 0; i < ms; i += 5) {
		rig.now_us += 5000;
		rig_clock();
		rig_pump();
	}
}

static struct bus_peer *
rig_peer(int fake)
{
	return bus_peer_by_name(rig.d.bus, rig_names[fake]);
}

static void
rig_fake_start(int i)
{
	struct rig_fake	*f = &rig.fakes[i];
	int		 turns;

	f->bus = rig_bus(rig_names[i], &rig_fake_ops, f, 1U << CONF_SOCKD);
	f->pid += 100 + i;
	for (turns = 0; turns < 500; turns++) {
		rig_stat(f);
		rig_pump();
		if (rig_peer(i)->alive && bus_peer_at(f->bus, 0)->name[0] != '\0' && turns > 5)
			return;
	}
	ck_abort_msg("%s is not seen", rig_names[i]);
}

static void
rig_fake_kill(int i)
{
	bus_free(rig.fakes[i].bus);
	rig.fakes[i].bus = NULL;
	RIG_UNTIL(!rig_peer(i)->alive);
}

static void
rig_nothing(struct ev_loop *l, struct ev_timer *t, int revents)
{
	(void)l;
	(void)t;
	(void)revents;
}

static void
rig_setup(void)
{
	struct ws_conf	 wc = { .host = "127.0.0.1", .path = "/socket", .max_conns = 64 };
	const char	*tmp = getenv("TMPDIR");
	struct conf_error cerr;
	char		 err[256];
	int		 i;

	memset(&rig, 0, sizeof(rig));
	log_open("test", LOG_LVL_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
	(void)snprintf(rig.dir, sizeof(rig.dir), "%s/sockdrig.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(rig.dir));
	rig.now_us = 1000000000;
	rig.wall_ms = clock_wall_ms();
	rig_clock();
	ck_assert_int_eq(conf_defaults(sockd_options, &rig.conf, &cerr), 0);
	rig.conf.token_secret = strdup(RIG_SECRET);
	rig.conf.max_calls = 3;
	rig.d.loop = loop_new(&loop_libev);
	rig.d.conf = &rig.conf;
	rig.d.common = &rig.common;
	rig.d.state = rig.s.d = &rig.d;
	rig.s.conf = &rig.conf;
	rig.d.bus = rig_bus("sockd.0", &rig_sockd_ops, &rig.s, 1U << CONF_VADD | 1U << CONF_BROKERD);
	ck_assert_ptr_nonnull(rig.s.out = out_new(rig.d.bus, &rig.s.n.frames_audio_lost));
	ck_assert_ptr_nonnull(rig.s.tokens = token_seen_new(64));
	ck_assert_ptr_nonnull(rig.s.ws = ws_new(loop_native(rig.d.loop), &wc, &life_ws_ops, &rig.s, err, sizeof(err)));
	ck_assert_ptr_nonnull(rig.cl = calloc(4, sizeof(*rig.cl)));
	ev_timer_init(&rig.wake, rig_nothing, 0.001, 0.001);
	ev_timer_start(loop_native(rig.d.loop), &rig.wake);
	for (i = 0; i < 4; i++)
		rig.cl[i].fd = -1;
	for (i = 0; i < RIG_NFAKES; i++)
		ck_assert_ptr_nonnull(rig.fakes[i].seen = calloc(RIG_SEEN_MAX, sizeof(struct rig_seen)));
}

static void
rig_teardown(void)
{
	char		 path[600];
	struct dirent	*e;
	DIR		*d;
	int		 i;

	rig.s.stopping = true;
	ws_free(rig.s.ws);
	recorder_free(rig.s.recorder);
	out_free(rig.s.out);
	token_seen_free(rig.s.tokens);
	bus_free(rig.d.bus);
	for (i = 0; i < RIG_NFAKES; i++) {
		bus_free(rig.fakes[i].bus);
		while (rig.fakes[i].nseen > 0)
			free(rig.fakes[i].seen[--rig.fakes[i].nseen].body);
		free(rig.fakes[i].seen);
	}
	for (i = 0; i < 4; i++)
		wsclient_close(&rig.cl[i]);
	free(rig.cl);
	ev_timer_stop(loop_native(rig.d.loop), &rig.wake);
	loop_free(rig.d.loop);
	conf_clear(sockd_options, &rig.conf);
	clock_set(-1, -1);
	ck_assert_ptr_nonnull(d = opendir(rig.dir));
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", rig.dir, e->d_name);
		if (e->d_name[0] != '.')
			(void)unlink(path);
	}
	(void)closedir(d);
	(void)rmdir(rig.dir);
}

/* ---- the far end ---- */

static char *
rig_target(const char *call, unsigned ttl_s)
{
	static char	 target[256];
	char		 token[TOKEN_SIZE];
	struct callid	 id;

	ck_assert_int_eq(callid_parse(call, &id), 0);
	ck_assert_int_eq(token_make(RIG_SECRET, strlen(RIG_SECRET), &id, clock_wall_ms(), ttl_s, token), 0);
	(void)snprintf(target, sizeof(target), "/socket?uuid=%s&t=%s", call, token);
	return target;
}

/* Returns the HTTP status. */
static int
rig_open(int client, const char *target)
{
	struct wsclient	*c = &rig.cl[client];

	wsclient_close(c);
	wsclient_open(c, ws_port(rig.s.ws), target, WSCLIENT_UPGRADE);
	RIG_UNTIL((wsclient_read(c), c->status != 0));
	return c->status;
}

static void
rig_connected(int client, int rate_hz)
{
	char	text[256];

	(void)snprintf(text, sizeof(text), "{\"event\":\"websocket:connected\",\"content-type\":\"audio/l16;rate=%d\","
	    "\"from\":\"4471\",\"to\":\"4472\",\"assistant\":\"demo\",\"lang\":\"en\",\"name\":\"Ann\"}", rate_hz);
	wsclient_text(&rig.cl[client], text);
}

static struct call *
rig_call(const char *text)
{
	struct callid	id;

	ck_assert_int_eq(callid_parse(text, &id), 0);
	return call_find(&rig.s, &id);
}

static uint64_t
rig_frames(void)
{
	return rig.s.n.frames_in + rig.s.n.frames_bad + rig.s.n.frames_early;
}

/* One frame of the caller, its samples all value; 20 ms pass. */
static void
rig_frame(int client, int rate_hz, int16_t value)
{
	int16_t		pcm[AUDIO_FRAME_SAMPLES_MAX];
	uint64_t	before = rig_frames();
	int		i;

	for (i = 0; i < rate_hz / 50; i++)
		pcm[i] = value;
	wsclient_send(&rig.cl[client], 0x82, pcm, (size_t)rate_hz / 50 * 2);
	RIG_UNTIL(rig_frames() > before);
	rig_advance(20);
}

/* The next message of an opcode; other kinds are passed over. */
static bool
rig_got(int client, int op)
{
	int	got;

	while ((got = wsclient_next(&rig.cl[client])) != 0) {
		if (got == op)
			return true;
	}
	return false;
}

/* ---- the processes ---- */

/* The nth (from 0) message of a kind that a fake got; NULL: not so many. */
static struct rig_seen *
rig_nth(int fake, enum msg_kind kind, size_t n)
{
	struct rig_fake	*f = &rig.fakes[fake];
	size_t		 i;

	for (i = 0; i < f->nseen; i++) {
		if (f->seen[i].kind == kind && n-- == 0)
			return &f->seen[i];
	}
	return NULL;
}

static size_t
rig_count(int fake, enum msg_kind kind)
{
	size_t	n = 0;

	while (rig_nth(fake, kind, n) != NULL)
		n++;
	return n;
}

/* Wait for the nth message of a kind and decode it. */
static void
rig_take(int fake, enum msg_kind kind, size_t n, void *fields)
{
	struct rig_seen	*s = NULL;

	RIG_UNTIL((s = rig_nth(fake, kind, n)) != NULL);
	ck_assert_int_eq(msg_decode(kind, s->body, s->len, fields), 0);
}

static void
rig_order(int fake, enum msg_kind kind, const char *call, const void *fields)
{
	struct callid	id;
	struct bus_peer	*to = bus_peer_by_name(rig.fakes[fake].bus, "sockd.0");
	uint64_t	 sent = 0;

	ck_assert_int_eq(callid_parse(call, &id), 0);
	(void)sent;
	RIG_UNTIL(bus_order_json(rig.fakes[fake].bus, to, kind, &id, fields) == BUS_OK);
}

static int64_t
rig_claim(int fake, size_t nth_offer, const char *call)
{
	struct msg_offer	offer;
	struct msg_claim	claim;
	uint64_t		before = rig.s.n.claims + rig.s.n.claims_stale;

	rig_take(fake, MSG_CALL_OFFER, nth_offer, &offer);
	claim.gen = offer.gen;
	rig_order(fake, MSG_CALL_CLAIM, call, &claim);
	RIG_UNTIL(rig.s.n.claims + rig.s.n.claims_stale > before);
	return offer.gen;
}

/* A live call of 8 kHz on client 0, claimed by brokerd.0, heard by vadd.0; returns its generation. */
static int64_t
rig_live(const char *call)
{
	ck_assert_int_eq(rig_open(0, rig_target(call, 60)), 101);
	rig_connected(0, 8000);
	RIG_UNTIL(rig_call(call) != NULL);
	return rig_claim(BROKER0, 0, call);
}

static void
rig_play(int fake, const char *call, int64_t gen, uint32_t epoch, uint64_t offset, size_t nsamples, bool last)
{
	static int16_t	 pcm[24000];
	struct msg_play	 p = { .flags = last ? MSG_PLAY_LAST_PIECE : 0, .gen = (uint64_t)gen, .epoch = epoch,
		.turn = epoch, .rate_hz = 8000, .offset = offset, .pcm_len = (uint32_t)nsamples * 2, .pcm = pcm };
	struct bus_peer	*to = bus_peer_by_name(rig.fakes[fake].bus, "sockd.0");
	struct callid	 id;
	struct buf	 body;
	uint64_t	 before = rig.s.n.plays + rig.s.n.orders_unknown_call;
	size_t		 i;

	for (i = 0; i < nsamples; i++)
		pcm[i] = (int16_t)(offset + i + 1);
	buf_init(&body, MSG_BODY_MAX);
	ck_assert_int_eq(msg_play_encode(&p, &body), 0);
	ck_assert_int_eq(callid_parse(call, &id), 0);
	RIG_UNTIL(bus_order(rig.fakes[fake].bus, to, MSG_PLAY, &id, body.data, body.len) == BUS_OK);
	buf_clear(&body);
	RIG_UNTIL(rig.s.n.plays + rig.s.n.orders_unknown_call > before);
}

/* The helpers that a test file does not use. */
static inline void
rig_unused(void)
{
	(void)rig_frame;
	(void)rig_got;
	(void)rig_count;
	(void)rig_live;
	(void)rig_play;
	(void)rig_fake_kill;
	(void)rig_setup;
	(void)rig_teardown;
	(void)rig_fake_start;
}

#endif
