/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/phones.h"

static const char file[] =
    "{\"default\":{\"kind\":\"busy\"},"
    "\"447700900001\":{\"kind\":\"human\",\"answer_after_ms\":3000,\"greeting\":\"\",\"script\":[\"silence 1000\",\"dtmf 1\"]},"
    "\"447700900002\":{\"kind\":\"machine\",\"beep_after_ms\":8000},"
    "\"447700900003\":[{\"kind\":\"no-answer\"},{\"kind\":\"unreachable\"},{\"kind\":\"human\",\"greeting\":\"\"}],"
    "\"447700900004\":{\"kind\":\"machine-no-beep\"},"
    "\"447700900005\":{\"kind\":\"rejected\",\"detail\":\"restricted\"},"
    "\"447700900006\":{\"kind\":\"failed\"},"
    "\"447700900007\":{\"kind\":\"invalid\"},"
    "\"4479*\":{\"kind\":\"rejected\"},"
    "\"447911*\":{\"kind\":\"screening\"},"
    "\"sip:alice@example.com\":{\"kind\":\"human\",\"answer_after_ms\":50}}";

static struct phones *
parse(double scale, bool both)
{
	char		 cause[400] = "";
	struct phones	*p = phones_parse(file, strlen(file), scale, both, cause, sizeof(cause));

	ck_assert_msg(p != NULL, "%s", cause);
	return p;
}

static struct phone_plan
plan_of(struct phones *p, const char *address, struct phone_request req)
{
	return phone_plan(p, phones_call(p, address), &req);
}

START_TEST(each_kind_ends_as_vonage_tells)
{
	static const struct { const char *address, *status, *detail; int sip; bool completed, rings; int64_t ms; } rows[] = {
		{ "447700900001", "answered", NULL, 0, true, true, 3000 },
		{ "447700900002", "answered", NULL, 0, true, true, 3000 },
		{ "447700900003", "timeout", NULL, 0, true, true, 60000 },
		{ "447700900003", "unanswered", "unavailable", 480, true, true, 1000 },
		{ "447700900003", "answered", NULL, 0, true, true, 2000 },
		{ "447700900003", "answered", NULL, 0, true, true, 2000 },
		{ "447700900005", "rejected", "restricted", 603, false, true, 2000 },
		{ "447700900006", "failed", "cannot_route", 404, true, false, 200 },
		{ "447700900007", "rejected", "invalid_number", 404, false, false, 200 },
		{ "447999", "rejected", "declined", 603, false, true, 2000 },
		{ "4479115", "answered", NULL, 0, true, true, 3000 },
		{ "sip:alice@example.com", "answered", NULL, 0, true, true, 50 },
		{ "15550100", "busy", NULL, 486, true, true, 1000 },
	};
	struct phones		*p = parse(1, false);
	struct phone_plan	 plan;
	size_t			 i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		plan = plan_of(p, rows[i].address, (struct phone_request){ 0 });
		ck_assert_str_eq(phone_end_name(plan.end), rows[i].status);
		ck_assert_pstr_eq(plan.detail, rows[i].detail);
		ck_assert_int_eq(plan.sip_code, rows[i].sip);
		ck_assert_int_eq(plan.completed, rows[i].completed);
		ck_assert_int_eq(plan.rings, rows[i].rings);
		ck_assert_int_eq(plan.after_ms, rows[i].ms);
		ck_assert_uint_eq(plan.nsteps, 0);
	}
	phones_free(p);
}
END_TEST

START_TEST(every_call_is_counted)
{
	struct phones	*p = parse(1, false);
	int64_t		 n = 0;

	(void)phones_call(p, "1");
	(void)phones_call(p, "1");
	(void)phones_call(p, "447700900002");
	ck_assert_int_eq(json_get_int(phones_counts(p), "1", 0, 9, &n), 1);
	ck_assert_int_eq(n, 2);
	ck_assert_int_eq(json_get_int(phones_counts(p), "447700900002", 0, 9, &n), 1);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(json_object_object_length(phones_counts(p)), 2);
	phones_free(p);
}
END_TEST

START_TEST(the_ringing_timer_ends_the_ringing)
{
	struct phones		*p = parse(1, false);
	struct phone_plan	 plan = plan_of(p, "447700900001", (struct phone_request){ .ringing_timer_s = 2 });

	ck_assert_str_eq(phone_end_name(plan.end), "timeout");
	ck_assert_int_eq(plan.after_ms, 2000);
	ck_assert(plan.completed);
	plan = plan_of(p, "447700900003", (struct phone_request){ .ringing_timer_s = 120 });
	ck_assert_str_eq(phone_end_name(plan.end), "timeout");
	plan = plan_of(p, "447700900006", (struct phone_request){ .ringing_timer_s = 1 });
	ck_assert_str_eq(phone_end_name(plan.end), "failed");
	phones_free(p);
}
END_TEST

