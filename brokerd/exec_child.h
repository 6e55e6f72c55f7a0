/* SPDX-License-Identifier: ISC */
/*
 * exec_child: one running engine program: its process, pipes and messages.
 *
 * Non-blocking on a libevent base. Writing is buffered up to
 * EXEC_OUT_MAX; a child that does not read until then is an error of the send.
 * Standard error goes line by line into the log, at most 20 lines a second.
 * The child is in a process group of its own and gets SIGKILL when this
 * process dies. Descriptors of this process are not handed on.
 */
#ifndef BROKERD_EXEC_CHILD_H
#define BROKERD_EXEC_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/json.h"

#define EXEC_OUT_MAX	(16u << 20)

struct event_base;
struct exec_child;

struct exec_child_ops {
	/* As in exec_frame.h; false: the child was freed in the callback. */
	bool (*message)(void *arg, struct json_object *obj, size_t bytes);
	bool (*pcm)(void *arg, const int16_t *pcm, size_t n);
	/* It ended, closed its output or broke the protocol; cause for the log. Free it now. */
	void (*gone)(void *arg, const char *cause);
};

/* name is for the log (copied). NULL with errno: fork or pipe failed. A program that is not there ends at once. */
struct exec_child *exec_child_start(struct event_base *base, const char *name, char *const argv[],
    const struct exec_child_ops *ops, void *arg);
/* Kills the process group; the process is reaped in the background. NULL is a no-op. */
void	exec_child_free(struct exec_child *c);
pid_t	exec_child_pid(const struct exec_child *c);
/*
 * Send a line (without its newline) and PCM. 0; -1 with EAGAIN (buffer full, nothing
 * was sent) or ENOMEM (half may have been: the child must be freed).
 */
int	exec_child_send(struct exec_child *c, const char *line, size_t len, const void *pcm, size_t pcm_len);

/* A command of n words as argv, ended by NULL, on the heap. NULL: ENOMEM. */
char	**exec_child_copy_argv(char *const *words, size_t n);
void	exec_child_free_argv(char **argv);

#endif
