/* SPDX-License-Identifier: ISC */
#include "sockd/call.h"

#include <assert.h>
#include <stdlib.h>

#include "common/mem.h"
#include "sockd/record.h"
#include "sockd/sockd.h"

static const unsigned may_follow[] = {
	[CALL_OPENING] = 1U << CALL_LIVE | 1U << CALL_CLOSING | 1U << CALL_ENDED,
	[CALL_LIVE] = 1U << CALL_CLOSING | 1U << CALL_ENDED,
	[CALL_CLOSING] = 1U << CALL_ENDED | 1U << CALL_LIVE,	/* live: another socket took it over */
	[CALL_ENDED] = 0,
};
static const char *const state_name[] = {
	[CALL_OPENING] = "opening",
	[CALL_LIVE] = "live",
	[CALL_CLOSING] = "closing",
	[CALL_ENDED] = "ended",
};
static_assert(sizeof(may_follow) / sizeof(may_follow[0]) == CALL_ENDED + 1, "one row a state");
static_assert(sizeof(state_name) / sizeof(state_name[0]) == CALL_ENDED + 1, "one name a state");

struct call *
call_new(struct sockd *s, struct ws_conn *conn, const struct callid *id, int64_t now_ms)
{
	struct call	*c;

	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->s = s;
	c->conn = conn;
	c->id = *id;
	c->log.call = c->id.text;
	c->opened_ms = c->last_frame_ms = now_ms;
	if ((c->next = s->calls) != NULL)
		c->next->prev = c;
	s->calls = c;
	s->ncalls++;
	return c;
}

static struct call **
bucket(const struct sockd *s, const struct callid *id)
{
	return (struct call **)&s->hash[callid_hash(id) & (SOCKD_HASH_SIZE - 1)];
}

void
call_hash(struct call *c)
{
	struct call	**at = bucket(c->s, &c->id);

	assert(!c->in_hash);
	c->hash_next = *at;
	*at = c;
	c->in_hash = true;
}

static void
unhash(struct call *c)
{
	struct call	**at = bucket(c->s, &c->id);

	while (*at != c)
		at = &(*at)->hash_next;
	*at = c->hash_next;
	c->in_hash = false;
}

struct call *
call_find(const struct sockd *s, const struct callid *id)
{
	struct call	*c;

	for (c = *bucket(s, id); c != NULL; c = c->hash_next) {
		if (callid_equal(&c->id, id))
			return c;
	}
	return NULL;
}

void
call_set_playing(struct call *c, bool playing)
{
	if (playing == c->in_playing)
		return;
	c->in_playing = playing;
	if (playing) {
		c->play_prev = NULL;
		if ((c->play_next = c->s->playing) != NULL)
			c->play_next->play_prev = c;
		c->s->playing = c;
		return;
	}
	if (c->play_prev != NULL)
		c->play_prev->play_next = c->play_next;
	else
		c->s->playing = c->play_next;
	if (c->play_next != NULL)
		c->play_next->play_prev = c->play_prev;
}

void
call_set_state(struct call *c, enum call_state next)
{
	assert(may_follow[c->state] & 1U << next);
	log_debug(&c->log, "call.state", "from=%s to=%s", state_name[c->state], state_name[next]);
	c->state = next;
}

void
call_free(struct call *c)
{
	if (c == NULL)
		return;
	call_set_playing(c, false);
	if (c->in_hash)
		unhash(c);
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		c->s->calls = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	c->s->ncalls--;
	if (c->rate_hz != 0)
		pace_clear(&c->pace);
	record_close(c->record);
	free(c->early);
	free(c);
}
