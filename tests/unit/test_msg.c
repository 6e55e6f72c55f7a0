/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/msg.h"

START_TEST(every_kind_has_a_name_that_reads_back)
{
	enum msg_kind	kind;

	ck_assert_int_eq(msg_kind_parse(msg_kind_name((enum msg_kind)_i), strlen(msg_kind_name((enum msg_kind)_i)), &kind), 0);
	ck_assert_int_eq((int)kind, _i);
}
END_TEST

/* Zeros everywhere decode to zeros: each table covers its struct and no more. */
START_TEST(every_control_body_reads_back)
{
	enum msg_kind	kind = (enum msg_kind)_i;
	size_t		size = msg_fields_size(kind), i;
	unsigned char	a[16384] = { 0 }, b[16384];
	struct buf	out, again;

	if (size == 0)
		return;
	ck_assert_uint_le(size, sizeof(a));
	buf_init(&out, MSG_BODY_MAX);
	buf_init(&again, MSG_BODY_MAX);
	ck_assert_int_eq(msg_encode(kind, a, &out), 0);
	memset(b, 0xee, sizeof(b));
	ck_assert_int_eq(msg_decode(kind, out.data, out.len, b), 0);
	for (i = size; i < sizeof(b); i++)
		ck_assert_int_eq(b[i], 0xee);
	ck_assert_int_eq(msg_encode(kind, b, &again), 0);
	ck_assert_str_eq(out.data, again.data);
	buf_clear(&out);
	buf_clear(&again);
}
END_TEST

START_TEST(an_offer_reads_back_member_by_member)
{
	struct msg_offer	o = { .gen = 1795176001084, .rate_hz = 16000, .clock_ms = 7, .resume = true, .epoch = 3,
	    .playing_epoch = 2, .vadd = "vadd.1", .caller = "447700900123", .assistant = "a\"b\\c", .name = "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85" };
	struct msg_offer	p;
	struct buf		out;

	buf_init(&out, 4096);
	ck_assert_int_eq(msg_encode(MSG_CALL_OFFER, &o, &out), 0);
	ck_assert_int_eq(msg_decode(MSG_CALL_OFFER, out.data, out.len, &p), 0);
	ck_assert_int_eq(p.gen, o.gen);
	ck_assert(p.resume);
	ck_assert_str_eq(p.assistant, o.assistant);
	ck_assert_str_eq(p.name, o.name);
	ck_assert_str_eq(p.vadd, "vadd.1");
	buf_clear(&out);
}
END_TEST

static const struct { enum msg_kind kind; const char *text; int rc; } bodies[] = {
	{ MSG_CALL_CLAIM, "{\"gen\":1}", 0 },
	{ MSG_CALL_CLAIM, "{\"gen\":1,\"new_member\":[1,2]}", 0 },
	{ MSG_CALL_CLAIM, "{}", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":-1}", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":9007199254740993}", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":\"x\"}", -1 },
	{ MSG_CALL_CLAIM, "[]", -1 },
	{ MSG_CALL_CLAIM, "", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":1}x", -1 },
	{ MSG_DTMF, "{\"gen\":1,\"digit\":\"5\"}", 0 },
	{ MSG_DTMF, "{\"gen\":1,\"digit\":\"55\"}", -1 },
	{ MSG_DTMF, "{\"gen\":1,\"digit\":5}", -1 },
	{ MSG_PLAY_DONE, "{\"gen\":1,\"epoch\":1,\"complete\":1}", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":\"1\"}", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":1.0}", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":null}", -1 },
	{ MSG_CALL_CLAIM, "{\"gen\":18446744073709551617}", -1 },
	{ MSG_DTMF, "{\"gen\":1,\"digit\":\"\\u0000\"}", -1 },
	{ MSG_DTMF, "{\"gen\":1,\"digit\":null,\"duration_ms\":-1}", 0 },
	{ MSG_DTMF, "{\"gen\":1,\"duration_ms\":-2}", -1 },
	{ MSG_SPEECH_START, "{\"gen\":1,\"utt\":1,\"score\":2}", 0 },
	{ MSG_SPEECH_START, "{\"gen\":1,\"utt\":1,\"score\":\"2\"}", -1 },
	{ MSG_SPEECH_START, "{\"gen\":1,\"utt\":1,\"score\":1e99}", -1 },
	{ MSG_SPEECH_START, "{\"gen\":1,\"score\":0.5}", -1 },
	{ MSG_CALL_ROUTE, "{\"gen\":1,\"stream\":1,\"rate_hz\":8000}", 0 },
	{ MSG_CALL_ROUTE, "{\"gen\":1,\"stream\":4294967296,\"rate_hz\":8000}", -1 },
	{ MSG_AUDIO, "{\"gen\":1}", -1 },
	{ MSG_STAT, "{}", -1 },
};

