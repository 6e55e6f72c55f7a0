/* SPDX-License-Identifier: ISC */
/*
 * hearing: what the offline recogniser makes of utterances with noise, as they come and
 * with the noise suppressor.
 *
 *   hearing DIR [most_db]...
 *   hearing -t SECONDS [rate_hz]	what the suppressor costs at a rate, or at each
 *
 * DIR is made by hearing.py: list (lines "PATH<tab>SET<tab>NOISE<tab>DB<tab>FROM<tab>TO<tab>TEXT", samples at
 * 8 kHz) and SET.gram (JSGF; "menu" is the built-in grammar). The detector listens
 * to each file from its beginning, and the noise is learnt while it hears no speech;
 * the utterance is cut by the label, so that both ways decode the same stretch:
 * PREROLL_MS before and TAIL_MS after it. For each way (off, then each most_db) a line
 * "WAY SET NOISE DB NUMBER WORDS ERRORS ACCEPTED RIGHT TEXT".
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "brokerd/engines/asr.h"
#include "brokerd/engines/grammar.h"
#include "common/audio.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"
#include "vadd/suppress.h"
#include "vadd/vad.h"

#define MODEL_DIR	"/usr/share/pocketsphinx/model/en-us"
#define RATE_HZ		8000
#define FRAME		VAD_FRAME_SAMPLES
#define PREROLL_MS	300
#define TAIL_MS		200
#define SAMPLES_MAX	(60 * RATE_HZ)
#define WORDS_MAX	128
#define WAYS_MAX	8
#define LINE_SIZE	2048

struct item {
	char	*path, *set, *noise, *db, *text;
	int	 from, to;
};

static int16_t	pcm[SAMPLES_MAX];

static size_t
read_pcm(const char *path)
{
	FILE	*f = fopen(path, "rb");
	size_t	 n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(pcm, sizeof(*pcm), SAMPLES_MAX, f);
	(void)fclose(f);
	return n;
}

static char *
read_text(const char *dir, const char *set)
{
	char	 path[1024], *text;
	FILE	*f;
	size_t	 n;

	if (strcmp(set, "menu") == 0)
		return mem_strdup(grammar_menu);
	(void)snprintf(path, sizeof(path), "%s/%s.gram", dir, set);
	if ((f = fopen(path, "r")) == NULL || (text = mem_alloc(65536)) == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(text, 1, 65535, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

/* ---- words ---- */

static size_t
split(char *text, char **words)
{
	size_t	 n = 0;
	char	*save, *w;

	for (w = strtok_r(text, " ", &save); w != NULL && n < WORDS_MAX; w = strtok_r(NULL, " ", &save)) {
		if (strchr(w, '(') != NULL)	/* another pronunciation: "the(2)" */
			*strchr(w, '(') = '\0';
		words[n++] = w;
	}
	return n;
}

/* Substitutions, deletions and insertions. */
static unsigned
word_errors(const char *said, const char *heard, unsigned *ret_words)
{
	char		 a[LINE_SIZE], b[LINE_SIZE], *aw[WORDS_MAX], *bw[WORDS_MAX];
	unsigned	 row[WORDS_MAX + 1], diagonal, above, best;
	size_t		 na, nb, i, j;

	(void)snprintf(a, sizeof(a), "%s", said);
	(void)snprintf(b, sizeof(b), "%s", heard);
	na = split(a, aw);
	nb = split(b, bw);
	for (j = 0; j <= nb; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= na; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i;
		for (j = 1; j <= nb; j++) {
			above = row[j];
			best = diagonal + (strcmp(aw[i - 1], bw[j - 1]) != 0);
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = above;
			row[j] = best;
		}
	}
	*ret_words = (unsigned)na;
	return row[nb];
}

/* ---- one utterance ---- */

/* As engine_asr does. */
static int16_t *
upsample(const int16_t *in, size_t nin, size_t *ret_n)
{
	struct audio_resampler	*r = audio_resampler_new(RATE_HZ, ASR_RATE_HZ);
	int16_t			*out;
	size_t			 size;

	if (r == NULL)
		return NULL;
	size = audio_resampler_max_out(r, nin) + audio_resampler_max_out(r, 0);
	if ((out = mem_alloc(size * sizeof(*out))) != NULL) {
		*ret_n = audio_resampler_run(r, in, nin, out, size);
		*ret_n += audio_resampler_flush(r, out + *ret_n, size - *ret_n);
	}
	audio_resampler_free(r);
	return out;
}

/* The noise before the utterance, as vadd would learn it. */
static struct suppress *
listen(const struct item *it)
{
	struct suppress		*s = suppress_new(RATE_HZ);
	struct vad		*vad = vad_new();
	size_t			 at, block;

	if (s == NULL || vad == NULL) {
		perror("hearing");
		exit(1);
	}
	block = suppress_block(s);
	for (at = 0; at + FRAME <= (size_t)it->from; at += FRAME)
		if (!vad_feed(vad, pcm + at).speech && at + FRAME >= block && at / FRAME % 2 == 1)
			suppress_learn(s, pcm + at + FRAME - block);
	vad_free(vad);
	return s;
}

static void
decode(struct asr *asr, const struct item *it, unsigned number, const char *way, const int16_t *in, size_t n)
{
	struct asr_result	 res;
	unsigned		 words, errors;
	int16_t			*wide;
	size_t			 nwide;
	bool			 accepted;

	if ((wide = upsample(in, n, &nwide)) == NULL || asr_decode(asr, wide, nwide, &res) == -1) {
		(void)fprintf(stderr, "hearing: %s: the decoder failed\n", it->path);
		exit(1);
	}
	free(wide);
	accepted = res.text[0] != '\0' && res.whole && res.filler <= ASR_FILLER_MAX && res.score >= ASR_REJECT;
	errors = word_errors(it->text, res.text, &words);
	(void)printf("%s\t%s\t%s\t%s\t%u\t%u\t%u\t%d\t%d\t%s\n", way, it->set, it->noise, it->db, number, words, errors,
	    accepted, errors == 0, res.text);
}

