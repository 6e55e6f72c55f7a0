/* SPDX-License-Identifier: ISC */
/*
 * call: one call of the table in table.h: its stream, its owner, and the
 * utterances kept for it. For table.c and call.c only.
 */
#ifndef VADD_CALL_H
#define VADD_CALL_H

#include "common/log.h"
#include "vadd/table.h"
#include "vadd/keep.h"
#include "vadd/stream.h"

struct call {
	struct callid	id;
	struct log_ctx	log;
	int64_t		gen;
	char		owner[MSG_NAME_SIZE];	/* brokerd; "" none */
	char		sockd[MSG_NAME_SIZE];
	uint32_t	number;			/* of its stream, in sockd's count */
	struct stream	*stream;		/* NULL: ended */
	char		profile[PROFILE_NAME_SIZE];	/* in force */
	bool		fresh;			/* no frame came yet */
	unsigned	behind;			/* frames of positions that are past, in a row */
	int64_t		open_gen;		/* generation of the open utterance */
	uint32_t	last_utt;		/* highest number used */
	int64_t		audio_ms;		/* wall of the last frame, monotonic */
	int64_t		ended_ms;
	struct keep	keep;
	struct call	*next_id, *next_stream;	/* chains of the hash tables */
	struct call	*prev, *next;		/* all calls, oldest first */
};

struct table {
	struct table_conf	conf;
	const struct table_ops	*ops;
	void			*arg;
	struct call		**by_id, **by_stream;
	size_t			mask;		/* of both tables */
	struct call		*first, *last;
	size_t			count, live;
	struct table_counters	counters;
	struct log_rate		refused, jumps;	/* lines about frames */
};

/* An utterance for each reason to have one; all of them tell owner and sockd. */
void call_hear(struct table *c, struct call *call, const int16_t *samples, int64_t now_ms);
/* Close what is open. flags: MSG_UTT_LAST or 0. */
void call_flush(struct table *c, struct call *call, uint8_t flags, int64_t now_ms);
/* The owner changed: begin an open utterance again for it, and send it all that is kept. */
void call_reown(struct table *c, struct call *call, int64_t now_ms);
/* Send what is due. */
void call_send(struct table *c, struct call *call, int64_t now_ms);
/* Give up all that is kept. */
void call_drop_kept(struct table *c, struct call *call);

#endif
