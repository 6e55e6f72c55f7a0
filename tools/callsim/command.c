/* SPDX-License-Identifier: ISC */
#include "tools/callsim/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "common/num.h"
#include "tools/callsim/rest.h"

#define DEFAULT_BASE		"http://127.0.0.1:8080"
#define DEFAULT_MAX_SECONDS	300

static const char help[] =
"usage: callsim call [options]\n"
"       callsim load -n CALLS -r CALLS_PER_SECOND -d SECONDS [options]\n"
"       callsim serve [options]\n"
"\n"
"of both:\n"
"  --base URL            the application (" DEFAULT_BASE ")\n"
"  --answer URL          answer webhook (BASE/webhooks/answer)\n"
"  --event URL           event webhook (BASE/webhooks/event)\n"
"  --get                 GET the answer webhook instead of POST\n"
"  --from N --to N       the numbers\n"
"  --undashed            uuid of the caller's leg as 32 hex digits\n"
"  --script FILE         what the caller does; see callsim(1)\n"
"  --rest-port PORT      of the REST server (0: any)\n"
"  --rest-port-file FILE the port is written there\n"
"  --api-base URL|self   region_url of the answer request\n"
"  --dup-events --late-events MS --shuffle-events\n"
"  --lose-events P [--fault-seed N] --number-events --null-events --extra-events\n"
"  --status-forms        odd events, see callsim(1)\n"
"  --sign-secret FILE|TEXT --api-key KEY --application-id ID    sign the webhooks\n"
"  --sign-fault FAULT[:FIRST]\n"
"  --files-fault FAULT   of recordings served, see callsim(1)\n"
"  --sms-balance N --sms-per-second N\n"
"  --fallback URL [--fallback-get]\n"
"  --answer-timeouts CONNECT,READ --event-timeouts .. --fallback-timeouts ..   (ms)\n"
"  --number N            of the account, repeatable; without it any is taken\n"
"  --phones FILE         what outbound calls reach; see callsim(1)\n"
"  --time-scale X        divides the waits of phones and timers\n"
"  --machine-first       mode detect_beep tells of the machine too\n"
"  --rest-fail MODE[,KIND[,COUNT[,SKIP]]] lose drop stall 500 503 429 429-after 401\n"
"  --rest-delay-ms MS    each answer comes so late\n"
"  --rest-limits C,O     creates and others a second (3,15); 0: none\n"
"  --public-key FILE     of the application: tokens are verified (and name --application-id)\n"
"  --log FILE            everything that happens, as JSON lines\n"
"  --level-db DB         above it the bot is heard (-45)\n"
"  --quiet-ms MS         silence that ends a reply (700)\n"
"  --echo-db DB          what the caller hears comes back from a loudspeaker\n"
"  --echo-ms MS          so late, 300\n"
"  --noise-db DB         comfort noise of the caller's line\n"
"  --talk-voice slt|kal\n"
"  --recordings DIR      where recordings are kept\n"
"  -v, --verbose         debug messages\n"
"call:\n"
"  --uuid ID             of the caller's leg\n"
"  --out FILE.wav        stereo recording: left said, right heard\n"
"  --json FILE|-         summary\n"
"  --max-seconds N       longest call (300)\n"
"  --phones FILE         what connect reaches; see callsim(1)\n"
"load:\n"
"  -n N -r RATE -d SECONDS\n"
"  --say FILE.wav        said again and again, without a script\n"
"  --period MS           from begin to begin of it (8000)\n"
"serve:\n"
"  --inbound FROM,TO,SCRIPT[,AFTER_MS]   a call, repeatable\n"
"  --json FILE|-         summary at the end\n"
"  --for-s N, --calls N  end after so many seconds, or calls that ended\n";

int
command_help(void)
{
	(void)fputs(help, stdout);
	return COMMAND_OK;
}

int
command_usage(const struct command *cmd)
{
	(void)fprintf(stderr, "callsim %s: see callsim --help\n", cmd->name);
	return COMMAND_USAGE;
}

