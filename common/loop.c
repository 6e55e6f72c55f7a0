/* SPDX-License-Identifier: ISC */
#include "common/loop.h"

#include <stdlib.h>

#include "common/mem.h"

struct loop {
	const struct loop_ops	*ops;
	void			*native;
};

struct loop *
loop_new(const struct loop_ops *ops)
{
	struct loop	*l;

	if ((l = mem_calloc(1, sizeof(*l))) == NULL)
		return NULL;
	l->ops = ops;
	if ((l->native = ops->create()) == NULL) {
		free(l);
		return NULL;
	}
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	l->ops->destroy(l->native);
	free(l);
}

int
loop_run(struct loop *l)
{
	return l->ops->run(l->native);
}

void
loop_stop(struct loop *l)
{
	l->ops->stop(l->native);
}

void *
loop_native(struct loop *l)
{
	return l->native;
}

struct loop_watch *
loop_io_new(struct loop *l, int fd, loop_fn *fn, void *arg)
{
	return l->ops->io(l->native, fd, fn, arg);
}

struct loop_watch *
loop_timer_new(struct loop *l, loop_fn *fn, void *arg)
{
	return l->ops->timer(l->native, fn, arg);
}

void
loop_timer_set(struct loop *l, struct loop_watch *w, int64_t delay_us)
{
	l->ops->timer_set(w, delay_us);
}

struct loop_watch *
loop_signal_new(struct loop *l, int signum, loop_fn *fn, void *arg)
{
	return l->ops->signal(l->native, signum, fn, arg);
}

void
loop_watch_free(struct loop *l, struct loop_watch *w)
{
	if (w != NULL)
		l->ops->free(w);
}
