/* SPDX-License-Identifier: ISC */
#include "tools/locked.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"

#define LOCKS_MAX	(4u << 20)

pid_t
locked_find(const char *text, unsigned major, unsigned minor, uint64_t inode)
{
	const char	*line, *next;
	unsigned	 maj, min;
	uint64_t	 ino;
	pid_t		 other = 0;
	int		 pid;

	for (line = text; *line != '\0'; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		if (sscanf(line, "%*[0-9]: FLOCK %*s %*s %d %x:%x:%" SCNu64, &pid, &maj, &min, &ino) != 4 || ino != inode)
			continue;
		if (maj == major && min == minor)
			return (pid_t)pid;
		other = (pid_t)pid;
	}
	return other;
}

static int
read_all(const char *path, struct buf *out)
{
	char	piece[4096];
	ssize_t	n;
	int	fd, saved_errno;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		if (buf_append(out, piece, (size_t)n) == -1)
			n = -1;
	saved_errno = errno;
	(void)close(fd);
	errno = saved_errno;
	return n == -1 ? -1 : 0;
}

pid_t
locked_by(const char *path)
{
	struct stat	 st;
	struct buf	 text;
	pid_t		 pid = -1;

	if (stat(path, &st) == -1)
		return errno == ENOENT ? 0 : -1;
	buf_init(&text, LOCKS_MAX);
	if (read_all("/proc/locks", &text) == 0)
		pid = locked_find(text.data, major(st.st_dev), minor(st.st_dev), (uint64_t)st.st_ino);
	buf_clear(&text);
	return pid;
}
