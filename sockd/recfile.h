/* SPDX-License-Identifier: ISC */
/*
 * recfile: the file beneath a recording. Blocking calls, for the worker thread
 * of record.c only. -1: errno; the caller gives the file up with recfile_drop().
 */
#ifndef SOCKD_RECFILE_H
#define SOCKD_RECFILE_H

#include <stddef.h>
#include <stdint.h>

#define RECFILE_PATH_MAX	1024

struct recfile {
	int		fd;		/* -1: not open; holds an flock */
	uint32_t	rate_hz;
	uint64_t	data_len;	/* bytes behind the header */
	char		path[RECFILE_PATH_MAX];	/* final name; ".part" is added until it is saved */
};

/* Create DIR/STEM.wav.part, or with -2, -3 ... behind the stem when that is taken. */
int	recfile_create(struct recfile *f, const char *dir, const char *stem, uint32_t rate_hz);
/* Put stereo samples at that byte of the data and bring the header up to date. */
int	recfile_write(struct recfile *f, uint64_t offset, const void *data, size_t len);
/* Sync, rename, close. */
int	recfile_save(struct recfile *f);
/* Close; the .part file stays. */
void	recfile_drop(struct recfile *f);
/*
 * Save the .part files in dir that no process holds; returns how many. fn is told of each: its path, rate
 * and bytes, and when it was last written (wall ms).
 */
unsigned recfile_recover(const char *dir, void (*fn)(void *arg, const struct recfile *f, int64_t written_wall_ms), void *arg);

#endif
