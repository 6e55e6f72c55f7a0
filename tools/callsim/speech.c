/* SPDX-License-Identifier: ISC */
#include "tools/callsim/speech.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

/* flite declares an audio_write_file() of its own; common/audio.h has ours. */
#define audio_write_file flite_audio_write_file
#include <flite/flite.h>
#undef audio_write_file

#include "common/mem.h"

cst_voice *register_cmu_us_slt(const char *voxdir);
cst_voice *register_cmu_us_kal16(const char *voxdir);

struct job {
	TAILQ_ENTRY(job) entry;
	enum speech_voice voice;
	char		*text;
	uint32_t	 rate_hz;
	speech_done	*done;		/* NULL: cancelled */
	void		*arg;
	struct clip	*clip;
};
TAILQ_HEAD(jobs, job);

struct speech {
	struct event	*ready;
	int		 fd;		/* eventfd: a job is ready */
	pthread_t	 thread;
	bool		 has_thread;
	pthread_mutex_t	 lock;		/* of everything below but the cache */
	pthread_cond_t	 wake;
	bool		 stop;
	size_t		 nwaiting;
	struct jobs	 waiting, finished;
	struct job	*working;
	struct jobs	 cache;		/* loop thread only; newest first */
	size_t		 ncache;
};

static cst_voice *
voice_of(enum speech_voice voice)
{
	static cst_voice	*slt, *kal;

	if (slt == NULL) {
		flite_init();
		slt = register_cmu_us_slt(NULL);
		kal = register_cmu_us_kal16(NULL);
	}
	return voice == SPEECH_SLT ? slt : kal;
}

int
speech_render(enum speech_voice voice, const char *text, struct audio_clip *ret)
{
	cst_wave	*wave = flite_text_to_wave(text, voice_of(voice));
	int16_t		*copy;
	size_t		 n;

	if (wave == NULL || wave->num_samples <= 0) {
		delete_wave(wave);
		errno = EINVAL;
		return -1;
	}
	n = (size_t)wave->num_samples;
	if ((copy = mem_alloc(n * sizeof(*copy))) == NULL) {
		delete_wave(wave);
		return -1;
	}
	memcpy(copy, wave->samples, n * sizeof(*copy));
	*ret = (struct audio_clip){ .samples = copy, .nsamples = n,
	    .rate_hz = (uint32_t)wave->sample_rate };
	delete_wave(wave);
	return 0;
}

static struct clip *
render_clip(const struct job *job)
{
	struct audio_clip	 audio;
	struct clip		*clip;

	if (speech_render(job->voice, job->text, &audio) == -1)
		return NULL;
	clip = clip_make(audio.samples, audio.nsamples, audio.rate_hz, job->rate_hz);
	audio_clip_clear(&audio);
	return clip;
}

