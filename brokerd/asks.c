/* SPDX-License-Identifier: ISC */
#include "brokerd/asks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "brokerd/asks_impl.h"
#include "brokerd/call.h"
#include "brokerd/timer.h"
#include "brokerd/work.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/mem.h"

#define RESEND_MS	50

/* ---- answering ---- */

static bool
try_send(struct asks *a, const char *to, const struct callid *call, const struct msg_answer *m)
{
	struct bus	*bus = a->b->d->bus;
	struct bus_peer	*peer = bus_peer_by_name(bus, to);

	return peer != NULL && bus_order_json(bus, peer, MSG_AI_REPLY, call->text[0] != '\0' ? call : NULL, m) == BUS_OK;
}

/* Given up: who needs it asks again. */
static void
drop_unsent(struct asks *a, struct unsent *u, bool sent)
{
	if (!sent)
		log_warn(NULL, "ask.unanswered", "id=%s to=%s", LOG_Q(u->m.id), LOG_Q(u->to));
	TAILQ_REMOVE(&a->unsent, u, link);
	a->nunsent--;
	free(u);
}

static void
on_resend(evutil_socket_t fd, short what, void *arg)
{
	struct asks	*a = arg;
	struct unsent	*u, *next;
	bool		 sent;

	(void)fd;
	(void)what;
	for (u = TAILQ_FIRST(&a->unsent); u != NULL; u = next) {
		next = TAILQ_NEXT(u, link);
		if ((sent = try_send(a, u->to, &u->call, &u->m)) || clock_mono_ms() > u->until_ms)
			drop_unsent(a, u, sent);
	}
	if (a->nunsent > 0)
		timer_arm(a->resend, RESEND_MS);
}

/* A process that has just begun is asked before its own connection to webhookd is up. */
static void
send_answer(struct asks *a, const char *to, const struct callid *call, struct msg_answer *m, const char *id)
{
	struct unsent	*u;

	(void)snprintf(m->id, sizeof(m->id), "%s", id);
	if (try_send(a, to, call, m) || (u = mem_calloc(1, sizeof(*u))) == NULL)
		return;
	if (a->nunsent >= ASK_UNSENT_MAX)
		drop_unsent(a, TAILQ_FIRST(&a->unsent), false);
	u->call = *call;
	u->m = *m;
	(void)snprintf(u->to, sizeof(u->to), "%s", to);
	u->until_ms = clock_mono_ms() + ASK_UNSENT_MS;
	TAILQ_INSERT_TAIL(&a->unsent, u, link);
	a->nunsent++;
	timer_arm(a->resend, RESEND_MS);
}

static void
ask_free(struct ask *k)
{
	struct asks	*a = k->asks;

	k->ops->stop(k);
	ladder_cancel(k->job);
	if (k->file != NULL)
		k->file->ask = NULL;	/* its done frees it */
	ask_unreserve(k);
	buf_clear(&k->text);
	k->setup->users--;
	TAILQ_REMOVE(&a->list, k, link);
	a->n--;
	free(k);
}

static bool
is_turn(const struct ask *k, const struct callid *call)
{
	return k->ops == &ask_turn_ops && callid_equal(&k->call, call);
}

static bool
turn_runs(struct asks *a, const struct ask *but)
{
	struct ask	*k;

	TAILQ_FOREACH(k, &a->list, link)
		if (k != but && !k->waits && is_turn(k, &but->call))
			return true;
	return false;
}

/* One at a time: it may end at once, and the list is another one then. */
static void
on_kick(evutil_socket_t fd, short what, void *arg)
{
	struct asks	*a = arg;
	struct ask	*k;

	(void)fd;
	(void)what;
	TAILQ_FOREACH(k, &a->list, link)
		if (k->waits && !turn_runs(a, k)) {
			k->waits = false;
			timer_arm(a->kick, 0);
			k->ops->start(k);
			return;
		}
}

