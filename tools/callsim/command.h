/* SPDX-License-Identifier: ISC */
/*
 * command: callsim's subcommands and what their options have in common.
 * Exit codes: 0 all expectations held, 1 not, 2 usage.
 */
#ifndef CALLSIM_COMMAND_H
#define CALLSIM_COMMAND_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/callsim/sim.h"

#define COMMAND_URL_MAX	512

enum command_exit { COMMAND_OK = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

struct command {		/* what call and load have in common */
	struct sim	*sim;
	const char	*name;
	const char	*base, *script, *rest_port_file;
	char		 answer_url[COMMAND_URL_MAX], event_url[COMMAND_URL_MAX];
	int64_t		 rest_port;
	const char	*phones, *log;	/* files; NULL: none */
	double		 time_scale;	/* 1: real time */
	bool		 machine_first;
	bool		 verbose;
};

int	command_call(int argc, char **argv);
int	command_load(int argc, char **argv);
int	command_serve(int argc, char **argv);

/* Long options of both, for struct option arrays; values from COMMAND_OPT_FIRST on. */
#define COMMAND_OPT_FIRST	1000
enum command_opt {
	COMMAND_OPT_BASE = COMMAND_OPT_FIRST, COMMAND_OPT_ANSWER, COMMAND_OPT_EVENT, COMMAND_OPT_GET,
	COMMAND_OPT_SCRIPT, COMMAND_OPT_REST_PORT, COMMAND_OPT_REST_PORT_FILE, COMMAND_OPT_API_BASE,
	COMMAND_OPT_UNDASHED, COMMAND_OPT_DUP, COMMAND_OPT_LATE, COMMAND_OPT_SHUFFLE,
	COMMAND_OPT_LEVEL, COMMAND_OPT_QUIET, COMMAND_OPT_NOISE, COMMAND_OPT_ECHO, COMMAND_OPT_ECHO_MS, COMMAND_OPT_VOICE, COMMAND_OPT_RECORDINGS,
	COMMAND_OPT_LAST
};

/* Those of the webhooks (command_web.c). */
enum command_web_opt {
	COMMAND_WEB_SECRET = 1500, COMMAND_WEB_API_KEY, COMMAND_WEB_APPLICATION, COMMAND_WEB_SIGN_FAULT,
	COMMAND_WEB_FALLBACK, COMMAND_WEB_FALLBACK_GET, COMMAND_WEB_ANSWER_TIMES, COMMAND_WEB_EVENT_TIMES,
	COMMAND_WEB_FALLBACK_TIMES, COMMAND_WEB_LOSE, COMMAND_WEB_SEED, COMMAND_WEB_NUMBERS,
	COMMAND_WEB_NULLS, COMMAND_WEB_EXTRAS, COMMAND_WEB_FORMS, COMMAND_WEB_FILES,
	COMMAND_WEB_SMS_BALANCE, COMMAND_WEB_SMS_RATE, COMMAND_WEB_LAST
};
#define COMMAND_WEB_OPTIONS									\
	{ "sign-secret", required_argument, NULL, COMMAND_WEB_SECRET },				\
	{ "api-key", required_argument, NULL, COMMAND_WEB_API_KEY },				\
	{ "application-id", required_argument, NULL, COMMAND_WEB_APPLICATION },			\
	{ "sign-fault", required_argument, NULL, COMMAND_WEB_SIGN_FAULT },			\
	{ "fallback", required_argument, NULL, COMMAND_WEB_FALLBACK },				\
	{ "fallback-get", no_argument, NULL, COMMAND_WEB_FALLBACK_GET },			\
	{ "answer-timeouts", required_argument, NULL, COMMAND_WEB_ANSWER_TIMES },		\
	{ "event-timeouts", required_argument, NULL, COMMAND_WEB_EVENT_TIMES },			\
	{ "fallback-timeouts", required_argument, NULL, COMMAND_WEB_FALLBACK_TIMES },		\
	{ "lose-events", required_argument, NULL, COMMAND_WEB_LOSE },				\
	{ "fault-seed", required_argument, NULL, COMMAND_WEB_SEED },				\
	{ "number-events", no_argument, NULL, COMMAND_WEB_NUMBERS },				\
	{ "null-events", no_argument, NULL, COMMAND_WEB_NULLS },				\
	{ "extra-events", no_argument, NULL, COMMAND_WEB_EXTRAS },				\
	{ "status-forms", no_argument, NULL, COMMAND_WEB_FORMS },				\
	{ "files-fault", required_argument, NULL, COMMAND_WEB_FILES },				\
	{ "sms-balance", required_argument, NULL, COMMAND_WEB_SMS_BALANCE },			\
	{ "sms-per-second", required_argument, NULL, COMMAND_WEB_SMS_RATE }
bool	command_web_option(struct command *cmd, int opt, const char *value);

/* Those of the REST server, the phones and the log (command_rest.c). */
enum command_rest_opt {
	COMMAND_REST_NUMBER = 1600, COMMAND_REST_PHONES, COMMAND_REST_SCALE, COMMAND_REST_MACHINE_FIRST,
	COMMAND_REST_FAIL, COMMAND_REST_DELAY, COMMAND_REST_LIMITS, COMMAND_REST_KEY, COMMAND_REST_LOG,
	COMMAND_REST_LAST
};
#define COMMAND_REST_OPTIONS									\
	{ "number", required_argument, NULL, COMMAND_REST_NUMBER },				\
	{ "phones", required_argument, NULL, COMMAND_REST_PHONES },				\
	{ "time-scale", required_argument, NULL, COMMAND_REST_SCALE },				\
	{ "machine-first", no_argument, NULL, COMMAND_REST_MACHINE_FIRST },			\
	{ "rest-fail", required_argument, NULL, COMMAND_REST_FAIL },				\
	{ "rest-delay-ms", required_argument, NULL, COMMAND_REST_DELAY },			\
	{ "rest-limits", required_argument, NULL, COMMAND_REST_LIMITS },			\
	{ "public-key", required_argument, NULL, COMMAND_REST_KEY },				\
	{ "log", required_argument, NULL, COMMAND_REST_LOG }
bool	command_rest_option(struct command *cmd, int opt, const char *value);
/* Opens the log, reads the phones. 0; -1: the cause was printed. */
int	command_rest_start(struct command *cmd);

#define COMMAND_OPTIONS										\
	{ "base", required_argument, NULL, COMMAND_OPT_BASE },					\
	{ "answer", required_argument, NULL, COMMAND_OPT_ANSWER },				\
	{ "event", required_argument, NULL, COMMAND_OPT_EVENT },				\
	{ "get", no_argument, NULL, COMMAND_OPT_GET },						\
	{ "script", required_argument, NULL, COMMAND_OPT_SCRIPT },				\
	{ "rest-port", required_argument, NULL, COMMAND_OPT_REST_PORT },			\
	{ "rest-port-file", required_argument, NULL, COMMAND_OPT_REST_PORT_FILE },		\
	{ "api-base", required_argument, NULL, COMMAND_OPT_API_BASE },				\
	{ "undashed", no_argument, NULL, COMMAND_OPT_UNDASHED },				\
	{ "dup-events", no_argument, NULL, COMMAND_OPT_DUP },					\
	{ "late-events", required_argument, NULL, COMMAND_OPT_LATE },				\
	{ "shuffle-events", no_argument, NULL, COMMAND_OPT_SHUFFLE },				\
	{ "level-db", required_argument, NULL, COMMAND_OPT_LEVEL },				\
	{ "quiet-ms", required_argument, NULL, COMMAND_OPT_QUIET },				\
	{ "echo-db", required_argument, NULL, COMMAND_OPT_ECHO },				\
	{ "echo-ms", required_argument, NULL, COMMAND_OPT_ECHO_MS },				\
	{ "noise-db", required_argument, NULL, COMMAND_OPT_NOISE },				\
	{ "talk-voice", required_argument, NULL, COMMAND_OPT_VOICE },				\
	{ "recordings", required_argument, NULL, COMMAND_OPT_RECORDINGS },			\
	COMMAND_WEB_OPTIONS,									\
	COMMAND_REST_OPTIONS,									\
	{ "verbose", no_argument, NULL, 'v' },							\
	{ "help", no_argument, NULL, 'h' }

/* Defaults into cmd and its sim (both zeroed by the caller). */
void	command_init(struct command *cmd, struct sim *sim, const char *name);
/* Take a common option. true when it was one and valid; false: the cause was printed. */
bool	command_option(struct command *cmd, int opt, const char *value);
/* A number of an option. false: the cause was printed. */
bool	command_number(const struct command *cmd, const char *name, const char *value, int64_t min,
	    int64_t max, int64_t *ret);
/*
 * After the options: URLs, log, script (script_text is used without --script),
 * sim_start(), the port file. 0; -1: the cause was printed.
 */
int	command_start(struct command *cmd, const char *script_text);
int	command_usage(const struct command *cmd);	/* prints to stderr, returns COMMAND_USAGE */
int	command_help(void);				/* prints to stdout, returns COMMAND_OK */

#endif
