/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/audio.h"
#include "common/log.h"
#include "common/mem.h"
#include "vadd/table.h"
#include "vadd/keep.h"

/* ---- what was told to whom ---- */

static struct {
	char			 text[4096];	/* "speech.start brokerd.0 sockd.0 utt=1 gen=5; ..." */
	bool			 deaf;		/* refuse utterances */
	struct msg_utterance	 utt;		/* the last, without PCM */
	struct msg_speech	 speech;	/* the last */
	size_t			 pcm_len;
} told;

static void __attribute__((format(printf, 1, 2)))
tell(const char *fmt, ...)
{
	size_t	 n = strlen(told.text);
	va_list	 ap;

	va_start(ap, fmt);
	ck_assert_int_lt(vsnprintf(told.text + n, sizeof(told.text) - n, fmt, ap), (int)(sizeof(told.text) - n));
	va_end(ap);
}

static void
on_speech(void *arg, enum msg_kind kind, const struct callid *call, const char *owner,
    const char *sockd, const struct msg_speech *m)
{
	static const char *const	 names[MSG_NKINDS] = {
		[MSG_SPEECH_START] = "start", [MSG_SPEECH_PAUSE] = "pause",
		[MSG_SPEECH_RESUME] = "resume", [MSG_SPEECH_END] = "end",
		[MSG_SPEECH_CONFIRM] = "confirm", [MSG_SPEECH_WITHDRAW] = "withdraw"
	};

	(void)arg;
	(void)call;
	told.speech = *m;
	tell("%s(%s,%s) utt=%d gen=%d; ", names[kind], owner, sockd, (int)m->utt, (int)m->gen);
}

static bool
on_utterance(void *arg, const struct callid *call, const char *owner, const struct msg_utterance *m)
{
	(void)arg;
	(void)call;
	if (told.deaf)
		return false;
	told.utt = *m;
	told.pcm_len = m->pcm_len;
	tell("utterance(%s) utt=%u gen=%d%s%s%s%s; ", owner, m->utt, (int)m->gen,
	    m->flags & MSG_UTT_CAPPED ? " capped" : "", m->flags & MSG_UTT_AGAIN ? " again" : "",
	    m->flags & MSG_UTT_LAST ? " last" : "", m->flags & MSG_UTT_ASIDE ? " aside" : "");
	return true;
}

static void
on_lost(void *arg, const struct callid *call, const struct msg_utt *m)
{
	(void)arg;
	(void)call;
	tell("lost utt=%d gen=%d; ", (int)m->utt, (int)m->gen);
}

static const struct table_ops ops = { on_speech, on_utterance, on_lost };

#define ck_told(expected) do {				\
	ck_assert_str_eq(told.text, expected);		\
	told.text[0] = '\0';				\
} while (0)

/* ---- a table and calls in it ---- */

static struct table_conf conf = {		/* setup() puts the profiles in */
	.max_calls = 3, .gap_ms = 200, .stall_ms = 1500,
	.idle_ms = 60000, .resend_ms = 5000, .keep_ms = 10000, .keep_total_mb = 8, .end_keep_ms = 30000
};
static int		 null_fd = -1;		/* where the log goes */
static struct table	*c;
static int64_t		 now;
static uint64_t		 clock_frames;		/* of stream 7 */
static bool		 playing;		/* the bot is heard in it */
static const struct callid id = { "call-1" };

static void
setup(void)
{
	log_open("test", LOG_LVL_ERROR, null_fd);
	memset(&told, 0, sizeof(told));
	now = 1000;
	clock_frames = 0;
	playing = false;
	profile_set_init(&conf.profiles);
	ck_assert_ptr_nonnull(c = table_new(&conf, &ops, NULL));
}

static void
teardown(void)
{
	table_free(c);
}

static enum table_result
route(const char *call, const char *owner, int64_t gen, int64_t stream)
{
	struct msg_route	 m = { .gen = gen, .stream = stream, .rate_hz = 8000,
	    .clock_ms = (int64_t)clock_frames * 20 };
	struct callid		 cid;

	ck_assert_int_eq(callid_parse(call, &cid), 0);
	(void)snprintf(m.owner, sizeof(m.owner), "%s", owner);
	return table_route(c, &cid, "sockd.0", &m, now);
}

