/* SPDX-License-Identifier: ISC */
#include "tools/callsim/script.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/mem.h"
#include "common/num.h"

enum text_arg { TEXT_NONE, TEXT_WORD, TEXT_REST };
enum num_arg { NUM_NONE, NUM_NEEDED, NUM_OPTIONAL };

struct step_spec {
	const char	*name;
	enum text_arg	 text;
	enum num_arg	 num;
	int64_t		 min, max, def;
};

#define WAIT	NUM_OPTIONAL, 20, 3600000, SCRIPT_WAIT_MS
#define AFTER	NUM_OPTIONAL, 0, 60000, SCRIPT_AFTER_MS
#define LASTING	NUM_NEEDED, 20, 3600000, 0
#define NOTHING	NUM_NONE, 0, 0, 0

static const struct step_spec specs[] = {
	[STEP_WAIT_CONNECTED] =		{ "wait-connected", TEXT_NONE, WAIT },
	[STEP_WAIT_REPLY_BEGIN] =	{ "wait-reply-begin", TEXT_NONE, WAIT },
	[STEP_WAIT_REPLY_END] =		{ "wait-reply-end", TEXT_NONE, WAIT },
	[STEP_WAIT_HANGUP] =		{ "wait-hangup", TEXT_NONE, WAIT },
	[STEP_SAY] =			{ "say", TEXT_WORD, NOTHING },
	[STEP_SAY_TEXT] =		{ "say-text", TEXT_WORD, NOTHING },
	[STEP_INTERRUPT] =		{ "interrupt", TEXT_WORD, AFTER },
	[STEP_INTERRUPT_TEXT] =		{ "interrupt-text", TEXT_WORD, AFTER },
	[STEP_SILENCE] =		{ "silence", TEXT_NONE, LASTING },
	[STEP_DTMF] =			{ "dtmf", TEXT_WORD, NOTHING },
	[STEP_HANGUP] =			{ "hangup", TEXT_NONE, NOTHING },
	[STEP_DROP_SOCKET] =		{ "drop-socket", TEXT_NONE, NOTHING },
	[STEP_SEND_BAD_FRAME] =		{ "send-bad-frame", TEXT_NONE, NUM_NEEDED, 0, 60000, 0 },
	[STEP_SEND_TEXT] =		{ "send-text", TEXT_REST, NOTHING },
	[STEP_MARK] =			{ "mark", TEXT_WORD, NOTHING },
	[STEP_EXPECT_REPLY] =		{ "expect-reply", TEXT_NONE, NOTHING },
	[STEP_EXPECT_SILENCE] =		{ "expect-silence", TEXT_NONE, LASTING },
	[STEP_RUN] =			{ "run", TEXT_REST, NOTHING },
	[STEP_STALL] =			{ "stall", TEXT_NONE, LASTING },
	[STEP_ANSWER] =			{ "answer", TEXT_NONE, NOTHING },
	[STEP_PRESS] =			{ "press", TEXT_WORD, NOTHING },
	[STEP_EXPECT_TEXT] =		{ "expect-text", TEXT_WORD, WAIT },
	[STEP_EXPECT_KEYS] =		{ "expect-keys", TEXT_WORD, WAIT },
	[STEP_WAIT_TALK_END] =		{ "wait-talk-end", TEXT_NONE, WAIT },
	[STEP_WAIT_BEEP] =		{ "wait-beep", TEXT_NONE, WAIT },
	[STEP_WAIT_INPUT] =		{ "wait-input", TEXT_NONE, WAIT },
};
static_assert(sizeof(specs) / sizeof(specs[0]) == STEP_WAIT_INPUT + 1, "a row for each step");

#define NSPECS	(sizeof(specs) / sizeof(specs[0]))

const char *
step_name(enum step_kind kind)
{
	return specs[kind].name;
}

static const char *
skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* A word, or text in double quotes with \" and \\. NULL: cause is set. */
static const char *
take_word(const char *s, const char *end, char **ret, const char **cause)
{
	struct buf	 b;
	bool		 quoted = s < end && *s == '"';

	buf_init(&b, SCRIPT_TEXT_MAX);
	for (s += quoted; s < end; s++) {
		if (quoted ? *s == '"' : *s == ' ' || *s == '\t')
			break;
		if (quoted && *s == '\\' && s + 1 < end)
			s++;
		buf_putc(&b, *s);
	}
	*cause = NULL;
	if (quoted && s == end)
		*cause = "the closing quote is missing";
	else if (b.len == 0)
		*cause = "a text is needed";
	else if ((*ret = buf_steal(&b, NULL)) == NULL)
		*cause = "out of memory";
	buf_clear(&b);
	return *cause == NULL ? s + quoted : NULL;
}

