/* SPDX-License-Identifier: ISC */
/* callsim load: many calls in one process and one loop, one line of results. */
#include "tools/callsim/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/audio.h"
#include "common/clock.h"
#include "common/mem.h"
#include "common/num.h"
#include "tools/callsim/call.h"
#include "tools/callsim/report.h"

#define CALLS_MAX		20000
#define NUMBER_SIZE		24
#define SATURATED_PERCENT	70.0	/* of one core */

enum { OPT_FROM = COMMAND_OPT_LAST, OPT_TO, OPT_SAY, OPT_PERIOD };

static const struct option options[] = {
	COMMAND_OPTIONS,
	{ "from", required_argument, NULL, OPT_FROM },
	{ "to", required_argument, NULL, OPT_TO },
	{ "say", required_argument, NULL, OPT_SAY },
	{ "period", required_argument, NULL, OPT_PERIOD },
	{ NULL, 0, NULL, 0 }
};

struct load {
	struct command	*cmd;
	const char	*to, *say;
	int64_t		 from, period_ms, ncalls, seconds;
	double		 rate;
	int64_t		 started, over, ok;
	uint64_t	 gaps, gap_ms, reconnects, overflows;
	char		 first_failure[320];
	char		(*numbers)[NUMBER_SIZE];
	struct event	*timer;
	int64_t		 begin_us;
};

static void
on_done(void *arg, struct call *c)
{
	struct load		*l = arg;
	struct vbuffer_gaps	 g = call_gaps(c);

	l->over++;
	l->gaps += g.count;
	l->gap_ms += g.total_ms;
	l->reconnects += c->reconnects;
	l->overflows += c->overflows;
	if (c->result == CALL_RESULT_OK && c->connects > 0)
		l->ok++;
	else if (l->first_failure[0] == '\0')
		(void)snprintf(l->first_failure, sizeof(l->first_failure), "%s: %s",
		    call_result_name(c->result), c->connects == 0 && c->reason[0] == '\0' ?
		    "no socket was connected" : c->reason);
	call_free(c);
	if (l->over == l->ncalls)
		(void)event_base_loopbreak(l->cmd->sim->base);
}

/* Calls are started at absolute times, so a late timer starts several. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct load	*l = arg;
	struct timeval	 tv = { 0, 0 };
	int64_t		 now_us = clock_mono_us(), due_us = l->begin_us;
	struct call	*c;

	(void)fd;
	(void)what;
	while (l->started < l->ncalls) {
		due_us = l->begin_us + (int64_t)((double)l->started * 1e6 / l->rate);
		if (due_us > now_us)
			break;
		c = call_new(l->cmd->sim, l->numbers[l->started], l->to, NULL, on_done, l);
		if (c == NULL) {
			(void)fprintf(stderr, "callsim load: %s\n", strerror(errno));
			l->ncalls = l->started;
			if (l->over == l->ncalls)
				(void)event_base_loopbreak(l->cmd->sim->base);
			return;
		}
		l->started++;
		call_start(c);
	}
	if (l->started == l->ncalls)
		return;
	tv.tv_sec = (due_us - now_us) / 1000000;
	tv.tv_usec = (due_us - now_us) % 1000000;
	evtimer_add(l->timer, &tv);
}

/* A signal ends what runs; the figures so far are printed. */
static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct load	*l = arg;
	struct call	*c;

	(void)fd;
	(void)what;
	l->ncalls = l->started;
	l->cmd->sim->options.max_ms = 0;	/* who is not answered yet ends then */
	TAILQ_FOREACH(c, &l->cmd->sim->calls, entry)
		call_end(c, "user");
	if (l->over == l->ncalls)
		(void)event_base_loopbreak(l->cmd->sim->base);
}

static void
add_counts(struct json_object *o, const struct load *l)
{
	const struct sim_stats	*s = &l->cmd->sim->stats;
	const struct { const char *name; int64_t value; } counts[] = {
		{ "calls", l->ncalls }, { "ok", l->ok }, { "failed", l->ncalls - l->ok },
		{ "frames_in", (int64_t)s->frames_in }, { "frames_out", (int64_t)s->frames_out },
		{ "bad_frames", (int64_t)s->bad_frames }, { "dropped_out", (int64_t)s->dropped_out },
		{ "overflows", (int64_t)l->overflows }, { "underruns", (int64_t)s->underruns },
		{ "gaps", (int64_t)l->gaps }, { "gap_ms", (int64_t)l->gap_ms },
		{ "reconnects", (int64_t)l->reconnects },
		{ "events_sent", (int64_t)s->events_sent }, { "events_failed", (int64_t)s->events_failed },
	};
	size_t	i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		(void)json_add_int(o, counts[i].name, counts[i].value);
}

