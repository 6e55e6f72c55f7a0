/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "tools/callsim/eventfault.h"

#define COMPLETED "{\"uuid\":\"u\",\"status\":\"completed\",\"duration\":\"341\",\"rate\":\"0.00450000\"," \
	"\"network\":\"GB-FIXED\",\"from\":\"44\",\"timestamp\":\"2026-11-20T12:00:00.000Z\"}"

static struct json_object *
apply(const struct event_faults *f, const char *text)
{
	char			*after = eventfault_apply(f, mem_strdup(text));
	struct json_object	*o;

	ck_assert_ptr_nonnull(after);
	ck_assert_ptr_nonnull(o = json_parse(after, strlen(after), NULL));
	free(after);
	return o;
}

START_TEST(without_a_fault_not_a_byte_changes)
{
	struct event_faults	 f = { .late_ms = 5 };
	char			*text = mem_strdup("{ \"a\" : 1 }");

	ck_assert_ptr_eq(eventfault_apply(&f, text), text);
	ck_assert_str_eq(text, "{ \"a\" : 1 }");
	free(text);
	ck_assert_ptr_null(eventfault_apply(&f, NULL));
}
END_TEST

START_TEST(numbers_become_numbers)
{
	struct event_faults	 f = { .numbers = true };
	struct json_object	*o = apply(&f, COMPLETED);

	ck_assert(json_object_is_type(json_get(o, "duration"), json_type_int));
	ck_assert(json_object_is_type(json_get(o, "rate"), json_type_double));
	ck_assert_str_eq(json_get_str(o, "network"), "GB-FIXED");
	json_object_put(o);
	o = apply(&f, "{\"speech\":{\"results\":[{\"confidence\":\"0.94\",\"text\":\"7\"}]}}");
	ck_assert_str_eq(json_text(o, NULL), "{\"speech\":{\"results\":[{\"confidence\":0.94,\"text\":\"7\"}]}}");
	json_object_put(o);
}
END_TEST

START_TEST(nulls_spare_what_names_the_event)
{
	struct event_faults	 f = { .nulls = true };
	struct json_object	*o = apply(&f, COMPLETED);

	ck_assert_str_eq(json_text(o, NULL), "{\"uuid\":\"u\",\"status\":\"completed\",\"duration\":null,"
	    "\"rate\":null,\"network\":null,\"from\":null,\"timestamp\":\"2026-11-20T12:00:00.000Z\"}");
	json_object_put(o);
}
END_TEST

START_TEST(extras_come_on_top)
{
	struct event_faults	 f = { .extras = true };
	struct json_object	*o = apply(&f, COMPLETED);

	ck_assert_str_eq(json_get_str(o, "duration"), "341");
	ck_assert_ptr_nonnull(json_get_obj(o, "media_info"));
	ck_assert(json_object_object_get_ex(o, "experimental", NULL));
	json_object_put(o);
}
END_TEST

START_TEST(action_events_can_have_a_status)
{
	static const struct { const char *text, *status; } rows[] = {
		{ "{\"conversation_uuid_from\":\"CON-a\",\"type\":\"transfer\"}", "transfer" },
		{ "{\"dtmf\":{\"digits\":\"1\"},\"speech\":{}}", "input" },
		{ "{\"payload\":{}}", NULL }, { COMPLETED, "completed" },
	};
	struct event_faults	 f = { .forms = true };
	struct json_object	*o;
	const char		*status;
	size_t			 i;

	for (i = 0; i < 4; i++) {
		o = apply(&f, rows[i].text);
		status = json_get_str(o, "status");
		ck_assert((status == NULL) == (rows[i].status == NULL));
		if (status != NULL)
			ck_assert_str_eq(status, rows[i].status);
		json_object_put(o);
	}
}
END_TEST

START_TEST(losses_follow_the_probability_and_the_seed)
{
	struct event_faults	f = { .lose = 0.25, .seed = 7 }, g = { .lose = 0.25, .seed = 8 };
	unsigned		lost = 0, same = 0;
	uint64_t		i;

	for (i = 0; i < 10000; i++) {
		lost += eventfault_lost(&f, i);
		same += eventfault_lost(&f, i) == eventfault_lost(&g, i);
		ck_assert(eventfault_lost(&f, i) == eventfault_lost(&f, i));
	}
	ck_assert(lost > 2300 && lost < 2700);
	ck_assert_uint_lt(same, 7500);
	f.lose = 0;
	g.lose = 1;
	for (i = 0; i < 1000; i++)
		ck_assert(!eventfault_lost(&f, i) && eventfault_lost(&g, i));
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("eventfault");
	TCase	*t = tcase_create("eventfault");
	SRunner	*r = srunner_create(s);
	int	 failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, without_a_fault_not_a_byte_changes);
	tcase_add_test(t, numbers_become_numbers);
	tcase_add_test(t, nulls_spare_what_names_the_event);
	tcase_add_test(t, extras_come_on_top);
	tcase_add_test(t, action_events_can_have_a_status);
	tcase_add_test(t, losses_follow_the_probability_and_the_seed);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
