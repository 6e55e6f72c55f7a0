/* SPDX-License-Identifier: ISC */
/*
 * script: what the simulated caller does, read from text. One step a line,
 * '#' begins a comment line; callsim(1) describes each step. Pure.
 */
#ifndef CALLSIM_SCRIPT_H
#define CALLSIM_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#define SCRIPT_STEPS_MAX	1000
#define SCRIPT_TEXT_MAX		(256 * 1024)	/* bytes of a script file */
#define SCRIPT_WAIT_MS		15000		/* default of the waiting steps */
#define SCRIPT_AFTER_MS		1000		/* default of interrupt's after_ms */

enum step_kind {
	STEP_WAIT_CONNECTED,	/* ms */
	STEP_WAIT_REPLY_BEGIN,	/* ms */
	STEP_WAIT_REPLY_END,	/* ms */
	STEP_WAIT_HANGUP,	/* ms */
	STEP_SAY,		/* text: file */
	STEP_SAY_TEXT,		/* text */
	STEP_INTERRUPT,		/* text: file, ms: after */
	STEP_INTERRUPT_TEXT,	/* text, ms: after */
	STEP_SILENCE,		/* ms */
	STEP_DTMF,		/* text: digits */
	STEP_HANGUP,
	STEP_DROP_SOCKET,
	STEP_SEND_BAD_FRAME,	/* ms: bytes */
	STEP_SEND_TEXT,		/* text */
	STEP_MARK,		/* text */
	STEP_EXPECT_REPLY,
	STEP_EXPECT_SILENCE,	/* ms */
	STEP_RUN,		/* text: shell command */
	STEP_STALL,		/* ms */
	STEP_ANSWER,
	STEP_PRESS,		/* text: digits */
	STEP_EXPECT_TEXT,	/* text, ms */
	STEP_EXPECT_KEYS,	/* text, ms */
	STEP_WAIT_TALK_END,	/* ms */
	STEP_WAIT_BEEP,		/* ms */
	STEP_WAIT_INPUT		/* ms */
};

struct step {
	enum step_kind	 kind;
	unsigned	 line;
	char		*text;		/* NULL when the step has none */
	int64_t		 ms;
};

struct script {
	struct step	*steps;
	size_t		 nsteps;
};

/*
 * Parse len bytes of text. 0; -1 with the reason ("line 3: ...") in cause.
 * The result is ended with script_clear().
 */
int	script_parse(struct script *ret, const char *text, size_t len, char *cause, size_t cause_size);
/* Read a file ("-" is standard input) and parse it; cause names the file. */
int	script_load(struct script *ret, const char *path, char *cause, size_t cause_size);
void	script_clear(struct script *s);
const char *step_name(enum step_kind kind);

#endif
