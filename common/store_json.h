/* SPDX-License-Identifier: ISC */
/*
 * store_json: rows of the store as JSON objects, the same in callctl --json
 * and in the operator's API. What is not known is left out; times are ISO 8601
 * in UTC. The caller puts them; NULL: ENOMEM.
 */
#ifndef COMMON_STORE_JSON_H
#define COMMON_STORE_JSON_H

#include "common/json.h"
#include "common/store.h"

struct json_object *store_call_json(const struct store_call *c);
struct json_object *store_leg_json(const struct store_leg *l);
struct json_object *store_turn_json(const struct store_turn *t);
struct json_object *store_job_json(const struct store_job *j);
struct json_object *store_recording_json(const struct store_recording *r);

/* Add what is known: a time above 0, a number that is not -1, a text that is not NULL or "". */
void	store_json_add_time(struct json_object *obj, const char *key, int64_t wall_ms);
void	store_json_add_known(struct json_object *obj, const char *key, int64_t value);
void	store_json_add_text(struct json_object *obj, const char *key, const char *text);

#endif
