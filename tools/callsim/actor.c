/* SPDX-License-Identifier: ISC */
#include "tools/callsim/actor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/mem.h"
#include "tools/callsim/call.h"

#define DIGIT_MS	300	/* between two key presses */

extern char **environ;

enum progress { STEP_WAITS, STEP_DONE, STEP_FAILED };

static int64_t
elapsed_ms(const struct call *c)
{
	return line_ticks(c->line) * AUDIO_FRAME_MS - c->actor.since_ms;
}

static enum progress
fail(struct call *c, const struct step *step, const char *why)
{
	call_trouble(c, CALL_RESULT_FAILED, "line %u of the script (%s): %s", step->line,
	    step_name(step->kind), why);
	return STEP_FAILED;
}

static enum progress
wait_for(struct call *c, const struct step *step, bool held, const char *why)
{
	if (held)
		return STEP_DONE;
	return elapsed_ms(c) < step->ms ? STEP_WAITS : fail(c, step, why);
}

static void
note_said(struct call *c, const char *text)
{
	struct json_object	*o;

	if (c->details.transcript == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", line_ticks(c->line) * AUDIO_FRAME_MS);
	(void)json_add_str(o, "who", "caller");
	(void)json_add_str(o, "text", text);
	(void)json_object_array_add(c->details.transcript, o);
}

static enum progress
start_speaking(struct call *c, const struct step *step)
{
	struct clip	*clip = voices_get(c->sim->voices, c->actor.step, line_rate(c->line));

	if (clip == NULL)
		return fail(c, step, "out of memory");
	call_turn_close(c);
	line_say(c->line, clip);
	c->turn_name = step->text;
	c->turn_told = false;
	c->nturns++;
	c->actor.speaking = true;
	c->actor.say_mark = c->actor.wait_mark = line_meter(c->line)->stretches;
	note_said(c, step->text);
	return STEP_WAITS;
}

static enum progress
do_say(struct call *c, const struct step *step)
{
	if (!c->actor.speaking)
		return start_speaking(c, step);
	return line_saying(c->line) ? STEP_WAITS : STEP_DONE;
}

static enum progress
do_interrupt(struct call *c, const struct step *step)
{
	const struct earmeter	*m = line_meter(c->line);

	if (c->actor.speaking)
		return line_saying(c->line) ? STEP_WAITS : STEP_DONE;
	if (m->sounding && earmeter_ms(m, m->pos - m->stretch_begin) >= step->ms)
		return start_speaking(c, step);
	return elapsed_ms(c) < SCRIPT_WAIT_MS + step->ms ? STEP_WAITS :
	    fail(c, step, "the bot did not speak that long");
}

static enum progress
do_wait_end(struct call *c, const struct step *step)
{
	const struct earmeter	*m = line_meter(c->line);
	bool			 heard = m->stretches > c->actor.wait_mark;

	if (heard && !m->sounding) {
		c->actor.wait_mark = m->stretches;
		return STEP_DONE;
	}
	return wait_for(c, step, false, heard ? "the reply did not end" : "no reply was heard");
}

static enum progress
do_dtmf(struct call *c, const struct step *step)
{
	char	text[80];
	int	n;

	if (!c->ws_open)
		return fail(c, step, "there is no socket");
	if (elapsed_ms(c) < (int64_t)c->actor.digit * DIGIT_MS)
		return STEP_WAITS;
	if (step->text[c->actor.digit] == '\0')
		return STEP_DONE;
	n = snprintf(text, sizeof(text), "{\"event\":\"websocket:dtmf\",\"digit\":\"%c\",\"duration\":260}",
	    step->text[c->actor.digit++]);
	wsclient_send_text(c->ws, text, (size_t)n);
	return STEP_WAITS;
}

static enum progress
do_bad_frame(struct call *c, const struct step *step)
{
	void	*zeros;

	if (!c->ws_open)
		return fail(c, step, "there is no socket");
	if ((zeros = mem_calloc(1, (size_t)step->ms + 1)) == NULL)
		return fail(c, step, "out of memory");
	wsclient_send_binary(c->ws, zeros, (size_t)step->ms);
	free(zeros);
	return STEP_DONE;
}

static enum progress
do_mark(struct call *c, const struct step *step)
{
	struct json_object	*o;

	if (c->details.marks != NULL && (o = json_object_new_object()) != NULL) {
		(void)json_add_str(o, "name", step->text);
		(void)json_add_int(o, "ms", call_now_ms(c));
		(void)json_object_array_add(c->details.marks, o);
	}
	return STEP_DONE;
}

/* The command gets the ordinary SIGPIPE back: it may start daemons or pipes. */
static int
start_command(pid_t *ret, char *text)
{
	char			*argv[] = { (char *)"sh", (char *)"-c", text, NULL };
	posix_spawnattr_t	 attr;
	sigset_t		 set;
	int			 error;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	if ((error = posix_spawnattr_init(&attr)) != 0)
		return error;
	if ((error = posix_spawnattr_setsigdefault(&attr, &set)) == 0 &&
	    (error = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF)) == 0)
		error = posix_spawn(ret, "/bin/sh", NULL, &attr, argv, environ);
	(void)posix_spawnattr_destroy(&attr);
	return error;
}

