/* SPDX-License-Identifier: ISC */
/*
 * simsms: both SMS APIs of Vonage (spec/vonage.md 9): POST /v1/messages, which
 * answers 202, 401, 402, 422 or 429, and the older POST /sms/json, which
 * answers 200 and puts its errors into "status". Nothing is delivered: each
 * message that is taken is a line "sms" of the log (simlog.h) and an element
 * of the list that simsms_list() returns.
 */
#ifndef CALLSIM_SIMSMS_H
#define CALLSIM_SIMSMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

#define SIMSMS_TEXT_MAX		1000	/* characters, Messages API */
#define SIMSMS_LEGACY_MAX		3200	/* characters, status 12 beyond */
#define SIMSMS_REF_MAX		100	/* characters of client_ref */
#define SIMSMS_LIST_MAX		10000	/* remembered for the summary; later ones are only logged */

struct sim;

struct simsms_options {		/* in struct sim_options */
	bool		 balance_set;	/* --sms-balance */
	int64_t		 balance;	/* messages that can still be paid for */
	int64_t		 per_s;		/* messages a second; 0: no limit; Vonage: 30 */
};

struct simsms_state {		/* in struct sim */
	struct json_object *list;
	uint64_t	 taken, refused;
	int64_t		 second, in_second;	/* wall time in s, and messages in it */
};

/* Messages taken: [{api, to, from, text, type, segments, client_ref, id}]; borrowed, may be NULL. */
struct json_object *simsms_list(const struct sim *sim);
void	simsms_clear(struct sim *sim);

/* All characters are of GSM 03.38, extension table included. */
bool	simsms_is_gsm(const char *text);
/*
 * Messages that text is cut into: 160 septets, or 153 each, of GSM 7 bit; 70
 * UTF-16 units, or 67 each, otherwise.
 */
unsigned simsms_segments(const char *text, bool gsm);

#endif
