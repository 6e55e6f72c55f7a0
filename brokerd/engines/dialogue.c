/* SPDX-License-Identifier: ISC */
#include "brokerd/engines/dialogue.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "brokerd/engines/understand.h"

#define QUOTE_MAX	160		/* bytes of the caller's words said back */
#define TIME_TEXT_SIZE	48
#define NUMBER_SIZE	12

/* What the last answer asked for. */
enum asked { ASKED_NOTHING, ASKED_PEOPLE, ASKED_DAY, ASKED_TIME, ASKED_CONFIRM, ASKED_CHANGE,
	ASKED_PERSON, ASKED_MORE };

struct state {
	const struct dialogue_facts	*facts;
	const struct dialogue_message	*msgs;
	size_t				 now;	/* index of the message that is answered */
	enum asked			 asked;
	bool				 booking;
	int				 people;
	int				 minute;	/* -1: not known */
	char				 day[DAY_NAME_SIZE];
	unsigned			 failures;	/* in a row */
	struct dialogue_reply		*reply;
};

const struct dialogue_facts	dialogue_default_facts = {
	.name = "the callpipe restaurant", .open_minute = 12 * 60, .close_minute = 22 * 60,
};

static void say(struct state *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Bytes of text, at most max, without half a character at the end. */
static size_t
cut_len(const char *text, size_t max)
{
	size_t	len = strnlen(text, max + 1);

	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

static void
say(struct state *s, const char *fmt, ...)
{
	va_list	ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->reply->text, sizeof(s->reply->text), fmt, ap);
	va_end(ap);
}

/* In words up to twelve, in digits above. */
static const char *
number_name(int n, char out[NUMBER_SIZE])
{
	static const char *const	names[] = { "zero", "one", "two", "three", "four", "five", "six",
					    "seven", "eight", "nine", "ten", "eleven", "twelve" };

	if (n >= 0 && n <= 12)
		return names[n];
	(void)snprintf(out, NUMBER_SIZE, "%d", n);
	return out;
}

/* "seven thirty in the evening", "noon". */
static const char *
time_name(int minute, char out[TIME_TEXT_SIZE])
{
	int		 hour = minute / 60, past = minute % 60;
	char		 num[NUMBER_SIZE], min[NUMBER_SIZE];
	const char	*half = hour < 12 ? "in the morning" : hour < 18 ? "in the afternoon" : "in the evening";

	if (minute == 12 * 60)
		(void)snprintf(out, TIME_TEXT_SIZE, "noon");
	else if (past == 0)
		(void)snprintf(out, TIME_TEXT_SIZE, "%s %s", number_name((hour + 11) % 12 + 1, num), half);
	else
		(void)snprintf(out, TIME_TEXT_SIZE, "%s %s %s", number_name((hour + 11) % 12 + 1, num),
		    past == 15 ? "fifteen" : past == 30 ? "thirty" : past == 45 ? "forty five" :
		    number_name(past, min), half);
	return out;
}

static void
say_hours(struct state *s)
{
	char	from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

	say(s, "We are open every day from %s to %s.", time_name(s->facts->open_minute, from),
	    time_name(s->facts->close_minute, to));
	s->asked = ASKED_NOTHING;
}

static void
ask_missing(struct state *s)
{
	char	at[TIME_TEXT_SIZE], num[NUMBER_SIZE];

	if (s->people == 0) {
		say(s, "For how many people shall the table be?");
		s->asked = ASKED_PEOPLE;
	} else if (s->day[0] == '\0') {
		say(s, "A table for %s. For which day?", number_name(s->people, num));
		s->asked = ASKED_DAY;
	} else if (s->minute < 0) {
		say(s, "A table for %s %s. At what time?", number_name(s->people, num), s->day);
		s->asked = ASKED_TIME;
	} else {
		say(s, "A table for %s %s at %s. Is that right?", number_name(s->people, num), s->day,
		    time_name(s->minute, at));
		s->asked = ASKED_CONFIRM;
	}
}

static void
refuse_time(struct state *s)
{
	char	from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE];

	s->minute = -1;
	say(s, "We are closed then. We are open from %s to %s, at what time would you like to come?",
	    time_name(s->facts->open_minute, from), time_name(s->facts->close_minute, to));
	s->asked = ASKED_TIME;
}

