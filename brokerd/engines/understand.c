/* SPDX-License-Identifier: ISC */
#include "brokerd/engines/understand.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX	512
#define WORDS_MAX	96
#define PEOPLE_MAX	99
#define NOON		(12 * 60)

struct words {
	char	 text[TEXT_MAX + WORDS_MAX];
	char	*w[WORDS_MAX + 4];		/* ended by four "" */
	int	 n;
};

static char	nothing[] = "";

/*
 * Lower case; letters, digits and apostrophes make words ("o'clock"), "7:30"
 * and "7.30" stay together, "7pm" becomes two words.
 */
static void
split(const char *text, struct words *ws)
{
	char	*out = ws->text, *end = ws->text + sizeof(ws->text) - 3;
	bool	 open = false;
	size_t	 i;
	int	 c, before = 0;

	ws->n = 0;
	for (i = 0; i < TEXT_MAX && text[i] != '\0' && out < end; i++, before = c) {
		c = tolower((unsigned char)text[i]);
		if ((c == ':' || c == '.') && isdigit(before) && isdigit((unsigned char)text[i + 1]))
			c = ':';
		else if (!isalnum(c) && c != '\'') {
			if (c == '.' && isalpha(before) && open && out[-1] == before &&
			    isalpha((unsigned char)text[i + 1]))
				continue;		/* "p.m" is one word */
			open = false;
			continue;
		}
		if (!open || (isalpha(c) && isdigit(before))) {
			if (ws->n == WORDS_MAX)
				break;
			*out++ = '\0';
			ws->w[ws->n++] = out;
			open = true;
		}
		*out++ = (char)c;
	}
	*out = '\0';
	for (i = 0; i < 4; i++)
		ws->w[(size_t)ws->n + i] = nothing;
}

