/* SPDX-License-Identifier: ISC */
#include "common/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/notify.h"
#include "common/num.h"

#define CONF_PATH	"/etc/callpipe/callpipe.conf"
#define BUS_FDS_MAX	(2 + BUS_PEERS_MAX)
#define BUS_BUDGET	256		/* messages before others have their turn */
#define TICK_US		100000
#define STAT_MS		1000

enum { EXIT_OK = 0, EXIT_RUNTIME = 1, EXIT_CONFIG = 2 };

struct options {
	const char	*conf_path;
	int		 instance, ready_fd;
	bool		 check_only, debug;
};

struct skeleton {		/* what the process has besides struct daemon; d comes first */
	struct daemon		 d;
	struct options		 opt;
	struct loop_watch	*io[BUS_FDS_MAX];
	size_t			 nio;
	struct loop_watch	*again, *tick, *watchdog, *stop_timer;
	struct loop_watch	*sig[4];
	int64_t			 tick_due_us, lag_max_us, stat_due_ms, watchdog_us;
	bool			 failed;
};

static struct skeleton *
skeleton_of(struct daemon *d)
{
	return (struct skeleton *)d;
}

/* ---- command line ---- */

static int
usage(const struct daemon_ops *ops, FILE *to)
{
	(void)fprintf(to, "usage: %s [-DhnvV] [-c file] [-i instance] [-N fd]%s%s\n", ops->name,
	    ops->usage != NULL ? " " : "", ops->usage != NULL ? ops->usage : "");
	return to == stderr ? EXIT_CONFIG : EXIT_OK;
}

static int
number_option(const struct daemon_ops *ops, int opt, const char *text, int64_t max, int *ret)
{
	int64_t	v;

	if (num_parse(text, 0, max, &v) == -1) {
		(void)fprintf(stderr, "%s: -%c %s: a number in 0..%lld is wanted\n", ops->name, opt,
		    text, (long long)max);
		return -1;
	}
	*ret = (int)v;
	return 0;
}

static void
print_row(void *arg, const char *name, const struct conf_opt *row, const char *def)
{
	static const char *const types[] = {
		[CONF_T_END] = "", [CONF_T_INT] = "integer", [CONF_T_DOUBLE] = "number", [CONF_T_BOOL] = "boolean",
		[CONF_T_STR] = "string", [CONF_T_SECRET] = "secret", [CONF_T_ENUM] = "word",
		[CONF_T_LIST] = "list", [CONF_T_STRV] = "array", [CONF_T_SECRETV] = "array of secrets",
	};

	(void)printf("%s.%s\t%s\t", (const char *)arg, name, types[row->type]);
	if (row->type == CONF_T_INT)
		(void)printf("%lld..%lld", (long long)row->min, (long long)row->max);
	else if (row->type == CONF_T_DOUBLE)
		(void)printf("%g..%g", row->fmin, row->fmax);
	(void)printf("\t%s\n", def);
}

/* What callpipe.conf(5) is compared with. */
static int
print_options(const struct daemon_ops *ops)
{
	static char	common[] = "common";
	char		group[32];

	(void)snprintf(group, sizeof(group), "%s", ops->name);
	conf_each(common_options, print_row, common);
	conf_each(ops->options, print_row, group);
	return fflush(stdout) == 0 ? EXIT_OK : EXIT_RUNTIME;
}

/* -1: go on; else the exit status. */
static int
parse_option(const struct daemon_ops *ops, int c, struct options *o)
{
	switch (c) {
	case 'c':
		o->conf_path = optarg;
		return -1;
	case 'i':
		return number_option(ops, c, optarg, 63, &o->instance) == -1 ? EXIT_CONFIG : -1;
	case 'N':
		return number_option(ops, c, optarg, 65535, &o->ready_fd) == -1 ? EXIT_CONFIG : -1;
	case 'n':
		o->check_only = true;
		return -1;
	case 'v':
		o->debug = true;
		return -1;
	case 'V':
		(void)printf("%s (callpipe) %s\n", ops->name, CALLPIPE_VERSION);
		return EXIT_OK;
	case 'D':
		return print_options(ops);
	case 'h':
		return usage(ops, stdout);
	case '?':
		return usage(ops, stderr);
	default:
		return ops->extra != NULL ? ops->extra(c, optarg) : usage(ops, stderr);
	}
}

