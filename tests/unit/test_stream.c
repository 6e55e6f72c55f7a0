/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/audio.h"
#include "common/mem.h"
#include "common/msg.h"
#include "vadd/file.h"
#include "vadd/stream.h"
#include "vadd/suppress.h"

static const uint32_t	 rates[] = { 8000, 16000, 24000 };

static struct {
	struct segment_event	 begin, end;
	unsigned		 nbegin, nend, npause, nresume, nlost;
	struct utterance	*done;		/* the last */
	uint32_t		 number;
} heard;

static void
note(struct stream_event *ev)
{
	heard.nlost += ev->lost != 0;
	switch (ev->seg.kind) {
	case SEGMENT_BEGIN:
		heard.begin = ev->seg;
		heard.nbegin++;
		heard.number = ev->number;
		break;
	case SEGMENT_END:
		heard.end = ev->seg;
		heard.nend++;
		utterance_free(heard.done);
		heard.done = ev->done;
		ck_assert_uint_eq(ev->number, heard.number);
		break;
	case SEGMENT_PAUSE:
		heard.npause++;
		break;
	case SEGMENT_RESUME:
		heard.nresume++;
		break;
	case SEGMENT_NONE:
		ck_assert_ptr_null(ev->done);
		break;
	}
}

static double	 hiss = 10;		/* the largest */

/* The sample of the test's audio at a position: noise, and a voice from 2 to 3 s whose vowels change. */
static int16_t
sample(uint64_t at, uint32_t rate_hz)
{
	double	 t = (double)at / rate_hz, v, f, f0, turns, second;
	uint32_t x = (uint32_t)at * 2654435761U;

	x ^= x >> 15;
	x *= 2246822519U;
	v = ((double)(x >> 16) / 32768 - 1) * hiss;
	if (t < 2 || t >= 3)
		return (int16_t)lrint(v);
	f0 = 140 + 25 * sin(9 * t);
	turns = 140 * t - 25 / 9.0 * cos(9 * t);	/* the integral of f0 */
	second = 1500 + 500 * sin(17 * t);
	for (f = f0; f < 3000; f += f0)
		v += 1500 * (0.65 - 0.35 * cos(31.4 * t)) * sin(6.283185307179586 * f / f0 * turns) *
		    (1 / (1 + pow((f - 550 - 200 * sin(11 * t)) / 150, 2)) + 0.5 / (1 + pow((f - second) / 200, 2)));
	return (int16_t)lrint(v);
}

/* Feed whole frames of the test's audio from where the stream stands. */
static void
feed(struct stream *st, unsigned nframes)
{
	int16_t			 pcm[AUDIO_FRAME_SAMPLES_MAX];
	struct stream_event	 ev;
	uint32_t		 i, n = stream_frame_samples(st);

	while (nframes-- > 0) {
		for (i = 0; i < n; i++)
			pcm[i] = sample(stream_position(st) + i, stream_rate_hz(st));
		stream_feed(st, pcm, &ev);
		note(&ev);
	}
}

static void
setup(void)
{
	memset(&heard, 0, sizeof(heard));
}

static void
teardown(void)
{
	utterance_free(heard.done);
	heard.done = NULL;
	hiss = 10;
}

