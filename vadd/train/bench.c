/* SPDX-License-Identifier: ISC */
/*
 * bench: detectors and the project's segmenter on a list of labelled files.
 *
 *   bench [-d DETECTOR] LIST     the figures, per condition and per kind of sound
 *   bench -n FRAMES -d DETECTOR FILE    only run it so long: for callgrind
 */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/num.h"
#include "vadd/profile.h"
#include "vadd/segment.h"
#include "vadd/stream.h"
#include "vadd/train/detectors.h"
#include "vadd/train/score.h"

#define FRAMES_MAX	(60 * 60 * 50)
#define NAMES_MAX	64
#define NAME_SIZE	32

struct group { char name[NAME_SIZE]; struct score score; };

static struct group	 groups[NAMES_MAX];	/* conditions of speech, then kinds without */
static size_t		 ngroups;
static int16_t		 pcm[FRAMES_MAX * VAD_FRAME_SAMPLES];
static float		 scores[FRAMES_MAX];
static uint8_t		 decisions[FRAMES_MAX];
static double		 busy_s;
static uint64_t		 frames;

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct score *
group_of(const char *condition, const char *kind)
{
	char	 name[NAME_SIZE];
	size_t	 i;

	if (strcmp(condition, "no-speech") == 0)
		(void)snprintf(name, sizeof(name), "-%.24s", kind);
	else
		(void)snprintf(name, sizeof(name), "%.24s", condition);
	for (i = 0; i < ngroups; i++) {
		if (strcmp(groups[i].name, name) == 0)
			return &groups[i].score;
	}
	if (ngroups == NAMES_MAX) {
		errno = E2BIG;
		die("conditions");
	}
	memcpy(groups[ngroups].name, name, sizeof(name));
	return &groups[ngroups++].score;
}

static size_t
read_pcm(const char *path)
{
	FILE	*f;
	size_t	 n;

	if ((f = fopen(path, "rb")) == NULL)
		die(path);
	n = fread(pcm, sizeof(*pcm), sizeof(pcm) / sizeof(*pcm), f);
	(void)fclose(f);
	return n / VAD_FRAME_SAMPLES;
}

static void
read_labels(const char *path, struct file_result *r)
{
	char	 name[1024], line[64], *end;
	FILE	*f;

	(void)snprintf(name, sizeof(name), "%.*s.lab", (int)strlen(path) - 4, path);
	if ((f = fopen(name, "r")) == NULL)
		die(name);
	for (r->nspeech = 0; fgets(line, sizeof(line), f) != NULL; r->nspeech++) {
		if (r->nspeech == SCORE_FILE_MAX) {
			errno = E2BIG;
			die(name);
		}
		r->speech[r->nspeech].from = strtoll(line, &end, 10) * 1000 / VAD_RATE_HZ;
		r->speech[r->nspeech].to = strtoll(end, NULL, 10) * 1000 / VAD_RATE_HZ;
	}
	(void)fclose(f);
}

static void
note(struct file_result *r, const struct segment_event *ev)
{
	if (ev->kind == SEGMENT_BEGIN) {
		if (r->nfound == SCORE_FILE_MAX) {
			errno = E2BIG;
			die("segments");
		}
		r->found[r->nfound].announced = (int64_t)ev->announced_ms;
		r->found[r->nfound++].start = (int64_t)ev->audio_ms;
	}
	if (ev->kind == SEGMENT_END) {
		r->found[r->nfound - 1].closed = (int64_t)ev->announced_ms;
		r->found[r->nfound - 1].end = (int64_t)ev->audio_ms;
	}
}

