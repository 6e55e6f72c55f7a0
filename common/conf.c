/* SPDX-License-Identifier: ISC */
#include "common/conf.h"

#include <sys/stat.h>

#include <libconfig.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/secret.h"

const char *const conf_daemon_names[CONF_NDAEMONS + 1] = {
	[CONF_WEBHOOKD] = "webhookd",
	[CONF_SOCKD] = "sockd",
	[CONF_VADD] = "vadd",
	[CONF_BROKERD] = "brokerd",
	[CONF_NDAEMONS] = NULL,
};

static const struct conf_opt peer_options[] = {
	CONF_STR("name", conf_peer, name, ""),
	CONF_STR("in", conf_peer, in, ""),
	CONF_STR("out", conf_peer, out, ""),
	CONF_END
};

const struct conf_opt common_options[] = {
	CONF_STR("run_dir", common_conf, run_dir, "/run/callpipe"),
	CONF_STR("database", common_conf, database, "/var/lib/callpipe/callpipe.db"),
	CONF_INT("webhookds", common_conf, instances[CONF_WEBHOOKD], 1, 1, 64),
	CONF_INT("sockds", common_conf, instances[CONF_SOCKD], 1, 1, 64),
	CONF_INT("vadds", common_conf, instances[CONF_VADD], 1, 1, 64),
	CONF_INT("brokerds", common_conf, instances[CONF_BROKERD], 1, 1, 64),
	CONF_INT("stop_ms", common_conf, stop_ms, 10000, 0, 3600000),
	CONF_INT("peer_dead_ms", common_conf, peer_dead_ms, 2500, 500, 60000),
	CONF_INT("mailbox_messages", common_conf, mailbox_messages, 20000, 16, 1000000),
	CONF_BOOL("debug", common_conf, debug, false),
	CONF_LIST("peers", common_conf, peers, npeers, peer_options, conf_peer, 256),
	CONF_END
};

/* Where a setting stands, for "file:line: cause". */
struct place {
	const char		*path;
	struct conf_error	*err;
};

static int __attribute__((format(printf, 3, 4)))
refuse(const struct place *at, const config_setting_t *s, const char *fmt, ...)
{
	va_list		 ap;
	const char	*file = s != NULL ? config_setting_source_file(s) : NULL;
	int		 n;

	n = snprintf(at->err->text, sizeof(at->err->text), "%s:%d: ",
	    file != NULL ? file : at->path, s != NULL ? (int)config_setting_source_line(s) : 1);
	if (n > 0 && (size_t)n < sizeof(at->err->text)) {
		va_start(ap, fmt);
		(void)vsnprintf(at->err->text + n, sizeof(at->err->text) - (size_t)n, fmt, ap);
		va_end(ap);
	}
	errno = EINVAL;
	return -1;
}

static void *
field(void *out, size_t offset)
{
	return (char *)out + offset;
}

static int
set_str(const struct place *at, const config_setting_t *s, const struct conf_opt *o,
    const char *text, char **ret)
{
	char	 why[256];
	char	*value;

	if (text == NULL) {
		*ret = NULL;
		return 0;
	}
	if (strlen(text) > (size_t)o->max)
		return refuse(at, s, "%s: longer than %lld bytes", o->name, (long long)o->max);
	value = o->type == CONF_T_SECRET ? secret_resolve(text, why, sizeof(why)) :
	    secret_expand_env(text, why, sizeof(why));
	if (value == NULL)
		return refuse(at, s, "%s: %s", o->name, why);
	free(*ret);
	*ret = value;
	return 0;
}

static int
set_int(const struct place *at, const config_setting_t *s, const struct conf_opt *o, int *ret)
{
	long long	v;

	if (config_setting_type(s) != CONFIG_TYPE_INT && config_setting_type(s) != CONFIG_TYPE_INT64)
		return refuse(at, s, "%s: a whole number is wanted", o->name);
	v = config_setting_get_int64(s);
	if (v < o->min || v > o->max)
		return refuse(at, s, "%s: %lld is not in %lld..%lld", o->name, v,
		    (long long)o->min, (long long)o->max);
	*ret = (int)v;
	return 0;
}

