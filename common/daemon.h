/* SPDX-License-Identifier: ISC */
/*
 * daemon: the skeleton of every main().
 *
 *   -c FILE  configuration (default /etc/callpipe/callpipe.conf)
 *   -i N     instance number, 0 to 63 (default 0); the name is "vadd.N"
 *   -n       check the configuration and leave (0 or 2)
 *   -D       print every option: name, type, range, default, by tabs
 *   -N FD    write a newline to FD when ready (s6 style) and close it
 *   -v       debug log      -V  version      -h  usage
 *
 * Order: log, options, configuration, loop, signals, bus, start, ready,
 * dispatch, stop. Foreground, log to stderr, no pid file. Exit 0 after
 * SIGTERM or SIGINT, 1 for a failure at run time, 2 for usage or configuration.
 * SIGHUP: a new configuration is parsed and checked; only if all of it is
 * valid it is swapped in. SIGTERM: drain; at the latest after stop_ms, or at
 * once with a second one, stop. SIGPIPE is ignored. Ready: READY=1 to
 * $NOTIFY_SOCKET. WATCHDOG=1 from the main loop every WATCHDOG_USEC / 2.
 *
 * The skeleton also owns the bus, publishes `stat` (with what the daemon's
 * stat hook adds) once a second, and measures the loop's lag.
 */
#ifndef COMMON_DAEMON_H
#define COMMON_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bus.h"
#include "common/conf.h"
#include "common/loop.h"

struct json_object;

struct daemon {			/* one a process; valid from start to stop */
	const struct daemon_ops	*ops;
	struct loop	*loop;
	struct bus	*bus;
	void		*conf;		/* the daemon's struct, swapped by reload */
	struct common_conf *common;
	const char	*conf_path;
	char		 name[32];	/* "vadd.0" */
	int		 instance;
	bool		 draining;
	void		*state;		/* the daemon's own */
};

struct daemon_ops {
	const char	*name;		/* "vadd": also the configuration group */
	const char	*usage;		/* extra usage text, or NULL */
	const struct conf_opt *options;
	size_t		 conf_size;
	const struct loop_ops *loop;	/* NULL: loop_libevent */
	struct bus_ops	 bus;		/* what to do with orders, facts, peers; arg is struct daemon */
	unsigned order_to, listen_to;	/* as in struct bus_conf; 0: all daemons */
	/* Checks that no row can express; writes into err, -1 refuses (exit 2, or reload refused). May be NULL. */
	int	(*check)(const void *conf, const struct common_conf *common, struct conf_error *err);
	/* Sockets, tables; nothing blocks after it. -1: it logged why; exit 1. */
	int	(*start)(struct daemon *d);
	/* d->conf is the old, next the new configuration; swapped when it returns. May be NULL. */
	void	(*reload)(struct daemon *d, const void *next);
	/* Take no more work; call daemon_drained() (at once or later) when all is done. NULL: at once. */
	void	(*drain)(struct daemon *d);
	void	(*stop)(struct daemon *d);	/* the reverse of start; also after a failed start */
	/* Add members to the stat body ("calls" is required of sockd, vadd, brokerd). May be NULL. */
	void	(*stat)(struct daemon *d, struct json_object *stat);
	/* Extra options of the command line ("f:"): return -1 go on, else exit with it at once. */
	const char *getopt_extra;
	int	(*extra)(int opt, const char *arg);
};

/* main() is: return daemon_main(&vadd, argc, argv); */
int	daemon_main(const struct daemon_ops *ops, int argc, char *argv[]);
void	daemon_drained(struct daemon *d);
/* A failure that ends the process: logs nothing, loop stops, exit status 1. */
void	daemon_fail(struct daemon *d);

#endif
