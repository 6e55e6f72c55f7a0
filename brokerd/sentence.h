/* SPDX-License-Identifier: ISC */
/*
 * sentence: cuts the stream of a model's text into sentences to be spoken.
 *
 * Pure: no clock, no I/O. Marks are . ! ? and the Persian and Arabic question
 * mark, semicolon and full stop, the ellipsis, and a newline (spec/ai.md
 * 7.1). A mark ends a sentence only when something follows it, so that
 * "$29." + "95" is not cut; never after a digit and a full stop, in an
 * address or an abbreviation; and not before SENTENCE_MIN characters, so that
 * "Yes." goes with what follows. A sentence longer than SENTENCE_MAX bytes is cut
 * at a word border. Text is UTF-8 and is only cut between code points; the
 * pieces strung together are the text that was fed, with nothing lost.
 */
#ifndef BROKERD_SENTENCE_H
#define BROKERD_SENTENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buf.h"

#define SENTENCE_MIN		10	/* characters */
#define SENTENCE_MAX		600	/* bytes */
#define SENTENCE_EARLY		25	/* characters before a comma that may end the first piece */
#define SENTENCE_PENDING_MAX	(64 * 1024)

struct sentence {		/* read only */
	struct buf	 text;	/* not yet given out */
	bool		 ended;
	bool		 begun;	/* a piece was given out */
};

void	sentence_init(struct sentence *s);
void	sentence_clear(struct sentence *s);
/* 0; -1 with ENOMEM, or EMSGSIZE: more than SENTENCE_PENDING_MAX wait. */
int	sentence_feed(struct sentence *s, const char *text, size_t len);
/* The text is whole: what is left will be given out as well. */
void	sentence_end(struct sentence *s);
/*
 * Take the next piece: 1 and *ret holds it (raw, for the history), 0 when none
 * is complete, -1 with ENOMEM. stalled: no text has come for a while, so a
 * mark at the very end is taken for an end, and the first piece may end at a comma.
 */
int	sentence_next(struct sentence *s, bool stalled, struct buf *ret);

/*
 * What of a piece can be spoken: without markdown, emoji, direction marks and
 * list bullets, with single spaces. 0, or -1 as the buf; empty when nothing is left.
 */
int	sentence_speakable(const char *text, size_t len, struct buf *ret);

#endif
