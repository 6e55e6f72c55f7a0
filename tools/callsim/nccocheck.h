/* SPDX-License-Identifier: ISC */
/*
 * nccocheck: reads an NCCO as strictly as Vonage (spec/vonage.md 3).
 *
 * Every action and member is checked for name, type and range, then the rules
 * between members and between actions: what is read is valid. Pure.
 * nccocheck.c has the NCCO as a whole, ncco_read.[ch] the tables that members
 * are read by, ncco_action.c and ncco_connect.c the actions.
 */
#ifndef CALLSIM_NCCOCHECK_H
#define CALLSIM_NCCOCHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

#define NCCO_ACTIONS_MAX	100
#define NCCO_TEXT_MAX		1500	/* characters of a talk, SSML tags not counted */
#define NCCO_HEADERS_MAX	512	/* bytes of a websocket's headers as JSON */
#define NCCO_CAUSE_SIZE		300	/* room for any cause */

enum ncco_result {
	NCCO_OK,
	NCCO_BAD,		/* Vonage would refuse it: syntax error */
	NCCO_REFUSED		/* Vonage would take it, callsim cannot (wss://, memory) */
};

enum ncco_kind {
	NCCO_TALK, NCCO_STREAM, NCCO_RECORD, NCCO_CONVERSATION, NCCO_CONNECT, NCCO_WAIT, NCCO_INPUT,
	NCCO_NOTIFY, NCCO_TRANSFER
};
enum ncco_endpoint {
	NCCO_PHONE, NCCO_SIP, NCCO_VBC, NCCO_APP, NCCO_WEBSOCKET
};
enum ncco_format { NCCO_MP3, NCCO_WAV, NCCO_OGG };
enum ncco_auth { NCCO_AUTH_NONE, NCCO_AUTH_VONAGE, NCCO_AUTH_CUSTOM };
enum ncco_amd { NCCO_AMD_OFF, NCCO_AMD_CONTINUE, NCCO_AMD_HANGUP };
enum ncco_amd_mode { NCCO_AMD_DETECT, NCCO_AMD_DETECT_BEEP, NCCO_AMD_DEFAULT };

struct ncco_list {		/* of texts */
	bool		 given;	/* an absent list means all, an empty one none */
	size_t		 count;
	char		**items;
};

/*
 * One action. Texts are owned by the ncco and NULL when absent; times are in
 * milliseconds; what is not given has its default. A member that is used by
 * one kind only stands under its name.
 */
struct ncco_action {
	enum ncco_kind	 kind;
	struct json_object *json;	/* the whole action as it came */

	/* of several */
	char		*event_url;	/* NULL: the application's */
	bool		 event_get;	/* eventMethod GET */
	bool		 barge_in;	/* talk, stream: stopped by a key or by speech */
	uint32_t	 loop;		/* talk, stream: times; 0: forever */
	double		 level;		/* talk, stream: -1 to 1 */
	char		*language;	/* talk, speech of input; NULL: en-US */
	bool		 mute;		/* conversation, transfer */
	struct ncco_list can_speak, can_hear;	/* conversation, transfer: uuids of legs */

	/* talk */
	char		*text;		/* plain: SSML tags taken out, entities decoded */
	char		*ssml;		/* as it came when it was <speak>...</speak> */
	uint32_t	 style;
	bool		 premium;

	/* stream */
	char		*stream_url;

	/* record; blocking when one of endOnSilence, endOnKey, timeOut was given */
	enum ncco_format format;
	bool		 split, beep_start, blocking;
	uint32_t	 channels;
	uint32_t	 record_silence_ms;	/* endOnSilence; 0: off */
	uint32_t	 record_timeout_ms;	/* timeOut; 0: off */
	char		 end_on_key;		/* 0: off */
	bool		 transcribe, sentiment;
	char		*transcribe_language;	/* NULL: en-US */
	char		*transcribe_url;	/* NULL: the application's event URL */
	bool		 transcribe_get;

	/* conversation */
	char		*name;
	char		*music_url;	/* musicOnHoldUrl */
	bool		 start_on_enter, end_on_exit, record;

	/* connect */
	enum ncco_endpoint endpoint;
	char		*number, *dtmf_answer, *on_answer_url, *on_answer_ringback, *shaken;	/* phone */
	char		*user;		/* app */
	char		*extension;	/* vbc */
	char		*uri;		/* websocket ws://..., sip sip:... */
	char		*content_type;	/* websocket */
	uint32_t	 rate_hz;
	char		*headers;	/* websocket, sip: a JSON object as text, "{}" when absent */
	char		*standard_headers;	/* sip: the same, NULL when absent */
	enum ncco_auth	 auth;		/* websocket */
	char		*authorization;	/* NCCO_AUTH_CUSTOM: the value */
	char		*from;
	bool		 random_from;
	bool		 synchronous;	/* eventType: replies to failures replace the NCCO */
	uint32_t	 timeout_ms;	/* ringing; wait: its length */
	uint32_t	 limit_ms;	/* longest life of the new leg */
	enum ncco_amd	 amd;
	bool		 amd_advanced;	/* the next two were written by the application */
	enum ncco_amd_mode amd_mode;
	uint32_t	 beep_timeout_ms;
	char		*ringback_url;

	/* input */
	bool		 want_dtmf, want_speech;
	bool		 asynchronous;	/* one event for each digit */
	uint32_t	 dtmf_timeout_ms, max_digits;
	bool		 submit_on_hash;
	struct ncco_list speech_uuid, context;
	uint32_t	 silence_ms;	/* speech.endOnSilence */
	uint32_t	 start_timeout_ms, max_duration_ms, sensitivity;
	bool		 save_audio;

	/* notify */
	char		*payload;	/* a JSON object as text */

	/* transfer */
	char		*conversation_id;
};

struct ncco {
	struct ncco_action *actions;
	size_t		 nactions;
};

const char *ncco_kind_name(enum ncco_kind kind);	/* "talk" */

/* Parse text. When the result is not NCCO_OK, cause says what and where. */
enum ncco_result ncco_parse(struct ncco *ret, const char *text, size_t len, char *cause, size_t cause_size);
/* The same from JSON that was parsed already; borrowed, nothing of it is kept. */
enum ncco_result ncco_read(struct ncco *ret, struct json_object *array, char *cause, size_t cause_size);
void	ncco_clear(struct ncco *n);

/*
 * The endpoint of a create-call request (spec/vonage.md 7.1: standard_headers
 * instead of standardHeaders) as a connect action with only the endpoint's
 * members. ret is ended with ncco_action_clear().
 */
enum ncco_result ncco_read_endpoint(struct ncco_action *ret, struct json_object *endpoint,
    char *cause, size_t cause_size);
/*
 * machine_detection (text) and advanced_machine_detection (object) of a
 * create-call request, either may be NULL, into amd, amd_advanced, amd_mode
 * and beep_timeout_ms of ret.
 */
enum ncco_result ncco_read_amd(struct ncco_action *ret, const char *simple, struct json_object *advanced,
    char *cause, size_t cause_size);
void	ncco_action_clear(struct ncco_action *a);
/* An absolute http or https URL. */
bool	ncco_url_ok(const char *url);

/*
 * The first message of the socket: event, content-type and all headers
 * (spec/vonage.md 4.2). The caller frees it; NULL: ENOMEM.
 */
char	*ncco_connected_text(const struct ncco_action *connect);

#endif
