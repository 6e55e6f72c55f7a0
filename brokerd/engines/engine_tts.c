/* SPDX-License-Identifier: ISC */
/* engine_tts: offline text to speech by flite and espeak-ng (callpipe-engines(1)). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "brokerd/engines/helper.h"
#include "brokerd/engines/lead.h"
#include "brokerd/engines/voice.h"
#include "common/log.h"
#include "common/mem.h"

#define FLITE_RATE_HZ	16000
#define ESPEAK_PREFIX	"espeak:"
#define SEND_SAMPLES	8192		/* most of one answer */
#define VOICE_NAME_MAX	32

static const char	usage[] = "[-hvV] [-e program]\n"
    "  -e  program to run for languages other than English (espeak-ng)\n"
    "  -v  log every request\n";

struct engine {
	const char	*program;
	struct helper	*h;		/* of the running request, as all below */
	struct lead	 lead;
	int16_t		 out[SEND_SAMPLES + LEAD_KEEP_MAX];
};

static bool
send_audio(void *arg, uint32_t rate_hz, const int16_t *samples, size_t n)
{
	struct engine		*eng = arg;
	struct json_object	*obj;
	size_t			 take, nout;

	for (; n > 0; samples += take, n -= take) {
		take = n < SEND_SAMPLES ? n : SEND_SAMPLES;
		if ((nout = lead_trim(&eng->lead, rate_hz, samples, take, eng->out)) == 0)
			continue;
		if ((obj = json_object_new_object()) != NULL && json_add_int(obj, "rate_hz", rate_hz) == -1) {
			json_object_put(obj);
			obj = NULL;
		}
		if (helper_part(eng->h, obj, eng->out, nout) == -1)
			return false;
	}
	return !helper_stop(eng->h);
}

/* Sentence by sentence, so that the first audio does not wait for the last word. */
static enum voice_result
speak_flite(struct engine *eng, const char *text)
{
	enum voice_result	 res = VOICE_OK;
	char			*sentence;
	size_t			 len;

	for (; *text != '\0' && res == VOICE_OK; text += len) {
		len = voice_sentence_len(text);
		if ((sentence = mem_strndup(text, len)) == NULL)
			return VOICE_FAILED;
		if (sentence[strspn(sentence, " \t\r\n.!?;,")] != '\0')
			res = voice_flite(sentence, send_audio, eng);
		free(sentence);
		if (helper_stop(eng->h))
			return VOICE_STOPPED;
	}
	return res;
}

/* Letters, digits, '-', '+' and '_', not beginning with '-': never an option. */
static bool
voice_name_ok(const char *name)
{
	size_t	len = strlen(name);

	return len > 0 && len <= VOICE_NAME_MAX && name[0] != '-' && len == strspn(name,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+_");
}

/* The voice of espeak-ng, "" for flite, NULL when there is none (cause is set). */
static const char *
choose_voice(const char *language, const char *voice, char *cause, size_t cause_size)
{
	const char	*name = voice_espeak_name(language);
	bool		 english = name != NULL && strcmp(name, "en-us") == 0;

	if (strncmp(voice, ESPEAK_PREFIX, sizeof(ESPEAK_PREFIX) - 1) == 0) {
		voice += sizeof(ESPEAK_PREFIX) - 1;
		if (voice_name_ok(voice))
			return voice;
		(void)snprintf(cause, cause_size, "\"%.32s\" is no name of an espeak-ng voice", voice);
		return NULL;
	}
	if (voice[0] != '\0' && strcmp(voice, "slt") != 0) {
		(void)snprintf(cause, cause_size,
		    "voice \"%.32s\" is not known: \"slt\" or \"espeak:NAME\"", voice);
		return NULL;
	}
	if (name == NULL)
		(void)snprintf(cause, cause_size, "language \"%.16s\" is not known", language);
	return english ? "" : name;
}

static void
handle(struct helper *h, const struct helper_request *rq, void *arg)
{
	struct engine		*eng = arg;
	const char		*text = json_get_str(rq->body, "text"), *voice;
	char			 cause[192] = "flite failed";
	enum voice_result	 res;

	if (strcmp(rq->op, "tts") != 0 || text == NULL) {
		(void)helper_fail(h, false, text == NULL && strcmp(rq->op, "tts") == 0 ?
		    "\"text\" is missing or not a text" : "op is not \"tts\"");
		return;
	}
	voice = choose_voice(json_get_str_or(rq->body, "language", "en"),
	    json_get_str_or(rq->body, "voice", ""), cause, sizeof(cause));
	if (voice == NULL) {
		(void)helper_fail(h, false, "%s", cause);
		return;
	}
	eng->h = h;
	memset(&eng->lead, 0, sizeof(eng->lead));
	if (text[strspn(text, " \t\r\n")] == '\0')
		res = VOICE_OK;
	else if (voice[0] == '\0')
		res = speak_flite(eng, text);
	else
		res = voice_espeak(eng->program, voice, text, send_audio, eng, cause, sizeof(cause));
	log_debug(NULL, "tts.done", "voice=%s result=%d", LOG_Q(voice), (int)res);
	if (res == VOICE_FAILED)
		(void)helper_fail(h, true, "%s", cause);
	else if (res == VOICE_OK && !helper_stop(h))
		(void)helper_end(h, json_object_new_object());
}

int
main(int argc, char **argv)
{
	static const char *const	languages[] = { "en", "ar", "bg", "ca", "cs", "da", "de", "el",
					    "es", "fa", "fi", "fr", "hi", "hu", "it", "ko", "nl", "no",
					    "pl", "pt", "ro", "ru", "sv", "tr", "uk", "ur", "zh", NULL };
	static const struct helper_info	info = { "tts", "flite", FLITE_RATE_HZ, languages };
	static struct engine		eng = { .program = "espeak-ng" };
	enum log_level			level = LOG_LVL_INFO;
	int				opt;

	while ((opt = getopt(argc, argv, "e:hvV")) != -1) {
		if (opt == 'e')
			eng.program = optarg;
		else if (opt == 'v')
			level = LOG_LVL_DEBUG;
		else
			return helper_option(opt, "engine_tts", usage);
	}
	if (optind < argc)
		return helper_option('?', "engine_tts", usage);
	log_open("engine_tts", level, STDERR_FILENO);
	if (voice_flite_open() == -1) {
		log_error(NULL, "tts.open", "cause=\"flite has no voice slt\"");
		return 1;
	}
	return helper_main(&info, handle, &eng);
}
