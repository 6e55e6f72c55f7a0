/* SPDX-License-Identifier: ISC */
/* Options of the webhooks: signatures, time-outs, the fallback URL, odd events; of served files and SMS. */
#include "tools/callsim/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/num.h"
#include "tools/callsim/nccocheck.h"

static bool
refuse(const struct command *cmd, const char *name, const char *value, const char *want)
{
	(void)fprintf(stderr, "callsim %s: %s: \"%s\" is not %s\n", cmd->name, name, value, want);
	return false;
}

/* CONNECT,READ in milliseconds. */
static bool
times(const struct command *cmd, const char *name, const char *value, struct web_times *ret)
{
	const char	*comma = strchr(value, ',');
	int64_t		 connect_ms = 0, read_ms = 0;

	if (comma == NULL || num_parse_n(value, (size_t)(comma - value), 1, 60000, &connect_ms) == -1 ||
	    num_parse(comma + 1, 1, 60000, &read_ms) == -1)
		return refuse(cmd, name, value, "CONNECT,READ with 1 to 60000 milliseconds each");
	*ret = (struct web_times){ (unsigned)connect_ms, (unsigned)read_ms };
	return true;
}

static bool
probability(const struct command *cmd, const char *name, const char *value, double *ret)
{
	return num_parse_double(value, 0, 1, ret) == 0 || refuse(cmd, name, value, "a probability from 0 to 1");
}

static bool
secret(const struct command *cmd, const char *value, struct sim_options *o)
{
	if (o->sign.secret == NULL && sign_open(&o->sign, value) == 0) {
		o->web.sign = &o->sign;
		return true;
	}
	(void)fprintf(stderr, "callsim %s: --sign-secret: given twice, empty or unreadable\n", cmd->name);
	return false;
}

static bool
files_fault(const struct command *cmd, const char *value, struct files_options *o)
{
	if (o->nfaults < FILES_FAULTS_MAX && files_fault_parse(&o->faults[o->nfaults], value) == 0) {
		o->nfaults++;
		return true;
	}
	return refuse(cmd, "--files-fault", value, "a fault that callsim(1) lists, or is one too many");
}

bool
command_web_option(struct command *cmd, int opt, const char *value)
{
	struct sim_options	*o = &cmd->sim->options;
	int64_t			 n = 0;

	switch ((enum command_web_opt)opt) {
	case COMMAND_WEB_SECRET:
		return secret(cmd, value, o);
	case COMMAND_WEB_API_KEY:
		o->sign.api_key = value;
		return true;
	case COMMAND_WEB_APPLICATION:
		o->sign.application_id = value;
		return true;
	case COMMAND_WEB_SIGN_FAULT:
		return sign_set_fault(&o->sign, value) == 0 ||
		    refuse(cmd, "--sign-fault", value, "a fault that callsim(1) lists");
	case COMMAND_WEB_FALLBACK:
		o->web.fallback_url = value;
		return ncco_url_ok(value) || refuse(cmd, "--fallback", value, "an http URL");
	case COMMAND_WEB_FALLBACK_GET:
		return o->web.fallback_get = true;
	case COMMAND_WEB_ANSWER_TIMES:
		return times(cmd, "--answer-timeouts", value, &o->web.answer);
	case COMMAND_WEB_EVENT_TIMES:
		return times(cmd, "--event-timeouts", value, &o->web.event);
	case COMMAND_WEB_FALLBACK_TIMES:
		return times(cmd, "--fallback-timeouts", value, &o->web.fallback);
	case COMMAND_WEB_LOSE:
		return probability(cmd, "--lose-events", value, &o->faults.lose);
	case COMMAND_WEB_SEED:
		if (!command_number(cmd, "--fault-seed", value, 0, INT64_MAX, &n))
			return false;
		o->faults.seed = (uint64_t)n;
		return true;
	case COMMAND_WEB_NUMBERS:
		return o->faults.numbers = true;
	case COMMAND_WEB_NULLS:
		return o->faults.nulls = true;
	case COMMAND_WEB_EXTRAS:
		return o->faults.extras = true;
	case COMMAND_WEB_FORMS:
		return o->faults.forms = true;
	case COMMAND_WEB_FILES:
		return files_fault(cmd, value, &o->files);
	case COMMAND_WEB_SMS_BALANCE:
		return o->sms.balance_set = command_number(cmd, "--sms-balance", value, 0, 1000000,
		    &o->sms.balance);
	case COMMAND_WEB_SMS_RATE:
		return command_number(cmd, "--sms-per-second", value, 1, 1000000, &o->sms.per_s);
	case COMMAND_WEB_LAST:
		break;
	}
	(void)command_usage(cmd);
	return false;
}
