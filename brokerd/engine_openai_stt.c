/* SPDX-License-Identifier: ISC */
/* POST BASE/audio/transcriptions: multipart, one WAV file in, JSON out (spec/ai.md 1). */
#include "brokerd/openai.h"

#include <errno.h>
#include <string.h>

#include "brokerd/transcript.h"
#include "common/audio.h"
#include "common/log.h"

#define ANSWER_MAX	(1u << 20)
#define PARTS_MAX	5

static void
put_text(struct httpc_part *p, size_t *n, const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	p[*n].name = name;
	p[*n].data = text;
	p[(*n)++].len = strlen(text);
}

static int
begin(struct openai_job *j, const struct engine_request *rq)
{
	const struct engine_conf *conf = &openai_of(j)->conf;
	uint8_t			 header[AUDIO_WAV_HEADER_LEN];
	struct httpc_part	 parts[PARTS_MAX];
	struct httpc_opts	 opts;
	struct buf		 wav;
	size_t			 n = 0;
	int			 rc = -1;

	memset(parts, 0, sizeof(parts));
	memset(&opts, 0, sizeof(opts));
	buf_init(&wav, rq->nsamples * 2 + sizeof(header));
	audio_wav_header(header, rq->rate_hz, 1, rq->nsamples * 2);
	if (buf_append(&wav, header, sizeof(header)) == 0 && buf_append(&wav, rq->pcm, rq->nsamples * 2) == 0) {
		parts[n++] = (struct httpc_part){ "file", "audio.wav", "audio/wav", wav.data, wav.len };
		put_text(parts, &n, "model", conf->model);
		put_text(parts, &n, "language", rq->language);
		put_text(parts, &n, "prompt", conf->instructions);
		put_text(parts, &n, "response_format", "json");
		opts.parts = parts;
		opts.nparts = n;
		opts.max_body = ANSWER_MAX;
		rc = openai_post(j, "/audio/transcriptions", &opts);
	}
	buf_clear(&wav);
	return rc;
}

static void
end(struct openai_job *j, const struct httpc_result *res)
{
	struct engine_result	 out = { .ok = true, .action = "" };
	struct buf		 text;
	const char		*cause;

	if (openai_failed(j, res))
		return;
	buf_init(&text, ANSWER_MAX);
	cause = transcript_decode(res->content_type, res->body == NULL ? "" : res->body, res->body_len, &text);
	if (cause != NULL) {
		engine_fail(&j->job, -1, cause);
		buf_clear(&text);
		return;
	}
	out.text = text.data;
	if (text.len > 0 && (cause = transcript_doubt(text.data, openai_of(j)->conf.instructions)) != NULL) {
		log_info(NULL, "stt.doubt", "engine=%s cause=%s", j->job.engine->name, LOG_Q(cause));
		out.text = "";
		out.rejected = true;
	}
	engine_finish(&j->job, &out);
	buf_clear(&text);
}

void
openai_stt_init(struct openai *o)
{
	o->begin = begin;
	o->end = end;
}