START_TEST(an_utterance_holds_the_audio_that_came_at_the_calls_rate)
{
	const uint32_t	 rate_hz = rates[_i];
	struct stream	*st;
	uint64_t	 first;
	size_t		 i;

	ck_assert_ptr_nonnull(st = stream_new(rate_hz, 0, 1, &segment_defaults));
	feed(st, 200);
	ck_assert_uint_eq(heard.nbegin, 1);
	ck_assert_uint_eq(heard.nend, 1);
	ck_assert_ptr_nonnull(heard.done);
	ck_assert_uint_ge(heard.begin.announced_ms, 2040);
	ck_assert_uint_le(heard.begin.announced_ms, 2100);
	ck_assert_uint_le(heard.begin.audio_ms, 2000);
	ck_assert_uint_ge(heard.begin.audio_ms, 1600);
	ck_assert_uint_ge(heard.end.speech_ms, 2960);
	ck_assert_uint_le(heard.end.speech_ms, 3140);
	ck_assert_uint_eq(heard.done->number, 1);
	ck_assert_uint_eq(heard.done->rate_hz, rate_hz);
	ck_assert_uint_eq(heard.done->start_ms, heard.begin.audio_ms);
	ck_assert_uint_eq(heard.done->at_ms, heard.end.announced_ms);
	ck_assert_uint_eq(heard.done->nsamples,
	    (heard.end.audio_ms - heard.begin.audio_ms) * rate_hz / 1000);
	first = heard.begin.audio_ms * rate_hz / 1000;
	for (i = 0; i < heard.done->nsamples; i++)
		ck_assert_int_eq(heard.done->pcm[i], sample(first + i, rate_hz));
	stream_free(st);
}
END_TEST

