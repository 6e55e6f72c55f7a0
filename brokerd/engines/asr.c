/* SPDX-License-Identifier: ISC */
#include "brokerd/engines/asr.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "brokerd/engines/sphinx.h"
#include "common/audio.h"
#include "common/log.h"
#include "common/mem.h"

#define GRAMMAR_SEARCH	"menu"
#define SILENCE_PEAK	32		/* -60 dB: nothing to recognise below it */
#define LEVEL_PEAK	16384		/* what every utterance is brought to */
#define NOISE_PEAK	100
#define FRAMES_SLACK	5		/* a covered utterance lacks one */

struct asr {
	ps_decoder_t	*ps;
	cmd_ln_t	*config;
	char		*text;		/* of the last result */
};

#if defined(__SANITIZE_ADDRESS__)
/* sphinxbase loses 90 KB of every parsed grammar, once a process here. */
const char	*__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libsphinxbase\n";
}
#endif

static void log_library(void *user, err_lvl_t level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Errors of the library arrive here. "Final result does not match the grammar"
 * is one of them, so they are not ours to judge: debug.
 */
static void
log_library(void *user, err_lvl_t level, const char *fmt, ...)
{
	char	text[512];
	va_list	ap;

	(void)user;
	if (level < ERR_ERROR)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text[strcspn(text, "\n")] = '\0';
	log_debug(NULL, "asr.library", "text=%s", LOG_Q(text));
}

static int
open_decoder(struct asr *asr, const char *dir, char *cause, size_t cause_size)
{
	char	hmm[512], dict[512];
	int	n = snprintf(dict, sizeof(dict), "%s/cmudict-en-us.dict", dir);

	if (n < 0 || (size_t)n >= sizeof(dict)) {
		(void)snprintf(cause, cause_size, "the name of the model directory is too long");
		return -1;
	}
	(void)snprintf(hmm, sizeof(hmm), "%s/en-us", dir);
	/* A wrong directory is found here: the library crashes on some (stack.md 10). */
	if (access(dict, R_OK) == -1 || access(hmm, R_OK | X_OK) == -1) {
		(void)snprintf(cause, cause_size, "no model in %s: %s (package pocketsphinx-en-us)",
		    dir, strerror(errno));
		return -1;
	}
	asr->config = cmd_ln_init(NULL, ps_args(), TRUE, "-hmm", hmm, "-dict", dict,
	    "-samprate", "16000", "-cmn", "batch", "-bestpath", "no",
	    "-lw", "3", "-wip", "0.1", "-silprob", "0.05", NULL);
	if (asr->config == NULL || (asr->ps = ps_init(asr->config)) == NULL) {
		(void)snprintf(cause, cause_size, "cannot load the model in %s", dir);
		return -1;
	}
	return 0;
}

struct asr *
asr_open(const char *model_dir, const char *grammar, char *cause, size_t cause_size)
{
	struct asr	*asr;

	err_set_logfp(NULL);		/* else it prints its whole configuration */
	err_set_callback(log_library, NULL);
	if ((asr = mem_calloc(1, sizeof(*asr))) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		return NULL;
	}
	if (open_decoder(asr, model_dir, cause, cause_size) == -1)
		goto fail;
	if (ps_set_jsgf_string(asr->ps, GRAMMAR_SEARCH, grammar) == -1 ||
	    ps_set_search(asr->ps, GRAMMAR_SEARCH) == -1) {
		(void)snprintf(cause, cause_size, "the grammar is not correct JSGF, has no public rule,"
		    " or uses a word that is not in the dictionary");
		goto fail;
	}
	return asr;
fail:
	asr_close(asr);
	return NULL;
}

void
asr_close(struct asr *asr)
{
	if (asr == NULL)
		return;
	if (asr->ps != NULL)
		(void)ps_free(asr->ps);
	if (asr->config != NULL)
		(void)cmd_ln_free_r(asr->config);
	free(asr->text);
	free(asr);
}

/* Copy with level and noise made equal; the same input gives the same output. */
static int16_t *
condition(const int16_t *samples, size_t n)
{
	double		 x, gain = (double)LEVEL_PEAK / audio_peak(samples, n);
	uint32_t	 seed = 1;
	int16_t		*out;
	size_t		 i;

	if ((out = mem_alloc(n * sizeof(*out))) == NULL)
		return NULL;
	for (i = 0; i < n; i++) {
		seed = seed * 1664525U + 1013904223U;
		x = (double)(seed >> 16) + (double)(seed * 69069U >> 16);	/* triangular */
		out[i] = (int16_t)(samples[i] * gain + NOISE_PEAK * (x / 65536.0 - 1.0));
	}
	return out;
}

/*
 * A score can be good although the text explains little: when no path lives
 * to the end, the library gives the best that ended before; and its fillers
 * ("<sil>", "[NOISE]") fit anything for ever. The library's own detector
 * takes most of the real silence away before.
 */
static void
measure_text(struct asr *asr, struct asr_result *res)
{
	unsigned	 nframes, run = 0;
	ps_seg_t	*seg;
	int		 first, last = -1;

	for (seg = ps_seg_iter(asr->ps); seg != NULL; seg = ps_seg_next(seg)) {
		ps_seg_frames(seg, &first, &last);
		nframes = (unsigned)(last - first + 1);
		if (ps_seg_word(seg)[0] != '<' && ps_seg_word(seg)[0] != '[')
			run = 0;
		else if ((run += nframes) > res->filler)
			res->filler = run;
	}
	res->whole = (unsigned)(last + 1) + FRAMES_SLACK >= res->nframes;
}

static int
decode(struct asr *asr, const int16_t *samples, size_t n, struct asr_result *res)
{
	const char	*hyp;
	int32		 score = 0;

	if (ps_start_utt(asr->ps) == -1)
		return -1;
	if (ps_process_raw(asr->ps, samples, n, FALSE, TRUE) == -1) {
		(void)ps_end_utt(asr->ps);
		return -1;
	}
	if (ps_end_utt(asr->ps) == -1)
		return -1;
	res->nframes = (unsigned)ps_get_n_frames(asr->ps);
	hyp = ps_get_hyp(asr->ps, &score);
	if (hyp == NULL || hyp[0] == '\0' || res->nframes == 0)
		return 0;
	if ((asr->text = mem_strdup(hyp)) == NULL)
		return -1;
	res->text = asr->text;
	res->score = (double)score / res->nframes;
	measure_text(asr, res);
	return 0;
}

int
asr_decode(struct asr *asr, const int16_t *samples, size_t n, struct asr_result *ret)
{
	struct asr_result	 res = { .text = "" };
	int16_t			*level = NULL;
	int			 rc = 0;

	free(asr->text);
	asr->text = NULL;
	if (audio_peak(samples, n) >= SILENCE_PEAK) {
		if ((level = condition(samples, n)) == NULL)
			return -1;
		rc = decode(asr, level, n, &res);
	}
	free(level);
	if (rc == 0)
		*ret = res;
	return rc;
}
