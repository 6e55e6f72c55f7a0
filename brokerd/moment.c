/* SPDX-License-Identifier: ISC */
#include "brokerd/moment.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "common/utf8.h"

#define SENTENCE_SIZE	400	/* bytes that are looked at; the end of it counts */
#define DIGITS		"expecting_digits"
#define YES_NO		"expecting_yes_no"
#define DICTATION	"dictation"

/* Lists end with NULL. Words stand alone; one that begins with * may end another ("Kundennummer"). */
static const char *const requests[] = {
	"please", "tell me", "give me", "say", "read", "spell", "enter", "describe", "leave",
	"bitte", "sagen sie", "nennen sie", "geben sie", "dites", "donnez", "veuillez", "diga", "deme", "por favor",
	"mi dica", "dica", "per favore",
	"لطفا", "لطفاً", "بگویید", "بفرمایید", "وارد کنید", NULL
};
static const char *const numbers[] = {
	"number", "numbers", "digits", "digit", "code", "pin", "zip", "postcode", "date of birth",
	"*nummer", "*ziffern", "*code", "postleitzahl", "geburtsdatum",
	"numéro", "chiffres", "date de naissance", "número", "código", "dígitos", "fecha de nacimiento",
	"numero", "codice", "cifre", "data di nascita",
	"شماره", "شمارهٔ", "کد", "رمز", "ارقام", "تاریخ تولد", NULL
};
static const char *const confirmations[] = {
	"is that right", "is this right", "is that correct", "is this correct", "is it correct", "is that ok", "is that okay",
	"does that work", "are you sure", "shall i", "should i", "would you like me to", "do you want me to",
	"do you agree", "do you confirm", "can you confirm",
	"ist das richtig", "stimmt das", "ist das korrekt", "ist das so richtig", "sind sie sicher", "soll ich",
	"est-ce correct", "c'est correct", "c'est bien ça", "c'est exact", "vous sûr", "vous sûre", "dois-je",
	"es correcto", "está bien", "está seguro", "está segura",
	"è corretto", "corretto", "va bene", "è giusto", "è sicuro", "è sicura",
	"درست است", "درسته", "صحیح است", "مطمئن هستید", "موافقید", "موافق هستید", "تایید می‌کنید", "تأیید می‌کنید", NULL
};
static const char *const either[] = {
	"yes or no", "ja oder nein", "oui ou non", "sí o no", "sì o no", "بله یا خیر", "بله یا نه", "آره یا نه", NULL
};
/* First words of a question that is answered by yes or no... */
static const char *const openers[] = { "is", "are", "did", "ist", "sind", "آیا", NULL };
/* ... last words of one ("417, right?") ... */
static const char *const closers[] = {
	"right", "correct", "okay", "ok", "richtig", "korrekt", "stimmt's", "correcto", "verdad", "giusto", NULL
};
/* ... unless it leaves a choice, or asks for more. */
static const char *const choices[] = {
	"or", "anything", "something", "what", "which", "how", "when", "where", "who", "why", "oder", "noch etwas",
	"was", "welche", "wann", "wie", "wo", "wer", "ou", "quel", "quelle", "quand", "comment", "autre chose",
	"o", "qué", "cuál", "cuándo", "cómo", "algo más", "qual", "quale", "quando", "come", "altro", "یا", "چه", "چند", "کدام", "کی", "کجا", NULL
};
static const char *const texts[] = {
	"spell", "address", "describe", "in your own words", "what happened", "your message", "a message", "tell me more",
	"buchstabieren", "adresse", "beschreiben", "nachricht", "épeler", "décrire", "votre message",
	"deletrear", "dirección", "describir", "su mensaje", "indirizzo", "descrivere", "messaggio",
	"آدرس", "نشانی", "هجی", "پیام", "پیغام", "توضیح", NULL
};

