/* SPDX-License-Identifier: ISC */
#include "tools/callsim/pace.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/mem.h"

struct pace {
	struct event	*timer;
	TAILQ_HEAD(pace_slot, pace_item) slots[PACE_SLOTS];
	size_t		 count[PACE_SLOTS];
	size_t		 total;
	int64_t		 due_us;	/* of the next slot to run */
	unsigned	 next;		/* that slot */
	int64_t		 late_max_us;
};

static void
arm(struct pace *p)
{
	struct timeval	tv = { 0, 0 };
	int64_t		wait_us;

	while (p->count[p->next] == 0) {
		p->next = (p->next + 1) % PACE_SLOTS;
		p->due_us += PACE_SLOT_US;
	}
	if ((wait_us = p->due_us - clock_mono_us()) > 0)
		tv.tv_usec = (suseconds_t)wait_us;
	evtimer_add(p->timer, &tv);
}

static void
run_slot(struct pace *p)
{
	struct pace_item	*item, *after;

	for (item = TAILQ_FIRST(&p->slots[p->next]); item != NULL; item = after) {
		after = TAILQ_NEXT(item, entry);
		item->tick(item->arg);
	}
	p->next = (p->next + 1) % PACE_SLOTS;
	p->due_us += PACE_SLOT_US;
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pace	*p = arg;
	int64_t		 now_us = clock_mono_us();

	(void)fd;
	(void)what;
	if (p->total > 0 && now_us - p->due_us > p->late_max_us)
		p->late_max_us = now_us - p->due_us;
	while (p->total > 0 && p->due_us <= now_us)
		run_slot(p);
	if (p->total > 0)
		arm(p);
}

struct pace *
pace_new(struct event_base *base)
{
	struct pace	*p;
	int		 i;

	if ((p = mem_calloc(1, sizeof(*p))) == NULL)
		return NULL;
	for (i = 0; i < PACE_SLOTS; i++)
		TAILQ_INIT(&p->slots[i]);
	if ((p->timer = evtimer_new(base, on_timer, p)) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void
pace_free(struct pace *p)
{
	if (p == NULL)
		return;
	event_free(p->timer);
	free(p);
}

void
pace_add(struct pace *p, struct pace_item *item)
{
	unsigned	i, slot = 0;

	for (i = 1; i < PACE_SLOTS; i++)
		if (p->count[i] < p->count[slot])
			slot = i;
	if (p->total == 0) {
		p->due_us = clock_mono_us();
		p->next = slot;
	}
	item->slot = slot;
	item->active = true;
	TAILQ_INSERT_TAIL(&p->slots[slot], item, entry);
	p->count[slot]++;
	p->total++;
	if (p->total == 1)
		arm(p);
	else if (evtimer_pending(p->timer, NULL)) {
		/* The new slot may come before the one that was waited for. */
		int64_t now_us = clock_mono_us();

		while (p->due_us - PACE_SLOT_US > now_us) {
			p->due_us -= PACE_SLOT_US;
			p->next = (p->next + PACE_SLOTS - 1) % PACE_SLOTS;
		}
		arm(p);
	}
}

void
pace_remove(struct pace *p, struct pace_item *item)
{
	if (!item->active)
		return;
	item->active = false;
	TAILQ_REMOVE(&p->slots[item->slot], item, entry);
	p->count[item->slot]--;
	if (--p->total == 0)
		evtimer_del(p->timer);
}

int64_t
pace_late_max_us(const struct pace *p)
{
	return p->late_max_us;
}
