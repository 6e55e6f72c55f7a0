/* SPDX-License-Identifier: ISC */
/*
 * dialopts: how a number is called: its form, and the options of a dial or a
 * campaign as a JSON object. Pure.
 *
 * Members, all optional (ranges: spec/vonage.md 7.1):
 *   from               number that is shown, or "random" (one of the application's)
 *   amd                "off", "detect", "detect_beep", "default": machine detection
 *   amd_behavior       "continue", "hangup"
 *   beep_timeout_s     30..120        ringing_timer_s   1..120
 *   length_timer_s     1..86400       max_attempts      1..20
 *   max_per_day        0..100 (0: no limit)
 *   retry_ms           100..86400000, doubled with each attempt
 *   retry_machine      bool: a machine is not a person reached
 *   quiet_hours        "21:00-08:00", "none" (quiet.h)
 *   pace_min_ms, pace_max_ms  0..3600000: the pause between two calls of a campaign
 *   batch              1..1000: most calls of a campaign at a time
 */
#ifndef COMMON_DIALOPTS_H
#define COMMON_DIALOPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/quiet.h"

enum dial_amd { DIAL_AMD_OFF, DIAL_AMD_DETECT, DIAL_AMD_DETECT_BEEP, DIAL_AMD_DEFAULT };
extern const char *const dial_amd_names[];	/* ended by NULL */

struct dial_options {
	char	from[16];		/* "" and random_from false: none is configured */
	bool	random_from;
	enum dial_amd amd;
	bool	amd_hangup;
	int	beep_timeout_s, ringing_timer_s, length_timer_s;
	int	max_attempts, max_per_day;
	int	retry_ms;
	bool	retry_machine;
	struct quiet quiet;
	int	pace_min_ms, pace_max_ms;
	int	batch;
};

#define DIAL_NUMBER_SIZE	16
/*
 * E.164: 7 to 15 digits, the first not 0, an optional "+" before them, nothing
 * else. out gets the digits. 0, or -1 with EINVAL.
 */
int	dial_number(const char *text, char out[DIAL_NUMBER_SIZE]);
/* "NUMBER" or "random" or "": 0, or -1 with EINVAL. */
int	dial_options_from(struct dial_options *o, const char *from);
void	dial_options_default(struct dial_options *o);
/* What json tells replaces what is in o; "" tells nothing. -1 with EINVAL and a text; o is then undefined. */
int	dial_options_apply(struct dial_options *o, const char *json, char *err, size_t err_size);

#endif
