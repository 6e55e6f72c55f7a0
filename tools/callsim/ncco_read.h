/* SPDX-License-Identifier: ISC */
/*
 * ncco_read: members of an NCCO's objects read by a table of name, type,
 * range and place in struct ncco_action. Internal to nccocheck.
 *
 * Functions return 0, or -1 after ncco_complain().
 */
#ifndef CALLSIM_NCCO_READ_H
#define CALLSIM_NCCO_READ_H

#include <stddef.h>

#include "common/json.h"
#include "tools/callsim/nccocheck.h"

struct ncco_check {		/* what is being looked at, for the cause */
	char		*cause;
	size_t		 cause_size;
	size_t		 index;		/* of the action; (size_t)-1: none to be named */
	enum ncco_result result;
};

enum ncco_want {		/* JSON type -> C type at the place */
	NCCO_WANT_STR,		/* string -> char *, not empty */
	NCCO_WANT_COUNT,	/* integer in min..max -> uint32_t */
	NCCO_WANT_SECONDS,	/* integer in min..max -> uint32_t milliseconds */
	NCCO_WANT_FRACTION,	/* number in min..max -> uint32_t milliseconds */
	NCCO_WANT_CLAMPED,	/* the same, and outside it is the nearest (spec/vonage.md 3.6) */
	NCCO_WANT_BOOL,		/* -> bool */
	NCCO_WANT_LEVEL,	/* number, or string of one, -1..1 step 0.1 -> double */
	NCCO_WANT_URLS,		/* array of exactly one URL -> char * */
	NCCO_WANT_URL,		/* URL -> char * */
	NCCO_WANT_METHOD,	/* "GET" or "POST" -> bool, true: GET */
	NCCO_WANT_LIST,		/* array of strings -> struct ncco_list */
	NCCO_WANT_OBJ,		/* object -> char *, its text */
	NCCO_WANT_ARR,		/* array: only the type is looked at, as with the next */
	NCCO_WANT_OTHER_STR,
	NCCO_WANT_OTHER_OBJ
};

struct ncco_member {
	const char	*name;
	enum ncco_want	 want;
	size_t		 at;		/* offsetof(struct ncco_action, ...) */
	double		 min, max;
};
#define NCCO_AT(field)		offsetof(struct ncco_action, field)
#define NCCO_EVENT_MEMBERS							\
	{ "eventUrl", NCCO_WANT_URLS, NCCO_AT(event_url), 0, 0 },		\
	{ "eventMethod", NCCO_WANT_METHOD, NCCO_AT(event_get), 0, 0 }
#define NCCO_END		{ NULL, NCCO_WANT_STR, 0, 0, 0 }

/* Notes result and cause; always -1. */
int	ncco_complain(struct ncco_check *c, enum ncco_result result, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
int	ncco_no_memory(struct ncco_check *c);	/* the same for ENOMEM */
/* Read all members of obj; one that is not in the table is refused. */
int	ncco_members(struct ncco_check *c, const struct ncco_member *known, struct json_object *obj,
	    struct ncco_action *a);
/* One of names ends with NULL: its index into *ret; an absent member leaves *ret. */
int	ncco_word(struct ncco_check *c, struct json_object *obj, const char *member,
	    const char *const *names, unsigned *ret);

/* The actions: obj is an object whose "action" is known. */
int	ncco_talk(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_stream(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_record(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_conversation(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_wait(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_input(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_notify(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_transfer(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);
int	ncco_connect(struct ncco_check *c, struct json_object *obj, struct ncco_action *a);

#endif
