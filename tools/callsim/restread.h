/* SPDX-License-Identifier: ISC */
/* restread: typed members of a request's body, each refused with its name (for restcheck*.c). Pure. */
#ifndef CALLSIM_RESTREAD_H
#define CALLSIM_RESTREAD_H

#include "tools/callsim/rest.h"

enum restread_type {
	RESTREAD_STR, RESTREAD_INT, RESTREAD_BOOL, RESTREAD_OBJ, RESTREAD_ARR, RESTREAD_LEVEL
};
struct restread_member {	/* tables end with a NULL name */
	const char	*name;
	enum restread_type type;
};

/* obj is an object, has no other member than these, each of its type. prefix ("to.", "") is for the names. */
int	restread_members(struct json_object *obj, const char *prefix, const struct restread_member *known,
	    struct rest_reply *reply);
/* An int in a range, def when absent. */
int	restread_int(struct json_object *obj, const char *name, int64_t min, int64_t max, int64_t def,
	    int64_t *ret, struct rest_reply *reply);
/* One of the words; absent: *ret stays. */
int	restread_word(struct json_object *obj, const char *name, const char *const *words, const char **ret,
	    struct rest_reply *reply);
/* An array of one http URL; absent: *ret stays. */
int	restread_url(struct json_object *obj, const char *name, const char **ret, struct rest_reply *reply);
/* -1 to 1 by 0.1, as number or text (spec/vonage.md 7.5). */
int	restread_level(struct json_object *obj, double *ret, struct rest_reply *reply);
/* Only digits, that many. */
bool	restread_digits(const char *text, size_t min, size_t max);
int	restread_refuse(struct rest_reply *reply, const char *prefix, const char *name, const char *reason);

#endif
