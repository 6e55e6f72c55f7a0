/* SPDX-License-Identifier: ISC */
#include "tools/pick.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/store_list.h"

static bool
take_id(void *arg, const struct store_call *c)
{
	*(struct callid *)arg = c->id;
	return false;
}

static int
newest(struct store *s, struct callid *ret)
{
	ret->text[0] = '\0';
	if (store_each_call(s, false, NULL, 1, take_id, ret) == -1)
		return -1;
	return ret->text[0] != '\0';
}

int
pick_call(struct store *s, const char *text, struct store_call *ret, char *err, size_t err_size)
{
	struct callid	id;
	int		rc;

	if (strcmp(text, "last") == 0)
		rc = newest(s, &id);
	else if (!callid_valid(text, strlen(text))) {
		(void)snprintf(err, err_size, "that is no id of a call");
		return 0;
	} else if (callid_parse(text, &id) == -1 || (rc = store_get_call(s, &id, ret)) == 0)
		rc = store_find_call_by_prefix(s, text, &id);
	if (rc == 1)
		rc = store_get_call(s, &id, ret);
	if (rc == 1)
		return 1;
	if (rc == 0) {
		(void)snprintf(err, err_size, "there is no such call");
		return 0;
	}
	if (errno == EEXIST) {
		(void)snprintf(err, err_size, "several calls begin so: give more of the id");
		return 0;
	}
	(void)snprintf(err, err_size, "database: %s", strerror(errno));
	return -1;
}
