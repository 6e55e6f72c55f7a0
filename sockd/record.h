/* SPDX-License-Identifier: ISC */
/*
 * record: the stereo WAV file of a call, caller left, bot right, both at their
 * place on the call's sample clock.
 *
 * A file is DIR/CALL.wav (CALL-2.wav, ... when that exists), written as
 * CALL.wav.part, mode 0640, synced and renamed at the end. What is half a second old is written
 * with the header's sizes brought up to date, so that a .part file of a
 * killed process can be played up to its last second; the next
 * recorder on that directory gives such files (nobody locks them) their name and tells of them.
 *
 * Disk work is done by one worker thread a process; the calls below only
 * copy samples. A recording keeps 1.2 s and the lead in memory (82 KiB at
 * 16 kHz). When the disk falls behind by RECORDER_BACKLOG_MAX bytes, what
 * would be written is left out (silence in the file) and counted. A
 * file that cannot be written is given up with one error in the log.
 *
 * Samples are those of one channel. All functions but the worker's own run in
 * one thread.
 */
#ifndef SOCKD_RECORD_H
#define SOCKD_RECORD_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/callid.h"

#define RECORDER_BACKLOG_MAX	(64u << 20)
#define RECORD_FLUSH_MS		500
#define RECORD_MARGIN_MS	200	/* kept back: the bot's side may still change there */

struct recorder;
struct record;

struct recorder_stats {
	uint64_t	opened, saved, failed, recovered;	/* files */
	uint64_t	dropped_ms;		/* left out: the disk was behind, or the frame came too late */
	uint64_t	backlog_bytes;
};

/* Starts the worker, which first gives orphans their name. NULL: errno. dir is copied. */
struct recorder *recorder_new(const char *dir);
/* Waits until all files are closed. Recordings must have been closed before. NULL is a no-op. */
void	recorder_free(struct recorder *r);
void	recorder_stats(struct recorder *r, struct recorder_stats *ret);

/* A file that was saved and not told of yet; at most RECORDER_TOLD_MAX wait, the oldest is forgotten then. */
#define RECORDER_TOLD_MAX	256
struct recorder_file {
	struct callid	call;
	char		path[512];
	uint32_t	rate_hz;
	uint64_t	duration_ms, bytes;
	int64_t		ended_wall_ms;
};
/* The oldest of them; false: none. */
bool	recorder_next_file(struct recorder *r, struct recorder_file *ret);

/* lead_ms: how far record_right() may be ahead of record_left(). NULL: ENOMEM. */
struct record *record_open(struct recorder *r, const struct callid *call, uint32_t rate_hz, uint32_t lead_ms);
/* What the caller said, what is played to them: n samples from position start on. */
void	record_left(struct record *rec, uint64_t start, const void *pcm, size_t n);
void	record_right(struct record *rec, uint64_t start, const void *pcm, size_t n);
/* The bot's side is silent from there on: what was sent was cleared. */
void	record_cut(struct record *rec, uint64_t from);
/* Write the rest; the worker ends the file. NULL is a no-op. */
void	record_close(struct record *rec);

#endif
