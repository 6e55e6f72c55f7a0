/* SPDX-License-Identifier: ISC */
/* callsim call: one call, then its summary. */
#include "tools/callsim/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/report.h"

enum { OPT_FROM = COMMAND_OPT_LAST, OPT_TO, OPT_UUID, OPT_OUT, OPT_JSON, OPT_MAX, OPT_PHONES };

static const struct option options[] = {
	COMMAND_OPTIONS,
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "uuid", required_argument, NULL, OPT_UUID },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "json", required_argument, NULL, OPT_JSON },
	{ "max-seconds", required_argument, NULL, OPT_MAX },
	{ "phones", required_argument, NULL, OPT_PHONES },
	{ NULL, 0, NULL, 0 }
};

static const char default_script[] = "wait-connected\nsilence 10000\nhangup\n";

struct call_args {
	const char	*from, *to, *uuid, *json, *phones;
};

static void
on_done(void *arg, struct call *c)
{
	struct sim	*sim = arg;

	(void)c;
	(void)event_base_loopbreak(sim->base);
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct call	*c = arg;

	(void)fd;
	(void)what;
	call_trouble(c, CALL_RESULT_FAILED, "interrupted by a signal");
	if (c->state == CALL_LIVE)
		call_end(c, "user");
	else
		(void)event_base_loopbreak(c->sim->base);
}

static int
finish(const struct call *c, const struct call_args *args)
{
	struct json_object	*o;
	int			 rc = c->result == CALL_RESULT_OK ? COMMAND_OK : COMMAND_FAILED;

	if (c->result != CALL_RESULT_OK)
		(void)fprintf(stderr, "callsim call: %s: %s\n", call_result_name(c->result), c->reason);
	if (args->json == NULL)
		return rc;
	if ((o = report_call(c)) == NULL || report_write(o, args->json) == -1) {
		(void)fprintf(stderr, "callsim call: %s: %s\n", args->json, strerror(errno));
		rc = COMMAND_FAILED;
	}
	json_object_put(o);
	return rc;
}

static int
run(struct command *cmd, const struct call_args *args)
{
	struct event	*sigs[2] = { NULL, NULL };
	struct sim	*sim = cmd->sim;
	struct call	*c;
	char		 cause[300];
	int		 rc = COMMAND_FAILED, i;

	if (args->phones != NULL &&
	    (sim->phones = phones_load(args->phones, 1, false, cause, sizeof(cause))) == NULL) {
		(void)fprintf(stderr, "callsim call: %s\n", cause);
		return COMMAND_USAGE;
	}
	if (command_start(cmd, default_script) == -1)
		return COMMAND_USAGE;
	if ((c = call_new(sim, args->from, args->to, args->uuid, on_done, sim)) == NULL ||
	    (sigs[0] = evsignal_new(sim->base, SIGINT, on_signal, c)) == NULL ||
	    (sigs[1] = evsignal_new(sim->base, SIGTERM, on_signal, c)) == NULL) {
		(void)fprintf(stderr, "callsim call: %s\n", strerror(errno));
	} else {
		evsignal_add(sigs[0], NULL);
		evsignal_add(sigs[1], NULL);
		call_start(c);
		(void)event_base_dispatch(sim->base);
		rc = finish(c, args);
	}
	for (i = 0; i < 2; i++)
		if (sigs[i] != NULL)
			event_free(sigs[i]);
	return rc;
}

int
command_call(int argc, char **argv)
{
	struct call_args args = { .from = "447700900123", .to = "442079460000" };
	struct sim	*sim = mem_calloc(1, sizeof(*sim));
	struct command	 cmd = { 0 };
	int64_t		 seconds = 0;
	int		 opt, rc;
	bool		 ok = sim != NULL;

	if (ok) {
		command_init(&cmd, sim, "call");
		sim->options.details = true;
	}
	while (ok && (opt = getopt_long(argc, argv, "vh", options, NULL)) != -1)
		switch (opt) {
		case OPT_FROM:
			args.from = optarg;
			break;
		case OPT_TO:
			args.to = optarg;
			break;
		case OPT_UUID:
			args.uuid = optarg;
			ok = strlen(optarg) < 64 && optarg[0] != '\0';
			break;
		case OPT_OUT:
			sim->options.line.wav_path = optarg;
			break;
		case OPT_PHONES:
			args.phones = optarg;
			break;
		case OPT_JSON:
			args.json = optarg;
			break;
		case OPT_MAX:
			ok = command_number(&cmd, "--max-seconds", optarg, 1, 7200, &seconds);
			sim->options.max_ms = seconds * 1000;
			break;
		case 'h':
			free(sim);
			return command_help();
		default:
			ok = command_option(&cmd, opt, optarg);
		}
	if (ok && optind != argc)
		ok = command_usage(&cmd) == COMMAND_OK;
	rc = ok ? run(&cmd, &args) : COMMAND_USAGE;
	if (sim != NULL)
		sim_clear(sim);
	free(sim);
	return rc;
}