/* A bare number is what was asked for, else the hour once the people are known. */
static void
fill_number(struct state *s, int number)
{
	bool	hour = s->asked == ASKED_TIME || (s->asked != ASKED_PEOPLE && s->people > 0);

	if (hour && number >= 1 && number <= 23)
		s->minute = (number < 12 ? number + 12 : number) * 60;
	else if (!hour)
		s->people = number;
}

static void
book(struct state *s, const struct understood *u)
{
	s->booking = true;
	/* "for seven" answers "at what time" too. */
	if (u->people > 0 && s->asked == ASKED_TIME && s->people > 0 && u->people <= 12 && u->minute < 0)
		fill_number(s, u->people);
	else if (u->people > 0)
		s->people = u->people;
	if (u->day[0] != '\0')
		(void)snprintf(s->day, sizeof(s->day), "%s", u->day);
	if (u->minute >= 0)
		s->minute = u->minute;
	if (u->number > 0)
		fill_number(s, u->number);
	if (s->minute >= 0 && (s->minute < s->facts->open_minute || s->minute >= s->facts->close_minute))
		refuse_time(s);
	else
		ask_missing(s);
}

static void
forget_booking(struct state *s)
{
	s->booking = false;
	s->people = 0;
	s->minute = -1;
	s->day[0] = '\0';
}

static void
say_menu(struct state *s, const char *opening)
{
	say(s, s->facts->no_person ? "%s You can ask for our opening hours or book a table." :
	    "%s You can ask for our opening hours, book a table, or ask for a person.", opening);
	s->asked = ASKED_NOTHING;
}

static void
say_bye(struct state *s)
{
	say(s, "Thank you for calling. Goodbye.");
	s->reply->action = DIALOGUE_HANGUP;
	s->asked = ASKED_NOTHING;
}

static void
transfer(struct state *s)
{
	if (s->facts->no_person) {
		say_menu(s, "I am sorry, there is no person who I could connect you to.");
		return;
	}
	say(s, "I am connecting you to a person.");
	s->reply->action = DIALOGUE_TRANSFER;
	s->asked = ASKED_NOTHING;
}

static void
answer_yes(struct state *s)
{
	char	at[TIME_TEXT_SIZE], num[NUMBER_SIZE];

	if (s->asked == ASKED_PERSON)
		transfer(s);
	else if (s->asked == ASKED_CONFIRM) {
		say(s, "Noted: a table for %s %s at %s, but this is a demonstration and no table is kept. Anything else?",
		    number_name(s->people, num), s->day, time_name(s->minute, at));
		forget_booking(s);
		s->asked = ASKED_MORE;
	} else if (s->booking)
		ask_missing(s);
	else
		say_menu(s, "What can I do for you?");
}

static void
answer_no(struct state *s)
{
	if (s->asked == ASKED_CONFIRM) {
		say(s, "What shall I change, the people, the day or the time?");
		s->asked = ASKED_CHANGE;
	} else if (s->asked == ASKED_PERSON || s->asked == ASKED_MORE || !s->booking) {
		if (s->asked == ASKED_MORE)
			say_bye(s);
		else
			say_menu(s, "All right.");
	} else {
		forget_booking(s);
		say_menu(s, "All right, no table then.");
	}
}

/* The last thing that the caller said before, other than such a question. */
static void
answer_memory(struct state *s)
{
	struct understood	u;
	const char		*text;
	size_t			 i, len;

	for (i = s->now; i-- > 0;) {
		text = s->msgs[i].text;
		if (s->msgs[i].role != DIALOGUE_USER || text[0] == '\0')
			continue;
		understand(text, &u);
		if (u.intent == INTENT_MEMORY || u.intent == INTENT_REPEAT)
			continue;
		len = cut_len(text, QUOTE_MAX);
		while (len > 0 && strchr(" .!?,;", text[len - 1]) != NULL)
			len--;
		say(s, "You said: %.*s.", (int)len, text);
		return;
	}
	say(s, "You have not said anything before that.");
}

