/* SPDX-License-Identifier: ISC */
/*
 * score: what a detector did, held against labels. The definitions are those of
 * README.md. Pure; times are milliseconds from the start of a file.
 */
#ifndef VADD_TRAIN_SCORE_H
#define VADD_TRAIN_SCORE_H

#include <stddef.h>
#include <stdint.h>

#define SCORE_BINS	4096
#define SCORE_LIST_MAX	8192		/* delays of a condition; more are refused loudly */
#define SCORE_FILE_MAX	512		/* stretches or segments in one file */

struct span { int64_t from, to; };
struct found {				/* one segment */
	int64_t		announced, start;	/* opened; where its audio starts */
	int64_t		closed, end;		/* closed; where its audio ends */
};
struct file_result {
	struct span	speech[SCORE_FILE_MAX];
	size_t		nspeech;
	struct found	found[SCORE_FILE_MAX];
	size_t		nfound;
	const float	*score;			/* one per 20 ms */
	const uint8_t	*decision;
	size_t		nframes;
};

struct list { double *v; size_t n; };
struct score {				/* zero is empty */
	uint64_t	bins[2][SCORE_BINS];	/* scores of cells without and with speech */
	uint64_t	cells[2][2];		/* label, decision */
	uint64_t	utterances, missed, splits, early, false_ones;
	double		minutes;
	struct list	onset, clip, end;
};

void	score_add(struct score *s, const struct file_result *r);
void	score_clear(struct score *s);
double	score_ba(const struct score *s);		/* at the detector's own decision */
double	score_best_ba(const struct score *s);
double	score_auc(const struct score *s);
/* share .5: the median. NAN when empty. */
double	score_quantile(struct list *l, double share);

#endif