struct wanted { int64_t at_ms; bool machine; const char *sub; bool starts, hangs_up; };

START_TEST(detection_follows_its_mode)
{
	static const struct {
		const char *address;
		struct phone_request req;
		bool starts_ncco;
		size_t n;
		struct wanted steps[2];
	} rows[] = {
		{ "447700900001", { .detect = PHONE_DETECT_RESULT }, false, 1, { { 1500, false, NULL, true, false } } },
		{ "447700900001", { .detect = PHONE_DETECT_BEEP }, false, 1, { { 1500, false, NULL, true, false } } },
		{ "447700900001", { .detect = PHONE_DETECT_DEFAULT, .detect_hangup = true }, true, 1,
		    { { 1500, false, NULL, false, false } } },
		{ "447700900002", { .detect = PHONE_DETECT_BASIC }, true, 1, { { 4000, true, NULL, false, false } } },
		{ "447700900002", { .detect = PHONE_DETECT_RESULT }, false, 1, { { 4000, true, NULL, true, false } } },
		{ "447700900002", { .detect = PHONE_DETECT_RESULT, .detect_hangup = true }, false, 1,
		    { { 4000, true, NULL, false, true } } },
		{ "447700900002", { .detect = PHONE_DETECT_BEEP }, false, 1, { { 8000, true, "beep_start", true, false } } },
		{ "447700900002", { .detect = PHONE_DETECT_BEEP, .detect_hangup = true }, false, 1,
		    { { 4000, true, NULL, false, true } } },
		{ "447700900002", { .detect = PHONE_DETECT_DEFAULT }, true, 2,
		    { { 4000, true, NULL, false, false }, { 8000, true, "beep_start", false, false } } },
		{ "447700900004", { .detect = PHONE_DETECT_DEFAULT, .beep_timeout_s = 30 }, true, 2,
		    { { 4000, true, NULL, false, false }, { 34000, true, "beep_timeout", false, false } } },
		{ "447911", { .detect = PHONE_DETECT_BEEP }, false, 1, { { 49000, true, "beep_timeout", true, false } } },
	};
	struct phones		*p = parse(1, false);
	struct phone_plan	 plan;
	size_t			 i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		plan = plan_of(p, rows[i].address, rows[i].req);
		ck_assert_int_eq(plan.starts_ncco, rows[i].starts_ncco);
		ck_assert_uint_eq(plan.nsteps, rows[i].n);
		for (k = 0; k < plan.nsteps; k++) {
			ck_assert_int_eq(plan.steps[k].at_ms, rows[i].steps[k].at_ms);
			ck_assert_int_eq(plan.steps[k].machine, rows[i].steps[k].machine);
			ck_assert_pstr_eq(plan.steps[k].sub_state, rows[i].steps[k].sub);
			ck_assert_int_eq(plan.steps[k].starts_ncco, rows[i].steps[k].starts);
			ck_assert_int_eq(plan.steps[k].hangs_up, rows[i].steps[k].hangs_up);
		}
	}
	phones_free(p);
}
END_TEST

START_TEST(detect_beep_may_tell_of_the_machine_first)
{
	struct phones		*p = parse(1, true);
	struct phone_plan	 plan = plan_of(p, "447700900002", (struct phone_request){ .detect = PHONE_DETECT_BEEP });

	ck_assert_uint_eq(plan.nsteps, 2);
	ck_assert_ptr_null(plan.steps[0].sub_state);
	ck_assert(!plan.steps[0].starts_ncco && plan.steps[1].starts_ncco);
	ck_assert_str_eq(plan.steps[1].sub_state, "beep_start");
	phones_free(p);
}
END_TEST

START_TEST(the_scale_divides_waits_and_not_the_beep)
{
	struct phones		*p = parse(20, false);
	struct phone		*phone = phones_call(p, "447700900002");
	struct phone_plan	 plan = phone_plan(p, phone, &(struct phone_request){ .detect = PHONE_DETECT_DEFAULT });
	struct clip		*clip;

	ck_assert_int_eq(plan.after_ms, 150);
	ck_assert_int_eq(plan.steps[0].at_ms, 200);
	ck_assert_int_eq(plan.steps[1].at_ms, 400);
	ck_assert_int_eq(phones_scale(p, 45000), 2250);
	ck_assert_ptr_nonnull(clip = phone_clip(phone, 8000));
	ck_assert_uint_eq(clip->audio.nsamples, 8 * (400 + 400));	/* the greeting is cut, the beep whole */
	ck_assert(audio_rms_db(clip->audio.samples + 8 * 450, 8 * 300) > -20);
	phones_free(p);
}
END_TEST