static void
answer_repeat(struct state *s)
{
	size_t	i;

	for (i = s->now; i-- > 0;) {
		if (s->msgs[i].role != DIALOGUE_ASSISTANT || s->msgs[i].text[0] == '\0')
			continue;
		say(s, "%.*s", (int)cut_len(s->msgs[i].text, DIALOGUE_TEXT_SIZE - 1), s->msgs[i].text);
		return;
	}
	say_menu(s, "I have not said anything yet.");
}

static void
answer_nothing(struct state *s)
{
	if (++s->failures >= 2 && s->facts->no_person)
		say_menu(s, "I am sorry, I still do not understand.");
	else if (s->failures >= 2) {
		say(s, "I am sorry, I still do not understand. Shall I connect you to a person?");
		s->asked = ASKED_PERSON;
	} else if (s->booking)
		say(s, "Sorry, I did not catch that. %s", s->asked == ASKED_PEOPLE ? "For how many people?" :
		    s->asked == ASKED_DAY ? "For which day?" : s->asked == ASKED_TIME ? "At what time?" :
		    "Please say that again.");
	else
		say_menu(s, "Sorry, I did not catch that.");
}

static void
answer_thanks(struct state *s)
{
	say(s, "You are welcome. Is there anything else?");
	s->asked = ASKED_MORE;
}

static void
answer_cancel(struct state *s)
{
	say_menu(s, s->booking ? "All right, no table then." : "There is no booking to cancel.");
	forget_booking(s);
}

static bool
has_slots(const struct understood *u)
{
	return u->people > 0 || u->number > 0 || u->minute >= 0 || u->day[0] != '\0';
}

static void
answer_intent(struct state *s, const struct understood *u)
{
	switch (u->intent) {
	case INTENT_NONE:	answer_nothing(s); break;
	case INTENT_MEMORY:	answer_memory(s); break;
	case INTENT_IDENTITY:
		say_menu(s, "I am a simple telephone program with fixed rules, not a person.");
		break;
	case INTENT_PERSON:	transfer(s); break;
	case INTENT_REPEAT:	answer_repeat(s); break;
	case INTENT_CANCEL:	answer_cancel(s); break;
	case INTENT_BYE:	say_bye(s); break;
	case INTENT_HOURS:	say_hours(s); break;
	case INTENT_BOOK:
	case INTENT_DETAIL:	book(s, u); break;
	case INTENT_NO:
		if (has_slots(u))
			book(s, u);
		else
			answer_no(s);
		break;
	case INTENT_YES:
		if (has_slots(u))
			book(s, u);
		else
			answer_yes(s);
		break;
	case INTENT_THANKS:	answer_thanks(s); break;
	case INTENT_HELLO:	say_menu(s, "Hello."); break;
	}
}

/* ---- keys ---- */

#define PRESSED		"[caller pressed "	/* callpipe-engine(7) */

/* Nothing but keys? What is between the brackets. */
static bool
keys_of(const char *text, const char **ret, size_t *ret_len)
{
	size_t	len = strlen(text);

	if (strncmp(text, PRESSED, strlen(PRESSED)) != 0 || len <= strlen(PRESSED) + 1 || strchr(text, ']') != text + len - 1)
		return false;
	*ret = text + strlen(PRESSED);
	*ret_len = len - strlen(PRESSED) - 1;
	return true;
}

