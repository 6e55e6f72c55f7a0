/* SPDX-License-Identifier: ISC */
/*
 * ttsbody: the body of POST BASE/audio/speech made into PCM (spec/ai.md 3.2).
 * Pure.
 *
 * The Content-Type decides, not what was asked for; RIFF at the beginning is WAV
 * whatever the type says. Headerless PCM has the rate of "rate=" in the type, else the
 * configured one. Sizes in a WAV header are not believed; a header that comes again in
 * front of a later piece is skipped. Stereo is mixed down. Halves of samples are kept
 * for the next piece. MP3 and JSON are errors with words.
 */
#ifndef BROKERD_TTSBODY_H
#define BROKERD_TTSBODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "brokerd/sse.h"
#include "common/buf.h"

#define TTSBODY_HEAD_MAX	(64 * 1024)	/* of a WAV header, or of an error in JSON */

enum ttsbody_mode { TTSBODY_UNKNOWN, TTSBODY_PCM, TTSBODY_WAV_HEAD, TTSBODY_WAV, TTSBODY_SSE, TTSBODY_JSON };
typedef void ttsbody_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz);

struct ttsbody {
	ttsbody_pcm	*pcm;
	void		*arg;
	enum ttsbody_mode mode;
	struct buf	 head;		/* not understood yet */
	struct sse	 sse;
	uint32_t	 rate_hz;
	unsigned	 nchannels;
	uint8_t		 part[4];	/* of a sample, or of a stereo pair */
	size_t		 part_len;
	uint64_t	 nsamples;	/* given out */
	bool		 ended;		/* by a typed last event */
	char		 error[200];
};

void	ttsbody_init(struct ttsbody *b, uint32_t rate_hz, ttsbody_pcm *pcm, void *arg);
void	ttsbody_clear(struct ttsbody *b);
/* A piece as it came. 0, or -1 with words in b->error. */
int	ttsbody_feed(struct ttsbody *b, const char *type, const void *data, size_t len);
/* The end of the body. 0, or -1 with words in b->error: nothing to hear was in it. */
int	ttsbody_end(struct ttsbody *b, const char *type);

#endif
