/* SPDX-License-Identifier: ISC */
/* Recordings: what there is of a call, and the audio itself. */
#include "webhookd/api.h"

#include <string.h>

#include "common/json.h"
#include "common/num.h"
#include "common/store_json.h"
#include "common/store_list.h"
#include "webhookd/filereply.h"

static bool
add(void *arg, const struct store_recording *r)
{
	return api_list_add(arg, store_recording_json(r));
}

void
api_list_recordings(struct api_request *rq)
{
	struct api_list		 list = { .array = json_object_new_array() };
	struct store_call	 c;
	struct json_object	*o = json_object_new_object();
	int			 rc = 0;

	if (!api_call(rq, &c))
		goto out;
	if (list.array != NULL && o != NULL)
		rc = store_each_recording(rq->w->store, &c.id, add, &list);
	if (list.array == NULL || o == NULL || list.failed)
		api_problem(rq, 503, "Out of memory", NULL);
	else if (api_store_ok(rq, rc) && json_add(o, "recordings", json_object_get(list.array)) == 0)
		reply_json(rq->req, 200, json_object_get(o));
out:
	json_object_put(list.array);
	json_object_put(o);
}

static const char *
type_of(const char *path)
{
	const char	*dot = strrchr(path, '.');

	if (dot != NULL && strcmp(dot, ".mp3") == 0)
		return "audio/mpeg";
	if (dot != NULL && strcmp(dot, ".ogg") == 0)
		return "audio/ogg";
	return "audio/wav";
}

void
api_get_recording(struct api_request *rq)
{
	struct store_recording	r;
	int64_t			id;
	int			rc;

	if (num_parse(rq->id, 1, INT64_MAX, &id) == -1) {
		api_problem(rq, 404, "Not Found", "no such recording");
		return;
	}
	rc = store_get_recording(rq->w->store, id, &r);
	if (!api_store_ok(rq, rc))
		return;
	if (rc == 0) {
		api_problem(rq, 404, "Not Found", "no such recording");
		return;
	}
	api_log(rq, "recording", r.call.text);
	if (filereply_send(rq->req, r.path, type_of(r.path), NULL) == -1)
		api_problem(rq, 404, "Not Found", "the file is not there any more");
}
