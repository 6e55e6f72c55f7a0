/* SPDX-License-Identifier: ISC */
/*
 * question: what a turn asks: a question that was not answered before, words, and keys
 * (call.h). The dialogue gets all of it, the row what may be kept: keys of an assistant
 * that hides them are counted there and in nothing else that is written.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/call.h"
#include "brokerd/timer.h"
#include "common/mem.h"

/* ---- questions ---- */

const char *
question_of(const struct turn *t)
{
	return t->secret != NULL ? t->secret : t->row.user_text;
}

static void
replace(char **field, char *text)
{
	free(*field);
	*field = text;
}

void
question_carry(struct call *c, const struct turn *t)
{
	if (t->row.user_text == NULL)
		return;
	replace(&c->carry_kept, question_join(c->carry_kept, t->row.user_text, NULL));
	replace(&c->carry, question_join(c->carry, question_of(t), NULL));
}

void
question_put(struct call *c, struct turn *t, const char *words)
{
	char	 heard[KEYS_TEXT_SIZE], kept[KEYS_TEXT_SIZE];
	char	*all, *row;

	(void)event_del(c->keys_end);
	keys_take(&c->keys, c->assistant->keys == KEYS_HIDE, heard, kept);
	if ((all = question_join(c->carry, words, heard)) == NULL)
		all = question_join(NULL, words, heard);
	if ((row = question_join(c->carry_kept, words, kept)) == NULL)
		row = question_join(NULL, words, kept);
	(void)turn_set_text(&t->row.user_text, row);
	(void)turn_set_text(&t->secret, all == NULL || row == NULL || strcmp(all, row) == 0 ? NULL : all);
	free(all);
	free(row);
	question_forget(c);
	(void)history_put(c->history, t->row.turn, question_of(t), NULL, false);
}

void
question_forget(struct call *c)
{
	replace(&c->carry, NULL);
	replace(&c->carry_kept, NULL);
}

/* ---- keys ---- */

/* They are a turn of their own: nobody spoke with them. */
static void
answer_keys(struct call *c)
{
	struct turn	*t;

	talk_interrupt(c, "keys");
	if ((t = call_new_turn(c, TURN_THINKING)) == NULL) {
		log_error(&c->log, "keys", "error=%s", LOG_Q(strerror(errno)));
		return;
	}
	log_info(&c->log, "keys", "turn=%lld keys=%zu", (long long)t->row.turn, c->keys.n);
	question_put(c, t, "");
	c->idle_prompts = c->not_caught = 0;
	c->b->count.turns++;
	(void)call_commit(c, t, "user", NULL, NULL);
	talk_answer(c, t);
}

/* Nothing came for a while. Words that are on their way take the keys along (question_put()). */
static void
on_keys_end(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	if (c->lost || c->keys.n == 0)
		return;
	c->keys.over = true;
	if (listen_hears(c) || (!c->assistant->keys_barge_in && (c->turn != NULL || c->old != NULL)))
		timer_arm(c->keys_end, KEYS_LOOK_MS);
	else if (c->ending)
		explicit_bzero(&c->keys, sizeof(c->keys));
	else
		answer_keys(c);
}

bool
keys_wait(const struct call *c)
{
	return c->keys.n > 0 && (c->assistant->keys_barge_in || (c->turn == NULL && c->old == NULL));
}

void
keys_pressed(struct call *c, const struct msg_dtmf *m)
{
	if (c->assistant->keys == KEYS_IGNORE || c->ending) {
		log_debug(&c->log, "dtmf", "ignored=1");
		return;
	}
	if (c->keys.over && c->keys.n > 0 && !listen_hears(c) && c->turn == NULL)
		answer_keys(c);			/* the next ones are others */
	keys_add(&c->keys, m->digit[0]);
	if (c->keys.n == 0)
		return;
	if (c->assistant->keys_barge_in && (c->turn != NULL || c->old != NULL))
		talk_interrupt(c, "keys");
	timer_arm(c->keys_end, c->keys.over ? 0 : c->assistant->keys_gap_ms);
	talk_update(c);
}

int
keys_init(struct call *c)
{
	return (c->keys_end = event_new(c->b->base, -1, 0, on_keys_end, c)) == NULL ? -1 : 0;
}

void
keys_clear(struct call *c)
{
	timer_free(&c->keys_end);
	explicit_bzero(&c->keys, sizeof(c->keys));
	question_forget(c);
}
