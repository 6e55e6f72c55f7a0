/* SPDX-License-Identifier: ISC */
/*
 * event: what a webhook of Vonage says, as a struct. Pure: no I/O.
 *
 * spec/vonage.md 1 to 3, 8, 9: the kinds are told apart by shape (2.1), not by
 * the path that they came to; members come in any order, as strings or
 * numbers, null or absent; unknown ones are ignored. POST brings a JSON
 * object, GET the same members as query parameters (nested values as JSON
 * text): event_from_query() makes the object, event_parse() reads it.
 * Addresses that we gave to Vonage carry members of our own in their query,
 * in a POST too: event_read_query().
 */
#ifndef WEBHOOKD_EVENT_H
#define WEBHOOKD_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/callid.h"

struct json_object;
struct evkeyvalq;

enum event_kind {
	EVENT_STATUS,		/* has "status" */
	EVENT_TRANSFER,		/* has "conversation_uuid_from" */
	EVENT_INPUT,		/* has "speech" or "dtmf" */
	EVENT_RECORD,		/* has "recording_url" */
	EVENT_NOTIFY,		/* has "payload" */
	EVENT_ERROR,		/* has "reason" */
	EVENT_TRANSCRIPTION,	/* "status" is "transcribed", or it has "transcription_url" (8) */
	EVENT_FALLBACK,		/* has "original_request" (1.3): an answer or event that went wrong */
	EVENT_ANSWER,		/* uuid, conversation_uuid, from or from_user, to, and nothing of an event (1) */
	EVENT_SMS,		/* has "message_uuid", "messageId" or "message-id": of an SMS, not of a call (9) */
	EVENT_UNKNOWN		/* kept, and nothing else; "payment" is one (2.4) */
};
#define EVENT_NKINDS	(EVENT_UNKNOWN + 1)
const char *event_kind_name(enum event_kind kind);

/* Rank of a status: an event never moves a leg to a lower one (spec/vonage.md 2.6). */
enum { EVENT_RANK_NONE = -1, EVENT_RANK_STARTED = 0, EVENT_RANK_RINGING = 1, EVENT_RANK_ANSWERED = 2,
	EVENT_RANK_MACHINE = 3, EVENT_RANK_TERMINAL = 9 };

#define EVENT_TEXTS_MAX		10	/* alternatives of a recogniser that are read; best first */

struct event_text { const char *text; double confidence; };	/* borrowed; confidence -1 not told */

/* What pointers point to is borrowed: from the object that was parsed, or from nested below. */
struct event {
	enum event_kind	kind;
	char	uuid[65];		/* of the leg; "" absent (call_uuid of human/machine counts) */
	char	conversation[64];
	char	from[64], to[256];
	char	status[32];
	int	rank;			/* EVENT_RANK_* of status; NONE for unknown ones */
	char	direction[16], detail[32], sub_state[16], disconnected_by[16];
	char	network[32], price[24], rate[24];
	int64_t	duration_s;		/* -1 unknown */
	int	sip_code;		/* -1 unknown */
	int64_t	timestamp, start_time, end_time;	/* wall ms, -1 unknown */
	struct callid call;		/* headers.call, if it is a valid call id; else "" */
	bool	websocket;		/* to is a ws: or wss: address */
	char	reason[256];
	char	region_url[128];
	char	endpoint_type[16];

	/* input (3.7) */
	bool	has_dtmf, has_speech;	/* the member is there with something in it */
	char	digits[33];		/* "" none */
	bool	timed_out;		/* of dtmf */
	struct event_text texts[EVENT_TEXTS_MAX];
	size_t	ntexts;
	char	timeout_reason[32];	/* end_on_silence_timeout, max_duration, start_timeout; "" not told */
	char	speech_error[128];

	/* record, transcription (8); an input with saveAudio has a recording_url too */
	char	recording_url[512], recording_uuid[65], transcription_url[512];
	int64_t	size;			/* bytes, -1 unknown */

	/* notify */
	struct json_object *payload;	/* any JSON value, NULL none */

	/* transfer: conversation is the new one */
	char	conversation_from[64];

	/* fallback: of original_request, "answer" or "event" */
	char	original_type[16], original_url[512];
	enum event_kind original_kind;	/* what the other members are; UNKNOWN when it was an answer */

	/* sms */
	char	message[65];

	/* members of our own in the address that Vonage was given; "" and -1 absent */
	struct callid c;		/* call */
	char	f[64], s[64];		/* flow, step */
	int64_t	n, d;			/* serial number of the step, row in dials */

	struct json_object *nested[4];	/* JSON text of a GET, parsed: event_clear() */
	size_t	nnested;
};

/* A time of Vonage's: ISO 8601 in UTC, or "2026-11-20 12:00:00" (spec/vonage.md 7.3). 0, or -1 with EINVAL. */
int	event_time(const char *text, int64_t *ret_wall_ms);
/* Always fills ev; over-long members count as absent (ids, addresses) or are cut (text). */
void	event_parse(struct json_object *obj, struct event *ev);
/* Our own members (c, f, s, n, d) out of the query of the request. After event_parse(). */
void	event_read_query(const struct evkeyvalq *query, struct event *ev);
/* The same out of the address that did not answer, which a fallback tells. Without one ev stays as it is. */
void	event_read_original(const struct event *fallback, struct event *ev);
/*
 * The event that did not get through, out of a fallback: its members and those of our own in its address
 * (spec/vonage.md 1.3). It borrows from ev and is not to be cleared. false: it was none, or is not told.
 */
bool	event_of_fallback(const struct event *ev, struct event *ret);
/* Puts what event_parse() made of nested JSON text. */
void	event_clear(struct event *ev);
/* The query as a JSON object (the caller's); repeated names: the first. NULL: ENOMEM. */
struct json_object *event_from_query(const struct evkeyvalq *query);
/* The same of the body of a form (application/x-www-form-urlencoded). NULL: ENOMEM. */
struct json_object *event_from_form(const char *body);
/*
 * What makes an event the same as another: "uuid|kind|status|sub_state|timestamp"
 * and, of the kinds that may come twice in one ms, what they say. "" none.
 */
void	event_dedupe_key(const struct event *ev, char *out, size_t size);

#endif