static bool
is(const char *word, const char *list)
{
	size_t		 len = strlen(word);
	const char	*p = list;

	while (len > 0 && (p = strstr(p, word)) != NULL) {
		if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

static bool
has(const struct words *ws, const char *list)
{
	int	i;

	for (i = 0; i < ws->n; i++)
		if (is(ws->w[i], list))
			return true;
	return false;
}

/* The words of phrase stand in a row somewhere. */
static bool
has_phrase(const struct words *ws, const char *phrase)
{
	const char	*p;
	size_t		 len;
	int		 i, j;

	for (i = 0; i < ws->n; i++) {
		for (p = phrase, j = i; *p != '\0' && j < ws->n; j++) {
			len = strcspn(p, " ");
			if (strlen(ws->w[j]) != len || strncmp(ws->w[j], p, len) != 0)
				break;
			p += len + (p[len] == ' ');
		}
		if (*p == '\0')
			return true;
	}
	return false;
}

static bool
has_any(const struct words *ws, const char *const *phrases)
{
	for (; *phrases != NULL; phrases++)
		if (has_phrase(ws, *phrases))
			return true;
	return false;
}

static int
word_number(const char *word)
{
	static const char *const	names[] = { "zero", "one", "two", "three", "four", "five", "six",
					    "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
					    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
					    "nineteen", "twenty" };
	static const char *const	tens[] = { "thirty", "forty", "fifty" };
	int				i, n = 0;

	for (i = 0; i < 21; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	for (i = 0; i < 3; i++)
		if (strcmp(word, tens[i]) == 0)
			return 30 + 10 * i;
	for (i = 0; i < 3 && isdigit((unsigned char)word[i]); i++)
		n = n * 10 + word[i] - '0';
	return i > 0 && word[i] == '\0' ? n : -1;
}

/* A number at w ("twenty five" is one); *used words. -1: none. */
static int
number_at(char *const *w, int *used)
{
	int	n = word_number(w[0]), m = word_number(w[1]);

	*used = n >= 0;
	if (n >= 20 && n < 60 && n % 10 == 0 && m > 0 && m < 10 && isalpha((unsigned char)w[0][0])) {
		*used = 2;
		return n + m;
	}
	return n;
}

/* "7:30" as minutes of the day, -1 when it is not a time. */
static int
clock_text(const char *word)
{
	int	h, m, end = 0;

	if (sscanf(word, "%2d:%2d%n", &h, &m, &end) != 2 || word[end] != '\0' || h > 23 || m > 59)
		return -1;
	return h * 60 + m;
}

/* An hour without am or pm is one at which a restaurant is open. */
static int
half_of_day(int minute, char *const *w, int *used)
{
	bool	evening = is(w[0], "pm") || (is(w[0], "p") && is(w[1], "m")) || (is(w[0], "in") &&
		    is(w[1], "the") && is(w[2], "evening afternoon"));
	bool	morning = is(w[0], "am") || (is(w[0], "a") && is(w[1], "m")) || (is(w[0], "in") &&
		    is(w[1], "the") && is(w[2], "morning"));

	if (evening || morning)
		*used += is(w[0], "pm am") ? 1 : is(w[0], "in") ? 3 : 2;
	if (morning)
		return minute >= NOON && minute < NOON + 60 ? minute - NOON : minute;
	return minute < NOON ? minute + NOON : minute;
}

static bool
half_follows(char *const *w)
{
	int	used = 0;

	(void)half_of_day(0, w, &used);
	return used > 0;
}

/* "half past seven", "quarter to eight". Returns minutes or -1. */
static int
relative_time(char *const *w, int *used)
{
	int	n, hour, quarter = is(w[0], "quarter");

	if ((!quarter && !is(w[0], "half")) || !is(w[1], quarter ? "past to" : "past") ||
	    (hour = number_at(w + 2, &n)) < 1 || hour > 12)
		return -1;
	*used = 2 + n;
	return hour * 60 + (!quarter ? 30 : is(w[1], "to") ? -15 : 15);
}

/*
 * A time at w. certain: "seven thirty", "seven o'clock", "7 pm"; without any
 * of these only after "at". Returns the minute of the day or -1.
 */
static int
time_at(char *const *w, bool after_at, int *used)
{
	int	hour, minute, n, m;
	bool	certain = after_at;

	if (is(w[0], "noon midday")) {
		*used = 1;
		return NOON;
	}
	if ((minute = relative_time(w, used)) >= 0)
		return half_of_day(minute, w + *used, used);
	if ((minute = clock_text(w[0])) >= 0) {
		*used = 1;
		return minute < 13 * 60 && w[0][0] != '0' ? half_of_day(minute, w + 1, used) : minute;
	}
	if ((hour = number_at(w, &n)) < 1 || hour > 23)
		return -1;
	if ((minute = number_at(w + n, &m)) >= 10 && minute < 60) {
		n += m;
		certain = true;
	} else
		minute = 0;
	if (is(w[n], "o'clock oclock")) {
		n++;
		certain = true;
	}
	certain = certain || half_follows(w + n);
	*used = n;
	if (!certain)
		return -1;
	return hour > 12 ? hour * 60 + minute : half_of_day(hour * 60 + minute, w + n, used);
}

/* A day at w; writes its name. Returns the words used, 0: none. */
static int
day_at(char *const *w, char day[DAY_NAME_SIZE])
{
	static const char	weekdays[] = "monday tuesday wednesday thursday friday saturday sunday";
	int			used = 0;

	if (is(w[0], "today tonight") || (is(w[0], "this") && is(w[1], "evening afternoon")))
		used = 1;
	else if (is(w[0], "tomorrow"))
		used = 2;
	else if (is(w[0], weekdays))
		used = 3;
	else if (is(w[0], "next") && is(w[1], weekdays))
		used = 4;
	if (used == 1)
		(void)snprintf(day, DAY_NAME_SIZE, "today");
	else if (used == 2)
		(void)snprintf(day, DAY_NAME_SIZE, "tomorrow");
	else if (used >= 3)
		(void)snprintf(day, DAY_NAME_SIZE, "%s%c%.12s", used == 4 ? "next " : "on ",
		    toupper((unsigned char)w[used - 3][0]), w[used - 3] + 1);
	return used == 0 ? 0 : used == 4 || is(w[0], "this") ? 2 : 1;
}

static void
find_slots(const struct words *ws, struct understood *u)
{
	int	i, n, minute, used;

	for (i = 0; i < ws->n; i += used) {
		char *const	*w = ws->w + i;
		bool		 after_at = i > 0 && is(w[-1], "at around about");

		if ((used = day_at(w, u->day)) > 0)
			continue;
		if ((minute = time_at(w, after_at, &used)) >= 0) {
			u->minute = minute;
			continue;
		}
		if ((n = number_at(w, &used)) > 0 && n <= PEOPLE_MAX) {
			if (is(w[used], "people persons person guests of") || (i > 0 && is(w[-1], "for")))
				u->people = n;
			else if (!is(w[used], "thing more moment"))
				u->number = n;
		}
		if (used == 0)
			used = 1;
	}
}

static enum intent
find_intent(const struct words *ws)
{
	static const char *const	memory[] = { "did i say", "have i said", "did i just say",
					    "do you remember", NULL };
	static const char *const	identity[] = { "are you a", "are you an", "are you real",
					    "are you human", "who are you", "what are you",
					    "what can you do", "help", "talking to a robot", NULL };
	static const char *const	repeat[] = { "say that again", "say it again", "once more",
					    "come again", "what did you say", NULL };
	static const char *const	bye[] = { "that is all", "that's all", "that was all", "hang up",
					    "nothing else", NULL };

	if (has_any(ws, memory))
		return INTENT_MEMORY;
	if (has_any(ws, identity))
		return INTENT_IDENTITY;
	if (has(ws, "transfer human operator somebody someone agent manager staff") ||
	    (has(ws, "person") && has(ws, "speak talk connect real a") && !has(ws, "table book one")))
		return INTENT_PERSON;
	if (has(ws, "repeat pardon") || has_any(ws, repeat))
		return INTENT_REPEAT;
	if (has(ws, "cancel") || has_phrase(ws, "never mind") || has_phrase(ws, "forget it"))
		return INTENT_CANCEL;
	if (has(ws, "goodbye bye") || has_any(ws, bye))
		return INTENT_BYE;
	if (has(ws, "book booking reserve reservation table"))
		return INTENT_BOOK;
	if (has(ws, "hours open opening close closed closing"))
		return INTENT_HOURS;
	if (has(ws, "no nope not wrong"))
		return INTENT_NO;
	if (has(ws, "yes yeah yep sure okay ok right correct exactly please"))
		return INTENT_YES;
	if (has(ws, "thank thanks"))
		return INTENT_THANKS;
	return has(ws, "hello hi hey morning evening afternoon") ? INTENT_HELLO : INTENT_NONE;
}

void
understand(const char *text, struct understood *ret)
{
	struct words		ws;
	struct understood	u = { .minute = -1 };
	bool			slots;

	split(text, &ws);
	find_slots(&ws, &u);
	u.intent = find_intent(&ws);
	u.no = has(&ws, "no nope not wrong");
	slots = u.people > 0 || u.number > 0 || u.minute >= 0 || u.day[0] != '\0';
	if (slots && (u.intent == INTENT_NONE || u.intent == INTENT_HELLO || u.intent == INTENT_THANKS ||
	    (u.intent == INTENT_YES && !has(&ws, "yes yeah yep sure okay ok right correct exactly"))))
		u.intent = INTENT_DETAIL;
	*ret = u;
}