static void
hear(struct asr *asr, const struct item *it, unsigned number, char **most, int nways)
{
	static int16_t	 cut[SAMPLES_MAX];
	const size_t	 n = read_pcm(it->path), from = (size_t)it->from - PREROLL_MS * RATE_HZ / 1000;
	size_t		 to = (size_t)it->to + TAIL_MS * RATE_HZ / 1000;
	struct suppress	*s;
	double		 most_db;
	int		 i;

	if (to > n)
		to = n;
	decode(asr, it, number, "off", pcm + from, to - from);
	for (i = 0; i < nways; i++) {
		if (num_parse_double(most[i], 0, SUPPRESS_DB_MAX, &most_db) == -1) {
			(void)fprintf(stderr, "hearing: %s is not from 0 to %d dB\n", most[i], SUPPRESS_DB_MAX);
			exit(2);
		}
		s = listen(it);
		memcpy(cut, pcm + from, (to - from) * sizeof(*cut));
		suppress_begin(s, (float)most_db);
		suppress_end(s, cut, to - from);
		suppress_free(s);
		decode(asr, it, number, most[i], cut, to - from);
	}
}

/* ---- cost ---- */

static double
cpu_s(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static int
cost(uint32_t rate_hz, int seconds)
{
	const size_t	 frame = AUDIO_FRAME_SAMPLES(rate_hz), n = (size_t)rate_hz;
	const size_t	 before = mallinfo2().uordblks;
	struct suppress	*s = suppress_new(rate_hz);
	const size_t	 bytes = mallinfo2().uordblks - before;
	double		 start, learn_s;
	uint32_t	 seed = 1;
	size_t		 i, at;
	int		 k;

	if (s == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		seed = seed * 1664525U + 1013904223U;
		pcm[i] = (int16_t)((int)(seed >> 22) - 512 + (i / 2000 % 2 != 0 ? (int)(i % 80) * 50 : 0));
	}
	start = cpu_s();
	for (k = 0; k < seconds; k++)
		for (at = 0; at + suppress_block(s) <= n; at += 2 * frame)
			suppress_learn(s, pcm + at);
	learn_s = cpu_s() - start;
	start = cpu_s();
	for (k = 0; k < seconds; k++) {
		suppress_begin(s, 15);
		for (at = frame; at < n; at += frame)
			suppress_feed(s, pcm, at);
		suppress_end(s, pcm, n);
	}
	(void)printf("%5u Hz: %zu bytes a stream; a frame of 20 ms: %.2f us in an utterance, %.2f us while nobody speaks\n", rate_hz,
	    bytes, (cpu_s() - start) * 1e6 / (50.0 * seconds), learn_s * 1e6 / (50.0 * seconds));
	suppress_free(s);
	return 0;
}

static int
parse(char *line, struct item *it)
{
	char	*field[7], *save;
	size_t	 i;

	line[strcspn(line, "\n")] = '\0';
	for (i = 0; i < 7; i++)
		if ((field[i] = strtok_r(i == 0 ? line : NULL, "\t", &save)) == NULL)
			return -1;
	*it = (struct item){ .path = field[0], .set = field[1], .noise = field[2], .db = field[3],
	    .from = atoi(field[4]), .to = atoi(field[5]), .text = field[6] };
	return it->from < PREROLL_MS * RATE_HZ / 1000 || it->to <= it->from ? -1 : 0;
}

int
main(int argc, char **argv)
{
	char		 path[1024], line[LINE_SIZE], cause[512], set[64] = "", *grammar;
	struct asr	*asr = NULL;
	struct item	 it;
	unsigned	 number = 0;
	FILE		*f;

	if (argc == 3 && strcmp(argv[1], "-t") == 0)
		return cost(8000, atoi(argv[2])) == -1 || cost(16000, atoi(argv[2])) == -1 || cost(24000, atoi(argv[2])) == -1;
	if (argc == 4 && strcmp(argv[1], "-t") == 0)
		return cost((uint32_t)atoi(argv[3]), atoi(argv[2])) == -1;
	if (argc < 2 || argv[1][0] == '-') {
		(void)fprintf(stderr, "usage: hearing DIR [most_db]...\n       hearing -t SECONDS [rate_hz]\n");
		return 2;
	}
	log_open("hearing", LOG_LVL_WARN, 2);
	(void)snprintf(path, sizeof(path), "%s/list", argv[1]);
	if ((f = fopen(path, "r")) == NULL) {
		perror(path);
		return 1;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		if (parse(line, &it) == -1) {
			(void)fprintf(stderr, "hearing: %s: bad line %u\n", path, number + 1);
			return 1;
		}
		if (strcmp(it.set, set) != 0) {
			asr_close(asr);
			(void)snprintf(set, sizeof(set), "%s", it.set);
			grammar = read_text(argv[1], set);
			if ((asr = asr_open(MODEL_DIR, grammar, cause, sizeof(cause))) == NULL) {
				(void)fprintf(stderr, "hearing: %s: %s\n", set, cause);
				return 1;
			}
			free(grammar);
		}
		hear(asr, &it, number++, argv + 2, argc - 2);
	}
	asr_close(asr);
	(void)fclose(f);
	return 0;
}