static int
set_double(const struct place *at, const config_setting_t *s, const struct conf_opt *o, double *ret)
{
	double	v;

	if (config_setting_is_number(s) != CONFIG_TRUE)
		return refuse(at, s, "%s: a number is wanted", o->name);
	v = config_setting_type(s) == CONFIG_TYPE_FLOAT ? config_setting_get_float(s) :
	    (double)config_setting_get_int64(s);
	if (!(v >= o->fmin && v <= o->fmax))
		return refuse(at, s, "%s: %g is not in %g..%g", o->name, v, o->fmin, o->fmax);
	*ret = v;
	return 0;
}

static int
set_enum(const struct place *at, const config_setting_t *s, const struct conf_opt *o, int *ret)
{
	const char	*text = config_setting_get_string(s);
	int		 i;

	for (i = 0; text != NULL && o->words[i] != NULL; i++) {
		if (strcmp(o->words[i], text) == 0) {
			*ret = i;
			return 0;
		}
	}
	return refuse(at, s, "%s: not one of the words that callpipe.conf(5) lists", o->name);
}

static int read_group(const struct place *, config_setting_t *, const struct conf_opt *, void *);

/* Lists keep what was read before a failure, so that conf_clear() frees it. */
static int
set_list(const struct place *at, config_setting_t *s, const struct conf_opt *o, void *out)
{
	size_t	*count = field(out, o->count_offset), n = (size_t)config_setting_length(s);
	char	**items = field(out, o->offset);
	size_t	 i;

	if (config_setting_is_list(s) != CONFIG_TRUE)
		return refuse(at, s, "%s: a list ( {...}, {...} ) is wanted", o->name);
	if (n > (size_t)o->max)
		return refuse(at, s, "%s: more than %lld elements", o->name, (long long)o->max);
	if (n == 0)
		return 0;
	if ((*items = mem_calloc(n, o->sub_size)) == NULL)
		return refuse(at, s, "%s: out of memory", o->name);
	for (i = 0; i < n; i++) {
		config_setting_t *e = config_setting_get_elem(s, (unsigned)i);

		*count = i + 1;
		if (config_setting_is_group(e) != CONFIG_TRUE)
			return refuse(at, e, "%s: element %zu is not a group { }", o->name, i + 1);
		if (read_group(at, e, o->sub, *items + i * o->sub_size) == -1)
			return -1;
	}
	return 0;
}

static int
set_strv(const struct place *at, config_setting_t *s, const struct conf_opt *o, void *out)
{
	struct conf_opt	  str = { .name = o->name, .max = 8192,
	    .type = o->type == CONF_T_SECRETV ? CONF_T_SECRET : CONF_T_STR };
	size_t		 *count = field(out, o->count_offset);
	char		***items = field(out, o->offset);
	size_t		  i, n;

	if (config_setting_is_array(s) != CONFIG_TRUE && config_setting_is_list(s) != CONFIG_TRUE)
		return refuse(at, s, "%s: an array [ \"...\", ... ] is wanted", o->name);
	if ((n = (size_t)config_setting_length(s)) > (size_t)o->max)
		return refuse(at, s, "%s: more than %lld elements", o->name, (long long)o->max);
	if (n == 0)
		return 0;
	if ((*items = mem_calloc(n + 1, sizeof(**items))) == NULL)
		return refuse(at, s, "%s: out of memory", o->name);
	for (i = 0; i < n; i++) {
		config_setting_t *e = config_setting_get_elem(s, (unsigned)i);
		const char	 *text = config_setting_get_string(e);

		*count = i + 1;
		if (text == NULL)
			return refuse(at, e, "%s: element %zu is not a string", o->name, i + 1);
		if (set_str(at, e, &str, text, &(*items)[i]) == -1)
			return -1;
	}
	return 0;
}

