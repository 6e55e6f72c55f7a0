/* SPDX-License-Identifier: ISC */
/*
 * call: one call of sockd, from the upgrade of its socket to its end, and the
 * table of all calls. Fields may be read anywhere in sockd; each group is
 * written by the module that is named.
 */
#ifndef SOCKD_CALL_H
#define SOCKD_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bus.h"
#include "common/callid.h"
#include "common/log.h"
#include "common/hist.h"
#include "sockd/pace.h"
#include "sockd/sclock.h"
#include "sockd/vtext.h"

struct record;
struct sockd;
struct ws_conn;

enum call_state {
	CALL_OPENING,		/* the socket is open, websocket:connected has not come */
	CALL_LIVE,
	CALL_CLOSING,		/* we asked for the close: nothing is played or heard any more */
	CALL_ENDED
};

enum call_offer {
	OFFER_NONE,		/* nobody takes it: offered again at offer_ms */
	OFFER_SENT,		/* waits for the claim of `offered` until offer_ms */
	OFFER_CLAIMED
};
#define CALL_TRIED_MAX	8

struct call {
	/* call.c */
	struct call	*hash_next, *next, *prev, *play_next, *play_prev;
	struct sockd	*s;
	struct callid	 id;
	struct log_ctx	 log;
	enum call_state	 state;
	bool		 in_hash, in_playing;
	/* life.c */
	struct ws_conn	*conn;
	struct vtext_connected who;
	char		 profile[32];	/* how vadd listens: the header's, or what the owner ordered since */
	uint32_t	 rate_hz, frame_samples;	/* 0 while opening */
	struct sclock	 clock;
	struct record	*record;		/* NULL: off */
	int64_t		 opened_ms, last_frame_ms;	/* monotonic */
	const char	*end_reason;		/* NULL: the peer closes */
	/* hear.c */
	uint8_t		*early;			/* frames before websocket:connected */
	size_t		 early_len;
	unsigned	 early_frame;		/* bytes of each */
	unsigned	 bad_in_row;
	uint64_t	 frames_in, frames_bad;
	/* play.c */
	struct pace	 pace;
	int64_t		 progress_us, blocked_us, resume_ms, refused_ms;
	uint64_t	 out_next;		/* position on the clock behind the last frame sent, samples; 0: none */
	uint64_t	 frames_out, frames_dropped;
	struct hist	 late;
	/* route.c */
	int64_t		 gen, owner_gen, vadd_gen;	/* newest offer; the owner's claim; when vadd got the call */
	uint32_t	 stream, audio_seq, bot_seq;	/* frames of it, each way */
	struct bus_peer	*vadd, *owner, *offered;
	enum call_offer	 offer;
	int64_t		 offer_ms;		/* monotonic */
	bool		 had_owner, route_unsent;
	struct bus_peer	*tried[CALL_TRIED_MAX];	/* in this round of offers */
	unsigned	 ntried;
};

/* In the list of all calls, state opening. NULL: ENOMEM. */
struct call *call_new(struct sockd *s, struct ws_conn *conn, const struct callid *id, int64_t now_ms);
/* Out of all lists; tells nobody (life_end() does). NULL is a no-op. */
void	call_free(struct call *c);
void	call_set_state(struct call *c, enum call_state next);
void	call_hash(struct call *c);		/* now found by its id */
struct call *call_find(const struct sockd *s, const struct callid *id);
void	call_set_playing(struct call *c, bool playing);

#endif
