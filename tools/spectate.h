/* SPDX-License-Identifier: ISC */
/*
 * spectate: a bus without a mailbox on a loop, for the tools. It hears the
 * facts of all daemons and changes nothing in them.
 *
 * A daemon is expected to be heard when it holds its lock (locked.h), or, where that
 * cannot be told, until peer_dead_ms have passed.
 */
#ifndef TOOLS_SPECTATE_H
#define TOOLS_SPECTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bus.h"
#include "common/conf.h"
#include "common/loop.h"

struct spectate {
	struct common_conf	 common;
	struct bus		*bus;
	struct loop		*loop;
	/* the rest is its own */
	const struct bus_ops	*ops;
	void			*arg;
	struct loop_watch	*again, *tick, *sig[2], **io;
	size_t			 nio;
	void			(*on_signal)(void *arg);
	void			(*on_tick)(void *arg);		/* every 50 ms */
	int64_t			 begun_mono_ms;
};

/*
 * Read the group "common" of the configuration and open the bus. run_dir
 * overrides the configured one; with it conf_path may be NULL: defaults.
 * on_signal: SIGINT or SIGTERM came; NULL stops the loop. 0, or -1 with a text.
 */
int	spectate_open(struct spectate *s, const char *conf_path, const char *run_dir, const struct bus_ops *ops,
	    void *arg, char *err, size_t err_size);
void	spectate_close(struct spectate *s);	/* takes half-opened ones */
int	spectate_run(struct spectate *s);	/* until loop_stop(); 0 or -1 */
/* The peer's process lives, whether it was heard or not. */
bool	spectate_expected(const struct spectate *s, const struct bus_peer *peer);

#endif