START_TEST(positions_begin_where_the_call_stands)
{
	const uint64_t	 offset = 3600 * 1000;
	struct stream	*st;
	size_t		 i;

	/* The test's voice lies at 2 s: begin at 1 s, with the clock an hour later. */
	ck_assert_ptr_nonnull(st = stream_new(8000, 8000, 40, &segment_defaults));
	feed(st, 150);
	ck_assert_uint_eq(heard.nend, 1);
	ck_assert_uint_eq(heard.done->number, 40);
	ck_assert_uint_ge(heard.begin.announced_ms, 2040);
	ck_assert_uint_le(heard.begin.announced_ms, 2100);
	ck_assert_int_eq(stream_jump(st, offset * 8), 0);
	ck_assert_uint_eq(stream_position(st), offset * 8);
	ck_assert_int_eq(stream_jump(st, 8), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(stream_jump(st, STREAM_START_MAX + 1), -1);
	for (i = 0; i < 100; i++)
		feed(st, 1);
	ck_assert_uint_eq(heard.nend, 1);
	stream_free(st);
}
END_TEST

START_TEST(a_flush_closes_and_the_stream_goes_on)
{
	struct stream_event	 ev;
	struct stream		*st;
	uint64_t		 start, now;

	ck_assert_ptr_nonnull(st = stream_new(16000, 0, 1, &segment_defaults));
	ck_assert_uint_eq(stream_open(st, NULL, NULL), 0);
	feed(st, 125);
	ck_assert_uint_eq(stream_open(st, &start, &now), 1);
	ck_assert_uint_eq(start, heard.begin.speech_ms);
	ck_assert_uint_eq(now, 2500);
	ck_assert_int_eq(stream_jump(st, 16000 * 10), -1);
	stream_flush(st, &ev);
	note(&ev);
	ck_assert_uint_eq(heard.nend, 1);
	ck_assert_uint_eq(heard.end.audio_ms, 2500);
	ck_assert_uint_eq(heard.done->nsamples, (2500 - heard.begin.audio_ms) * 16);
	feed(st, 60);
	ck_assert_uint_eq(heard.nbegin, 2);	/* the voice was not over */
	ck_assert_uint_eq(heard.nend, 2);
	ck_assert_uint_eq(heard.done->number, 2);
	ck_assert_uint_ge(heard.begin.audio_ms, 2500);
	stream_flush(st, &ev);
	ck_assert_int_eq(ev.seg.kind, SEGMENT_NONE);
	stream_free(st);
}
END_TEST

START_TEST(lost_frames_are_silence_in_the_right_place)
{
	struct stream_event	 ev;
	struct stream		*st;
	uint64_t		 first;
	size_t			 i, at;

	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	feed(st, 120);
	for (i = 0; i < 3; i++) {
		stream_feed(st, NULL, &ev);
		note(&ev);
	}
	feed(st, 77);
	ck_assert_uint_eq(heard.nbegin, 1);
	ck_assert_uint_eq(heard.nend, 1);
	first = heard.begin.audio_ms * 8;
	for (i = 0; i < heard.done->nsamples; i++) {
		at = (size_t)first + i;
		ck_assert_int_eq(heard.done->pcm[i],
		    at >= 120 * 160 && at < 123 * 160 ? 0 : sample(at, 8000));
	}
	stream_free(st);
}
END_TEST

START_TEST(without_memory_an_utterance_is_given_up_and_the_next_is_whole)
{
	struct stream_event	 ev;
	struct stream		*st;
	int			 n = _i;

	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	feed(st, 100);
	mem_fail_at(n);
	feed(st, 100);
	mem_fail_at(-1);
	ck_assert_uint_eq(heard.nbegin, 1);
	ck_assert_uint_eq(heard.nend, 1);
	ck_assert_uint_eq(heard.nlost, 1);
	ck_assert_ptr_null(heard.done);
	stream_flush(st, &ev);
	note(&ev);
	ck_assert_int_eq(stream_jump(st, stream_position(st)), 0);
	stream_free(st);
	ck_assert_ptr_nonnull(st = stream_new(8000, 8000, 2, &segment_defaults));
	feed(st, 150);
	ck_assert_ptr_nonnull(heard.done);
	stream_free(st);
}
END_TEST

/* Vowels that change five times a second under a gliding pitch, without a pause. */
static double
babbling(double t)
{
	static const double	 formants[] = { 350, 700, 500, 300, 800, 450, 620 };
	const unsigned		 n = (unsigned)(t * 5);
	const double		 part = t * 5 - n, x = part < 0.5 ? part * 2 : 1;
	const double		 formant = formants[n % 7] * (1 - x) + formants[(n + 1) % 7] * x;
	const double		 turns = 120 * t - 4.5 * cos(4.4 * t);
	double			 v = 0;
	int			 h;

	for (h = 1; h < 24; h++)
		v += (1 / (1 + pow((h * 120 - formant) / 120, 2)) + 0.5 / (1 + pow((h * 120 - 3 * formant) / 200, 2))) *
		    sin(h * 6.283185307179586 * turns);
	return v * (0.5 - 0.5 * cos(31.4 * t));
}

/* Steady noise of this amplitude, and a voice on it. */
static void
feed_noise(struct stream *st, unsigned nframes, double noise, double voice, struct stream_event *ev)
{
	int16_t			 pcm[AUDIO_FRAME_SAMPLES_MAX];
	uint32_t		 i, x;
	double			 v;

	while (nframes-- > 0) {
		for (i = 0; i < stream_frame_samples(st); i++) {
			x = (uint32_t)(stream_position(st) + i) * 2654435761U;
			x ^= x >> 15;
			x *= 2246822519U;
			v = ((double)(x >> 16) / 65536 - 0.5) * noise;
			if (voice > 0)
				v += voice * babbling((double)(stream_position(st) + i) / stream_rate_hz(st));
			pcm[i] = (int16_t)lrint(v);
		}
		stream_feed(st, pcm, ev);
		note(ev);
		utterance_free(heard.done);
		heard.done = NULL;
	}
}

/* What holds it open is the profile's scores: everything is speech. So it goes whatever the network says. */
START_TEST(a_sound_that_stands_does_not_hold_it_open_for_ever)
{
	struct profile_set	 set;
	struct stream_event	 ev;
	struct stream		*st;
	unsigned		 i, open = 0;

	profile_set_init(&set);
	set.rows[0].open = set.rows[0].hold = 1e-30f;
	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), 0);
	for (i = 0; i < 15 * 60 * 50; i++) {
		feed_noise(st, 1, 600, 0, &ev);
		open += stream_open(st, NULL, NULL) != 0;
	}
	ck_assert_uint_ge(open, 900);
	ck_assert_uint_le(open, 15 * 60 * 50 / 10);
	ck_assert_uint_le(heard.nbegin, 5);

	/* Who speaks over it is heard. */
	ck_assert_uint_eq(stream_open(st, NULL, NULL), 0);
	feed_noise(st, 50, 600, 4000, &ev);
	ck_assert_uint_ne(stream_open(st, NULL, NULL), 0);
	feed_noise(st, 100, 600, 0, &ev);
	ck_assert_uint_eq(stream_open(st, NULL, NULL), 0);
	stream_free(st);
}
END_TEST

