/* SPDX-License-Identifier: ISC */
/*
 * dialresult: what the status of a call that we placed means for its dial,
 * and when the next attempt is made. Pure.
 *
 *   status       detail                  then       result
 *   busy         any                     again      busy
 *   timeout      any                     again      timeout (nobody took it up)
 *   unanswered   any                     again      unanswered
 *   cancelled    any                     failed     cancelled (we hung up before the answer)
 *   rejected     restricted, declined,   failed     the detail; "rejected" for others
 *                invalid_number
 *   failed       number_out_of_service   failed     out_of_service
 *   failed       any other               again      failed
 *   completed    answered before         reached    human, machine, or answered
 *   completed    never answered          again      unanswered (its failure was not told)
 *   others                               goes on
 */
#ifndef WEBHOOKD_DIALRESULT_H
#define WEBHOOKD_DIALRESULT_H

#include <stdbool.h>
#include <stdint.h>

enum dial_then { DIAL_GOES_ON, DIAL_REACHED, DIAL_AGAIN, DIAL_FAILED };
struct dial_outcome { enum dial_then then; const char *result; };

#define DIAL_RETRY_MAX_MS	21600000	/* the longest pause: 6 h */

/*
 * machine: what was detected ("", "human", "machine", "beep_start",
 * "beep_timeout"); with retry_machine one that is no human is called again.
 */
struct dial_outcome dialresult_of(const char *status, const char *detail, bool answered, const char *machine, bool retry_machine);
/*
 * The pause before the next attempt after attempts of them (1..):
 * base_ms doubled each time, at most DIAL_RETRY_MAX_MS, less up to a tenth by random.
 */
int64_t	dialresult_pause_ms(int base_ms, int attempts, uint32_t random);
/* A number of min..max by random. */
int64_t	dialresult_between(int64_t min, int64_t max, uint32_t random);

#endif
