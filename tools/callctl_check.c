/* SPDX-License-Identifier: ISC */
/* check: is this machine fit to take calls? One line for each thing. */
#include "tools/callctl.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/callctl_conf.h"
#include "tools/callctl_probe.h"
#include "tools/callctl_stat.h"
#include "tools/plain.h"

#define CONF_LIMIT_MS	10000
#define ENGINE_LIMIT_MS	20000
#define URL_LIMIT_MS	3000

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_FAIL };

struct check {
	struct ctl		*ctl;
	struct json_object	*rows;	/* --json */
	enum level		 worst;
	char			 dir[PATH_MAX];	/* of this program, "" unknown */
};

static void __attribute__((format(printf, 4, 5)))
report(struct check *k, enum level level, const char *what, const char *fmt, ...)
{
	static const char *const	words[] = { "ok", "warn", "fail" };
	static const enum plain_colour	colours[] = { PLAIN_GREEN, PLAIN_YELLOW, PLAIN_RED };
	struct json_object		*o;
	char				 detail[2048];
	va_list				 ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	k->worst = level > k->worst ? level : k->worst;
	if (k->rows != NULL) {
		if ((o = json_object_new_object()) == NULL)
			return;
		(void)json_add_str(o, "level", words[level]);
		(void)json_add_str(o, "what", what);
		(void)json_add_str(o, "detail", detail);
		(void)json_object_array_add(k->rows, o);
		return;
	}
	(void)buf_printf(&k->ctl->out, "%s%-4s%s ", plain_sgr(k->ctl->colour, colours[level]), words[level],
	    plain_sgr(k->ctl->colour, PLAIN_OFF));
	plain_put(&k->ctl->out, what, strlen(what));
	(void)buf_puts(&k->ctl->out, ": ");
	plain_put(&k->ctl->out, detail, strlen(detail));
	(void)buf_putc(&k->ctl->out, '\n');
}

/* ---- configuration ---- */

static void
find_self(struct check *k)
{
	ssize_t	n = readlink("/proc/self/exe", k->dir, sizeof(k->dir) - 1);
	char	*slash;

	k->dir[n > 0 ? n : 0] = '\0';
	if ((slash = strrchr(k->dir, '/')) != NULL)
		*slash = '\0';
}

/* In the source tree tools/../vadd/vadd; installed bin/../libexec/callpipe/vadd. */
static bool
find_program(const struct check *k, const char *name, char *path, size_t size)
{
	if ((size_t)snprintf(path, size, "%s/../%s/%s", k->dir, name, name) < size && access(path, X_OK) == 0)
		return true;
	return (size_t)snprintf(path, size, "%s/../libexec/callpipe/%s", k->dir, name) < size && access(path, X_OK) == 0;
}

/* The words of a log line, if it is one. */
static const char *
cause_of(const char *line)
{
	const char	*at = strstr(line, "cause=");

	return at != NULL ? at + strlen("cause=") : line;
}

static void
check_conf(struct check *k)
{
	char	path[2 * PATH_MAX], last[1024], what[64], conf[PATH_MAX];
	char	*argv[5];
	int	d, rc;

	(void)snprintf(conf, sizeof(conf), "%s", k->ctl->conf_path);
	for (d = 0; d < CONF_NDAEMONS; d++) {
		(void)snprintf(what, sizeof(what), "configuration of %s", conf_daemon_names[d]);
		if (!find_program(k, conf_daemon_names[d], path, sizeof(path))) {
			report(k, LEVEL_FAIL, what, "the program is neither beside callctl nor in libexec");
			continue;
		}
		argv[0] = path;
		argv[1] = (char []){ "-n" };
		argv[2] = (char []){ "-c" };
		argv[3] = conf;
		argv[4] = NULL;
		if ((rc = probe_run(argv, CONF_LIMIT_MS, last, sizeof(last))) == 0)
			report(k, LEVEL_OK, what, "%s", conf);
		else
			report(k, LEVEL_FAIL, what, "%s", last[0] != '\0' ? cause_of(last) : rc == -1 ? "it did not end in time" : "refused");
	}
}

/* ---- database ---- */

static void
check_missing(struct check *k, const char *path)
{
	char	dir[PATH_MAX], *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path);
	if ((slash = strrchr(dir, '/')) != NULL && slash != dir)
		*slash = '\0';
	if (access(slash == NULL ? "." : dir, W_OK | X_OK) == 0)
		report(k, LEVEL_WARN, "database", "%s: not there yet; webhookd or brokerd make it when they start", path);
	else
		report(k, LEVEL_FAIL, "database", "%s: not there, and its directory cannot be written: %s", path, strerror(errno));
}

static void
check_database(struct check *k)
{
	const char	*path = k->ctl->common.database;
	struct store	*s;
	struct stat	 st;
	char		 text[512] = "";

	if (stat(path, &st) == -1 && errno == ENOENT) {
		check_missing(k, path);
		return;
	}
	if ((s = store_open(path, STORE_READ, text, sizeof(text))) == NULL) {
		report(k, LEVEL_FAIL, "database", "%s", text);
		return;
	}
	if (store_check(s, text, sizeof(text)) == -1)
		report(k, LEVEL_FAIL, "database", "%s: %s", path, strerror(errno));
	else if (strcmp(text, "ok") != 0)
		report(k, LEVEL_FAIL, "database", "%s: damaged: %s", path, text);
	else
		report(k, LEVEL_OK, "database", "%s: version %d, whole, %lld kB", path, STORE_VERSION, (long long)st.st_size / 1000);
	if ((st.st_mode & 07) != 0)
		report(k, LEVEL_WARN, "database", "%s: others may read it (mode %04o)", path, (unsigned)st.st_mode & 07777);
	store_close(s);
}

