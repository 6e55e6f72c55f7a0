/* SPDX-License-Identifier: ISC */
/* The engine programs themselves, over pipes, with real speech (flite, espeak-ng). */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "common/audio.h"
#include "common/json.h"
#include "common/mem.h"

struct prog {
	pid_t	 pid;
	FILE	*to;
	FILE	*from;
	struct json_object *hello;
};

struct speech {
	int16_t		*pcm;
	size_t		 n;
	uint32_t	 rate_hz;
	int		 npieces;
};

static struct json_object *
read_obj(struct prog *p)
{
	char			*line = NULL;
	size_t			 size = 0;
	ssize_t			 n = getline(&line, &size, p->from);
	struct json_object	*obj;

	ck_assert_int_gt(n, 0);
	ck_assert_ptr_nonnull(obj = json_parse(line, (size_t)n - 1, NULL));
	free(line);
	return obj;
}

static struct prog
start(const char *name)
{
	const char	*bin = getenv("BIN") != NULL ? getenv("BIN") : ".";
	struct prog	 p;
	char		 path[512];
	int		 in[2], out[2];

	(void)snprintf(path, sizeof(path), "%s/brokerd/engines/%s", bin, name);
	ck_assert_msg(access(path, X_OK) == 0, "%s is not built", path);
	ck_assert_int_eq(pipe2(in, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
	if ((p.pid = fork()) == 0) {
		(void)dup2(in[0], 0);
		(void)dup2(out[1], 1);
		(void)close(in[1]);
		(void)close(out[0]);
		(void)execl(path, name, (char *)NULL);
		_exit(127);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	p.to = fdopen(in[1], "w");
	p.from = fdopen(out[0], "r");
	p.hello = read_obj(&p);
	ck_assert_str_eq(json_get_str_or(p.hello, "hello", ""), "callpipe-engine");
	return p;
}

/* End of input must end the program with status 0. */
static void
finish(struct prog *p)
{
	int	status;

	(void)fclose(p->to);
	ck_assert_int_eq(fgetc(p->from), EOF);
	ck_assert_int_eq(waitpid(p->pid, &status, 0), p->pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	(void)fclose(p->from);
	json_object_put(p->hello);
}

static void
request(struct prog *p, const char *line)
{
	ck_assert_int_ge(fprintf(p->to, "%s\n", line), 0);
	ck_assert_int_eq(fflush(p->to), 0);
}

/* Recognise; the answer is the caller's. */
static struct json_object *
hear(struct prog *asr, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	fprintf(asr->to, "{\"op\":\"stt\",\"id\":1,\"language\":\"en\",\"rate_hz\":%u,\"bytes\":%zu}\n", rate_hz, n * 2);
	ck_assert_uint_eq(fwrite(pcm, 2, n, asr->to), n);
	ck_assert_int_eq(fflush(asr->to), 0);
	return read_obj(asr);
}

static void
expect_heard(struct prog *asr, const struct audio_clip *clip, const char *text, const char *voice)
{
	struct json_object	*obj = hear(asr, clip->samples, clip->nsamples, clip->rate_hz);

	ck_assert_msg(strcmp(json_get_str_or(obj, "text", "?"), text) == 0, "%s said \"%s\" at %u Hz: %s",
	    voice, text, clip->rate_hz, json_text(obj, NULL));
	json_object_put(obj);
}

/* Speak until done; sp->pcm is the caller's. Returns the last object. */
static struct json_object *
collect(struct prog *tts, struct speech *sp)
{
	struct json_object	*obj;
	int64_t			 nbytes, rate_hz;

	*sp = (struct speech){ .pcm = mem_alloc(1) };
	for (;;) {
		obj = read_obj(tts);
		if (json_get_int(obj, "bytes", 2, 1 << 22, &nbytes) != 1)
			return obj;
		ck_assert_int_eq(json_get_int(obj, "rate_hz", 8000, 48000, &rate_hz), 1);
		sp->rate_hz = (uint32_t)rate_hz;
		sp->pcm = mem_realloc(sp->pcm, sp->n * 2 + (size_t)nbytes);
		ck_assert_uint_eq(fread(sp->pcm + sp->n, 1, (size_t)nbytes, tts->from), (size_t)nbytes);
		sp->n += (size_t)nbytes / 2;
		sp->npieces++;
		json_object_put(obj);
	}
}

static bool
done(struct json_object *obj)
{
	bool	yes = json_get_bool(obj, "done", false);

	json_object_put(obj);
	return yes;
}

#define SENTENCES_MAX	32
static char	sentences[SENTENCES_MAX][128];

static int
read_sentences(void)
{
	FILE	*f = fopen("etc/engines/sentences.txt", "r");
	int	 n = 0;

	ck_assert_msg(f != NULL, "run from the top of the tree");
	while (n < SENTENCES_MAX && fgets(sentences[n], sizeof(*sentences), f) != NULL) {
		sentences[n][strcspn(sentences[n], "\n")] = '\0';
		n += sentences[n][0] != '#' && sentences[n][0] != '\0';
	}
	(void)fclose(f);
	ck_assert_int_ge(n, 5);
	return n;
}

/* Let a program of another package write a WAV file of text. */
static void
speak_file(const char *voice, const char *text, const char *path)
{
	pid_t	pid;
	int	status;

	if ((pid = fork()) == 0) {
		if (strcmp(voice, "espeak") == 0)
			(void)execlp("espeak-ng", "espeak-ng", "-v", "en-us", "-w", path, text, (char *)NULL);
		else
			(void)execlp("flite", "flite", "-voice", voice, "-o", path, "-t", text, (char *)NULL);
		_exit(127);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s does not speak", voice);
}

static const char *const	voices[] = { "kal16", "slt", "rms", "espeak" };

START_TEST(demo_sentences_are_recognised_exactly)
{
	struct prog		asr = start("engine_asr");
	struct audio_clip	clip;
	const char		*cause;
	char			dir[] = "/tmp/engines.XXXXXX", path[64];
	uint32_t		rate_hz;
	int			i, n = read_sentences();

	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/a.wav", dir);
	for (i = 0; i < n; i++) {
		speak_file(voices[_i], sentences[i], path);
		for (rate_hz = 8000; rate_hz <= 24000; rate_hz += 8000) {
			ck_assert_int_eq(audio_read_file(path, rate_hz, 30, &clip, &cause), 0);
			expect_heard(&asr, &clip, sentences[i], voices[_i]);
			audio_clip_clear(&clip);
		}
	}
	(void)unlink(path);
	(void)rmdir(dir);
	finish(&asr);
}
END_TEST

START_TEST(what_the_voice_says_the_recogniser_hears)
{
	struct prog		tts = start("engine_tts"), asr = start("engine_asr");
	struct audio_clip	clip;
	struct speech		sp;
	char			line[256];
	int			i, n = read_sentences();

	for (i = 0; i < n; i++) {
		(void)snprintf(line, sizeof(line), "{\"op\":\"tts\",\"id\":1,\"language\":\"en\",\"text\":\"%.127s.\"}",
		    sentences[i]);
		request(&tts, line);
		ck_assert(done(collect(&tts, &sp)));
		clip = (struct audio_clip){ sp.pcm, sp.n, sp.rate_hz };
		expect_heard(&asr, &clip, sentences[i], "engine_tts");
		free(sp.pcm);
	}
	finish(&tts);
	finish(&asr);
}
END_TEST

static const char *const	strange[] = {
	"the weather in london is rather cold this week", "we need a high chair for the baby",
	"could you please send me the invoice by mail", "i lost my umbrella last night",
	"he said nothing about it", "the quick brown fox jumps over the lazy dog",
};

START_TEST(other_sentences_are_rejected)
{
	struct prog		tts = start("engine_tts"), asr = start("engine_asr");
	struct json_object	*obj;
	struct speech		sp;
	char			line[256];
	size_t			i;

	for (i = 0; i < sizeof(strange) / sizeof(*strange); i++) {
		(void)snprintf(line, sizeof(line), "{\"op\":\"tts\",\"id\":1,\"text\":\"%s\"}", strange[i]);
		request(&tts, line);
		ck_assert(done(collect(&tts, &sp)));
		obj = hear(&asr, sp.pcm, sp.n, sp.rate_hz);
		ck_assert_msg(json_get_bool(obj, "rejected", false) && json_get_str(obj, "reason") != NULL,
		    "%s: %s", strange[i], json_text(obj, NULL));
		ck_assert_str_eq(json_get_str_or(obj, "text", "?"), "");
		json_object_put(obj);
		free(sp.pcm);
	}
	finish(&tts);
	finish(&asr);
}
END_TEST

START_TEST(silence_has_no_text_and_is_no_rejection)
{
	static const int16_t	silence[16000];
	struct prog		asr = start("engine_asr");
	struct json_object	*obj = hear(&asr, silence, 16000, 16000);

	ck_assert_str_eq(json_get_str_or(obj, "text", "?"), "");
	ck_assert(!json_get_bool(obj, "rejected", false));
	json_object_put(obj);
	obj = hear(&asr, silence, 0, 8000);
	ck_assert_str_eq(json_get_str_or(obj, "text", "?"), "");
	json_object_put(obj);
	finish(&asr);
}
END_TEST

START_TEST(speech_begins_within_the_silence_that_is_kept)
{
	static const char *const	texts[] = { "Hello.", "Five tables are free.", "Yes." };
	struct prog			tts = start("engine_tts");
	struct speech			sp;
	char				line[256];
	size_t				i, first;

	for (i = 0; i < 3; i++) {
		(void)snprintf(line, sizeof(line), "{\"op\":\"tts\",\"id\":1,\"text\":\"%s\"}", texts[i]);
		request(&tts, line);
		ck_assert(done(collect(&tts, &sp)));
		for (first = 0; first < sp.n && abs(sp.pcm[first]) < 160; first++)
			;
		ck_assert_uint_le(first, sp.rate_hz * 30 / 1000);
		ck_assert_uint_gt(sp.n, sp.rate_hz / 5);
		ck_assert_int_ge(sp.npieces, 2);
		free(sp.pcm);
	}
	finish(&tts);
}
END_TEST

static const struct { const char *language, *text; } foreign[] = {
	{ "fa", "سلام، چطور می‌توانم کمک کنم؟" }, { "ar", "مرحبا كيف حالك" }, { "es", "Buenos días" },
	{ "de", "Guten Tag" }, { "fr", "Bonjour, je vous écoute" }, { "pt-BR", "Bom dia" },
};

START_TEST(other_languages_are_spoken_by_espeak)
{
	struct prog	tts = start("engine_tts");
	struct speech	sp;
	char		line[256];
	size_t		i;

	for (i = 0; i < sizeof(foreign) / sizeof(*foreign); i++) {
		(void)snprintf(line, sizeof(line), "{\"op\":\"tts\",\"id\":1,\"language\":\"%s\",\"text\":\"%s\"}",
		    foreign[i].language, foreign[i].text);
		request(&tts, line);
		ck_assert(done(collect(&tts, &sp)));
		ck_assert_uint_eq(sp.rate_hz, 22050);
		ck_assert_uint_gt(sp.n, sp.rate_hz / 3);
		ck_assert(audio_rms_db(sp.pcm, sp.n) > -40.0);
		free(sp.pcm);
	}
	finish(&tts);
}
END_TEST

START_TEST(a_cancelled_reply_stops_early)
{
	struct prog		tts = start("engine_tts");
	struct json_object	*obj;
	struct speech		sp;
	char			line[9000];
	int			i, n = snprintf(line, sizeof(line), "{\"op\":\"tts\",\"id\":9,\"text\":\"");

	for (i = 0; i < 100; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "This is sentence number %d of a very long text. ", i);
	(void)snprintf(line + n, sizeof(line) - (size_t)n, "\"}");
	request(&tts, line);
	request(&tts, "{\"op\":\"cancel\",\"id\":9}");
	obj = collect(&tts, &sp);
	ck_assert(json_get_bool(obj, "cancelled", false));
	ck_assert(done(obj));
	ck_assert_uint_lt(sp.n, sp.rate_hz * 10 + 1);	/* of more than 200 s */
	free(sp.pcm);
	finish(&tts);
}
END_TEST

START_TEST(requests_that_cannot_be_met_have_a_cause)
{
	static const struct { const char *prog, *line, *cause; } bad[] = {
		{ "engine_asr", "{\"op\":\"stt\",\"id\":1,\"language\":\"fi\"}", "language \"fi\" is not known" },
		{ "engine_asr", "{\"op\":\"stt\",\"id\":1,\"rate_hz\":1}", "rate_hz is not" },
		{ "engine_asr", "{\"op\":\"tts\",\"id\":1}", "op is not \"stt\"" },
		{ "engine_tts", "{\"op\":\"tts\",\"id\":1}", "\"text\" is missing" },
		{ "engine_tts", "{\"op\":\"tts\",\"id\":1,\"text\":\"a\",\"voice\":\"alloy\"}", "voice \"alloy\" is not" },
		{ "engine_tts", "{\"op\":\"tts\",\"id\":1,\"text\":\"a\",\"language\":\"xx\"}", "language \"xx\" is not" },
		{ "engine_tts", "{\"op\":\"tts\",\"id\":1,\"text\":\"a\",\"voice\":\"espeak:-w\"}", "is no name" },
		{ "engine_dialogue", "{\"op\":\"chat\",\"id\":1}", "\"messages\" is missing" },
		{ "engine_dialogue", "{\"op\":\"chat\",\"id\":1,\"messages\":[3]}", "has no \"role\"" },
		{ "engine_dialogue", "{\"op\":\"chat\",\"id\":1,\"language\":\"fa\",\"messages\":[]}", "language \"fa\"" },
	};
	struct prog		p = start(bad[_i].prog);
	struct json_object	*obj;

	request(&p, bad[_i].line);
	obj = read_obj(&p);
	ck_assert_msg(strstr(json_get_str_or(obj, "error", ""), bad[_i].cause) != NULL, "%s", json_text(obj, NULL));
	ck_assert(!json_get_bool(obj, "retry", true));
	json_object_put(obj);
	finish(&p);
}
END_TEST

START_TEST(the_dialogue_streams_words_and_ends_with_an_action)
{
	struct prog		p = start("engine_dialogue");
	struct json_object	*obj;
	char			text[256] = "";
	int			nwords = 0;

	request(&p, "{\"op\":\"chat\",\"id\":4,\"call\":\"x\",\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
	    "{\"role\":\"user\",\"content\":\"Goodbye.\"}],\"tools\":[]}");
	while (json_get_str(obj = read_obj(&p), "delta") != NULL) {
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", json_get_str(obj, "delta"));
		nwords++;
		json_object_put(obj);
	}
	ck_assert_str_eq(text, "Thank you for calling. Goodbye.");
	ck_assert_int_eq(nwords, 5);
	ck_assert_str_eq(json_get_str_or(obj, "action", ""), "hangup");
	ck_assert(done(obj));
	finish(&p);
}
END_TEST

int
main(void)
{
	Suite	*suite = suite_create("engines");
	TCase	*tc = tcase_create("engines");
	SRunner	*sr;
	int	 failed;

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, demo_sentences_are_recognised_exactly, 0, (int)(sizeof(voices) / sizeof(*voices)));
	tcase_add_test(tc, what_the_voice_says_the_recogniser_hears);
	tcase_add_test(tc, other_sentences_are_rejected);
	tcase_add_test(tc, silence_has_no_text_and_is_no_rejection);
	tcase_add_test(tc, speech_begins_within_the_silence_that_is_kept);
	tcase_add_test(tc, other_languages_are_spoken_by_espeak);
	tcase_add_test(tc, a_cancelled_reply_stops_early);
	tcase_add_loop_test(tc, requests_that_cannot_be_met_have_a_cause, 0, 10);
	tcase_add_test(tc, the_dialogue_streams_words_and_ends_with_an_action);
	suite_add_tcase(suite, tc);
	sr = srunner_create(suite);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
