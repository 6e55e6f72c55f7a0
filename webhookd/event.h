/* SPDX-License-Identifier: ISC */
/*
 * event: what a webhook of Vonage says, as a struct. Pure: no I/O.
 *
 * spec/vonage.md 2: there are two families, told apart by shape (2.1);
 * members come in any order, as strings or numbers, null or absent; unknown
 * ones are ignored. POST brings a JSON object, GET the same members as query
 * parameters (nested values as JSON text): event_from_query() makes the object,
 * event_parse() reads it.
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
	EVENT_UNKNOWN
};
const char *event_kind_name(enum event_kind kind);

/* Rank of a status: an event never moves a leg to a lower one (spec/vonage.md 2.6). */
enum { EVENT_RANK_NONE = -1, EVENT_RANK_STARTED = 0, EVENT_RANK_RINGING = 1, EVENT_RANK_ANSWERED = 2,
	EVENT_RANK_MACHINE = 3, EVENT_RANK_TERMINAL = 9 };

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
};

/* Always fills ev; over-long members count as absent (a uuid) or are cut (text). */
void	event_parse(struct json_object *obj, struct event *ev);
/* The query as a JSON object (the caller's); repeated names: the first. NULL: ENOMEM. */
struct json_object *event_from_query(const struct evkeyvalq *query);
/* What makes an event the same as another: "uuid|kind|status|sub_state|timestamp". */
void	event_dedupe_key(const struct event *ev, char *out, size_t size);

#endif
