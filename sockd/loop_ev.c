/* SPDX-License-Identifier: ISC */
#include "sockd/loop_ev.h"

#include <errno.h>
#include <stdlib.h>

#include <ev.h>

#include "common/mem.h"

enum watch_kind { WATCH_IO, WATCH_TIMER, WATCH_SIGNAL };

struct loop_watch {
	union {				/* first: libev hands its address back */
		struct ev_io	 io;
		struct ev_timer	 timer;
		struct ev_signal sig;
	} u;
	enum watch_kind	 kind;
	struct ev_loop	*loop;
	loop_fn		*fn;
	void		*arg;
};

static void
io_fired(struct ev_loop *loop, struct ev_io *io, int revents)
{
	struct loop_watch	*w = (struct loop_watch *)io;

	(void)loop;
	(void)revents;
	w->fn(w->arg);
}

static void
timer_fired(struct ev_loop *loop, struct ev_timer *timer, int revents)
{
	struct loop_watch	*w = (struct loop_watch *)timer;

	(void)loop;
	(void)revents;
	w->fn(w->arg);
}

static void
signal_fired(struct ev_loop *loop, struct ev_signal *sig, int revents)
{
	struct loop_watch	*w = (struct loop_watch *)sig;

	(void)loop;
	(void)revents;
	w->fn(w->arg);
}

static void *
create(void)
{
	struct ev_loop	*loop = ev_loop_new(EVFLAG_AUTO);

	if (loop == NULL && errno == 0)
		errno = ENOMEM;
	return loop;
}

static void
destroy(void *native)
{
	ev_loop_destroy(native);
}

static int
run(void *native)
{
	(void)ev_run(native, 0);
	return 0;
}

static void
stop(void *native)
{
	ev_break(native, EVBREAK_ALL);
}

static struct loop_watch *
watch_new(void *native, enum watch_kind kind, loop_fn *fn, void *arg)
{
	struct loop_watch	*w;

	if ((w = mem_calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->kind = kind;
	w->loop = native;
	w->fn = fn;
	w->arg = arg;
	return w;
}

static struct loop_watch *
io_new(void *native, int fd, loop_fn *fn, void *arg)
{
	struct loop_watch	*w;

	if ((w = watch_new(native, WATCH_IO, fn, arg)) == NULL)
		return NULL;
	ev_io_init(&w->u.io, io_fired, fd, EV_READ);
	ev_io_start(w->loop, &w->u.io);
	return w;
}

static struct loop_watch *
timer_new(void *native, loop_fn *fn, void *arg)
{
	struct loop_watch	*w;

	if ((w = watch_new(native, WATCH_TIMER, fn, arg)) == NULL)
		return NULL;
	ev_timer_init(&w->u.timer, timer_fired, 0., 0.);
	return w;
}

static void
timer_set(struct loop_watch *w, int64_t delay_us)
{
	ev_timer_stop(w->loop, &w->u.timer);
	if (delay_us < 0)
		return;
	ev_now_update(w->loop);		/* libev counts from the start of the iteration */
	ev_timer_set(&w->u.timer, (double)delay_us / 1e6, 0.);
	ev_timer_start(w->loop, &w->u.timer);
}

static struct loop_watch *
signal_new(void *native, int signum, loop_fn *fn, void *arg)
{
	struct loop_watch	*w;

	if ((w = watch_new(native, WATCH_SIGNAL, fn, arg)) == NULL)
		return NULL;
	ev_signal_init(&w->u.sig, signal_fired, signum);
	ev_signal_start(w->loop, &w->u.sig);
	return w;
}

static void
watch_free(struct loop_watch *w)
{
	switch (w->kind) {
	case WATCH_IO:
		ev_io_stop(w->loop, &w->u.io);
		break;
	case WATCH_TIMER:
		ev_timer_stop(w->loop, &w->u.timer);
		break;
	case WATCH_SIGNAL:
		ev_signal_stop(w->loop, &w->u.sig);
		break;
	}
	free(w);
}

const struct loop_ops loop_libev = {
	.name = "libev",
	.create = create,
	.destroy = destroy,
	.run = run,
	.stop = stop,
	.io = io_new,
	.timer = timer_new,
	.timer_set = timer_set,
	.signal = signal_new,
	.free = watch_free,
};
