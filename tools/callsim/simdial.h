/* SPDX-License-Identifier: ISC */
/*
 * simdial: an outbound leg reaches a phone, or does not: carries out the plan
 * that phones.h makes of the phone and the request, machine detection too.
 */
#ifndef CALLSIM_SIMDIAL_H
#define CALLSIM_SIMDIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/callsim/phones.h"

struct leg;
struct ncco_action;

struct dial {
	struct phone	*phone;		/* NULL: the leg is no outbound phone */
	struct phone_plan plan;
	size_t		 step;		/* of the plan, next */
	char		*dtmf_answer;	/* owned, NULL: none */
	char		*on_answer_url;
};

/*
 * The leg (new, in its conversation) calls the endpoint of a; detection and
 * ringing time are a's. The events started and ringing are sent.
 * 0; -1 with ENOMEM.
 */
int	dial_start(struct leg *leg, const struct ncco_action *a);
/* The address of an endpoint as phones.h wants it; borrowed from a. */
const char *dial_address(const struct ncco_action *a);
void	dial_tick(struct leg *leg);
void	dial_clear(struct dial *d);

#endif
