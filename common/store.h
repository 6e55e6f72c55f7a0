/* SPDX-License-Identifier: ISC */
/*
 * store: all SQL of callpipe. One SQLite database (WAL), opened by webhookd
 * and brokerd for writing and by the tools for reading.
 *
 * Writing: one writer thread a process takes requests from a bounded queue
 * and commits them in groups (at most STORE_GROUP_MS apart, always BEGIN
 * IMMEDIATE). A request may carry a completion that runs in the loop's thread
 * (from store_dispatch()) after its commit: 0, or -1 with an errno-like cause
 * when it failed (EIO, ENOSPC, EBUSY) or was refused. A full disk fails the
 * requests, not the process. The queue at its maximum (STORE_QUEUE_MAX
 * requests or 64 MiB not committed, or as many completions not dispatched)
 * refuses: -1, EAGAIN. Also refused at once: an empty key (EINVAL), over 4 MiB
 * of text (EMSGSIZE), no memory (ENOMEM), STORE_READ (EROFS).
 *
 * Reading: on a connection of the calling thread, short indexed queries only
 * (WAL readers wait for no writer). Rows come as structs of bounded text.
 *
 * Times are wall clock in ms since 1970 unless named otherwise; _ms of turns
 * are on the call's sample clock or durations. -1 is "not known" and NULL in SQL.
 *
 * The schema version is PRAGMA user_version; store_open() migrates forward
 * under BEGIN IMMEDIATE, and refuses a newer database. The views v_calls and
 * v_turns are a public interface (callpipe-store(5)).
 */
#ifndef COMMON_STORE_H
#define COMMON_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/callid.h"

struct store;

#define STORE_GROUP_MS		10	/* most time a request waits for company */
#define STORE_QUEUE_MAX		10000	/* requests not yet committed */
#define STORE_BUSY_MS		5000
#define STORE_VERSION		2	/* PRAGMA user_version */

enum store_mode {
	STORE_READ,		/* no writer thread; never creates or migrates */
	STORE_WRITE		/* create (0640), migrate, start the writer */
};

/* Runs in the loop's thread. rc 0 committed; -1 failed, err an errno value. */
typedef void store_done(void *arg, int rc, int err);

/* NULL with errno and a text in err. */
struct store *store_open(const char *path, enum store_mode mode, char *err, size_t err_size);
/* Commits what is queued, runs no completions, closes. NULL is a no-op. */
void	store_close(struct store *s);
int	store_fd(const struct store *s);		/* readable: completions wait; -1 for STORE_READ */
void	store_dispatch(struct store *s);
/* Wait until all queued so far is committed (for stop and for tests). */
void	store_flush(struct store *s);
struct store_stats { uint64_t requests, commits, failed, refused, queued, commit_us_max; };
void	store_get_stats(struct store *s, struct store_stats *ret);

/* ---- calls ---- */
struct store_call {
	struct callid id;
	char	conversation[64];
	char	direction[16];		/* inbound, outbound */
	char	caller[64], called[64];
	char	name[128];		/* of the caller, from contacts */
	char	assistant[64], language[16], flow[64];
	char	region_url[128];
	char	state[16];		/* new, answered, ended */
	char	end_reason[64];
	char	sockd[24], brokerd[24];
	int64_t	started_at, answered_at, ended_at;
	int64_t	duration_s;
	bool	ending;			/* a hang-up was ordered */
	int64_t	dial;			/* row in dials of a call that we placed; 0 none */
	char	machine[16];		/* human, machine, beep_start, beep_timeout; "" not told */
	int64_t	asked_at;		/* when Vonage was last asked how it is */
};
void	store_call_init(struct store_call *c);	/* all unknown */
/* Insert, or update the members that are set ("" and -1 leave what is there). An ended call stays ended. done may be NULL. */
int	store_put_call(struct store *s, const struct store_call *c, store_done *done, void *arg);
/*
 * Who serves it now: brokerd writes at each claim, with the generation of the
 * offer (above 0) that it claims. A row with a higher one stays as it is: its
 * writer was taken for dead and wakes up too late.
 */
int	store_set_owner(struct store *s, const struct callid *id, const char *sockd, const char *brokerd, int64_t gen, store_done *done, void *arg);
/* The first end counts. */
/* The call and its open turns (cancelled). */
int	store_end_call(struct store *s, const struct callid *id, const char *reason, int64_t ended_at, store_done *done, void *arg);
/* 1 found, 0 not, -1 error (errno). */
int	store_get_call(struct store *s, const struct callid *id, struct store_call *ret);
/* The newest call that was ever in that conversation. */
int	store_find_call_of_conversation(struct store *s, const char *conversation, struct callid *ret);
/* A leg of the call came into that conversation (spec/vonage.md 2.4); again is no error. */
int	store_add_conversation(struct store *s, const struct callid *call, const char *conversation, store_done *done, void *arg);
/* Newest first, at most limit (0: all); fn returns false to stop. open_only: not ended. -1 on error. */
int	store_each_call(struct store *s, bool open_only, const char *caller, int limit,
    bool (*fn)(void *arg, const struct store_call *c), void *arg);

