/* SPDX-License-Identifier: ISC */
/* Sockets of the bus: options, endpoints, names that are taken. */
#include <sys/file.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include "common/bus_impl.h"

#define LINGER_MS	500
#define HEARTBEAT_MS	500
#define HEARTBEAT_DEAD_MS 1000
#define RECONNECT_MS	50
#define RECONNECT_MAX_MS 250
#define IPC_PATH_MAX	107	/* sun_path of Linux */

void *
bus_sock_new(struct bus *b, int type)
{
	const struct { int option, value; } rows[] = {
		{ ZMQ_LINGER, type == ZMQ_PUSH || type == ZMQ_XPUB ? LINGER_MS : 0 }, { ZMQ_SNDHWM, b->hwm }, { ZMQ_RCVHWM, b->hwm },
		{ ZMQ_HEARTBEAT_IVL, HEARTBEAT_MS }, { ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_DEAD_MS },
		{ ZMQ_RECONNECT_IVL, RECONNECT_MS }, { ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS },
		{ ZMQ_IMMEDIATE, type == ZMQ_PUSH },
	};
	int64_t	max = MSG_BODY_MAX + 1024;
	void	*s;
	size_t	 i;

	if ((s = zmq_socket(b->ctx, type)) == NULL)
		return NULL;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (zmq_setsockopt(s, rows[i].option, &rows[i].value, sizeof(rows[i].value)) == -1)
			goto fail;
	if (zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &max, sizeof(max)) == -1)
		goto fail;
	return s;
fail:
	(void)zmq_close(s);
	return NULL;
}

bool
bus_sock_can(void *sock, int what)
{
	int	ev = 0;
	size_t	len = sizeof(ev);

	return sock != NULL && zmq_getsockopt(sock, ZMQ_EVENTS, &ev, &len) == 0 && (ev & what) != 0;
}

int
bus_lock(struct bus *b, const char *run_dir, char *err, size_t err_size)
{
	char	path[BUS_ENDPOINT_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s.lock", run_dir, b->name);
	if ((b->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640)) == -1) {
		(void)snprintf(err, err_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (flock(b->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	(void)snprintf(err, err_size, "%s is running already (%s is locked)", b->name, path);
	errno = EBUSY;
	return -1;
}

int
bus_bind(void *sock, const char *endpoint, char *err, size_t err_size)
{
	mode_t	old = umask(0117);	/* 0660: who may talk is who may reach the folder */
	int	rc = zmq_bind(sock, endpoint), saved_errno = errno;

	(void)umask(old);
	if (rc == -1)
		(void)snprintf(err, err_size, "%s: %s", endpoint, zmq_strerror(saved_errno));
	errno = saved_errno;
	return rc;
}

/*
 * What is wrong with it; NULL: nothing. tcp between hosts needs CURVE, which
 * is not there: only this machine. Names are not resolved ("127.evil.example"
 * is one), and an abstract ipc address has no permissions.
 */
static const char *
endpoint_trouble(const char *e)
{
	size_t	n;

	if (strncmp(e, "ipc://", 6) == 0) {
		if (e[6] == '\0' || e[6] == '@' || e[6] == '*')
			return "ipc:// takes the path of a file";
		return strlen(e + 6) > IPC_PATH_MAX ? "a socket's path has at most 107 bytes; choose a shorter one" : NULL;
	}
	if (strncmp(e, "tcp://[::1]:", 12) == 0)
		return NULL;
	n = strncmp(e, "tcp://127.", 10) == 0 ? strspn(e + 6, "0123456789.") : 0;
	return n > 0 && e[6 + n] == ':' ? NULL :
	    "only ipc:// and tcp:// of this machine (tcp://127.0.0.1:PORT): between hosts nothing is encrypted";
}

static const char *
configured(const struct bus_conf *conf, const char *name, bool in)
{
	const char	*given = NULL;
	size_t		 i;

	for (i = 0; i < conf->npeers; i++)
		if (strcmp(conf->peers[i].name, name) == 0)
			given = in ? conf->peers[i].in : conf->peers[i].out;
	return given != NULL && given[0] != '\0' ? given : NULL;
}

int
bus_endpoint(const struct bus_conf *conf, const char *name, bool in, char out[BUS_ENDPOINT_MAX], char *err, size_t err_size)
{
	const char	*given = configured(conf, name, in), *why;

	if (given != NULL)
		(void)snprintf(out, BUS_ENDPOINT_MAX, "%s", given);
	else
		(void)snprintf(out, BUS_ENDPOINT_MAX, "ipc://%s/%s.%s", conf->run_dir, name, in ? "in" : "out");
	if ((why = endpoint_trouble(out)) == NULL)
		return 0;
	(void)snprintf(err, err_size, "%.120s: %s", out, why);
	errno = EINVAL;
	return -1;
}