/* Polled each tick instead of SIGCHLD: 20 ms late does not matter here. */
static enum progress
do_run(struct call *c, const struct step *step)
{
	pid_t	 got;
	int	 status;

	if (c->actor.child == 0) {
		if ((errno = start_command(&c->actor.child, step->text)) == 0)
			return STEP_WAITS;
		c->actor.child = 0;
		return fail(c, step, strerror(errno));
	}
	if ((got = waitpid(c->actor.child, &status, WNOHANG)) == 0)
		return STEP_WAITS;	/* or, the call being over, actor_settled() asks again */
	c->actor.child = 0;
	if (got == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fail(c, step, "the command failed");
	return STEP_DONE;
}

static enum progress
do_stall(struct call *c, const struct step *step)
{
	bool	over = elapsed_ms(c) >= step->ms;

	if (c->ws_open)
		wsclient_stall(c->ws, !over);
	return over ? STEP_DONE : STEP_WAITS;
}

static enum progress
do_expect_silence(struct call *c, const struct step *step)
{
	const struct earmeter	*m = line_meter(c->line);

	if (m->last_loud > c->actor.since_pos)
		return fail(c, step, "something was heard");
	return elapsed_ms(c) >= step->ms ? STEP_DONE : STEP_WAITS;
}

static enum progress
carry_out(struct call *c, const struct step *step)
{
	const struct earmeter	*m = line_meter(c->line);

	switch (step->kind) {
	case STEP_WAIT_CONNECTED:
		return wait_for(c, step, c->ws_open, "no socket was connected");
	case STEP_WAIT_REPLY_BEGIN:
		return wait_for(c, step, m->stretches > c->actor.wait_mark, "no reply was heard");
	case STEP_WAIT_REPLY_END:
		return do_wait_end(c, step);
	case STEP_WAIT_HANGUP:
		return wait_for(c, step, false, "nobody hung up");
	case STEP_SAY:
	case STEP_SAY_TEXT:
		return do_say(c, step);
	case STEP_INTERRUPT:
	case STEP_INTERRUPT_TEXT:
		return do_interrupt(c, step);
	case STEP_SILENCE:
		return elapsed_ms(c) >= step->ms ? STEP_DONE : STEP_WAITS;
	case STEP_DTMF:
		return do_dtmf(c, step);
	case STEP_HANGUP:
		return STEP_DONE;
	case STEP_DROP_SOCKET:
		if (!c->ws_open)
			return fail(c, step, "there is no socket");
		sockleg_drop(c, "dropped by the script");
		return STEP_DONE;
	case STEP_SEND_BAD_FRAME:
		return do_bad_frame(c, step);
	case STEP_SEND_TEXT:
		if (!c->ws_open)
			return fail(c, step, "there is no socket");
		wsclient_send_text(c->ws, step->text, strlen(step->text));
		return STEP_DONE;
	case STEP_MARK:
		return do_mark(c, step);
	case STEP_EXPECT_REPLY:
		return m->stretches > c->actor.say_mark ? STEP_DONE : fail(c, step, "no reply was heard");
	case STEP_EXPECT_SILENCE:
		return do_expect_silence(c, step);
	case STEP_RUN:
		return do_run(c, step);
	case STEP_STALL:
		return do_stall(c, step);
	}
	return STEP_FAILED;
}

static void
enter(struct call *c)
{
	struct actor	*a = &c->actor;

	if (a->entered)
		return;
	a->entered = true;
	a->speaking = false;
	a->digit = 0;
	a->since_ms = line_ticks(c->line) * AUDIO_FRAME_MS;
	a->since_pos = line_meter(c->line)->pos;
}

void
actor_tick(struct call *c)
{
	const struct script	*s = &c->sim->script;
	struct actor		*a = &c->actor;
	enum step_kind		 kind;
	enum progress		 p;

	while (c->state == CALL_LIVE) {
		if (a->step == s->nsteps && c->sim->options.loop && s->nsteps > 0) {
			a->step = 0;
			return;		/* at most one round a tick */
		}
		a->finished = a->step == s->nsteps;
		if (a->finished) {
			call_end(c, "user");
			return;
		}
		enter(c);
		kind = s->steps[a->step].kind;
		if ((p = carry_out(c, &s->steps[a->step])) == STEP_WAITS)
			return;
		a->entered = false;
		a->step++;
		if (p == STEP_FAILED || kind == STEP_HANGUP) {
			a->finished = true;
			call_end(c, "user");
		}
	}
}

const char *
actor_unfinished(const struct call *c, unsigned *ret_line)
{
	const struct script	*s = &c->sim->script;
	const struct actor	*a = &c->actor;
	size_t			 i;

	if (a->finished || c->sim->options.loop)
		return NULL;
	for (i = a->step; i < s->nsteps; i++)
		switch (s->steps[i].kind) {
		case STEP_WAIT_HANGUP:
		case STEP_SILENCE:
		case STEP_MARK:
		case STEP_HANGUP:
		case STEP_EXPECT_SILENCE:
			break;
		case STEP_WAIT_REPLY_END:	/* hung up while the goodbye rang out */
			if (i == a->step && line_meter(c->line)->stretches > a->wait_mark)
				break;
			goto unfinished;
		case STEP_RUN:			/* its command may be what hung up */
			if (i == a->step && a->child != 0)
				break;
			goto unfinished;
		case STEP_WAIT_CONNECTED:
		case STEP_WAIT_REPLY_BEGIN:
		case STEP_SAY:
		case STEP_SAY_TEXT:
		case STEP_INTERRUPT:
		case STEP_INTERRUPT_TEXT:
		case STEP_DTMF:
		case STEP_DROP_SOCKET:
		case STEP_SEND_BAD_FRAME:
		case STEP_SEND_TEXT:
		case STEP_EXPECT_REPLY:
		case STEP_STALL:
			goto unfinished;
		}
	return NULL;
unfinished:
	*ret_line = s->steps[i].line;
	return step_name(s->steps[i].kind);
}

bool
actor_settled(struct call *c)
{
	struct actor	*a = &c->actor;

	if (a->child == 0)
		return true;
	if (clock_mono_us() - c->tick_us > ACTOR_RUN_MS * 1000)
		actor_clear(c);
	else if (do_run(c, &c->sim->script.steps[a->step]) == STEP_WAITS)
		return false;
	return true;
}

void
actor_clear(struct call *c)
{
	if (c->actor.child == 0)
		return;
	(void)kill(c->actor.child, SIGTERM);
	(void)waitpid(c->actor.child, NULL, 0);
	c->actor.child = 0;
}