START_TEST(only_bodies_of_the_right_form_are_taken)
{
	unsigned char	out[16384];

	ck_assert_int_eq(msg_decode(bodies[_i].kind, bodies[_i].text, strlen(bodies[_i].text), out), bodies[_i].rc);
	if (bodies[_i].rc == -1)
		ck_assert_int_eq(errno, EBADMSG);
}
END_TEST

static const struct { const char *text; int error; } heads[] = {
	{ "speech.start 3f9c vadd.0 1 812", 0 },
	{ "stat - webhookd.63 1 0", 0 },
	{ "stat - vadd.0 2 0", ENOTSUP },
	{ "nothing - vadd.0 1 0", EINVAL },
	{ "stat - vadd.0 1", EBADMSG },
	{ "stat - vadd.0 1 0 ", EBADMSG },
	{ "stat - vadd.0 1 0 x", EBADMSG },
	{ "stat  vadd.0 1 0", EBADMSG },
	{ "stat - vadd.0 0 0", EBADMSG },
	{ "stat - vadd.0 1 -1", EBADMSG },
	{ "stat ../x vadd.0 1 0", EBADMSG },
	{ "stat - VADD/0 1 0", EBADMSG },
	{ "stat - vadd.000000000000000000000000 1 0", EBADMSG },
	{ "", EBADMSG },
};

START_TEST(only_heads_of_the_right_form_are_taken)
{
	struct msg_head	h;
	char		text[MSG_TOPIC_MAX + 1];
	size_t		len;

	errno = 0;
	if (heads[_i].error != 0) {
		ck_assert_int_eq(msg_head_decode(&h, heads[_i].text, strlen(heads[_i].text)), -1);
		ck_assert_int_eq(errno, heads[_i].error);
		return;
	}
	ck_assert_int_eq(msg_head_decode(&h, heads[_i].text, strlen(heads[_i].text)), 0);
	len = msg_head_encode(&h, text);
	ck_assert_uint_eq(len, strlen(heads[_i].text));
	ck_assert_int_eq(memcmp(text, heads[_i].text, len), 0);
}
END_TEST

START_TEST(audio_of_many_calls_reads_back_in_order)
{
	struct msg_audio_frame	f, g;
	int16_t			pcm[160];
	struct buf		body;
	size_t			pos = 0;
	uint32_t		n;

	buf_init(&body, MSG_BODY_MAX);
	for (n = 0; n < MSG_AUDIO_FRAMES_MAX; n++) {
		memset(pcm, (int)n, sizeof(pcm));
		f = (struct msg_audio_frame){ .stream = n, .seq = n * 2, .start = n * 160ULL, .flags = 1, .pcm_len = sizeof(pcm), .pcm = pcm };
		ck_assert_int_eq(msg_audio_add(&body, &f), 0);
	}
	ck_assert_int_eq(msg_audio_add(&body, &f), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	for (n = 0; msg_audio_next(body.data, body.len, &pos, &g) == 1; n++) {
		memset(pcm, (int)n, sizeof(pcm));
		ck_assert_uint_eq(g.stream, n);
		ck_assert_uint_eq(g.start, n * 160ULL);
		ck_assert_uint_eq(g.pcm_len, sizeof(pcm));
		ck_assert_int_eq(memcmp(g.pcm, pcm, sizeof(pcm)), 0);
	}
	ck_assert_uint_eq(n, MSG_AUDIO_FRAMES_MAX);
	pos = 0;
	while ((n = (uint32_t)msg_audio_next(body.data, body.len - 1, &pos, &g)) == 1)
		continue;
	ck_assert_int_eq((int)n, -1);
	buf_clear(&body);
}
END_TEST

/* What snprintf() leaves of a name that was too long, and bytes that are no text at all. */
static const struct { const char *reason, *read; } texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "\"quoted\"\n\x01", "\"quoted\"\n\x01" },
	{ "0123456789012345678901234567890\xc3", "0123456789012345678901234567890" },
	{ "012345678901234567890123456789\xc3", "012345678901234567890123456789" },
	{ "01234567890123456789012345678\xf0\x9f", "01234567890123456789012345678" },
	{ "caf\xe9 noir", "caf? noir" },
	{ "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	    "???????????????????????????????" },
};

