/* SPDX-License-Identifier: ISC */
/*
 * table: the calls that this vadd listens to, who owns them, and what their
 * owners are told.
 *
 * Knows messages but no bus: what is to be sent goes through struct
 * table_ops, and time comes in as now_ms (monotonic), so a test drives it
 * alone. One thread. Logs milestones and what was refused.
 *
 * A call is opened by `call.route` and ended by `call.end`, or when its audio
 * has stayed away for idle_ms. An ended call stays until its utterances are
 * acknowledged, at most end_keep_ms. Orders of an older generation than the
 * call's are refused.
 *
 * Numbers of utterances grow within a call. The first of a stream is
 * clock_ms / 100 + 1, so that a vadd that takes a call over in the middle
 * uses none that its predecessor may have used. An utterance keeps the
 * generation in which it began; one that is open when the owner changes is
 * begun again for the new one, with the new generation and the same number.
 *
 * Frames come in the order of their positions. One of a position that is past is refused; a gap is filled
 * with silence up to gap_ms, else it ends the utterance; a second of nothing but the past is a new count, and followed.
 *
 * Everything is bounded: calls by max_calls, each call's kept PCM by keep_ms, all
 * of it by keep_total_mb. Beyond these the oldest utterances of the call that
 * wants room are dropped: an error in the log and the fact `utt.lost` say so.
 */
#ifndef VADD_TABLE_H
#define VADD_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/callid.h"
#include "common/msg.h"
#include "vadd/profile.h"

struct table;				/* opaque */

struct table_conf {
	struct profile_set	profiles;	/* of calls and of orders from now on */
	int	max_calls;
	int	gap_ms;		/* a gap up to this is filled with silence, a longer one ends the utterance */
	int	stall_ms;	/* no audio for so long: close an open utterance */
	int	idle_ms;	/* no audio for so long: the call is over */
	int	resend_ms;	/* first wait for an acknowledgement, doubled each time (keep.h) */
	int	keep_ms;	/* of PCM kept for each call until acknowledged */
	int	keep_total_mb;	/* of PCM kept in all */
	int	end_keep_ms;	/* utterances outlive their call by at most this */
};

struct table_ops {
	/*
	 * Tell the owner, sockd ("" here: do not), and publish. Either name may belong
	 * to a process that is gone.
	 */
	void (*speech)(void *arg, enum msg_kind kind, const struct callid *call,
	    const char *owner, const char *sockd, const struct msg_speech *body);
	/* Order `utterance` to the owner. false: not accepted now, it is tried again. */
	bool (*utterance)(void *arg, const struct callid *call, const char *owner,
	    const struct msg_utterance *body);
	void (*lost)(void *arg, const struct callid *call, const struct msg_utt *body);
};

enum table_result {
	TABLE_OK,
	TABLE_STALE,		/* of an older generation, or audio of a position that is past */
	TABLE_FULL,		/* max_calls are there */
	TABLE_UNKNOWN,		/* no such call, stream or utterance */
	TABLE_BAD,		/* not a rate, a frame, a position */
	TABLE_NOMEM
};
const char *table_result_name(enum table_result result);

struct table_counters {
	uint64_t	frames, frames_lost;	/* heard; filled in with silence */
	uint64_t	frames_unknown, frames_bad, frames_late;	/* refused */
	uint64_t	untold;			/* the bot was heard and nobody told us what it said: echoes are not known */
	uint64_t	confirmed, echoes, shorts;	/* speech over the bot: an interruption, its echo, a cough */
	uint64_t	jumps;			/* gaps too long to fill, and ways back */
	uint64_t	routes, routes_refused;
	uint64_t	profiles, profiles_unknown;	/* changed; not known here, so the default */
	uint64_t	utterances, sends, resends, acks, lost, capped;
	uint64_t	kept, kept_bytes;	/* now */
};

/* conf is copied; ops is borrowed for good. NULL: ENOMEM, or EINVAL for max_calls < 1. */
struct table *table_new(const struct table_conf *conf, const struct table_ops *ops, void *arg);
void table_free(struct table *c);	/* NULL is a no-op; tells nobody */
/* max_calls stays what it was. */
void table_reconfigure(struct table *c, const struct table_conf *conf);

/* from: the sender's name, a sockd's, in whose numbers streams are counted. */
enum table_result table_route(struct table *c, const struct callid *id, const char *from,
    const struct msg_route *m, int64_t now_ms);
enum table_result table_audio(struct table *c, const char *from,
    const struct msg_audio_frame *f, int64_t now_ms);
enum table_result table_end(struct table *c, const struct callid *id, const struct msg_end *m,
    int64_t now_ms);
enum table_result table_ack(struct table *c, const struct callid *id, const struct msg_utt *m);
/* Every 100 ms or so: sends again, closes what stalled, ends what is idle. */
void table_tick(struct table *c, int64_t now_ms);

/* Is somebody speaking, or an utterance not yet acknowledged? */
bool	table_busy(const struct table *c);
/* Close every open utterance and send it: before the process ends. */
void	table_flush(struct table *c, int64_t now_ms);

size_t	table_live(const struct table *c);	/* not ended */
size_t	table_count(const struct table *c);	/* with those that wait for acknowledgement */
const struct table_counters *table_counters(struct table *c);

#endif
