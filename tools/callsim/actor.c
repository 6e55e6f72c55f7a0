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
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/report.h"
#include "tools/callsim/sim.h"

#define DIGIT_MS	300	/* between two key presses */

extern char **environ;

enum progress { STEP_WAITS, STEP_DONE, STEP_FAILED };

static void
forget_texts(struct actor *a, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++)
		free(a->texts[i]);
	a->ntexts -= n;
	memmove(a->texts, a->texts + n, a->ntexts * sizeof(a->texts[0]));
}

static void
stop_command(struct actor *a)
{
	if (a->child == 0)
		return;
	(void)kill(a->child, SIGTERM);
	(void)waitpid(a->child, NULL, 0);
	a->child = 0;
}

static int64_t
elapsed_ms(const struct leg *leg)
{
	return line_ticks(leg->line) * AUDIO_FRAME_MS - leg->actor.since_ms;
}

static enum progress
fail(struct leg *leg, const struct step *step, const char *why)
{
	call_trouble(leg->call, CALL_RESULT_FAILED, "line %u of the script (%s): %s", step->line,
	    step_name(step->kind), why);
	return STEP_FAILED;
}

static enum progress
wait_for(struct leg *leg, const struct step *step, bool held, const char *why)
{
	if (held)
		return STEP_DONE;
	return elapsed_ms(leg) < step->ms ? STEP_WAITS : fail(leg, step, why);
}