/* ---- legs and events ---- */
struct store_leg {
	char	uuid[65];
	struct callid call;
	char	conversation[64];
	char	type[16];		/* phone, websocket, sip, app, vbc */
	char	direction[16];
	char	from[64], to[256];
	char	status[32];
	int	rank;			/* leg.h of webhookd: started 0 .. terminal 9 */
	int64_t	started_at, answered_at, ended_at;	/* wall ms or -1 */
	int64_t	duration_s;
	char	price[24], rate[24], network[32], detail[32], disconnected_by[16];
	int	sip_code;		/* -1 unknown */
	int64_t	event_ts;		/* timestamp of the event that set status */
};
void	store_leg_init(struct store_leg *l);	/* all unknown, rank 0 */
/* As store_put_call(); status and event_ts are kept when the stored rank is higher. */
int	store_put_leg(struct store *s, const struct store_leg *l, store_done *done, void *arg);
int	store_get_leg(struct store *s, const char *uuid, struct store_leg *ret);
int	store_each_leg(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_leg *l), void *arg);
struct store_event {
	int64_t	id;
	struct callid call;		/* "" unknown */
	char	leg[65], kind[24], status[32];
	char	conversation[64];
	char	dedupe[129];		/* unique key of the event, "" none: a second one with the same key is not stored */
	int64_t	received_at;
	const char *body;		/* verbatim; borrowed (copied by put) */
	size_t	body_len;
};
int	store_add_event(struct store *s, const struct store_event *e, store_done *done, void *arg);
/* Of the call, its legs and its conversations, in the order in which they came. */
int	store_each_event(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_event *e), void *arg);

/* ---- turns ---- */
struct store_turn {
	struct callid call;
	int64_t	turn, epoch;		/* (call, turn) is the key */
	int64_t	utt;			/* number of the last utterance in it; 0: none (a greeting) */
	int64_t	utt_gen;
	char	state[16];		/* heard, thinking, speaking, done, cancelled, failed */
	int64_t	created_at;		/* wall ms */
	char	*user_text;		/* what the caller said; NULL none. Owned by the struct when read (store_turn_clear) */
	char	*bot_text;		/* the whole reply, as far as it was made */
	char	*heard_text;		/* the part that was heard */
	char	*error;			/* what failed */
	char	language[16];
	/* the waterfall, sample clock or durations in ms, -1 not known */
	int64_t	speech_start_ms, speech_end_ms, utterance_at_ms;
	int64_t	endpoint_ms, stt_ms, token_ms, audio_ms, send_ms;	/* parts of ear_ms */
	int64_t	ear_ms;			/* speech_end_ms to the first sample heard */
	int64_t	reply_start_ms, reply_heard_ms;	/* clock; audio heard of it */
	int64_t	reply_total_ms;
	bool	interrupted;
	char	stt[32], chat[32], tts[32];	/* engines that served it */
	char	action[32];		/* hangup, transfer, "" */
};
void	store_turn_init(struct store_turn *t);	/* all unknown */
void	store_turn_clear(struct store_turn *t);
/* Insert or replace the row (text is copied), unless the stored one has a higher epoch: its writer was taken for dead. */
int	store_put_turn(struct store *s, const struct store_turn *t, store_done *done, void *arg);
/* In order. The struct is the callback's only while it runs. */
int	store_each_turn(struct store *s, const struct callid *call, bool (*fn)(void *arg, const struct store_turn *t), void *arg);
/* Highest turn, epoch and utterance of the call so far; zeros when none. */
int	store_last_turn(struct store *s, const struct callid *call, int64_t *ret_turn, int64_t *ret_epoch, int64_t *ret_utt);

/* ---- contacts, recordings, usage ---- */
struct store_contact { char number[64], name[128], language[16], assistant[64]; bool blocked, do_not_call; };
int	store_put_contact(struct store *s, const struct store_contact *c, store_done *done, void *arg);
int	store_get_contact(struct store *s, const char *number, struct store_contact *ret);	/* 1, 0, -1 */
struct store_recording {
	struct callid call;
	char	path[512];		/* unique */
	int64_t	started_at, duration_ms, bytes;
	int	rate_hz;
	char	uuid[65], url[512];	/* Vonage's, "" one of ours */
	char	sha256[65], format[8];	/* of the file */
	int64_t	id;			/* of the row; read only */
};
int	store_add_recording(struct store *s, const struct store_recording *r, store_done *done, void *arg);
/* kind: stt_ms (audio), chat_in, chat_out (tokens), tts_chars; engine names it. */
int	store_add_usage(struct store *s, const struct callid *call, int64_t turn, const char *kind, const char *engine, int64_t amount);

/* ---- jobs: work that survives ---- */
#define STORE_JOB_ARGS	8192		/* bytes of text, an NCCO included */
struct store_job {
	int64_t	id;
	char	kind[24];		/* hangup, control, play, fetch, sms (webhookd/jobs.h) */
	struct callid call;
	char	key[96];		/* unique among unfinished jobs of that kind: putting it again is one job */
	char	state[16];		/* waiting, running, parked, done, failed, dropped */
	int	attempts;		/* in this round */
	int64_t	created_at, next_at;	/* wall ms; while it runs: until when its owner has it */
	char	error[256];
	char	args[STORE_JOB_ARGS];	/* JSON object */
	int	rounds;			/* how often it was parked */
	char	owner[32];		/* who runs it, "webhookd.0" */
	char	line[65];		/* unfinished jobs of one line are done in their order; "" none */
};
/* Insert unless an unfinished one with that kind and key is there. */
int	store_add_job(struct store *s, const struct store_job *j, store_done *done, void *arg);
/* store_jobs.h: who does them. state "" and next_at -1 are left. Fails with ENOENT: no such job; EEXIST: another one with its key is unfinished. */
int	store_set_job(struct store *s, int64_t id, const char *state, int attempts, int64_t next_at, const char *error, store_done *done, void *arg);
int	store_each_job(struct store *s, bool unfinished_only, bool (*fn)(void *arg, const struct store_job *j), void *arg);

/* For tools: integrity ("ok" or the first trouble). 0 or -1. */
int	store_check(struct store *s, char *ret_text, size_t size);

#endif
