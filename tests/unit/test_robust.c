/* SPDX-License-Identifier: ISC */
/* What no caller's line should do to vadd: sounds of the extreme, clocks that jump, garbage beside a thousand good calls. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/audio.h"
#include "common/log.h"
#include "common/mem.h"
#include "vadd/stream.h"
#include "vadd/table.h"

#define TURN		6.283185307179586
#define VOICE_FRAMES	400			/* two seconds of room, three of voice, three of room */
#define CALLS		1000

static int16_t	 voice[VOICE_FRAMES * AUDIO_FRAME_SAMPLES_MAX];
static uint32_t	 seed;

static double
noise(void)
{
	seed = seed * 1664525U + 1013904223U;
	return seed / 4294967296.0 - 0.5;
}

/* Vowels that change under a gliding pitch, at this rate and level (1: loud). */
static void
make_voice(uint32_t rate_hz, double level)
{
	static const double	 formants[] = { 350, 700, 500, 300, 800, 450, 620 };
	double			 t, turns, formant, v;
	size_t			 i;
	int			 h;

	seed = 5;
	for (i = 0; i < VOICE_FRAMES * AUDIO_FRAME_SAMPLES((size_t)rate_hz); i++) {
		t = (double)i / rate_hz;
		v = noise() * 12;
		formant = formants[(unsigned)(t * 5) % 7];
		turns = 120 * t - 4.5 * cos(4.4 * t);
		for (h = 1; t >= 2 && t < 5 && h < 24; h++)
			v += level * 6000 * (0.5 - 0.5 * cos(31.4 * t)) * sin(h * TURN * turns) /
			    (1 + pow((h * 120 - formant) / 120, 2));
		voice[i] = (int16_t)lrint(v);
	}
}

/* ---- sounds of the extreme ---- */

static int16_t
extreme(int kind, int64_t n)
{
	switch (kind) {
	case 0:
		return n / 9 % 2 ? 32767 : -32768;	/* 444 Hz, square */
	case 1:
		return n % 2 ? 32767 : -32768;
	case 2:
		return 32767;
	case 3:
		return -32768;
	case 4:
		return (int16_t)lrint(noise() * 65534);
	case 5:
		return n / 8000 % 2 ? 32767 : -32768;
	case 6:
		return n % 4000 == 0 ? 32767 : 0;
	case 7:
		return 0;
	default:
		return (int16_t)(n * n * 7919);
	}
}

START_TEST(no_sound_holds_it_open_or_makes_it_deaf)
{
	struct stream_event	 ev;
	struct stream		*st;
	int16_t			 pcm[160];
	int64_t			 k;
	int			 i, open = 0, heard = 0;

	seed = 9;
	make_voice(8000, 1);
	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	for (k = 0; k < 60 * 50; k++) {
		for (i = 0; i < 160; i++)
			pcm[i] = extreme(_i, k * 160 + i);
		stream_feed(st, pcm, &ev);
		ck_assert(ev.vad.score >= 0.0f && ev.vad.score <= 1.0f);	/* false for no number */
		open += stream_open(st, NULL, NULL) != 0;
		utterance_free(ev.done);
	}
	ck_assert_int_le(open, 3 * 50);
	for (k = 0; k < VOICE_FRAMES; k++) {
		stream_feed(st, voice + k * 160, &ev);
		heard += k >= 100 && k < 250 && stream_open(st, NULL, NULL) != 0;
		utterance_free(ev.done);
	}
	ck_assert_int_ge(heard, 20);		/* of 150: after a minute of full scale it takes up to two seconds */
	ck_assert_uint_eq(stream_open(st, NULL, NULL), 0);
	stream_free(st);
}
END_TEST

/* ---- calls in a table ---- */

static struct table	*c;
static uint64_t		 told[CALLS];		/* of each call: all that was said of it, mixed */
static unsigned		 nbegins, nutterances, nlast;
static struct msg_utterance utt;		/* the last, without PCM */
static int		 null_fd = -1;

