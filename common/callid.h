/* SPDX-License-Identifier: ISC */
/*
 * callid: the id of a call.
 *
 * It is the uuid that Vonage gave the call's first leg, taken as opaque ASCII
 * (spec/vonage.md: both dashed and undashed forms occur, never parse it as a
 * UUID): 1 to 64 characters of [0-9A-Za-z_.-], compared byte-wise, not
 * starting with a dot or a dash (it names files; "-" means no call on the bus).
 */
#ifndef COMMON_CALLID_H
#define COMMON_CALLID_H

#include <stdbool.h>
#include <stddef.h>

#define CALLID_MAX	64
#define CALLID_SIZE	(CALLID_MAX + 1)

struct callid { char text[CALLID_SIZE]; };	/* always NUL-terminated */

bool callid_valid(const char *text, size_t len);
/* 0, or -1 with EINVAL; *ret untouched then. */
int callid_parse(const char *text, struct callid *ret);
int callid_parse_n(const char *text, size_t len, struct callid *ret);
bool callid_equal(const struct callid *a, const struct callid *b);
/* For hash tables; not stable between versions. */
unsigned callid_hash(const struct callid *id);

#endif
