/* SPDX-License-Identifier: ISC */
/* POST BASE/audio/speech: JSON in, PCM out as it is made (spec/ai.md 3). */
#include "brokerd/openai.h"

#include <errno.h>
#include <string.h>

#define INPUT_MAX	4096		/* characters (spec/ai.md 3.1) */

static void
put(struct buf *b, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)buf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", name);
	(void)buf_put_json_str(b, text, strlen(text));
}

static void
on_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct openai_job	*j = arg;

	if (!j->cancelled)
		j->job.on->pcm(j->job.arg, pcm, n, rate_hz);
}

static int
on_data(void *arg, const char *type, const void *data, size_t len)
{
	struct openai_job	*j = arg;
	int			 rc;

	j->in_data = true;
	rc = ttsbody_feed(&j->speech, type, data, len);
	return openai_leave_data(j) ? -1 : rc;
}

static int
begin(struct openai_job *j, const struct engine_request *rq)
{
	const struct engine_conf *conf = &openai_of(j)->conf;
	struct buf		 body;
	int			 rc;

	ttsbody_init(&j->speech, (uint32_t)conf->rate_hz, on_pcm, j);
	if (strlen(rq->text) > INPUT_MAX) {
		errno = EINVAL;
		return -1;
	}
	buf_init(&body, OPENAI_REQUEST_MAX);
	(void)buf_putc(&body, '{');
	put(&body, "model", conf->model);
	put(&body, "input", rq->text);
	put(&body, "voice", rq->voice != NULL && rq->voice[0] != '\0' ? rq->voice : conf->voice);
	put(&body, "instructions", conf->instructions);
	put(&body, "response_format", "pcm");
	if (conf->speed < 1.0 || conf->speed > 1.0)
		(void)buf_printf(&body, ",\"speed\":%.2f", conf->speed);
	(void)buf_putc(&body, '}');
	rc = openai_post_json(j, "/audio/speech", &body, on_data);
	buf_clear(&body);
	return rc;
}

static void
end(struct openai_job *j, const struct httpc_result *res)
{
	struct engine_result	 out = { .ok = true, .text = "", .action = "", .tokens_in = -1, .tokens_out = -1 };
	bool			 bad;

	if (j->speech.error[0] == '\0' && openai_failed(j, res))
		return;
	j->in_data = true;
	bad = ttsbody_end(&j->speech, res->content_type == NULL ? "" : res->content_type) == -1;
	if (openai_leave_data(j))
		return;
	if (bad)
		engine_fail(&j->job, -1, j->speech.error);
	else
		engine_finish(&j->job, &out);
}

static void
clear(struct openai_job *j)
{
	ttsbody_clear(&j->speech);
}

void
openai_tts_init(struct openai *o)
{
	o->begin = begin;
	o->end = end;
	o->clear = clear;
}
