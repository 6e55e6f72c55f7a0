/* SPDX-License-Identifier: ISC */
#include "brokerd/exec_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "brokerd/exec_frame.h"
#include "common/buf.h"
#include "common/log.h"
#include "common/mem.h"

#define READ_CHUNK	65536
#define READS_A_TURN	4		/* then others of the loop run */
#define ERR_LINE_MAX	512
#define ERR_LINES_PER_S	20
#define DEAD_MAX	64
#define PIPE_BYTES	(1 << 20)

struct exec_child {
	struct event_base	*base;
	const struct exec_child_ops *ops;
	void			*arg;
	char			 name[48];
	pid_t			 pid;
	int			 in_fd, out_fd, err_fd;	/* its standard input, output, error */
	struct event		*in_ev, *out_ev, *err_ev;
	struct exec_frame	 frame;
	struct exec_frame_ops	 frame_ops;
	struct buf		 out;		/* to its standard input */
	struct buf		 err;		/* a line of its standard error */
	int64_t			 err_second;
	int			 err_lines;
};

/* Killed and not yet reaped. No timer: each start and end of a child looks. */
static pid_t	dead[DEAD_MAX];
static size_t	ndead;

static void
reap(void)
{
	size_t	 i, kept = 0;

	for (i = 0; i < ndead; i++)
		if (waitpid(dead[i], NULL, WNOHANG) == 0)
			dead[kept++] = dead[i];
	ndead = kept;
}

/* With the table full (64 killed in the same moment) one stays a zombie until we end. */
static void
reap_later(pid_t pid)
{
	if (ndead < DEAD_MAX)
		dead[ndead++] = pid;
	reap();
}

