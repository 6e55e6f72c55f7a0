/* SPDX-License-Identifier: ISC */
/*
 * callctl: what its commands share. Each command gets its own arguments and
 * returns the exit status; it has printed why when that is not CTL_OK.
 */
#ifndef TOOLS_CALLCTL_H
#define TOOLS_CALLCTL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/conf.h"
#include "common/json.h"
#include "common/store.h"
#include "common/store_json.h"

enum ctl_exit { CTL_OK = 0, CTL_NONE = 1, CTL_WARN = 1, CTL_FAILED = 2 };

#define CTL_COLUMNS	100		/* tables fit */
#define CTL_OUT_MAX	(64u << 20)

struct ctl {
	const char	*conf_path;
	const char	*caller;	/* --caller */
	int64_t		 limit;		/* --limit, 0: not given */
	bool		 json, open, colour;
	struct common_conf common;
	bool		 loaded;	/* common is */
	struct store	*store;
	struct buf	 out;		/* printed at the end */
};

/* The group "common"; false: told why. */
bool	ctl_load(struct ctl *ctl);
/* Configuration and database; false: told why. */
bool	ctl_open(struct ctl *ctl, enum store_mode mode);
/* The call that text means. CTL_OK, CTL_NONE, CTL_FAILED (told why). */
int	ctl_pick(struct ctl *ctl, const char *text, struct store_call *ret);
/* "callctl: ...\n" on standard error. */
void	ctl_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* rc -1 of a store call: complain and return CTL_FAILED; else CTL_OK. */
int	ctl_done(int rc);
/* Append obj on one line and put it; NULL: out of memory. Returns the exit status. */
int	ctl_put_json(struct ctl *ctl, struct json_object *obj);
/* Local time "2026-11-20 12:00:00", "-" when unknown. Returns out. */
#define CTL_TIME_SIZE	24
char	*ctl_time(int64_t wall_ms, char out[CTL_TIME_SIZE]);

/*
 * For commands with options of their own: getopt_long() over what follows the
 * command's word, argv[0]; --json and -c are known too. Returns what
 * getopt_long() does, -1 at the end with optind at the first argument.
 */
struct option;
int	ctl_options(struct ctl *ctl, int argc, char *argv[], const struct option *own, size_t nown);

int	ctl_calls(struct ctl *ctl, int argc, char *argv[]);
int	ctl_show(struct ctl *ctl, int argc, char *argv[]);
int	ctl_export(struct ctl *ctl, int argc, char *argv[]);
int	ctl_stat(struct ctl *ctl, int argc, char *argv[]);
int	ctl_check(struct ctl *ctl, int argc, char *argv[]);
int	ctl_contacts(struct ctl *ctl, int argc, char *argv[]);
int	ctl_jobs(struct ctl *ctl, int argc, char *argv[]);
int	ctl_forget(struct ctl *ctl, int argc, char *argv[]);
int	ctl_forgotten(struct ctl *ctl, int argc, char *argv[]);
int	ctl_report(struct ctl *ctl, int argc, char *argv[]);
int	ctl_prices(struct ctl *ctl, int argc, char *argv[]);
int	ctl_events(struct ctl *ctl, int argc, char *argv[]);
int	ctl_answers(struct ctl *ctl, int argc, char *argv[]);
int	ctl_dial(struct ctl *ctl, int argc, char *argv[]);
int	ctl_dials(struct ctl *ctl, int argc, char *argv[]);
int	ctl_campaign(struct ctl *ctl, int argc, char *argv[]);

#endif
