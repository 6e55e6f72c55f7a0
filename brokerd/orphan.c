/* SPDX-License-Identifier: ISC */
/*
 * orphan: words that a former owner had taken but not yet understood (call.h).
 *
 * Their row says "heard" and has no text. Usually vadd, which keeps what was
 * not acknowledged, sends them again within milliseconds of our claim. If it
 * died too they are gone: then the caller is asked to say them again, instead
 * of waiting in silence.
 */
#include "brokerd/call.h"
#include "brokerd/timer.h"

#define ORPHAN_WAIT_MS	1000	/* for a vadd that is routed anew and sends again */

static bool
sent_again(const struct call *c, int64_t turn)
{
	size_t	i;

	for (i = 0; i < c->nseen; i++)
		if (c->seen[i].turn == turn && c->seen[i].state == SEEN_ORPHAN && c->seen[i].utt != -1)
			return false;
	return true;
}

static void
on_wait(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;
	struct turn	*lost = c->orphan, *t;

	(void)fd;
	(void)what;
	c->orphan = NULL;
	if (lost == NULL || sent_again(c, lost->row.turn)) {
		turn_free(lost);
		return;
	}
	log_warn(&c->log, "words.lost", "turn=%lld cause=vadd_and_brokerd_died did=asked_again", (long long)lost->row.turn);
	(void)turn_set_text(&lost->row.error, "the words were lost with vadd and brokerd");
	turn_set_state(lost, TURN_CANCELLED);
	(void)call_commit(c, lost, "user", NULL, NULL);
	turn_free(lost);
	if (!c->lost && c->turn == NULL && !c->ending && !listen_active(c) &&
	    (t = call_new_turn(c, TURN_THINKING)) != NULL)
		talk_phrase(c, t, PHRASE_NOT_CAUGHT);
}

int
orphan_init(struct call *c)
{
	return (c->orphan_wait = event_new(c->b->base, -1, 0, on_wait, c)) == NULL ? -1 : 0;
}

void
orphan_wait(struct call *c, struct turn *t)
{
	turn_free(c->orphan);
	c->orphan = t;
	timer_arm(c->orphan_wait, ORPHAN_WAIT_MS);
}

void
orphan_clear(struct call *c)
{
	timer_free(&c->orphan_wait);
	turn_free(c->orphan);
	c->orphan = NULL;
}
