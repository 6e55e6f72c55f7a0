/* SPDX-License-Identifier: ISC */
/* callsim: plays Vonage for tests, load and demonstrations. See callsim(1). */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#include "tools/callsim/command.h"
#include "tools/callsim/simlog.h"

int
main(int argc, char **argv)
{
	const char	*name = argc > 1 ? argv[1] : "";	/* before it is replaced */
	int		 rc = COMMAND_USAGE;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc > 1)
		argv[1] = argv[0];	/* for the messages of getopt */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return COMMAND_FAILED;
	if (strcmp(name, "call") == 0)
		rc = command_call(argc - 1, argv + 1);
	else if (strcmp(name, "load") == 0)
		rc = command_load(argc - 1, argv + 1);
	else if (strcmp(name, "serve") == 0)
		rc = command_serve(argc - 1, argv + 1);
	else if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		rc = command_help();
	else if (strcmp(name, "-V") == 0)
		rc = printf("callsim %s\n", CALLPIPE_VERSION) < 0;
	else
		(void)fprintf(stderr, "usage: callsim call | load | serve [options]; see callsim --help\n");
	simlog_close();
	curl_global_cleanup();
	return rc;
}
