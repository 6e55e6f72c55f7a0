/* SPDX-License-Identifier: ISC */
/*
 * serve: a small, strict server of the OpenAI HTTP API, for tests: the three
 * paths of spec/ai.md 1 to 3 under /v1, on evhttp, at 127.0.0.1 and any port.
 *
 * Strict: an unknown field, a missing one, a wrong type, a file part without
 * name, a WAV header that does not fit its data, a language that is no ISO
 * 639-1 code, stream_options without stream: 400 with the words. The model says
 * "You said: ..." and calls end_call when the caller says goodbye; speech is a tone,
 * 20 ms a character, as PCM of 24 kHz in pieces of odd length; the transcript is
 * the one that was set, or says how long the audio was.
 */
#ifndef TESTS_PROVIDER_SERVE_H
#define TESTS_PROVIDER_SERVE_H

#include <stdint.h>

enum behaviour {
	BEHAVE_WELL,
	BEHAVE_ERROR_500,
	BEHAVE_RATE_LIMIT,	/* 429 with Retry-After */
	BEHAVE_NO_CREDIT,	/* 429 insufficient_quota */
	BEHAVE_BAD_GATEWAY,	/* 502 and HTML */
	BEHAVE_STALL,		/* nothing is answered */
	BEHAVE_STALL_LATER,	/* begins, then nothing */
	BEHAVE_CUT,		/* begins, then the connection is gone */
	BEHAVE_ERROR_LATER,	/* an error inside of the stream */
	BEHAVE_REASON,		/* with thoughts around the text */
	BEHAVE_WHOLE,		/* chat: not streamed in spite of the request */
	BEHAVE_WAV		/* speech: a WAV of 16 kHz instead of PCM */
};

struct event_base;
struct provider;

struct provider *provider_new(struct event_base *base, const char *key);	/* key "" none; NULL: failed */
void	provider_free(struct provider *p);
int	provider_port(const struct provider *p);
int	provider_listen(struct provider *p, int port);		/* 0: any; before that nothing is served */
/* For the next n requests; BEHAVE_WELL after them. */
void	provider_behave(struct provider *p, enum behaviour b, int n);
void	provider_set_text(struct provider *p, const char *text);	/* transcript; "" how long it was */
unsigned provider_requests(const struct provider *p);
const char *provider_refusal(const struct provider *p);	/* words of the last 400; "" none */
/* -1: not a behaviour. */
int	provider_behaviour(const char *name);

#endif