static double
seconds_of(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static void
add_generator(struct json_object *o, const struct load *l, double cpu_before)
{
	double		 wall = (double)(clock_mono_us() - l->begin_us) / 1e6, cpu = 0;
	uint64_t	 frames = l->cmd->sim->stats.frames_in + l->cmd->sim->stats.frames_out;
	struct rusage	 use;

	if (getrusage(RUSAGE_SELF, &use) == 0) {
		cpu = seconds_of(use.ru_utime) + seconds_of(use.ru_stime) - cpu_before;
		(void)json_add_int(o, "generator_rss_kb", use.ru_maxrss);
	}
	(void)json_add(o, "seconds", report_number(wall));
	(void)json_add(o, "generator_cpu_percent", report_number(100 * cpu / wall));
	(void)json_add(o, "generator_us_per_frame", report_number(frames == 0 ? 0 : cpu * 1e6 / (double)frames));
	(void)json_add(o, "generator_late_max_ms",
	    report_number((double)pace_late_max_us(l->cmd->sim->pace) / 1000));
	(void)json_add_bool(o, "generator_saturated", 100 * cpu / wall > SATURATED_PERCENT);
}

static int
print_results(const struct load *l, double cpu_before)
{
	const struct sim_stats	*s = &l->cmd->sim->stats;
	struct json_object	*o = json_object_new_object();
	int			 rc;

	if (o == NULL)
		return COMMAND_FAILED;
	add_counts(o, l);
	(void)json_add_str(o, "first_failure", l->first_failure);
	(void)json_add(o, "lateness_ms", report_histogram(&s->lateness));
	(void)json_add(o, "jitter_ms", report_histogram(&s->jitter));
	(void)json_add(o, "ear_latency_ms", report_histogram(&s->latency));
	(void)json_add(o, "stop_after_interrupt_ms", report_histogram(&s->stop));
	add_generator(o, l, cpu_before);
	rc = report_write(o, "-");
	json_object_put(o);
	return rc == -1 || l->ok != l->ncalls || l->ncalls == 0 ? COMMAND_FAILED : COMMAND_OK;
}

/* The script of --say: the file at every period. Returns "" when it cannot be read. */
static const char *
say_script(const struct load *l, char *out, size_t size)
{
	struct audio_clip	 clip = { 0 };
	const char		*why = NULL;
	int64_t			 ms;

	if (l->say == NULL)
		return "wait-connected\nsilence 1000\n";
	if (audio_read_file(l->say, 0, CLIP_SECONDS_MAX, &clip, &why) == -1) {
		(void)fprintf(stderr, "callsim load: %s: %s\n", l->say, why == NULL ? strerror(errno) : why);
		return "";
	}
	ms = l->period_ms - (int64_t)(clip.nsamples * 1000 / clip.rate_hz);
	audio_clip_clear(&clip);
	if (snprintf(out, size, "wait-connected\nsay \"%s\"\nsilence %lld\n", l->say,
	    (long long)(ms < 20 ? 20 : ms)) >= (int)size || strpbrk(l->say, "\"\\\n") != NULL) {
		(void)fprintf(stderr, "callsim load: the name of --say is too long or odd\n");
		return "";
	}
	return out;
}

static void
raise_files_limit(void)
{
	struct rlimit	r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int
run(struct load *l)
{
	struct sim	*sim = l->cmd->sim;
	char		 text[4200];
	const char	*script = say_script(l, text, sizeof(text));
	struct event	*stop;
	struct rusage	 use = { 0 };
	int64_t		 i;

	raise_files_limit();
	if (script[0] == '\0' || command_start(l->cmd, script) == -1)
		return COMMAND_USAGE;
	l->numbers = mem_calloc((size_t)l->ncalls, NUMBER_SIZE);
	l->timer = evtimer_new(sim->base, on_timer, l);
	stop = evsignal_new(sim->base, SIGINT, on_signal, l);
	if (l->numbers == NULL || l->timer == NULL || stop == NULL)
		return COMMAND_FAILED;
	for (i = 0; i < l->ncalls; i++)
		(void)snprintf(l->numbers[i], NUMBER_SIZE, "%lld", (long long)(l->from + i));
	evsignal_add(stop, NULL);
	(void)getrusage(RUSAGE_SELF, &use);
	l->begin_us = clock_mono_us();
	on_timer(-1, 0, l);
	(void)event_base_dispatch(sim->base);
	event_free(stop);
	return print_results(l, seconds_of(use.ru_utime) + seconds_of(use.ru_stime));
}

static bool
take_option(struct load *l, int opt, const char *value)
{
	struct command	*cmd = l->cmd;

	switch (opt) {
	case 'n':
		return command_number(cmd, "-n", value, 1, CALLS_MAX, &l->ncalls);
	case 'r':
		if (num_parse_double(value, 0.01, 10000, &l->rate) == 0)
			return true;
		(void)fprintf(stderr, "callsim load: -r: \"%s\" is not from 0.01 to 10000\n", value);
		return false;
	case 'd':
		return command_number(cmd, "-d", value, 1, 86400, &l->seconds);
	case OPT_FROM:
		return command_number(cmd, "--from", value, 0, 999999999999999, &l->from);
	case OPT_TO:
		l->to = value;
		return true;
	case OPT_SAY:
		l->say = value;
		return true;
	case OPT_PERIOD:
		return command_number(cmd, "--period", value, 100, 3600000, &l->period_ms);
	}
	return command_option(cmd, opt, value);
}

int
command_load(int argc, char **argv)
{
	struct sim	*sim = mem_calloc(1, sizeof(*sim));
	struct command	 cmd = { 0 };
	struct load	 l = { .cmd = &cmd, .to = "442079460000", .from = 447700900000, .period_ms = 8000 };
	int		 opt, rc;
	bool		 ok = sim != NULL;

	if (ok) {
		command_init(&cmd, sim, "load");
		sim->options.loop = true;
		sim->options.talk_voice = SPEECH_KAL;
	}
	while (ok && (opt = getopt_long(argc, argv, "n:r:d:vh", options, NULL)) != -1) {
		if (opt == 'h') {
			free(sim);
			return command_help();
		}
		ok = take_option(&l, opt, optarg);
	}
	if (ok && (optind != argc || l.ncalls == 0 || l.rate == 0 || l.seconds == 0)) {
		(void)fprintf(stderr, "callsim load: -n, -r and -d are needed\n");
		ok = false;
	}
	if (ok)
		sim->options.max_ms = l.seconds * 1000;
	rc = ok ? run(&l) : COMMAND_USAGE;
	if (l.timer != NULL)
		event_free(l.timer);
	if (sim != NULL)
		sim_clear(sim);
	free(l.numbers);
	free(sim);
	return rc;
}
