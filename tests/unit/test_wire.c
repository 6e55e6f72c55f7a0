/* SPDX-License-Identifier: ISC */
#include <check.h>

#include "common/wire.h"

START_TEST(numbers_are_little_endian)
{
	static const uint8_t	expected[] = { 0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04,
		0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08, 'x', 'y' };
	uint8_t			data[sizeof(expected)];
	struct wire_writer	w = wire_writer(data, sizeof(data));
	struct wire_reader	r;

	wire_put_u8(&w, 0x01);
	wire_put_u16(&w, 0x0203);
	wire_put_u32(&w, 0x04050607);
	wire_put_u64(&w, 0x08090a0b0c0d0e0f);
	wire_put_bytes(&w, "xy", 2);
	ck_assert_uint_eq(wire_len(&w), sizeof(expected));
	ck_assert_mem_eq(data, expected, sizeof(expected));

	r = wire_reader(data, sizeof(data));
	ck_assert_uint_eq(wire_get_u8(&r), 0x01);
	ck_assert_uint_eq(wire_get_u16(&r), 0x0203);
	ck_assert_uint_eq(wire_get_u32(&r), 0x04050607);
	ck_assert_uint_eq(wire_get_u64(&r), 0x08090a0b0c0d0e0f);
	ck_assert(!wire_done(&r));
	ck_assert_uint_eq(wire_left(&r), 2);
	ck_assert_ptr_eq(wire_get_bytes(&r, 2), data + 15);
	ck_assert(wire_done(&r));
}
END_TEST

START_TEST(reading_past_the_end_is_zero_for_good)
{
	static const uint8_t	data[] = { 0xff, 0xff, 0xff };
	struct wire_reader	r = wire_reader(data, sizeof(data));

	ck_assert_uint_eq(wire_get_u32(&r), 0);
	ck_assert(wire_failed(&r));
	ck_assert_uint_eq(wire_get_u8(&r), 0);
	ck_assert_uint_eq(wire_left(&r), 0);
	ck_assert(!wire_done(&r));
	ck_assert_ptr_null(wire_get_bytes(&r, 1));

	r = wire_reader(data, sizeof(data));
	ck_assert_ptr_null(wire_get_bytes(&r, SIZE_MAX));
	ck_assert(wire_failed(&r));
	r = wire_reader(NULL, 0);
	ck_assert(wire_done(&r));
	ck_assert_uint_eq(wire_get_u64(&r), 0);
	ck_assert(wire_failed(&r));
}
END_TEST

START_TEST(writing_past_the_end_writes_nothing_more)
{
	uint8_t			data[4] = { 0xee, 0xee, 0xee, 0xee };
	struct wire_writer	w = wire_writer(data, 3);

	wire_put_u16(&w, 0);
	wire_put_u16(&w, 0);
	wire_put_u8(&w, 0);
	ck_assert_uint_eq(wire_len(&w), 0);
	ck_assert_uint_eq(data[2], 0xee);
	w = wire_writer(data, sizeof(data));
	wire_put_bytes(&w, data, SIZE_MAX);
	ck_assert_uint_eq(wire_len(&w), 0);
	w = wire_writer(NULL, 0);
	wire_put_bytes(&w, NULL, 0);
	ck_assert(!w.failed);
	wire_put_u8(&w, 1);
	ck_assert(w.failed);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("wire");
	TCase	*tc = tcase_create("wire");
	SRunner	*runner = srunner_create(suite);
	int	 failed;

	tcase_add_test(tc, numbers_are_little_endian);
	tcase_add_test(tc, reading_past_the_end_is_zero_for_good);
	tcase_add_test(tc, writing_past_the_end_writes_nothing_more);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
