/* SPDX-License-Identifier: ISC */
/*
 * sim: what all calls of one callsim process share. Filled by the command
 * (callsim call, callsim load), read by the calls. One loop, one thread
 * (speech has a worker of its own).
 */
#ifndef CALLSIM_SIM_H
#define CALLSIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "tools/callsim/files.h"
#include "tools/callsim/histogram.h"
#include "tools/callsim/line.h"
#include "tools/callsim/pace.h"
#include "tools/callsim/phones.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/script.h"
#include "tools/callsim/simevent.h"
#include "tools/callsim/simsms.h"
#include "tools/callsim/speech.h"
#include "tools/callsim/voices.h"
#include "tools/callsim/web.h"
#include "tools/callsim/wsclient.h"

struct call;
struct conversation;
struct file;
struct httpc;
struct leg;

struct sim_options {
	const char	*answer_url, *event_url;
	bool		 answer_get;
	const char	*api_base;	/* region_url of the answer request; NULL: none, "self": our server */
	int64_t		 max_ms;	/* longest call */
	bool		 loop;		/* the script starts anew at its end */
	bool		 undashed;	/* random uuids of the inbound leg without dashes */
	bool		 details;	/* calls keep what the JSON summary lists */
	struct event_faults faults;
	struct web_options web;		/* of the webhooks; its sign is the next, or NULL */
	struct sign	 sign;
	struct line_config line;
	enum speech_voice talk_voice;
	struct rest_options rest;
	const char	*recordings_dir;	/* NULL: a temporary one */
	struct files_options files;
	struct simsms_options sms;
};

struct sim_stats {		/* of all calls together */
	uint64_t	 frames_in, frames_out, bad_frames;
	uint64_t	 underruns;	/* frames that came late by arrival.h */
	uint64_t	 dropped_out;	/* our frames that the peer did not read in time */
	uint64_t	 events_sent, events_failed;
	struct histogram lateness, jitter, latency, stop;
};

struct sim {
	struct event_base *base;
	struct web	*web;
	struct ws_net	*net;
	struct pace	*pace;
	struct speech	*speech;
	struct rest	*rest;
	struct voices	*voices;
	struct phones	*phones;	/* what outbound legs reach; owned, never NULL once started */
	struct script	 script;
	struct sim_options options;
	struct sim_stats stats;
	int64_t		 calls_over, calls_failed;	/* of serve: sim_call_over() */
	struct json_object *reports;	/* of those, an array; NULL: none are kept */
	TAILQ_HEAD(sim_calls, call) calls;
	TAILQ_HEAD(sim_files, file) files;	/* files.h */
	size_t		 nfiles;
	struct simsms_state sms;
	TAILQ_HEAD(sim_conversations, conversation) conversations;
	TAILQ_HEAD(sim_legs, leg) legs;		/* all that are known, the oldest first */
	size_t		 nlegs_past;		/* of them, ended with their call */
	struct httpc	*httpc;			/* for streams */
	int64_t		 connects_ms[3];	/* when the latest connects were, a ring */
	uint64_t	 nconnects;
	char		*recordings;		/* directory, made when needed; owned */
	bool		 recordings_own;	/* it is ours and goes with us */
};

/*
 * Make the shared parts and load the script's voices: options and script are
 * set before. rest_port 0: any free one. 0; -1 with the reason in cause.
 */
int	sim_start(struct sim *s, uint16_t rest_port, char *cause, size_t cause_size);
/* Frees the calls too. s itself is the caller's; script is cleared. */
void	sim_clear(struct sim *s);

/* The call named by a leg's uuid or the conversation's, still living; NULL. */
struct call *sim_find(struct sim *s, const char *id);

/* Where recordings are written; NULL: errno. */
const char *sim_recordings_dir(struct sim *s);

/*
 * A call of serve is over and about to be freed: it is counted, logged and its
 * report kept (SIM_REPORTS_MAX of them, the first).
 */
#define SIM_REPORTS_MAX	5000
void	sim_call_over(struct call *c);

#define SIM_UUID_SIZE	37
/* A random (version 4) UUID, dashed or as 32 hex digits. */
void	sim_uuid(char ret[SIM_UUID_SIZE], bool dashed);

#endif
