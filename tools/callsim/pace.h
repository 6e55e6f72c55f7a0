/* SPDX-License-Identifier: ISC */
/*
 * pace: one absolute 20 ms clock for all calls of the process.
 *
 * The 20 ms are divided into PACE_SLOTS slots of 2 ms; each call ticks in the
 * slot that had the fewest when it came, so that many calls do not send in one
 * burst (real calls have no common phase either). Due times are absolute: a
 * late timer is followed by all ticks that were missed, none is lost.
 */
#ifndef CALLSIM_PACE_H
#define CALLSIM_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>

#define PACE_SLOTS	10
#define PACE_SLOT_US	2000
#define PACE_TICK_US	(PACE_SLOTS * PACE_SLOT_US)

struct pace_item {		/* embedded in what ticks; zero-initialise */
	TAILQ_ENTRY(pace_item) entry;
	unsigned slot;
	bool	 active;
	/* Each 20 ms; may take its own item out, but no other. */
	void	(*tick)(void *arg);
	void	*arg;
};

struct pace;

struct pace *pace_new(struct event_base *base);		/* NULL: ENOMEM */
void	pace_free(struct pace *p);
/* Tick from now on; tick and arg are set by the caller before. */
void	pace_add(struct pace *p, struct pace_item *item);
void	pace_remove(struct pace *p, struct pace_item *item);	/* not active: no-op */
/* Greatest lateness of the timer itself so far, in microseconds. */
int64_t	pace_late_max_us(const struct pace *p);

#endif
