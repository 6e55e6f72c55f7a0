/* SPDX-License-Identifier: ISC */
/*
 * suppress: a light noise suppressor for the audio of utterances.
 *
 * Blocks of 32 ms (42.7 ms at 24 kHz) that overlap by half, root of a Hann window before and
 * after a real FFT, and a gain for each bin. The noise is learnt while nobody
 * speaks and followed within an utterance by the probability of speech in each
 * bin. A bin is lowered by most_db at most, so that what is left is the same noise, not
 * tones that come and go; by less when the noise is SNR_FULL_DB below the speech, by
 * nothing when it is SNR_NONE_DB below: a clean line stays to the bit what it was. So does
 * one whose noise changes as fast as voices do: there the gain would leave pieces of words.
 * And so does one of which a third of a second was not heard yet.
 *
 * Nothing is shifted: a sample that goes in at one place comes out there.
 *
 * Sources:
 *   gain		Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error
 *			log-spectral amplitude estimator", IEEE Trans. ASSP 33(2), 1985
 *   a-priori SNR	"decision-directed", the same, ASSP 32(6), 1984
 *   noise in speech	T. Gerkmann and R. C. Hendriks, "Unbiased MMSE-based noise power estimation with
 *			low complexity and low tracking delay", IEEE Trans. ASLP 20(4), 2012
 *
 * What it does to the offline recogniser, and its cost: vadd/train/README.md, make bench-suppress.
 * 2.2, 4.2 and 8.3 KB at 8, 16 and 24 kHz. Needs no clock; not locked.
 */
#ifndef VADD_SUPPRESS_H
#define VADD_SUPPRESS_H

#include <stddef.h>
#include <stdint.h>

#define SUPPRESS_BLOCK_MAX	1024	/* samples */
#define SUPPRESS_DB_MAX		24	/* of most_db */

struct suppress;			/* opaque */

/* rate_hz is one that audio_rate_ok(). NULL: EINVAL or ENOMEM. */
struct suppress *suppress_new(uint32_t rate_hz);
void	suppress_free(struct suppress *s);	/* NULL is a no-op */

/* Samples that suppress_learn() wants. */
size_t	suppress_block(const struct suppress *s);
/* Learn the noise from one block without speech. Digital silence teaches nothing. */
void	suppress_learn(struct suppress *s, const int16_t *block);

/*
 * An utterance: begin; feed with all its samples so far, n growing, as often as
 * wished; end with all of them. It is changed in place, and may move between the
 * calls. How it was fed changes no bit of the result. most_db: 0 to SUPPRESS_DB_MAX.
 */
void	suppress_begin(struct suppress *s, float most_db);
void	suppress_feed(struct suppress *s, int16_t *pcm, size_t n);
void	suppress_end(struct suppress *s, int16_t *pcm, size_t n);

#endif
