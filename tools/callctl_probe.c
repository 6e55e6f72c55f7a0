/* SPDX-License-Identifier: ISC */
#include "tools/callctl_probe.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/json.h"

#define TEXT_MAX	(1u << 20)
#define GRACE_MS	1000		/* for a program to end when it was told to */

struct child { pid_t pid; int in, out; };	/* in: we write; out: we read */

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* In the child: nothing here may return. stream: which of its streams we read. */
static void __attribute__((noreturn))
run_child(char *const argv[], int in, int out, int stream)
{
	int	null = open("/dev/null", O_RDWR);

	(void)signal(SIGPIPE, SIG_DFL);
	(void)dup2(in != -1 ? in : null, STDIN_FILENO);
	(void)dup2(stream == STDOUT_FILENO ? out : null, STDOUT_FILENO);
	(void)dup2(stream == STDERR_FILENO ? out : null, STDERR_FILENO);
	(void)execvp(argv[0], argv);
	_exit(127);
}

static int
start(struct child *c, char *const argv[], int stream, bool with_input)
{
	int	in[2] = { -1, -1 }, out[2];

	*c = (struct child){ -1, -1, -1 };
	if (pipe2(out, O_CLOEXEC) == -1)
		return -1;
	if (with_input && pipe2(in, O_CLOEXEC) == -1) {
		close_fd(&out[0]);
		close_fd(&out[1]);
		return -1;
	}
	(void)fflush(NULL);
	if ((c->pid = fork()) == 0)
		run_child(argv, in[0], out[1], stream);
	close_fd(&in[0]);
	close_fd(&out[1]);
	c->in = in[1];
	c->out = out[0];
	return c->pid == -1 ? -1 : 0;
}