static const char *
take_text(const struct step_spec *spec, const char *s, const char *end, char **ret, const char **cause)
{
	switch (spec->text) {
	case TEXT_NONE:
		return s;
	case TEXT_WORD:
		return take_word(s, end, ret, cause);
	case TEXT_REST:
		if (s == end) {
			*cause = "a text is needed";
			return NULL;
		}
		if ((*ret = mem_strndup(s, (size_t)(end - s))) == NULL) {
			*cause = "out of memory";
			return NULL;
		}
		return end;
	}
	return NULL;
}

static const char *
take_number(const struct step_spec *spec, const char *s, const char *end, int64_t *ret, const char **cause)
{
	const char	*stop = s;

	while (stop < end && *stop != ' ' && *stop != '\t')
		stop++;
	*ret = spec->def;
	if (spec->num == NUM_NONE || (spec->num == NUM_OPTIONAL && stop == s))
		return s;
	if (num_parse_n(s, (size_t)(stop - s), spec->min, spec->max, ret) == -1) {
		*cause = errno == ERANGE ? "the number is out of range" : "a number is needed";
		return NULL;
	}
	return stop;
}

static const char *
check_text(const struct step *step)
{
	if ((step->kind == STEP_DTMF || step->kind == STEP_PRESS) && step->text[strspn(step->text, "0123456789*#")] != '\0')
		return "digits are 0-9 * #";
	return NULL;
}

/* One line without its newline. 1 a step, 0 nothing on it, -1 cause is set. */
static int
parse_line(struct step *step, const char *s, const char *end, const char **cause)
{
	const char	*word;
	size_t		 i, len;

	s = skip_blanks(s, end);
	while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	if (s == end || *s == '#')
		return 0;
	for (word = s; s < end && *s != ' ' && *s != '\t'; s++)
		;
	len = (size_t)(s - word);
	for (i = 0; i < NSPECS; i++)
		if (strlen(specs[i].name) == len && memcmp(specs[i].name, word, len) == 0)
			break;
	*cause = "no such step";
	if (i == NSPECS)
		return -1;
	step->kind = (enum step_kind)i;
	if ((s = take_text(&specs[i], skip_blanks(s, end), end, &step->text, cause)) == NULL ||
	    (s = take_number(&specs[i], skip_blanks(s, end), end, &step->ms, cause)) == NULL)
		return -1;
	*cause = "there is more on the line than the step takes";
	if (skip_blanks(s, end) != end || (*cause = check_text(step)) != NULL)
		return -1;
	return 1;
}

static int
add_step(struct script *s, const struct step *step)
{
	struct step	*bigger;

	if ((bigger = mem_realloc(s->steps, (s->nsteps + 1) * sizeof(*bigger))) == NULL)
		return -1;
	s->steps = bigger;
	s->steps[s->nsteps++] = *step;
	return 0;
}

int
script_parse(struct script *ret, const char *text, size_t len, char *cause, size_t cause_size)
{
	struct script	 s = { 0 };
	struct step	 step;
	const char	*end = text + len, *nl, *why = NULL;
	unsigned	 line;
	int		 rc;

	for (line = 1; text < end; line++, text = nl + (nl < end)) {
		if ((nl = memchr(text, '\n', (size_t)(end - text))) == NULL)
			nl = end;
		step = (struct step){ .line = line };
		rc = parse_line(&step, text, nl, &why);
		if (rc == 1 && s.nsteps == SCRIPT_STEPS_MAX) {
			why = "too many steps";
			rc = -1;
		} else if (rc == 1 && add_step(&s, &step) == -1) {
			why = "out of memory";
			rc = -1;
		}
		if (rc == -1) {
			(void)snprintf(cause, cause_size, "line %u: %s: %.*s", line, why,
			    nl - text > 60 ? 60 : (int)(nl - text), text);
			free(step.text);
			script_clear(&s);
			return -1;
		}
	}
	*ret = s;
	return 0;
}

int
script_load(struct script *ret, const char *path, char *cause, size_t cause_size)
{
	char		 why[160];
	struct buf	 text;
	char		 piece[4096];
	FILE		*f;
	size_t		 n;
	int		 rc = -1;

	if ((f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re")) == NULL) {
		(void)snprintf(cause, cause_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	buf_init(&text, SCRIPT_TEXT_MAX);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_append(&text, piece, n);
	if (ferror(f))
		(void)snprintf(cause, cause_size, "%s: read error", path);
	else if (buf_failed(&text))
		(void)snprintf(cause, cause_size, "%s: longer than %d bytes", path, SCRIPT_TEXT_MAX);
	else if (script_parse(ret, text.data, text.len, why, sizeof(why)) == -1)
		(void)snprintf(cause, cause_size, "%s: %s", path, why);
	else
		rc = 0;
	buf_clear(&text);
	if (f != stdin)
		(void)fclose(f);
	return rc;
}

void
script_clear(struct script *s)
{
	size_t	i;

	for (i = 0; i < s->nsteps; i++)
		free(s->steps[i].text);
	free(s->steps);
	*s = (struct script){ 0 };
}
