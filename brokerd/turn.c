/* SPDX-License-Identifier: ISC */
#include "brokerd/turn.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

static const char *const state_names[] = {
	[TURN_HEARD] =		"heard",
	[TURN_THINKING] =	"thinking",
	[TURN_SPEAKING] =	"speaking",
	[TURN_DONE] =		"done",
	[TURN_CANCELLED] =	"cancelled",
	[TURN_FAILED] =		"failed",
};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == TURN_NSTATES, "a name for each state");

static const unsigned may_follow[] = {
	[TURN_HEARD] =		1U << TURN_THINKING | 1U << TURN_CANCELLED | 1U << TURN_FAILED,
	[TURN_THINKING] =	1U << TURN_SPEAKING | 1U << TURN_DONE | 1U << TURN_CANCELLED | 1U << TURN_FAILED,
	[TURN_SPEAKING] =	1U << TURN_THINKING | 1U << TURN_DONE | 1U << TURN_CANCELLED | 1U << TURN_FAILED,
	[TURN_DONE] =		0,
	[TURN_CANCELLED] =	0,
	[TURN_FAILED] =		0,
};
static_assert(sizeof(may_follow) / sizeof(may_follow[0]) == TURN_NSTATES, "a row for each state");

const char *
turn_state_name(enum turn_state state)
{
	return state_names[state];
}

int
turn_state_parse(const char *name, enum turn_state *ret)
{
	size_t	 i;

	for (i = 0; i < TURN_NSTATES; i++)
		if (strcmp(name, state_names[i]) == 0) {
			*ret = (enum turn_state)i;
			return 0;
		}
	errno = EINVAL;
	return -1;
}

static void
write_state(struct turn *t)
{
	(void)snprintf(t->row.state, sizeof(t->row.state), "%s", state_names[t->state]);
}

struct turn *
turn_new(const struct callid *call, int64_t number, enum turn_state state, int64_t created_at)
{
	struct turn	*t;

	if ((t = mem_calloc(1, sizeof(*t))) == NULL)
		return NULL;
	store_turn_init(&t->row);
	t->row.call = *call;
	t->row.turn = number;
	t->row.epoch = 0;
	t->row.utt = 0;
	t->row.utt_gen = 0;
	t->row.created_at = created_at;
	t->state = state;
	write_state(t);
	return t;
}

struct turn *
turn_from_row(struct store_turn *row)
{
	struct turn	*t;

	if ((t = mem_calloc(1, sizeof(*t))) == NULL)
		return NULL;
	t->row = *row;
	store_turn_init(row);
	if (turn_state_parse(t->row.state, &t->state) == -1)
		t->state = TURN_FAILED;
	return t;
}

void
turn_free(struct turn *t)
{
	if (t == NULL)
		return;
	store_turn_clear(&t->row);
	if (t->secret != NULL)
		explicit_bzero(t->secret, strlen(t->secret));
	free(t->secret);
	free(t);
}

bool
turn_may_follow(enum turn_state from, enum turn_state to)
{
	return (may_follow[from] & 1U << to) != 0;
}

void
turn_set_state(struct turn *t, enum turn_state next)
{
	assert(turn_may_follow(t->state, next));
	t->state = next;
	write_state(t);
}

bool
turn_over(const struct turn *t)
{
	return may_follow[t->state] == 0;
}

int
turn_set_text(char **field, const char *text)
{
	char	*copy = NULL;

	if (text != NULL && text[0] != '\0' && (copy = mem_strdup(text)) == NULL)
		return -1;
	free(*field);
	*field = copy;
	return 0;
}

void
turn_set_utterance(struct turn *t, const struct msg_utterance *u)
{
	struct store_turn	*r = &t->row;

	r->utt = u->utt;
	r->utt_gen = (int64_t)u->gen;
	if (r->speech_start_ms < 0)
		r->speech_start_ms = (int64_t)u->speech_start_ms;
	r->speech_end_ms = (int64_t)u->speech_end_ms;
	r->utterance_at_ms = (int64_t)u->at_ms;
	r->endpoint_ms = r->utterance_at_ms - r->speech_end_ms;
	if (r->endpoint_ms < 0)
		r->endpoint_ms = 0;
}

/* Milliseconds between two marks, -1 when one is missing or they are in the wrong order. */
static int64_t
between(const struct turn *t, enum turn_mark from, enum turn_mark to)
{
	int64_t	 a = t->mark_us[from], b = t->mark_us[to];

	return a > 0 && b >= a ? (b - a + 500) / 1000 : -1;
}

void
turn_mark(struct turn *t, enum turn_mark mark, int64_t now_us)
{
	if (t->mark_us[mark] == 0)
		t->mark_us[mark] = now_us;
	t->row.stt_ms = between(t, TURN_MARK_UTTERANCE, TURN_MARK_TEXT);
	t->row.token_ms = between(t, TURN_MARK_TEXT, TURN_MARK_TOKEN);
	t->row.audio_ms = between(t, TURN_MARK_TOKEN, TURN_MARK_AUDIO);
	t->row.send_ms = between(t, TURN_MARK_AUDIO, TURN_MARK_STARTED);
}

void
turn_set_ear(struct turn *t, int64_t clock_ms)
{
	t->row.reply_start_ms = clock_ms;
	if (t->row.speech_end_ms >= 0 && clock_ms >= t->row.speech_end_ms)
		t->row.ear_ms = clock_ms - t->row.speech_end_ms;
}

void
turn_reset_reply(struct turn *t, int64_t epoch)
{
	t->row.epoch = epoch;
	t->mark_us[TURN_MARK_TOKEN] = 0;
	t->mark_us[TURN_MARK_AUDIO] = 0;
	t->mark_us[TURN_MARK_STARTED] = 0;
	t->row.token_ms = t->row.audio_ms = t->row.send_ms = t->row.ear_ms = -1;
	t->row.reply_start_ms = t->row.reply_heard_ms = t->row.reply_total_ms = -1;
	t->row.interrupted = false;
	t->row.action[0] = '\0';
	(void)turn_set_text(&t->row.bot_text, NULL);
	(void)turn_set_text(&t->row.heard_text, NULL);
}

static void
cut_text(char *out, size_t size, const char *text)
{
	size_t	 n = strlen(text);

	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, text, n);
	out[n] = '\0';
}

void
turn_fact(const struct turn *t, const char *role, struct msg_turn *ret)
{
	const struct store_turn	*r = &t->row;
	const char		*text = NULL;

	memset(ret, 0, sizeof(*ret));
	ret->turn = r->turn;
	ret->epoch = r->epoch;
	(void)snprintf(ret->state, sizeof(ret->state), "%s", state_names[t->state]);
	(void)snprintf(ret->role, sizeof(ret->role), "%s", role);
	if (strcmp(role, "user") == 0)
		text = r->user_text;
	else if (strcmp(role, "assistant") == 0)
		text = turn_over(t) ? r->heard_text : r->bot_text;
	cut_text(ret->text, sizeof(ret->text), text == NULL ? "" : text);
	ret->speech_end_ms = r->speech_end_ms;
	ret->ear_ms = r->ear_ms;
	ret->endpoint_ms = r->endpoint_ms;
	ret->stt_ms = r->stt_ms;
	ret->token_ms = r->token_ms;
	ret->audio_ms = r->audio_ms;
	ret->send_ms = r->send_ms;
	ret->interrupted = r->interrupted;
}
