/* SPDX-License-Identifier: ISC */
/* engine_asr: offline speech to text, English sentences of a grammar (callpipe-engines(1)). */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "brokerd/engines/asr.h"
#include "brokerd/engines/grammar.h"
#include "brokerd/engines/helper.h"
#include "common/audio.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"

#define MODEL_DIR	"/usr/share/pocketsphinx/model/en-us"
#define GRAMMAR_MAX	(256 * 1024)
#define RATE_MIN	8000

static const char	usage[] = "[-hpvV] [-g grammar] [-m model-dir] [-r score]\n"
    "  -g  JSGF file instead of the built-in grammar\n"
    "  -m  directory of the model (" MODEL_DIR ")\n"
    "  -p  print the built-in grammar and leave\n"
    "  -r  reject what scores less per frame, -100 to 0 (-35)\n"
    "  -v  log what is recognised\n";

struct engine {
	struct asr	*asr;
	const char	*grammar_path;
	const char	*model_dir;
	double		 reject;
};

/* Upsample to the decoder's rate. The caller frees *ret. 0, -1 with ENOMEM or EINVAL. */
static int
to_decoder_rate(const struct helper_request *rq, uint32_t rate_hz, int16_t **ret, size_t *ret_n)
{
	struct audio_resampler	*r;
	int16_t			*out;
	size_t			 size, n;

	if ((r = audio_resampler_new(rate_hz, ASR_RATE_HZ)) == NULL)
		return -1;
	size = audio_resampler_max_out(r, rq->npcm) + audio_resampler_max_out(r, 0);
	if ((out = mem_alloc((size + 1) * sizeof(*out))) == NULL) {
		audio_resampler_free(r);
		return -1;
	}
	n = audio_resampler_run(r, rq->pcm, rq->npcm, out, size);
	n += audio_resampler_flush(r, out + n, size - n);
	audio_resampler_free(r);
	*ret = out;
	*ret_n = n;
	return 0;
}

/* Why the result is not to be believed, or NULL; reason is room for the text. */
static const char *
judge(const struct engine *eng, const struct asr_result *res, char *reason, size_t size)
{
	if (res->text[0] == '\0')
		return res->nframes == 0 ? NULL : "no sentence of the grammar";
	if (!res->whole)
		return "the sentence ends before the speech";
	if (res->filler > ASR_FILLER_MAX)
		return "speech that no word of the grammar explains";
	if (res->score >= eng->reject)
		return NULL;
	(void)snprintf(reason, size, "score %.1f is below %.1f", res->score, eng->reject);
	return reason;
}

/* 0.5 at the threshold, towards 1 above it. */
static double
confidence(const struct engine *eng, double score)
{
	return 1.0 / (1.0 + exp((eng->reject - score) / 5.0));
}

static void
answer(struct helper *h, const struct engine *eng, const struct asr_result *res)
{
	struct json_object	*obj = json_object_new_object();
	char			 reason[96], number[32];
	const char		*why = judge(eng, res, reason, sizeof(reason));
	double			 conf = res->text[0] != '\0' && why == NULL ? confidence(eng, res->score) : 0.0;

	log_debug(NULL, "asr.result", "text=%s score=%.1f filler=%u whole=%d rejected=%s",
	    LOG_Q(res->text), res->score, res->filler, res->whole, LOG_Q(why));
	(void)snprintf(number, sizeof(number), "%.2f", conf);
	if (obj != NULL && (json_add_str(obj, "text", why == NULL ? res->text : "") == -1 ||
	    json_add(obj, "confidence", json_object_new_double_s(conf, number)) == -1 ||
	    json_add_str(obj, "language", "en") == -1 || json_add_str(obj, "reason", why) == -1 ||
	    (why != NULL && json_add_bool(obj, "rejected", true) == -1))) {
		json_object_put(obj);
		obj = NULL;
	}
	(void)helper_end(h, obj);
}

