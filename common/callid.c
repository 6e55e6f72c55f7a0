/* SPDX-License-Identifier: ISC */
#include "common/callid.h"

#include <errno.h>
#include <string.h>

static bool
allowed(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    c == '_' || c == '.' || c == '-';
}

bool
callid_valid(const char *text, size_t len)
{
	size_t	i;

	if (len < 1 || len > CALLID_MAX || text[0] == '.' || text[0] == '-')
		return false;
	for (i = 0; i < len; i++) {
		if (!allowed(text[i]))
			return false;
	}
	return true;
}

int
callid_parse(const char *text, struct callid *ret)
{
	return callid_parse_n(text, strnlen(text, CALLID_SIZE), ret);
}

int
callid_parse_n(const char *text, size_t len, struct callid *ret)
{
	struct callid	id = { "" };

	if (!callid_valid(text, len)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(id.text, text, len);
	*ret = id;
	return 0;
}

bool
callid_equal(const struct callid *a, const struct callid *b)
{
	return strcmp(a->text, b->text) == 0;
}

unsigned
callid_hash(const struct callid *id)
{
	const char	*c;
	unsigned	 hash = 2166136261U;	/* FNV-1a, 32 bits */

	for (c = id->text; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619U;
	return hash;
}
