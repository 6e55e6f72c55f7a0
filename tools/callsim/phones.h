/* SPDX-License-Identifier: ISC */
/*
 * phones: the phones that outbound legs reach: what each does when it is
 * called, and what Vonage tells of it (spec/vonage.md 2.3, 7.1, 12).
 *
 * Read from a JSON file before the first call (speech_render() is used): an
 * object of address -> phone, or -> array of phones: the nth call of that
 * address reaches the nth, further ones the last. An address is a number, a
 * SIP URI, a VBC extension or an app's user, just as the endpoint has it; one
 * that ends in "*" stands for all that begin so (the longest wins); "default"
 * is everybody else. Without it they are human. callsim(1) has the members.
 *
 * Times in a plan are already divided by the time scale. One thread; the
 * counting is the only state.
 */
#ifndef CALLSIM_PHONES_H
#define CALLSIM_PHONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/audio.h"
#include "common/json.h"
#include "tools/callsim/clip.h"
#include "tools/callsim/script.h"
#include "tools/callsim/voices.h"

#define PHONES_FILE_MAX		(1024 * 1024)	/* bytes */
#define PHONE_GREETING_S_MAX	120
#define PHONE_STEPS_MAX		2
#define PHONE_BEEP_TIMEOUT_S	45	/* when the request says nothing */
#define PHONE_RINGING_S		60	/* spec/vonage.md 7.1 */

enum phone_kind {
	PHONE_HUMAN, PHONE_MACHINE, PHONE_MACHINE_NO_BEEP, PHONE_SCREENING, PHONE_BUSY,
	PHONE_NO_ANSWER, PHONE_INVALID, PHONE_REJECTED, PHONE_UNREACHABLE, PHONE_FAILED
};

struct phone {			/* read only */
	enum phone_kind	 kind;
	int64_t		 after_ms;	/* from started to the answer or refusal; unscaled */
	int64_t		 detect_after_ms;	/* from the answer to human or machine; unscaled */
	int64_t		 beep_after_ms;		/* from the answer; -1: never; unscaled */
	const char	*detail;	/* static: of rejected, failed */
	/*
	 * What it says by itself from the moment of the answer: the greeting,
	 * then (beep_after_ms, scaled) the beep. No samples: it is quiet.
	 */
	struct audio_clip sound;
	struct script	 script;	/* what it does after that */
	struct voices	*voices;	/* of the script */
	struct clip	*clips[3];	/* of sound, see phone_clip() */
};

/* How the detection of machines was asked for. */
enum phone_detect {
	PHONE_DETECT_OFF,
	PHONE_DETECT_BASIC,	/* machine_detection: NCCO at once, one event, no beep */
	PHONE_DETECT_RESULT,	/* advanced, mode detect: the NCCO waits for the result */
	PHONE_DETECT_BEEP,	/* mode detect_beep: the NCCO waits for human, beep or beep_timeout */
	PHONE_DETECT_DEFAULT	/* mode default: NCCO at once, all events */
};

struct phone_request {		/* what the caller of the phone asked for */
	int64_t		 ringing_timer_s;	/* connect: timeout; 0: PHONE_RINGING_S */
	enum phone_detect detect;
	bool		 detect_hangup;		/* behavior hangup */
	int64_t		 beep_timeout_s;	/* 0: PHONE_BEEP_TIMEOUT_S */
};

enum phone_end {
	PHONE_END_ANSWERED, PHONE_END_BUSY, PHONE_END_UNANSWERED, PHONE_END_REJECTED,
	PHONE_END_FAILED, PHONE_END_TIMEOUT
};
const char *phone_end_name(enum phone_end end);	/* the status of the event */

struct phone_step {		/* a human or machine event after the answer */
	int64_t		 at_ms;		/* from the answer */
	bool		 machine;	/* else human */
	const char	*sub_state;	/* "beep_start", "beep_timeout" or NULL */
	bool		 starts_ncco;	/* it was held until now; the event's answer may replace it */
	bool		 hangs_up;	/* behavior hangup */
};

struct phone_plan {
	bool		 rings;		/* else no ringing event */
	int64_t		 after_ms;	/* from started to the end below */
	enum phone_end	 end;
	const char	*detail;	/* NULL: none */
	int		 sip_code;	/* 0: none */
	bool		 completed;	/* a completed event follows (not after rejected) */
	bool		 starts_ncco;	/* at the answer; else at a step */
	struct phone_step steps[PHONE_STEPS_MAX];
	size_t		 nsteps;
};

struct phones;

/*
 * path NULL: everybody is human. time_scale >= 1 divides all waits (not
 * audio: a greeting that is longer than the wait for the beep is cut). both:
 * in mode detect_beep the first machine event is sent too, as one of the
 * sources has it. NULL with the reason in cause.
 */
struct phones *phones_load(const char *path, double time_scale, bool both, char *cause, size_t cause_size);
struct phones *phones_parse(const char *text, size_t len, double time_scale, bool both, char *cause,
    size_t cause_size);
void	phones_free(struct phones *p);		/* NULL is a no-op */

/* A leg calls that address: its phone, borrowed; it is counted. */
struct phone *phones_call(struct phones *p, const char *address);
/* {"447700900123": 2, ...}: how often each was called; borrowed. */
struct json_object *phones_counts(const struct phones *p);

/* What will happen, from the moment of started. */
struct phone_plan phone_plan(const struct phones *p, const struct phone *phone,
    const struct phone_request *request);
/* phone's sound at a rate (8000, 16000, 24000), borrowed; NULL: it has none, or ENOMEM. */
struct clip *phone_clip(struct phone *phone, uint32_t rate_hz);
/* Divide a wait of a phone or timer by the time scale. */
int64_t	phones_scale(const struct phones *p, int64_t ms);

#endif