/* Of ASCII, letters and digits; of the rest all but the marks that stand in texts. */
static bool
is_letter(const char *at)
{
	static const char *const	marks[] = { "؟", "،", "؛", "¿", "¡", "«", "»", "…", "–", "—", "“", "”", "‘", "’" };
	const unsigned char		c = (unsigned char)at[0];
	size_t				i;

	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strncmp(at, marks[i], strlen(marks[i])) == 0)
			return false;
	return true;
}

/* Does a letter end just before at? */
static bool
letter_before(const char *text, const char *at)
{
	if (at == text)
		return false;
	for (at--; at > text && ((unsigned char)*at & 0xc0) == 0x80; at--)
		continue;
	return is_letter(at);
}

static const char *
find_word(const char *text, const char *word)
{
	const bool	 tail = word[0] == '*';
	const char	*at;
	size_t		 n;

	word += tail;
	n = strlen(word);
	for (at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
		if ((tail || !letter_before(text, at)) && !is_letter(at + n))
			return at;
	return NULL;
}

static bool
has(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (find_word(text, *words) != NULL)
			return true;
	return false;
}

static const char *
first_letter(const char *text)
{
	size_t	 n;

	for (; *text != '\0' && !is_letter(text); text += n > 0 ? n : 1)
		n = utf8_char_len(text, strlen(text));
	return text;
}

static bool
opens(const char *text, const char *const *words)
{
	const char	*first = first_letter(text);

	for (; *words != NULL; words++)
		if (find_word(text, *words) == first)
			return true;
	return false;
}

static bool
closes(const char *text, const char *const *words)
{
	const char	*at;

	for (; *words != NULL; words++)
		for (at = text; (at = find_word(at, *words)) != NULL; at++)
			if (*first_letter(at + strlen(*words)) == '\0')
				return true;
	return false;
}

/* Of one sentence, in small letters. */
static const char *
judge(const char *s, bool question)
{
	const bool	 asks = question || has(s, requests);

	if (has(s, either))
		return YES_NO;
	if (question && !has(s, choices) && (has(s, confirmations) || closes(s, closers)))
		return YES_NO;
	if (question && !has(s, choices) && opens(s, openers))
		return YES_NO;
	if (asks && has(s, texts))
		return DICTATION;
	if (asks && has(s, numbers))
		return DIGITS;
	return "";
}

/* How many bytes of a mark that ends a sentence are at at; *ret_question is set with it. */
static size_t
mark_at(const char *at, bool *ret_question)
{
	*ret_question = *at == '?' || strncmp(at, "؟", 2) == 0;
	if (*at == '?' || *at == '!' || *at == '\n')
		return 1;
	if (*at == '.' && (at[1] == ' ' || at[1] == '\n' || at[1] == '\0'))
		return 1;
	return *ret_question ? 2 : 0;
}

/* The end of a sentence in small letters, ASCII only. */
static void
lower(const char *from, size_t n, char out[SENTENCE_SIZE])
{
	size_t	 i;

	if (n >= SENTENCE_SIZE) {
		from += n - (SENTENCE_SIZE - 1);
		n = SENTENCE_SIZE - 1;
	}
	for (i = 0; i < n; i++)
		out[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] + 32) : from[i];
	out[n] = '\0';
}

/* The last question or request decides. */
const char *
moment_of(const char *text)
{
	const char	*at, *from, *found, *moment = "";
	char		 sentence[SENTENCE_SIZE];
	bool		 question = false;
	size_t		 mark;

	for (at = from = text; from != NULL && *from != '\0'; from = at) {
		for (mark = 0; *at != '\0' && (mark = mark_at(at, &question)) == 0; at++)
			continue;
		lower(from, (size_t)(at - from), sentence);
		at += mark;
		if (*first_letter(sentence) == '\0')
			continue;
		found = judge(sentence, mark > 0 && question);
		if (found[0] != '\0' || (mark > 0 && question))
			moment = found;
	}
	return moment;
}