void
ask_finish(struct ask *k, struct msg_answer *m)
{
	struct asks	*a = k->asks;

	if (!m->ok || m->error[0] != '\0')
		a->failed++;
	log_info(&k->log, "ask.done", "what=%s id=%s ok=%d error=%s", k->m.what, LOG_Q(k->m.id), m->ok, LOG_Q(m->error));
	send_answer(a, k->from, &k->call, m, k->m.id);
	ask_free(k);
	timer_arm(a->kick, 0);
}

void
ask_fail(struct ask *k, const char *error)
{
	struct msg_answer	 m = { .ok = false };

	(void)snprintf(m.error, sizeof(m.error), "%s", error);
	ask_finish(k, &m);
}

/* ---- what they share ---- */

struct ask *
ask_find(struct asks *a, const char *id)
{
	struct ask	*k;

	if (a == NULL)
		return NULL;
	TAILQ_FOREACH(k, &a->list, link)
		if (strcmp(k->m.id, id) == 0)
			return k;
	return NULL;
}

bool
ask_reserve(struct ask *k, size_t bytes)
{
	struct asks	*a = k->asks;

	if (bytes > a->b->ask_bytes_max || a->bytes > a->b->ask_bytes_max - bytes)
		return false;
	a->bytes += bytes;
	k->bytes += bytes;
	return true;
}

void
ask_unreserve(struct ask *k)
{
	k->asks->bytes -= k->bytes;
	k->bytes = 0;
}

void
ask_usage(struct ask *k, int64_t turn, const char *kind, const char *engine, int64_t amount)
{
	if (amount > 0)
		(void)store_add_usage(k->asks->b->store, &k->call, turn, kind, engine, amount);
}

static void
on_chat_text(void *arg, const char *delta, size_t len)
{
	struct ask	*k = arg;

	if (len > 0 && k->turn != NULL)
		turn_mark(k->turn, TURN_MARK_TOKEN, clock_mono_us());
	(void)buf_append(&k->text, delta, len);		/* too long: the rest is left out */
}

static void
on_chat_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	(void)arg;
	(void)pcm;
	(void)n;
	(void)rate_hz;
}

static void
on_chat_done(void *arg, const struct engine_result *res, const char *engine)
{
	struct ask	*k = arg;
	int64_t		 turn = k->turn != NULL ? k->turn->row.turn : 0;

	k->job = NULL;
	if (res->ok) {
		ask_usage(k, turn, "chat_in", engine, res->tokens_in);
		ask_usage(k, turn, "chat_out", engine, res->tokens_out);
	}
	k->chat_done(k, res, engine);
}

static const struct ladder_events chat_events = { on_chat_text, on_chat_pcm, on_chat_done };

int
ask_chat(struct ask *k, const struct chat_messages *messages,
    void (*done)(struct ask *k, const struct engine_result *res, const char *engine))
{
	struct engine_request	 rq;

	memset(&rq, 0, sizeof(rq));
	rq.call = k->call.text;
	rq.language = k->language;
	rq.messages = messages;
	rq.transfer = strcmp(k->m.what, "turn") == 0;	/* the flow sees to it, by ${action} */
	k->chat_done = done;
	return (k->job = ladder_start(&k->assistant->chat, &rq, &chat_events, k)) == NULL ? -1 : 0;
}

/* Append piece and a space before it, unless it does not fit. */
static bool
add_piece(char *out, size_t size, const struct buf *piece)
{
	size_t	 len = strlen(out), n = piece->len;
	bool	 whole;

	if (n == 0)
		return true;
	if (len > 0 && len + 1 < size)
		out[len++] = ' ';
	if (!(whole = n < size - len))
		for (n = size - len - 1; n > 0 && ((unsigned char)piece->data[n] & 0xc0) == 0x80; n--)
			;
	memcpy(out + len, piece->data, n);
	out[len + n] = '\0';
	return whole;
}

