/* SPDX-License-Identifier: ISC */
#include "tools/callsim/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/http.h>

#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"
#include "tools/callsim/files_impl.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simlog.h"

#define PREFIX	"/v1/files/"

struct file {
	TAILQ_ENTRY(file) entry;
	char	 id[SIM_UUID_SIZE];
	char	*path, *type;
	char	 url[FILES_URL_SIZE];
	int64_t	 faulty[FILES_FAULTS_MAX];	/* answers that had that fault */
};

static const struct { const char *name; bool takes, needs; int64_t value; } modes[] = {
	[FILES_404] = { "404-first", true, true, 0 }, [FILES_500] = { "500-first", true, true, 0 },
	[FILES_NO_RANGE] = { "no-range", false, false, 0 }, [FILES_STALL] = { "stall", true, false, 0 },
	[FILES_RESET_AT] = { "reset-at", true, true, 0 },
	[FILES_SLOW] = { "slow", true, false, FILES_SLOW_BYTES },
	[FILES_TRUNCATE] = { "truncate", false, false, 0 },
	[FILES_WRONG_LENGTH] = { "wrong-length", false, false, 0 },
};

static int
fault_parse(struct files_fault *ret, const char *text)
{
	size_t		 len = strcspn(text, ":,"), i;
	const char	*colon = text[len] == ':' ? text + len + 1 : NULL, *comma = strchr(text, ',');
	struct files_fault f = { 0 };

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strlen(modes[i].name) == len && memcmp(modes[i].name, text, len) == 0)
			break;
	if (i == sizeof(modes) / sizeof(modes[0]) || (colon != NULL && !modes[i].takes) ||
	    (colon == NULL && modes[i].needs))
		return -1;
	f.mode = (enum files_mode)i;
	f.value = modes[i].value;
	if (colon != NULL && num_parse_n(colon, comma == NULL ? strlen(colon) : (size_t)(comma - colon),
	    1, INT32_MAX, &f.value) == -1)
		return -1;
	if (f.mode == FILES_404 || f.mode == FILES_500) {
		if (comma != NULL)
			return -1;
		f.count = f.value;
	}
	if (comma != NULL && num_parse(comma + 1, 1, INT32_MAX, &f.count) == -1)
		return -1;
	*ret = f;
	return 0;
}

int
files_fault_parse(struct files_fault *ret, const char *text)
{
	if (fault_parse(ret, text) == 0)
		return 0;
	errno = EINVAL;
	return -1;
}

static void
file_free(struct file *f)
{
	free(f->path);
	free(f->type);
	free(f);
}

const char *
files_publish(struct sim *sim, const char *path, const char *type)
{
	struct file	*f;

	if (sim->nfiles >= FILES_MAX) {
		errno = ENOBUFS;
		return NULL;
	}
	if ((f = mem_calloc(1, sizeof(*f))) == NULL)
		return NULL;
	f->path = mem_strdup(path);
	f->type = mem_strdup(type);
	if (f->path == NULL || f->type == NULL) {
		file_free(f);
		errno = ENOMEM;
		return NULL;
	}
	sim_uuid(f->id, true);
	(void)snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%u%s%s", rest_port(sim->rest), PREFIX, f->id);
	TAILQ_INSERT_TAIL(&sim->files, f, entry);
	sim->nfiles++;
	return f->url;
}

