/* SPDX-License-Identifier: ISC */
#include "tools/callsim/conversation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/mem.h"
#include "tools/callsim/mix.h"
#include "tools/callsim/sim.h"

static void on_tick(void *arg);

struct conversation *
conv_new(struct sim *sim, const char *name, uint32_t rate_hz)
{
	struct conversation	*v;
	char			 random[SIM_UUID_SIZE];

	if ((v = mem_calloc(1, sizeof(*v))) == NULL)
		return NULL;
	if (name != NULL && (v->name = mem_strdup(name)) == NULL) {
		free(v);
		errno = ENOMEM;
		return NULL;
	}
	TAILQ_INIT(&v->legs);
	v->sim = sim;
	v->rate_hz = rate_hz;
	v->started = name == NULL;
	sim_uuid(random, true);
	(void)snprintf(v->uuid, sizeof(v->uuid), "CON-%s", random);
	v->tick_us = clock_mono_us();
	v->pace.tick = on_tick;
	v->pace.arg = v;
	TAILQ_INSERT_TAIL(&sim->conversations, v, entry);
	pace_add(sim->pace, &v->pace);
	return v;
}

void
conv_free(struct conversation *v)
{
	struct leg	*leg;

	while ((leg = TAILQ_FIRST(&v->legs)) != NULL)
		conv_leave(leg);
	pace_remove(v->sim->pace, &v->pace);
	TAILQ_REMOVE(&v->sim->conversations, v, entry);
	free(v->name);
	free(v);
}

struct conversation *
conv_find(struct sim *sim, const char *uuid)
{
	struct conversation	*v;

	TAILQ_FOREACH(v, &sim->conversations, entry)
		if (v->nlegs > 0 && strcmp(v->uuid, uuid) == 0)
			return v;
	return NULL;
}

