/* SPDX-License-Identifier: ISC */
#include "tests/unit/store_fixture.h"

#include "common/store_flow.h"

static const struct callid	id = { "call-1" };

static void
open_store(void)
{
	ck_assert_ptr_nonnull(s = store_open(path, STORE_WRITE, err, sizeof(err)));
}

START_TEST(a_state_is_read_as_it_was_written_and_replaced)
{
	char			vars[] = "{\"a\":\"b\"}", visits[] = "{\"x\":1}";
	struct store_flow_state	row = { .call = id, .flow = "menu", .step = "again", .seq = 3, .key = "k", .updated_at = 17 }, got;

	open_store();
	ck_assert_int_eq(store_get_flow_state(s, &id, &got), 0);
	row.vars = vars;
	ck_assert_int_eq(store_put_flow_state(s, &row, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_flow_state(s, &id, &got), 1);
	ck_assert_str_eq(got.flow, "menu");
	ck_assert_str_eq(got.step, "again");
	ck_assert_int_eq(got.seq, 3);
	ck_assert_str_eq(got.key, "k");
	ck_assert_str_eq(got.vars, "{\"a\":\"b\"}");
	ck_assert_ptr_null(got.visits);
	ck_assert_int_eq(got.updated_at, 17);
	store_flow_state_clear(&got);
	(void)snprintf(row.step, sizeof(row.step), "end");
	row.vars = NULL;
	row.visits = visits;
	row.key[0] = '\0';
	ck_assert_int_eq(store_put_flow_state(s, &row, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_flow_state(s, &id, &got), 1);
	ck_assert_str_eq(got.step, "end");
	ck_assert_str_eq(got.key, "");
	ck_assert_ptr_null(got.vars);
	ck_assert_str_eq(got.visits, "{\"x\":1}");
	store_flow_state_clear(&got);
	row.seq = 2;
	(void)snprintf(row.step, sizeof(row.step), "old");
	ck_assert_int_eq(store_put_flow_state(s, &row, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_flow_state(s, &id, &got), 1);
	ck_assert_str_eq(got.step, "end");
	store_flow_state_clear(&got);
}
END_TEST

START_TEST(a_state_without_a_call_is_refused)
{
	struct store_flow_state	row = { .flow = "menu", .step = "start" };

	open_store();
	ck_assert_int_eq(store_put_flow_state(s, &row, NULL, NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

static bool
keep(void *arg, const struct store_answer *a)
{
	struct store_answer	*got = arg;

	while (got->name[0] != '\0')
		got++;
	*got = *a;
	return true;
}

START_TEST(the_same_question_again_replaces_its_answer)
{
	struct store_answer	a = { .call = id, .flow = "survey", .name = "one", .how = "dtmf", .value = "1", .at = 1 }, got[4] = { 0 };

	open_store();
	ck_assert_int_eq(store_put_answer(s, &a, NULL, NULL), 0);
	(void)snprintf(a.name, sizeof(a.name), "two");
	ck_assert_int_eq(store_put_answer(s, &a, NULL, NULL), 0);
	(void)snprintf(a.name, sizeof(a.name), "one");
	(void)snprintf(a.how, sizeof(a.how), "speech");
	(void)snprintf(a.value, sizeof(a.value), "five");
	(void)snprintf(a.confidence, sizeof(a.confidence), "0.75");
	ck_assert_int_eq(store_put_answer(s, &a, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_each_answer(s, &id, keep, got), 0);
	ck_assert_str_eq(got[0].name, "one");
	ck_assert_str_eq(got[0].value, "five");
	ck_assert_str_eq(got[0].confidence, "0.75");
	ck_assert_str_eq(got[1].name, "two");
	ck_assert_str_eq(got[1].confidence, "");
	ck_assert_str_eq(got[2].name, "");
}
END_TEST

START_TEST(answers_of_a_flow_know_call_and_person)
{
	struct store_answer	a = { .call = id, .flow = "survey", .name = "one", .value = "1", .at = 1 }, got[4] = { 0 }, all[4] = { 0 };
	struct store_call	c;

	open_store();
	store_call_init(&c);
	c.id = id;
	(void)snprintf(c.direction, sizeof(c.direction), "outbound");
	(void)snprintf(c.caller, sizeof(c.caller), "4420");
	(void)snprintf(c.called, sizeof(c.called), "4430");
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
	ck_assert_int_eq(store_put_answer(s, &a, NULL, NULL), 0);
	(void)snprintf(a.call.text, sizeof(a.call.text), "nobody-knows-it");
	ck_assert_int_eq(store_put_answer(s, &a, NULL, NULL), 0);
	(void)snprintf(a.flow, sizeof(a.flow), "other");
	ck_assert_int_eq(store_put_answer(s, &a, NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_each_answer_of_flow(s, "survey", keep, got), 0);
	ck_assert_str_eq(got[0].call.text, id.text);
	ck_assert_str_eq(got[0].person, "4430");
	ck_assert_str_eq(got[1].person, "");
	ck_assert_str_eq(got[2].name, "");
	ck_assert_int_eq(store_each_answer_of_flow(s, NULL, keep, all), 0);
	ck_assert_str_eq(all[2].flow, "other");
}
END_TEST

START_TEST(opting_out_keeps_what_is_known_of_a_contact)
{
	struct store_contact	c = { .number = "4420", .name = "Ann", .language = "en-GB" }, got;

	open_store();
	ck_assert_int_eq(store_put_contact(s, &c, NULL, NULL), 0);
	ck_assert_int_eq(store_set_do_not_call(s, "4420", NULL, NULL), 0);
	ck_assert_int_eq(store_set_do_not_call(s, "4430", NULL, NULL), 0);
	store_flush(s);
	ck_assert_int_eq(store_get_contact(s, "4420", &got), 1);
	ck_assert(got.do_not_call);
	ck_assert_str_eq(got.name, "Ann");
	ck_assert_int_eq(store_get_contact(s, "4430", &got), 1);
	ck_assert(got.do_not_call && !got.blocked);
}
END_TEST

static void
put_call(const char *name, const char *called, const char *flow, const char *state, int64_t at)
{
	struct store_call	c;

	store_call_init(&c);
	(void)snprintf(c.id.text, sizeof(c.id.text), "%s", name);
	(void)snprintf(c.called, sizeof(c.called), "%s", called);
	(void)snprintf(c.flow, sizeof(c.flow), "%s", flow);
	(void)snprintf(c.state, sizeof(c.state), "%s", state);
	c.started_at = at;
	ck_assert_int_eq(store_put_call(s, &c, NULL, NULL), 0);
}

START_TEST(open_calls_are_counted_by_flow_number_and_age)
{
	open_store();
	put_call("a", "4420", "menu", "answered", 1000);
	put_call("b", "4421", "menu", "new", 1000);
	put_call("c", "4930", "menu", "new", 1000);
	put_call("d", "4420", "menu", "ended", 1000);
	put_call("e", "4420", "menu", "new", 10);
	put_call("f", "4420", "other", "new", 1000);
	store_flush(s);
	ck_assert_int_eq(store_count_open(s, "menu", "44*", 100), 2);
	ck_assert_int_eq(store_count_open(s, "menu", "", 100), 3);
	ck_assert_int_eq(store_count_open(s, "menu", "4421", 0), 1);
	ck_assert_int_eq(store_count_open(s, "none", "", 0), 0);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("store_flow");
	TCase	*t = tcase_create("store_flow");
	SRunner	*r;
	int	 failed;

	tcase_add_checked_fixture(t, setup_dir, teardown_dir);
	tcase_add_test(t, a_state_is_read_as_it_was_written_and_replaced);
	tcase_add_test(t, a_state_without_a_call_is_refused);
	tcase_add_test(t, the_same_question_again_replaces_its_answer);
	tcase_add_test(t, answers_of_a_flow_know_call_and_person);
	tcase_add_test(t, opting_out_keeps_what_is_known_of_a_contact);
	tcase_add_test(t, open_calls_are_counted_by_flow_number_and_age);
	suite_add_tcase(suite, t);
	r = srunner_create(suite);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