/* Wait for its end; kill it at the limit. Its exit status or -1. */
static int
finish(struct child *c, int64_t end_ms)
{
	int	status = -1;
	pid_t	got;

	close_fd(&c->in);
	close_fd(&c->out);
	if (c->pid <= 0)
		return -1;
	while ((got = waitpid(c->pid, &status, WNOHANG)) == 0 && clock_mono_ms() < end_ms)
		(void)poll(NULL, 0, 5);
	if (got == 0) {
		(void)kill(c->pid, SIGKILL);
		(void)waitpid(c->pid, &status, 0);
		return -1;
	}
	return got > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Append what is there. 1 something came, 0 the end, -1 late or failed. */
static int
read_some(int fd, struct buf *text, int64_t end_ms)
{
	struct pollfd	p = { .fd = fd, .events = POLLIN };
	int64_t		left = end_ms - clock_mono_ms();
	char		piece[4096];
	ssize_t		n;

	if (left <= 0 || poll(&p, 1, (int)left) != 1 || (n = read(fd, piece, sizeof(piece))) == -1)
		return -1;
	if (n == 0)
		return 0;
	return buf_append(text, piece, (size_t)n) == -1 ? -1 : 1;
}

static void
last_line(const struct buf *text, char *out, size_t size)
{
	size_t	end = text->len, begin;

	while (end > 0 && text->data[end - 1] == '\n')
		end--;
	for (begin = end; begin > 0 && text->data[begin - 1] != '\n'; begin--)
		continue;
	(void)snprintf(out, size, "%.*s", (int)(end - begin), text->data + begin);
}

int
probe_run(char *const argv[], int limit_ms, char *last, size_t last_size)
{
	int64_t		end_ms = clock_mono_ms() + limit_ms;
	struct child	c;
	struct buf	text;
	int		rc;

	buf_init(&text, TEXT_MAX);
	if ((rc = start(&c, argv, STDERR_FILENO, false)) == 0) {
		while ((rc = read_some(c.out, &text, end_ms)) == 1)
			continue;
		if (rc == -1 && c.pid > 0)
			(void)kill(c.pid, SIGKILL);
		rc = finish(&c, clock_mono_ms() + GRACE_MS);
	}
	last_line(&text, last, last_size);
	buf_clear(&text);
	return rc;
}

/* ---- engines ---- */

/* The next line as an object, taken out of text; NULL: late, ended, or no JSON. */
static struct json_object *
read_line(struct child *c, struct buf *text, int64_t end_ms)
{
	struct json_object	*o;
	char			*nl;
	size_t			 len;

	while ((nl = memchr(text->data, '\n', text->len)) == NULL)
		if (read_some(c->out, text, end_ms) != 1)
			return NULL;
	len = (size_t)(nl - text->data);
	o = json_parse(text->data, len, NULL);
	buf_consume(text, len + 1);
	return o;
}

static int
read_hello(struct child *c, struct buf *text, const char *service, int64_t end_ms, char *detail, size_t size)
{
	struct json_object	*o = read_line(c, text, end_ms);
	int			 rc = -1;

	if (o == NULL)
		(void)snprintf(detail, size, "no first line in time: it did not start, or is no engine");
	else if (strcmp(json_get_str_or(o, "hello", ""), "callpipe-engine") != 0)
		(void)snprintf(detail, size, "its first line is not that of an engine");
	else if (service != NULL && strcmp(json_get_str_or(o, "kind", ""), service) != 0)
		(void)snprintf(detail, size, "it is an engine for %.16s, configured for %.16s",
		    json_get_str_or(o, "kind", "?"), service);
	else {
		(void)snprintf(detail, size, "%.60s", json_get_str_or(o, "name", "?"));
		rc = 0;
	}
	json_object_put(o);
	return rc;
}

static int
ping(struct child *c, struct buf *text, int64_t end_ms, char *detail, size_t size)
{
	static const char	 request[] = "{\"op\":\"ping\",\"id\":1}\n";
	struct json_object	*o;
	bool			 done = false;
	int			 tries;

	if (write(c->in, request, sizeof(request) - 1) == (ssize_t)sizeof(request) - 1) {
		for (tries = 0; tries < 10 && !done && (o = read_line(c, text, end_ms)) != NULL; tries++) {
			done = json_get_bool(o, "done", false);
			json_object_put(o);
		}
	}
	if (done)
		return 0;
	(void)snprintf(detail, size, "it started and does not answer a ping");
	return -1;
}

int
probe_engine(char *const argv[], const char *service, int limit_ms, char *detail, size_t detail_size)
{
	int64_t		begun_ms = clock_mono_ms(), end_ms = begun_ms + limit_ms;
	struct child	c;
	struct buf	text;
	size_t		len;
	int		rc = -1;

	buf_init(&text, TEXT_MAX);
	if (start(&c, argv, STDOUT_FILENO, true) == -1)
		(void)snprintf(detail, detail_size, "cannot start it: %s", strerror(errno));
	else if (read_hello(&c, &text, service, end_ms, detail, detail_size) == 0)
		rc = ping(&c, &text, end_ms, detail, detail_size);
	len = strlen(detail);
	if (rc == 0)
		(void)snprintf(detail + len, detail_size - len, ", answers; ready after %lld ms",
		    (long long)(clock_mono_ms() - begun_ms));
	if (finish(&c, clock_mono_ms() + GRACE_MS) == 127)
		(void)snprintf(detail, detail_size, "%s: no such program, or it may not be run", argv[0]);
	buf_clear(&text);
	return rc;
}

/* ---- URLs ---- */

bool
probe_split_url(const char *url, char *host, size_t host_size, char *port, size_t port_size)
{
	bool		 tls = strncmp(url, "https://", 8) == 0;
	const char	*p = url + (tls ? 8 : 7), *end, *colon;
	size_t		 len;

	if (!tls && strncmp(url, "http://", 7) != 0)
		return false;
	end = p + strcspn(p, "/?#");
	if (*p == '[') {		/* [::1]:8000 */
		if ((colon = memchr(p, ']', (size_t)(end - p))) == NULL)
			return false;
		p++;
		len = (size_t)(colon - p);
		colon = colon[1] == ':' ? colon + 1 : NULL;
	} else {
		colon = memchr(p, ':', (size_t)(end - p));
		len = (size_t)((colon != NULL ? colon : end) - p);
	}
	if (len == 0 || len >= host_size || memchr(p, '@', (size_t)(end - p)) != NULL)
		return false;
	memcpy(host, p, len);
	host[len] = '\0';
	if (colon == NULL)
		return (size_t)snprintf(port, port_size, "%s", tls ? "443" : "80") < port_size;
	len = (size_t)(end - colon - 1);
	if (len == 0 || len >= port_size || strspn(colon + 1, "0123456789") < len)
		return false;
	memcpy(port, colon + 1, len);
	port[len] = '\0';
	return true;
}

/* 0, or an errno value. */
static int
connect_to(const struct addrinfo *a, int limit_ms)
{
	struct pollfd	p = { .events = POLLOUT };
	socklen_t	len = sizeof(int);
	int		e = 0;

	if ((p.fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol)) == -1)
		return errno;
	if (connect(p.fd, a->ai_addr, a->ai_addrlen) == -1) {
		if ((e = errno) == EINPROGRESS) {
			if (poll(&p, 1, limit_ms) != 1)
				e = ETIMEDOUT;
			else if (getsockopt(p.fd, SOL_SOCKET, SO_ERROR, &e, &len) == -1)
				e = errno;
		}
	}
	(void)close(p.fd);
	return e;
}

int
probe_url(const char *url, int limit_ms, char *detail, size_t detail_size)
{
	struct addrinfo	hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	char		host[256], port[8];
	int		e;

	if (!probe_split_url(url, host, sizeof(host), port, sizeof(port))) {
		(void)snprintf(detail, detail_size, "that is no http or https URL");
		return -1;
	}
	if ((e = getaddrinfo(host, port, &hints, &list)) != 0) {
		(void)snprintf(detail, detail_size, "%.100s: %s", host, gai_strerror(e));
		return -1;
	}
	for (e = ETIMEDOUT, a = list; a != NULL && e != 0; a = a->ai_next)
		e = connect_to(a, limit_ms);
	freeaddrinfo(list);
	(void)snprintf(detail, detail_size, "%.100s port %s %s", host, port, e == 0 ? "is reached" : strerror(e));
	return e == 0 ? 0 : -1;
}
