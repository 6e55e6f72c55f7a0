/* SPDX-License-Identifier: ISC */
/*
 * json: typed getters over json-c, and the one way to parse.
 *
 * json-c converts silently (a string "12abc" reads as 12), accepts NaN and
 * raw control characters and keeps bad UTF-8 unless told otherwise; these
 * functions do not. A JSON null counts as absent everywhere. Objects follow
 * json-c's reference counts: what json_parse() returns is the caller's
 * (json_object_put()), what a getter returns is borrowed from its parent.
 */
#ifndef COMMON_JSON_H
#define COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#define JSON_DEPTH_MAX	32

/*
 * Parse all of text: one value, valid UTF-8, depth at most JSON_DEPTH_MAX,
 * nothing after it. NULL with errno EBADMSG (malformed) or ENOMEM. If cause is
 * not NULL it points to a static text saying why. A bare "null" is malformed.
 */
struct json_object *json_parse(const char *text, size_t len, const char **cause);

/* NULL when absent, null, or of another type. */
struct json_object *json_get(struct json_object *obj, const char *key);	/* any type */
struct json_object *json_get_obj(struct json_object *obj, const char *key);
struct json_object *json_get_arr(struct json_object *obj, const char *key);
/* Text without inner NUL; NULL when absent, of another type, or holding a NUL. */
const char *json_get_str(struct json_object *obj, const char *key);
/* As above, def when NULL. */
const char *json_get_str_or(struct json_object *obj, const char *key, const char *def);
/*
 * A number, or a string that is wholly one (Vonage sends "7" and 7 alike).
 * 1 found and in range, 0 absent, -1 of another type or out of range
 * (*ret untouched unless 1).
 */
int json_get_int(struct json_object *obj, const char *key, int64_t min, int64_t max, int64_t *ret);
int json_get_double(struct json_object *obj, const char *key, double *ret);
/* def unless a real boolean is there. */
bool json_get_bool(struct json_object *obj, const char *key, bool def);

/*
 * Add members; 0, or -1 with ENOMEM. A NULL text adds nothing and succeeds.
 * Bytes of text that are no UTF-8 become U+FFFD, or no receiver would parse it.
 */
int json_add_str(struct json_object *obj, const char *key, const char *text);
int json_add_int(struct json_object *obj, const char *key, int64_t value);
int json_add_bool(struct json_object *obj, const char *key, bool value);
/* Takes value over in any case (it is put on failure). NULL value: -1, ENOMEM. */
int json_add(struct json_object *obj, const char *key, struct json_object *value);

/* Compact text, slashes not escaped; valid until obj changes or is put. *ret_len may be NULL. */
const char *json_text(struct json_object *obj, size_t *ret_len);

#endif
