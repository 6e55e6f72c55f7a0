/* SPDX-License-Identifier: ISC */
/*
 * earmeter: what the caller's ear can tell about the bot, from the waveform.
 *
 * It is fed with what the caller hears from the socket leg, one frame after
 * the other, and finds *stretches* of sound: a stretch begins with the first
 * sample of a 10 ms window whose RMS reaches the level, and ends when
 * quiet_ms passed without such a window, or with a clear. A *turn* begins
 * when the caller says something:
 *
 *   ear latency  last loud sample of the caller's speech to the first loud
 *		  sample of the reply. The reply is the first stretch that begins
 *		  after the speech, or the one that began during the speech and
 *		  still sounds at its end (then the latency is negative).
 *   stop time	  if a stretch was sounding when the speech began (loud in the
 *		  EARMETER_TALKING_MS before it): from the first loud sample of
 *		  the speech to the last loud sample of that stretch.
 *
 * Positions are samples on the line clock; -1 is "not (yet)". Pure.
 */
#ifndef CALLSIM_EARMETER_H
#define CALLSIM_EARMETER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EARMETER_LEVEL_DB	(-45.0)	/* of full scale, default level */
#define EARMETER_QUIET_MS	700	/* default end of a stretch */
#define EARMETER_TALKING_MS	200

struct earmeter_turn {
	int64_t	speech_begin, speech_end;	/* first and last loud sample */
	int64_t	reply_begin;
	int64_t	stop;			/* last loud sample of the interrupted stretch */
	bool	interrupting;
};

struct earmeter {			/* read the fields, change them by calls only */
	uint32_t rate_hz;
	double	 level_db;
	int64_t	 quiet;			/* samples */
	int64_t	 pos;			/* samples heard so far */
	bool	 sounding;
	int64_t	 stretch_begin, last_loud;
	uint64_t stretches;		/* begun so far */
	bool	 has_turn, passed_begin, passed_end;
	int64_t	 candidate;		/* stretch begun during the speech */
	struct earmeter_turn turn;	/* the latest one */
};

void	earmeter_init(struct earmeter *m, uint32_t rate_hz, double level_db, uint32_t quiet_ms);
/* A turn begins now; the positions may lie in the future. */
void	earmeter_say(struct earmeter *m, int64_t speech_begin, int64_t speech_end);
/* n samples (a multiple of 10 ms) were heard. */
void	earmeter_heard(struct earmeter *m, const int16_t *samples, size_t n);
/* The playback buffer was cleared before the next sample. */
void	earmeter_cleared(struct earmeter *m);

/* Positions to milliseconds; -1 stays -1. */
int64_t	earmeter_ms(const struct earmeter *m, int64_t pos);
/* reply_begin - speech_end in ms; false when there was no reply. */
bool	earmeter_latency_ms(const struct earmeter *m, const struct earmeter_turn *t, double *ret);
/* stop - speech_begin in ms, 0 at least; false when nothing was interrupted. */
bool	earmeter_stop_ms(const struct earmeter *m, const struct earmeter_turn *t, double *ret);

/*
 * First and last loud sample of a clip of speech: windows of 10 ms within
 * 30 dB of the loudest one and above -50 dB. false: all is quiet.
 */
bool	earmeter_bounds(const int16_t *samples, size_t n, uint32_t rate_hz, size_t *ret_begin, size_t *ret_end);

#endif