/* One frame of stream 7 at the current position: a quiet room, or a voice whose vowels change. */
static enum table_result
frame(bool voice)
{
	int16_t			 pcm[160];
	struct msg_audio_frame	 f = { .stream = 7, .seq = (uint32_t)clock_frames, .flags = playing ? MSG_AUDIO_PLAYING : 0,
	    .start = clock_frames * 160, .pcm_len = sizeof(pcm), .pcm = pcm };
	double			 t, f0, turns, hz, v;
	int			 i;

	for (i = 0; i < 160; i++) {
		t = (double)(f.start + (uint64_t)i) / 8000;
		v = (double)(((uint32_t)(f.start + (uint64_t)i) * 2654435761U) >> 16) / 65536 * 16 - 8;
		f0 = 140 + 10 * sin(9 * t);
		turns = 140 * t - 10 / 9.0 * cos(9 * t);	/* the integral of f0 */
		for (hz = f0; voice && hz < 3000; hz += f0)
			v += (0.55 - 0.45 * cos(25 * t)) * 1800 * sin(6.283185307179586 * hz / f0 * turns) /
			    (1 + pow((hz - 650 - 300 * sin(11 * t)) / 200, 2));
		pcm[i] = (int16_t)lrint(v);
	}
	clock_frames++;
	now += 20;
	return table_audio(c, "sockd.0", &f, now);
}

static void
frames(unsigned quiet, unsigned voice, unsigned quiet_after)
{
	while (quiet-- > 0)
		ck_assert_int_eq(frame(false), TABLE_OK);
	while (voice-- > 0)
		ck_assert_int_eq(frame(true), TABLE_OK);
	while (quiet_after-- > 0)
		ck_assert_int_eq(frame(false), TABLE_OK);
}

static void
wait_ms(int64_t ms)
{
	for (; ms > 0; ms -= 100) {
		now += 100;
		table_tick(c, now);
	}
}

static enum table_result
ack(int64_t gen, int64_t utt)
{
	struct msg_utt	 m = { .gen = gen, .utt = utt };

	return table_ack(c, &id, &m);
}

static enum table_result
end_for(int64_t gen, const char *reason)
{
	struct msg_end	 m = { .gen = gen };

	(void)snprintf(m.reason, sizeof(m.reason), "%s", reason);
	return table_end(c, &id, &m, now);
}

static enum table_result
end(int64_t gen)
{
	return end_for(gen, "closed");
}

/* ---- tests ---- */

START_TEST(speech_is_told_to_owner_and_sockd_and_kept_until_acknowledged)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 50);
	ck_told("start(brokerd.0,sockd.0) utt=1 gen=5; pause(brokerd.0,) utt=1 gen=5; "
	    "end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; ");
	ck_assert_uint_ge(told.utt.speech_start_ms, 1960);
	ck_assert_uint_le(told.utt.speech_start_ms, 2040);
	ck_assert_uint_le(told.utt.start_ms, 2000);
	ck_assert_uint_ge(told.utt.speech_end_ms, 2780);
	ck_assert_uint_le(told.utt.speech_end_ms, 2980);
	/* 200 ms past the detector's end, which is up to 200 ms behind the voice's. */
	ck_assert_uint_ge(told.utt.pcm_len, (told.utt.speech_end_ms + 200 - told.utt.start_ms) * 16);
	ck_assert_uint_le(told.utt.pcm_len, (told.utt.speech_end_ms + 400 - told.utt.start_ms) * 16);
	ck_assert_uint_eq(table_counters(c)->kept, 1);
	ck_assert_uint_eq(table_counters(c)->kept_bytes, told.pcm_len);
	ck_assert_int_eq(ack(4, 1), TABLE_UNKNOWN);
	ck_assert_int_eq(ack(5, 0), TABLE_UNKNOWN);
	ck_assert_int_eq(ack(5, 1), TABLE_OK);
	ck_assert_int_eq(ack(5, 1), TABLE_UNKNOWN);
	ck_assert_uint_eq(table_counters(c)->kept_bytes, 0);
	ck_told("");
}
END_TEST

