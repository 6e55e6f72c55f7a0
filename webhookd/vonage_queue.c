/* SPDX-License-Identifier: ISC */
/*
 * Requests go at once while the limit of their class allows it, and otherwise
 * in their order, hang-ups first. A full queue refuses: whoever asks for more than
 * Vonage takes must hear of it, and jobs come again.
 */
#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "webhookd/vonage_impl.h"

static const char nokey[] = "application_id or private_key is not configured";

static void
insert(struct vonage_requests *list, struct vonage_request *r)
{
	struct vonage_request	*at;

	if (!r->urgent) {
		TAILQ_INSERT_TAIL(list, r, link);
		return;
	}
	TAILQ_FOREACH(at, list, link)
		if (!at->urgent)
			break;
	if (at != NULL)
		TAILQ_INSERT_BEFORE(at, r, link);
	else
		TAILQ_INSERT_TAIL(list, r, link);
}

/* The timer for whichever class may go first. */
static void
rearm(struct vonage *v)
{
	int64_t	least = -1, ms, now_ms = clock_mono_ms();
	int	i;

	for (i = 0; i < VONAGE_NCLASSES; i++) {
		if (TAILQ_EMPTY(&v->waiting[i]))
			continue;
		ms = limit_wait_ms(&v->limits[i], now_ms);
		if (least == -1 || ms < least)
			least = ms;
	}
	if (least != -1)
		loop_timer_set(v->loop, v->timer, least * 1000);
}

/* It cannot be sent: tell its owner, who was told that it would be. */
static void
fail(struct vonage_request *r, int e)
{
	struct vonage_reply	reply = { .result = VONAGE_RETRY, .retry_after_ms = -1, .base = r->base,
	    .text = e == ENOKEY ? nokey : strerror(e) };

	vonage_end(r, &reply);
}

/* What must not be done twice is not sent when others may believe by now that it was lost. */
static bool
is_stale(const struct vonage_request *r)
{
	return r->once && clock_mono_ms() - r->asked_mono_ms >
	    (r->class == VONAGE_CREATES ? VONAGE_CREATE_WAIT_MS : VONAGE_MESSAGE_WAIT_MS);
}

static void
come(struct vonage_request *turn)
{
	const struct vonage_reply	reply = { .result = VONAGE_OK, .text = "", .retry_after_ms = -1, .base = turn->base };

	limit_take(&turn->v->limits[turn->class], clock_mono_ms());
	vonage_end(turn, &reply);
}

static void
run_class(struct vonage *v, int class)
{
	struct vonage_requests	*list = &v->waiting[class];
	struct vonage_request	*r;

	while ((r = TAILQ_FIRST(list)) != NULL && limit_wait_ms(&v->limits[class], clock_mono_ms()) == 0) {
		TAILQ_REMOVE(list, r, link);
		v->stats.queued--;
		if (r->method == NULL)
			come(r);
		else if (is_stale(r))
			fail(r, ETIMEDOUT);
		else if (vonage_send(r) == -1)
			fail(r, errno);
		else
			limit_take(&v->limits[class], clock_mono_ms());
	}
}

void
vonage_queue_run(struct vonage *v)
{
	int	i;

	for (i = 0; i < VONAGE_NCLASSES; i++)
		run_class(v, i);
	rearm(v);
}

void
vonage_queue_again(struct vonage_request *r)
{
	struct vonage	*v = r->v;

	TAILQ_INSERT_HEAD(&v->waiting[r->class], r, link);
	v->stats.queued++;
	rearm(v);
}

int
vonage_submit(struct vonage_request *r, vonage_fn *fn, void *arg)
{
	struct vonage	*v = r->v;
	int		 saved_errno;

	r->fn = fn;
	r->arg = arg;
	r->asked_mono_ms = clock_mono_ms();
	if (!r->basic && vonage_token(v) == NULL)
		goto fail;
	if (r->method != NULL && TAILQ_EMPTY(&v->waiting[r->class]) && limit_wait_ms(&v->limits[r->class], clock_mono_ms()) == 0) {
		if (vonage_send(r) == -1)
			goto fail;
		limit_take(&v->limits[r->class], clock_mono_ms());
		return 0;
	}
	/* some room is the hang-ups' own */
	if (v->stats.queued >= (r->urgent ? 2 * VONAGE_QUEUE_MAX : VONAGE_QUEUE_MAX)) {
		v->stats.queue_full++;
		errno = EAGAIN;
		goto fail;
	}
	insert(&v->waiting[r->class], r);
	v->stats.queued++;
	rearm(v);
	return 0;
fail:
	saved_errno = errno;
	vonage_request_free(r);
	errno = saved_errno;
	return -1;
}

int
vonage_turn(struct vonage *v, vonage_fn *fn, void *arg, struct vonage_request **ret)
{
	struct vonage_request	*r;

	if ((r = vonage_request_new(v, VONAGE_OTHERS, NULL, "", "")) == NULL)
		return -1;
	r->basic = true;		/* who sends the request sees to its token */
	if (vonage_submit(r, fn, arg) == -1)
		return -1;
	*ret = r;
	return 0;
}

void
vonage_turn_cancel(struct vonage_request *turn)
{
	if (turn == NULL)
		return;
	TAILQ_REMOVE(&turn->v->waiting[turn->class], turn, link);
	turn->v->stats.queued--;
	vonage_request_free(turn);
}