/* Here too everything is speech, and it moves as a voice does. */
/* So many frames of it until the bot may go on or is interrupted, at most n; what was judged, and the last event. */
static enum barge_verdict
judged(struct stream *st, unsigned n, double voice, struct stream_event *ev, unsigned *ret_ms)
{
	for (*ret_ms = 0; n > 0; n--) {
		feed_noise(st, 1, 60, voice, ev);
		*ret_ms += 20;
		if (ev->barge != BARGE_NONE)
			return ev->barge;
	}
	return BARGE_NONE;
}

START_TEST(who_speaks_while_the_bot_does_is_confirmed_or_put_aside)
{
	struct stream_event	 ev;
	struct stream		*st;
	unsigned		 ms;

	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	feed_noise(st, 100, 60, 0, &ev);
	stream_set_playing(st, true);		/* and nobody tells what: duration decides */
	ck_assert_int_eq(judged(st, 60, 3000, &ev, &ms), BARGE_CONFIRM);
	ck_assert_uint_ge(ms, 160);
	ck_assert_uint_le(ms, 500);		/* this voice begins softly */
	ck_assert(ev.untold);
	stream_set_playing(st, false);
	feed_noise(st, 100, 60, 0, &ev);
	ck_assert(!ev.untold);
	ck_assert_int_eq(judged(st, 60, 3000, &ev, &ms), BARGE_NONE);	/* the bot is silent: no verdict */
	stream_free(st);
}
END_TEST

/* The bot says something that does not come back, and the line is heard. */
static void
play_and_hear(struct stream *st, double voice, struct stream_event *ev)
{
	int16_t		 pcm[160];
	unsigned	 i;

	for (i = 0; i < 160; i++)
		pcm[i] = (int16_t)(5000 * babbling((double)(stream_position(st) + i + 77777) / 8000));
	ck_assert_int_eq(stream_played(st, stream_position(st), pcm), 0);
	feed_noise(st, 1, 60, voice, ev);
}

START_TEST(a_short_sound_over_the_bot_is_an_aside)
{
	struct stream_event	 ev = { 0 };
	struct stream		*st;
	unsigned		 i;
	bool			 withdrawn = false;

	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	stream_set_playing(st, true);
	for (i = 0; i < 200; i++)
		play_and_hear(st, 0, &ev);
	for (i = 0; i < 60 && stream_open(st, NULL, NULL) == 0; i++)
		play_and_hear(st, 3000, &ev);
	ck_assert_uint_ne(stream_open(st, NULL, NULL), 0);
	for (i = 0; i < 100 && ev.seg.kind != SEGMENT_END; i++) {
		play_and_hear(st, 0, &ev);
		ck_assert(!ev.untold);
		ck_assert_int_ne(ev.barge, BARGE_CONFIRM);
		withdrawn |= ev.barge == BARGE_SHORT;
	}
	ck_assert(withdrawn);
	ck_assert_int_eq(ev.seg.kind, SEGMENT_END);
	stream_free(st);
}
END_TEST

/* Frames of which all, or none, are speech, whatever the detector says; what was judged last. */
static enum barge_verdict
force(struct stream *st, bool speech, unsigned n, struct stream_event *ev)
{
	struct profile_set	 set;
	enum barge_verdict	 v = BARGE_NONE;

	profile_set_init(&set);
	set.rows[0].open = set.rows[0].hold = set.rows[1].open = speech ? 1e-30f : 0.9999f;
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), 0);
	for (; n > 0; n--) {
		feed_noise(st, 1, 60, 0, ev);
		v = ev->barge != BARGE_NONE ? ev->barge : v;
	}
	return v;
}