START_TEST(an_utterance_that_is_not_acknowledged_comes_again)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 50);
	told.text[0] = '\0';
	wait_ms(4000);
	ck_told("");
	wait_ms(1200);
	ck_told("utterance(brokerd.0) utt=1 gen=5 again; ");
	wait_ms(9000);
	ck_told("");
	wait_ms(1200);
	ck_told("utterance(brokerd.0) utt=1 gen=5 again; ");
	ck_assert_uint_eq(table_counters(c)->resends, 2);
}
END_TEST

START_TEST(an_owner_that_cannot_be_reached_gets_it_when_it_can)
{
	told.deaf = true;
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 50);
	wait_ms(1000);
	told.text[0] = '\0';
	told.deaf = false;
	wait_ms(300);
	ck_told("utterance(brokerd.0) utt=1 gen=5; ");
}
END_TEST

START_TEST(a_call_without_an_owner_keeps_what_was_said_for_one)
{
	ck_assert_int_eq(route("call-1", "", 5, 7), TABLE_OK);
	frames(100, 40, 50);
	wait_ms(1000);
	ck_told("start(,sockd.0) utt=1 gen=5; pause(,) utt=1 gen=5; end(,sockd.0) utt=1 gen=5; ");
	ck_assert_int_eq(route("call-1", "brokerd.1", 6, 7), TABLE_OK);
	ck_told("utterance(brokerd.1) utt=1 gen=5; ");
}
END_TEST

START_TEST(a_new_owner_gets_what_is_kept_and_the_beginning_of_what_is_open)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 50);
	frames(0, 40, 0);
	told.text[0] = '\0';
	ck_assert_int_eq(route("call-1", "brokerd.1", 6, 7), TABLE_OK);
	ck_assert_int_eq((int)told.speech.gen, 6);
	ck_assert_int_ge((int)told.speech.start_ms, 3760);
	ck_assert_int_le((int)told.speech.start_ms, 3840);
	ck_assert_int_eq((int)told.speech.end_ms, 4600);
	ck_assert_str_eq(told.text + strlen("utterance(brokerd.1) utt=1 gen=5 again; "),
	    told.speech.utt == 2 ? "start(brokerd.1,) utt=2 gen=6; " : "");
	told.text[0] = '\0';
	ck_assert_int_eq(route("call-1", "brokerd.1", 6, 7), TABLE_OK);	/* repeated: nothing new */
	ck_told("");
	frames(0, 0, 50);
	ck_told("pause(brokerd.1,) utt=2 gen=6; end(,sockd.0) utt=2 gen=6; utterance(brokerd.1) utt=2 gen=6; ");
	ck_assert_int_eq(ack(5, 1), TABLE_OK);
	ck_assert_int_eq(ack(6, 2), TABLE_OK);
}
END_TEST

START_TEST(orders_of_an_older_generation_are_refused)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	ck_assert_int_eq(route("call-1", "brokerd.1", 4, 7), TABLE_STALE);
	ck_assert_int_eq(end(4), TABLE_STALE);
	ck_assert_uint_eq(table_live(c), 1);
	frames(100, 40, 50);
	ck_assert_ptr_nonnull(strstr(told.text, "utterance(brokerd.0)"));
	ck_assert_int_eq(end(5), TABLE_OK);
	ck_assert_int_eq(end(5), TABLE_UNKNOWN);
	ck_assert_int_eq(route("call-1", "brokerd.1", 4, 8), TABLE_STALE);	/* still remembered */
}
END_TEST

START_TEST(the_end_of_a_call_closes_what_is_open_and_keeps_it)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	told.text[0] = '\0';
	ck_assert_int_eq(end(5), TABLE_OK);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5 last; ");
	ck_assert_uint_eq(table_live(c), 0);
	ck_assert_uint_eq(table_count(c), 1);
	ck_assert_int_eq(frame(true), TABLE_UNKNOWN);
	ck_assert_int_eq(ack(5, 1), TABLE_OK);
	ck_assert_uint_eq(table_count(c), 0);
}
END_TEST

START_TEST(what_nobody_acknowledges_is_given_up_after_the_call)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	ck_assert_int_eq(end(5), TABLE_OK);
	told.deaf = true;
	told.text[0] = '\0';
	wait_ms(29800);
	ck_told("");
	wait_ms(300);
	ck_told("lost utt=1 gen=5; ");
	ck_assert_uint_eq(table_count(c), 0);
	ck_assert_uint_eq(table_counters(c)->kept_bytes, 0);
}
END_TEST

