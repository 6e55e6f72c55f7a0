/* SPDX-License-Identifier: ISC */
/*
 * sockd: what the parts of the daemon share: its configuration, counters and
 * table of calls. One thread (but the recorder's worker).
 *
 *   ws        WebSocket server         admit   may this upgrade in?
 *   hear      what the caller sends    play    what the caller hears
 *   route     which vadd and brokerd   out     `audio` orders in batches
 *   call      one call and the table   life    connected, replaced, ended; housekeeping
 */
#ifndef SOCKD_SOCKD_H
#define SOCKD_SOCKD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/daemon.h"
#include "common/log.h"
#include "common/hist.h"

struct call;
struct out;
struct recorder;
struct token_seen;
struct ws;

#define SOCKD_LATE_MAX_US	200000	/* playback that a full socket delays longer is dropped */
#define SOCKD_BAD_FRAMES_MAX	50	/* in a row; then the call is closed with 1003 */
#define SOCKD_EARLY_FRAMES_MAX	50	/* kept before websocket:connected: 1 s */
#define SOCKD_CONNECTED_MS	5000	/* websocket:connected must come within */
#define SOCKD_TICK_S		0.005	/* playback */
#define SOCKD_HOUSEKEEPING_S	0.1
#define SOCKD_TOKENS_SEEN	8192
#define SOCKD_HASH_SIZE		4096	/* a power of two */

struct sockd_conf {
	char	*listen, *public_uri, *path, *token_secret, *record_dir, *tls_cert, *tls_key;
	bool	 require_token, record, barge_in;
	int	 lead_ms, max_calls, idle_s, stall_s, claim_ms, resume_ms, max_queue_ms;
};
extern const struct conf_opt sockd_options[];
int	sockd_check(const void *conf, const struct common_conf *common, struct conf_error *err);
/* "127.0.0.1:8081", "[::1]:0" into parts; the port is raised by instance unless 0. 0 or -1. */
int	sockd_listen(const char *text, int instance, char *ret_host, size_t host_size, int *ret_port);
/* public_uri with %i (instance) and %p (bound port) replaced, or ws://HOST:PORT/PATH when empty. 0 or -1. */
int	sockd_uri(const struct sockd_conf *conf, int instance, int port, char *out, size_t size);

/* Counters since the start, each a member of stat of that name. callpipe-sockd(8) explains them. */
#define SOCKD_COUNTERS(X)							\
	X(calls_total) X(calls_ended) X(calls_replaced) X(calls_idle) X(calls_stalled)	\
	X(calls_bad_frames) X(calls_not_connected) X(calls_bad_rate)		\
	X(refused_no_token) X(refused_forged) X(refused_expired) X(refused_reused)	\
	X(refused_bad_id) X(refused_full) X(refused_draining)			\
	X(frames_in) X(frames_bad) X(frames_early) X(frames_early_dropped)	\
	X(frames_unrouted) X(frames_audio_lost)					\
	X(frames_out) X(frames_gap) X(frames_dropped)				\
	X(text_unknown) X(text_bad) X(text_not_sent) X(dtmf) X(marks) X(marks_unknown) X(cleared)	\
	X(offers) X(claims) X(claims_stale) X(declines) X(releases) X(offers_timed_out)	\
	X(offers_nobody) X(owners_lost) X(vadds_lost) X(orders_unknown_call)	\
	X(plays) X(plays_refused_gen) X(plays_refused_epoch) X(plays_refused_full)	\
	X(plays_refused_rate) X(plays_refused_frame) X(cancels)			\
	X(pauses) X(resumes) X(resumes_by_time) X(epochs_heard) X(epochs_cut) X(orders_bad)

struct sockd_counters {
#define SOCKD_COUNTER_FIELD(name) uint64_t name;
	SOCKD_COUNTERS(SOCKD_COUNTER_FIELD)
};

struct sockd {
	struct daemon		*d;
	const struct sockd_conf	*conf;		/* the daemon's, swapped by reload */
	struct ws		*ws;
	struct out		*out;
	struct recorder		*recorder;	/* NULL: recording was off at the start */
	struct token_seen	*tokens;
	struct timers		*timers;	/* main.c */
	struct call		*hash[SOCKD_HASH_SIZE];	/* by id, from websocket:connected on */
	struct call		*calls;		/* all */
	struct call		*playing;	/* those with something in their playback queue */
	unsigned		 ncalls;
	int64_t			 last_gen;
	uint32_t		 last_stream;
	bool			 stopping;
	char			 uri[256];
	struct sockd_counters	 n;
	struct hist		 late;		/* of all calls since the start */
	struct hist		 late_window[2];	/* this minute's, the one's before */
	int64_t			 window_end_ms;
	struct log_rate		 bad_order_rate, unknown_rate;
};

/* Playback: run the 5 ms tick while anything is in a queue. */
void	sockd_tick_wanted(struct sockd *s);
void	sockd_stat(struct daemon *d, struct json_object *stat);

#endif
