/* SPDX-License-Identifier: ISC */
/*
 * understand: what a caller wants, from the words of one sentence.
 *
 * Rules for English about a restaurant's telephone: intents by words, slots
 * (people, day, time) by patterns around numbers, written as words or digits.
 * Pure: no I/O, no state.
 */
#ifndef BROKERD_ENGINES_UNDERSTAND_H
#define BROKERD_ENGINES_UNDERSTAND_H

#include <stdbool.h>

enum intent {			/* in the order of precedence */
	INTENT_NONE,		/* no word means anything here */
	INTENT_MEMORY,		/* "what did i say" */
	INTENT_IDENTITY,	/* "are you a robot", "what can you do" */
	INTENT_PERSON,		/* wants to speak to one */
	INTENT_REPEAT,
	INTENT_CANCEL,
	INTENT_BYE,
	INTENT_HOURS,
	INTENT_BOOK,
	INTENT_NO,
	INTENT_YES,
	INTENT_THANKS,
	INTENT_HELLO,
	INTENT_DETAIL,		/* nothing but slots */
};

#define DAY_NAME_SIZE	24

struct understood {
	enum intent	 intent;
	int		 people;		/* 0: not said */
	int		 number;		/* a number that may be people or hour; 0: none */
	int		 minute;		/* of the day, 0 to 1439; -1: not said */
	char		 day[DAY_NAME_SIZE];	/* "tomorrow", "next Friday"; "" not said */
	bool		 no;			/* the sentence also says no */
};

/* Text over 512 bytes is read up to there. */
void	understand(const char *text, struct understood *ret);

#endif
