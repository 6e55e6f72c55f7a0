/* SPDX-License-Identifier: ISC */
#include "tools/calltap_turns.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/plain.h"

#define TEXT_INDENT	20
#define TEXT_COLUMNS	78

void
turns_init(struct turns *t, bool colour, bool many)
{
	memset(t, 0, sizeof(*t));
	t->colour = colour;
	t->many = many;
}

/* "12:00:05.1  caller  ", with the beginning of the call's id when there are many. */
static void
begin_line(const struct turns *t, int64_t wall_ms, const struct callid *call, const char *who,
    enum plain_colour colour, struct buf *out)
{
	time_t		seconds = (time_t)(wall_ms / 1000);
	struct tm	tm;
	char		label[16];

	if (localtime_r(&seconds, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	(void)buf_printf(out, "%s%02d:%02d:%02d.%d%s  ", plain_sgr(t->colour, PLAIN_DIM), tm.tm_hour, tm.tm_min,
	    tm.tm_sec, (int)(wall_ms % 1000 / 100), plain_sgr(t->colour, PLAIN_OFF));
	if (t->many)
		(void)buf_printf(out, "%-8.8s  ", call->text);
	(void)snprintf(label, sizeof(label), "%-8s", who);
	(void)buf_printf(out, "%s%s%s", plain_sgr(t->colour, colour), label, plain_sgr(t->colour, PLAIN_OFF));
}

static void
put_text(const struct turns *t, const char *text, struct buf *out)
{
	plain_put_wrapped(out, text, TEXT_INDENT + (t->many ? 10 : 0), TEXT_COLUMNS);
}

static void
tell_start(const struct turns *t, int64_t wall_ms, const struct bus_msg *msg, struct buf *out)
{
	struct msg_offer	m;

	if (msg_decode(MSG_CALL_START, msg->body, msg->len, &m) == -1)
		return;
	begin_line(t, wall_ms, &msg->head.call, "call", PLAIN_GREEN, out);
	(void)buf_printf(out, "%s %s", msg->head.call.text, m.resume ? "goes on" : "begins");
	if (m.caller[0] != '\0') {
		(void)buf_puts(out, ", from ");
		plain_put(out, m.caller, strlen(m.caller));
	}
	if (m.name[0] != '\0') {
		(void)buf_puts(out, " (");
		plain_put(out, m.name, strlen(m.name));
		(void)buf_putc(out, ')');
	}
	if (m.assistant[0] != '\0') {
		(void)buf_puts(out, ", assistant ");
		plain_put(out, m.assistant, strlen(m.assistant));
	}
	(void)buf_putc(out, '\n');
}

static void
tell_end(const struct turns *t, int64_t wall_ms, const struct bus_msg *msg, struct buf *out)
{
	struct msg_end	m;

	if (msg_decode(MSG_CALL_END, msg->body, msg->len, &m) == -1)
		return;
	begin_line(t, wall_ms, &msg->head.call, "call", PLAIN_GREEN, out);
	(void)buf_printf(out, "ends after %.1f s: ", (double)m.clock_ms / 1000);
	plain_put(out, m.reason, strlen(m.reason));
	(void)buf_putc(out, '\n');
}

static void
tell_dtmf(const struct turns *t, int64_t wall_ms, const struct bus_msg *msg, struct buf *out)
{
	struct msg_dtmf	m;

	if (msg_decode(MSG_DTMF, msg->body, msg->len, &m) == -1)
		return;
	begin_line(t, wall_ms, &msg->head.call, "caller", PLAIN_YELLOW, out);
	(void)buf_puts(out, "pressed ");
	plain_put(out, m.digit, strlen(m.digit));
	(void)buf_putc(out, '\n');
}

/* ---- turns ---- */

static struct turns_seen *
find(struct turns *t, const struct callid *call, int64_t turn)
{
	struct turns_seen	*s, *oldest = &t->seen[0];
	size_t			 i;

	t->counter++;
	for (i = 0; i < TURNS_MAX; i++) {
		s = &t->seen[i];
		if (s->used != 0 && s->turn == turn && callid_equal(&s->call, call)) {
			s->used = t->counter;
			return s;
		}
		if (s->used < oldest->used)
			oldest = s;
	}
	memset(oldest, 0, sizeof(*oldest));
	oldest->call = *call;
	oldest->turn = turn;
	oldest->used = t->counter;
	return oldest;
}

static void
put_parts(const struct msg_turn *m, struct buf *out)
{
	const struct { const char *name; int64_t ms; } parts[] = {
		{ "endpoint", m->endpoint_ms }, { "stt", m->stt_ms }, { "token", m->token_ms },
		{ "audio", m->audio_ms }, { "send", m->send_ms },
	};
	const char	*before = ": ";
	int64_t		 rest = m->ear_ms;
	size_t		 i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].ms < 0)
			continue;
		(void)buf_printf(out, "%s%s %lld", before, parts[i].name, (long long)parts[i].ms);
		rest -= parts[i].ms;
		before = " + ";
	}
	if (rest > 0 && rest < m->ear_ms)
		(void)buf_printf(out, " + other %lld", (long long)rest);
}

