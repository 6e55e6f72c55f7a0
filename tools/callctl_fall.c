/* SPDX-License-Identifier: ISC */
#include "tools/callctl_fall.h"

#include <string.h>

#include "tools/plain.h"

static const struct { const char *name; char letter; } parts[FALL_NPARTS] = {
	[FALL_ENDPOINT] = { "endpoint", 'e' },
	[FALL_STT] = { "stt", 's' },
	[FALL_TOKEN] = { "token", 't' },
	[FALL_AUDIO] = { "audio", 'a' },
	[FALL_SEND] = { "send", '>' },
	[FALL_OTHER] = { "other", '.' },
};

const char *
fall_part_name(enum fall_part part)
{
	return part < FALL_NPARTS ? parts[part].name : "";
}

void
fall_of(const struct store_turn *t, struct fall *ret)
{
	int64_t	rest = t->ear_ms;
	int	i;

	ret->ear_ms = t->ear_ms;
	ret->ms[FALL_ENDPOINT] = t->endpoint_ms;
	ret->ms[FALL_STT] = t->stt_ms;
	ret->ms[FALL_TOKEN] = t->token_ms;
	ret->ms[FALL_AUDIO] = t->audio_ms;
	ret->ms[FALL_SEND] = t->send_ms;
	for (i = 0; i < FALL_OTHER; i++)
		if (ret->ms[i] > 0)
			rest -= ret->ms[i];
	ret->ms[FALL_OTHER] = t->ear_ms < 0 ? -1 : rest > 0 ? rest : 0;
}

void
fall_put_parts(struct buf *b, const struct fall *f)
{
	const char	*before = "";
	int		 i;

	for (i = 0; i < FALL_NPARTS; i++) {
		if (f->ms[i] < (i == FALL_OTHER ? 1 : 0))
			continue;
		(void)buf_printf(b, "%s%s %lld", before, parts[i].name, (long long)f->ms[i]);
		before = " | ";
	}
}

/* Edges are rounded from the sum so far, so that the whole bar has its length. */
void
fall_put_bar(struct buf *b, const struct fall *f, int64_t full_ms, size_t columns)
{
	int64_t	sum = 0, at = 0, edge;
	int	i;

	if (full_ms < 1)
		return;
	for (i = 0; i < FALL_NPARTS; i++) {
		if (f->ms[i] <= 0)
			continue;
		sum += f->ms[i] < full_ms ? f->ms[i] : full_ms;
		edge = (sum * (int64_t)columns + full_ms / 2) / full_ms;
		if (edge <= at)
			edge = at + 1;
		for (; at < edge && at < (int64_t)columns; at++)
			(void)buf_putc(b, parts[i].letter);
	}
}

enum fall_part
fall_slowest(const struct fall *f)
{
	int64_t		most = 0;
	int		i, which = FALL_NPARTS;

	for (i = 0; i < FALL_NPARTS; i++) {
		if (f->ms[i] > most) {
			most = f->ms[i];
			which = i;
		}
	}
	return (enum fall_part)which;
}

static void
put_engine(struct buf *b, const char *service, const char *name)
{
	(void)buf_printf(b, "the %s engine", service);
	if (name[0] != '\0') {
		(void)buf_puts(b, " ");
		plain_put_value(b, name, strlen(name));
	}
}

void
fall_put_hint(struct buf *b, const struct store_turn *t)
{
	struct fall	f;
	enum fall_part	slowest;

	fall_of(t, &f);
	slowest = fall_slowest(&f);
	if (slowest == FALL_NPARTS)
		return;
	(void)buf_printf(b, "turn %lld took %lld ms, %lld of them %s: ", (long long)t->turn, (long long)t->ear_ms,
	    (long long)f.ms[slowest], parts[slowest].name);
	switch (slowest) {
	case FALL_ENDPOINT:
		(void)buf_puts(b, "waiting until the caller was surely silent (vadd: hangover_ms)");
		break;
	case FALL_STT:
		put_engine(b, "stt", t->stt);
		(void)buf_puts(b, " was slow, or was tried again");
		break;
	case FALL_TOKEN:
		put_engine(b, "chat", t->chat);
		(void)buf_puts(b, " was slow to its first words");
		break;
	case FALL_AUDIO:
		put_engine(b, "tts", t->tts);
		(void)buf_puts(b, " was slow to its first audio");
		break;
	case FALL_SEND:
		(void)buf_puts(b, "sockd had the audio and had not played it yet (callctl stat: lag, drops)");
		break;
	case FALL_OTHER:
		(void)buf_puts(b, "a retry, a filler, or a new owner of the call (see the logs of brokerd)");
		break;
	case FALL_NPARTS:
		break;
	}
}
