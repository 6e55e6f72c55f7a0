/* SPDX-License-Identifier: ISC */
#include "common/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/num.h"

int
notify_send(const char *state)
{
	const char		*path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un	 sun = { .sun_family = AF_UNIX };
	size_t			 len;
	ssize_t			 n;
	int			 fd, saved_errno;

	if (path == NULL)
		return 0;
	len = strlen(path);
	if ((path[0] != '/' && path[0] != '@') || len < 2 || len >= sizeof(sun.sun_path)) {
		errno = EINVAL;
		return -1;
	}
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) == -1)
		return -1;
	n = sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&sun,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	saved_errno = errno;
	(void)close(fd);
	errno = saved_errno;
	return n == -1 ? -1 : 0;
}

int64_t
notify_watchdog_us(void)
{
	const char	*usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t		 us, owner;

	if (usec == NULL || num_parse(usec, 2, INT64_MAX, &us) == -1)
		return 0;
	if (pid != NULL && (num_parse(pid, 1, INT32_MAX, &owner) == -1 || owner != getpid()))
		return 0;
	return us / 2;
}

int
notify_fd(int fd)
{
	ssize_t	n = write(fd, "\n", 1);

	if (close(fd) == -1 || n != 1)
		return -1;
	return 0;
}