void
ask_speakable(const char *raw, char *out, size_t size)
{
	struct sentence	 s;
	struct buf	 piece, spoken;
	bool		 room = true;

	out[0] = '\0';
	sentence_init(&s);
	buf_init(&piece, SENTENCE_PENDING_MAX);
	buf_init(&spoken, SENTENCE_PENDING_MAX);
	(void)sentence_feed(&s, raw, strlen(raw));
	sentence_end(&s);
	while (room && sentence_next(&s, true, &piece) == 1) {
		if (sentence_speakable(piece.data, piece.len, &spoken) == 0)
			room = add_piece(out, size, &spoken);
		buf_reset(&piece);
		buf_reset(&spoken);
	}
	buf_clear(&piece);
	buf_clear(&spoken);
	sentence_clear(&s);
}

struct reading { struct history *h; int64_t without; };

static bool
read_turn(void *arg, const struct store_turn *row)
{
	struct reading	*r = arg;

	if (row->turn != r->without && strcmp(row->state, turn_state_name(TURN_CANCELLED)) != 0)
		(void)history_put(r->h, row->turn, row->user_text, row->heard_text, row->interrupted);
	return true;
}

struct history *
ask_history(struct ask *k, int64_t without)
{
	struct reading	 r = { .without = without };

	if ((r.h = history_new((size_t)k->asks->b->max_history)) == NULL)
		return NULL;
	if (store_each_turn(k->asks->b->store, &k->call, read_turn, &r) == -1)
		log_error(&k->log, "turns.read", "error=%s", LOG_Q(strerror(errno)));
	return r.h;
}

/* ---- taking ---- */

static const struct ask_ops *
ops_of(const struct msg_ask *m, const struct callid *call, const char **ret_cause)
{
	const char	*ext = strrchr(m->path, '.');

	*ret_cause = "what is it to be: turn, say, summary";
	if (strcmp(m->what, "turn") == 0) {
		*ret_cause = "a turn needs a call, a path and a number";
		return call->text[0] != '\0' && m->path[0] == '/' && m->utt > 0 ? &ask_turn_ops : NULL;
	}
	if (strcmp(m->what, "say") == 0) {
		*ret_cause = "say needs a text, a path ending in .wav, and 8000 to 48000 Hz";
		return m->text[0] != '\0' && m->path[0] == '/' && ext != NULL && strcmp(ext, ".wav") == 0 &&
		    (m->rate_hz == 0 || m->rate_hz >= 8000) ? &ask_say_ops : NULL;
	}
	if (strcmp(m->what, "summary") != 0)
		return NULL;
	*ret_cause = "a summary needs a call";
	return call->text[0] != '\0' ? &ask_summary_ops : NULL;
}

static struct ask *
ask_new(struct asks *a, const struct ask_ops *ops, const struct msg_ask *m, const struct callid *call, const char *from)
{
	struct ask	*k;

	if ((k = mem_calloc(1, sizeof(*k))) == NULL)
		return NULL;
	k->asks = a;
	k->ops = ops;
	k->m = *m;
	k->call = *call;
	k->log.call = k->call.text[0] != '\0' ? k->call.text : NULL;
	(void)snprintf(k->from, sizeof(k->from), "%s", from);
	k->setup = a->b->setups[0];
	k->setup->users++;
	k->assistant = setup_assistant(k->setup, m->assistant);
	(void)snprintf(k->language, sizeof(k->language), "%s", m->language[0] != '\0' ? m->language : k->assistant->language);
	k->language[strcspn(k->language, "-_")] = '\0';		/* fa-IR is no ISO 639-1 code */
	buf_init(&k->text, ASK_TEXT_MAX);
	buf_init(&k->pcm, SIZE_MAX / 2);		/* ask_reserve() is its limit */
	sentence_init(&k->incoming);
	TAILQ_INSERT_TAIL(&a->list, k, link);
	a->n++;
	return k;
}