static void
tell_ear(const struct turns *t, int64_t wall_ms, const struct callid *call, const struct msg_turn *m, struct buf *out)
{
	begin_line(t, wall_ms, call, "", PLAIN_DIM, out);
	(void)buf_printf(out, "%sanswered after %lld ms", plain_sgr(t->colour, m->ear_ms > 2000 ? PLAIN_RED : PLAIN_DIM),
	    (long long)m->ear_ms);
	put_parts(m, out);
	(void)buf_printf(out, "%s\n", plain_sgr(t->colour, PLAIN_OFF));
}

static void
tell_over(const struct turns *t, int64_t wall_ms, const struct callid *call, const struct msg_turn *m, struct buf *out)
{
	bool	 assistant = strcmp(m->role, "assistant") == 0;

	if (assistant && m->text[0] != '\0') {
		begin_line(t, wall_ms, call, "bot", PLAIN_CYAN, out);
		put_text(t, m->text, out);
		(void)buf_puts(out, m->interrupted ? " -- (interrupted)\n" : "\n");
		return;
	}
	if (strcmp(m->state, "done") == 0)
		return;
	begin_line(t, wall_ms, call, "", PLAIN_DIM, out);
	if (strcmp(m->state, "failed") == 0)
		(void)buf_printf(out, "%sno engine could answer turn %lld%s\n", plain_sgr(t->colour, PLAIN_RED),
		    (long long)m->turn, plain_sgr(t->colour, PLAIN_OFF));
	else
		(void)buf_printf(out, "(turn %lld was cancelled: nothing of an answer was heard)\n", (long long)m->turn);
}

static bool
is_over(const struct msg_turn *m)
{
	return strcmp(m->state, "done") == 0 || strcmp(m->state, "cancelled") == 0 || strcmp(m->state, "failed") == 0;
}

static void
tell_turn(struct turns *t, int64_t wall_ms, const struct bus_msg *msg, struct buf *out)
{
	const struct callid	*call = &msg->head.call;
	struct turns_seen	*s;
	struct msg_turn		 m;

	if (msg_decode(MSG_TURN, msg->body, msg->len, &m) == -1)
		return;
	s = find(t, call, m.turn);
	if (!s->told_user && strcmp(m.role, "user") == 0 && m.text[0] != '\0') {
		s->told_user = true;
		begin_line(t, wall_ms, call, "caller", PLAIN_YELLOW, out);
		put_text(t, m.text, out);
		(void)buf_putc(out, '\n');
	}
	if (m.ear_ms >= 0 && m.speech_end_ms >= 0 && (!s->told_ear || m.epoch > s->epoch)) {
		s->told_ear = true;
		s->epoch = m.epoch;
		tell_ear(t, wall_ms, call, &m, out);
	}
	if (!s->told_over && is_over(&m)) {
		s->told_over = true;
		t->over++;
		tell_over(t, wall_ms, call, &m, out);
	}
}

void
turns_fact(struct turns *t, int64_t wall_ms, const struct bus_msg *msg, struct buf *out)
{
	if (msg->head.kind == MSG_TURN)
		tell_turn(t, wall_ms, msg, out);
	else if (msg->head.kind == MSG_CALL_START)
		tell_start(t, wall_ms, msg, out);
	else if (msg->head.kind == MSG_CALL_END)
		tell_end(t, wall_ms, msg, out);
	else if (msg->head.kind == MSG_DTMF)
		tell_dtmf(t, wall_ms, msg, out);
}
