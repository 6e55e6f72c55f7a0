/* SPDX-License-Identifier: ISC */
/*
 * simrecfile: the file of a recording, written as it goes on, and when a
 * recording ends by itself (spec/vonage.md 3.3, 8): 16 kHz, mp3 of constant
 * 32 kbit/s, 16-bit wav, or ogg. The only user of libsndfile in callsim.
 */
#ifndef CALLSIM_SIMRECFILE_H
#define CALLSIM_SIMRECFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECFILE_RATE		16000
#define RECFILE_CHANNELS_MAX	32
#define RECFILE_LEVEL_DB	(-45.0)	/* louder is no silence */

enum recfile_format { RECFILE_MP3, RECFILE_WAV, RECFILE_OGG };

struct recfile;

/* Frames will come at rate_hz. NULL: ENOMEM, EINVAL, EIO (libsndfile's words in *ret_cause) or of opening it. */
struct recfile *recfile_open(const char *path, enum recfile_format format, unsigned channels,
	    uint32_t rate_hz, const char **ret_cause);
/* One 20 ms frame of each channel; a NULL one is silence. Errors are kept for the close. */
void	recfile_write(struct recfile *f, const int16_t *const *channels);
/* Ends and frees it. The size in bytes; -1 when it could not be written whole. */
int64_t	recfile_close(struct recfile *f);

const char *recfile_type(enum recfile_format format);		/* audio/mpeg ... */
const char *recfile_suffix(enum recfile_format format);		/* mp3 ... */

/* The end conditions of a recording. Pure; time is the length of what was recorded. */
struct recend {
	int64_t	silence_ms, timeout_ms;	/* 0: off */
	char	key;			/* 0: off */
	int64_t	length_ms, quiet_ms;	/* so far */
};
/* A frame of frame_ms in which the leg was loud or not. true: it ends. */
bool	recend_frame(struct recend *e, bool loud, int64_t frame_ms);
bool	recend_key(const struct recend *e, char key);

#endif
