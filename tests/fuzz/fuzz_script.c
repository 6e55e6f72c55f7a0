/* SPDX-License-Identifier: ISC */
/*
 * Scripts of the simulated caller. What parses is written down again, every
 * text in quotes, and must parse to the same steps.
 */
#include "tests/fuzz/must.h"
#include "tools/callsim/script.h"

static bool
takes_rest(enum step_kind kind)
{
	return kind == STEP_SEND_TEXT || kind == STEP_RUN;
}

static void
put_quoted(struct buf *b, const char *text)
{
	(void)buf_puts(b, " \"");
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)buf_putc(b, '\\');
		(void)buf_putc(b, *text);
	}
	(void)buf_putc(b, '"');
}

static void
put_step(struct buf *b, const struct step *step)
{
	(void)buf_puts(b, step_name(step->kind));
	if (step->text != NULL && takes_rest(step->kind))
		(void)buf_printf(b, " %s", step->text);
	else if (step->text != NULL)
		put_quoted(b, step->text);
	/* 0 is a number that not every step takes, and none that is left out */
	if (step->ms > 0 || step->kind == STEP_SEND_BAD_FRAME || step->kind == STEP_INTERRUPT ||
	    step->kind == STEP_INTERRUPT_TEXT)
		(void)buf_printf(b, " %lld", (long long)step->ms);
	(void)buf_putc(b, '\n');
}

static void
again(const struct script *s)
{
	struct script	twice;
	struct buf	text;
	char		cause[200];
	size_t		i;

	buf_init(&text, RESULT_MAX);
	for (i = 0; i < s->nsteps; i++)
		put_step(&text, &s->steps[i]);
	must(!buf_failed(&text), "no memory");
	must(script_parse(&twice, text.data, text.len, cause, sizeof(cause)) == 0, "a step that was read is refused");
	must(twice.nsteps == s->nsteps, "another number of steps");
	for (i = 0; i < s->nsteps; i++) {
		must(twice.steps[i].kind == s->steps[i].kind && twice.steps[i].ms == s->steps[i].ms, "another step");
		must((twice.steps[i].text == NULL) == (s->steps[i].text == NULL) && (twice.steps[i].text == NULL ||
		    strcmp(twice.steps[i].text, s->steps[i].text) == 0), "another text");
	}
	script_clear(&twice);
	buf_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script	s = { .nsteps = 0 };
	char		cause[64] = "";
	size_t		i;

	if (script_parse(&s, (const char *)data, size, cause, sizeof(cause)) == -1) {
		must_end(cause, sizeof(cause), "an endless cause");
		must(strncmp(cause, "line ", 5) == 0 && s.nsteps == 0, "refused without a line");
		return 0;
	}
	must(s.nsteps <= SCRIPT_STEPS_MAX, "too many steps");
	for (i = 0; i < s.nsteps; i++)
		must(s.steps[i].ms >= 0 && s.steps[i].ms <= 3600000 && s.steps[i].line > 0, "a number out of range");
	if (memchr(data, '\0', size) == NULL)	/* a text ends there */
		again(&s);
	script_clear(&s);
	return 0;
}