static int
parse_options(const struct daemon_ops *ops, int argc, char *argv[], struct options *o)
{
	char	letters[64];
	int	c, status;

	*o = (struct options){ .conf_path = CONF_PATH, .ready_fd = -1 };
	(void)snprintf(letters, sizeof(letters), "c:Dhi:nN:vV%s",
	    ops->getopt_extra != NULL ? ops->getopt_extra : "");
	while ((c = getopt(argc, argv, letters)) != -1)
		if ((status = parse_option(ops, c, o)) != -1)
			return status;
	return optind == argc ? -1 : usage(ops, stderr);
}

/* ---- configuration ---- */

static void
drop_conf(const struct daemon_ops *ops, struct common_conf *common, void *conf)
{
	if (conf != NULL)
		conf_clear(ops->options, conf);
	if (common != NULL)
		conf_clear(common_options, common);
	free(conf);
	free(common);
}

static int
load_conf(const struct daemon_ops *ops, const char *path, struct common_conf **ret_common,
    void **ret_conf, struct conf_error *err)
{
	struct common_conf	*common = mem_calloc(1, sizeof(*common));
	void			*conf = mem_calloc(1, ops->conf_size);

	if (common == NULL || conf == NULL) {
		(void)snprintf(err->text, sizeof(err->text), "%s:0: out of memory", path);
		free(common);
		free(conf);
		return -1;
	}
	if (conf_load(path, "common", common_options, common, err) == -1 ||
	    conf_load(path, ops->name, ops->options, conf, err) == -1 ||
	    (ops->check != NULL && ops->check(conf, common, err) == -1)) {
		drop_conf(ops, common, conf);
		return -1;
	}
	*ret_common = common;
	*ret_conf = conf;
	return 0;
}

static void
reload(struct skeleton *s)
{
	struct common_conf	*common;
	struct conf_error	 err;
	void			*conf;

	if (load_conf(s->d.ops, s->d.conf_path, &common, &conf, &err) == -1) {
		log_error(NULL, "conf.refused", "cause=%s kept=old", LOG_Q(err.text));
		return;
	}
	if (s->d.ops->reload != NULL)
		s->d.ops->reload(&s->d, conf);
	drop_conf(s->d.ops, s->d.common, s->d.conf);
	s->d.common = common;
	s->d.conf = conf;
	log_open(s->d.name, s->opt.debug || common->debug ? LOG_LVL_DEBUG : LOG_LVL_INFO, STDERR_FILENO);
	log_info(NULL, "conf.loaded", "path=%s", LOG_Q(s->d.conf_path));
}

/* ---- bus and stat ---- */

static void
publish_stat(struct skeleton *s)
{
	struct json_object	*stat = json_object_new_object();
	const char		*text;
	size_t			 len;

	s->stat_due_ms = clock_mono_ms() + STAT_MS;
	if (stat == NULL)
		return;
	(void)json_add_int(stat, "pid", getpid());
	(void)json_add_str(stat, "version", CALLPIPE_VERSION);
	(void)json_add_bool(stat, "draining", s->d.draining);
	(void)json_add_int(stat, "lag_us", s->lag_max_us);
	if (s->d.ops->stat != NULL)
		s->d.ops->stat(&s->d, stat);
	bus_stat(s->d.bus, stat);
	if ((text = json_text(stat, &len)) != NULL)
		bus_fact(s->d.bus, MSG_STAT, NULL, text, len);
	json_object_put(stat);
	s->lag_max_us = 0;
}

static void
on_bus(void *arg)
{
	struct skeleton	*s = arg;

	if (bus_dispatch(s->d.bus, BUS_BUDGET))
		loop_timer_set(s->d.loop, s->again, 0);
}

/* Each tick looks at the bus too: a send may have eaten the edge of a descriptor. */
static void
on_tick(void *arg)
{
	struct skeleton	*s = arg;
	int64_t		 now = clock_mono_us(), lag = now - s->tick_due_us;

	if (s->lag_max_us < lag)
		s->lag_max_us = lag;
	s->tick_due_us = now + TICK_US;
	loop_timer_set(s->d.loop, s->tick, TICK_US);
	bus_tick(s->d.bus);
	on_bus(s);
	if (clock_mono_ms() >= s->stat_due_ms)
		publish_stat(s);
}

static void
bus_order_cb(void *arg, const struct bus_msg *msg)
{
	struct daemon	*d = arg;

	if (d->ops->bus.order != NULL)
		d->ops->bus.order(d, msg);
}

static void
bus_fact_cb(void *arg, const struct bus_msg *msg)
{
	struct daemon	*d = arg;

	if (d->ops->bus.fact != NULL)
		d->ops->bus.fact(d, msg);
}