START_TEST(crumbs_of_speech_after_an_aside_are_no_part_of_it)
{
	struct stream_event	 ev;
	struct stream		*st;
	unsigned		 i;

	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	stream_set_playing(st, true);
	ck_assert_int_eq(force(st, true, 3, &ev), BARGE_NONE);
	ck_assert_int_eq(ev.seg.kind, SEGMENT_BEGIN);
	ck_assert_int_eq(force(st, false, 25, &ev), BARGE_SHORT);
	ck_assert_uint_eq(stream_open(st, NULL, NULL), 0);
	for (i = 0; i < 20; i++) {
		ck_assert_int_eq(force(st, true, 1, &ev), BARGE_NONE);
		ck_assert(!ev.again);
		ck_assert_int_eq(force(st, false, 2, &ev), BARGE_NONE);
	}
	ck_assert_uint_eq(stream_open(st, NULL, NULL), 0);
	stream_free(st);
}
END_TEST

START_TEST(a_flush_judges_only_what_began_over_the_bot)
{
	struct stream_event	 ev = { 0 };
	struct stream		*st;
	unsigned		 i, playing;

	for (playing = 0; playing < 2; playing++) {
		ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
		(void)force(st, false, 1, &ev);
		stream_set_playing(st, true);
		for (i = 0; i < 20; i++)
			play_and_hear(st, 0, &ev);	/* it is heard for a while yet, if it comes back */
		stream_set_playing(st, playing == 1);
		for (i = 0; i < 4 && stream_open(st, NULL, NULL) == 0; i++)
			ck_assert_int_eq(force(st, true, 1, &ev), BARGE_NONE);
		ck_assert_uint_ne(stream_open(st, NULL, NULL), 0);
		stream_flush(st, &ev);
		ck_assert_int_eq(ev.seg.kind, SEGMENT_END);
		ck_assert_int_eq(ev.barge, playing == 1 ? BARGE_SHORT : BARGE_NONE);
		ck_assert_ptr_nonnull(ev.done);
		ck_assert_int_eq((ev.done->flags & MSG_UTT_ASIDE) != 0, playing == 1);
		utterance_free(ev.done);
		stream_flush(st, &ev);
		ck_assert_int_eq(ev.barge, BARGE_NONE);
		stream_free(st);
	}
}
END_TEST

START_TEST(who_talks_without_an_end_loses_nothing_at_the_cap)
{
	struct profile_set	 set;
	struct stream_event	 ev;
	struct stream		*st;
	uint64_t		 end_ms = 0;
	unsigned		 i, follow = 0;

	profile_set_init(&set);
	set.rows[0].open = set.rows[0].hold = 1e-30f;
	set.rows[0].limits.max_ms = 5000;
	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), 0);
	feed_noise(st, 100, 60, 0, &ev);
	for (i = 0; i < 1000; i++) {
		feed_noise(st, 1, 60, 3000, &ev);
		if (ev.seg.kind == SEGMENT_END) {
			ck_assert(ev.seg.capped);
			end_ms = ev.seg.audio_ms;
		} else if (ev.seg.kind == SEGMENT_BEGIN && end_ms != 0) {
			ck_assert_uint_eq(ev.seg.audio_ms, end_ms);
			follow++;
		}
	}
	ck_assert_uint_ge(follow, 3);
	stream_free(st);
}
END_TEST

