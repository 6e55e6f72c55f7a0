/* SPDX-License-Identifier: ISC */
/* Recordings: what there is of a call, and the audio itself. */
#include "webhookd/api.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/num.h"
#include "common/store_json.h"
#include "common/store_list.h"
#include "webhookd/mediaurl.h"

struct list { struct json_object *array; bool failed; };

static bool
add(void *arg, const struct store_recording *r)
{
	struct list		*list = arg;
	struct json_object	*o = store_recording_json(r);

	if (o == NULL || json_object_array_add(list->array, o) == -1) {
		json_object_put(o);
		list->failed = true;
	}
	return !list->failed;
}

void
api_list_recordings(struct api_request *rq)
{
	struct list		 list = { .array = json_object_new_array() };
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

static void
send_file(struct api_request *rq, const char *path)
{
	struct stat	st;
	char		text[80];
	int64_t		from = 0, len;
	int		fd, rc;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 || fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		api_problem(rq, 404, "Not Found", "the file is not there any more");
		if (fd != -1)
			(void)close(fd);
		return;
	}
	len = st.st_size;
	http_add_header(rq->req, "Accept-Ranges", "bytes");
	if ((rc = mediaurl_range(http_header(rq->req, "Range"), st.st_size, &from, &len)) == -1) {
		(void)snprintf(text, sizeof(text), "bytes */%lld", (long long)st.st_size);
		http_add_header(rq->req, "Content-Range", text);
		api_problem(rq, 416, "Range Not Satisfiable", NULL);
		(void)close(fd);
		return;
	}
	if (rc == 1) {
		(void)snprintf(text, sizeof(text), "bytes %lld-%lld/%lld", (long long)from, (long long)(from + len - 1),
		    (long long)st.st_size);
		http_add_header(rq->req, "Content-Range", text);
	}
	http_reply_file(rq->req, rc == 1 ? 206 : 200, type_of(path), fd, from, len);
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
	send_file(rq, r.path);
}
