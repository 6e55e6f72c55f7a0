/* SPDX-License-Identifier: ISC */
#include "vadd/table.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/audio.h"
#include "common/mem.h"
#include "vadd/call.h"

#define LOG_PERIOD_MS	10000
#define BEHIND_MAX	50	/* a second of nothing but the past: the sender's clock is another now */
#define CLOCK_MAX	((int64_t)(STREAM_START_MAX / 1000))	/* ms, safe at every rate */

const char *
table_result_name(enum table_result result)
{
	static const char *const	 names[] = {
		[TABLE_OK] = "ok", [TABLE_STALE] = "stale", [TABLE_FULL] = "full",
		[TABLE_UNKNOWN] = "unknown", [TABLE_BAD] = "bad", [TABLE_NOMEM] = "no_memory"
	};

	return names[result];
}

struct table *
table_new(const struct table_conf *conf, const struct table_ops *ops, void *arg)
{
	struct table	*c;
	size_t		 size = 16;

	if (conf->max_calls < 1) {
		errno = EINVAL;
		return NULL;
	}
	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	while (size < (size_t)conf->max_calls * 2)
		size *= 2;
	c->conf = *conf;
	c->ops = ops;
	c->arg = arg;
	c->mask = size - 1;
	c->by_id = mem_calloc(size, sizeof(struct call *));
	c->by_stream = mem_calloc(size, sizeof(struct call *));
	if (c->by_id == NULL || c->by_stream == NULL) {
		table_free(c);
		errno = ENOMEM;
		return NULL;
	}
	return c;
}

void
table_reconfigure(struct table *c, const struct table_conf *conf)
{
	const int	 max_calls = c->conf.max_calls;

	c->conf = *conf;
	c->conf.max_calls = max_calls;
}

/* ---- the table ---- */

static struct call **
id_slot(const struct table *c, const struct callid *id)
{
	return &c->by_id[callid_hash(id) & c->mask];
}

static struct call **
stream_slot(const struct table *c, const char *sockd, uint32_t number)
{
	uint32_t	 h = 2166136261U;

	for (; *sockd != '\0'; sockd++)
		h = (h ^ (uint8_t)*sockd) * 16777619U;
	h = (h ^ number) * 2654435761U;
	return &c->by_stream[(h >> 8) & c->mask];
}

static struct call *
find_id(const struct table *c, const struct callid *id)
{
	struct call	*call;

	for (call = *id_slot(c, id); call != NULL; call = call->next_id) {
		if (callid_equal(&call->id, id))
			return call;
	}
	return NULL;
}

static struct call *
find_stream(const struct table *c, const char *sockd, uint32_t number)
{
	struct call	*call;

	for (call = *stream_slot(c, sockd, number); call != NULL; call = call->next_stream) {
		if (call->number == number && strcmp(call->sockd, sockd) == 0)
			return call;
	}
	return NULL;
}

/* Take the stream away; the call stays while something is kept. */
static void
detach(struct table *c, struct call *call)
{
	struct call	**at;

	if (call->stream == NULL)
		return;
	for (at = stream_slot(c, call->sockd, call->number); *at != call; at = &(*at)->next_stream)
		;
	*at = call->next_stream;
	call->next_stream = NULL;
	stream_free(call->stream);
	call->stream = NULL;
	c->live--;
}

static void
call_free(struct table *c, struct call *call)
{
	struct call	**at;

	detach(c, call);
	for (at = id_slot(c, &call->id); *at != call; at = &(*at)->next_id)
		;
	*at = call->next_id;
	*(call->prev != NULL ? &call->prev->next : &c->first) = call->next;
	*(call->next != NULL ? &call->next->prev : &c->last) = call->prev;
	c->count--;
	keep_clear(&call->keep);
	free(call);
}

static struct call *
call_new(struct table *c, const struct callid *id)
{
	struct call	*call, **slot = id_slot(c, id);

	if ((call = mem_calloc(1, sizeof(*call))) == NULL)
		return NULL;
	call->id = *id;
	call->log.call = call->id.text;
	keep_init(&call->keep, 0);
	call->next_id = *slot;
	*slot = call;
	call->prev = c->last;
	*(c->last != NULL ? &c->last->next : &c->first) = call;
	c->last = call;
	c->count++;
	return call;
}

void
table_free(struct table *c)
{
	if (c == NULL)
		return;
	while (c->first != NULL)
		call_free(c, c->first);
	free(c->by_id);
	free(c->by_stream);
	free(c);
}

/* ---- orders ---- */

static void
finish(struct table *c, struct call *call, uint8_t flags, int64_t now_ms)
{
	if (call->stream != NULL) {
		call_flush(c, call, flags, now_ms);
		detach(c, call);
		call->ended_ms = now_ms;
	}
	if (call->keep.count == 0)
		call_free(c, call);
}