START_TEST(the_suppressor_changes_the_audio_and_nothing_else)
{
	const uint32_t		 rate_hz = rates[_i];
	struct profile_set	 set;
	struct segment_event	 begin, end;
	struct stream		*st;
	double			 was = 0, is = 0;
	uint64_t		 first;
	size_t			 i, n, quiet = rate_hz / 5;

	hiss = 150;
	profile_set_init(&set);
	ck_assert_ptr_nonnull(st = stream_new(rate_hz, 0, 1, &segment_defaults));
	feed(st, 200);
	stream_free(st);
	ck_assert_ptr_nonnull(heard.done);
	begin = heard.begin;
	end = heard.end;
	n = heard.done->nsamples;
	ck_assert_ptr_nonnull(st = stream_new(rate_hz, 0, 1, &segment_defaults));
	set.rows[0].suppress_db = 12;
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), 0);
	feed(st, 200);
	stream_free(st);
	ck_assert_mem_eq(&heard.begin, &begin, sizeof(begin));
	ck_assert_mem_eq(&heard.end, &end, sizeof(end));
	ck_assert_uint_eq(heard.done->nsamples, n);
	first = begin.audio_ms * rate_hz / 1000;
	for (i = 0; i < quiet; i++) {	/* of the pre-roll */
		was += pow(sample(first + i, rate_hz), 2);
		is += pow(heard.done->pcm[i], 2);
	}
	ck_assert_msg(is < was / 8, "the noise falls by %f dB", 10 * log10(was / is));
}
END_TEST

START_TEST(a_profile_turns_the_suppressor_on_and_off_between_utterances)
{
	struct profile_set	 set;
	struct stream_event	 ev;
	struct stream		*st;
	uint64_t		 first;
	size_t			 i, n, same = 0;

	hiss = 150;
	profile_set_init(&set);
	ck_assert_ptr_nonnull(st = stream_new(8000, 0, 1, &segment_defaults));
	set.rows[0].suppress_db = 12;
	mem_fail_at(0);
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), -1);
	ck_assert_int_eq(errno, ENOMEM);
	mem_fail_at(-1);
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), 0);
	feed(st, 80);
	stream_feed(st, NULL, &ev);		/* from a lost frame nothing is learnt */
	feed(st, 39);
	set.rows[0].suppress_db = 0;		/* while it is open: the next one only */
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), 0);
	feed(st, 5);
	stream_flush(st, &ev);
	note(&ev);
	ck_assert_uint_eq(heard.nend, 1);
	first = heard.begin.audio_ms * 8;
	n = heard.done->nsamples;
	for (i = 0; i < n; i++)
		same += heard.done->pcm[i] == sample(first + i, 8000);
	ck_assert_uint_lt(same, n / 20);
	feed(st, 75);
	ck_assert_uint_eq(heard.nend, 2);
	first = heard.begin.audio_ms * 8;
	for (i = 0; i < heard.done->nsamples; i++)
		ck_assert_int_eq(heard.done->pcm[i], sample(first + i, 8000));
	set.rows[0].suppress_db = SUPPRESS_DB_MAX + 1;
	ck_assert_int_eq(stream_set_profile(st, &set.rows[0], &set.rows[1]), -1);
	ck_assert_int_eq(errno, EINVAL);
	stream_free(st);
}
END_TEST

START_TEST(stream_new_survives_each_failed_allocation)
{
	struct stream	*st = NULL;
	int		 n;

	for (n = 0; st == NULL; n++) {
		mem_fail_at(n);
		st = stream_new(16000, 0, 1, &segment_defaults);
		ck_assert_int_lt(n, 20);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 6);
	stream_free(st);
	stream_free(NULL);
}
END_TEST

