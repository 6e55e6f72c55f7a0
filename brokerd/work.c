/* SPDX-License-Identifier: ISC */
#include "brokerd/work.h"

#include <sys/eventfd.h>
#include <sys/queue.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/mem.h"

struct work_job {
	TAILQ_ENTRY(work_job)	 link;
	void			(*run)(void *arg);
	void			(*done)(void *arg);
	void			*arg;
};
TAILQ_HEAD(work_jobs, work_job);

struct work {
	pthread_t	 threads[WORK_THREADS];
	size_t		 nthreads;
	pthread_mutex_t	 lock;		/* of what follows up to stop */
	pthread_cond_t	 more;
	struct work_jobs waiting, over;
	size_t		 njobs;		/* waiting, running, over */
	bool		 stop;
	int		 fd;		/* readable: some are over */
	struct event	*ev;
};

static void *
run_jobs(void *arg)
{
	struct work	*w = arg;
	struct work_job	*j;
	uint64_t	 one = 1;

	(void)pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->stop && TAILQ_EMPTY(&w->waiting))
			(void)pthread_cond_wait(&w->more, &w->lock);
		if (w->stop)
			break;
		j = TAILQ_FIRST(&w->waiting);
		TAILQ_REMOVE(&w->waiting, j, link);
		(void)pthread_mutex_unlock(&w->lock);
		j->run(j->arg);
		(void)pthread_mutex_lock(&w->lock);
		TAILQ_INSERT_TAIL(&w->over, j, link);
		if (write(w->fd, &one, sizeof(one)) == -1)
			continue;	/* the counter is full: so the loop knows */
	}
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

static struct work_job *
take_over(struct work *w)
{
	struct work_job	*j;

	(void)pthread_mutex_lock(&w->lock);
	if ((j = TAILQ_FIRST(&w->over)) != NULL) {
		TAILQ_REMOVE(&w->over, j, link);
		w->njobs--;
	}
	(void)pthread_mutex_unlock(&w->lock);
	return j;
}

static void
end_jobs(struct work *w)
{
	struct work_job	*j;

	while ((j = take_over(w)) != NULL) {
		j->done(j->arg);
		free(j);
	}
}

static void
on_over(evutil_socket_t fd, short what, void *arg)
{
	uint64_t	 n;

	(void)what;
	if (read((int)fd, &n, sizeof(n)) == sizeof(n))
		end_jobs(arg);
}

/* Signals are the loop's. */
static int
start_threads(struct work *w)
{
	sigset_t	 all, old;
	int		 error = 0;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	for (; w->nthreads < WORK_THREADS && error == 0; w->nthreads += error == 0)
		error = pthread_create(&w->threads[w->nthreads], NULL, run_jobs, w);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return error == 0 ? 0 : -1;
}

struct work *
work_new(struct event_base *base)
{
	struct work	*w;
	int		 saved_errno;

	if ((w = mem_calloc(1, sizeof(*w))) == NULL)
		return NULL;
	TAILQ_INIT(&w->waiting);
	TAILQ_INIT(&w->over);
	(void)pthread_mutex_init(&w->lock, NULL);
	(void)pthread_cond_init(&w->more, NULL);
	if ((w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (w->ev = event_new(base, w->fd, EV_READ | EV_PERSIST, on_over, w)) == NULL ||
	    event_add(w->ev, NULL) == -1 || start_threads(w) == -1) {
		saved_errno = errno;
		work_free(w);
		errno = saved_errno;
		return NULL;
	}
	return w;
}

void
work_free(struct work *w)
{
	size_t	 i;

	if (w == NULL)
		return;
	(void)pthread_mutex_lock(&w->lock);
	w->stop = true;
	(void)pthread_cond_broadcast(&w->more);
	(void)pthread_mutex_unlock(&w->lock);
	for (i = 0; i < w->nthreads; i++)
		(void)pthread_join(w->threads[i], NULL);
	TAILQ_CONCAT(&w->over, &w->waiting, link);
	end_jobs(w);
	if (w->ev != NULL)
		event_free(w->ev);
	if (w->fd != -1)
		(void)close(w->fd);
	(void)pthread_cond_destroy(&w->more);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

int
work_start(struct work *w, void (*run)(void *arg), void (*done)(void *arg), void *arg)
{
	struct work_job	*j;
	bool		 full;

	if ((j = mem_calloc(1, sizeof(*j))) == NULL)
		return -1;
	j->run = run;
	j->done = done;
	j->arg = arg;
	(void)pthread_mutex_lock(&w->lock);
	if (!(full = w->njobs >= WORK_MAX)) {
		w->njobs++;
		TAILQ_INSERT_TAIL(&w->waiting, j, link);
		(void)pthread_cond_signal(&w->more);
	}
	(void)pthread_mutex_unlock(&w->lock);
	if (!full)
		return 0;
	free(j);
	errno = EAGAIN;
	return -1;
}