/* Ended calls count as well, up to twice max_calls: the one that ended first makes room. */
static void
make_room(struct table *c)
{
	struct call	*call, *oldest = NULL;

	if (c->count < (size_t)c->conf.max_calls * 2)
		return;
	for (call = c->first; call != NULL; call = call->next) {
		if (call->stream == NULL && (oldest == NULL || call->ended_ms < oldest->ended_ms))
			oldest = call;
	}
	assert(oldest != NULL);		/* at most max_calls are live */
	call_drop_kept(c, oldest);
	call_free(c, oldest);
}

/* How to listen from now on. */
static void
set_profile(struct table *c, struct call *call, const char *name)
{
	const struct profile	*p = profile_find(&c->conf.profiles, name);
	const struct profile	*bot = profile_find(&c->conf.profiles, "bot_speaking");

	if (p == NULL) {
		c->counters.profiles_unknown++;
		log_warn(&call->log, "profile.unknown", "profile=%s did=default", LOG_Q(name));
		p = profile_find(&c->conf.profiles, "");
	}
	if (strcmp(call->profile, p->name) == 0)
		return;
	if (stream_set_profile(call->stream, p, bot) == -1) {
		log_error(&call->log, "profile.kept", "profile=%s cause=%s", LOG_Q(name), LOG_Q(strerror(errno)));
		return;
	}
	(void)snprintf(call->profile, sizeof(call->profile), "%s", p->name);
	c->counters.profiles++;
}

static enum table_result
attach(struct table *c, struct call *call, const char *from, const struct msg_route *m, int64_t now_ms)
{
	const uint64_t	 start = (uint64_t)m->clock_ms * (uint64_t)m->rate_hz / 1000;
	uint32_t	 first = (uint32_t)(m->clock_ms / 100 + 1);
	struct call	*other, **slot;

	/* A sockd that was restarted counts afresh. */
	if ((other = find_stream(c, from, (uint32_t)m->stream)) != NULL && other != call) {
		log_warn(&other->log, "stream.replaced", "stream=%u sockd=%s", other->number, LOG_Q(from));
		finish(c, other, 0, now_ms);
	}
	if (call->stream != NULL) {
		call_flush(c, call, 0, now_ms);
		detach(c, call);
		call->ended_ms = now_ms;
	}
	if (first <= call->last_utt)
		first = call->last_utt + 1;
	call->last_utt = first - 1;
	if ((call->stream = stream_new((uint32_t)m->rate_hz, start, first, &profile_find(&c->conf.profiles, "")->limits)) == NULL)
		return errno == EINVAL ? TABLE_BAD : TABLE_NOMEM;
	call->profile[0] = '\0';
	call->behind = 0;
	call->keep.max_samples = (size_t)c->conf.keep_ms * (size_t)m->rate_hz / 1000;
	(void)snprintf(call->sockd, sizeof(call->sockd), "%s", from);
	call->number = (uint32_t)m->stream;
	call->fresh = true;
	call->audio_ms = now_ms;
	slot = stream_slot(c, from, call->number);
	call->next_stream = *slot;
	*slot = call;
	c->live++;
	return TABLE_OK;
}

static bool
route_valid(const struct msg_route *m)
{
	return m->rate_hz > 0 && audio_rate_ok((uint32_t)m->rate_hz) && m->stream >= 0 &&
	    m->stream <= UINT32_MAX && m->clock_ms >= 0 && m->clock_ms <= CLOCK_MAX / 32;
}

/* Does the stream that is there go on? */
static bool
same_stream(const struct call *call, const char *from, const struct msg_route *m)
{
	return call->stream != NULL && call->number == (uint32_t)m->stream &&
	    stream_rate_hz(call->stream) == (uint32_t)m->rate_hz && strcmp(call->sockd, from) == 0;
}

static enum table_result
route(struct table *c, const struct callid *id, const char *from, const struct msg_route *m, int64_t now_ms)
{
	struct call		*call = find_id(c, id);
	enum table_result	 result;
	bool			 moved;

	if (!route_valid(m))
		return TABLE_BAD;
	if (call != NULL && m->gen < call->gen)
		return TABLE_STALE;
	if ((call == NULL || call->stream == NULL) && c->live >= (size_t)c->conf.max_calls)
		return TABLE_FULL;
	if (call == NULL) {
		make_room(c);
		if ((call = call_new(c, id)) == NULL)
			return TABLE_NOMEM;
	}
	moved = m->gen != call->gen || strcmp(call->owner, m->owner) != 0;
	call->gen = m->gen;
	(void)snprintf(call->owner, sizeof(call->owner), "%s", m->owner);
	if (!same_stream(call, from, m) &&
	    (result = attach(c, call, from, m, now_ms)) != TABLE_OK) {
		finish(c, call, 0, now_ms);
		return result;
	}
	set_profile(c, call, m->profile);
	if (moved)
		call_reown(c, call, now_ms);
	log_info(&call->log, "route", "stream=%u sockd=%s owner=%s gen=%lld rate_hz=%d clock_ms=%lld profile=%s",
	    call->number, LOG_Q(from), LOG_Q(m->owner), (long long)m->gen, (int)m->rate_hz,
	    (long long)m->clock_ms, call->profile);
	return TABLE_OK;
}

