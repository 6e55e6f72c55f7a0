/* SPDX-License-Identifier: ISC */
#include "brokerd/openai.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/apierr.h"
#include "common/json.h"
#include "common/mem.h"

struct openai *
openai_of(const struct openai_job *j)
{
	return (struct openai *)j->job.engine;
}

static void
job_free(struct openai_job *j)
{
	struct openai	*o = openai_of(j);

	o->running--;
	if (o->clear != NULL)
		o->clear(j);
	free(j);
}

static void
on_done(void *arg, const struct httpc_result *res)
{
	struct openai_job	*j = arg;

	j->req = NULL;
	if (!j->cancelled)
		openai_of(j)->end(j, res);
	job_free(j);
}

/* ---- requests ---- */

static int
put_url(const struct openai *o, const char *path, struct buf *url)
{
	size_t	 n = strlen(o->conf.base_url);

	while (n > 0 && o->conf.base_url[n - 1] == '/')
		n--;
	(void)buf_append(url, o->conf.base_url, n);
	(void)buf_puts(url, path);
	if (o->conf.query[0] != '\0')
		(void)buf_printf(url, "?%s", o->conf.query);
	return buf_failed(url) ? -1 : 0;
}

int
openai_post(struct openai_job *j, const char *path, struct httpc_opts *opts)
{
	const struct openai	*o = openai_of(j);
	const char		*key = o->conf.key == NULL ? "" : o->conf.key;
	const char		*headers[3] = { NULL, NULL, NULL };
	struct buf		 url, api_key;
	int			 n = 0, saved_errno;

	buf_init(&url, 4096);
	buf_init(&api_key, 8300);
	if (opts->body != NULL)
		headers[n++] = "Content-Type: application/json";
	if (o->conf.auth == ENGINE_AUTH_API_KEY && key[0] != '\0' && buf_printf(&api_key, "api-key: %s", key) == 0)
		headers[n] = api_key.data;
	opts->method = "POST";
	opts->headers = headers;
	opts->bearer = o->conf.auth == ENGINE_AUTH_BEARER ? key : NULL;
	opts->connect_ms = o->conf.connect_ms;
	opts->first_byte_ms = o->conf.first_byte_ms;
	opts->idle_ms = o->conf.progress_ms;
	opts->total_ms = o->conf.total_ms;
	opts->on_done = on_done;
	opts->arg = j;
	if (put_url(o, path, &url) == 0) {
		opts->url = url.data;
		j->req = httpc_start(o->http, opts);
	}
	saved_errno = errno;
	buf_clear(&url);
	buf_clear(&api_key);
	errno = saved_errno;
	return j->req == NULL ? -1 : 0;
}

int
openai_post_json(struct openai_job *j, const char *path, const struct buf *body,
    int (*on_data)(void *arg, const char *type, const void *data, size_t len))
{
	struct httpc_opts	 opts;

	if (buf_failed(body)) {
		errno = body->error;
		return -1;
	}
	memset(&opts, 0, sizeof(opts));
	opts.body = body->data;
	opts.body_len = body->len;
	opts.max_body = (size_t)64 << 20;
	opts.on_data = on_data;
	return openai_post(j, path, &opts);
}

bool
openai_leave_data(struct openai_job *j)
{
	j->in_data = false;
	return j->cancelled;
}

/* ---- failures ---- */

static int
retry_of(const struct httpc_result *res)
{
	switch (res->error) {
	case HTTPC_CONNECT:
	case HTTPC_FAILED:
		return 0;
	case HTTPC_ABORTED:
		return res->any_data ? -1 : 0;
	case HTTPC_TIMEOUT_FIRST:	/* the caller has waited long enough for this one */
	case HTTPC_TIMEOUT_IDLE:
	case HTTPC_TIMEOUT_TOTAL:
	case HTTPC_TOO_LARGE:
		return -1;
	case HTTPC_OK:
		return apierr_retry_ms(res->status, res->body == NULL ? "" : res->body, res->body_len, res->retry_after_ms);
	}
	return -1;
}

