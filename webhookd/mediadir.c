/* SPDX-License-Identifier: ISC */
#include "webhookd/mediadir.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mem.h"
#include "webhookd/mediaurl.h"

struct found {
	char		 name[MEDIAURL_NAME_SIZE];
	int64_t		 used_s;
	uint64_t	 bytes;
};
struct listing {
	struct found	*list;
	size_t		 n, size;
	uint64_t	 bytes;
};

static int
keep(struct listing *l, const char *name, const struct stat *st)
{
	struct found	*more;
	size_t		 size = l->size * 2 + 64;

	if (l->n == l->size) {
		if ((more = mem_realloc(l->list, size * sizeof(*more))) == NULL)
			return -1;
		l->list = more;
		l->size = size;
	}
	memcpy(l->list[l->n].name, name, sizeof(l->list[l->n].name));	/* mediaurl_name_ok(): just so long */
	l->list[l->n].used_s = (int64_t)st->st_mtime;
	l->list[l->n++].bytes = (uint64_t)st->st_size;
	l->bytes += (uint64_t)st->st_size;
	return 0;
}

/* brokerd writes NAME.tmp... and renames it. */
static bool
is_old_half(const char *name, const struct stat *st)
{
	char	 whole[MEDIAURL_NAME_SIZE];

	(void)snprintf(whole, sizeof(whole), "%.*s", (int)sizeof(whole) - 1, name);
	return mediaurl_name_ok(whole) && strncmp(name + strlen(whole), ".tmp", 4) == 0 &&
	    time(NULL) - st->st_mtime > MEDIADIR_HALF_S;
}

/* Files of other names are not ours to count or to remove. */
static int
list_files(const char *path, struct listing *l)
{
	DIR		*dir = opendir(path);
	struct dirent	*e;
	struct stat	 st;
	int		 rc = 0;

	if (dir == NULL)
		return -1;
	while (rc == 0 && (e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' || fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue;
		if (mediaurl_name_ok(e->d_name))
			rc = keep(l, e->d_name, &st);
		else if (is_old_half(e->d_name, &st))
			(void)unlinkat(dirfd(dir), e->d_name, 0);
	}
	(void)closedir(dir);
	return rc;
}

int
mediadir_open(struct mediadir *d, const char *path)
{
	struct listing	 l = { .list = NULL };

	if (strcmp(d->path, path) == 0)
		return 0;
	if (strlen(path) >= sizeof(d->path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (mkdir(path, 0770) == -1 && errno != EEXIST)
		return -1;
	if (list_files(path, &l) == -1) {
		free(l.list);
		return -1;
	}
	(void)snprintf(d->path, sizeof(d->path), "%s", path);
	d->bytes = l.bytes;
	log_info(NULL, "media.dir", "path=%s files=%zu bytes=%llu", LOG_Q(path), l.n, (unsigned long long)l.bytes);
	free(l.list);
	return 0;
}

static int
by_use(const void *a, const void *b)
{
	const struct found	*x = a, *y = b;

	return x->used_s < y->used_s ? -1 : x->used_s > y->used_s;
}

static void
evict(struct mediadir *d, uint64_t max)
{
	struct listing	 l = { .list = NULL };
	char		 path[sizeof(d->path) + MEDIAURL_NAME_SIZE + 1];
	size_t		 i, gone = 0;

	if (list_files(d->path, &l) == -1)
		log_error(NULL, "media.evict", "error=%s", LOG_Q(strerror(errno)));
	if (l.n > 1)
		qsort(l.list, l.n, sizeof(*l.list), by_use);
	for (i = 0; i < l.n && l.bytes > max - max / 10; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", d->path, l.list[i].name);
		if (unlink(path) == -1 && errno != ENOENT)
			continue;
		l.bytes -= l.list[i].bytes;
		gone++;
	}
	d->bytes = l.bytes;
	d->evicted += gone;
	log_info(NULL, "media.evict", "files=%zu left=%zu bytes=%llu", gone, l.n - gone, (unsigned long long)l.bytes);
	free(l.list);
}

void
mediadir_added(struct mediadir *d, uint64_t bytes, uint64_t max)
{
	d->bytes += bytes;
	if (d->bytes > max)
		evict(d, max);
}

int
mediadir_drop_unused(struct mediadir *d, int64_t since_s, int max)
{
	struct listing	 l = { .list = NULL };
	char		 path[sizeof(d->path) + MEDIAURL_NAME_SIZE + 1];
	size_t		 i;
	int		 gone = 0;

	if (list_files(d->path, &l) == -1) {
		free(l.list);
		return -1;
	}
	for (i = 0; i < l.n && gone < max; i++) {
		if (l.list[i].used_s >= since_s)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", d->path, l.list[i].name);
		if (unlink(path) == -1)
			continue;	/* another webhookd did it */
		l.bytes -= l.list[i].bytes;
		gone++;
	}
	d->bytes = l.bytes;
	free(l.list);
	return gone;
}

int64_t
mediadir_use(const struct mediadir *d, const char *name)
{
	char		 path[sizeof(d->path) + MEDIAURL_NAME_SIZE + 1];
	struct stat	 st;

	(void)snprintf(path, sizeof(path), "%s/%s", d->path, name);
	if (lstat(path, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ENOENT;
		return -1;
	}
	(void)utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
	return (int64_t)st.st_size;
}
