/* SPDX-License-Identifier: ISC */
/*
 * loop: the few things that the daemon skeleton and the bus need of an event
 * loop, so that they run on libevent (webhookd, vadd, brokerd) and on libev
 * (sockd: packaged libwebsockets has no libevent plugin).
 *
 * A daemon's own code uses the library beneath directly, through
 * loop_native(). One thread. Callbacks may free any watcher, their own too.
 */
#ifndef COMMON_LOOP_H
#define COMMON_LOOP_H

#include <stdint.h>

struct loop;
struct loop_watch;		/* one io, timer or signal watcher */
typedef void loop_fn(void *arg);

struct loop_ops {
	const char *name;
	void	*(*create)(void);			/* NULL: errno */
	void	 (*destroy)(void *native);
	int	 (*run)(void *native);			/* until stop; 0 or -1 */
	void	 (*stop)(void *native);
	struct loop_watch *(*io)(void *native, int fd, loop_fn *fn, void *arg);	/* level-triggered read */
	struct loop_watch *(*timer)(void *native, loop_fn *fn, void *arg);	/* not armed */
	void	 (*timer_set)(struct loop_watch *w, int64_t delay_us);		/* one shot; replaces; < 0 disarms */
	struct loop_watch *(*signal)(void *native, int signum, loop_fn *fn, void *arg);
	void	 (*free)(struct loop_watch *w);
};

extern const struct loop_ops loop_libevent;	/* common/loop_event.c; native is struct event_base */

struct loop *loop_new(const struct loop_ops *ops);	/* NULL: errno */
void	loop_free(struct loop *l);
int	loop_run(struct loop *l);
void	loop_stop(struct loop *l);
void	*loop_native(struct loop *l);

/* Watchers: NULL on failure (errno). The caller owns them; loop_watch_free(NULL) is a no-op. */
struct loop_watch *loop_io_new(struct loop *l, int fd, loop_fn *fn, void *arg);
struct loop_watch *loop_timer_new(struct loop *l, loop_fn *fn, void *arg);
void	loop_timer_set(struct loop *l, struct loop_watch *w, int64_t delay_us);
struct loop_watch *loop_signal_new(struct loop *l, int signum, loop_fn *fn, void *arg);
void	loop_watch_free(struct loop *l, struct loop_watch *w);

#endif