static void
mix(const struct callid *call, const void *data, size_t len)
{
	uint64_t	*h = &told[strtoul(call->text + 1, NULL, 10)];
	const uint8_t	*p = data;

	for (; len > 0; len--)
		*h = (*h ^ *p++) * 1099511628211U;
}

static void
on_speech(void *arg, enum msg_kind kind, const struct callid *call, const char *owner, const char *sockd,
    const struct msg_speech *m)
{
	(void)arg;
	(void)owner;
	(void)sockd;
	nbegins += kind == MSG_SPEECH_START;
	mix(call, &kind, sizeof(kind));
	mix(call, &m->utt, sizeof(m->utt));
	mix(call, &m->at_ms, sizeof(m->at_ms));
	mix(call, &m->start_ms, sizeof(m->start_ms));
	mix(call, &m->end_ms, sizeof(m->end_ms));
	mix(call, &m->score, sizeof(m->score));
}

static bool
on_utterance(void *arg, const struct callid *call, const char *owner, const struct msg_utterance *m)
{
	(void)arg;
	(void)owner;
	nutterances++;
	nlast += (m->flags & MSG_UTT_LAST) != 0;
	utt = *m;
	mix(call, m->pcm, m->pcm_len);
	return true;
}

static void
on_lost(void *arg, const struct callid *call, const struct msg_utt *m)
{
	(void)arg;
	mix(call, &m->utt, sizeof(m->utt));
}

static const struct table_ops ops = { on_speech, on_utterance, on_lost };

static void
setup(void)
{
	struct table_conf	 conf = {
		.max_calls = CALLS, .gap_ms = 200, .stall_ms = 1500, .idle_ms = 60000, .resend_ms = 30000, .keep_ms = 60000,
		.keep_total_mb = 1024, .end_keep_ms = 30000
	};

	log_open("test", LOG_LVL_ERROR, null_fd);
	profile_set_init(&conf.profiles);
	memset(told, 0, sizeof(told));
	memset(&utt, 0, sizeof(utt));
	nbegins = nutterances = nlast = 0;
	ck_assert_ptr_nonnull(c = table_new(&conf, &ops, NULL));
}

static void
teardown(void)
{
	table_free(c);
}

static void
open_call(unsigned i, int32_t rate_hz, const char *profile)
{
	struct msg_route	 m = { .gen = 1, .stream = i, .rate_hz = rate_hz, .owner = "brokerd.0" };
	struct callid		 id;

	(void)snprintf(id.text, sizeof(id.text), "c%u", i);
	(void)snprintf(m.profile, sizeof(m.profile), "%s", profile);
	ck_assert_int_eq(table_route(c, &id, "sockd.0", &m, 1000), TABLE_OK);
}

/* Frame k of the voice to a call, at position `at` (in frames). */
static enum table_result
send_voice(unsigned call, uint32_t rate_hz, uint64_t k, uint64_t at)
{
	const uint32_t		 n = AUDIO_FRAME_SAMPLES(rate_hz);
	struct msg_audio_frame	 f = { .stream = call, .seq = (uint32_t)k, .start = at * n, .pcm_len = (uint16_t)(n * 2),
	    .pcm = voice + (k % VOICE_FRAMES) * n };

	return table_audio(c, "sockd.0", &f, 1000 + (int64_t)k * 20);
}

START_TEST(duplicates_and_late_frames_change_nothing)
{
	uint64_t	 once, k;

	make_voice(8000, 1);
	open_call(0, 8000, "");
	for (k = 0; k < VOICE_FRAMES; k++)
		ck_assert_int_eq(send_voice(0, 8000, k, k), TABLE_OK);
	ck_assert_uint_ge(nutterances, 1);
	once = told[0];
	teardown();
	setup();
	open_call(0, 8000, "");
	for (k = 0; k < VOICE_FRAMES; k++) {
		ck_assert_int_eq(send_voice(0, 8000, k, k), TABLE_OK);
		ck_assert_int_eq(send_voice(0, 8000, k, k), TABLE_STALE);
		ck_assert_int_eq(send_voice(0, 8000, k / 2, k / 2), TABLE_STALE);
	}
	ck_assert(told[0] == once);
	ck_assert_uint_eq(table_counters(c)->frames_late, 2 * VOICE_FRAMES);
	ck_assert_uint_eq(table_counters(c)->jumps, 0);
}
END_TEST

