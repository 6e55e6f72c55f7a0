/* SPDX-License-Identifier: ISC */
/*
 * engine: brokerd's three small interfaces to any AI.
 *
 *   stt   one utterance in, its text out
 *   chat  messages in, pieces of text out, and what is to happen to the call
 *   tts   a text in, pieces of PCM out
 *
 * An engine serves one of the three. engine_start() begins a job; its
 * callbacks run from the loop, never before engine_start() returned. done runs
 * exactly once and the job is freed after it, unless the job was cancelled
 * before: then nothing runs. A job may be cancelled in a callback of another job
 * and in its own text and pcm callbacks. Each engine watches the progress of its
 * jobs itself and ends those that are late; it does not retry: that is the
 * ladder's (ladder.h).
 */
#ifndef BROKERD_ENGINE_H
#define BROKERD_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "brokerd/history.h"

enum engine_service { ENGINE_STT, ENGINE_CHAT, ENGINE_TTS, ENGINE_NSERVICES };
extern const char *const engine_service_names[ENGINE_NSERVICES + 1];	/* "stt", ...; NULL */

struct engine_result {			/* borrowed for the callback */
	bool		 ok;
	/* not ok */
	const char	*error;		/* for the log, in English */
	int		 retry_ms;	/* try this engine again: -1 no, 0 at once, else after so long */
	/* ok */
	const char	*text;		/* stt: trimmed; "" nothing recognised */
	bool		 rejected;	/* stt: speech, but not understood */
	const char	*action;	/* chat: "", "hangup", "transfer" */
	const char	*listen;	/* chat: how to listen to the caller's answer, a profile of vadd; "" or NULL not told */
	int64_t		 tokens_in, tokens_out;	/* chat: -1 not told */
};

struct engine_events {
	void (*text)(void *arg, const char *delta, size_t len);	/* chat */
	void (*pcm)(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz);	/* tts */
	void (*done)(void *arg, const struct engine_result *res);
};

struct engine_request {			/* all borrowed for engine_start() */
	const char	*call;		/* id, for logs and the engine's own use; may be NULL */
	const char	*language;	/* ISO 639-1, "" unknown */
	/* stt */
	const int16_t	*pcm;
	size_t		 nsamples;
	uint32_t	 rate_hz;
	/* chat */
	const struct chat_messages *messages;
	bool		 transfer;	/* the call can be connected to a person */
	/* tts */
	const char	*text;
	const char	*voice;		/* "" the engine's own */
	const struct engine_events *on;	/* must live as long as the job */
	void		*arg;
};

struct engine;
struct engine_job;
struct json_object;

struct engine_ops {
	struct engine_job *(*start)(struct engine *e, const struct engine_request *rq);
	void	(*cancel)(struct engine_job *job);
	void	(*pause)(struct engine_job *job, bool paused);	/* NULL: cannot */
	void	(*stat)(const struct engine *e, struct json_object *stat);
	void	(*free)(struct engine *e);
};

struct engine {				/* the first member of each implementation */
	const struct engine_ops *ops;
	char		 name[32];
	enum engine_service service;
	uint64_t	 started, failed;	/* jobs */
	int		 failures;	/* of requests, in a row: the ladder's */
	int64_t		 avoid_until_ms;	/* monotonic: the ladder's */
};

struct engine_job {			/* the first member of each implementation's job */
	struct engine	*engine;
	const struct engine_events *on;
	void		*arg;
};

/* NULL with errno: EAGAIN (its queue is full), ENOMEM, EINVAL, EHOSTDOWN (it cannot run now). */
struct engine_job *engine_start(struct engine *e, const struct engine_request *rq);
void	engine_cancel(struct engine_job *job);		/* NULL is a no-op */
void	engine_pause(struct engine_job *job, bool paused);
void	engine_free(struct engine *e);			/* NULL is a no-op; no job may be left */

/* For implementations: count, call done. The caller frees the job afterwards. */
void	engine_finish(struct engine_job *job, const struct engine_result *res);
void	engine_fail(struct engine_job *job, int retry_ms, const char *error);

#endif