static void
close_fd(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

static void
free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

void
exec_child_free(struct exec_child *c)
{
	int	 saved_errno = errno;

	if (c == NULL)
		return;
	free_event(&c->in_ev);
	free_event(&c->out_ev);
	free_event(&c->err_ev);
	close_fd(&c->in_fd);
	close_fd(&c->out_fd);
	close_fd(&c->err_fd);
	if (c->pid > 0) {
		(void)kill(-c->pid, SIGKILL);
		(void)kill(c->pid, SIGKILL);
		reap_later(c->pid);
	}
	exec_frame_clear(&c->frame);
	buf_clear(&c->out);
	buf_clear(&c->err);
	free(c);
	errno = saved_errno;
}

pid_t
exec_child_pid(const struct exec_child *c)
{
	return c->pid;
}

/* ---- its standard output ---- */

static void
gone(struct exec_child *c, const char *cause)
{
	char	 text[160];
	int	 status;

	if (c->pid > 0 && waitpid(c->pid, &status, WNOHANG) == c->pid) {
		c->pid = 0;
		if (WIFSIGNALED(status))
			(void)snprintf(text, sizeof(text), "%s, signal %d", cause, WTERMSIG(status));
		else
			(void)snprintf(text, sizeof(text), "%s, exit status %d", cause, WEXITSTATUS(status));
		cause = text;
	}
	c->ops->gone(c->arg, cause);
}

static void
on_output(evutil_socket_t fd, short what, void *arg)
{
	struct exec_child	*c = arg;
	char			 data[READ_CHUNK];
	ssize_t			 n;
	int			 i, rc;

	(void)what;
	for (i = 0; i < READS_A_TURN; i++) {
		if ((n = read(fd, data, sizeof(data))) == -1) {
			if (errno == EAGAIN || errno == EINTR)
				return;
			gone(c, strerror(errno));
			return;
		}
		if (n == 0) {
			gone(c, "closed its output");
			return;
		}
		rc = exec_frame_feed(&c->frame, data, (size_t)n, &c->frame_ops, c->arg);
		if (rc == 1)
			return;
		if (rc == -1) {
			gone(c, c->frame.cause);
			return;
		}
	}
}

/* ---- its standard error ---- */

static void
log_line(struct exec_child *c, const char *line, size_t len)
{
	struct timeval	 now;

	(void)event_base_gettimeofday_cached(c->base, &now);
	if (now.tv_sec != c->err_second) {
		if (c->err_lines > ERR_LINES_PER_S)
			log_warn(NULL, "engine.stderr", "engine=%s lines_dropped=%d", c->name, c->err_lines - ERR_LINES_PER_S);
		c->err_second = now.tv_sec;
		c->err_lines = 0;
	}
	if (++c->err_lines <= ERR_LINES_PER_S && len > 0)
		log_info(NULL, "engine.stderr", "engine=%s text=%s", c->name, log_quote_n(line, len));
}

static void
split_errors(struct exec_child *c, const char *p, size_t len)
{
	const char	*nl;
	size_t		 n, room;

	while (len > 0) {
		nl = memchr(p, '\n', len);
		n = nl == NULL ? len : (size_t)(nl - p);
		room = ERR_LINE_MAX - c->err.len;
		(void)buf_append(&c->err, p, n < room ? n : room);
		if (nl != NULL) {
			log_line(c, c->err.data, c->err.len);
			buf_reset(&c->err);
			n++;
		}
		p += n;
		len -= n;
	}
}

static void
on_errors(evutil_socket_t fd, short what, void *arg)
{
	struct exec_child	*c = arg;
	char			 data[4096];
	ssize_t			 n;

	(void)what;
	if ((n = read(fd, data, sizeof(data))) > 0)
		split_errors(c, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		(void)event_del(c->err_ev);
}

/* ---- its standard input ---- */

/* Write what goes; the rest when it can take more. Its end is noticed at its output. */
static void
flush_input(struct exec_child *c)
{
	ssize_t	 n = 0;

	while (c->out.len > 0 && (n = write(c->in_fd, c->out.data, c->out.len)) > 0)
		buf_consume(&c->out, (size_t)n);
	if (n == -1 && errno != EAGAIN && errno != EINTR)
		buf_reset(&c->out);
	if (c->out.len > 0)
		(void)event_add(c->in_ev, NULL);
}

static void
on_input(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush_input(arg);
}

int
exec_child_send(struct exec_child *c, const char *line, size_t len, const void *pcm, size_t pcm_len)
{
	size_t	 was = c->out.len;

	if (len + pcm_len + 1 > EXEC_OUT_MAX - was) {
		errno = EAGAIN;
		return -1;
	}
	(void)buf_append(&c->out, line, len);
	(void)buf_putc(&c->out, '\n');
	if (pcm_len > 0)
		(void)buf_append(&c->out, pcm, pcm_len);
	if (buf_failed(&c->out)) {
		errno = ENOMEM;
		return -1;
	}
	if (was == 0)
		flush_input(c);
	return 0;
}

/* ---- start ---- */

/* In the child: only what is safe after fork() in a program with threads. */
static void
run_program(char *const argv[], int in_fd, int out_fd, int err_fd, pid_t parent)
{
	sigset_t	 none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (dup2(in_fd, 0) == -1 || dup2(out_fd, 1) == -1 || dup2(err_fd, 2) == -1)
		_exit(127);
	(void)close_range(3, ~0U, 0);
	(void)execvp(argv[0], argv);
	(void)dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static int
open_pipes(int p[3][2])
{
	int	 i;

	for (i = 0; i < 3; i++)
		p[i][0] = p[i][1] = -1;
	for (i = 0; i < 3; i++)
		if (pipe2(p[i], O_CLOEXEC) == -1)
			return -1;
	return 0;
}

static int
watch(struct exec_child *c)
{
	if (evutil_make_socket_nonblocking(c->in_fd) == -1 ||
	    evutil_make_socket_nonblocking(c->out_fd) == -1 ||
	    evutil_make_socket_nonblocking(c->err_fd) == -1)
		return -1;
	c->in_ev = event_new(c->base, c->in_fd, EV_WRITE, on_input, c);
	c->out_ev = event_new(c->base, c->out_fd, EV_READ | EV_PERSIST, on_output, c);
	c->err_ev = event_new(c->base, c->err_fd, EV_READ | EV_PERSIST, on_errors, c);
	if (c->in_ev == NULL || c->out_ev == NULL || c->err_ev == NULL ||
	    event_add(c->out_ev, NULL) == -1 || event_add(c->err_ev, NULL) == -1) {
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

static void
take_fd(int *from, int *to)
{
	*to = *from;
	*from = -1;
}

static int
spawn(struct exec_child *c, char *const argv[])
{
	int	 p[3][2], i, rc = -1;
	pid_t	 parent = getpid();

	reap();
	if (open_pipes(p) == -1)
		goto out;
	if ((c->pid = fork()) == -1) {
		c->pid = 0;
		goto out;
	}
	if (c->pid == 0)
		run_program(argv, p[0][0], p[1][1], p[2][1], parent);
	(void)setpgid(c->pid, c->pid);
	take_fd(&p[0][1], &c->in_fd);
	take_fd(&p[1][0], &c->out_fd);
	take_fd(&p[2][0], &c->err_fd);
	(void)fcntl(c->in_fd, F_SETPIPE_SZ, PIPE_BYTES);	/* a whole utterance; fewer is only slower */
	rc = watch(c);
out:
	for (i = 0; i < 3; i++) {
		close_fd(&p[i][0]);
		close_fd(&p[i][1]);
	}
	return rc;
}

struct exec_child *
exec_child_start(struct event_base *base, const char *name, char *const argv[],
    const struct exec_child_ops *ops, void *arg)
{
	struct exec_child	*c;

	if ((c = mem_calloc(1, sizeof(*c))) == NULL)
		return NULL;
	c->base = base;
	c->ops = ops;
	c->frame_ops = (struct exec_frame_ops){ ops->message, ops->pcm };
	c->arg = arg;
	c->in_fd = c->out_fd = c->err_fd = -1;
	(void)snprintf(c->name, sizeof(c->name), "%s", name);
	exec_frame_init(&c->frame);
	buf_init(&c->out, EXEC_OUT_MAX);
	buf_init(&c->err, ERR_LINE_MAX);
	if (spawn(c, argv) == -1) {
		exec_child_free(c);
		return NULL;
	}
	return c;
}

void
exec_child_free_argv(char **argv)
{
	size_t	 i;

	for (i = 0; argv != NULL && argv[i] != NULL; i++)
		free(argv[i]);
	free(argv);
}

char **
exec_child_copy_argv(char *const *words, size_t n)
{
	char	**argv;
	size_t	 i;

	if ((argv = mem_calloc(n + 1, sizeof(*argv))) == NULL)
		return NULL;
	for (i = 0; i < n; i++)
		if ((argv[i] = mem_strdup(words[i])) == NULL) {
			exec_child_free_argv(argv);
			return NULL;
		}
	return argv;
}
