/* SPDX-License-Identifier: ISC */
/*
 * eventfault: what may be odd about an event, as it was seen of Vonage or is
 * left open by spec/vonage.md 2: lost ones, other JSON types, nulls, members
 * of tomorrow. Pure.
 */
#ifndef CALLSIM_EVENTFAULT_H
#define CALLSIM_EVENTFAULT_H

#include <stdbool.h>
#include <stdint.h>

struct event_faults {
	bool	 duplicate;	/* each event is sent twice */
	bool	 shuffle;	/* each event is overtaken by the next of its leg */
	unsigned late_ms;	/* each event waits so long before it is sent */
	double	 lose;		/* probability that an event never comes */
	uint64_t seed;		/* of what is lost */
	bool	 numbers;	/* duration, rate, price, confidence as JSON numbers */
	bool	 nulls;		/* what a receiver can do without is null */
	bool	 extras;	/* members that no document names */
	bool	 forms;		/* transfer and input have a status (spec/vonage.md 2.1) */
};

/* Is event number serial (of this process) lost? The same for the same seed. */
bool	eventfault_lost(const struct event_faults *f, uint64_t serial);
/* The event with its faults; json is freed. NULL: ENOMEM, or json was NULL. */
char	*eventfault_apply(const struct event_faults *f, char *json);

#endif