START_TEST(more_calls_than_allowed_are_refused)
{
	ck_assert_int_eq(route("a", "brokerd.0", 5, 1), TABLE_OK);
	ck_assert_int_eq(route("b", "brokerd.0", 5, 2), TABLE_OK);
	ck_assert_int_eq(route("c", "brokerd.0", 5, 3), TABLE_OK);
	ck_assert_int_eq(route("d", "brokerd.0", 5, 4), TABLE_FULL);
	ck_assert_int_eq(route("a", "brokerd.1", 6, 1), TABLE_OK);
	ck_assert_int_eq(route("a", "brokerd.1", 7, 9), TABLE_OK);	/* another stream of the same */
	ck_assert_uint_eq(table_live(c), 3);
	ck_assert_uint_eq(table_counters(c)->routes_refused, 1);
}
END_TEST

START_TEST(ended_calls_are_bounded_too)
{
	char	 name[16];
	int	 i;

	told.deaf = true;
	for (i = 0; i < 10; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		ck_assert_int_eq(route(name, "brokerd.0", 5, 7), TABLE_OK);
		frames(100, 20, 0);
		told.text[0] = '\0';
		struct msg_end	 m = { .gen = 5 };
		struct callid	 cid;
		ck_assert_int_eq(callid_parse(name, &cid), 0);
		ck_assert_int_eq(table_end(c, &cid, &m, now), TABLE_OK);
		ck_assert_uint_le(table_count(c), 6);
	}
	ck_assert_uint_eq(table_counters(c)->lost, 4);
}
END_TEST

START_TEST(routes_that_make_no_sense_are_refused)
{
	static const struct msg_route	 bad[] = {
		{ .gen = 1, .rate_hz = 0 }, { .gen = 1, .rate_hz = -8000 }, { .gen = 1, .rate_hz = 44100 },
		{ .gen = 1, .rate_hz = 8000, .stream = -1 },
		{ .gen = 1, .rate_hz = 8000, .stream = (int64_t)1 << 32 },
		{ .gen = 1, .rate_hz = 8000, .clock_ms = -1 },
		{ .gen = 1, .rate_hz = 24000, .clock_ms = INT64_MAX },
	};

	ck_assert_int_eq(table_route(c, &id, "sockd.0", &bad[_i], now), TABLE_BAD);
	ck_assert_uint_eq(table_count(c), 0);
}
END_TEST

START_TEST(frames_that_do_not_fit_are_refused_and_counted)
{
	int16_t			 pcm[320] = { 0 };
	struct msg_audio_frame	 f = { .stream = 7, .start = 0, .pcm_len = 320, .pcm = pcm };

	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	ck_assert_int_eq(table_audio(c, "sockd.0", &f, now), TABLE_OK);
	ck_assert_int_eq(table_audio(c, "sockd.0", &f, now), TABLE_STALE);	/* twice */
	ck_assert_int_eq(table_audio(c, "sockd.1", &f, now), TABLE_UNKNOWN);
	f.start = 160;
	f.pcm_len = 640;
	ck_assert_int_eq(table_audio(c, "sockd.0", &f, now), TABLE_BAD);
	f.pcm_len = 318;
	ck_assert_int_eq(table_audio(c, "sockd.0", &f, now), TABLE_BAD);
	f.pcm_len = 0;
	ck_assert_int_eq(table_audio(c, "sockd.0", &f, now), TABLE_BAD);
	f.pcm_len = 320;
	f.stream = 8;
	ck_assert_int_eq(table_audio(c, "sockd.0", &f, now), TABLE_UNKNOWN);
	f.stream = 7;
	f.start = UINT64_MAX - 1000;
	ck_assert_int_eq(table_audio(c, "sockd.0", &f, now), TABLE_BAD);
	ck_assert_uint_eq(table_counters(c)->frames, 1);
	ck_assert_uint_eq(table_counters(c)->frames_bad, 4);
	ck_assert_uint_eq(table_counters(c)->frames_late, 1);
	ck_assert_uint_eq(table_counters(c)->frames_unknown, 2);
}
END_TEST