START_TEST(what_no_call_has_is_refused)
{
	struct segment_limits	 bad = segment_defaults;

	bad.hangover_ms = bad.pause_ms;
	ck_assert_ptr_null(stream_new(11025, 0, 1, &segment_defaults));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(stream_new(8000, STREAM_START_MAX + 1, 1, &segment_defaults));
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_null(stream_new(8000, 0, 1, &bad));
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

/* Write the test's audio to a file, run `vadd -f` on it, return what it says. */
static char *
run_file(const char *dir, uint32_t rate_hz, size_t nsamples)
{
	char	 path[256], *text = NULL;
	size_t	 len, i;
	int16_t	*pcm;
	FILE	*out;

	ck_assert_int_lt(snprintf(path, sizeof(path), "%s/in.wav", dir), (int)sizeof(path));
	ck_assert_ptr_nonnull(pcm = calloc(nsamples + 1, sizeof(*pcm)));
	for (i = 0; i < nsamples; i++)
		pcm[i] = sample(i, rate_hz);
	ck_assert_int_eq(audio_write_file(path, rate_hz, pcm, NULL, nsamples), 0);
	ck_assert_ptr_nonnull(out = open_memstream(&text, &len));
	ck_assert_int_eq(file_run(path, out, stderr), 0);
	(void)fclose(out);
	(void)unlink(path);
	free(pcm);
	return text;
}

START_TEST(a_file_gives_a_line_a_frame_and_its_segments)
{
	static const uint32_t	 any[] = { 8000, 16000, 24000, 11025, 44100, 48000 };
	char			 dir[128], *text, *p;
	unsigned		 lines = 0, begins = 0, ends = 0;

	(void)snprintf(dir, sizeof(dir), "%s/streamXXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	/* 2.71 s: it ends within the voice, and within a frame. */
	text = run_file(dir, any[_i], (size_t)any[_i] * 271 / 100);
	for (p = text; *p != '\0'; p = strchr(p, '\n') + 1) {
		begins += *p == '+';
		ends += *p == '-';
		lines += *p == '0' || *p == '1';
	}
	ck_assert_uint_eq(lines, 136);
	ck_assert_uint_eq(begins, 1);
	ck_assert_uint_eq(ends, 1);
	ck_assert_ptr_nonnull(strstr(text, "\n- 2720 2720\n"));
	free(text);
	text = run_file(dir, any[_i], 0);
	ck_assert_str_eq(text, "");
	free(text);
	(void)rmdir(dir);
}
END_TEST

START_TEST(a_file_that_is_none_is_named)
{
	char	*text = NULL;
	size_t	 len;
	FILE	*err;

	ck_assert_ptr_nonnull(err = open_memstream(&text, &len));
	ck_assert_int_eq(file_run("/nowhere/x.wav", stdout, err), 1);
	ck_assert_int_eq(file_run("/dev/null", stdout, err), 1);
	(void)fclose(err);
	ck_assert_ptr_nonnull(strstr(text, "vadd: /nowhere/x.wav: "));
	ck_assert_ptr_nonnull(strstr(text, "vadd: /dev/null: "));
	free(text);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("stream");
	TCase	*tc = tcase_create("stream");
	SRunner	*sr;
	int	 failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, an_utterance_holds_the_audio_that_came_at_the_calls_rate, 0, 3);
	tcase_add_test(tc, positions_begin_where_the_call_stands);
	tcase_add_test(tc, a_flush_closes_and_the_stream_goes_on);
	tcase_add_test(tc, lost_frames_are_silence_in_the_right_place);
	tcase_add_loop_test(tc, without_memory_an_utterance_is_given_up_and_the_next_is_whole, 0, 2);
	tcase_add_test(tc, a_sound_that_stands_does_not_hold_it_open_for_ever);
	tcase_add_test(tc, who_talks_without_an_end_loses_nothing_at_the_cap);
	tcase_add_loop_test(tc, the_suppressor_changes_the_audio_and_nothing_else, 0, 3);
	tcase_add_test(tc, a_profile_turns_the_suppressor_on_and_off_between_utterances);
	tcase_add_test(tc, who_speaks_while_the_bot_does_is_confirmed_or_put_aside);
	tcase_add_test(tc, a_short_sound_over_the_bot_is_an_aside);
	tcase_add_test(tc, crumbs_of_speech_after_an_aside_are_no_part_of_it);
	tcase_add_test(tc, a_flush_judges_only_what_began_over_the_bot);
	tcase_add_test(tc, stream_new_survives_each_failed_allocation);
	tcase_add_test(tc, what_no_call_has_is_refused);
	tcase_add_loop_test(tc, a_file_gives_a_line_a_frame_and_its_segments, 0, 6);
	tcase_add_test(tc, a_file_that_is_none_is_named);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
