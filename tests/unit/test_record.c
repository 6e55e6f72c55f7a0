/* SPDX-License-Identifier: ISC */
#include "sockd/record.h"

#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "sockd/recfile.h"

#define RATE	8000
#define FRAME	160

static char		 dir[256];
static struct recorder	*r;
static struct callid	 id = { "call-1" };
static uint8_t		*data;
static size_t		 len;

static void
setup(void)
{
	const char	*tmp = getenv("TMPDIR");

	log_open("test", LOG_LVL_ERROR, open("/dev/null", O_WRONLY | O_CLOEXEC));
	(void)snprintf(dir, sizeof(dir), "%s/record.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_ptr_nonnull(r = recorder_new(dir));
}

static void
teardown(void)
{
	char		 path[512];
	struct dirent	*e;
	DIR		*d;

	recorder_free(r);
	r = NULL;
	free(data);
	data = NULL;
	ck_assert_ptr_nonnull(d = opendir(dir));
	while ((e = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			(void)unlink(path);
	}
	(void)closedir(d);
	(void)rmdir(dir);
}

static void
wait_for_worker(void)
{
	recorder_free(r);
	r = NULL;
}

static bool
load(const char *name)
{
	char		path[512];
	struct stat	st;
	int		fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((fd = open(path, O_RDONLY)) == -1)
		return false;
	ck_assert_int_eq(fstat(fd, &st), 0);
	free(data);
	len = (size_t)st.st_size;
	ck_assert_ptr_nonnull(data = malloc(len + 1));
	ck_assert_int_eq(read(fd, data, len), (ssize_t)len);
	(void)close(fd);
	return true;
}

static int
sample(size_t pos, int channel)
{
	int16_t	v;

	memcpy(&v, data + 44 + pos * 4 + (size_t)channel * 2, 2);
	return v;
}

static uint32_t
word(size_t at)
{
	uint32_t	v;

	memcpy(&v, data + at, 4);
	return v;
}

static void
fill(int16_t pcm[FRAME], int value)
{
	int	i;

	for (i = 0; i < FRAME; i++)
		pcm[i] = (int16_t)value;
}

static void
left(struct record *rec, unsigned frame)
{
	int16_t	pcm[FRAME];

	fill(pcm, (int)frame + 1);
	record_left(rec, (uint64_t)frame * FRAME, pcm, FRAME);
}

static void
right(struct record *rec, unsigned frame)
{
	int16_t	pcm[FRAME];

	fill(pcm, -(int)frame - 1);
	record_right(rec, (uint64_t)frame * FRAME, pcm, FRAME);
}

START_TEST(both_sides_are_at_their_place)
{
	struct record	*rec = record_open(r, &id, RATE, 120);
	unsigned	 f;

	for (f = 0; f < 200; f++) {
		left(rec, f);
		if (f + 5 >= 50 && f < 100)
			right(rec, f + 5);	/* sent 100 ms ahead */
	}
	record_close(rec);
	wait_for_worker();
	ck_assert(!load("call-1.wav.part"));
	ck_assert(load("call-1.wav"));
	ck_assert_uint_eq(len, 44 + 200 * FRAME * 4);
	ck_assert_uint_eq(word(40), 200 * FRAME * 4);
	ck_assert_uint_eq(word(4), 200 * FRAME * 4 + 36);
	ck_assert_uint_eq(word(24), RATE);
	for (f = 0; f < 200; f++) {
		ck_assert_int_eq(sample(f * FRAME + 3, 0), (int)f + 1);
		ck_assert_int_eq(sample(f * FRAME + 3, 1), f >= 50 && f < 105 ? -(int)f - 1 : 0);
	}
}
END_TEST

START_TEST(cleared_audio_is_cut)
{
	struct record	*rec = record_open(r, &id, RATE, 120);
	unsigned	 f;

	for (f = 0; f < 10; f++) {
		left(rec, f);
		right(rec, f + 6);
	}
	record_cut(rec, 10 * FRAME + 80);
	record_close(rec);
	wait_for_worker();
	ck_assert(load("call-1.wav"));
	ck_assert_uint_eq(len, 44 + (10 * FRAME + 80) * 4);
	ck_assert_int_eq(sample(10 * FRAME + 79, 1), -11);
}
END_TEST

START_TEST(a_file_in_work_can_be_read_to_its_last_second)
{
	struct record	*rec = record_open(r, &id, RATE, 120);
	unsigned	 f;

	for (f = 0; f < 500; f++)
		left(rec, f);
	do {				/* the worker's time; Check's timeout bounds it */
		(void)usleep(1000);
	} while (!load("call-1.wav.part") || len < 44 || word(40) < 450 * FRAME * 4);
	ck_assert_uint_ge(len, 44 + word(40));
	ck_assert_uint_eq(word(40) % 4, 0);
	record_close(rec);
}
END_TEST

START_TEST(missing_caller_audio_is_silence)
{
	struct record	*rec = record_open(r, &id, RATE, 120);
	unsigned	 f;

	left(rec, 0);
	for (f = 1; f < 300; f++)
		right(rec, f);
	left(rec, 300);
	left(rec, 1000);
	record_close(rec);
	wait_for_worker();
	ck_assert(load("call-1.wav"));
	ck_assert_uint_eq(len, 44 + 1001 * FRAME * 4);
	ck_assert_int_eq(sample(150 * FRAME, 0), 0);
	ck_assert_int_eq(sample(150 * FRAME, 1), -151);
	ck_assert_int_eq(sample(300 * FRAME, 0), 301);
	ck_assert_int_eq(sample(700 * FRAME, 0), 0);
	ck_assert_int_eq(sample(1000 * FRAME, 0), 1001);
}
END_TEST

START_TEST(audio_that_comes_too_late_is_counted)
{
	struct record		*rec = record_open(r, &id, RATE, 120);
	struct recorder_stats	 st;
	unsigned		 f;

	for (f = 0; f < 100; f++)
		left(rec, f);
	right(rec, 5);
	recorder_stats(r, &st);
	ck_assert_uint_eq(st.dropped_ms, 20);
	record_close(rec);
}
END_TEST

START_TEST(a_second_recording_of_a_call_gets_its_own_name)
{
	struct record	*a = record_open(r, &id, RATE, 120), *b = record_open(r, &id, RATE, 120);

	left(a, 0);
	left(b, 0);
	record_close(a);
	record_close(b);
	wait_for_worker();
	ck_assert(load("call-1.wav"));
	ck_assert(load("call-1-2.wav"));
}
END_TEST

START_TEST(orphans_get_their_name_and_locked_files_do_not)
{
	struct recfile		f;
	struct recorder_stats	st;
	struct recorder_file	told;
	int16_t			pcm[2 * FRAME] = { 1, 2 };
	char			path[512];

	wait_for_worker();
	ck_assert_int_eq(recfile_create(&f, dir, "dead", RATE), 0);
	ck_assert_int_eq(recfile_write(&f, 0, pcm, sizeof(pcm)), 0);
	recfile_drop(&f);
	ck_assert_int_eq(recfile_create(&f, dir, "alive", RATE), 0);
	(void)snprintf(path, sizeof(path), "%s/junk.wav.part", dir);
	(void)close(open(path, O_CREAT | O_WRONLY, 0600));
	ck_assert_ptr_nonnull(r = recorder_new(dir));
	do {
		(void)usleep(1000);
		recorder_stats(r, &st);
	} while (st.recovered == 0);
	ck_assert_uint_eq(st.recovered, 1);
	ck_assert(load("dead.wav"));
	ck_assert_uint_eq(len, 44 + sizeof(pcm));
	ck_assert(load("alive.wav.part"));
	ck_assert(load("junk.wav.part"));
	recfile_drop(&f);
	/* told of like any other: without a row no retention and no forgetting would find it */
	ck_assert(recorder_next_file(r, &told));
	ck_assert_str_eq(told.call.text, "dead");
	ck_assert_uint_eq(told.bytes, sizeof(pcm));
	ck_assert_int_gt(told.ended_wall_ms, clock_wall_ms() - 60000);
	ck_assert(!recorder_next_file(r, &told));
}
END_TEST

START_TEST(an_orphan_belongs_to_the_call_that_names_it)
{
	static const char *const	stems[][2] = {
		{ "aaaaaaaa-bbbb-cccc-dddd-0123456789ab-2", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab" },
		{ "aaaaaaaa-bbbb-cccc-dddd-012345678912", "aaaaaaaa-bbbb-cccc-dddd-012345678912" },
		{ "f7aebf19bd374d638f3532352f489012-13", "f7aebf19bd374d638f3532352f489012" },
		{ "call-2", "call-2" },
	};
	struct recorder_file	told;
	struct recfile		f;
	int16_t			pcm[2 * FRAME] = { 1, 2 };
	size_t			i;

	for (i = 0; i < sizeof(stems) / sizeof(stems[0]); i++) {
		wait_for_worker();
		ck_assert_int_eq(recfile_create(&f, dir, stems[i][0], RATE), 0);
		ck_assert_int_eq(recfile_write(&f, 0, pcm, sizeof(pcm)), 0);
		recfile_drop(&f);
		ck_assert_ptr_nonnull(r = recorder_new(dir));
		while (!recorder_next_file(r, &told))
			(void)usleep(1000);
		ck_assert_str_eq(told.call.text, stems[i][1]);
	}
}
END_TEST

START_TEST(a_directory_that_is_gone_fails_that_recording_only)
{
	struct recorder_stats	 st;
	struct record		*rec;
	char			 path[512];
	unsigned		 f;

	wait_for_worker();
	(void)snprintf(path, sizeof(path), "%s/none", dir);
	ck_assert_ptr_nonnull(r = recorder_new(path));
	rec = record_open(r, &id, RATE, 120);
	for (f = 0; f < 100; f++)
		left(rec, f);
	record_close(rec);
	do {
		(void)usleep(1000);
		recorder_stats(r, &st);
	} while (st.failed == 0);
	ck_assert_uint_eq(st.failed, 1);
	ck_assert_uint_eq(st.saved, 0);
}
END_TEST

START_TEST(open_survives_each_failed_allocation)
{
	struct record	*rec = NULL;
	int		 n;

	for (n = 0; rec == NULL; n++) {
		mem_fail_at(n);
		rec = record_open(r, &id, RATE, 120);
	}
	mem_fail_at(-1);
	ck_assert_int_ge(n, 5);
	record_close(rec);
}
END_TEST

static Suite *
suite(void)
{
	Suite	*s = suite_create("record");
	TCase	*t = tcase_create("record");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, both_sides_are_at_their_place);
	tcase_add_test(t, cleared_audio_is_cut);
	tcase_add_test(t, a_file_in_work_can_be_read_to_its_last_second);
	tcase_add_test(t, missing_caller_audio_is_silence);
	tcase_add_test(t, audio_that_comes_too_late_is_counted);
	tcase_add_test(t, a_second_recording_of_a_call_gets_its_own_name);
	tcase_add_test(t, orphans_get_their_name_and_locked_files_do_not);
	tcase_add_test(t, an_orphan_belongs_to_the_call_that_names_it);
	tcase_add_test(t, a_directory_that_is_gone_fails_that_recording_only);
	tcase_add_test(t, open_survives_each_failed_allocation);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner	*sr = srunner_create(suite());
	int	 nfailed;

	srunner_run_all(sr, CK_ENV);
	nfailed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return nfailed != 0;
}