static void *
worker(void *arg)
{
	struct speech	*s = arg;
	struct job	*job;
	uint64_t	 one = 1;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (!s->stop && TAILQ_EMPTY(&s->waiting))
			pthread_cond_wait(&s->wake, &s->lock);
		if (s->stop)
			break;
		job = TAILQ_FIRST(&s->waiting);
		TAILQ_REMOVE(&s->waiting, job, entry);
		s->nwaiting--;
		s->working = job;
		pthread_mutex_unlock(&s->lock);
		job->clip = render_clip(job);
		pthread_mutex_lock(&s->lock);
		s->working = NULL;
		TAILQ_INSERT_TAIL(&s->finished, job, entry);
		(void)!write(s->fd, &one, sizeof(one));
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static void
job_free(struct job *job)
{
	clip_unref(job->clip);
	free(job->text);
	free(job);
}

static void
jobs_clear(struct jobs *list)
{
	struct job	*job;

	while ((job = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, job, entry);
		job_free(job);
	}
}

static struct job *
cached(struct speech *s, const struct job *like)
{
	struct job	*job;

	TAILQ_FOREACH(job, &s->cache, entry)
		if (job->voice == like->voice && job->rate_hz == like->rate_hz &&
		    strcmp(job->text, like->text) == 0)
			return job;
	return NULL;
}

/* The job's user gets the clip; the job becomes the cache's or goes. */
static void
deliver(struct speech *s, struct job *job)
{
	speech_done	*done = job->done;
	struct job	*oldest;

	if (job->clip == NULL || cached(s, job) != NULL) {
		if (done != NULL)
			done(job->arg, job->clip);
		job_free(job);
		return;
	}
	TAILQ_INSERT_HEAD(&s->cache, job, entry);
	if (++s->ncache > SPEECH_CACHE_MAX) {
		oldest = TAILQ_LAST(&s->cache, jobs);
		TAILQ_REMOVE(&s->cache, oldest, entry);
		job_free(oldest);
		s->ncache--;
	}
	if (done != NULL)
		done(job->arg, job->clip);
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct speech	*s = arg;
	struct job	*job;
	uint64_t	 count;

	(void)what;
	(void)!read(fd, &count, sizeof(count));
	for (;;) {
		pthread_mutex_lock(&s->lock);
		if ((job = TAILQ_FIRST(&s->finished)) != NULL)
			TAILQ_REMOVE(&s->finished, job, entry);
		pthread_mutex_unlock(&s->lock);
		if (job == NULL)
			return;
		deliver(s, job);
	}
}

struct speech *
speech_new(struct event_base *base)
{
	struct speech	*s;

	if ((s = mem_calloc(1, sizeof(*s))) == NULL)
		return NULL;
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->finished);
	TAILQ_INIT(&s->cache);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	if ((s->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) == -1)
		goto fail;
	s->ready = event_new(base, s->fd, EV_READ | EV_PERSIST, on_ready, s);
	if (s->ready == NULL || event_add(s->ready, NULL) == -1)
		goto fail;
	return s;
fail:
	speech_free(s);
	return NULL;
}

void
speech_free(struct speech *s)
{
	if (s == NULL)
		return;
	if (s->has_thread) {
		pthread_mutex_lock(&s->lock);
		s->stop = true;
		pthread_cond_signal(&s->wake);
		pthread_mutex_unlock(&s->lock);
		(void)pthread_join(s->thread, NULL);
	}
	jobs_clear(&s->waiting);
	jobs_clear(&s->finished);
	jobs_clear(&s->cache);
	if (s->ready != NULL)
		event_free(s->ready);
	if (s->fd != -1)
		(void)close(s->fd);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Hand the job to the worker, or straight to the finished ones. */
static void
queue_job(struct speech *s, struct job *job)
{
	struct job	*known = cached(s, job);
	uint64_t	 one = 1;

	pthread_mutex_lock(&s->lock);
	if (known != NULL) {
		job->clip = clip_ref(known->clip);
		TAILQ_INSERT_TAIL(&s->finished, job, entry);
		(void)!write(s->fd, &one, sizeof(one));
	} else {
		TAILQ_INSERT_TAIL(&s->waiting, job, entry);
		s->nwaiting++;
		pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->lock);
}

int
speech_say(struct speech *s, enum speech_voice voice, const char *text, uint32_t rate_hz,
    speech_done *done, void *arg)
{
	struct job	*job;

	if (!s->has_thread) {
		if ((errno = pthread_create(&s->thread, NULL, worker, s)) != 0)
			return -1;
		s->has_thread = true;
	}
	pthread_mutex_lock(&s->lock);
	errno = s->nwaiting >= SPEECH_JOBS_MAX ? ENOBUFS : 0;
	pthread_mutex_unlock(&s->lock);
	if (errno != 0 || (job = mem_calloc(1, sizeof(*job))) == NULL)
		return -1;
	if ((job->text = mem_strdup(text)) == NULL) {
		free(job);
		return -1;
	}
	job->voice = voice;
	job->rate_hz = rate_hz;
	job->done = done;
	job->arg = arg;
	queue_job(s, job);
	return 0;
}

void
speech_cancel(struct speech *s, const void *arg)
{
	struct jobs	*lists[2] = { &s->waiting, &s->finished };
	struct job	*job;
	int		 i;

	pthread_mutex_lock(&s->lock);
	for (i = 0; i < 2; i++)
		TAILQ_FOREACH(job, lists[i], entry)
			if (job->arg == arg)
				job->done = NULL;
	if (s->working != NULL && s->working->arg == arg)
		s->working->done = NULL;
	pthread_mutex_unlock(&s->lock);
}
