/* SPDX-License-Identifier: ISC */
/* The command line of calltap. */
#include "tools/calltap.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/num.h"

#define CONF_PATH	"/etc/callpipe/callpipe.conf"
#define KIND(k)		(UINT64_C(1) << (k))

_Static_assert(MSG_NKINDS <= 64, "kinds are bits of a word");

/* Everything that is published (msg.h: "fact"). */
#define FACTS	(KIND(MSG_CALL_START) | KIND(MSG_CALL_END) | KIND(MSG_CALL_STATE) | KIND(MSG_SPEECH_START) | \
	KIND(MSG_SPEECH_PAUSE) | KIND(MSG_SPEECH_RESUME) | KIND(MSG_SPEECH_END) | KIND(MSG_SPEECH_CONFIRM) | \
	KIND(MSG_SPEECH_WITHDRAW) | KIND(MSG_UTT_LOST) | \
	KIND(MSG_DTMF) | KIND(MSG_PLAY_STARTED) | KIND(MSG_PLAY_PAUSED) | KIND(MSG_PLAY_DONE) | \
	KIND(MSG_AUDIO_IN) | KIND(MSG_AUDIO_OUT) | KIND(MSG_TURN) | KIND(MSG_STAT))
#define LOUD	(KIND(MSG_AUDIO_IN) | KIND(MSG_AUDIO_OUT) | KIND(MSG_STAT))
#define STORY	(KIND(MSG_TURN) | KIND(MSG_CALL_START) | KIND(MSG_CALL_END) | KIND(MSG_DTMF))
#define SOUND	(KIND(MSG_AUDIO_IN) | KIND(MSG_AUDIO_OUT) | KIND(MSG_CALL_START) | KIND(MSG_CALL_END) | \
	KIND(MSG_CALL_STATE))

enum { OPT_AUDIO = 1000, OPT_JSON, OPT_STAT, OPT_TURNS, OPT_READY, OPT_NO_COLOR };

static const struct option longs[] = {
	{ "audio", required_argument, NULL, OPT_AUDIO },
	{ "call", required_argument, NULL, 'c' },
	{ "conf", required_argument, NULL, 'f' },
	{ "count", required_argument, NULL, 'n' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "kind", required_argument, NULL, 'k' },
	{ "no-color", no_argument, NULL, OPT_NO_COLOR },
	{ "ready-fd", required_argument, NULL, OPT_READY },
	{ "run-dir", required_argument, NULL, 'R' },
	{ "seconds", required_argument, NULL, 't' },
	{ "stat", no_argument, NULL, OPT_STAT },
	{ "turns", no_argument, NULL, OPT_TURNS },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void
usage(FILE *to)
{
	(void)fprintf(to,
	    "usage: calltap [-f FILE] [-R RUN_DIR] [-c CALL] [-k KIND]... [-n COUNT] [-t SECONDS]\n"
	    "               [--json] [--stat] [--turns] [--no-color] [--ready-fd N]\n"
	    "       calltap [-f FILE] [-R RUN_DIR] --audio in|out|both -c CALL [-t SECONDS] FILE|-\n");
}

static bool
number(const char *name, const char *text, int64_t min, int64_t max, int64_t *ret)
{
	if (num_parse(text, min, max, ret) == 0)
		return true;
	(void)fprintf(stderr, "calltap: %s %s: a number in %lld..%lld is wanted\n", name, text, (long long)min,
	    (long long)max);
	return false;
}

static bool
add_kind(struct tap_options *o, const char *text)
{
	enum msg_kind	kind;
	int		k;

	if (msg_kind_parse(text, strlen(text), &kind) == 0 && (FACTS & KIND(kind)) != 0) {
		o->kinds |= KIND(kind);
		return true;
	}
	(void)fprintf(stderr, "calltap: -k %s: no fact of that kind; there are:", text);
	for (k = 0; k < MSG_NKINDS; k++)
		if ((FACTS & KIND(k)) != 0)
			(void)fprintf(stderr, " %s", msg_kind_name((enum msg_kind)k));
	(void)fputc('\n', stderr);
	return false;
}

static bool
set_form(struct tap_options *o, const char *text)
{
	static const char *const	words[] = {
		[MIX_FORM_IN] = "in", [MIX_FORM_OUT] = "out", [MIX_FORM_BOTH] = "both",
	};
	size_t				i;

	o->audio = true;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i]) == 0) {
			o->form = (enum mix_form)i;
			return true;
		}
	}
	(void)fprintf(stderr, "calltap: --audio %s: in, out or both is wanted\n", text);
	return false;
}

/* 0 go on, else the exit status + 1. */
static int
take(struct tap_options *o, int c, const char *arg)
{
	bool	ok = true;

	switch (c) {
	case 'c': o->call = arg; break;
	case 'f': o->conf_path = arg; break;
	case 'R': o->run_dir = arg; break;
	case 'k': ok = add_kind(o, arg); break;
	case 'n': ok = number("-n", arg, 1, INT64_MAX, &o->count); break;
	case 't': ok = number("-t", arg, 1, 1000000, &o->seconds); break;
	case OPT_AUDIO: ok = set_form(o, arg); break;
	case OPT_JSON: o->json = true; break;
	case OPT_STAT: o->stat = true; break;
	case OPT_TURNS: o->turns = true; break;
	case OPT_NO_COLOR: o->no_color = true; break;
	case OPT_READY: ok = number("--ready-fd", arg, 0, 65535, &o->ready_fd); break;
	case 'h':
		usage(stdout);
		return TAP_OK + 1;
	case 'V':
		(void)printf("calltap (callpipe) %s\n", CALLPIPE_VERSION);
		return TAP_OK + 1;
	default:
		usage(stderr);
		return TAP_USAGE + 1;
	}
	return ok ? 0 : TAP_USAGE + 1;
}

static int
refuse(const char *why)
{
	(void)fprintf(stderr, "calltap: %s\n", why);
	return TAP_USAGE + 1;
}

static int
check(struct tap_options *o, int argc, char *argv[])
{
	if (o->audio) {
		if (o->call == NULL)
			return refuse("--audio needs the call: -c CALL");
		if (argc - optind != 1)
			return refuse("--audio needs one FILE, or - for standard output");
		if (o->kinds != 0 || o->json || o->turns || o->stat || o->count != 0)
			return refuse("--audio writes nothing but audio: no -k, -n, --json, --stat, --turns with it");
		o->audio_path = argv[optind];
		o->kinds = SOUND;
	} else if (optind != argc) {
		usage(stderr);
		return TAP_USAGE + 1;
	}
	if (o->turns && o->kinds != 0)
		return refuse("--turns chooses the kinds itself: no -k with it");
	if (o->kinds == 0)
		o->kinds = o->turns ? STORY : FACTS & ~LOUD;
	if (o->stat)
		o->kinds |= KIND(MSG_STAT);
	if (o->conf_path == NULL && (o->run_dir == NULL || access(CONF_PATH, R_OK) == 0))
		o->conf_path = CONF_PATH;
	return 0;
}

int
tap_parse(int argc, char *argv[], struct tap_options *ret)
{
	int	c, rc;

	*ret = (struct tap_options){ .ready_fd = -1 };
	while ((c = getopt_long(argc, argv, "c:f:hk:n:R:t:V", longs, NULL)) != -1)
		if ((rc = take(ret, c, optarg)) != 0)
			return rc;
	return check(ret, argc, argv);
}