enum table_result
table_route(struct table *c, const struct callid *id, const char *from, const struct msg_route *m,
    int64_t now_ms)
{
	const struct log_ctx	 ctx = { .call = id->text };
	enum table_result	 result = route(c, id, from, m, now_ms);

	c->counters.routes++;
	if (result == TABLE_OK)
		return result;
	c->counters.routes_refused++;
	log_warn(&ctx, "route.refused", "why=%s from=%s gen=%lld rate_hz=%d calls=%zu max_calls=%d",
	    table_result_name(result), LOG_Q(from), (long long)m->gen, (int)m->rate_hz, c->live,
	    c->conf.max_calls);
	return result;
}

enum table_result
table_end(struct table *c, const struct callid *id, const struct msg_end *m, int64_t now_ms)
{
	struct call	*call = find_id(c, id);

	if (call == NULL || call->stream == NULL)
		return TABLE_UNKNOWN;
	if (m->gen < call->gen) {
		log_warn(&call->log, "end.refused", "why=stale gen=%lld current=%lld",
		    (long long)m->gen, (long long)call->gen);
		return TABLE_STALE;
	}
	log_info(&call->log, "end", "reason=%s", LOG_Q(m->reason));
	finish(c, call, strcmp(m->reason, "closed") == 0 ? MSG_UTT_LAST : 0, now_ms);
	return TABLE_OK;
}

enum table_result
table_ack(struct table *c, const struct callid *id, const struct msg_utt *m)
{
	struct call	*call = find_id(c, id);
	const size_t	 before = call != NULL ? call->keep.nsamples : 0;

	/* A second acknowledgement is no fault: the utterance was sent twice. */
	if (call == NULL || m->utt < 1 || m->utt > UINT32_MAX ||
	    keep_ack(&call->keep, m->gen, (uint32_t)m->utt) == -1)
		return TABLE_UNKNOWN;
	c->counters.acks++;
	c->counters.kept--;
	c->counters.kept_bytes -= (before - call->keep.nsamples) * sizeof(int16_t);
	if (call->stream == NULL && call->keep.count == 0)
		call_free(c, call);
	return TABLE_OK;
}

/* ---- audio ---- */

static void
log_jump(struct table *c, const struct call *call, const char *event, uint64_t from, uint64_t to)
{
	unsigned long	 missed = 0;

	c->counters.jumps++;
	if (log_rate_ok(&c->jumps, LOG_PERIOD_MS, &missed))
		log_warn(&call->log, event, "from=%llu to=%llu more=%lu", (unsigned long long)from, (unsigned long long)to, missed);
}

/*
 * A frame of a position that is past is refused: it came twice, or late. When a second of frames
 * was, and none else, one that was far ahead was wrong or the sender counts anew: go on there, rather than be deaf.
 */
static enum table_result
step_back(struct table *c, struct call *call, uint64_t start, int64_t now_ms)
{
	const uint32_t	 rate_hz = stream_rate_hz(call->stream);
	char		 name[sizeof(call->profile)];
	struct stream	*fresh;

	if (++call->behind < BEHIND_MAX)
		return TABLE_STALE;
	call_flush(c, call, 0, now_ms);
	if ((fresh = stream_new(rate_hz, start, call->last_utt + 1, &profile_find(&c->conf.profiles, "")->limits)) == NULL)
		return TABLE_NOMEM;
	log_jump(c, call, "audio.back", stream_position(call->stream), start);
	stream_free(call->stream);
	call->stream = fresh;
	call->behind = 0;
	memcpy(name, call->profile, sizeof(name));
	call->profile[0] = '\0';
	set_profile(c, call, name);
	return TABLE_OK;
}

/* Bring the stream to sample `start`, by silence or by a jump. */
static enum table_result
advance(struct table *c, struct call *call, uint64_t start, int64_t now_ms)
{
	const uint64_t	 gap = start - stream_position(call->stream);
	const uint32_t	 frame = stream_frame_samples(call->stream);
	uint64_t	 n;

	if (gap == 0)
		return TABLE_OK;
	if (!call->fresh && gap % frame == 0 && gap / frame * AUDIO_FRAME_MS <= (uint64_t)c->conf.gap_ms) {
		for (n = gap / frame; n > 0; n--)
			call_hear(c, call, NULL, now_ms);
		c->counters.frames_lost += gap / frame;
		return TABLE_OK;
	}
	if (!call->fresh) {
		log_jump(c, call, "audio.gap", start - gap, start);
		call_flush(c, call, 0, now_ms);
	}
	if (stream_jump(call->stream, start) == 0)
		return TABLE_OK;
	return errno == ENOMEM ? TABLE_NOMEM : TABLE_BAD;
}