struct conversation *
conv_named(struct sim *sim, const char *name)
{
	struct conversation	*v;

	TAILQ_FOREACH(v, &sim->conversations, entry)
		if (v->nlegs > 0 && v->name != NULL && strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

/* Bridges between the rate of the leg's own end and that of the conversation. */
static int
make_bridges(struct bridge *ret[3], const struct leg *leg, uint32_t rate_hz)
{
	ret[0] = ret[1] = ret[2] = NULL;
	if (leg->rate_hz == 0 || leg->rate_hz == rate_hz)
		return 0;
	if ((ret[0] = bridge_new(leg->rate_hz, rate_hz)) != NULL &&
	    (ret[1] = bridge_new(rate_hz, leg->rate_hz)) != NULL &&
	    (ret[2] = bridge_new(rate_hz, leg->rate_hz)) != NULL)
		return 0;
	bridge_free(ret[0]);
	bridge_free(ret[1]);
	return -1;
}

int
conv_join(struct conversation *v, struct leg *leg)
{
	struct bridge	*fresh[3];
	uint32_t	 before_hz = leg->conv == NULL ? v->rate_hz : leg->conv->rate_hz;

	if (leg->conv == v)
		return 0;
	if (v->nlegs == CONV_LEGS_MAX) {
		errno = ENOBUFS;
		return -1;
	}
	if (make_bridges(fresh, leg, v->rate_hz) == -1)
		return -1;
	conv_leave(leg);
	bridge_free(leg->out);
	bridge_free(leg->in);
	bridge_free(leg->in_talk);
	leg->out = fresh[0];
	leg->in = fresh[1];
	leg->in_talk = fresh[2];
	if (before_hz != v->rate_hz) {	/* made for the other rate */
		play_stop_all(leg);
		recorder_finish_all(leg);
	}
	leg->said_any = leg->talk_any = false;
	leg->conv = v;
	(void)snprintf(leg->conv_uuid, sizeof(leg->conv_uuid), "%s", v->uuid);
	TAILQ_INSERT_TAIL(&v->legs, leg, in_conv);
	v->nlegs++;
	return 0;
}

void
conv_leave(struct leg *leg)
{
	struct conversation	*v = leg->conv;

	if (v == NULL)
		return;
	leg_close_frame(leg);
	if (v->nlegs == 1) {
		(void)recorder_finish(v->recorder);
		v->recorder = NULL;
	}
	TAILQ_REMOVE(&v->legs, leg, in_conv);
	v->nlegs--;
	leg->conv = NULL;
	leg->said_any = leg->talk_any = false;
	if (v->recorder != NULL && v->recorder->leg == leg)
		v->recorder->leg = TAILQ_FIRST(&v->legs);
}

/* The first leg that has nothing to stay for; NULL: all have. */
static struct leg *
idle_leg(const struct conversation *v)
{
	struct leg	*leg, *first = NULL;
	bool		 controlled = false;

	TAILQ_FOREACH(leg, &v->legs, in_conv) {
		if (leg->state == LEG_OVER)	/* it is leaving, and settles then */
			continue;
		if (v->nlegs == 1 && leg->run.state == RUN_DONE && !leg->joins)
			return leg;
		controlled = controlled || leg->run.state != RUN_IDLE;
		if (first == NULL)
			first = leg;
	}
	return controlled ? NULL : first;
}

void
conv_settle(struct conversation *v, const char *by)
{
	struct leg	*leg;

	if (v == NULL || v->settling)
		return;
	v->settling = true;		/* leg_end() comes back here */
	while ((leg = idle_leg(v)) != NULL)
		leg_end(leg, by);
	v->settling = false;
}

void
conv_start(struct conversation *v)
{
	struct leg	*leg;

	if (v->started)
		return;
	v->started = true;
	TAILQ_FOREACH(leg, &v->legs, in_conv)
		play_stop(leg, TRACK_HOLD);
}

static bool
in_list(const struct leg_uuids *u, const char *uuid)
{
	size_t	i;

	for (i = 0; i < u->n; i++)
		if (strcmp(u->ids[i], uuid) == 0)
			return true;
	return !u->given;
}

static bool
audible(const struct leg *ear, const struct leg *mouth)
{
	if (ear == mouth || !mouth->said_any || mouth->muted || mouth->state != LEG_LIVE)
		return false;
	return in_list(&mouth->can_speak, ear->uuid) && in_list(&ear->can_hear, mouth->uuid);
}

const int16_t *
conv_heard(const struct leg *leg, int16_t scratch[AUDIO_FRAME_SAMPLES_MAX])
{
	const struct conversation	*v = leg->conv;
	const struct leg		*other;
	const int16_t			*sum = NULL;
	size_t				 n;

	if (v == NULL || !v->started || leg->earmuffed || leg->state != LEG_LIVE)
		return NULL;
	n = AUDIO_FRAME_SAMPLES(v->rate_hz);
	TAILQ_FOREACH(other, &v->legs, in_conv) {
		if (!audible(leg, other))
			continue;
		if (sum == NULL) {
			sum = other->said;
			continue;
		}
		if (sum != scratch)
			memcpy(scratch, sum, n * sizeof(*scratch));
		mix_add(scratch, other->said, n);
		sum = scratch;
	}
	return sum;
}

void
conv_cleared(struct leg *leg)
{
	struct leg	*other;

	if (leg->conv == NULL)
		return;
	TAILQ_FOREACH(other, &leg->conv->legs, in_conv)
		if (other != leg && other->line != NULL)
			line_cleared(other->line);
}

static void
record_all(struct conversation *v)
{
	int16_t		 sum[AUDIO_FRAME_SAMPLES_MAX] = { 0 };
	const int16_t	*channels[1] = { sum };
	struct leg	*leg;

	TAILQ_FOREACH(leg, &v->legs, in_conv)
		if (leg->said_any && !leg->muted)
			mix_add(sum, leg->said, AUDIO_FRAME_SAMPLES(v->rate_hz));
	recorder_write(v->recorder, channels);
}

static void
on_tick(void *arg)
{
	struct conversation	*v = arg;
	struct leg		*legs[CONV_LEGS_MAX], *leg;
	unsigned		 n = 0, i;

	if (v->nlegs == 0) {
		conv_free(v);
		return;
	}
	v->tick_us = clock_mono_us();
	TAILQ_FOREACH(leg, &v->legs, in_conv)
		legs[n++] = leg;
	for (i = 0; i < n; i++)
		leg_close_frame(legs[i]);
	if (v->recorder != NULL)
		record_all(v);
	for (i = 0; i < n; i++)
		leg_make_frame(legs[i]);
	for (i = 0; i < n; i++)
		if (legs[i]->sock.open)
			sockleg_send_frame(legs[i]);
	for (i = 0; i < n; i++)		/* each may end or move others, but none is freed */
		if (legs[i]->conv == v && legs[i]->state != LEG_OVER)
			leg_tick(legs[i]);
}