static void
bus_peer_cb(void *arg, struct bus_peer *peer)
{
	struct daemon	*d = arg;

	log_info(NULL, peer->alive ? "peer.up" : "peer.down", "peer=%s pid=%lld", peer->name,
	    (long long)peer->pid);
	if (d->ops->bus.peer != NULL)
		d->ops->bus.peer(d, peer);
}

static void
bus_stat_wanted_cb(void *arg)
{
	publish_stat(skeleton_of(arg));
}

static const struct bus_ops skeleton_bus_ops = {
	.order = bus_order_cb,
	.fact = bus_fact_cb,
	.peer = bus_peer_cb,
	.stat_wanted = bus_stat_wanted_cb,
};

static int
open_bus(struct skeleton *s)
{
	const struct daemon_ops	*ops = s->d.ops;
	struct bus_conf		 bc = {
		.name = s->d.name, .run_dir = s->d.common->run_dir,
		.mailbox_messages = s->d.common->mailbox_messages,
		.peer_dead_ms = s->d.common->peer_dead_ms,
		.instances = s->d.common->instances,
		.peers = s->d.common->peers, .npeers = s->d.common->npeers,
		.order_to = ops->order_to != 0 ? ops->order_to : (1U << CONF_NDAEMONS) - 1,
		.listen_to = ops->listen_to != 0 ? ops->listen_to : (1U << CONF_NDAEMONS) - 1,
	};
	char			 err[256];

	if ((s->d.bus = bus_new(&bc, &skeleton_bus_ops, &s->d, err, sizeof(err))) == NULL) {
		log_error(NULL, "bus.failed", "cause=%s", LOG_Q(err));
		return -1;
	}
	return 0;
}

static int
watch_bus(struct skeleton *s)
{
	int	fds[BUS_FDS_MAX];
	size_t	i, n = bus_fds(s->d.bus, fds, BUS_FDS_MAX);

	for (i = 0; i < n; i++) {
		if ((s->io[i] = loop_io_new(s->d.loop, fds[i], on_bus, s)) == NULL)
			return -1;
		s->nio = i + 1;
	}
	loop_timer_set(s->d.loop, s->again, 0);		/* first look: edges may be past */
	s->tick_due_us = clock_mono_us() + TICK_US;
	loop_timer_set(s->d.loop, s->tick, TICK_US);
	return 0;
}

/* ---- signals and stopping ---- */

void
daemon_drained(struct daemon *d)
{
	loop_stop(d->loop);
}

void
daemon_fail(struct daemon *d)
{
	skeleton_of(d)->failed = true;
	loop_stop(d->loop);
}

static void
on_stop_late(void *arg)
{
	struct skeleton	*s = arg;

	log_warn(NULL, "stop.late", "stop_ms=%d did=stopped_anyway", s->d.common->stop_ms);
	loop_stop(s->d.loop);
}

static void
on_term(void *arg)
{
	struct skeleton	*s = arg;

	if (s->d.draining) {
		log_info(NULL, "stop.now", "cause=second_signal");
		loop_stop(s->d.loop);
		return;
	}
	log_info(NULL, "stop.drain", "stop_ms=%d", s->d.common->stop_ms);
	(void)notify_send("STOPPING=1");
	s->d.draining = true;
	publish_stat(s);
	loop_timer_set(s->d.loop, s->stop_timer, (int64_t)s->d.common->stop_ms * 1000);
	if (s->d.ops->drain != NULL)
		s->d.ops->drain(&s->d);
	else
		daemon_drained(&s->d);
}

static void
on_hup(void *arg)
{
	reload(arg);
}

static void
on_watchdog(void *arg)
{
	struct skeleton	*s = arg;

	(void)notify_send("WATCHDOG=1");
	loop_timer_set(s->d.loop, s->watchdog, s->watchdog_us);
}

static int
open_watches(struct skeleton *s)
{
	struct loop	*l = s->d.loop;

	if ((s->again = loop_timer_new(l, on_bus, s)) == NULL ||
	    (s->tick = loop_timer_new(l, on_tick, s)) == NULL ||
	    (s->stop_timer = loop_timer_new(l, on_stop_late, s)) == NULL ||
	    (s->watchdog = loop_timer_new(l, on_watchdog, s)) == NULL ||
	    (s->sig[0] = loop_signal_new(l, SIGTERM, on_term, s)) == NULL ||
	    (s->sig[1] = loop_signal_new(l, SIGINT, on_term, s)) == NULL ||
	    (s->sig[2] = loop_signal_new(l, SIGHUP, on_hup, s)) == NULL)
		return -1;
	if ((s->watchdog_us = notify_watchdog_us()) > 0)
		loop_timer_set(l, s->watchdog, s->watchdog_us);
	return 0;
}