/* What the bot says. */
static enum table_result
play(struct call *call, const struct msg_audio_frame *f)
{
	int16_t	 pcm[AUDIO_FRAME_SAMPLES_MAX];

	if ((f->pcm_len != 0 && f->pcm_len != AUDIO_FRAME_BYTES(stream_rate_hz(call->stream))) ||
	    f->start > STREAM_START_MAX)
		return TABLE_BAD;
	memcpy(pcm, f->pcm, f->pcm_len);
	return stream_played(call->stream, f->start, f->pcm_len == 0 ? NULL : pcm) == 0 ? TABLE_OK : TABLE_NOMEM;
}

static enum table_result
hear(struct table *c, struct call *call, const struct msg_audio_frame *f, int64_t now_ms)
{
	int16_t			 pcm[AUDIO_FRAME_SAMPLES_MAX];
	enum table_result	 result;

	if (f->pcm_len != AUDIO_FRAME_BYTES(stream_rate_hz(call->stream)) || f->start > STREAM_START_MAX)
		return TABLE_BAD;
	if (f->start < stream_position(call->stream) &&
	    (result = step_back(c, call, f->start, now_ms)) != TABLE_OK)
		return result;
	if ((result = advance(c, call, f->start, now_ms)) != TABLE_OK)
		return result;
	memcpy(pcm, f->pcm, f->pcm_len);
	call->fresh = false;
	call->behind = 0;
	call->audio_ms = now_ms;
	stream_set_playing(call->stream, (f->flags & MSG_AUDIO_PLAYING) != 0);
	call_hear(c, call, pcm, now_ms);
	c->counters.frames++;
	return TABLE_OK;
}

enum table_result
table_audio(struct table *c, const char *from, const struct msg_audio_frame *f, int64_t now_ms)
{
	struct call		*call = find_stream(c, from, f->stream);
	enum table_result	 result;
	unsigned long		 missed = 0;

	if (call == NULL)
		result = TABLE_UNKNOWN;
	else if (f->flags & MSG_AUDIO_BOT)
		result = play(call, f);
	else
		result = hear(c, call, f, now_ms);
	if (result == TABLE_OK)
		return result;
	if (result == TABLE_UNKNOWN)
		c->counters.frames_unknown++;
	else if (result == TABLE_STALE)
		c->counters.frames_late++;
	else
		c->counters.frames_bad++;
	if (log_rate_ok(&c->refused, LOG_PERIOD_MS, &missed))
		log_warn(call != NULL ? &call->log : NULL, "audio.refused",
		    "why=%s from=%s stream=%u bytes=%u more=%lu", table_result_name(result), LOG_Q(from),
		    f->stream, f->pcm_len, missed);
	return result;
}

/* ---- time ---- */

static void
tick_one(struct table *c, struct call *call, int64_t now_ms)
{
	if (call->stream == NULL) {
		if (now_ms - call->ended_ms >= c->conf.end_keep_ms) {
			call_drop_kept(c, call);
			call_free(c, call);
			return;
		}
	} else if (now_ms - call->audio_ms >= c->conf.idle_ms) {
		log_warn(&call->log, "idle", "ms=%lld sockd=%s", (long long)(now_ms - call->audio_ms),
		    LOG_Q(call->sockd));
		finish(c, call, 0, now_ms);
		return;
	} else if (now_ms - call->audio_ms >= c->conf.stall_ms &&
	    stream_open(call->stream, NULL, NULL) != 0) {
		call_flush(c, call, 0, now_ms);
	}
	call_send(c, call, now_ms);
}

void
table_tick(struct table *c, int64_t now_ms)
{
	struct call	*call, *next;

	for (call = c->first; call != NULL; call = next) {
		next = call->next;
		tick_one(c, call, now_ms);
	}
}

bool
table_busy(const struct table *c)
{
	const struct call	*call;

	for (call = c->first; call != NULL; call = call->next) {
		if (call->keep.count > 0)
			return true;
		if (call->stream != NULL && stream_open(call->stream, NULL, NULL) != 0)
			return true;
	}
	return false;
}

void
table_flush(struct table *c, int64_t now_ms)
{
	struct call	*call;

	for (call = c->first; call != NULL; call = call->next) {
		if (call->stream != NULL)
			call_flush(c, call, 0, now_ms);
	}
}

size_t
table_live(const struct table *c)
{
	return c->live;
}

size_t
table_count(const struct table *c)
{
	return c->count;
}

const struct table_counters *
table_counters(struct table *c)
{
	return &c->counters;
}
