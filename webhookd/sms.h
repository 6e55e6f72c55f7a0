/* SPDX-License-Identifier: ISC */
/*
 * sms: how many segments a short message takes. Pure.
 *
 * GSM-7 (the basic table and its extension, 3GPP TS 23.038): 160 characters, or 153 in each of
 * several segments; an extension character counts two and is not split. Any other
 * character makes it UCS-2: 70 units, or 67; a surrogate pair is not split.
 */
#ifndef WEBHOOKD_SMS_H
#define WEBHOOKD_SMS_H

#include <stdbool.h>
#include <stddef.h>

struct sms_size {
	bool	unicode;	/* UCS-2 */
	size_t	characters;	/* code points */
	size_t	units;		/* septets, or 16-bit units */
	size_t	segments;	/* 0 for an empty text */
};

/* 0; -1 with EILSEQ: text is no UTF-8. */
int	sms_measure(const char *text, struct sms_size *ret);
/*
 * A copy of text of at most so many segments and characters, cut between words
 * where that loses less than half, and ended by "..." when it was cut. The caller's; NULL: EILSEQ, EINVAL (less
 * than one segment), ENOMEM. *ret_cut tells whether it was.
 */
char	*sms_fit(const char *text, size_t max_segments, size_t max_characters, bool *ret_cut);

#endif