START_TEST(a_short_gap_is_filled_and_a_long_one_ends_the_utterance)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	clock_frames += 5;
	frames(0, 20, 0);
	ck_told("start(brokerd.0,sockd.0) utt=1 gen=5; ");
	ck_assert_uint_eq(table_counters(c)->frames_lost, 5);
	ck_assert_uint_eq(table_counters(c)->jumps, 0);
	clock_frames += 500;
	frames(0, 20, 0);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; "
	    "start(brokerd.0,sockd.0) utt=2 gen=5; ");
	ck_assert_int_ge((int)told.speech.start_ms, 665 * 20);
	ck_assert_uint_eq(table_counters(c)->jumps, 1);
}
END_TEST

START_TEST(the_first_frame_may_lie_after_the_routes_clock)
{
	clock_frames = 3000;
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	clock_frames = 3003;
	frames(100, 40, 50);
	ck_assert_uint_eq(table_counters(c)->jumps + table_counters(c)->frames_lost, 0);
	ck_assert_uint_eq(told.utt.utt, 601);		/* 60 s into the call */
	ck_assert_uint_ge(told.utt.speech_start_ms, 62040);
	ck_assert_uint_le(told.utt.speech_start_ms, 62100);
}
END_TEST

START_TEST(audio_that_stays_away_closes_the_utterance_and_then_the_call)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	wait_ms(1400);
	ck_told("start(brokerd.0,sockd.0) utt=1 gen=5; ");
	wait_ms(200);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; ");
	ck_assert_int_eq(ack(5, 1), TABLE_OK);
	wait_ms(58000);
	ck_assert_uint_eq(table_live(c), 1);
	wait_ms(1000);
	ck_assert_uint_eq(table_count(c), 0);
}
END_TEST

static void
order_profile(const char *profile)
{
	struct msg_route	 m = { .gen = 5, .stream = 7, .rate_hz = 8000,
	    .clock_ms = (int64_t)clock_frames * 20, .owner = "brokerd.0" };

	(void)snprintf(m.profile, sizeof(m.profile), "%s", profile);
	ck_assert_int_eq(table_route(c, &id, "sockd.0", &m, now), TABLE_OK);
}

/* 200 ms of pre-roll in the ring of before must be there for a profile that wants more. */
START_TEST(a_profile_changes_the_limits_in_the_middle_of_a_call)
{
	struct profile	*p = profile_put(&conf.profiles, "patient");

	ck_assert_ptr_nonnull(p);
	p->limits.hangover_ms = 2000;
	p->limits.preroll_ms = 1000;
	table_reconfigure(c, &conf);
	order_profile("");
	frames(100, 40, 0);
	order_profile("patient");
	ck_assert_uint_eq(table_counters(c)->jumps, 0);
	frames(0, 0, 80);
	ck_told("start(brokerd.0,sockd.0) utt=1 gen=5; pause(brokerd.0,) utt=1 gen=5; ");
	frames(0, 0, 40);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; ");
	order_profile("expecting_yes_no");
	frames(100, 20, 30);
	ck_told("start(brokerd.0,sockd.0) utt=2 gen=5; pause(brokerd.0,) utt=2 gen=5; "
	    "end(,sockd.0) utt=2 gen=5; utterance(brokerd.0) utt=2 gen=5; ");
	ck_assert_uint_eq(table_counters(c)->profiles_unknown, 0);
	order_profile("shouting");
	ck_assert_uint_eq(table_counters(c)->profiles_unknown, 1);
	ck_assert_str_eq(profile_find(&conf.profiles, "")->name, "listening");
}
END_TEST

START_TEST(too_much_that_is_kept_loses_the_oldest)
{
	int	 i;

	ck_assert_int_eq(route("call-1", "", 5, 7), TABLE_OK);
	frames(100, 0, 0);
	for (i = 0; i < 3; i++)
		frames(0, 200, 40);		/* 3 x 4.5 s, 10 s are allowed */
	ck_assert_ptr_nonnull(strstr(told.text, "lost utt=1 gen=5; "));
	ck_assert_ptr_null(strstr(told.text, "lost utt=2 "));
	ck_assert_uint_eq(table_counters(c)->kept, 2);
}
END_TEST