static void
close_all(struct skeleton *s)
{
	struct loop_watch	*w[] = { s->again, s->tick, s->stop_timer, s->watchdog, s->sig[0], s->sig[1], s->sig[2] };
	size_t			 i;

	for (i = 0; i < s->nio; i++)
		loop_watch_free(s->d.loop, s->io[i]);
	for (i = 0; s->d.loop != NULL && i < sizeof(w) / sizeof(w[0]); i++)
		loop_watch_free(s->d.loop, w[i]);
	bus_free(s->d.bus);
	loop_free(s->d.loop);
	drop_conf(s->d.ops, s->d.common, s->d.conf);
	free(s);
}

static void
tell_ready(struct skeleton *s)
{
	if (notify_send("READY=1") == -1)
		log_warn(NULL, "ready.notify", "cause=%s", LOG_Q(strerror(errno)));
	if (s->opt.ready_fd != -1 && notify_fd(s->opt.ready_fd) == -1)
		log_warn(NULL, "ready.fd", "fd=%d cause=%s", s->opt.ready_fd, LOG_Q(strerror(errno)));
	log_info(NULL, "ready", "version=%s pid=%d", CALLPIPE_VERSION, (int)getpid());
}

static int
run(struct skeleton *s)
{
	int	status = EXIT_RUNTIME;

	if (open_bus(s) == -1)
		return status;
	if (open_watches(s) == -1) {
		log_error(NULL, "start.failed", "cause=%s", LOG_Q(strerror(errno)));
		return status;
	}
	if (s->d.ops->start(&s->d) == 0 && watch_bus(s) == 0) {
		publish_stat(s);
		tell_ready(s);
		if (loop_run(s->d.loop) == 0 && !s->failed)
			status = EXIT_OK;
		log_info(NULL, "stop", "status=%d", status);
	}
	s->d.ops->stop(&s->d);
	return status;
}

static int
start_skeleton(struct skeleton *s)
{
	struct conf_error	err;
	const struct daemon_ops	*ops = s->d.ops;

	if (load_conf(ops, s->opt.conf_path, &s->d.common, &s->d.conf, &err) == -1) {
		log_error(NULL, "conf", "cause=%s", LOG_Q(err.text));
		(void)fprintf(stderr, "%s: %s\n", ops->name, err.text);
		return EXIT_CONFIG;
	}
	if (s->opt.check_only)
		return EXIT_OK;
	if (s->opt.instance >= 64) {
		(void)fprintf(stderr, "%s: no such instance\n", ops->name);
		return EXIT_CONFIG;
	}
	if (s->opt.debug || s->d.common->debug)
		log_open(s->d.name, LOG_LVL_DEBUG, STDERR_FILENO);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    (s->d.loop = loop_new(ops->loop != NULL ? ops->loop : &loop_libevent)) == NULL) {
		log_error(NULL, "start.failed", "cause=%s", LOG_Q(strerror(errno)));
		return EXIT_RUNTIME;
	}
	return run(s);
}

/* Standard descriptors that are closed would be taken by sockets: open them on /dev/null. */
static int
hold_standard_fds(void)
{
	int	fd;

	while ((fd = open("/dev/null", O_RDWR)) != -1 && fd <= STDERR_FILENO)
		continue;
	if (fd == -1)
		return -1;
	(void)close(fd);
	return 0;
}

int
daemon_main(const struct daemon_ops *ops, int argc, char *argv[])
{
	struct skeleton	*s;
	struct options	 opt;
	int		 status;

	if (hold_standard_fds() == -1)
		return EXIT_RUNTIME;
	log_open(ops->name, LOG_LVL_INFO, STDERR_FILENO);
	if ((status = parse_options(ops, argc, argv, &opt)) != -1)
		return status;
	if ((s = mem_calloc(1, sizeof(*s))) == NULL)
		return EXIT_RUNTIME;
	s->opt = opt;
	s->d.ops = ops;
	s->d.conf_path = opt.conf_path;
	s->d.instance = opt.instance;
	(void)snprintf(s->d.name, sizeof(s->d.name), "%s.%d", ops->name, opt.instance);
	log_open(s->d.name, opt.debug ? LOG_LVL_DEBUG : LOG_LVL_INFO, STDERR_FILENO);
	status = start_skeleton(s);
	close_all(s);
	return status;
}
