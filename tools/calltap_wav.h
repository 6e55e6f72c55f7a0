/* SPDX-License-Identifier: ISC */
/*
 * calltap_wav: the WAV file or pipe that --audio writes. Blocking writes: a
 * reader that stops stops us, and what then waits too long on the bus is lost.
 *
 * The header comes first, with the sizes 0xFFFFFFFF (not known); in a regular
 * file they are set right by wavout_close().
 */
#ifndef TOOLS_CALLTAP_WAV_H
#define TOOLS_CALLTAP_WAV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wavout {
	int		 fd;		/* -1: not open */
	bool		 is_stdout, begun;
	uint32_t	 rate_hz;
	unsigned	 nchannels;
	uint64_t	 data_len;	/* bytes written after the header */
};

/* path "-": standard output. A new file is 0600: it is somebody's voice. 0, or -1 with errno. */
int	wavout_open(struct wavout *w, const char *path);
/* Write the header. */
int	wavout_begin(struct wavout *w, uint32_t rate_hz, unsigned nchannels);
int	wavout_write(struct wavout *w, const int16_t *values, size_t n);
/* Set the sizes, close. -1 with errno: something of the file is not there. Closing twice is a no-op. */
int	wavout_close(struct wavout *w);

#endif