static int
set_one(const struct place *at, config_setting_t *s, const struct conf_opt *o, void *out)
{
	void	*f = field(out, o->offset);

	switch (o->type) {
	case CONF_T_INT:
		return set_int(at, s, o, f);
	case CONF_T_DOUBLE:
		return set_double(at, s, o, f);
	case CONF_T_BOOL:
		if (config_setting_type(s) != CONFIG_TYPE_BOOL)
			return refuse(at, s, "%s: true or false is wanted", o->name);
		*(bool *)f = config_setting_get_bool(s) == CONFIG_TRUE;
		return 0;
	case CONF_T_STR:
	case CONF_T_SECRET:
		if (config_setting_type(s) != CONFIG_TYPE_STRING)
			return refuse(at, s, "%s: a string is wanted", o->name);
		return set_str(at, s, o, config_setting_get_string(s), f);
	case CONF_T_ENUM:
		return set_enum(at, s, o, f);
	case CONF_T_LIST:
		return set_list(at, s, o, out);
	case CONF_T_STRV:
	case CONF_T_SECRETV:
		return set_strv(at, s, o, out);
	case CONF_T_END:
		break;
	}
	return refuse(at, s, "%s: a row of no known type", o->name);
}

static const struct conf_opt *
row_of(const struct conf_opt *rows, const char *name)
{
	for (; rows->type != CONF_T_END; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static int
fill_defaults(const struct place *at, const struct conf_opt *o, void *out)
{
	for (; o->type != CONF_T_END; o++) {
		void	*f = field(out, o->offset);

		switch (o->type) {
		case CONF_T_INT:
		case CONF_T_ENUM:
			*(int *)f = (int)o->def;
			break;
		case CONF_T_DOUBLE:
			*(double *)f = o->fdef;
			break;
		case CONF_T_BOOL:
			*(bool *)f = o->def != 0;
			break;
		case CONF_T_STR:
			if (set_str(at, NULL, o, o->sdef, f) == -1)
				return -1;
			break;
		case CONF_T_SECRET:
		case CONF_T_LIST:
		case CONF_T_STRV:
		case CONF_T_SECRETV:
		case CONF_T_END:
			break;
		}
	}
	return 0;
}

/* Defaults first, then what the group says; group may be NULL. */
static int
read_group(const struct place *at, config_setting_t *group, const struct conf_opt *rows, void *out)
{
	const struct conf_opt	*o;
	config_setting_t	*s;
	int			 i, n = group != NULL ? config_setting_length(group) : 0;

	if (fill_defaults(at, rows, out) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		s = config_setting_get_elem(group, (unsigned)i);
		if ((o = row_of(rows, config_setting_name(s))) == NULL)
			return refuse(at, s, "%s: unknown setting", config_setting_name(s));
		if (set_one(at, s, o, out) == -1)
			return -1;
	}
	return 0;
}

static int
check_groups(const struct place *at, config_t *cfg)
{
	config_setting_t	*root = config_root_setting(cfg), *s;
	int			 i, d;
	bool			 known;

	for (i = 0; i < config_setting_length(root); i++) {
		s = config_setting_get_elem(root, (unsigned)i);
		known = strcmp(config_setting_name(s), "common") == 0;
		for (d = 0; d < CONF_NDAEMONS; d++)
			known = known || strcmp(config_setting_name(s), conf_daemon_names[d]) == 0;
		if (!known)
			return refuse(at, s, "%s: unknown group", config_setting_name(s));
		if (config_setting_is_group(s) != CONFIG_TRUE)
			return refuse(at, s, "%s: a group { } is wanted", config_setting_name(s));
	}
	return 0;
}

int
conf_load(const char *path, const char *group, const struct conf_opt *rows, void *out,
    struct conf_error *err)
{
	struct place	 at = { .path = path, .err = err };
	struct stat	 st;
	config_t	 cfg;
	FILE		*f;
	int		 rc = -1, saved_errno;

	if ((f = fopen(path, "re")) == NULL) {
		(void)snprintf(err->text, sizeof(err->text), "%s:0: %s", path, strerror(errno));
		return -1;
	}
	/* libconfig's scanner ends the process when a read fails: on a directory, say. */
	if (fstat(fileno(f), &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)snprintf(err->text, sizeof(err->text), "%s:0: not a regular file", path);
		(void)fclose(f);
		errno = EINVAL;
		return -1;
	}
	config_init(&cfg);
	errno = EINVAL;
	if (config_read(&cfg, f) != CONFIG_TRUE)
		(void)snprintf(err->text, sizeof(err->text), "%s:%d: %s",
		    config_error_file(&cfg) != NULL ? config_error_file(&cfg) : path,
		    config_error_line(&cfg), config_error_text(&cfg));
	else if (check_groups(&at, &cfg) == 0)
		rc = read_group(&at, config_lookup(&cfg, group), rows, out);
	saved_errno = errno;
	if (rc == -1)
		conf_clear(rows, out);
	config_destroy(&cfg);
	(void)fclose(f);
	errno = saved_errno;
	return rc;
}

int
conf_defaults(const struct conf_opt *rows, void *out, struct conf_error *err)
{
	struct place	at = { .path = "(defaults)", .err = err };

	if (read_group(&at, NULL, rows, out) == 0)
		return 0;
	conf_clear(rows, out);
	return -1;
}

static void
clear_list(const struct conf_opt *o, void *out)
{
	size_t	*count = field(out, o->count_offset), i;
	char	**items = field(out, o->offset);

	for (i = 0; i < *count; i++)
		conf_clear(o->sub, *items + i * o->sub_size);
	free(*items);
	*items = NULL;
	*count = 0;
}

static void
clear_strv(const struct conf_opt *o, void *out)
{
	size_t	 *count = field(out, o->count_offset), i;
	char	***items = field(out, o->offset);

	for (i = 0; i < *count; i++) {
		if (o->type == CONF_T_SECRETV && (*items)[i] != NULL)
			explicit_bzero((*items)[i], strlen((*items)[i]));
		free((*items)[i]);
	}
	free(*items);
	*items = NULL;
	*count = 0;
}

void
conf_clear(const struct conf_opt *o, void *out)
{
	for (; o->type != CONF_T_END; o++) {
		char	**text = field(out, o->offset);

		switch (o->type) {
		case CONF_T_SECRET:
			if (*text != NULL)
				explicit_bzero(*text, strlen(*text));
			/* FALLTHROUGH */
		case CONF_T_STR:
			free(*text);
			*text = NULL;
			break;
		case CONF_T_LIST:
			clear_list(o, out);
			break;
		case CONF_T_STRV:
		case CONF_T_SECRETV:
			clear_strv(o, out);
			break;
		case CONF_T_INT:
		case CONF_T_DOUBLE:
		case CONF_T_BOOL:
		case CONF_T_ENUM:
		case CONF_T_END:
			break;
		}
	}
}

static void
default_text(const struct conf_opt *o, char *out, size_t size)
{
	switch (o->type) {
	case CONF_T_INT:
		(void)snprintf(out, size, "%lld", (long long)o->def);
		break;
	case CONF_T_DOUBLE:
		(void)snprintf(out, size, "%g", o->fdef);
		break;
	case CONF_T_BOOL:
		(void)snprintf(out, size, "%s", o->def != 0 ? "true" : "false");
		break;
	case CONF_T_STR:
		(void)snprintf(out, size, "%s", o->sdef != NULL ? o->sdef : "");
		break;
	case CONF_T_ENUM:
		(void)snprintf(out, size, "%s", o->words[o->def]);
		break;
	case CONF_T_SECRET:
	case CONF_T_LIST:
	case CONF_T_STRV:
	case CONF_T_SECRETV:
	case CONF_T_END:
		out[0] = '\0';
		break;
	}
}

static void
each_row(const struct conf_opt *o, const char *prefix, void (*fn)(void *, const char *,
    const struct conf_opt *, const char *), void *arg)
{
	char	name[128], def[8193];

	for (; o->type != CONF_T_END; o++) {
		(void)snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix != '\0' ? "." : "", o->name);
		default_text(o, def, sizeof(def));
		fn(arg, name, o, def);
		if (o->type == CONF_T_LIST)
			each_row(o->sub, name, fn, arg);
	}
}

void
conf_each(const struct conf_opt *rows, void (*fn)(void *arg, const char *name,
    const struct conf_opt *row, const char *def), void *arg)
{
	each_row(rows, "", fn, arg);
}