START_TEST(a_clock_that_is_set_back_is_followed_after_a_second)
{
	uint64_t	 k;
	unsigned	 refused = 0, before;
	uint32_t	 number;

	make_voice(8000, 1);
	open_call(0, 8000, "expecting_digits");
	for (k = 0; k < 250; k++)
		ck_assert_int_eq(send_voice(0, 8000, k, 100000 + k), TABLE_OK);
	ck_assert_uint_eq(nbegins, 1);
	ck_assert_uint_eq(nutterances, 0);
	for (k = 0; k < 100; k++)		/* two seconds of room, at the begin of the clock */
		refused += send_voice(0, 8000, k, k) != TABLE_OK;
	ck_assert_uint_eq(refused, 49);
	ck_assert_uint_eq(nutterances, 1);	/* what was open is closed and sent */
	ck_assert_uint_ge(utt.start_ms, 100000 * 20);
	number = utt.utt;
	before = nbegins;
	for (k = 100; k < VOICE_FRAMES; k++)
		ck_assert_int_eq(send_voice(0, 8000, k, k), TABLE_OK);
	ck_assert_uint_eq(nbegins, before + 1);
	ck_assert_uint_gt(utt.utt, number);
	ck_assert_uint_le(utt.start_ms, 2000);
	ck_assert_uint_eq(table_counters(c)->jumps, 1);
}
END_TEST

START_TEST(one_position_far_ahead_does_not_make_a_call_deaf)
{
	uint64_t	 k;

	make_voice(8000, 1);
	open_call(0, 8000, "");
	for (k = 0; k < 10; k++)
		ck_assert_int_eq(send_voice(0, 8000, k, k), TABLE_OK);
	(void)send_voice(0, 8000, 10, UINT64_C(1) << 30);
	for (k = 11; k < VOICE_FRAMES; k++)
		(void)send_voice(0, 8000, k, k);
	ck_assert_uint_eq(nbegins, 1);
	ck_assert_uint_eq(nutterances, 1);
	ck_assert_uint_eq(table_counters(c)->frames_late, 49);
}
END_TEST

START_TEST(another_rate_in_mid_utterance_closes_it_and_goes_on)
{
	static const uint32_t	 rates[] = { 8000, 24000, 16000, 8000 };
	uint64_t		 k, at = 0;
	size_t			 i;

	for (i = 0; i < 4; i++) {
		struct msg_route	 m = { .gen = 1, .stream = 0, .rate_hz = (int32_t)rates[i], .owner = "brokerd.0",
		    .clock_ms = (int64_t)at * 20 };
		struct callid		 id = { "c0" };

		make_voice(rates[i], 1);
		ck_assert_int_eq(table_route(c, &id, "sockd.0", &m, 1000), TABLE_OK);
		ck_assert_uint_eq(nutterances, i);
		if (i > 0) {
			ck_assert_uint_eq(utt.rate_hz, rates[i - 1]);
			ck_assert_uint_ge(utt.pcm_len, rates[i - 1] * 2);	/* more than a second */
		}
		for (k = 0; k < 200; k++, at++)
			ck_assert_int_eq(send_voice(0, rates[i], k, at), TABLE_OK);
		ck_assert_uint_eq(nbegins, i + 1);
		/* The old rate's frames are of a wrong length from now on. */
		ck_assert_int_eq(send_voice(0, rates[i] == 8000 ? 16000 : 8000, k, at), TABLE_BAD);
	}
}
END_TEST