/* A number for what was asked of a booking, else they are told back. */
static void
answer_keys(struct state *s, const char *keys, size_t len)
{
	struct understood	u;
	char			number[8];
	size_t			i, n = 0;

	for (i = 0; i < len && n + 1 < sizeof(number); i++)
		if (keys[i] >= '0' && keys[i] <= '9')
			number[n++] = keys[i];
		else if (keys[i] != ' ')
			break;
	number[n] = '\0';
	if (s->booking && n > 0 && n <= 4 && i == len) {
		understand(number, &u);
		if (has_slots(&u)) {
			book(s, &u);
			return;
		}
	}
	say(s, "You pressed %.*s. What can I do for you?", (int)(len < QUOTE_MAX ? len : QUOTE_MAX), keys);
	s->asked = ASKED_NOTHING;
}

static void
greet(struct state *s)
{
	say(s, "Hello, this is the telephone program of %s. What can I do for you?", s->facts->name);
}

/* ---- a transcript ---- */

#define CALLER		"Caller: "
#define ASSISTANT	"Assistant: "

static bool
is_transcript(const struct dialogue_message *msgs, size_t nmsgs)
{
	const char	*text = NULL;
	size_t		 i;

	for (i = 0; i < nmsgs; i++) {
		if (msgs[i].role == DIALOGUE_OTHER)
			continue;
		if (msgs[i].role != DIALOGUE_USER || text != NULL)
			return false;
		text = msgs[i].text;
	}
	return text != NULL && (strncmp(text, CALLER, strlen(CALLER)) == 0 || strncmp(text, ASSISTANT, strlen(ASSISTANT)) == 0) &&
	    text[strcspn(text, "\n")] == '\n';
}

/* Append as much of text as leaves room bytes of the summary free. */
static void
append(char *out, size_t room, const char *text, size_t len)
{
	size_t	used = strlen(out), max = DIALOGUE_SUMMARY_MAX > used + room ? DIALOGUE_SUMMARY_MAX - used - room : 0;

	if (len > max)
		len = cut_len(text, max);
	memcpy(out + used, text, len);
	out[used + len] = '\0';
}

static void
summarise(struct state *s, const char *text)
{
	const char	*line, *last = NULL;
	char		*out = s->reply->text;
	size_t		 len, last_len = 0;

	out[0] = '\0';
	for (line = text; *line != '\0'; line += len + (line[len] == '\n')) {
		len = strcspn(line, "\n");
		if (strncmp(line, ASSISTANT, strlen(ASSISTANT)) == 0) {
			last = line + strlen(ASSISTANT);
			last_len = len - strlen(ASSISTANT);
		} else if (strncmp(line, CALLER, strlen(CALLER)) == 0) {
			append(out, DIALOGUE_SUMMARY_MAX / 2, out[0] == '\0' ? "You said: " : "; ", out[0] == '\0' ? 10 : 2);
			append(out, DIALOGUE_SUMMARY_MAX / 2, line + strlen(CALLER), len - strlen(CALLER));
		}
	}
	if (last == NULL)
		return;
	append(out, 0, out[0] == '\0' ? "Our last words: " : ". Our last words: ", out[0] == '\0' ? 16 : 18);
	append(out, 0, last, last_len);
}

void
dialogue_answer(const struct dialogue_facts *facts, const struct dialogue_message *msgs,
    size_t nmsgs, struct dialogue_reply *ret)
{
	struct state		s = { .facts = facts, .msgs = msgs, .minute = -1, .reply = ret };
	struct understood	u;
	const char		*keys;
	size_t			 len;

	ret->action = DIALOGUE_GO_ON;
	if (is_transcript(msgs, nmsgs)) {
		for (s.now = 0; msgs[s.now].role != DIALOGUE_USER; s.now++)
			;
		summarise(&s, msgs[s.now].text);
		return;
	}
	greet(&s);
	for (s.now = 0; s.now < nmsgs; s.now++) {
		if (msgs[s.now].role != DIALOGUE_USER)
			continue;
		ret->action = DIALOGUE_GO_ON;
		if (keys_of(msgs[s.now].text, &keys, &len)) {
			s.failures = 0;
			answer_keys(&s, keys, len);
			continue;
		}
		understand(msgs[s.now].text, &u);
		if (u.intent != INTENT_NONE)
			s.failures = 0;
		answer_intent(&s, &u);
	}
}
