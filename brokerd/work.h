/* SPDX-License-Identifier: ISC */
/*
 * work: a few threads for what would hold up the loop: decoding and writing
 * audio files (a minute of mp3 takes some 50 ms).
 */
#ifndef BROKERD_WORK_H
#define BROKERD_WORK_H

#include <stddef.h>

#define WORK_THREADS	2
#define WORK_MAX	1024	/* jobs that wait or run; more are refused */

struct event_base;
struct work;

struct work *work_new(struct event_base *base);	/* NULL: errno */
/* Jobs that run are waited for, those that wait are not begun; done runs for all of them. NULL is a no-op. */
void	work_free(struct work *w);
/*
 * run in a thread, then done in the loop, exactly once and never before this returns; both get arg,
 * which nobody else may touch between. run may not log or send. 0; -1 with EAGAIN (WORK_MAX), ENOMEM.
 */
int	work_start(struct work *w, void (*run)(void *arg), void (*done)(void *arg), void *arg);

#endif