void
command_init(struct command *cmd, struct sim *sim, const char *name)
{
	cmd->sim = sim;
	cmd->name = name;
	cmd->base = DEFAULT_BASE;
	cmd->time_scale = 1;
	sim->options.max_ms = DEFAULT_MAX_SECONDS * 1000;
	sim->options.line = (struct line_config){ .level_db = EARMETER_LEVEL_DB,
	    .quiet_ms = EARMETER_QUIET_MS, .noise_db = -120,
	    .echo_db = -120, .echo_ms = 300 };
	TAILQ_INIT(&sim->calls);
}

bool
command_number(const struct command *cmd, const char *name, const char *value, int64_t min,
    int64_t max, int64_t *ret)
{
	if (num_parse(value, min, max, ret) == 0)
		return true;
	(void)fprintf(stderr, "callsim %s: %s: \"%s\" is not a number from %lld to %lld\n", cmd->name,
	    name, value, (long long)min, (long long)max);
	return false;
}

static bool
level(const struct command *cmd, const char *name, const char *value, double *ret)
{
	if (num_parse_double(value, -100, 0, ret) == 0)
		return true;
	(void)fprintf(stderr, "callsim %s: %s: \"%s\" is not a level from -100 to 0 dB\n", cmd->name,
	    name, value);
	return false;
}

static bool
url(const struct command *cmd, const char *value, char ret[COMMAND_URL_MAX])
{
	if ((strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0) &&
	    snprintf(ret, COMMAND_URL_MAX, "%s", value) < COMMAND_URL_MAX)
		return true;
	(void)fprintf(stderr, "callsim %s: \"%s\" is not an http URL\n", cmd->name, value);
	return false;
}

static bool
voice(const struct command *cmd, const char *value)
{
	cmd->sim->options.talk_voice = strcmp(value, "kal") == 0 ? SPEECH_KAL : SPEECH_SLT;
	if (strcmp(value, "kal") == 0 || strcmp(value, "slt") == 0)
		return true;
	(void)fprintf(stderr, "callsim %s: the voices are slt and kal\n", cmd->name);
	return false;
}

/* What becomes of the caller's line. */
static bool
line_option(struct command *cmd, int opt, const char *value)
{
	struct line_config	*line = &cmd->sim->options.line;
	int64_t			 n = 0;
	bool			 ok;

	switch (opt) {
	case COMMAND_OPT_LEVEL:
		return level(cmd, "--level-db", value, &line->level_db);
	case COMMAND_OPT_ECHO:
		return level(cmd, "--echo-db", value, &line->echo_db);
	case COMMAND_OPT_ECHO_MS:
		ok = command_number(cmd, "--echo-ms", value, 20, LINE_ECHO_MAX_MS, &n);
		line->echo_ms = (uint32_t)n;
		return ok;
	case COMMAND_OPT_NOISE:
		return level(cmd, "--noise-db", value, &line->noise_db);
	case COMMAND_OPT_QUIET:
		ok = command_number(cmd, "--quiet-ms", value, 20, 10000, &n);
		line->quiet_ms = (uint32_t)n;
		return ok;
	}
	return false;
}