static void
handle(struct helper *h, const struct helper_request *rq, void *arg)
{
	struct engine		*eng = arg;
	struct asr_result	 res;
	const char		*lang = json_get_str_or(rq->body, "language", "en");
	int64_t			 rate_hz = ASR_RATE_HZ;
	int16_t			*pcm = NULL;
	size_t			 n;

	if (strcmp(rq->op, "stt") != 0)
		(void)helper_fail(h, false, "op is not \"stt\"");
	else if (strncmp(lang, "en", 2) != 0 || (lang[2] != '\0' && lang[2] != '-' && lang[2] != '_'))
		(void)helper_fail(h, false, "language \"%.16s\" is not known: this engine hears English only", lang);
	else if (json_get_int(rq->body, "rate_hz", RATE_MIN, AUDIO_RATE_MAX, &rate_hz) == -1)
		(void)helper_fail(h, false, "rate_hz is not a number from %d to %d", RATE_MIN, AUDIO_RATE_MAX);
	else if (to_decoder_rate(rq, (uint32_t)rate_hz, &pcm, &n) == -1)
		(void)helper_fail(h, errno == ENOMEM, "cannot convert from %lld Hz: %s",
		    (long long)rate_hz, strerror(errno));
	else if (helper_stop(h))
		;
	else if (asr_decode(eng->asr, pcm, n, &res) == -1)
		(void)helper_fail(h, true, "the decoder failed");
	else if (!helper_stop(h))
		answer(h, eng, &res);
	free(pcm);
}

static char *
read_grammar(const char *path)
{
	char	*text = NULL;
	FILE	*f;
	size_t	 n;

	if ((f = fopen(path, "re")) == NULL || (text = mem_alloc(GRAMMAR_MAX + 1)) == NULL) {
		log_error(NULL, "asr.grammar", "file=%s error=%s", LOG_Q(path), LOG_Q(strerror(errno)));
		goto out;
	}
	n = fread(text, 1, GRAMMAR_MAX, f);
	text[n] = '\0';
	if (ferror(f) || !feof(f)) {
		log_error(NULL, "asr.grammar", "file=%s error=%s", LOG_Q(path),
		    ferror(f) ? "\"cannot be read\"" : "\"longer than 262144 bytes\"");
		free(text);
		text = NULL;
	}
out:
	if (f != NULL)
		(void)fclose(f);
	return text;
}

static int
run(struct engine *eng)
{
	static const char *const	languages[] = { "en", NULL };
	static const struct helper_info	info = { "stt", "pocketsphinx", ASR_RATE_HZ, languages };
	char				cause[512], *grammar = NULL;
	int				rc = 2;

	if (eng->grammar_path != NULL && (grammar = read_grammar(eng->grammar_path)) == NULL)
		return 2;
	eng->asr = asr_open(eng->model_dir, grammar != NULL ? grammar : grammar_menu, cause, sizeof(cause));
	if (eng->asr == NULL)
		log_error(NULL, "asr.open", "grammar=%s cause=%s",
		    LOG_Q(eng->grammar_path != NULL ? eng->grammar_path : "built-in"), LOG_Q(cause));
	else
		rc = helper_main(&info, handle, eng);
	asr_close(eng->asr);
	free(grammar);
	return rc;
}

int
main(int argc, char **argv)
{
	struct engine	eng = { .model_dir = MODEL_DIR, .reject = ASR_REJECT };
	enum log_level	level = LOG_LVL_INFO;
	int		opt;

	while ((opt = getopt(argc, argv, "g:hm:pr:vV")) != -1) {
		if (opt == 'g')
			eng.grammar_path = optarg;
		else if (opt == 'm')
			eng.model_dir = optarg;
		else if (opt == 'p')
			return fputs(grammar_menu, stdout) == EOF;
		else if (opt == 'r' && num_parse_double(optarg, -100.0, 0.0, &eng.reject) == 0)
			continue;
		else if (opt == 'v')
			level = LOG_LVL_DEBUG;
		else
			return helper_option(opt, "engine_asr", usage);
	}
	if (optind < argc)
		return helper_option('?', "engine_asr", usage);
	log_open("engine_asr", level, STDERR_FILENO);
	return run(&eng);
}
