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

#include "common/mem.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/sim.h"

#define PREFIX	"/v1/files/"

struct file {
	TAILQ_ENTRY(file) entry;
	char	 id[SIM_UUID_SIZE];
	char	*path, *type;
	char	 url[FILES_URL_SIZE];
};

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

static const struct file *
find(const struct sim *sim, const char *id)
{
	const struct file	*f;

	TAILQ_FOREACH(f, &sim->files, entry)
		if (strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

static void
refuse(struct evhttp_request *req, int status, const char *title)
{
	struct evbuffer	*out = evbuffer_new();

	evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
	if (out != NULL)
		(void)evbuffer_add_printf(out, "{\"type\":\"%s\",\"error_title\":\"%s\"}", title, title);
	evhttp_send_reply(req, status, NULL, out);
	if (out != NULL)
		evbuffer_free(out);
}

static void
send_file(struct evhttp_request *req, const struct file *f)
{
	struct evbuffer	*out = evbuffer_new();
	struct stat	 st;
	int		 fd;

	if ((fd = open(f->path, O_RDONLY | O_CLOEXEC)) == -1 || fstat(fd, &st) == -1 || out == NULL ||
	    evbuffer_add_file(out, fd, 0, st.st_size) == -1) {
		if (fd != -1)
			(void)close(fd);
		refuse(req, 404, "NOT_FOUND");
	} else {		/* the descriptor is the buffer's now */
		evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", f->type);
		evhttp_send_reply(req, 200, "OK", out);
	}
	if (out != NULL)
		evbuffer_free(out);
}

bool
files_serve(struct sim *sim, struct evhttp_request *req)
{
	const char		*path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req)), *auth;
	const struct file	*f;

	if (path == NULL || strncmp(path, PREFIX, strlen(PREFIX)) != 0)
		return false;
	auth = evhttp_find_header(evhttp_request_get_input_headers(req), "Authorization");
	if (auth == NULL || strncmp(auth, "Bearer ", 7) != 0 || auth[7] == '\0')
		refuse(req, 401, "UNAUTHORIZED");
	else if (evhttp_request_get_command(req) != EVHTTP_REQ_GET)
		refuse(req, 405, "METHOD_NOT_ALLOWED");
	else if ((f = find(sim, path + strlen(PREFIX))) == NULL)
		refuse(req, 404, "NOT_FOUND");
	else
		send_file(req, f);
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