/* The socket broke: its next owner is to answer what was said, so it is not the last. */
/* All frames are speech, or none, whatever the detector says. */
static void
force(const char *owner, bool speech)
{
	struct msg_route	 m = { .gen = 5, .stream = 7, .rate_hz = 8000, .clock_ms = (int64_t)clock_frames * 20 };
	struct profile		*all = profile_put(&conf.profiles, "all"), *none = profile_put(&conf.profiles, "none");
	struct profile		*bot = profile_put(&conf.profiles, "bot_speaking");

	all->open = all->hold = bot->open = bot->hold = 1e-30f;
	none->open = none->hold = 0.9999f;
	table_reconfigure(c, &conf);
	(void)snprintf(m.owner, sizeof(m.owner), "%s", owner);
	(void)snprintf(m.profile, sizeof(m.profile), "%s", speech ? "all" : "none");
	ck_assert_int_eq(table_route(c, &id, "sockd.0", &m, now), TABLE_OK);
}

START_TEST(speech_over_the_bot_is_told_at_once_and_confirmed_to_the_owner)
{
	playing = true;
	force("brokerd.0", true);
	frames(3, 0, 0);
	ck_told("start(brokerd.0,sockd.0) utt=1 gen=5; ");
	frames(20, 0, 0);
	ck_told("confirm(brokerd.0,) utt=1 gen=5; ");
	ck_assert_int_ge(told.speech.at_ms - told.speech.start_ms, 160);
	ck_assert_int_le(told.speech.at_ms - told.speech.start_ms, 400);
	ck_assert_uint_eq(table_counters(c)->confirmed, 1);
	ck_assert_uint_gt(table_counters(c)->untold, 0);
	table_flush(c, now);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; ");
}
END_TEST

START_TEST(what_is_short_over_the_bot_is_withdrawn_from_owner_and_sockd)
{
	playing = true;
	force("brokerd.0", true);
	frames(3, 0, 0);
	force("brokerd.0", false);
	frames(9, 0, 0);
	ck_told("start(brokerd.0,sockd.0) utt=1 gen=5; ");
	frames(1, 0, 0);
	ck_told("pause(brokerd.0,) utt=1 gen=5; withdraw(brokerd.0,sockd.0) utt=1 gen=5; ");
	ck_assert_uint_eq(table_counters(c)->shorts, 1);
	frames(15, 0, 0);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5 aside; ");
}
END_TEST

/* The call ends, vadd leaves, audio stays away: sockd has paused, and hears of an end. */
START_TEST(a_judgement_that_is_cut_short_is_a_withdrawal)
{
	playing = true;
	force(_i == 0 ? "" : "brokerd.0", true);
	frames(4, 0, 0);
	table_flush(c, now);
	if (_i == 0)			/* nobody owns it */
		ck_told("start(,sockd.0) utt=1 gen=5; withdraw(,sockd.0) utt=1 gen=5; end(,sockd.0) utt=1 gen=5; ");
	else
		ck_told("start(brokerd.0,sockd.0) utt=1 gen=5; withdraw(brokerd.0,sockd.0) utt=1 gen=5; "
		    "end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5 aside; ");
	playing = false;		/* and what comes then is nothing of it */
	frames(40, 0, 0);
	ck_assert_ptr_null(strstr(told.text, "confirm"));
	ck_assert_ptr_null(strstr(told.text, "withdraw"));
}
END_TEST

START_TEST(a_broken_socket_closes_what_is_open_for_the_next_owner)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	told.text[0] = '\0';
	ck_assert_int_eq(end_for(5, "disconnected"), TABLE_OK);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; ");
	ck_assert_uint_eq(table_counters(c)->kept, 1);
}
END_TEST

START_TEST(a_sockd_that_counts_afresh_replaces_the_stream)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	told.text[0] = '\0';
	clock_frames = 0;
	ck_assert_int_eq(route("call-2", "brokerd.0", 6, 7), TABLE_OK);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; ");
	ck_assert_uint_eq(table_live(c), 1);
	frames(100, 40, 50);
	ck_assert_ptr_nonnull(strstr(told.text, "utterance(brokerd.0) utt=1 gen=6; "));
	ck_assert_int_eq(ack(5, 1), TABLE_OK);		/* the first call's */
	ck_assert_uint_eq(table_count(c), 1);
}
END_TEST

