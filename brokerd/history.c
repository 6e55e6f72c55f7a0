/* SPDX-License-Identifier: ISC */
#include "brokerd/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"

#define ELLIPSIS	"\xe2\x80\xa6"
#define GUESS_CHARS_PER_S	15	/* of a piece whose audio is still being made */

/* ---- what was heard of one reply ---- */

void
spoken_init(struct spoken *s, uint32_t rate_hz)
{
	memset(s, 0, sizeof(*s));
	buf_init(&s->text, SPOKEN_TEXT_MAX);
	s->rate_hz = rate_hz;
}

void
spoken_clear(struct spoken *s)
{
	buf_clear(&s->text);
	free(s->pieces);
	s->pieces = NULL;
	s->npieces = 0;
	s->nsamples = 0;
}

int
spoken_begin(struct spoken *s, const char *text, size_t len)
{
	struct spoken_piece	*p;

	if (s->npieces == SPOKEN_PIECES_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (s->pieces == NULL &&
	    (s->pieces = mem_calloc(SPOKEN_PIECES_MAX, sizeof(*s->pieces))) == NULL)
		return -1;
	p = &s->pieces[s->npieces];
	memset(p, 0, sizeof(*p));
	p->begin = s->text.len;
	p->start = s->nsamples;
	if (len > 0 && buf_append(&s->text, text, len) == -1)
		return -1;
	p->len = len;
	s->npieces++;
	return 0;
}

void
spoken_add_samples(struct spoken *s, uint64_t n)
{
	if (s->npieces == 0)
		return;
	s->pieces[s->npieces - 1].nsamples += n;
	s->nsamples += n;
}

void
spoken_end(struct spoken *s)
{
	if (s->npieces > 0)
		s->pieces[s->npieces - 1].complete = true;
}

static bool
border_at(const char *text, size_t len, size_t at)
{
	return at == 0 || at == len || text[at] == ' ' || text[at] == '\n' ||
	    text[at - 1] == ' ' || text[at - 1] == '\n';
}

size_t
history_word_border(const char *text, size_t len, size_t max)
{
	size_t	 at = max < len ? max : len;

	while (!border_at(text, len, at))
		at--;
	return at;
}

static size_t
heard_bytes(const struct spoken *s, const struct spoken_piece *p, uint64_t heard)
{
	uint64_t	 total = p->nsamples, guess;

	guess = (uint64_t)p->len * s->rate_hz / GUESS_CHARS_PER_S;
	if (!p->complete && total < guess)
		total = guess;
	if (total == 0 || heard >= total)
		return p->len;
	return history_word_border(s->text.data + p->begin, p->len, (size_t)(p->len * heard / total));
}

bool
spoken_heard(const struct spoken *s, uint64_t heard, struct buf *ret)
{
	const struct spoken_piece	*p;
	size_t				 i, n, len = 0;

	for (i = 0; i < s->npieces; i++) {
		p = &s->pieces[i];
		if (heard <= p->start)
			break;
		if (p->complete && heard >= p->start + p->nsamples) {
			len = p->begin + p->len;
			continue;
		}
		n = heard_bytes(s, p, heard - p->start);
		len = p->begin + n;
		break;
	}
	n = len;
	while (n > 0 && (s->text.data[n - 1] == ' ' || s->text.data[n - 1] == '\n'))
		n--;
	(void)buf_append(ret, s->text.data, n);
	return len == s->text.len;
}

/* ---- messages ---- */

const char *
chat_role_name(enum chat_role role)
{
	switch (role) {
	case CHAT_SYSTEM:
		return "system";
	case CHAT_USER:
		return "user";
	case CHAT_ASSISTANT:
		return "assistant";
	}
	return "user";
}

void
chat_messages_clear(struct chat_messages *m)
{
	size_t	 i;

	for (i = 0; i < m->n; i++)
		free(m->list[i].text);
	free(m->list);
	memset(m, 0, sizeof(*m));
}

int
chat_messages_copy(struct chat_messages *ret, const struct chat_messages *m)
{
	struct chat_messages	 out = { NULL, 0 };

	if (m->n > 0 && (out.list = mem_calloc(m->n, sizeof(*out.list))) == NULL)
		return -1;
	for (; out.n < m->n; out.n++) {
		out.list[out.n].role = m->list[out.n].role;
		if ((out.list[out.n].text = mem_strdup(m->list[out.n].text)) == NULL) {
			chat_messages_clear(&out);
			return -1;
		}
	}
	*ret = out;
	return 0;
}

static char *
join(const char *a, const char *b, const char *tail)
{
	size_t	 na = strlen(a), nb = strlen(b), nt = strlen(tail), sep = na > 0 ? 1 : 0;
	char	*out;

	if ((out = mem_alloc(na + sep + nb + nt + 1)) == NULL)
		return NULL;
	memcpy(out, a, na);
	if (sep == 1)
		out[na] = ' ';
	memcpy(out + na + sep, b, nb);
	memcpy(out + na + sep + nb, tail, nt + 1);
	return out;
}

/* list has room. */
static int
add_message(struct chat_messages *m, enum chat_role role, const char *text, bool cut)
{
	struct chat_message	*last = m->n > 0 ? &m->list[m->n - 1] : NULL;
	bool			 joins = last != NULL && last->role == role && role != CHAT_SYSTEM;
	char			*joined;

	if ((joined = join(joins ? last->text : "", text, cut ? ELLIPSIS : "")) == NULL)
		return -1;
	if (joins) {
		free(last->text);
		last->text = joined;
		return 0;
	}
	m->list[m->n].role = role;
	m->list[m->n++].text = joined;
	return 0;
}

/* ---- the exchanges of a call ---- */

struct history {
	struct exchange	*list;		/* in order of turn */
	size_t		 n, max;
};

struct history *
history_new(size_t max)
{
	struct history	*h;

	if ((h = mem_calloc(1, sizeof(*h))) == NULL)
		return NULL;
	h->max = max > 0 ? max : 1;
	if ((h->list = mem_calloc(h->max, sizeof(*h->list))) == NULL) {
		free(h);
		return NULL;
	}
	return h;
}

static void
exchange_clear(struct exchange *e)
{
	free(e->user);
	free(e->heard);
	memset(e, 0, sizeof(*e));
}

void
history_free(struct history *h)
{
	size_t	 i;

	if (h == NULL)
		return;
	for (i = 0; i < h->n; i++)
		exchange_clear(&h->list[i]);
	free(h->list);
	free(h);
}

static void
remove_at(struct history *h, size_t i)
{
	exchange_clear(&h->list[i]);
	h->n--;
	memmove(&h->list[i], &h->list[i + 1], (h->n - i) * sizeof(h->list[0]));
	memset(&h->list[h->n], 0, sizeof(h->list[0]));
}

static int
copy_text(const char *text, char **ret)
{
	*ret = NULL;
	if (text == NULL || text[0] == '\0')
		return 0;
	return (*ret = mem_strdup(text)) == NULL ? -1 : 0;
}

int
history_put(struct history *h, int64_t turn, const char *user, const char *heard, bool cut)
{
	struct exchange	 e = { .turn = turn, .cut = cut };
	size_t		 i;

	if (copy_text(user, &e.user) == -1 || copy_text(heard, &e.heard) == -1) {
		exchange_clear(&e);
		return -1;
	}
	for (i = 0; i < h->n && h->list[i].turn < turn; i++)
		;
	if (i < h->n && h->list[i].turn == turn)
		remove_at(h, i);
	if (e.user == NULL && e.heard == NULL)
		return 0;
	if (h->n == h->max) {
		remove_at(h, 0);
		i = i > 0 ? i - 1 : 0;
	}
	memmove(&h->list[i + 1], &h->list[i], (h->n - i) * sizeof(h->list[0]));
	h->list[i] = e;
	h->n++;
	return 0;
}

const struct exchange *
history_find(const struct history *h, int64_t turn)
{
	size_t	 i;

	for (i = 0; i < h->n; i++)
		if (h->list[i].turn == turn)
			return &h->list[i];
	return NULL;
}

size_t
history_count(const struct history *h)
{
	return h->n;
}

static size_t
text_len(const char *text)
{
	return text == NULL ? 0 : strlen(text) + sizeof(ELLIPSIS);
}

/* The first exchange that still fits. The last one always does. */
static size_t
first_that_fits(const struct history *h, size_t left)
{
	size_t	 i, need;

	for (i = h->n; i > 0; i--) {
		need = text_len(h->list[i - 1].user) + text_len(h->list[i - 1].heard);
		if (need > left && i < h->n)
			break;
		left = need > left ? 0 : left - need;
	}
	return i;
}

int
history_messages(const struct history *h, const char *prompt, size_t max_bytes, struct chat_messages *ret)
{
	struct chat_messages	 out = { NULL, 0 };
	const struct exchange	*e;
	size_t			 i, used = prompt == NULL ? 0 : strlen(prompt);

	if ((out.list = mem_calloc(2 * h->n + 1, sizeof(*out.list))) == NULL)
		return -1;
	if (used > 0 && add_message(&out, CHAT_SYSTEM, prompt, false) == -1)
		goto fail;
	for (i = first_that_fits(h, used < max_bytes ? max_bytes - used : 0); i < h->n; i++) {
		e = &h->list[i];
		if (e->user != NULL && add_message(&out, CHAT_USER, e->user, false) == -1)
			goto fail;
		if (e->heard != NULL && add_message(&out, CHAT_ASSISTANT, e->heard, e->cut) == -1)
			goto fail;
	}
	*ret = out;
	return 0;
fail:
	chat_messages_clear(&out);
	errno = ENOMEM;
	return -1;
}