static struct file *
find(const struct sim *sim, const char *id)
{
	struct file	*f;

	TAILQ_FOREACH(f, &sim->files, entry)
		if (strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

/* The first fault of from..to that this file still has to show; it is counted. */
static const struct files_fault *
take_fault(struct sim *sim, struct file *f, enum files_mode from, enum files_mode to)
{
	const struct files_options	*o = &sim->options.files;
	size_t				 i;

	for (i = 0; i < o->nfaults; i++)
		if (o->faults[i].mode >= from && o->faults[i].mode <= to &&
		    (o->faults[i].count == 0 || f->faulty[i] < o->faults[i].count)) {
			f->faulty[i]++;
			return &o->faults[i];
		}
	return NULL;
}

static void
tell(struct evhttp_request *req, int status, const char *range, const struct files_fault *fault)
{
	struct json_object	*o;
	const char		*uri = evhttp_request_get_uri(req);
	const char		*name = fault == NULL ? NULL : modes[fault->mode].name;

	log_info(NULL, "file", "path=%s status=%d fault=%s", LOG_Q(uri), status, name == NULL ? "none" : name);
	if (!simlog_on() || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_str(o, "path", uri);
	(void)json_add_int(o, "status", status);
	(void)json_add_str(o, "range", range);
	(void)json_add_str(o, "fault", name);
	simlog_put("file", o);
}

static void
refuse(struct evhttp_request *req, int status, const char *type, const char *title)
{
	struct evbuffer	*out = evbuffer_new();

	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
	if (out != NULL)
		(void)evbuffer_add_printf(out, "{\"type\":\"%s\",\"error_title\":\"%s\"}", type, title);
	evhttp_send_reply(req, status, title, out);
	if (out != NULL)
		evbuffer_free(out);
}

static void
refuse_and_tell(struct evhttp_request *req, int status, const char *type, const char *title,
    const struct files_fault *fault)
{
	tell(req, status, NULL, fault);
	refuse(req, status, type, title);
}

/* The Range to be heeded, or NULL. */
static const char *
range_of(struct evhttp_request *req, const char *etag)
{
	struct evkeyvalq	*in = evhttp_request_get_input_headers(req);
	const char		*condition = evhttp_find_header(in, "If-Range");

	return condition != NULL && strcmp(condition, etag) != 0 ? NULL : evhttp_find_header(in, "Range");
}

static void
send_file(struct sim *sim, struct evhttp_request *req, struct file *f)
{
	struct evkeyvalq	*out = evhttp_request_get_output_headers(req);
	const struct files_fault *deaf = take_fault(sim, f, FILES_NO_RANGE, FILES_NO_RANGE);
	struct filesend		 s = { .fd = open(f->path, O_RDONLY | O_CLOEXEC), .status = 200 };
	char			 etag[80], text[120];
	const char		*range;
	struct stat		 st;
	int			 rc;

	if (s.fd == -1 || fstat(s.fd, &st) == -1) {
		if (s.fd != -1)
			(void)close(s.fd);
		refuse_and_tell(req, 404, "NOT_FOUND", "Not Found", NULL);
		return;
	}
	(void)snprintf(etag, sizeof(etag), "\"%s-%lld\"", f->id, (long long)st.st_size);
	range = deaf != NULL ? NULL : range_of(req, etag);
	s.len = st.st_size;
	if (range != NULL && (rc = files_range(range, st.st_size, &s.offset, &s.len)) != -1) {
		s.status = rc == 0 ? 206 : 416;
		if (rc == 0)
			(void)snprintf(text, sizeof(text), "bytes %lld-%lld/%lld", (long long)s.offset,
			    (long long)(s.offset + s.len - 1), (long long)st.st_size);
		else
			(void)snprintf(text, sizeof(text), "bytes */%lld", (long long)st.st_size);
		(void)evhttp_add_header(out, "Content-Range", text);
	}
	if (s.status == 416) {
		(void)close(s.fd);
		tell(req, 416, range, NULL);
		refuse(req, 416, "RANGE_NOT_SATISFIABLE", "Range Not Satisfiable");
		return;
	}
	s.fault = take_fault(sim, f, FILES_STALL, FILES_WRONG_LENGTH);
	(void)evhttp_add_header(out, "Content-Type", f->type);
	(void)evhttp_add_header(out, "ETag", etag);
	if (deaf == NULL)
		(void)evhttp_add_header(out, "Accept-Ranges", "bytes");
	tell(req, s.status, range, s.fault != NULL ? s.fault : deaf);
	filesend_start(req, sim->base, &s);
}

bool
files_serve(struct sim *sim, struct evhttp_request *req)
{
	const char		*path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req)), *auth;
	const struct files_fault *fault;
	struct file		*f;

	if (path == NULL || strncmp(path, PREFIX, strlen(PREFIX)) != 0)
		return false;
	auth = evhttp_find_header(evhttp_request_get_input_headers(req), "Authorization");
	if (rest_refuse_token(sim->rest, auth) != NULL)
		refuse_and_tell(req, 401, "UNAUTHORIZED", "Unauthorized", NULL);
	else if (evhttp_request_get_command(req) != EVHTTP_REQ_GET)
		refuse_and_tell(req, 405, "METHOD_NOT_ALLOWED", "Method Not Allowed", NULL);
	else if ((f = find(sim, path + strlen(PREFIX))) == NULL)
		refuse_and_tell(req, 404, "NOT_FOUND", "Not Found", NULL);
	else if ((fault = take_fault(sim, f, FILES_404, FILES_500)) == NULL)
		send_file(sim, req, f);
	else if (fault->mode == FILES_404)
		refuse_and_tell(req, 404, "NOT_FOUND", "Not Found", fault);
	else
		refuse_and_tell(req, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error", fault);
	return true;
}

void
files_clear(struct sim *sim)
{
	struct file	*f;

	while ((f = TAILQ_FIRST(&sim->files)) != NULL) {
		TAILQ_REMOVE(&sim->files, f, entry);
		file_free(f);
	}
	sim->nfiles = 0;
}
