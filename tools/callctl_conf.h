/* SPDX-License-Identifier: ISC */
/*
 * callctl_conf: the few settings of sockd and brokerd that callctl looks at.
 * It does not judge them: that is the daemons' (-n).
 */
#ifndef TOOLS_CALLCTL_CONF_H
#define TOOLS_CALLCTL_CONF_H

#include <stdbool.h>
#include <stddef.h>

#define PEEK_ENGINES_MAX	64
#define PEEK_ARGS_MAX		64

struct peek_engine {
	char	*name, *service, *base_url;	/* base_url: type openai */
	char	*argv[PEEK_ARGS_MAX + 1];	/* type exec, ended by NULL */
	bool	 openai;
};

struct peek {
	char	*record_dir;			/* of sockd; NULL: its default */
	bool	 record;
	char	*engine_dir;			/* of brokerd; NULL: beside it */
	struct peek_engine engines[PEEK_ENGINES_MAX];
	size_t	 nengines;
};

/* 0, or -1: it cannot be read. Anything of a wrong type is passed over. */
int	peek_load(const char *path, struct peek *ret);
void	peek_clear(struct peek *p);

#endif
