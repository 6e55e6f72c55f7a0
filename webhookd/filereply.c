/* SPDX-License-Identifier: ISC */
#include "webhookd/filereply.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "webhookd/http.h"
#include "webhookd/mediaurl.h"
#include "webhookd/webhookd.h"

static int
open_file(const char *path, int64_t *ret_size)
{
	struct stat	st;
	int		fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)) == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*ret_size = (int64_t)st.st_size;
		return fd;
	}
	(void)close(fd);
	errno = ENOENT;
	return -1;
}

int
filereply_send(struct http_req *req, const char *path, const char *type, const char *cache)
{
	int64_t	size, from = 0, len;
	char	text[80];
	int	fd, part;

	if ((fd = open_file(path, &size)) == -1)
		return -1;
	len = size;
	if (cache != NULL)
		http_add_header(req, "Cache-Control", cache);
	http_add_header(req, "Accept-Ranges", "bytes");
	part = mediaurl_range(http_header(req, "Range"), size, &from, &len);
	if (part == 1)
		(void)snprintf(text, sizeof(text), "bytes %lld-%lld/%lld", (long long)from, (long long)(from + len - 1), (long long)size);
	else if (part == -1)
		(void)snprintf(text, sizeof(text), "bytes */%lld", (long long)size);
	if (part != 0)
		http_add_header(req, "Content-Range", text);
	if (part == -1) {
		(void)close(fd);
		reply_problem(req, 416, "Range Not Satisfiable", NULL);
	} else if (strcmp(http_method(req), "HEAD") == 0) {
		(void)close(fd);
		(void)snprintf(text, sizeof(text), "%lld", (long long)len);
		http_add_header(req, "Content-Length", text);
		http_reply(req, part == 1 ? 206 : 200, type, NULL, 0);
	} else
		http_reply_file(req, part == 1 ? 206 : 200, type, fd, from, len);
	return 0;
}
