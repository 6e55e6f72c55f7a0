/* SPDX-License-Identifier: ISC */
/*
 * history: what was said and what was heard. Pure.
 *
 * struct spoken maps the text of one reply to its audio, piece by piece, so
 * that after a cut the part that the caller heard is known: whole pieces that
 * were played, and of the one that was cut a share of its characters in
 * proportion to its samples, snapped back to a word border (a zero width
 * non-joiner is none; spec/ai.md 7.4).
 *
 * struct history keeps the exchanges of a call and makes the messages for a
 * chat engine from them: only what was heard, with "…" where it was cut; two
 * messages of the same role in a row are joined, because a cancelled exchange
 * leaves its question to the next one and some servers want roles to alternate.
 */
#ifndef BROKERD_HISTORY_H
#define BROKERD_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"

#define SPOKEN_PIECES_MAX	256
#define SPOKEN_TEXT_MAX		(64 * 1024)

struct spoken_piece {
	size_t		 begin, len;	/* in text; len 0: audio that is not kept (a filler) */
	uint64_t	 start, nsamples;
	bool		 complete;	/* nsamples is final */
};

struct spoken {				/* read only */
	struct buf	 text;
	struct spoken_piece *pieces;
	size_t		 npieces;
	uint32_t	 rate_hz;
	uint64_t	 nsamples;	/* of all pieces so far */
};

void	spoken_init(struct spoken *s, uint32_t rate_hz);
void	spoken_clear(struct spoken *s);
/* Begin the next piece (its audio follows that of the last one). 0; -1 with ENOMEM or EMSGSIZE. */
int	spoken_begin(struct spoken *s, const char *text, size_t len);
void	spoken_add_samples(struct spoken *s, uint64_t n);	/* of the last piece */
void	spoken_end(struct spoken *s);				/* the last piece is whole */
/*
 * Append what was heard when so many samples were played. true: all the text of the
 * pieces so far. Spaces at the end are left out.
 */
bool	spoken_heard(const struct spoken *s, uint64_t heard, struct buf *ret);

/* Length of the longest prefix of text with at most max bytes that ends at a word border. */
size_t	history_word_border(const char *text, size_t len, size_t max);

enum chat_role { CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT };
const char *chat_role_name(enum chat_role role);

struct chat_message {
	enum chat_role	 role;
	char		*text;
};
struct chat_messages {
	struct chat_message *list;
	size_t		 n;
};
void	chat_messages_clear(struct chat_messages *m);
/* A copy of all texts; 0, or -1 with ENOMEM. */
int	chat_messages_copy(struct chat_messages *ret, const struct chat_messages *m);

struct exchange {
	int64_t		 turn;
	char		*user;		/* NULL none */
	char		*heard;		/* NULL nothing */
	bool		 cut;		/* heard is not the whole reply */
};

struct history;
/* max: exchanges kept, the oldest is forgotten first. NULL: ENOMEM. */
struct history *history_new(size_t max);
void	history_free(struct history *h);
/*
 * Insert or replace the exchange of that turn; NULL or "" texts mean none, and an
 * exchange with neither is removed. 0, or -1 with ENOMEM (nothing changed).
 */
int	history_put(struct history *h, int64_t turn, const char *user, const char *heard, bool cut);
const struct exchange *history_find(const struct history *h, int64_t turn);	/* NULL: not there */
size_t	history_count(const struct history *h);
/*
 * The prompt (NULL or "": none) and then the exchanges, oldest first; the oldest are left
 * out so that the texts are at most max_bytes. 0, or -1 with ENOMEM.
 */
int	history_messages(const struct history *h, const char *prompt, size_t max_bytes, struct chat_messages *ret);

#endif
