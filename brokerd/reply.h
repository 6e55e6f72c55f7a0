/* SPDX-License-Identifier: ISC */
/*
 * reply: one attempt to answer (an epoch): text from a chat engine or given,
 * sentence by sentence through tts, resampled to the call's rate and handed
 * to play.
 *
 * The sentence that plays and the next one are synthesised, no more. At most
 * ahead_ms of audio is handed over before it was heard; the rest waits here,
 * a sentence at most REPLY_PIECE_S seconds long (the rest of it is cut and logged).
 * When no engine can answer or speak, the assistant's apology is played from
 * memory. Freeing a reply cancels all that runs for it. Callbacks must not free it,
 * but may call reply_hold() and reply_heard().
 */
#ifndef BROKERD_REPLY_H
#define BROKERD_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "brokerd/history.h"
#include "brokerd/setup.h"

#define REPLY_PIECE_S	60
#define REPLY_STALL_MS	400	/* no text for so long: speak what there is (spec/ai.md 7.1) */
#define REPLY_AGAIN_MS	20	/* play refused: try again */

struct reply_ops {
	/*
	 * Play n samples, offset samples after the start of this reply; n is 0 only with last.
	 * false: not now; it will be asked again.
	 */
	bool (*play)(void *arg, const int16_t *pcm, size_t n, uint64_t offset, bool last);
	void (*token)(void *arg);		/* the first text came */
	void (*audio)(void *arg);		/* the first audio of it came */
	void (*changed)(void *arg);		/* a sentence more is being played, or all was handed over */
};

struct reply_conf {
	const struct assistant *assistant;	/* borrowed, as are the ladders in it */
	const char	*call, *language;	/* borrowed */
	uint32_t	 rate_hz;
	int		 ahead_ms;
	bool		 transfer;		/* a person can be had */
};

struct reply;
/* NULL: ENOMEM. ops and arg live as long as the reply. */
struct reply *reply_new(const struct reply_conf *conf, const struct reply_ops *ops, void *arg);
void	reply_free(struct reply *r);
/* Ask the chat engines; messages are copied. 0, or -1 with ENOMEM. */
int	reply_ask(struct reply *r, const struct chat_messages *messages);
/* Say a phrase of the assistant. kept: it belongs to the history. 0, or -1. */
int	reply_say(struct reply *r, enum phrase which, bool kept);
/* After the chat was asked: play the filler from memory, if nothing can be heard yet. */
void	reply_fill(struct reply *r);
/* While held nothing is handed to play. */
void	reply_hold(struct reply *r, bool hold);
/* So much of it was heard, in ms of its audio. */
void	reply_heard(struct reply *r, int64_t heard_ms);

/* What there is to know. */
const struct spoken *reply_spoken(const struct reply *r);
void	reply_steal_spoken(struct reply *r, struct spoken *ret);	/* the reply can only be freed after it */
const char *reply_text(const struct reply *r);		/* all of it that was made, raw */
bool	reply_complete(const struct reply *r);		/* all was handed to play */
int64_t	reply_total_ms(const struct reply *r);		/* -1 while it is not complete */
uint64_t reply_sent(const struct reply *r);		/* samples handed to play */
const char *reply_action(const struct reply *r);	/* "", "hangup", "transfer" */
const char *reply_listen(const struct reply *r);	/* how the engine wants vadd to listen to the answer, "" not told */
const char *reply_error(const struct reply *r);		/* "" none */
const char *reply_engine(const struct reply *r, enum engine_service service);	/* chat, tts: who served it */
struct reply_usage { int64_t tokens_in, tokens_out, tts_chars; };	/* tokens -1: not told */
void	reply_get_usage(const struct reply *r, struct reply_usage *ret);

#endif
