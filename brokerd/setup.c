/* SPDX-License-Identifier: ISC */
#include "brokerd/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/engine_exec.h"
#include "brokerd/engine_openai.h"
#include "brokerd/timer.h"
#include "common/log.h"
#include "common/mem.h"

static const char *const offline_programs[ENGINE_NSERVICES] = {
	[ENGINE_STT] =	"engine_asr",
	[ENGINE_CHAT] =	"engine_dialogue",
	[ENGINE_TTS] =	"engine_tts",
};

/* ---- engines ---- */

static struct engine *
find_engine(const struct setup *s, const char *name)
{
	size_t	 i;

	for (i = 0; i < s->nengines; i++)
		if (strcmp(s->engines[i]->name, name) == 0)
			return s->engines[i];
	return NULL;
}

static struct engine *
start_offline(struct setup *s, const struct brokerd_conf *conf, enum engine_service service)
{
	char			*dir, path[4096], name[32], *argv[1] = { path };
	struct engine_conf	 ec = {
		.name = name, .type = ENGINE_TYPE_EXEC, .service = (int)service, .queue = 64,
		.first_byte_ms = 4000, .progress_ms = 4000, .total_ms = 60000,
		.command = argv, .ncommand = 1, .instances = service == ENGINE_CHAT ? 1 : 2,
	};

	(void)snprintf(name, sizeof(name), "%s", engine_offline_name(service));
	if ((dir = engine_dir(conf)) == NULL)
		return NULL;
	(void)snprintf(path, sizeof(path), "%s/%s", dir, offline_programs[service]);
	free(dir);
	return engine_exec_new(s->base, &ec);
}

static struct engine *
start_engine(struct setup *s, struct httpc *h, const struct brokerd_conf *conf, const char *name, enum engine_service service)
{
	size_t	 i;

	for (i = 0; i < conf->nengines; i++) {
		if (strcmp(conf->engines[i].name, name) != 0)
			continue;
		return conf->engines[i].type == ENGINE_TYPE_OPENAI ?
		    engine_openai_new(h, &conf->engines[i]) : engine_exec_new(s->base, &conf->engines[i]);
	}
	return start_offline(s, conf, service);
}

static int
add_rung(struct setup *s, struct httpc *h, const struct brokerd_conf *conf, struct ladder *l,
    const char *name, enum engine_service service)
{
	struct engine	*e, **more;

	if ((e = find_engine(s, name)) == NULL) {
		if ((more = mem_realloc(s->engines, (s->nengines + 1) * sizeof(*more))) == NULL)
			return -1;
		s->engines = more;
		if ((e = start_engine(s, h, conf, name, service)) == NULL) {
			log_error(NULL, "engine.start", "engine=%s error=%s", name, LOG_Q(strerror(errno)));
			return -1;
		}
		s->engines[s->nengines++] = e;
	}
	if (l->n < LADDER_RUNGS_MAX)
		l->rungs[l->n++] = e;
	return 0;
}

/* The names given, or all configured engines of the service, or the offline one. */
static int
make_ladder(struct setup *s, struct httpc *h, const struct brokerd_conf *conf, struct ladder *l,
    char *const *names, size_t n, enum engine_service service)
{
	size_t	 i;

	l->base = s->base;
	for (i = 0; i < n; i++)
		if (add_rung(s, h, conf, l, names[i], service) == -1)
			return -1;
	for (i = 0; n == 0 && i < conf->nengines; i++)
		if (conf->engines[i].service == (int)service &&
		    add_rung(s, h, conf, l, conf->engines[i].name, service) == -1)
			return -1;
	return l->n > 0 ? 0 : add_rung(s, h, conf, l, engine_offline_name(service), service);
}

/* ---- assistants ---- */

static char *
copy(const char *text)
{
	return mem_strdup(text == NULL ? "" : text);
}

static int
make_assistant(struct setup *s, struct httpc *h, const struct brokerd_conf *conf, const struct assistant_conf *ac)
{
	struct assistant	*a = &s->assistants[s->nassistants++];
	int			 i;

	a->filler_ms = ac->filler_ms;
	a->idle_s = ac->idle_s;
	a->moments = ac->moments;
	if (ac->backchannel != NULL && (a->backchannel = copy(ac->backchannel)) == NULL)
		return -1;
	a->idle_prompts = ac->idle_prompts;
	a->keys = ac->keys;
	a->keys_gap_ms = ac->keys_gap_ms;
	a->keys_barge_in = ac->keys_barge_in;
	if ((a->name = copy(ac->name)) == NULL || (a->language = copy(ac->language)) == NULL ||
	    (a->prompt = copy(ac->prompt)) == NULL || (a->voice = copy(ac->voice)) == NULL ||
	    (a->profile = copy(ac->profile)) == NULL)
		return -1;
	for (i = 0; i < PHRASE_NKINDS; i++)
		if ((a->phrase[i] = copy(assistant_phrase(ac, (enum phrase)i))) == NULL)
			return -1;
	if (make_ladder(s, h, conf, &a->stt, ac->stt, ac->nstt, ENGINE_STT) == -1 ||
	    make_ladder(s, h, conf, &a->chat, ac->chat, ac->nchat, ENGINE_CHAT) == -1)
		return -1;
	return make_ladder(s, h, conf, &a->tts, ac->tts, ac->ntts, ENGINE_TTS);
}

