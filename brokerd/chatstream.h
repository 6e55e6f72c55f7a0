/* SPDX-License-Identifier: ISC */
/*
 * chatstream: the events of a streamed chat completion (spec/ai.md 2.4 to
 * 2.6) and of a whole one (2.3), made into text and an action. Pure.
 *
 * Tolerated: missing role, id, index, delta; null content; empty choices; text in
 * the finish chunk; whole calls in one delta, arguments as an object; unknown finish
 * reasons and fields. Reasoning is never text: neither the fields of that name nor
 * what stands between <think> and </think>, however it is split.
 */
#ifndef BROKERD_CHATSTREAM_H
#define BROKERD_CHATSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define CHATSTREAM_CALLS_MAX	8
#define CHATSTREAM_ARGS_MAX	(64 * 1024)

struct chat_call {			/* a function that the model called */
	int64_t		 index;
	char		 id[80], name[65];
	struct buf	 args;		/* JSON text */
};

typedef void chatstream_text(void *arg, const char *text, size_t len);
struct chatstream {			/* read only */
	chatstream_text	*text;
	void		*arg;
	bool		 thinking;	/* between the tags */
	char		 tag[8];	/* the beginning of one, held back */
	size_t		 tag_len;
	struct chat_call calls[CHATSTREAM_CALLS_MAX];
	size_t		 ncalls;
	bool		 finished;	/* a finish_reason, or [DONE] */
	bool		 done;		/* [DONE] */
	bool		 any_text;
	char		 error[200];
	int64_t		 error_code;	/* HTTP-like, 0 none */
	int64_t		 tokens_in, tokens_out;	/* -1 not told */
};

void	chatstream_init(struct chatstream *cs, chatstream_text *text, void *arg);
void	chatstream_clear(struct chatstream *cs);
/* One event. false: stop reading (an error, see cs->error; or the end). */
bool	chatstream_event(struct chatstream *cs, const char *event, const char *data, size_t len);
/* The body of an answer that is not streamed. false: an error. */
bool	chatstream_whole(struct chatstream *cs, const char *body, size_t len);
/* The end of the body: gives out what was held back. false: it was cut short. */
bool	chatstream_end(struct chatstream *cs);
/* "hangup", "transfer" or "": by the calls that were collected. */
const char *chatstream_action(const struct chatstream *cs);

#endif
