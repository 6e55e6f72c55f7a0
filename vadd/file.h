/* SPDX-License-Identifier: ISC */
/* file: `vadd -f FILE`, the detector on a recording, without any bus. */
#ifndef VADD_FILE_H
#define VADD_FILE_H

#include <stdio.h>

#define FILE_SECONDS_MAX	36000	/* 10 hours */

/*
 * Read an audio file of any rate and format and write to out one line per
 * 20 ms, "<0|1> <score>", and between them "+ <announced_ms> <audio_start_ms>"
 * and "- <announced_ms> <audio_end_ms>", each after the line of the frame that
 * decided it. The last frame is filled up with silence; the end of the file
 * closes an open utterance. Other rates than 8, 16 and 24 kHz are resampled to 8 kHz.
 * 0; 1 with a text on err that names the file.
 */
int file_run(const char *path, FILE *out, FILE *err);

#endif
