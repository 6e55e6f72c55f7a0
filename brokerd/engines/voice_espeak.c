/* SPDX-License-Identifier: ISC */
#include "brokerd/engines/voice.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/audio.h"
#include "common/clock.h"

#define STALL_MS	5000
#define LOOK_MS		20		/* how often a silent child lets the sink look for a cancel */
#define PIECE_LEN	4096
#define WAV_RATE_AT	24

extern char	**environ;

const char *
voice_espeak_name(const char *language)
{
	/* ISO 639-1 code, espeak-ng's name where it is another ("fr-fr" is not one). */
	static const char *const	names[][2] = {
		{ "ar", "ar" }, { "bg", "bg" }, { "ca", "ca" }, { "cs", "cs" }, { "da", "da" },
		{ "de", "de" }, { "el", "el" }, { "en", "en-us" }, { "es", "es" }, { "fa", "fa" },
		{ "fi", "fi" }, { "fr", "fr" }, { "hi", "hi" }, { "hu", "hu" }, { "it", "it" },
		{ "ko", "ko" }, { "nl", "nl" }, { "no", "nb" }, { "pl", "pl" }, { "pt", "pt" },
		{ "ro", "ro" }, { "ru", "ru" }, { "sv", "sv" }, { "tr", "tr" }, { "uk", "uk" },
		{ "ur", "ur" }, { "zh", "cmn" },
	};
	size_t				i, len = strcspn(language, "-_");

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (len == strlen(names[i][0]) && strncasecmp(language, names[i][0], len) == 0)
			return names[i][1];
	return NULL;
}

struct child {
	pid_t	pid;
	int	in_fd;			/* its standard input */
	int	out_fd;			/* its standard output */
};

/* 0, or an errno value. */
static int
spawn(const char *program, const char *voice, struct child *ret)
{
	char				*argv[] = { (char *)(uintptr_t)program, (char *)(uintptr_t)"--stdout",
					    (char *)(uintptr_t)"--stdin", (char *)(uintptr_t)"-v",
					    (char *)(uintptr_t)voice, NULL };
	posix_spawn_file_actions_t	 fa;
	int				 in[2], out[2], err;

	if (pipe2(in, O_CLOEXEC) == -1)
		return errno;
	if (pipe2(out, O_CLOEXEC) == -1) {
		err = errno;
		(void)close(in[0]);
		(void)close(in[1]);
		return err;
	}
	if ((err = posix_spawn_file_actions_init(&fa)) == 0) {
		if ((err = posix_spawn_file_actions_adddup2(&fa, in[0], STDIN_FILENO)) == 0 &&
		    (err = posix_spawn_file_actions_adddup2(&fa, out[1], STDOUT_FILENO)) == 0)
			err = posix_spawnp(&ret->pid, program, &fa, NULL, argv, environ);
		(void)posix_spawn_file_actions_destroy(&fa);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	ret->in_fd = in[1];
	ret->out_fd = out[0];
	if (err != 0) {
		(void)close(in[1]);
		(void)close(out[0]);
	}
	return err;
}

/* A request is shorter than a pipe is deep, so this does not wait for the child. */
static bool
give_text(struct child *ch, const char *text)
{
	size_t	len = strlen(text);
	ssize_t	n = 0;

	while (len > 0 && ((n = write(ch->in_fd, text, len)) > 0 || errno == EINTR)) {
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	(void)close(ch->in_fd);
	return len == 0;
}

struct reader {
	uint8_t		header[AUDIO_WAV_HEADER_LEN];
	size_t		have;		/* bytes of the header */
	uint32_t	rate_hz;
	uint8_t		odd;		/* first half of a sample */
	bool		has_odd;
};

/* Hand the samples of len bytes of WAV output on. False: stop. */
static bool
take_bytes(struct reader *r, const uint8_t *p, size_t len, voice_sink *sink, void *arg)
{
	int16_t	pcm[PIECE_LEN / 2 + 1];
	size_t	n;

	for (; r->have < sizeof(r->header) && len > 0; len--)
		r->header[r->have++] = *p++;
	if (r->have < sizeof(r->header))
		return sink(arg, 0, NULL, 0);
	r->rate_hz = (uint32_t)r->header[WAV_RATE_AT] | (uint32_t)r->header[WAV_RATE_AT + 1] << 8;
	for (n = 0; len > 0; len--, p++) {
		if (r->has_odd)
			pcm[n++] = (int16_t)(r->odd | *p << 8);
		else
			r->odd = *p;
		r->has_odd = !r->has_odd;
	}
	return sink(arg, r->rate_hz, pcm, n);
}

/* VOICE_OK when the child closed its output. */
static enum voice_result
read_audio(struct child *ch, voice_sink *sink, void *arg, const char **ret_cause)
{
	struct reader	r = { .have = 0 };
	struct pollfd	pfd = { .fd = ch->out_fd, .events = POLLIN };
	uint8_t		piece[PIECE_LEN];
	int64_t		last_ms = clock_mono_ms();
	ssize_t		n;

	for (;;) {
		if (poll(&pfd, 1, LOOK_MS) <= 0) {
			*ret_cause = "gave no audio for 5 s";
			if (clock_mono_ms() - last_ms > STALL_MS)
				return VOICE_FAILED;
			if (!sink(arg, 0, NULL, 0))
				return VOICE_STOPPED;
			continue;
		}
		if ((n = read(ch->out_fd, piece, sizeof(piece))) == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		last_ms = clock_mono_ms();
		if (!take_bytes(&r, piece, (size_t)n, sink, arg))
			return VOICE_STOPPED;
	}
	*ret_cause = "gave no WAV header";
	return r.have == sizeof(r.header) ? VOICE_OK : VOICE_FAILED;
}

enum voice_result
voice_espeak(const char *program, const char *voice, const char *text, voice_sink *sink,
    void *arg, char *cause, size_t cause_size)
{
	struct child		 ch;
	enum voice_result	 res;
	const char		*why = "did not take the text";
	int			 err, status = 0;

	if ((err = spawn(program, voice, &ch)) != 0) {
		(void)snprintf(cause, cause_size, "cannot run %.64s: %s", program, strerror(err));
		return VOICE_FAILED;
	}
	res = give_text(&ch, text) ? read_audio(&ch, sink, arg, &why) : VOICE_FAILED;
	(void)close(ch.out_fd);
	if (res != VOICE_OK)
		(void)kill(ch.pid, SIGKILL);
	while (waitpid(ch.pid, &status, 0) == -1 && errno == EINTR)
		;
	if (res == VOICE_OK && (!WIFEXITED(status) || WEXITSTATUS(status) != 0)) {
		why = "ended with an error";
		res = VOICE_FAILED;
	}
	if (res == VOICE_FAILED)
		(void)snprintf(cause, cause_size, "%.64s with voice %.32s %s", program, voice, why);
	return res;
}