START_TEST(the_end_in_mid_utterance_sends_what_was_said)
{
	struct msg_end	 m = { .gen = 1, .reason = "closed" };
	struct callid	 id = { "c0" };
	uint64_t	 k;

	make_voice(8000, 1);
	open_call(0, 8000, "");
	for (k = 0; k < 200; k++)
		ck_assert_int_eq(send_voice(0, 8000, k, k), TABLE_OK);
	ck_assert_uint_eq(nutterances, 0);
	ck_assert_int_eq(table_end(c, &id, &m, 9000), TABLE_OK);
	ck_assert_uint_eq(nutterances, 1);
	ck_assert_uint_eq(nlast, 1);
	ck_assert_uint_eq(utt.speech_end_ms <= 4000 && utt.speech_end_ms > 3700, 1);
	ck_assert_int_eq(send_voice(0, 8000, 200, 200), TABLE_UNKNOWN);
	ck_assert_int_eq(table_end(c, &id, &m, 9000), TABLE_UNKNOWN);
}
END_TEST

/* Anything that is a frame on the bus, and orders that no sockd would send. */
static void
send_garbage(unsigned call, uint64_t k)
{
	static int16_t		 pcm[AUDIO_FRAME_SAMPLES_MAX];
	static const uint64_t	 places[] = { 0, 1, 159, UINT64_C(1) << 40, UINT64_MAX, UINT64_MAX / 2 };
	struct msg_audio_frame	 f = { .stream = call, .pcm = pcm };
	size_t			 i;

	for (i = 0; i < AUDIO_FRAME_SAMPLES_MAX; i++)
		pcm[i] = (int16_t)lrint(noise() * 65534);
	f.pcm_len = (uint16_t)(k % 3 == 0 ? 320 : (k * 7919) % 960 / 2 * 2);
	f.start = k % 5 == 0 ? places[k / 5 % 6] : k % 7 == 0 ? k * 160 : (uint64_t)((noise() + 0.5) * 1e7);
	f.flags = (uint16_t)(k % 11 == 0 ? 0xffff : k % 4);
	(void)table_audio(c, "sockd.0", &f, 1000 + (int64_t)k * 20);
	if (k % 50 == 49)
		open_call(call, k % 100 == 99 ? 16000 : 8000, k % 150 == 149 ? "" : "none of the names");
}

static void
run_calls(unsigned garbage)
{
	uint64_t	 k;
	unsigned	 i;

	for (i = 0; i < CALLS; i++)
		open_call(i, 8000, "");
	for (k = 0; k < 150; k++) {
		for (i = 0; i < CALLS; i++) {
			if (i == garbage)
				send_garbage(i, k);
			else
				ck_assert_int_eq(send_voice(i, 8000, k + i % 100, k), TABLE_OK);
		}
		table_tick(c, 1000 + (int64_t)k * 20);
	}
}

START_TEST(of_a_thousand_calls_one_that_sends_garbage_disturbs_none)
{
	static uint64_t	 good[CALLS];
	unsigned	 i, differ = 0, silent = 0;

	make_voice(8000, 1);
	run_calls(CALLS);
	memcpy(good, told, sizeof(good));
	teardown();
	setup();
	run_calls(500);
	for (i = 0; i < CALLS; i++) {
		differ += i != 500 && told[i] != good[i];
		silent += i % 100 > 20 && good[i] == 0;
	}
	ck_assert_uint_eq(differ, 0);
	ck_assert_uint_eq(silent, 0);
	ck_assert_uint_gt(table_counters(c)->frames_bad, 10);
	ck_assert_uint_eq(table_live(c), CALLS);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("robust");
	TCase	*tc = tcase_create("robust");
	SRunner	*sr;
	int	 failed;

	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, no_sound_holds_it_open_or_makes_it_deaf, 0, 9);
	tcase_add_test(tc, duplicates_and_late_frames_change_nothing);
	tcase_add_test(tc, a_clock_that_is_set_back_is_followed_after_a_second);
	tcase_add_test(tc, one_position_far_ahead_does_not_make_a_call_deaf);
	tcase_add_test(tc, another_rate_in_mid_utterance_closes_it_and_goes_on);
	tcase_add_test(tc, the_end_in_mid_utterance_sends_what_was_said);
	tcase_add_test(tc, of_a_thousand_calls_one_that_sends_garbage_disturbs_none);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