/* ---- endpoints ---- */

static bool
check_run_dir(struct check *k)
{
	const char	*dir = k->ctl->common.run_dir;
	struct stat	 st;

	if (stat(dir, &st) == -1 || !S_ISDIR(st.st_mode)) {
		report(k, LEVEL_FAIL, "run_dir", "%s: %s", dir, errno == ENOENT ? "is not there" : "is no directory");
		return false;
	}
	if ((st.st_mode & S_IWOTH) != 0)
		report(k, LEVEL_FAIL, "run_dir", "%s: everybody may write there (mode %04o)", dir, (unsigned)st.st_mode & 07777);
	else if ((st.st_mode & 07) != 0)
		report(k, LEVEL_WARN, "run_dir", "%s: others may enter (mode %04o); 0750 is better", dir, (unsigned)st.st_mode & 07777);
	else
		report(k, LEVEL_OK, "run_dir", "%s", dir);
	return true;
}

static void
check_daemon(struct check *k, const struct look_daemon *d)
{
	int64_t	pid = 0, calls = 0, drops;

	if (d->stat == NULL) {
		report(k, d->running ? LEVEL_FAIL : LEVEL_WARN, d->name, d->running ?
		    "holds its lock and says nothing: it hangs" : "is not running");
		return;
	}
	(void)json_get_int(d->stat, "pid", 0, INT64_MAX, &pid);
	(void)json_get_int(d->stat, "calls", 0, INT64_MAX, &calls);
	drops = look_drops(d->stat);
	report(k, drops > 0 ? LEVEL_WARN : LEVEL_OK, d->name, "alive, process %lld, calls %lld, drops %lld%s", (long long)pid,
	    (long long)calls, (long long)drops, drops > 0 ? " (callctl stat --json tells which)" : "");
}

static void
check_endpoints(struct check *k)
{
	struct look	l;
	size_t		i;

	if (!check_run_dir(k))
		return;
	if (look_around(k->ctl, &l) == -1)
		report(k, LEVEL_FAIL, "bus", "it cannot be listened to");
	for (i = 0; i < l.n; i++)
		check_daemon(k, &l.daemons[i]);
	look_clear(&l);
}

/* ---- engines ---- */

static void
check_engine(struct check *k, const struct peek_engine *e)
{
	char	what[128], detail[1024] = "";
	int	rc;

	(void)snprintf(what, sizeof(what), "engine %.80s", e->name != NULL ? e->name : "?");
	if (e->openai)
		rc = probe_url(e->base_url != NULL ? e->base_url : "", URL_LIMIT_MS, detail, sizeof(detail));
	else if (e->argv[0] != NULL)
		rc = probe_engine(e->argv, e->service, ENGINE_LIMIT_MS, detail, sizeof(detail));
	else {
		(void)snprintf(detail, sizeof(detail), "it has no command");
		rc = -1;
	}
	report(k, rc == 0 ? LEVEL_OK : LEVEL_FAIL, what, "%s", detail);
}

static bool
serves(const struct peek *p, const char *service)
{
	size_t	i;

	for (i = 0; i < p->nengines; i++)
		if (p->engines[i].service != NULL && strcmp(p->engines[i].service, service) == 0)
			return true;
	return false;
}

/* They serve what nobody else is configured for; elsewhere they are only there to fall back on. */
static void
check_offline(struct check *k, const struct peek *p)
{
	static const struct { const char *service, *name, *program; } rows[] = {
		{ "stt", "offline-stt", "engine_asr" }, { "chat", "offline-chat", "engine_dialogue" },
		{ "tts", "offline-tts", "engine_tts" },
	};
	struct peek_engine	e = { .openai = false };
	char			path[3 * PATH_MAX], program[2 * PATH_MAX], name[32], service[8], *slash;
	size_t			i;

	if (p->engine_dir != NULL && p->engine_dir[0] != '\0')
		(void)snprintf(program, sizeof(program), "%s", p->engine_dir);
	else if (find_program(k, "brokerd", program, sizeof(program) - sizeof("engines")) &&
	    (slash = strrchr(program, '/')) != NULL)
		memcpy(slash, "/engines", sizeof("/engines"));
	else
		return;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (serves(p, rows[i].service))
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", program, rows[i].program);
		(void)snprintf(name, sizeof(name), "%s", rows[i].name);
		(void)snprintf(service, sizeof(service), "%s", rows[i].service);
		e.name = name;
		e.service = service;
		e.argv[0] = path;
		check_engine(k, &e);
	}
}

static void
check_engines(struct check *k)
{
	struct peek	p;
	size_t		i;

	if (peek_load(k->ctl->conf_path, &p) == -1)
		return;			/* told by the daemons */
	for (i = 0; i < p.nengines; i++)
		check_engine(k, &p.engines[i]);
	check_offline(k, &p);
	peek_clear(&p);
}

int
ctl_check(struct ctl *ctl, int argc, char *argv[])
{
	struct check		k = { .ctl = ctl };
	static const int	statuses[] = { CTL_OK, CTL_WARN, CTL_FAILED };

	(void)argc;
	(void)argv;
	if (ctl->json && (k.rows = json_object_new_array()) == NULL)
		return ctl_put_json(ctl, NULL);
	find_self(&k);
	check_conf(&k);
	if (ctl_load(ctl)) {
		check_database(&k);
		check_endpoints(&k);
		check_engines(&k);
	} else
		k.worst = LEVEL_FAIL;
	if (k.rows != NULL && ctl_put_json(ctl, k.rows) != CTL_OK)
		return CTL_FAILED;
	return statuses[k.worst];
}