static void
note_said(struct leg *leg, const char *text)
{
	struct json_object	*o;

	if (leg->call->details.transcript == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", line_ticks(leg->line) * AUDIO_FRAME_MS);
	(void)json_add_str(o, "who", leg == leg->call->first ? "caller" : "phone");
	(void)json_add_str(o, "text", text);
	(void)json_object_array_add(leg->call->details.transcript, o);
}

/* What a recogniser would make of a step: its text, or the name of its file ("opening-hours.wav"). */
static void
words_of(const struct step *step, char *out, size_t size)
{
	const char	*slash = strrchr(step->text, '/');
	char		*p;

	if (step->kind == STEP_SAY_TEXT || step->kind == STEP_INTERRUPT_TEXT) {
		(void)snprintf(out, size, "%s", step->text);
		return;
	}
	(void)snprintf(out, size, "%s", slash == NULL ? step->text : slash + 1);
	out[strcspn(out, ".")] = '\0';
	for (p = out; *p != '\0'; p++)
		if (*p == '-' || *p == '_')
			*p = ' ';
}

static enum progress
start_speaking(struct leg *leg, const struct step *step)
{
	struct clip	*clip = voices_get(leg->actor.voices, leg->actor.step, line_rate(leg->line));

	if (clip == NULL)
		return fail(leg, step, "out of memory");
	actor_turn_close(leg);
	line_say(leg->line, clip);
	leg->actor.turn_name = step->text;
	leg->actor.turn_told = false;
	leg->actor.nturns++;
	leg->actor.speaking = true;
	leg->actor.say_mark = leg->actor.wait_mark = line_meter(leg->line)->stretches;
	note_said(leg, step->text);
	words_of(step, leg->actor.words, sizeof(leg->actor.words));
	recorder_said(leg, leg->actor.words, (int64_t)(clip->audio.nsamples * 1000 / clip->audio.rate_hz));
	leg_speaks(leg, leg->actor.words);
	return STEP_WAITS;
}

static enum progress
do_say(struct leg *leg, const struct step *step)
{
	if (!leg->actor.speaking)
		return start_speaking(leg, step);
	return line_saying(leg->line) ? STEP_WAITS : STEP_DONE;
}

static enum progress
do_interrupt(struct leg *leg, const struct step *step)
{
	const struct earmeter	*m = line_meter(leg->line);

	if (leg->actor.speaking)
		return line_saying(leg->line) ? STEP_WAITS : STEP_DONE;
	if (m->sounding && earmeter_ms(m, m->pos - m->stretch_begin) >= step->ms)
		return start_speaking(leg, step);
	return elapsed_ms(leg) < SCRIPT_WAIT_MS + step->ms ? STEP_WAITS :
	    fail(leg, step, "the bot did not speak that long");
}

static enum progress
do_wait_end(struct leg *leg, const struct step *step)
{
	const struct earmeter	*m = line_meter(leg->line);
	bool			 heard = m->stretches > leg->actor.wait_mark;

	if (heard && !m->sounding) {
		leg->actor.wait_mark = m->stretches;
		return STEP_DONE;
	}
	return wait_for(leg, step, false, heard ? "the reply did not end" : "no reply was heard");
}

static enum progress
do_dtmf(struct leg *leg, const struct step *step)
{
	if (elapsed_ms(leg) < (int64_t)leg->actor.digit * DIGIT_MS)
		return STEP_WAITS;
	if (step->text[leg->actor.digit] == '\0')
		return STEP_DONE;
	leg_key(leg, step->text[leg->actor.digit++]);
	return STEP_WAITS;
}

/* The open socket of the call that was connected first; NULL: none. */
static struct leg *
socket_of(struct leg *leg)
{
	struct leg	*other;

	TAILQ_FOREACH(other, &leg->call->legs, in_call)
		if (other->sock.open)
			return other;
	return NULL;
}

static enum progress
do_expect_text(struct leg *leg, const struct step *step)
{
	struct actor	*a = &leg->actor;
	size_t		 i;

	for (i = 0; i < a->ntexts; i++)
		if (strcasestr(a->texts[i], step->text) != NULL) {
			forget_texts(a, i + 1);
			return STEP_DONE;
		}
	return wait_for(leg, step, false, "it was not said");
}

/* A counter that must have passed what it was at the step of its kind before. */
static enum progress
wait_count(struct leg *leg, const struct step *step, unsigned count, unsigned *mark, const char *why)
{
	if (count <= *mark)
		return wait_for(leg, step, false, why);
	*mark = count;
	return STEP_DONE;
}

/* An input that listens now, each once. */
static enum progress
wait_input(struct leg *leg, const struct step *step)
{
	struct leg	*ear = leg->parent != NULL && leg->run.state == RUN_IDLE ? leg->parent : leg;

	if (ear->run.state != RUN_INPUT && ear->run.keys_url == NULL)
		return wait_for(leg, step, false, "no input began");
	return wait_count(leg, step, ear->run.inputs, &leg->actor.inputs_mark, "no input began");
}

static enum progress
do_bad_frame(struct leg *leg, const struct step *step)
{
	struct leg	*socket = socket_of(leg);
	void		*zeros;

	if (socket == NULL)
		return fail(leg, step, "there is no socket");
	if ((zeros = mem_calloc(1, (size_t)step->ms + 1)) == NULL)
		return fail(leg, step, "out of memory");
	wsclient_send_binary(socket->sock.ws, zeros, (size_t)step->ms);
	free(zeros);
	return STEP_DONE;
}

static enum progress
do_mark(struct leg *leg, const struct step *step)
{
	struct json_object	*o;

	if (leg->call->details.marks != NULL && (o = json_object_new_object()) != NULL) {
		(void)json_add_str(o, "name", step->text);
		(void)json_add_int(o, "ms", leg_ms(leg));
		(void)json_object_array_add(leg->call->details.marks, o);
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
do_run(struct leg *leg, const struct step *step)
{
	pid_t	 got;
	int	 status;

	if (leg->actor.child == 0) {
		if ((errno = start_command(&leg->actor.child, step->text)) == 0)
			return STEP_WAITS;
		leg->actor.child = 0;
		return fail(leg, step, strerror(errno));
	}
	if ((got = waitpid(leg->actor.child, &status, WNOHANG)) == 0)
		return STEP_WAITS;	/* or, the call being over, actor_settled() asks again */
	leg->actor.child = 0;
	if (got == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return fail(leg, step, "the command failed");
	return STEP_DONE;
}

static enum progress
do_stall(struct leg *leg, const struct step *step)
{
	struct leg	*socket = socket_of(leg);
	bool		 over = elapsed_ms(leg) >= step->ms;

	if (socket != NULL)
		wsclient_stall(socket->sock.ws, !over);
	return over ? STEP_DONE : STEP_WAITS;
}

static enum progress
do_expect_silence(struct leg *leg, const struct step *step)
{
	const struct earmeter	*m = line_meter(leg->line);

	if (m->last_loud > leg->actor.since_pos)
		return fail(leg, step, "something was heard");
	return elapsed_ms(leg) >= step->ms ? STEP_DONE : STEP_WAITS;
}

static enum progress
do_socket(struct leg *leg, const struct step *step)
{
	struct leg	*socket = socket_of(leg);

	if (socket == NULL)
		return fail(leg, step, "there is no socket");
	if (step->kind == STEP_DROP_SOCKET)
		sockleg_drop(socket, "dropped by the script");
	else
		wsclient_send_text(socket->sock.ws, step->text, strlen(step->text));
	return STEP_DONE;
}

static enum progress
carry_out(struct leg *leg, const struct step *step)
{
	const struct earmeter	*m = line_meter(leg->line);

	switch (step->kind) {
	case STEP_WAIT_CONNECTED:
		return wait_for(leg, step, leg->call->sockets_open > 0, "no socket was connected");
	case STEP_WAIT_REPLY_BEGIN:
		return wait_for(leg, step, m->stretches > leg->actor.wait_mark, "no reply was heard");
	case STEP_WAIT_REPLY_END:
		return do_wait_end(leg, step);
	case STEP_WAIT_HANGUP:
		return wait_for(leg, step, false, "nobody hung up");
	case STEP_SAY:
	case STEP_SAY_TEXT:
		return do_say(leg, step);
	case STEP_INTERRUPT:
	case STEP_INTERRUPT_TEXT:
		return do_interrupt(leg, step);
	case STEP_SILENCE:
		return elapsed_ms(leg) >= step->ms ? STEP_DONE : STEP_WAITS;
	case STEP_DTMF:
	case STEP_PRESS:
		return do_dtmf(leg, step);
	case STEP_ANSWER:
		return STEP_DONE;	/* a script begins with the answer */
	case STEP_EXPECT_TEXT:
		return do_expect_text(leg, step);
	case STEP_EXPECT_KEYS:
		return wait_for(leg, step, strstr(leg->actor.keys, step->text) != NULL, "they were not heard");
	case STEP_WAIT_TALK_END:
		return wait_count(leg, step, leg->actor.talks_ended, &leg->actor.talks_mark, "no talk ended");
	case STEP_WAIT_BEEP:
		return wait_count(leg, step, leg->beeps, &leg->actor.beeps_mark, "no beep was heard");
	case STEP_WAIT_INPUT:
		return wait_input(leg, step);
	case STEP_HANGUP:
		return STEP_DONE;
	case STEP_DROP_SOCKET:
	case STEP_SEND_TEXT:
		return do_socket(leg, step);
	case STEP_SEND_BAD_FRAME:
		return do_bad_frame(leg, step);
	case STEP_MARK:
		return do_mark(leg, step);
	case STEP_EXPECT_REPLY:
		return m->stretches > leg->actor.say_mark ? STEP_DONE : fail(leg, step, "no reply was heard");
	case STEP_EXPECT_SILENCE:
		return do_expect_silence(leg, step);
	case STEP_RUN:
		return do_run(leg, step);
	case STEP_STALL:
		return do_stall(leg, step);
	}
	return STEP_FAILED;
}

static void
enter(struct leg *leg)
{
	struct actor	*a = &leg->actor;

	if (a->entered)
		return;
	a->entered = true;
	a->speaking = false;
	a->digit = 0;
	a->since_ms = line_ticks(leg->line) * AUDIO_FRAME_MS;
	a->since_pos = line_meter(leg->line)->pos;
}

void
actor_tick(struct leg *leg)
{
	struct actor		*a = &leg->actor;
	const struct script	*s = a->script;
	enum step_kind		 kind;
	enum progress		 p;

	if (s == NULL || (a->greeting && line_saying(leg->line)))
		return;
	a->greeting = false;
	while (leg->state == LEG_LIVE) {
		if (a->step == s->nsteps && a->loop && s->nsteps > 0) {
			a->step = 0;
			return;		/* at most one round a tick */
		}
		a->finished = a->step == s->nsteps;
		if (a->finished) {
			leg_end(leg, "user");
			return;
		}
		enter(leg);
		kind = s->steps[a->step].kind;
		if ((p = carry_out(leg, &s->steps[a->step])) == STEP_WAITS)
			return;
		a->entered = false;
		a->step++;
		if (p == STEP_FAILED || kind == STEP_HANGUP) {
			a->finished = true;
			leg_end(leg, "user");
		}
	}
}

const char *
actor_unfinished(const struct leg *leg, unsigned *ret_line)
{
	const struct actor	*a = &leg->actor;
	const struct script	*s = a->script;
	size_t			 i;

	if (s == NULL || a->finished || a->loop)
		return NULL;
	for (i = a->step; i < s->nsteps; i++)
		switch (s->steps[i].kind) {
		case STEP_WAIT_HANGUP:
		case STEP_SILENCE:
		case STEP_MARK:
		case STEP_HANGUP:
		case STEP_EXPECT_SILENCE:
		case STEP_ANSWER:
			break;
		case STEP_WAIT_REPLY_END:	/* hung up while the goodbye rang out */
			if (i == a->step && line_meter(leg->line)->stretches > a->wait_mark)
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
		case STEP_PRESS:
		case STEP_EXPECT_TEXT:
		case STEP_EXPECT_KEYS:
		case STEP_WAIT_TALK_END:
		case STEP_WAIT_BEEP:
		case STEP_WAIT_INPUT:
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
actor_settled(struct leg *leg)
{
	struct actor	*a = &leg->actor;

	if (a->child == 0)
		return true;
	if (clock_wall_ms() - leg->ended_ms > ACTOR_RUN_MS)
		stop_command(a);
	else if (do_run(leg, &a->script->steps[a->step]) == STEP_WAITS)
		return false;
	return true;
}

void
actor_hears(struct actor *a, const char *text)
{
	if (a->ntexts == ACTOR_TEXTS_MAX)
		forget_texts(a, 1);
	if ((a->texts[a->ntexts] = mem_strdup(text)) != NULL)
		a->ntexts++;
}

void
actor_keys(struct actor *a, const char *digits)
{
	size_t	len = strlen(a->keys);

	(void)snprintf(a->keys + len, sizeof(a->keys) - len, "%s", digits);
}

void
actor_clear(struct actor *a)
{
	forget_texts(a, a->ntexts);
	stop_command(a);
}