static double
now_s(void)
{
	struct timespec	 t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* As vadd/stream.c does. */
static enum segment_speech
judge(const struct profile *p, bool open, struct vad_result v)
{
	if (v.score < (open ? p->hold : p->open))
		return SEGMENT_SILENCE;
	return v.sure && !open ? SEGMENT_SURE : SEGMENT_SPEECH;
}

static void
hear(const struct detector *d, struct file_result *r)
{
	struct profile_set	 set;
	struct segment		*seg;
	struct segment_event	 ev;
	struct vad_result	 v;
	void			*vad;
	double			 t;
	size_t			 i;

	profile_set_init(&set);
	if ((vad = d->create()) == NULL || (seg = segment_new(&segment_defaults, 0)) == NULL)
		die(d->name);
	r->nfound = 0;
	t = now_s();
	for (i = 0; i < r->nframes; i++) {
		v = d->feed(vad, pcm + i * VAD_FRAME_SAMPLES);
		scores[i] = v.score;
		decisions[i] = v.speech;
		(void)segment_feed(seg, d->ours ? judge(&set.rows[0], segment_is_open(seg), v) :
		    v.speech ? SEGMENT_SPEECH : SEGMENT_SILENCE, VAD_FRAME_MS, &ev);
		if (ev.kind == SEGMENT_END && ev.capped)
			d->relearn(vad);
		note(r, &ev);
	}
	busy_s += now_s() - t;
	frames += r->nframes;
	(void)segment_flush(seg, &ev);
	note(r, &ev);
	segment_free(seg);
	d->destroy(vad);
}

static void
run_list(const struct detector *d, const char *list)
{
	static struct file_result	 r;
	char		 line[1200], *save, *path, *condition, *kind;
	FILE		*f;

	if ((f = fopen(list, "r")) == NULL)
		die(list);
	while (fgets(line, sizeof(line), f) != NULL) {
		path = strtok_r(line, "\t", &save);
		condition = strtok_r(NULL, "\t", &save);
		kind = strtok_r(NULL, "\n", &save);
		if (path == NULL || condition == NULL || kind == NULL) {
			errno = EBADMSG;
			die(list);
		}
		r.nframes = read_pcm(path);
		read_labels(path, &r);
		r.score = scores;
		r.decision = decisions;
		hear(d, &r);
		score_add(group_of(condition, kind), &r);
	}
	(void)fclose(f);
}

/* ---- printing ---- */

static void
print_speech(const char *name, struct score *s)
{
	const double	 n = (double)s->utterances;

	(void)printf("%-10s %5.0f  %.3f %.3f %.3f  %4.0f %4.0f  %4.0f  %4.0f %5.0f  %.3f  %5.2f%%  %5.2f%%  %5.2f\n", name, n,
	    score_ba(s), score_best_ba(s), score_auc(s), score_quantile(&s->onset, .5), score_quantile(&s->onset, .95),
	    score_quantile(&s->clip, .95), score_quantile(&s->end, .5), score_quantile(&s->end, .95),
	    (double)s->splits / n, 100 * (double)s->missed / n, 100 * (double)s->early / n,
	    (double)s->false_ones / s->minutes);
}

static void
print_all(const struct detector *d)
{
	double	 minutes = 0, per = 0, frames_on = 0, cells;
	uint64_t all = 0;
	size_t	 i;

	(void)printf("\n== %s: %zu bytes a stream, %.2f us a frame of 20 ms\n", d->name, d->bytes(), busy_s * 1e6 / (double)frames);
	(void)printf("condition  utts.  BA    best  AUC    onset p95   clip95 end   p95   splits missed  early   false/min\n");
	for (i = 0; i < ngroups; i++) {
		if (groups[i].name[0] != '-')
			print_speech(groups[i].name, &groups[i].score);
	}
	(void)printf("no speech: false utterances a minute, share of frames taken for speech\n");
	for (i = 0; i < ngroups; i++) {
		if (groups[i].name[0] != '-')
			continue;
		cells = (double)(groups[i].score.cells[0][0] + groups[i].score.cells[0][1]);
		per = (double)groups[i].score.false_ones / groups[i].score.minutes;
		(void)printf("  %-14s %5.2f  %5.1f%%\n", groups[i].name + 1, per, 100 * (double)groups[i].score.cells[0][1] / cells);
		all += groups[i].score.false_ones;
		minutes += groups[i].score.minutes;
		frames_on += (double)groups[i].score.cells[0][1] / cells * groups[i].score.minutes;
	}
	if (minutes > 0)
		(void)printf("  all, %.0f min   %5.2f  %5.1f%%\n", minutes, (double)all / minutes, 100 * frames_on / minutes);
}

/* For callgrind: two runs of different length, the difference is the detector. */
static int
only_run(const struct detector *d, const char *path, size_t n)
{
	size_t	 i, have = read_pcm(path);
	void	*vad = d->create();
	float	 sum = 0;

	if (vad == NULL || have == 0)
		die(path);
	for (i = 0; i < n; i++)
		sum += d->feed(vad, pcm + i % have * VAD_FRAME_SAMPLES).score;
	d->destroy(vad);
	return sum >= 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	const struct detector	*d;
	const char		*only = NULL;
	int64_t			 n = 0;
	size_t			 i;
	int			 c;

	while ((c = getopt(argc, argv, "d:n:")) != -1) {
		if (c == 'd')
			only = optarg;
		else if (c != 'n' || num_parse(optarg, 1, FRAMES_MAX, &n) == -1)
			goto usage;
	}
	if (optind + 1 != argc)
		goto usage;
	for (d = detectors; d->name != NULL; d++) {
		if (only != NULL && strcmp(only, d->name) != 0)
			continue;
		if (n > 0)
			return only_run(d, argv[optind], (size_t)n);
		busy_s = 0;
		frames = 0;
		run_list(d, argv[optind]);
		print_all(d);
		for (i = 0; i < ngroups; i++)
			score_clear(&groups[i].score);
		ngroups = 0;
	}
	return fflush(stdout) == 0 ? 0 : 1;
usage:
	(void)fprintf(stderr, "usage: bench [-d detector] list | bench -n frames -d detector file\n");
	return 2;
}
