/* SPDX-License-Identifier: ISC */
/*
 * dialogue: the rule-based conversation of a restaurant's telephone.
 *
 * Opening hours, booking a table, a person, repeat, goodbye, "what did I say?".
 * All state is derived from the caller's messages, replayed from the first one
 * for each answer, so any process can go on with a call. It says what it is:
 * rules, no person, and it books nothing. Pure: no I/O, no clock.
 */
#ifndef BROKERD_ENGINES_DIALOGUE_H
#define BROKERD_ENGINES_DIALOGUE_H

#include <stdbool.h>
#include <stddef.h>

enum dialogue_role { DIALOGUE_USER, DIALOGUE_ASSISTANT, DIALOGUE_OTHER };
enum dialogue_action { DIALOGUE_GO_ON, DIALOGUE_HANGUP, DIALOGUE_TRANSFER };

struct dialogue_message {		/* borrowed */
	enum dialogue_role	 role;
	const char		*text;
};

struct dialogue_facts {
	const char	*name;		/* of the restaurant */
	int		 open_minute;	/* of the day */
	int		 close_minute;	/* later than open_minute, at most 1439 */
	bool		 no_person;	/* nobody can be had who a caller could be connected to */
};

#define DIALOGUE_TEXT_SIZE	512
#define DIALOGUE_SUMMARY_MAX	300

struct dialogue_reply {
	char			text[DIALOGUE_TEXT_SIZE];
	enum dialogue_action	action;
};

extern const struct dialogue_facts	dialogue_default_facts;

/*
 * Answer the last message of the caller, or greet when there is none. An empty
 * message of the caller is one that was not understood. A lone message that is a transcript
 * (lines "Caller: ..." and "Assistant: ...", as brokerd sends them for a summary) is answered with what the
 * caller said and our last words, in at most DIALOGUE_SUMMARY_MAX bytes. Keys ("[caller pressed 1 2]") are told back, or
 * are the number that was asked for. Cannot fail.
 */
void	dialogue_answer(const struct dialogue_facts *facts, const struct dialogue_message *msgs,
	    size_t nmsgs, struct dialogue_reply *ret);

#endif
