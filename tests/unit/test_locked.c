/* SPDX-License-Identifier: ISC */
#include <sys/file.h>

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tools/locked.h"

static const char list[] =
    "1: POSIX  ADVISORY  READ 11 fe:00:100 128 128\n"
    "2: FLOCK  ADVISORY  WRITE 22 fe:00:100 0 EOF\n"
    "2: -> FLOCK  ADVISORY  WRITE 33 fe:00:100 0 EOF\n"
    "3: FLOCK  ADVISORY  WRITE 44 00:1b:200 0 EOF\n"
    "4: FLOCK  ADVISORY  WRITE 55 08:01:200 0 EOF\n"
    "5: OFDLCK ADVISORY  WRITE -1 fe:00:300 0 EOF\n"
    "nonsense";

static const struct { unsigned major, minor; uint64_t inode; int pid; } rows[] = {
	{ 0xfe, 0, 100, 22 },
	{ 8, 1, 200, 55 },
	{ 0, 0x1b, 200, 44 },
	{ 0, 0x99, 200, 55 },	/* another device number: better than nothing */
	{ 0xfe, 0, 300, 0 },
	{ 0xfe, 0, 101, 0 },
};

START_TEST(the_holder_is_found_by_device_and_inode)
{
	ck_assert_int_eq(locked_find(list, rows[_i].major, rows[_i].minor, rows[_i].inode), rows[_i].pid);
}
END_TEST

START_TEST(a_lock_of_this_process_is_seen)
{
	char	dir[256], path[300];
	int	fd;

	(void)snprintf(dir, sizeof(dir), "%s/callpipe.XXXXXX", getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/vadd.0.lock", dir);
	ck_assert_int_eq(locked_by(path), 0);
	ck_assert_int_ne(fd = open(path, O_RDWR | O_CREAT, 0600), -1);
	ck_assert_int_eq(locked_by(path), 0);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	if (access("/proc/locks", R_OK) == 0)
		ck_assert_int_eq(locked_by(path), getpid());
	(void)close(fd);
	(void)unlink(path);
	(void)rmdir(dir);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("locked");
	TCase	*t = tcase_create("locked");
	SRunner	*sr;
	int	 failed;

	tcase_add_loop_test(t, the_holder_is_found_by_device_and_inode, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(t, a_lock_of_this_process_is_seen);
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
