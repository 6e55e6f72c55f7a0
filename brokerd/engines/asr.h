/* SPDX-License-Identifier: ISC */
/*
 * asr: pocketsphinx with a grammar; the one file that knows pocketsphinx.
 *
 * An utterance is decoded in one call, with the cepstral mean taken over all of
 * it, so that a result depends on nothing that was heard before. That call
 * takes about 3 % of the audio's length. Audio is 16 kHz, 16-bit, mono: an
 * 8 kHz decoder cannot be had with the packaged model (stack.md 10), so
 * telephone audio is upsampled before. The utterance is brought to a fixed level
 * and a little white noise is added, because the model takes the empty band
 * above 4 kHz for a sound: exact sentences of espeak-ng in the 8 kHz band went
 * from 27 to 32 of 36.
 *
 * A grammar hears one of its sentences in anything, so a result is judged by
 * its score per frame (10 ms, pocketsphinx' logarithmic units) and by the longest
 * stretch of speech that only a filler explains. Measured with the two limits
 * below: of 36 sentences of the grammar by five synthetic voices, wide and
 * telephone band, 90 % are right and accepted, 2 % wrong and accepted; of 24
 * other sentences 2 %, of 129 recorded prompts 3 % are accepted (15 % without the
 * second limit). The limits were chosen on these same recordings. Comparing with
 * a decoding as free phones did no better.
 * Not locked: one decoder, one thread.
 */
#ifndef BROKERD_ENGINES_ASR_H
#define BROKERD_ENGINES_ASR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASR_RATE_HZ	16000
#define ASR_REJECT	(-35.0)	/* reject a score below it, unless told otherwise */
#define ASR_FILLER_MAX	70	/* reject more filler frames in a row */

struct asr;				/* opaque */

struct asr_result {
	const char	*text;		/* "" when nothing was found; valid until the next call */
	double		 score;		/* per frame; 0 when there is no text */
	unsigned	 nframes;	/* 0: there was no sound but silence */
	unsigned	 filler;	/* most frames in a row that no word explains */
	bool		 whole;		/* text explains the utterance to its end */
};

/*
 * model_dir holds en-us/ and cmudict-en-us.dict. grammar is JSGF text. NULL
 * on failure with the reason in cause (cause_size bytes).
 */
struct asr *asr_open(const char *model_dir, const char *grammar, char *cause, size_t cause_size);
void	asr_close(struct asr *asr);	/* NULL is a no-op */

/* 0; -1 when the decoder failed or memory is short (it can be used again). */
int	asr_decode(struct asr *asr, const int16_t *samples, size_t n, struct asr_result *ret);

#endif
