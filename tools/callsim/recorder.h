/* SPDX-License-Identifier: ISC */
/*
 * recorder: recordings: of a leg (action record, speech.saveAudio) or of a
 * whole conversation (its option record). When one ends, its file is
 * published (files.h) and the record event sent, then, if wanted, the
 * transcription: what the scripts said, with the times when they said it.
 */
#ifndef CALLSIM_RECORDER_H
#define CALLSIM_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/json.h"
#include "tools/callsim/simrecfile.h"

#define RECORDER_UUID_SIZE	37
#define RECORDER_PATH_SIZE	1024

struct leg;
struct ncco_action;

struct recorder {
	TAILQ_ENTRY(recorder) entry;	/* of leg->recorders, unless whole */
	struct leg	*leg;		/* whose events tell of it */
	struct recfile	*file;
	char		 path[RECORDER_PATH_SIZE], uuid[RECORDER_UUID_SIZE];
	enum recfile_format format;
	unsigned	 channels;
	const struct leg *owners[RECFILE_CHANNELS_MAX];	/* of channels; only compared, they may be gone */
	struct recorder	**holder;	/* set to NULL when it goes; NULL: nobody */
	bool		 whole, silent;	/* of a conversation; no event */
	bool		 ended;		/* an end condition held */
	struct recend	 end;
	int64_t		 begin_ms;	/* wall time */
	int64_t		 frames;
	char		*event_url;	/* NULL: the application's */
	bool		 event_get, transcribe, transcribe_get;
	char		*transcribe_url;
	struct json_object *sentences;
};

/* Record leg as the action says, from the next tick on. NULL: errno; the cause was told. */
struct recorder *recorder_start(struct leg *leg, const struct ncco_action *a);
/* All that is said in leg's conversation, mp3. */
struct recorder *recorder_start_whole(struct leg *leg, const struct ncco_action *a);
/* What leg says, wav, without an event: for the recording_url of an input. */
struct recorder *recorder_start_speech(struct leg *leg);
/* Ends, publishes and frees it. The URL of the file, NULL when there is none. NULL r: no-op. */
const char *recorder_finish(struct recorder *r);
void	recorder_finish_all(struct leg *leg);
void	recorder_drop(struct recorder *r);	/* without file and event */

/* The tick of a leg is over: all its recorders take what was said and heard (NULL: silence). */
void	recorder_leg_frame(struct leg *leg, const int16_t *heard);
void	recorder_write(struct recorder *r, const int16_t *const *channels);
/* leg says text now, which takes so long. */
void	recorder_said(struct leg *leg, const char *text, int64_t duration_ms);

#endif