START_TEST(a_call_that_comes_back_goes_on_numbering)
{
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	clock_frames = 0;			/* the socket was connected again */
	ck_assert_int_eq(route("call-1", "brokerd.0", 6, 8), TABLE_OK);
	ck_assert_int_eq(frame(false), TABLE_UNKNOWN);
	ck_assert_int_eq(route("call-1", "brokerd.0", 7, 7), TABLE_OK);
	told.text[0] = '\0';
	frames(100, 40, 50);
	ck_assert_ptr_nonnull(strstr(told.text, "utterance(brokerd.0) utt=2 gen=7; "));
	ck_assert_uint_eq(table_live(c), 1);
}
END_TEST

START_TEST(a_flush_before_the_end_leaves_nothing_unsaid)
{
	ck_assert(!table_busy(c));
	ck_assert_int_eq(route("call-1", "brokerd.0", 5, 7), TABLE_OK);
	frames(100, 40, 0);
	ck_assert(table_busy(c));
	told.text[0] = '\0';
	table_flush(c, now);
	ck_told("end(,sockd.0) utt=1 gen=5; utterance(brokerd.0) utt=1 gen=5; ");
	ck_assert(table_busy(c));
	ck_assert_int_eq(ack(5, 1), TABLE_OK);
	ck_assert(!table_busy(c));
}
END_TEST

START_TEST(a_route_survives_each_failed_allocation)
{
	enum table_result	 result = TABLE_NOMEM;
	int			 n;

	for (n = 0; result != TABLE_OK; n++) {
		mem_fail_at(n);
		result = route("call-1", "brokerd.0", 5, 7);
		ck_assert(result == TABLE_OK || result == TABLE_NOMEM);
		ck_assert_uint_eq(table_count(c), result == TABLE_OK);
		ck_assert_uint_eq(table_live(c), result == TABLE_OK);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 4);
	frames(100, 40, 50);
	ck_assert_ptr_nonnull(strstr(told.text, "utterance"));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("table");
	TCase	*tc = tcase_create("table");
	SRunner	*sr;
	int	 failed;

	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, speech_is_told_to_owner_and_sockd_and_kept_until_acknowledged);
	tcase_add_test(tc, an_utterance_that_is_not_acknowledged_comes_again);
	tcase_add_test(tc, an_owner_that_cannot_be_reached_gets_it_when_it_can);
	tcase_add_test(tc, a_call_without_an_owner_keeps_what_was_said_for_one);
	tcase_add_test(tc, a_new_owner_gets_what_is_kept_and_the_beginning_of_what_is_open);
	tcase_add_test(tc, orders_of_an_older_generation_are_refused);
	tcase_add_test(tc, the_end_of_a_call_closes_what_is_open_and_keeps_it);
	tcase_add_test(tc, what_nobody_acknowledges_is_given_up_after_the_call);
	tcase_add_test(tc, more_calls_than_allowed_are_refused);
	tcase_add_test(tc, ended_calls_are_bounded_too);
	tcase_add_loop_test(tc, routes_that_make_no_sense_are_refused, 0, 7);
	tcase_add_test(tc, frames_that_do_not_fit_are_refused_and_counted);
	tcase_add_test(tc, a_short_gap_is_filled_and_a_long_one_ends_the_utterance);
	tcase_add_test(tc, the_first_frame_may_lie_after_the_routes_clock);
	tcase_add_test(tc, audio_that_stays_away_closes_the_utterance_and_then_the_call);
	tcase_add_test(tc, too_much_that_is_kept_loses_the_oldest);
	tcase_add_test(tc, a_profile_changes_the_limits_in_the_middle_of_a_call);
	tcase_add_test(tc, speech_over_the_bot_is_told_at_once_and_confirmed_to_the_owner);
	tcase_add_test(tc, what_is_short_over_the_bot_is_withdrawn_from_owner_and_sockd);
	tcase_add_loop_test(tc, a_judgement_that_is_cut_short_is_a_withdrawal, 0, 2);
	tcase_add_test(tc, a_broken_socket_closes_what_is_open_for_the_next_owner);
	tcase_add_test(tc, a_sockd_that_counts_afresh_replaces_the_stream);
	tcase_add_test(tc, a_call_that_comes_back_goes_on_numbering);
	tcase_add_test(tc, a_flush_before_the_end_leaves_nothing_unsaid);
	tcase_add_test(tc, a_route_survives_each_failed_allocation);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
