/* SPDX-License-Identifier: ISC */
/*
 * provider: the strict server of serve.h as a program, for run tests.
 *
 *   provider [-p PORT] [-k KEY] [-t TRANSCRIPT] [-b BEHAVIOUR [-n COUNT]]
 *
 * Prints "port N" when it serves. BEHAVIOUR: well, error-500, rate-limit, ... for
 * the first COUNT requests (1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/num.h"
#include "tests/provider/serve.h"

static int
usage(void)
{
	(void)fprintf(stderr, "usage: provider [-p port] [-k key] [-t transcript] [-b behaviour [-n count]]\n");
	return 2;
}

int
main(int argc, char *argv[])
{
	struct event_base	*base = event_base_new();
	struct provider		*p;
	const char		*key = "", *text = "";
	int64_t			 port = 0, n = 1;
	int			 c, behaviour = BEHAVE_WELL;

	while ((c = getopt(argc, argv, "p:k:t:b:n:")) != -1) {
		if (c == 'k')
			key = optarg;
		else if (c == 't')
			text = optarg;
		else if (c == 'b' ? (behaviour = provider_behaviour(optarg)) == -1 :
		    c == 'p' ? num_parse(optarg, 0, 65535, &port) == -1 :
		    c != 'n' || num_parse(optarg, 1, 1000000, &n) == -1)
			return usage();
	}
	if (optind != argc)
		return usage();
	if (base == NULL || (p = provider_new(base, key)) == NULL || provider_listen(p, (int)port) == -1) {
		perror("provider");
		return 1;
	}
	provider_set_text(p, text);
	provider_behave(p, (enum behaviour)behaviour, (int)n);
	(void)printf("port %d\n", provider_port(p));
	(void)fflush(stdout);
	(void)event_base_dispatch(base);
	provider_free(p);
	event_base_free(base);
	return 0;
}
