/* SPDX-License-Identifier: ISC */
#include "common/secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/buf.h"
#include "common/mem.h"

static char *
fail(char *why, size_t size, const char *what, const char *name)
{
	(void)snprintf(why, size, "%s%s%s", what, *name != '\0' ? ": " : "", name);
	return NULL;
}

static char *
read_fd(int fd, const char *path, char *why, size_t size)
{
	char	 text[SECRET_MAX + 1];
	char	*copy;
	ssize_t	 n, len = 0;

	while ((n = read(fd, text + len, sizeof(text) - (size_t)len)) > 0)
		len += n;
	if (n == -1)
		return fail(why, size, strerror(errno), path);
	if ((size_t)len > SECRET_MAX)
		return fail(why, size, "longer than 8192 bytes", path);
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (memchr(text, '\0', (size_t)len) != NULL)
		copy = fail(why, size, "holds a NUL byte", path);
	else if ((copy = mem_strndup(text, (size_t)len)) == NULL)
		(void)fail(why, size, "out of memory", "");
	explicit_bzero(text, sizeof(text));
	return copy;
}

static char *
read_file(const char *path, bool check_mode, char *why, size_t size)
{
	struct stat	 st;
	char		*value;
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return fail(why, size, strerror(errno), path);
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		value = fail(why, size, "not a regular file", path);
	else if (check_mode && (st.st_mode & 077) != 0)
		value = fail(why, size, "group or others may read it (chmod 600)", path);
	else
		value = read_fd(fd, path, why, size);
	(void)close(fd);
	return value;
}

static char *
read_cred(const char *name, char *why, size_t size)
{
	const char	*dir = getenv("CREDENTIALS_DIRECTORY");
	char		 path[4096];

	if (dir == NULL || *name == '\0' || strchr(name, '/') != NULL)
		return fail(why, size, "no such credential", name);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return fail(why, size, "path too long", name);
	return read_file(path, false, why, size);
}

static char *
read_env(const char *name, char *why, size_t size)
{
	const char	*value = getenv(name);
	char		*copy;

	if (value == NULL)
		return fail(why, size, "not in the environment", name);
	if (strlen(value) > SECRET_MAX)
		return fail(why, size, "longer than 8192 bytes", name);
	if ((copy = mem_strdup(value)) == NULL)
		return fail(why, size, "out of memory", "");
	return copy;
}

char *
secret_resolve(const char *text, char *why, size_t size)
{
	static const struct { const char *prefix; int kind; } kinds[] = {
		{ "${file:", 'f' }, { "${env:", 'e' }, { "${cred:", 'c' },
	};
	char	name[4096];
	size_t	i, plen, len = strlen(text);

	if (len == 0)
		return mem_strdup("");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		plen = strlen(kinds[i].prefix);
		if (strncmp(text, kinds[i].prefix, plen) != 0 || text[len - 1] != '}')
			continue;
		if (len - plen - 1 >= sizeof(name))
			return fail(why, size, "path too long", "");
		memcpy(name, text + plen, len - plen - 1);
		name[len - plen - 1] = '\0';
		if (kinds[i].kind == 'f')
			return read_file(name, true, why, size);
		return kinds[i].kind == 'e' ? read_env(name, why, size) : read_cred(name, why, size);
	}
	return fail(why, size, "a secret must be written ${file:PATH}, ${env:NAME} or ${cred:NAME}", "");
}

char *
secret_expand_env(const char *text, char *why, size_t size)
{
	struct buf	 b;
	const char	*open, *close;
	char		 name[256];
	char		*value;

	buf_init(&b, 65536);
	while ((open = strstr(text, "${env:")) != NULL && (close = strchr(open, '}')) != NULL) {
		(void)buf_append(&b, text, (size_t)(open - text));
		if ((size_t)(close - open - 6) >= sizeof(name)) {
			buf_clear(&b);
			return fail(why, size, "the name of a variable is too long", "");
		}
		memcpy(name, open + 6, (size_t)(close - open - 6));
		name[close - open - 6] = '\0';
		if ((value = read_env(name, why, size)) == NULL) {
			buf_clear(&b);
			return NULL;
		}
		(void)buf_puts(&b, value);
		free(value);
		text = close + 1;
	}
	(void)buf_puts(&b, text);
	if ((value = buf_steal(&b, NULL)) == NULL)
		return fail(why, size, "out of memory", "");
	return value;
}

bool
secret_equal(const char *a, const char *b)
{
	size_t	len = strlen(a);

	return strlen(b) == len && CRYPTO_memcmp(a, b, len) == 0;
}