static void
refuse(struct asks *a, const struct bus_msg *msg, const struct msg_ask *m, const char *before, const char *cause)
{
	struct msg_answer	 no = { .ok = false };

	a->refused++;
	(void)snprintf(no.error, sizeof(no.error), "%s%s", before, cause);
	log_warn(NULL, "ask.refused", "what=%s id=%s cause=%s", LOG_Q(m->what), LOG_Q(m->id), LOG_Q(cause));
	send_answer(a, msg->head.from, &msg->head.call, &no, m->id);
}

void
asks_order(struct broker *b, const struct bus_msg *msg)
{
	struct asks		*a = b->asks;
	const struct ask_ops	*ops;
	const char		*cause;
	struct msg_ask		 m;
	struct ask		*k;

	if (msg_decode(MSG_AI_ASK, msg->body, msg->len, &m) == -1 || m.id[0] == '\0') {
		log_warn(NULL, "order.bad", "kind=%s from=%s", msg_kind_name(msg->head.kind), LOG_Q(msg->head.from));
		return;
	}
	if ((k = ask_find(a, m.id)) != NULL) {
		a->again++;
		(void)snprintf(k->from, sizeof(k->from), "%s", msg->head.from);
		return;
	}
	if ((ops = ops_of(&m, &msg->head.call, &cause)) == NULL) {
		refuse(a, msg, &m, "", cause);
		return;
	}
	if (b->d->draining || a->n >= (size_t)b->ask_max) {
		refuse(a, msg, &m, ASK_REFUSED, b->d->draining ? "draining" : "full");
		return;
	}
	if ((k = ask_new(a, ops, &m, &msg->head.call, msg->head.from)) == NULL) {
		refuse(a, msg, &m, ASK_REFUSED, "out of memory");
		return;
	}
	a->asked++;
	log_info(&k->log, "ask", "what=%s id=%s from=%s assistant=%s language=%s", m.what, LOG_Q(m.id), k->from,
	    k->assistant->name, k->language);
	k->waits = ops == &ask_turn_ops && turn_runs(a, k);
	if (!k->waits)
		ops->start(k);
}

/* ---- life ---- */

size_t
asks_count(const struct asks *a)
{
	return a != NULL ? a->n : 0;
}

struct asks *
asks_new(struct broker *b)
{
	struct asks	*a;

	if ((a = mem_calloc(1, sizeof(*a))) == NULL)
		return NULL;
	a->b = b;
	TAILQ_INIT(&a->list);
	TAILQ_INIT(&a->unsent);
	if ((a->kick = event_new(b->base, -1, 0, on_kick, a)) == NULL ||
	    (a->resend = event_new(b->base, -1, 0, on_resend, a)) == NULL || (a->work = work_new(b->base)) == NULL) {
		timer_free(&a->kick);
		timer_free(&a->resend);
		free(a);
		return NULL;
	}
	return a;
}

void
asks_free(struct asks *a)
{
	struct msg_answer	 no = { .ok = false, .error = ASK_REFUSED "stopping" };
	struct ask		*k;

	if (a == NULL)
		return;
	while ((k = TAILQ_FIRST(&a->list)) != NULL) {
		send_answer(a, k->from, &k->call, &no, k->m.id);
		ask_free(k);
	}
	work_free(a->work);
	while (!TAILQ_EMPTY(&a->unsent))
		drop_unsent(a, TAILQ_FIRST(&a->unsent), false);
	timer_free(&a->kick);
	timer_free(&a->resend);
	free(a);
}

void
asks_stat(const struct asks *a, struct json_object *stat)
{
	(void)json_add_int(stat, "asks", (int64_t)a->asked);
	(void)json_add_int(stat, "asks_running", (int64_t)a->n);
	(void)json_add_int(stat, "asks_again", (int64_t)a->again);
	(void)json_add_int(stat, "asks_refused", (int64_t)a->refused);
	(void)json_add_int(stat, "asks_failed", (int64_t)a->failed);
	(void)json_add_int(stat, "ask_bytes", (int64_t)a->bytes);
}