bool
command_option(struct command *cmd, int opt, const char *value)
{
	struct sim_options	*o = &cmd->sim->options;
	int64_t			 n = 0;
	bool			 ok = true;

	if (opt >= COMMAND_REST_NUMBER && opt < COMMAND_REST_LAST)
		return command_rest_option(cmd, opt, value);
	if (opt >= COMMAND_WEB_SECRET && opt < COMMAND_WEB_LAST)
		return command_web_option(cmd, opt, value);
	switch (opt) {
	case COMMAND_OPT_BASE:
		cmd->base = value;
		return true;
	case COMMAND_OPT_ANSWER:
		return url(cmd, value, cmd->answer_url);
	case COMMAND_OPT_EVENT:
		return url(cmd, value, cmd->event_url);
	case COMMAND_OPT_GET:
		return o->answer_get = true;
	case COMMAND_OPT_SCRIPT:
		cmd->script = value;
		return true;
	case COMMAND_OPT_REST_PORT:
		return command_number(cmd, "--rest-port", value, 0, 65535, &cmd->rest_port);
	case COMMAND_OPT_REST_PORT_FILE:
		cmd->rest_port_file = value;
		return true;
	case COMMAND_OPT_API_BASE:
		o->api_base = value;
		return true;
	case COMMAND_OPT_UNDASHED:
		return o->undashed = true;
	case COMMAND_OPT_DUP:
		return o->faults.duplicate = true;
	case COMMAND_OPT_LATE:
		ok = command_number(cmd, "--late-events", value, 0, 60000, &n);
		o->faults.late_ms = (unsigned)n;
		return ok;
	case COMMAND_OPT_SHUFFLE:
		return o->faults.shuffle = true;
	case COMMAND_OPT_LEVEL:
	case COMMAND_OPT_ECHO:
	case COMMAND_OPT_ECHO_MS:
	case COMMAND_OPT_NOISE:
	case COMMAND_OPT_QUIET:
		return line_option(cmd, opt, value);
	case COMMAND_OPT_RECORDINGS:
		o->recordings_dir = value;
		return true;
	case COMMAND_OPT_VOICE:
		return voice(cmd, value);
	case 'v':
		return cmd->verbose = true;
	}
	(void)command_usage(cmd);
	return false;
}

static int
set_urls(struct command *cmd)
{
	char	base[COMMAND_URL_MAX];

	if (!url(cmd, cmd->base, base))
		return -1;
	if (base[strlen(base) - 1] == '/')
		base[strlen(base) - 1] = '\0';
	if (cmd->answer_url[0] == '\0' && snprintf(cmd->answer_url, COMMAND_URL_MAX,
	    "%s/webhooks/answer", base) >= COMMAND_URL_MAX)
		return -1;
	if (cmd->event_url[0] == '\0' && snprintf(cmd->event_url, COMMAND_URL_MAX,
	    "%s/webhooks/event", base) >= COMMAND_URL_MAX)
		return -1;
	cmd->sim->options.answer_url = cmd->answer_url;
	cmd->sim->options.event_url = cmd->event_url;
	cmd->sim->options.web.event_url = cmd->event_url;
	return 0;
}

/* Written aside and renamed: who waits for the file never reads half of it. */
static int
write_port(const struct command *cmd)
{
	char	 aside[4096];
	FILE	*f;
	int	 bad;

	if (cmd->rest_port_file == NULL)
		return 0;
	if (snprintf(aside, sizeof(aside), "%s.new", cmd->rest_port_file) >= (int)sizeof(aside) ||
	    (f = fopen(aside, "we")) == NULL)
		goto fail;
	bad = fprintf(f, "%u\n", rest_port(cmd->sim->rest)) < 0;
	if (fclose(f) == EOF || bad || rename(aside, cmd->rest_port_file) == -1)
		goto fail;
	return 0;
fail:
	(void)fprintf(stderr, "callsim %s: %s: %s\n", cmd->name, cmd->rest_port_file, strerror(errno));
	return -1;
}

int
command_start(struct command *cmd, const char *script_text)
{
	char	cause[400];
	int	rc;

	/* the milestones of many calls are no news */
	log_open("callsim", cmd->verbose ? LOG_LVL_DEBUG : cmd->sim->options.details ?
	    LOG_LVL_INFO : LOG_LVL_WARN, STDERR_FILENO);
	if (set_urls(cmd) == -1 || command_rest_start(cmd) == -1)
		return -1;
	if (cmd->script != NULL)
		rc = script_load(&cmd->sim->script, cmd->script, cause, sizeof(cause));
	else
		rc = script_parse(&cmd->sim->script, script_text, strlen(script_text), cause, sizeof(cause));
	if (rc == -1 || sim_start(cmd->sim, (uint16_t)cmd->rest_port, cause, sizeof(cause)) == -1) {
		(void)fprintf(stderr, "callsim %s: %s\n", cmd->name, cause);
		return -1;
	}
	return write_port(cmd);
}