static int
make_assistants(struct setup *s, struct httpc *h, const struct brokerd_conf *conf)
{
	char			 name[] = "default", language[] = "en", empty[] = "";
	char			 prompt[] = "You answer the phone. Speak in one or two short sentences, without lists or markdown.";
	struct assistant_conf	 ac = {
		.name = name, .language = language, .prompt = prompt, .voice = empty, .greeting = empty, .profile = empty,
		.moments = true, .filler_ms = 1500, .idle_s = 15, .idle_prompts = 2,
		.keys = KEYS_HEAR, .keys_gap_ms = 2000, .keys_barge_in = true,
	};
	size_t			 i, n = conf->nassistants > 0 ? conf->nassistants : 1;

	if ((s->assistants = mem_calloc(n, sizeof(*s->assistants))) == NULL)
		return -1;
	for (i = 0; i < n; i++)
		if (make_assistant(s, h, conf, conf->nassistants > 0 ? &conf->assistants[i] : &ac) == -1)
			return -1;
	return 0;
}

const struct assistant *
setup_assistant(const struct setup *s, const char *name)
{
	size_t	 i;

	for (i = 0; i < s->nassistants; i++)
		if (strcmp(s->assistants[i].name, name) == 0)
			return &s->assistants[i];
	return &s->assistants[0];
}

/* ---- phrases ---- */

static void make_phrases(struct setup *s);

static struct clip *
clip_at(struct setup *s)
{
	return &s->assistants[s->at / PHRASE_NKINDS].clip[s->at % PHRASE_NKINDS];
}

static void
clip_clear(struct clip *c)
{
	free(c->samples);
	memset(c, 0, sizeof(*c));
}

static void
on_phrase_text(void *arg, const char *delta, size_t len)
{
	(void)arg;
	(void)delta;
	(void)len;
}

static void
on_phrase_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct setup	*s = arg;
	struct clip	*c = clip_at(s);
	int16_t		*more;

	if (c->n + n > (size_t)rate_hz * PHRASE_MAX_S || n == 0)
		return;
	if ((more = mem_realloc(c->samples, (c->n + n) * sizeof(*more))) == NULL)
		return;
	memcpy(more + c->n, pcm, n * sizeof(*more));
	c->samples = more;
	c->n += n;
	c->rate_hz = rate_hz;
}

static void
on_phrase_done(void *arg, const struct engine_result *res, const char *engine)
{
	struct setup	*s = arg;

	(void)engine;
	s->job = NULL;
	if (!res->ok) {
		clip_clear(clip_at(s));
		s->incomplete = true;
	}
	s->at++;
	make_phrases(s);
}

static const struct ladder_events phrase_events = { on_phrase_text, on_phrase_pcm, on_phrase_done };

/* Start the next phrase that is missing. After a round with failures the next one comes later. */
static void
make_phrases(struct setup *s)
{
	struct assistant	*a;
	struct engine_request	 rq;

	for (; s->at < s->nassistants * PHRASE_NKINDS; s->at++) {
		a = &s->assistants[s->at / PHRASE_NKINDS];
		memset(&rq, 0, sizeof(rq));
		rq.language = a->language;
		rq.voice = a->voice;
		rq.text = a->phrase[s->at % PHRASE_NKINDS];
		if (rq.text[0] == '\0' || clip_at(s)->rate_hz != 0)
			continue;
		if ((s->job = ladder_start(&a->tts, &rq, &phrase_events, s)) != NULL)
			return;
		s->incomplete = true;
	}
	if (s->incomplete) {
		log_warn(NULL, "phrases.incomplete", "retry_ms=%d", PHRASE_RETRY_MS);
		timer_arm(s->again, PHRASE_RETRY_MS);
	} else {
		log_info(NULL, "phrases.ready", "assistants=%zu", s->nassistants);
	}
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	struct setup	*s = arg;

	(void)fd;
	(void)what;
	s->at = 0;
	s->incomplete = false;
	make_phrases(s);
}

/* ---- life ---- */

static void
assistant_clear(struct assistant *a)
{
	int	 i;

	free(a->name);
	free(a->language);
	free(a->prompt);
	free(a->voice);
	free(a->profile);
	free(a->backchannel);
	for (i = 0; i < PHRASE_NKINDS; i++) {
		free(a->phrase[i]);
		clip_clear(&a->clip[i]);
	}
}

void
setup_free(struct setup *s)
{
	size_t	 i;

	if (s == NULL)
		return;
	ladder_cancel(s->job);
	if (s->again != NULL)
		event_free(s->again);
	for (i = 0; i < s->nengines; i++)
		engine_free(s->engines[i]);
	for (i = 0; i < s->nassistants; i++)
		assistant_clear(&s->assistants[i]);
	free(s->engines);
	free(s->assistants);
	free(s);
}

struct setup *
setup_new(struct event_base *base, struct httpc *h, const struct brokerd_conf *conf)
{
	struct setup	*s;

	if ((s = mem_calloc(1, sizeof(*s))) == NULL)
		goto fail;
	s->base = base;
	if ((s->again = event_new(base, -1, 0, on_again, s)) == NULL || make_assistants(s, h, conf) == -1)
		goto fail;
	timer_arm(s->again, 0);
	return s;
fail:
	log_error(NULL, "setup", "error=%s", LOG_Q(strerror(errno)));
	setup_free(s);
	return NULL;
}
