/* SPDX-License-Identifier: ISC */
#include "vadd/train/score.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_MS		500		/* shorter pauses belong to the utterance */
#define EARLY_MS	100
#define ROOM_MS		1000		/* a pause as long as this must close every utterance */

static void
list_add(struct list *l, double v)
{
	if (l->v == NULL)
		l->v = calloc(SCORE_LIST_MAX, sizeof(*l->v));
	if (l->v == NULL || l->n == SCORE_LIST_MAX) {
		(void)fprintf(stderr, "score: no room for another delay\n");
		exit(1);
	}
	l->v[l->n++] = v;
}

static int
by_value(const void *a, const void *b)
{
	const double	 x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
score_quantile(struct list *l, double share)
{
	if (l->n == 0)
		return NAN;
	qsort(l->v, l->n, sizeof(*l->v), by_value);
	return l->v[(size_t)(share * (double)(l->n - 1) + 0.5)];
}

void
score_clear(struct score *s)
{
	free(s->onset.v);
	free(s->clip.v);
	free(s->end.v);
	memset(s, 0, sizeof(*s));
}

/* ---- cells of 10 ms ---- */

static void
add_cells(struct score *s, const struct file_result *r)
{
	size_t	 i, k = 0, bin;
	int64_t	 middle;
	int	 label;

	for (i = 0; i < 2 * r->nframes; i++) {
		middle = (int64_t)i * 10 + 5;
		while (k < r->nspeech && r->speech[k].to <= middle)
			k++;
		label = k < r->nspeech && r->speech[k].from <= middle;
		bin = (size_t)((double)r->score[i / 2] * (SCORE_BINS - 1));
		s->bins[label][bin]++;
		s->cells[label][r->decision[i / 2] != 0]++;
	}
	s->minutes += (double)r->nframes * 0.02 / 60;
}

double
score_ba(const struct score *s)
{
	const double	 pos = (double)(s->cells[1][0] + s->cells[1][1]);
	const double	 neg = (double)(s->cells[0][0] + s->cells[0][1]);

	return ((double)s->cells[1][1] / pos + (double)s->cells[0][0] / neg) / 2;
}

/* Walks the bins from the highest score down; ret_best may be NULL. */
static double
curve(const struct score *s, double *ret_best)
{
	double	 pos = 0, neg = 0, p = 0, n = 0, area = 0, best = 0, dp, dn;
	int	 i;

	for (i = 0; i < SCORE_BINS; i++) {
		pos += (double)s->bins[1][i];
		neg += (double)s->bins[0][i];
	}
	for (i = SCORE_BINS - 1; i >= 0; i--) {
		dp = (double)s->bins[1][i] / pos;
		dn = (double)s->bins[0][i] / neg;
		area += dn * (p + dp / 2);
		p += dp;
		n += dn;
		best = fmax(best, (p + 1 - n) / 2);
	}
	if (ret_best != NULL)
		*ret_best = best;
	return area;
}

double
score_auc(const struct score *s)
{
	return curve(s, NULL);
}

double
score_best_ba(const struct score *s)
{
	double	 best;

	(void)curve(s, &best);
	return best;
}

/* ---- utterances ---- */

static size_t
utterances_of(const struct file_result *r, struct span *u)
{
	size_t	 i, n = 0;

	for (i = 0; i < r->nspeech; i++) {
		if (n > 0 && r->speech[i].from - u[n - 1].to < JOIN_MS)
			u[n - 1].to = r->speech[i].to;
		else
			u[n++] = r->speech[i];
	}
	return n;
}

/* One utterance between the end of the one before and the start of the next. */
static void
add_utterance(struct score *s, const struct file_result *r, struct span u, int64_t before, int64_t next)
{
	const struct found	*f, *first = NULL, *last = NULL;
	size_t			 i, touching = 0;

	s->utterances++;
	for (i = 0; i < r->nfound; i++) {
		f = &r->found[i];
		if (f->end <= u.from || f->start >= u.to)
			continue;
		touching++;
		if (first == NULL)
			first = f;
		last = f;
	}
	if (first == NULL) {
		s->missed++;
		return;
	}
	s->splits += touching - 1;
	if (first->announced > before) {	/* it opened afresh */
		if (first->announced < u.from - EARLY_MS)
			s->early++;
		else
			list_add(&s->onset, (double)(first->announced - u.from));
		list_add(&s->clip, first->start > u.from ? (double)(first->start - u.from) : 0);
	}
	if (last->closed <= next || next - u.to >= ROOM_MS)
		list_add(&s->end, (double)(last->closed - u.to));
}

static void
add_false(struct score *s, const struct file_result *r)
{
	size_t	 i, k;

	for (i = 0; i < r->nfound; i++) {
		for (k = 0; k < r->nspeech; k++) {
			if (r->speech[k].from < r->found[i].end && r->speech[k].to > r->found[i].start)
				break;
		}
		s->false_ones += k == r->nspeech;
	}
}

void
score_add(struct score *s, const struct file_result *r)
{
	struct span	 u[SCORE_FILE_MAX];
	size_t		 i, n;

	add_cells(s, r);
	n = utterances_of(r, u);
	for (i = 0; i < n; i++)
		add_utterance(s, r, u[i], i > 0 ? u[i - 1].to : 0, i + 1 < n ? u[i + 1].from : INT64_MAX);
	add_false(s, r);
}
