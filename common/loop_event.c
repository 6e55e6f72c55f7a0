/* SPDX-License-Identifier: ISC */
/* The loop on libevent; the only file of common/ that knows it beside httpc. */
#include "common/loop.h"

#include <event2/event.h>

#include <stdlib.h>

#include "common/mem.h"

struct loop_watch {
	struct event	*ev;
	loop_fn		*fn;
	void		*arg;
};

static void
fired(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch	*w = arg;

	(void)fd;
	(void)what;
	w->fn(w->arg);
}

static void *
create(void)
{
	struct event_config	*conf = event_config_new();
	struct event_base	*base = NULL;

	/* libevent's usual clock moves in steps of 4 ms: too coarse for frames of 20 ms. */
	if (conf != NULL && event_config_set_flag(conf, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(conf);
	if (conf != NULL)
		event_config_free(conf);
	return base;
}

static void
destroy(void *native)
{
	event_base_free(native);
}

static int
run(void *native)
{
	return event_base_dispatch(native) == -1 ? -1 : 0;
}

static void
stop(void *native)
{
	(void)event_base_loopbreak(native);
}

static struct loop_watch *
watch_new(void *native, int fd, short what, loop_fn *fn, void *arg)
{
	struct loop_watch	*w;

	if ((w = mem_calloc(1, sizeof(*w))) == NULL)
		return NULL;
	w->fn = fn;
	w->arg = arg;
	if ((w->ev = event_new(native, fd, what, fired, w)) == NULL ||
	    (fd != -1 && event_add(w->ev, NULL) == -1)) {
		if (w->ev != NULL)
			event_free(w->ev);
		free(w);
		return NULL;
	}
	return w;
}

static struct loop_watch *
io_new(void *native, int fd, loop_fn *fn, void *arg)
{
	return watch_new(native, fd, EV_READ | EV_PERSIST, fn, arg);
}

static struct loop_watch *
timer_new(void *native, loop_fn *fn, void *arg)
{
	return watch_new(native, -1, 0, fn, arg);
}

static void
timer_set(struct loop_watch *w, int64_t delay_us)
{
	struct timeval	tv;

	if (delay_us < 0) {
		(void)event_del(w->ev);
		return;
	}
	tv.tv_sec = delay_us / 1000000;
	tv.tv_usec = delay_us % 1000000;
	(void)event_add(w->ev, &tv);
}

static struct loop_watch *
signal_new(void *native, int signum, loop_fn *fn, void *arg)
{
	return watch_new(native, signum, EV_SIGNAL | EV_PERSIST, fn, arg);
}

static void
watch_free(struct loop_watch *w)
{
	event_free(w->ev);
	free(w);
}

const struct loop_ops loop_libevent = {
	.name = "libevent",
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
