/* SPDX-License-Identifier: ISC */
/* callsim serve: Vonage for an application that places calls, until it is ended. */
#include "tools/callsim/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/inbound.h"
#include "tools/callsim/servesum.h"
#include "tools/callsim/simlog.h"

#define POLL_MS			50	/* how often it looks whether calls have ended */
#define STOP_MS			15000	/* for the last events: an event webhook has 10 s */
#define DEFAULT_CREATES_PER_S	3	/* spec/vonage.md 7.6 */
#define DEFAULT_OTHERS_PER_S	15
#define HANGUP_AFTER_MS		2000	/* spec/vonage.md 7.6 */

enum {
	OPT_JSON = COMMAND_OPT_LAST, OPT_FOR, OPT_CALLS, OPT_INBOUND, OPT_MAX
};

static const struct option options[] = {
	COMMAND_OPTIONS,
	{ "json", required_argument, NULL, OPT_JSON },
	{ "for-s", required_argument, NULL, OPT_FOR },
	{ "calls", required_argument, NULL, OPT_CALLS },
	{ "inbound", required_argument, NULL, OPT_INBOUND },
	{ "max-seconds", required_argument, NULL, OPT_MAX },
	{ NULL, 0, NULL, 0 }
};

struct serve {
	struct command	*cmd;
	struct inbounds	*inbounds;
	const char	*json;
	int64_t		 for_s, ncalls;		/* 0: until a signal */
	struct event	*end, *poll, *limit, *sigs[2];
	bool		 stopping;
};

/* ---- the end ---- */

static void
poll_again(struct serve *s)
{
	struct timeval	tv = { 0, POLL_MS * 1000 };

	evtimer_add(s->poll, &tv);
}

static void
stop(struct serve *s)
{
	struct timeval	tv = { STOP_MS / 1000, 0 };

	if (s->stopping) {		/* asked twice: at once */
		(void)event_base_loopbreak(s->cmd->sim->base);
		return;
	}
	s->stopping = true;
	inbounds_stop(s->inbounds);
	servesum_hangup_all(s->cmd->sim);
	evtimer_add(s->limit, &tv);
	poll_again(s);
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	stop(arg);
}

static void
on_limit(evutil_socket_t fd, short what, void *arg)
{
	struct serve	*s = arg;

	(void)fd;
	(void)what;
	(void)fprintf(stderr, "callsim serve: the last events were not taken in time\n");
	(void)event_base_loopbreak(s->cmd->sim->base);
}

static void
on_poll(evutil_socket_t fd, short what, void *arg)
{
	struct serve	*s = arg;

	(void)fd;
	(void)what;
	if (s->stopping && TAILQ_EMPTY(&s->cmd->sim->calls)) {
		(void)event_base_loopbreak(s->cmd->sim->base);
		return;
	}
	if (!s->stopping && s->ncalls > 0 && s->cmd->sim->calls_over >= s->ncalls) {
		stop(s);
		return;
	}
	poll_again(s);
}

/* ---- options ---- */

static bool
take_inbound(struct serve *s, const char *value)
{
	char	cause[400];

	if (inbounds_add(s->inbounds, value, cause, sizeof(cause)) == 0)
		return true;
	(void)fprintf(stderr, "callsim serve: --inbound: %s\n", cause);
	return false;
}

static bool
take_option(struct serve *s, int opt, const char *value)
{
	struct sim_options	*o = &s->cmd->sim->options;
	int64_t			 n;
	bool			 ok;

	switch (opt) {
	case OPT_JSON:
		s->json = value;
		return true;
	case OPT_FOR:
		return command_number(s->cmd, "--for-s", value, 1, 1000000, &s->for_s);
	case OPT_CALLS:
		return command_number(s->cmd, "--calls", value, 1, 1000000, &s->ncalls);
	case OPT_INBOUND:
		return take_inbound(s, value);
	case OPT_MAX:
		ok = command_number(s->cmd, "--max-seconds", value, 1, 86400, &n);
		o->max_ms = ok ? n * 1000 : 0;
		return ok;
	}
	return command_option(s->cmd, opt, value);
}

/* ---- life ---- */

static int
prepare(struct serve *s)
{
	s->cmd->sim->options.rest.hangup_after_ms = (int64_t)(HANGUP_AFTER_MS / s->cmd->time_scale);
	return command_start(s->cmd, "");
}

static int
run(struct serve *s)
{
	struct event_base	*base = s->cmd->sim->base;
	struct timeval		 tv = { s->for_s, 0 };

	if ((s->sigs[0] = evsignal_new(base, SIGINT, on_signal, s)) == NULL ||
	    (s->sigs[1] = evsignal_new(base, SIGTERM, on_signal, s)) == NULL ||
	    (s->end = evtimer_new(base, on_signal, s)) == NULL ||
	    (s->limit = evtimer_new(base, on_limit, s)) == NULL ||
	    (s->poll = evtimer_new(base, on_poll, s)) == NULL ||
	    inbounds_start(s->inbounds, s->cmd->sim, s->cmd->time_scale) == -1) {
		(void)fprintf(stderr, "callsim serve: %s\n", strerror(errno));
		return COMMAND_FAILED;
	}
	evsignal_add(s->sigs[0], NULL);
	evsignal_add(s->sigs[1], NULL);
	if (s->for_s > 0)
		evtimer_add(s->end, &tv);
	poll_again(s);
	simlog_put("ready", NULL);
	(void)event_base_dispatch(base);
	return servesum_write(s->cmd->sim, s->json) == 0 ? COMMAND_OK : COMMAND_FAILED;
}

static void
serve_clear(struct serve *s)
{
	struct event	*all[] = { s->sigs[0], s->sigs[1], s->end, s->poll, s->limit };
	size_t		 i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] != NULL)
			event_free(all[i]);
}

int
command_serve(int argc, char **argv)
{
	struct sim	*sim = mem_calloc(1, sizeof(*sim));
	struct command	 cmd = { 0 };
	struct serve	 s = { .cmd = &cmd, .inbounds = inbounds_new() };
	int		 opt, rc = COMMAND_USAGE;
	bool		 ok = sim != NULL && s.inbounds != NULL && (sim->reports = json_object_new_array()) != NULL;

	if (ok) {
		command_init(&cmd, sim, "serve");
		sim->options.details = sim->options.rest.keep_log = true;
		sim->options.api_base = "self";
		sim->options.rest.creates_per_s = DEFAULT_CREATES_PER_S;
		sim->options.rest.others_per_s = DEFAULT_OTHERS_PER_S;
	}
	while (ok && (opt = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
		if (opt == 'h') {
			rc = command_help();
			goto out;
		}
		ok = take_option(&s, opt, optarg);
	}
	if (ok && optind != argc)
		ok = command_usage(&cmd) == COMMAND_OK;
	if (ok && prepare(&s) == 0)
		rc = run(&s);
out:
	serve_clear(&s);
	inbounds_free(s.inbounds);
	if (sim != NULL)
		sim_clear(sim);
	free(sim);
	return rc;
}
