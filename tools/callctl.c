/* SPDX-License-Identifier: ISC */
/* callctl: calls, their turns, the daemons' state, checks (callctl(1)). */
#include "tools/callctl.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/num.h"
#include "tools/pick.h"
#include "tools/plain.h"

#define CONF_PATH	"/etc/callpipe/callpipe.conf"

enum { OPT_JSON = 1000, OPT_NO_COLOR, OPT_OPEN, OPT_CALLER, OPT_LIMIT };

static const struct option longs[] = {
	{ "caller", required_argument, NULL, OPT_CALLER },
	{ "conf", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "no-color", no_argument, NULL, OPT_NO_COLOR },
	{ "open", no_argument, NULL, OPT_OPEN },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static const struct command {
	const char	*name, *args, *what;
	int		 min, max;		/* arguments; max -1: it reads its options itself (ctl_options()) */
	int		(*run)(struct ctl *ctl, int argc, char *argv[]);
} commands[] = {
	{ "calls", "[--open] [--caller N] [--limit N]", "the newest calls", 0, 0, ctl_calls },
	{ "show", "ID", "one call: legs, turns and where their time went", 1, 1, ctl_show },
	{ "export", "ID", "the conversation as JSON", 1, 1, ctl_export },
	{ "events", "ID", "what Vonage told about the call, verbatim", 1, 1, ctl_events },
	{ "answers", "[ID | --flow F] [--csv]", "what people answered to flows", 0, -1, ctl_answers },
	{ "stat", "", "the state of all daemons", 0, 0, ctl_stat },
	{ "check", "", "configuration, database, endpoints, engines", 0, 0, ctl_check },
	{ "contacts", "list | add NUMBER NAME [LANGUAGE [ASSISTANT]] | block|unblock|opt-out|opt-in NUMBER", "people, by number", 1, 5, ctl_contacts },
	{ "forget", "NUMBER [yes]", "delete all of a person; without yes: what it would be", 1, 2, ctl_forget },
	{ "forgotten", "[NUMBER]", "what was deleted, and whether the log is whole", 0, 1, ctl_forgotten },
	{ "report", "[--since T] [--until T] [--by GROUP] [--csv]", "what the calls came to", 0, -1, ctl_report },
	{ "prices", "[set KIND ENGINE PRICE PER | remove KIND ENGINE]", "what engines cost", 0, 5, ctl_prices },
	{ "dial", "NUMBER --flow F [--var K=V] [--key K] [--wait]", "call a number", 0, -1, ctl_dial },
	{ "dials", "", "numbers that are to be called, and what became of them", 0, 0, ctl_dials },
	{ "campaign", "run FILE --flow F | list | status|watch|pause|resume|stop|result ID", "call many, one after the other", 0, -1, ctl_campaign },
	{ "jobs", "[retry ID | drop ID]", "work that survives, and what became of it; once more, or never", 0, 2, ctl_jobs },
};
#define NCOMMANDS	(sizeof(commands) / sizeof(commands[0]))

static int
usage(FILE *to)
{
	size_t	i;

	(void)fprintf(to, "usage: callctl [-c FILE] [--json] [--no-color] COMMAND ...\n");
	for (i = 0; i < NCOMMANDS; i++)
		(void)fprintf(to, "  %-9s %s\n            %s\n", commands[i].name, commands[i].args, commands[i].what);
	(void)fprintf(to, "ID is the id of a call, the beginning of one, or \"last\".\n");
	return to == stdout ? CTL_OK : CTL_FAILED;
}

void
ctl_complain(const char *fmt, ...)
{
	va_list	ap;

	(void)fputs("callctl: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

bool
ctl_load(struct ctl *ctl)
{
	struct conf_error	err;

	if (ctl->loaded)
		return true;
	if (conf_load(ctl->conf_path, "common", common_options, &ctl->common, &err) == -1) {
		ctl_complain("%s", err.text);
		return false;
	}
	ctl->loaded = true;
	return true;
}

bool
ctl_open(struct ctl *ctl, enum store_mode mode)
{
	char	err[512];

	if (!ctl_load(ctl))
		return false;
	if ((ctl->store = store_open(ctl->common.database, mode, err, sizeof(err))) != NULL)
		return true;
	ctl_complain("%s", err);
	return false;
}

int
ctl_pick(struct ctl *ctl, const char *text, struct store_call *ret)
{
	char	err[256];
	int	rc = pick_call(ctl->store, text, ret, err, sizeof(err));

	if (rc == 1)
		return CTL_OK;
	ctl_complain("%s: %s", log_quote(text), err);
	return rc == 0 ? CTL_NONE : CTL_FAILED;
}

int
ctl_done(int rc)
{
	if (rc != -1)
		return CTL_OK;
	ctl_complain("database: %s", strerror(errno));
	return CTL_FAILED;
}

int
ctl_put_json(struct ctl *ctl, struct json_object *obj)
{
	const char	*text = obj == NULL ? NULL : json_text(obj, NULL);
	int		 rc = CTL_OK;

	if (text == NULL || buf_printf(&ctl->out, "%s\n", text) == -1) {
		ctl_complain("out of memory");
		rc = CTL_FAILED;
	}
	json_object_put(obj);
	return rc;
}

char *
ctl_time(int64_t wall_ms, char out[CTL_TIME_SIZE])
{
	time_t		seconds = (time_t)(wall_ms / 1000);
	struct tm	tm;

	if (wall_ms <= 0 || localtime_r(&seconds, &tm) == NULL ||
	    strftime(out, CTL_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		memcpy(out, "-", 2);
	return out;
}

#define OWN_MAX		30

int
ctl_options(struct ctl *ctl, int argc, char *argv[], const struct option *own, size_t nown)
{
	static bool	begun;
	struct option	all[OWN_MAX + 3] = { { "json", no_argument, NULL, OPT_JSON }, { "conf", required_argument, NULL, 'c' } };
	int		c;

	assert(nown <= OWN_MAX);
	memcpy(all + 2, own, nown * sizeof(*own));
	if (!begun)
		optind = 0;		/* glibc: begin anew, another vector */
	begun = true;
	while ((c = getopt_long(argc, argv, "c:", all, NULL)) == OPT_JSON || c == 'c') {
		if (c == OPT_JSON)
			ctl->json = true;
		else
			ctl->conf_path = optarg;
	}
	return c;
}

/* -1 go on, else the exit status. */
static int
take(struct ctl *ctl, int c, const char *arg, bool *no_color)
{
	switch (c) {
	case 'c': ctl->conf_path = arg; return -1;
	case OPT_JSON: ctl->json = true; return -1;
	case OPT_NO_COLOR: *no_color = true; return -1;
	case OPT_OPEN: ctl->open = true; return -1;
	case OPT_CALLER: ctl->caller = arg; return -1;
	case OPT_LIMIT:
		if (num_parse(arg, 1, 1000000, &ctl->limit) == 0)
			return -1;
		ctl_complain("--limit %s: a number in 1..1000000 is wanted", arg);
		return CTL_FAILED;
	case 'h':
		return usage(stdout);
	case 'V':
		(void)printf("callctl (callpipe) %s\n", CALLPIPE_VERSION);
		return CTL_OK;
	default:
		return usage(stderr);
	}
}

static int
run(struct ctl *ctl, int argc, char *argv[])
{
	size_t	i;

	for (i = 0; argc > 0 && i < NCOMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		if (commands[i].max == -1)
			return commands[i].run(ctl, argc, argv);
		if (argc - 1 < commands[i].min || argc - 1 > commands[i].max) {
			(void)fprintf(stderr, "usage: callctl %s %s\n", commands[i].name, commands[i].args);
			return CTL_FAILED;
		}
		if (commands[i].run != ctl_calls && (ctl->open || ctl->caller != NULL || ctl->limit != 0)) {
			ctl_complain("--open, --caller and --limit are for calls only");
			return CTL_FAILED;
		}
		return commands[i].run(ctl, argc - 1, argv + 1);
	}
	return usage(stderr);
}

/* Is one of the words a command with options of its own? */
static bool
own_options(int argc, char *argv[])
{
	size_t	i;
	int	k;

	for (k = 1; k < argc; k++)
		for (i = 0; i < NCOMMANDS; i++)
			if (strcmp(argv[k], commands[i].name) == 0)
				return commands[i].max == -1;
	return false;
}

int
main(int argc, char *argv[])
{
	struct ctl	ctl = { .conf_path = CONF_PATH };
	bool		no_color = false;
	int		c, rc = -1;

	/* Options before the command are ours; those behind it too, unless it has options of its own. */
	while (rc == -1 && (c = getopt_long(argc, argv, own_options(argc, argv) ? "+c:hV" : "c:hV", longs, NULL)) != -1)
		rc = take(&ctl, c, optarg, &no_color);
	if (rc != -1)
		return rc;
	(void)signal(SIGPIPE, SIG_IGN);
	log_open("callctl", LOG_LVL_WARN, STDERR_FILENO);
	ctl.colour = !no_color && plain_colour_wanted(STDOUT_FILENO);
	buf_init(&ctl.out, CTL_OUT_MAX);
	rc = run(&ctl, argc - optind, argv + optind);
	if (buf_failed(&ctl.out)) {
		ctl_complain("the answer is too long: %s", strerror(ctl.out.error));
		rc = CTL_FAILED;
	}
	if ((fwrite(ctl.out.data, 1, ctl.out.len, stdout) != ctl.out.len || fflush(stdout) == EOF) && errno != EPIPE) {
		ctl_complain("standard output: %s", strerror(errno));
		rc = CTL_FAILED;
	}
	store_close(ctl.store);
	if (ctl.loaded)
		conf_clear(common_options, &ctl.common);
	buf_clear(&ctl.out);
	return rc;
}
