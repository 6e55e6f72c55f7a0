/* SPDX-License-Identifier: ISC */
#include "sockd/recfile.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/audio.h"
#include "common/log.h"

#define PART		".part"
#define SUFFIX		".wav" PART
#define NAMES_MAX	99

static int
print_path(char *out, size_t size, const char *fmt, const char *a, const char *b, int n)
{
	int	len = n > 1 ? snprintf(out, size, "%s/%s-%d%s", a, b, n, fmt) :
	    snprintf(out, size, "%s/%s%s", a, b, fmt);

	if (len < 0 || (size_t)len >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}

static int
part_path(const struct recfile *f, char out[RECFILE_PATH_MAX + 8])
{
	int	len = snprintf(out, RECFILE_PATH_MAX + 8, "%s%s", f->path, PART);

	return len < 0 || len >= RECFILE_PATH_MAX + 8 ? -1 : 0;
}

static int
write_all(int fd, const void *data, size_t len, off_t at)
{
	const char	*p = data;
	ssize_t		 n;

	while (len > 0) {
		n = pwrite(fd, p, len, at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n == 0 ? ENOSPC : errno;
			return -1;
		}
		p += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_header(const struct recfile *f)
{
	uint8_t	head[AUDIO_WAV_HEADER_LEN];

	audio_wav_header(head, f->rate_hz, 2, f->data_len);
	return write_all(f->fd, head, sizeof(head), 0);
}

int
recfile_create(struct recfile *f, const char *dir, const char *stem, uint32_t rate_hz)
{
	char		part[RECFILE_PATH_MAX + 8];
	struct stat	st;
	int		n;

	*f = (struct recfile){ .fd = -1, .rate_hz = rate_hz };
	for (n = 1; n <= NAMES_MAX; n++) {
		if (print_path(f->path, sizeof(f->path), ".wav", dir, stem, n) == -1 ||
		    part_path(f, part) == -1)
			return -1;
		if (stat(f->path, &st) == 0)
			continue;
		if ((f->fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640)) != -1)
			break;
		if (errno != EEXIST)
			return -1;
	}
	if (f->fd == -1)
		return -1;
	(void)flock(f->fd, LOCK_EX | LOCK_NB);	/* new: nobody else can have it */
	return write_header(f);
}

int
recfile_write(struct recfile *f, uint64_t offset, const void *data, size_t len)
{
	off_t	at = (off_t)(AUDIO_WAV_HEADER_LEN + offset);

	if (write_all(f->fd, data, len, at) == -1)
		return -1;
	if (offset + len > f->data_len)
		f->data_len = offset + len;
	/* Starts the writing and does not wait for it, so that no late sync has much to do. */
	(void)sync_file_range(f->fd, at, (off_t)len, SYNC_FILE_RANGE_WRITE);
	return write_header(f);
}

static int
sync_dir(const char *path)
{
	char	copy[RECFILE_PATH_MAX];
	int	fd, rc;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	if ((fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	rc = fsync(fd);
	(void)close(fd);
	return rc;
}

int
recfile_save(struct recfile *f)
{
	char	part[RECFILE_PATH_MAX + 8];

	if (part_path(f, part) == -1 || write_header(f) == -1 || fsync(f->fd) == -1 ||
	    renameat2(AT_FDCWD, part, AT_FDCWD, f->path, RENAME_NOREPLACE) == -1 ||
	    sync_dir(f->path) == -1)
		return -1;
	recfile_drop(f);
	return 0;
}

void
recfile_drop(struct recfile *f)
{
	if (f->fd != -1)
		(void)close(f->fd);
	f->fd = -1;
}

static uint32_t
rate_in_header(int fd)
{
	uint8_t	head[AUDIO_WAV_HEADER_LEN];

	if (pread(fd, head, sizeof(head), 0) != (ssize_t)sizeof(head) || memcmp(head, "RIFF", 4) != 0)
		return 0;
	return (uint32_t)head[24] | (uint32_t)head[25] << 8 | (uint32_t)head[26] << 16;
}

struct recovery { const char *dir; void (*fn)(void *arg, const struct recfile *f, int64_t written_wall_ms); void *arg; };

static bool
recover_one(const struct recovery *rec, const char *name)
{
	struct recfile	f = { .fd = -1 };
	struct stat	st;
	char		path[RECFILE_PATH_MAX];
	bool		saved = false;

	if (print_path(path, sizeof(path), "", rec->dir, name, 1) == -1 ||
	    (f.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return false;
	(void)snprintf(f.path, sizeof(f.path), "%.*s", (int)(strlen(path) - strlen(PART)), path);
	if (flock(f.fd, LOCK_EX | LOCK_NB) == 0 && fstat(f.fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size >= AUDIO_WAV_HEADER_LEN && audio_rate_ok(f.rate_hz = rate_in_header(f.fd))) {
		f.data_len = ((uint64_t)st.st_size - AUDIO_WAV_HEADER_LEN) / 4 * 4;
		if ((saved = recfile_save(&f) == 0))
			rec->fn(rec->arg, &f, (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000);
		else
			log_warn(NULL, "record.orphan", "path=%s cause=%s did=left", LOG_Q(path),
			    LOG_Q(strerror(errno)));
	}
	recfile_drop(&f);
	return saved;
}

unsigned
recfile_recover(const char *dir, void (*fn)(void *arg, const struct recfile *f, int64_t written_wall_ms), void *arg)
{
	struct recovery	 rec = { dir, fn, arg };
	struct dirent	*e;
	unsigned	 n = 0;
	size_t		 len;
	DIR		*d;

	if ((d = opendir(dir)) == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		len = strlen(e->d_name);
		if (len > strlen(SUFFIX) && strcmp(e->d_name + len - strlen(SUFFIX), SUFFIX) == 0 &&
		    recover_one(&rec, e->d_name))
			n++;
	}
	(void)closedir(d);
	return n;
}