bool
openai_failed(struct openai_job *j, const struct httpc_result *res)
{
	char	 words[200], text[300];

	if (res->error == HTTPC_OK && res->status >= 200 && res->status <= 299)
		return false;
	if (res->error == HTTPC_OK)
		(void)snprintf(text, sizeof(text), "status %ld: %s", res->status,
		    apierr_text(res->body == NULL ? "" : res->body, res->body_len, words, sizeof(words)));
	else
		(void)snprintf(text, sizeof(text), "%s: %s", httpc_error_name(res->error), res->text == NULL ? "" : res->text);
	engine_fail(&j->job, retry_of(res), text);
	return true;
}

/* ---- the engine ---- */

static struct engine_job *
openai_start(struct engine *e, const struct engine_request *rq)
{
	struct openai		*o = (struct openai *)e;
	struct openai_job	*j;
	int			 saved_errno;

	if (o->running >= (size_t)o->conf.queue) {
		errno = EAGAIN;
		return NULL;
	}
	if ((j = mem_calloc(1, sizeof(*j))) == NULL)
		return NULL;
	j->job.engine = e;
	j->job.on = rq->on;
	j->job.arg = rq->arg;
	o->running++;
	if (o->begin(j, rq) == -1) {
		saved_errno = errno;
		job_free(j);
		errno = saved_errno;
		return NULL;
	}
	return &j->job;
}

static void
openai_cancel(struct engine_job *job)
{
	struct openai_job	*j = (struct openai_job *)job;

	if (j->in_data) {
		j->cancelled = true;
		return;
	}
	httpc_cancel(j->req);
	job_free(j);
}

static void
openai_pause(struct engine_job *job, bool paused)
{
	struct openai_job	*j = (struct openai_job *)job;

	if (j->req != NULL && !j->cancelled)
		httpc_pause(j->req, paused);
}

static void
openai_stat(const struct engine *e, struct json_object *stat)
{
	(void)json_add_int(stat, "busy", (int64_t)((const struct openai *)e)->running);
}

static void
openai_free(struct engine *e)
{
	struct openai	*o = (struct openai *)e;

	free(o->conf.base_url);
	free(o->conf.query);
	free(o->conf.model);
	free(o->conf.instructions);
	free(o->conf.reasoning_effort);
	free(o->conf.voice);
	if (o->conf.key != NULL)
		explicit_bzero(o->conf.key, strlen(o->conf.key));
	free(o->conf.key);
	free(o);
}

static const struct engine_ops openai_ops = {
	.start = openai_start,
	.cancel = openai_cancel,
	.pause = openai_pause,
	.stat = openai_stat,
	.free = openai_free,
};

static char *
copy(const char *text)
{
	return mem_strdup(text == NULL ? "" : text);
}

static int
copy_conf(struct engine_conf *to, const struct engine_conf *from)
{
	*to = *from;
	to->name = NULL;
	to->command = NULL;
	to->base_url = to->query = to->model = to->key = to->instructions = to->reasoning_effort = to->voice = NULL;
	if ((to->base_url = copy(from->base_url)) == NULL || (to->query = copy(from->query)) == NULL ||
	    (to->model = copy(from->model)) == NULL || (to->key = copy(from->key)) == NULL ||
	    (to->instructions = copy(from->instructions)) == NULL ||
	    (to->reasoning_effort = copy(from->reasoning_effort)) == NULL || (to->voice = copy(from->voice)) == NULL)
		return -1;
	return 0;
}

struct engine *
engine_openai_new(struct httpc *h, const struct engine_conf *conf)
{
	struct openai	*o;

	if ((o = mem_calloc(1, sizeof(*o))) == NULL)
		return NULL;
	o->engine.ops = &openai_ops;
	o->engine.service = (enum engine_service)conf->service;
	(void)snprintf(o->engine.name, sizeof(o->engine.name), "%s", conf->name);
	o->http = h;
	if (copy_conf(&o->conf, conf) == -1) {
		openai_free(&o->engine);
		return NULL;
	}
	if (o->engine.service == ENGINE_STT)
		openai_stt_init(o);
	else if (o->engine.service == ENGINE_CHAT)
		openai_chat_init(o);
	else
		openai_tts_init(o);
	return &o->engine;
}
