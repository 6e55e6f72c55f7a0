/* SPDX-License-Identifier: ISC */
/* Options of the REST server, the phones and the log: of all commands. */
#include "tools/callsim/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/num.h"
#include "tools/callsim/simlog.h"

#define TIME_SCALE_MAX	1000

static bool
take_number(struct command *cmd, const char *value)
{
	struct rest_options	*o = &cmd->sim->options.rest;
	size_t			 n = strspn(value, "0123456789");

	if (value[n] != '\0' || n < 7 || n > 15 || o->nnumbers == REST_NUMBERS_MAX) {
		(void)fprintf(stderr, "callsim %s: --number: \"%s\" is not 7 to 15 digits, or one too many\n",
	    cmd->name, value);
		return false;
	}
	o->numbers[o->nnumbers++] = value;
	return true;
}

static bool
take_fault(struct command *cmd, const char *value)
{
	struct rest_options	*o = &cmd->sim->options.rest;

	if (o->nfaults < REST_FAULTS_MAX && rest_fault_parse(&o->faults[o->nfaults], value) == 0) {
		o->nfaults++;
		return true;
	}
	(void)fprintf(stderr, "callsim %s: --rest-fail: \"%s\" is not MODE[,KIND[,COUNT[,SKIP]]], "
	    "or one of more than %d\n", cmd->name, value, REST_FAULTS_MAX);
	return false;
}

/* "3,15": creates and others a second; 0: no limit. */
static bool
take_limits(struct command *cmd, const char *value)
{
	struct rest_options	*o = &cmd->sim->options.rest;
	const char		*comma = strchr(value, ',');

	if (comma != NULL &&
	    num_parse_n(value, (size_t)(comma - value), 0, 1000, &o->creates_per_s) == 0 &&
	    num_parse(comma + 1, 0, 1000, &o->others_per_s) == 0)
		return true;
	(void)fprintf(stderr, "callsim %s: --rest-limits: \"%s\" is not two numbers up to 1000\n", cmd->name,
	    value);
	return false;
}

static bool
take_scale(struct command *cmd, const char *value)
{
	if (num_parse_double(value, 1, TIME_SCALE_MAX, &cmd->time_scale) == 0)
		return true;
	(void)fprintf(stderr, "callsim %s: --time-scale: \"%s\" is not a number from 1 to %d\n", cmd->name, value,
	    TIME_SCALE_MAX);
	return false;
}

bool
command_rest_option(struct command *cmd, int opt, const char *value)
{
	struct rest_options	*o = &cmd->sim->options.rest;

	switch (opt) {
	case COMMAND_REST_NUMBER:
		return take_number(cmd, value);
	case COMMAND_REST_PHONES:
		cmd->phones = value;
		return true;
	case COMMAND_REST_SCALE:
		return take_scale(cmd, value);
	case COMMAND_REST_MACHINE_FIRST:
		return cmd->machine_first = true;
	case COMMAND_REST_FAIL:
		return take_fault(cmd, value);
	case COMMAND_REST_DELAY:
		return command_number(cmd, "--rest-delay-ms", value, 0, 60000, &o->delay_ms);
	case COMMAND_REST_LIMITS:
		return take_limits(cmd, value);
	case COMMAND_REST_KEY:
		o->public_key = value;
		return true;
	case COMMAND_REST_LOG:
		cmd->log = value;
		return true;
	}
	(void)command_usage(cmd);
	return false;
}

int
command_rest_start(struct command *cmd)
{
	char	cause[500];

	if (cmd->log != NULL && simlog_open(cmd->log) == -1) {
		(void)fprintf(stderr, "callsim %s: %s: %s\n", cmd->name, cmd->log, strerror(errno));
		return -1;
	}
	cmd->sim->phones = phones_load(cmd->phones, cmd->time_scale, cmd->machine_first, cause, sizeof(cause));
	if (cmd->sim->phones != NULL)
		return 0;
	(void)fprintf(stderr, "callsim %s: %s\n", cmd->name, cause);
	return -1;
}
