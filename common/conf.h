/* SPDX-License-Identifier: ISC */
/*
 * conf: callpipe.conf (libconfig syntax) read through tables of options.
 *
 * One file serves all daemons: each reads the group "common" and the group
 * with its own name, and checks nothing in the groups of others except that
 * the group's name is known. A row is a name, a type, a range and a default;
 * the same table parses, checks, prints the defaults and is compared with
 * callpipe.conf(5) by a test. A setting that no row knows, a value of a wrong
 * type or outside its range is an error "FILE:LINE: cause".
 *
 * Secrets: a CONF_SECRET, and each of a CONF_SECRETV, must be written "${file:PATH}" (refused when
 * readable by group or others), "${env:NAME}" or "${cred:NAME}" (a file in
 * $CREDENTIALS_DIRECTORY); one trailing newline is cut. A literal secret is
 * an error. They are never printed. CONF_STR values may use ${env:NAME} too.
 */
#ifndef COMMON_CONF_H
#define COMMON_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum conf_type { CONF_T_END, CONF_T_INT, CONF_T_DOUBLE, CONF_T_BOOL, CONF_T_STR, CONF_T_SECRET, CONF_T_ENUM, CONF_T_LIST, CONF_T_STRV, CONF_T_SECRETV };

struct conf_opt {
	const char	*name;
	enum conf_type	 type;
	size_t		 offset;	/* in the daemon's struct */
	int64_t		 def, min, max;	/* INT; BOOL uses def; STR: max length; LIST, STRV, SECRETV: max elements */
	double		 fdef, fmin, fmax;
	const char	*sdef;		/* STR: default, NULL leaves the field NULL */
	const char *const *words;	/* ENUM: names ended by NULL, def is an index */
	const struct conf_opt *sub;	/* LIST: rows of each element (a group) */
	size_t		 sub_size;	/* LIST: size of one element */
	size_t		 count_offset;	/* LIST, STRV, SECRETV: where the size_t count lives */
};

/* Field types: INT int, DOUBLE double, BOOL bool, STR and SECRET char *, ENUM int, LIST T * + size_t, STRV and SECRETV char ** + size_t. */
#define CONF_INT(n, s, f, d, lo, hi)	{ .name = n, .type = CONF_T_INT, .offset = offsetof(struct s, f), .def = d, .min = lo, .max = hi }
#define CONF_DOUBLE(n, s, f, d, lo, hi)	{ .name = n, .type = CONF_T_DOUBLE, .offset = offsetof(struct s, f), .fdef = d, .fmin = lo, .fmax = hi }
#define CONF_BOOL(n, s, f, d)		{ .name = n, .type = CONF_T_BOOL, .offset = offsetof(struct s, f), .def = d }
#define CONF_STR(n, s, f, d)		{ .name = n, .type = CONF_T_STR, .offset = offsetof(struct s, f), .sdef = d, .max = 8192 }
#define CONF_SECRET(n, s, f)		{ .name = n, .type = CONF_T_SECRET, .offset = offsetof(struct s, f), .max = 8192 }
#define CONF_ENUM(n, s, f, d, w)	{ .name = n, .type = CONF_T_ENUM, .offset = offsetof(struct s, f), .def = d, .words = w }
#define CONF_LIST(n, s, f, c, rows, elem, hi) { .name = n, .type = CONF_T_LIST, .offset = offsetof(struct s, f), .count_offset = offsetof(struct s, c), .sub = rows, .sub_size = sizeof(struct elem), .max = hi }
#define CONF_STRV(n, s, f, c, hi)	{ .name = n, .type = CONF_T_STRV, .offset = offsetof(struct s, f), .count_offset = offsetof(struct s, c), .max = hi }
#define CONF_SECRETV(n, s, f, c, hi)	{ .name = n, .type = CONF_T_SECRETV, .offset = offsetof(struct s, f), .count_offset = offsetof(struct s, c), .max = hi }
#define CONF_END			{ .type = CONF_T_END }

struct conf_error { char text[512]; };	/* "file:line: cause" */

/*
 * Fill out (size bytes, zeroed by the caller) from the group of the file; a
 * missing group means defaults, a missing file is an error. 0; -1 with
 * err->text, out cleared. Release with conf_clear().
 */
int conf_load(const char *path, const char *group, const struct conf_opt *rows,
    void *out, struct conf_error *err);
/* Only the defaults. */
int conf_defaults(const struct conf_opt *rows, void *out, struct conf_error *err);
/* Free what out holds (secrets are wiped) and zero those fields. */
void conf_clear(const struct conf_opt *rows, void *out);
/*
 * For callctl check and the manual's test: call fn for every row, lists
 * recursively ("engines.name"); def is the default as text, "" for none.
 */
void conf_each(const struct conf_opt *rows, void (*fn)(void *arg, const char *name,
    const struct conf_opt *row, const char *def), void *arg);

/* ---- the group "common" ---- */

enum { CONF_WEBHOOKD, CONF_SOCKD, CONF_VADD, CONF_BROKERD, CONF_NDAEMONS };
extern const char *const conf_daemon_names[CONF_NDAEMONS + 1];	/* "webhookd", ...; NULL */

struct conf_peer { char *name, *in, *out; };	/* "sockd.1", endpoints; else ipc in run_dir */

struct common_conf {
	char	*run_dir;		/* ipc endpoints and locks; "/run/callpipe" */
	char	*database;		/* "/var/lib/callpipe/callpipe.db" */
	int	 instances[CONF_NDAEMONS];	/* options webhookds, sockds, vadds, brokerds: 1, 1..64 */
	int	 stop_ms;		/* most time for an orderly stop; 10000 */
	int	 peer_dead_ms;		/* no stat for so long: dead; 2500, 500..60000 */
	int	 mailbox_messages;	/* ZeroMQ high-water mark of a mailbox; 20000 */
	bool	 debug;			/* as -v */
	struct conf_peer *peers;
	size_t	 npeers;
};
extern const struct conf_opt common_options[];

#endif
