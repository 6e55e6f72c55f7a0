/* SPDX-License-Identifier: ISC */
/*
 * audio: WAV files, resampling, levels. 16-bit signed PCM in host order
 * (little-endian machines only, checked at compile time).
 *
 * Lengths named n... count samples (of one channel: frames in WAV's sense
 * for stereo), ..._len count bytes. Not locked: one object, one thread.
 */
#ifndef COMMON_AUDIO_H
#define COMMON_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIO_FRAME_MS		20
#define AUDIO_RATE_MAX		48000
/* Samples in one 20 ms frame: 160, 320, 480 at 8, 16, 24 kHz. */
#define AUDIO_FRAME_SAMPLES(rate_hz)	((rate_hz) / 50)
#define AUDIO_FRAME_BYTES(rate_hz)	((rate_hz) / 50 * 2)
#define AUDIO_FRAME_SAMPLES_MAX	480
#define AUDIO_FRAME_BYTES_MAX	960

/* True for the rates Vonage offers: 8000, 16000, 24000 (spec/vonage.md 4.3). */
bool audio_rate_ok(uint32_t rate_hz);

struct audio_clip {		/* mono; samples are the caller's, audio_clip_clear() */
	int16_t	*samples;
	size_t	 nsamples;
	uint32_t rate_hz;
};
void audio_clip_clear(struct audio_clip *clip);
/*
 * Read a whole audio file (any libsndfile format), mix it down to mono, and
 * if rate_hz is not 0 resample it. At most max_seconds are accepted, of 1000
 * to AUDIO_RATE_MAX Hz in 1 to 8 channels. 0; -1 with errno set (EBADMSG: not
 * such audio; EFBIG: longer; EINVAL: rate_hz; ENOMEM; for a file also those of
 * open(2)) and a static text in *ret_cause. The format is told from the
 * content, never from the name; the length in a header is not believed.
 */
int audio_read_file(const char *path, uint32_t rate_hz, unsigned max_seconds,
    struct audio_clip *ret, const char **ret_cause);
/* The same from memory (a WAV body, say). */
int audio_read_memory(const void *data, size_t len, uint32_t rate_hz, unsigned max_seconds,
    struct audio_clip *ret, const char **ret_cause);
/*
 * Write a mono (right NULL) or stereo 16-bit WAV file of nsamples per channel.
 * An old file is overwritten, a half-written one removed. 0, or -1 with errno.
 */
int audio_write_file(const char *path, uint32_t rate_hz, const int16_t *left,
    const int16_t *right, size_t nsamples);

/* The 44 bytes of a canonical PCM WAV header. data_len is clipped to 32 bits. */
#define AUDIO_WAV_HEADER_LEN	44
void audio_wav_header(uint8_t out[AUDIO_WAV_HEADER_LEN], uint32_t rate_hz, unsigned nchannels, uint64_t data_len);

/*
 * Streaming resampler (speexdsp quality 5: 98 dB SNR, 5 ms, regular output),
 * its start-up zeros skipped. from == to copies. NULL: EINVAL or ENOMEM.
 */
struct audio_resampler;
struct audio_resampler *audio_resampler_new(uint32_t from_hz, uint32_t to_hz);
void audio_resampler_free(struct audio_resampler *r);
/* Most output samples that nin input samples (or a flush) can give. */
size_t audio_resampler_max_out(const struct audio_resampler *r, size_t nin);
/* Take all of in; returns samples written to out (size as told by _max_out). */
size_t audio_resampler_run(struct audio_resampler *r, const int16_t *in, size_t nin, int16_t *out, size_t out_size);
/*
 * Push out the tail still inside, so that n samples in gave n * to / from out,
 * rounded up; the resampler starts afresh then.
 */
size_t audio_resampler_flush(struct audio_resampler *r, int16_t *out, size_t out_size);

/* Level in dB of full scale (0 = full-scale square wave); -120 for silence or n == 0. */
double audio_rms_db(const int16_t *samples, size_t n);
int	audio_peak(const int16_t *samples, size_t n);	/* 0..32768 */

/* G.711 mu-law. */
uint8_t audio_ulaw_encode(int16_t sample);
int16_t audio_ulaw_decode(uint8_t code);

#endif