START_TEST(without_a_time_the_beep_comes_after_the_greeting)
{
	static const char text[] = "{\"default\":{\"kind\":\"machine\"},\"2\":{\"kind\":\"busy\"}}";
	char		 cause[400];
	struct phones	*p = phones_parse(text, strlen(text), 50, false, cause, sizeof(cause));
	struct phone	*phone = phones_call(p, "1");
	struct clip	*clip = phone_clip(phone, 16000);
	size_t		 beep = (size_t)((double)phone->beep_after_ms / 50 * 16);

	ck_assert_ptr_nonnull(clip);
	ck_assert_uint_gt(beep, 16000);		/* the greeting lasts longer than a second */
	ck_assert_int_lt(labs((long)(beep + 6400) - (long)clip->audio.nsamples), 50);
	ck_assert_ptr_null(phone_clip(phones_call(p, "2"), 8000));
	phones_free(p);
}
END_TEST

START_TEST(bad_files_say_where)
{
	static const struct { const char *text, *says; } rows[] = {
		{ "[]", "not an object" }, { "{", "" },
		{ "{\"1\":3}", "1: a phone is an object" },
		{ "{\"1\":[]}", "1: an empty list" },
		{ "{\"1\":{\"kind\":\"fax\"}}", "no such kind: \"fax\"" },
		{ "{\"1\":{\"kind\":\"busy\",\"greeting\":\"x\"}}", "unknown member \"greeting\"" },
		{ "{\"1\":{\"kind\":\"human\",\"greetings\":\"x\"}}", "unknown member \"greetings\"" },
		{ "{\"1\":{\"answer_after_ms\":-1}}", "answer_after_ms" },
		{ "{\"1\":{\"kind\":\"human\",\"beep_after_ms\":1}}", "only a machine beeps" },
		{ "{\"1\":{\"kind\":\"failed\",\"detail\":\"declined\"}}", "no \"declined\" with failed" },
		{ "{\"1\":{\"kind\":\"busy\",\"detail\":\"declined\"}}", "no \"declined\" with busy" },
		{ "{\"1\":{\"greeting_file\":\"/nonexistent.wav\"}}", "greeting:" },
		{ "{\"1\":{\"greeting\":\"\",\"script\":[\"hangup\",\"jump\"]}}", "line 2: no such step" },
		{ "{\"1\":{\"greeting\":\"\",\"script_file\":\"/nonexistent\"}}", "/nonexistent" },
	};
	char	cause[400];
	size_t	i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_ptr_null(phones_parse(rows[i].text, strlen(rows[i].text), 1, false, cause, sizeof(cause)));
		ck_assert_msg(strstr(cause, rows[i].says) != NULL, "%s: %s", rows[i].text, cause);
	}
	ck_assert_ptr_null(phones_load("/nonexistent.json", 1, false, cause, sizeof(cause)));
	ck_assert_ptr_nonnull(strstr(cause, "/nonexistent.json"));
}
END_TEST

START_TEST(loading_survives_each_failed_allocation)
{
	static const char	 text[] = "{\"1*\":[{\"greeting\":\"\",\"script\":[\"silence 20\"]},{\"kind\":\"busy\"}]}";
	struct phones		*p = NULL;
	char			 cause[400];
	int			 n;

	for (n = 0; p == NULL && n < 500; n++) {
		mem_fail_at(n);
		p = phones_parse(text, strlen(text), 1, false, cause, sizeof(cause));
	}
	mem_fail_at(-1);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_gt(n, 5);
	phones_free(p);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("phones");
	TCase	*t = tcase_create("phones");
	SRunner	*r = srunner_create(s);
	int	 failed;

	tcase_set_timeout(t, 60);
	tcase_add_test(t, each_kind_ends_as_vonage_tells);
	tcase_add_test(t, every_call_is_counted);
	tcase_add_test(t, the_ringing_timer_ends_the_ringing);
	tcase_add_test(t, detection_follows_its_mode);
	tcase_add_test(t, detect_beep_may_tell_of_the_machine_first);
	tcase_add_test(t, the_scale_divides_waits_and_not_the_beep);
	tcase_add_test(t, without_a_time_the_beep_comes_after_the_greeting);
	tcase_add_test(t, bad_files_say_where);
	tcase_add_test(t, loading_survives_each_failed_allocation);
	suite_add_tcase(s, t);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