START_TEST(a_text_always_fits_the_field_it_came_from)
{
	struct msg_refused	m = { .gen = 1, .epoch = 1 }, n;
	struct buf		out;

	(void)snprintf(m.reason, sizeof(m.reason), "%s", texts[_i].reason);
	buf_init(&out, 4096);
	ck_assert_int_eq(msg_encode(MSG_PLAY_REFUSED, &m, &out), 0);
	ck_assert_int_eq(msg_decode(MSG_PLAY_REFUSED, out.data, out.len, &n), 0);
	ck_assert_str_eq(n.reason, texts[_i].read);
	buf_clear(&out);
}
END_TEST

START_TEST(what_no_reader_takes_is_not_encoded)
{
	int16_t			pcm[160] = { 0 };
	struct msg_cancel	c = { .gen = 1, .epoch = -1 };
	struct msg_speech	s = { .gen = 1, .utt = 1, .score = NAN };
	struct msg_play		p = { .gen = 1, .epoch = 1U << 31, .rate_hz = 8000 };
	struct msg_pcm		q = { .rate_hz = 44100 };
	struct msg_utterance	u = { .gen = 1, .rate_hz = 8000, .start_ms = UINT64_MAX };
	struct msg_audio_frame	f = { .pcm_len = 318, .pcm = pcm };
	struct buf		out;

	buf_init(&out, 4096);
	ck_assert_int_eq(msg_encode(MSG_PLAY_CANCEL, &c, &out), -1);
	ck_assert_int_eq(msg_encode(MSG_SPEECH_END, &s, &out), -1);
	ck_assert_int_eq(msg_play_encode(&p, &out), -1);
	ck_assert_int_eq(msg_pcm_encode(&q, &out), -1);
	ck_assert_int_eq(msg_utterance_encode(&u, &out), -1);
	ck_assert_int_eq(msg_audio_add(&out, &f), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_uint_eq(out.len, 0);
	ck_assert(!buf_failed(&out));
	buf_clear(&out);
}
END_TEST

START_TEST(audio_with_a_wrong_count_of_frames_gives_none)
{
	int16_t			pcm[160] = { 0 };
	struct msg_audio_frame	f = { .stream = 1, .pcm_len = sizeof(pcm), .pcm = pcm }, g;
	struct buf		body;
	size_t			pos;
	int			count;

	buf_init(&body, 4096);
	ck_assert_int_eq(msg_audio_add(&body, &f) | msg_audio_add(&body, &f) | msg_audio_add(&body, &f), 0);
	for (count = 0; count <= 255; count++) {
		body.data[2] = (char)count;
		pos = 0;
		ck_assert_int_eq(msg_audio_next(body.data, body.len, &pos, &g), count == 3 ? 1 : -1);
	}
	body.data[2] = 3;
	body.data[4 + 20 + 320 + 18] = 0x3e;		/* the second frame's length: not 20 ms of anything */
	pos = 0;
	ck_assert_int_eq(msg_audio_next(body.data, body.len, &pos, &g), -1);
	buf_clear(&body);
}
END_TEST

START_TEST(encoding_and_decoding_survive_failed_allocations)
{
	struct msg_turn	m = { .turn = 1, .text = "hello" }, n;
	struct buf	out;
	int		i, rc = -1;

	for (i = 0; rc == -1; i++) {
		buf_init(&out, MSG_BODY_MAX);
		mem_fail_at(i);
		if ((rc = msg_encode(MSG_TURN, &m, &out)) == -1) {
			ck_assert_int_eq(errno, ENOMEM);
			buf_clear(&out);
		}
	}
	mem_fail_at(-1);
	ck_assert_int_ge(i, 2);
	ck_assert_int_eq(msg_decode(MSG_TURN, out.data, out.len, &n), 0);
	ck_assert_str_eq(n.text, "hello");
	buf_clear(&out);
}
END_TEST

/* Each prefix of a binary body, and one byte too many, is refused. */
START_TEST(binary_bodies_of_a_wrong_length_are_refused)
{
	int16_t			pcm[4] = { 1, -1, 2, -2 };
	struct msg_utterance	u = { .flags = 1, .utt = 2, .gen = 3, .start_ms = 4, .speech_start_ms = 5, .speech_end_ms = 6,
	    .at_ms = 7, .rate_hz = 8000, .pcm_len = sizeof(pcm), .pcm = pcm };
	struct msg_play		p = { .flags = 1, .gen = 2, .epoch = 3, .turn = 4, .rate_hz = 16000, .offset = 5, .pcm_len = sizeof(pcm), .pcm = pcm };
	struct msg_pcm		q = { .rate_hz = 24000, .pcm_len = sizeof(pcm), .start = 9, .pcm = pcm };
	struct buf		a, b, c;
	size_t			n;

	buf_init(&a, 1000);
	buf_init(&b, 1000);
	buf_init(&c, 1000);
	ck_assert_int_eq(msg_utterance_encode(&u, &a) | msg_play_encode(&p, &b) | msg_pcm_encode(&q, &c), 0);
	ck_assert_int_eq(msg_utterance_decode(&u, a.data, a.len) | msg_play_decode(&p, b.data, b.len) | msg_pcm_decode(&q, c.data, c.len), 0);
	ck_assert_uint_eq(u.at_ms, 7);
	ck_assert_uint_eq(p.offset, 5);
	ck_assert_uint_eq(q.start, 9);
	ck_assert_int_eq(memcmp(p.pcm, pcm, sizeof(pcm)), 0);
	for (n = 0; n < a.len; n++)
		ck_assert_int_eq(msg_utterance_decode(&u, a.data, n), -1);
	for (n = 0; n < b.len; n++)
		ck_assert_int_eq(msg_play_decode(&p, b.data, n), -1);
	for (n = 0; n < c.len; n++)
		ck_assert_int_eq(msg_pcm_decode(&q, c.data, n), -1);
	ck_assert_int_eq(msg_utterance_decode(&u, a.data, a.len + 1), -1);
	buf_clear(&a);
	buf_clear(&b);
	buf_clear(&c);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("msg");
	TCase	*t = tcase_create("msg");
	SRunner	*r;
	int	 failed;

	tcase_add_loop_test(t, every_kind_has_a_name_that_reads_back, 0, MSG_NKINDS);
	tcase_add_loop_test(t, every_control_body_reads_back, 0, MSG_NKINDS);
	tcase_add_test(t, an_offer_reads_back_member_by_member);
	tcase_add_loop_test(t, only_bodies_of_the_right_form_are_taken, 0, sizeof(bodies) / sizeof(bodies[0]));
	tcase_add_loop_test(t, only_heads_of_the_right_form_are_taken, 0, sizeof(heads) / sizeof(heads[0]));
	tcase_add_test(t, audio_of_many_calls_reads_back_in_order);
	tcase_add_loop_test(t, a_text_always_fits_the_field_it_came_from, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(t, what_no_reader_takes_is_not_encoded);
	tcase_add_test(t, audio_with_a_wrong_count_of_frames_gives_none);
	tcase_add_test(t, encoding_and_decoding_survive_failed_allocations);
	tcase_add_test(t, binary_bodies_of_a_wrong_length_are_refused);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
