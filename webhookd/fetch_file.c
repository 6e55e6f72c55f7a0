/* SPDX-License-Identifier: ISC */
#include "webhookd/fetch_file.h"

#include <sys/eventfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/digest.h"
#include "common/loop.h"
#include "common/mem.h"
#include "common/num.h"
#include "webhookd/fetch.h"

/* ---- part and tag ---- */

/* "LENGTH ETAG\n" */
static int
read_tag(const char *path, struct fetch_tag *ret)
{
	char		 text[192];
	ssize_t		 n;
	char		*space;
	int64_t		 length;
	int		 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)) == -1)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n < 2 || text[n - 1] != '\n')
		return -1;
	text[n - 1] = '\0';
	if ((space = strchr(text, ' ')) == NULL || num_parse_n(text, (size_t)(space - text), -1, INT64_MAX, &length) == -1)
		return -1;
	ret->length = length;
	(void)snprintf(ret->etag, sizeof(ret->etag), "%s", space + 1);
	return length == -1 && ret->etag[0] == '\0' ? -1 : 0;
}

static int
write_tag(const char *path, const struct fetch_tag *tag)
{
	char	text[192];
	int	fd, n, rc;

	n = snprintf(text, sizeof(text), "%lld %s\n", (long long)tag->length, tag->etag);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640)) == -1)
		return -1;
	rc = write(fd, text, (size_t)n) == n ? 0 : -1;
	return close(fd) == 0 ? rc : -1;
}

static int
make_dir(const char *dir)
{
	return mkdir(dir, 0750) == 0 || errno == EEXIST ? 0 : -1;
}

int
fetch_file_open(struct fetch_file *f, const char *dir, const char *name)
{
	const struct fetch_tag	none = { "", -1 };
	struct stat		st;

	memset(f, 0, sizeof(*f));
	f->fd = -1;
	(void)snprintf(f->dir, sizeof(f->dir), "%s", dir);
	(void)snprintf(f->part, sizeof(f->part), "%s/%.80s.part", f->dir, name);
	(void)snprintf(f->tag_path, sizeof(f->tag_path), "%s/%.80s.tag", f->dir, name);
	if (make_dir(dir) == -1 || (f->fd = open(f->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640)) == -1)
		return -1;
	if (fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode) && read_tag(f->tag_path, &f->tag) == 0) {
		f->len = st.st_size;
		return 0;
	}
	return fetch_file_restart(f, &none);
}

int
fetch_file_restart(struct fetch_file *f, const struct fetch_tag *tag)
{
	f->len = 0;
	f->tag = *tag;
	if (ftruncate(f->fd, 0) == -1)
		return -1;
	if (tag->length != -1 || tag->etag[0] != '\0')
		return write_tag(f->tag_path, tag);
	return unlink(f->tag_path) == 0 || errno == ENOENT ? 0 : -1;
}

int
fetch_file_write(struct fetch_file *f, const void *data, size_t len)
{
	const char	*p = data;
	ssize_t		 n;

	while (len > 0) {
		if ((n = pwrite(f->fd, p, len, f->len)) == -1 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
			f->len += n;
		}
	}
	return 0;
}

void
fetch_file_close(struct fetch_file *f)
{
	if (f->fd != -1)
		(void)close(f->fd);
	f->fd = -1;
}

void
fetch_file_remove(struct fetch_file *f)
{
	fetch_file_close(f);
	(void)unlink(f->part);
	(void)unlink(f->tag_path);
	f->len = 0;
}

/* ---- the whole ---- */

struct fetch_finish {
	struct loop		*loop;
	struct loop_watch	*io;
	int			 event_fd;
	pthread_t		 thread;
	struct fetch_file	 file;
	char			 name[81], type[64];
	struct fetch_finished	 result;
	void			(*fn)(void *arg, const struct fetch_finished *r);
	void			*arg;
};

static int
hash(int fd, char head[16], size_t *ret_head, char out[DIGEST_HEX_SIZE])
{
	unsigned char	 buf[16384], digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX	*md = EVP_MD_CTX_new();
	unsigned	 len = 0;
	off_t		 at = 0;
	ssize_t		 n = -1;

	*ret_head = 0;
	if (md == NULL || EVP_DigestInit_ex(md, EVP_sha256(), NULL) != 1)
		goto out;
	while ((n = pread(fd, buf, sizeof(buf), at)) > 0) {
		if (at == 0) {
			*ret_head = n < 16 ? (size_t)n : 16;
			memcpy(head, buf, *ret_head);
		}
		at += n;
		if (EVP_DigestUpdate(md, buf, (size_t)n) != 1) {
			n = -1;
			break;
		}
	}
	if (n == 0 && EVP_DigestFinal_ex(md, digest, &len) == 1 && len == DIGEST_LEN)
		digest_hex(digest, out);
out:
	EVP_MD_CTX_free(md);
	if (len == DIGEST_LEN)
		return 0;
	errno = EIO;
	return -1;
}

static int
sync_dir(const char *dir)
{
	int	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc;

	if (fd == -1)
		return -1;
	rc = fsync(fd);
	(void)close(fd);
	return rc;
}

static int
finish(struct fetch_finish *x)
{
	struct fetch_finished	*r = &x->result;
	char			 head[16];
	size_t			 n;

	if (fsync(x->file.fd) == -1 || hash(x->file.fd, head, &n, r->sha256) == -1)
		return -1;
	if ((r->format = fetch_format(head, n, x->type)) == NULL)
		return 0;
	(void)snprintf(r->path, sizeof(r->path), "%s/%s.%s", x->file.dir, x->name, r->format);
	if (rename(x->file.part, r->path) == -1)
		return -1;
	(void)unlink(x->file.tag_path);
	return sync_dir(x->file.dir);
}

static void *
finish_main(void *arg)
{
	struct fetch_finish	*x = arg;

	if (finish(x) == -1)
		x->result.error = errno;
	(void)eventfd_write(x->event_fd, 1);
	return NULL;
}

static void
finish_free(struct fetch_finish *x)
{
	loop_watch_free(x->loop, x->io);
	if (x->event_fd != -1)
		(void)close(x->event_fd);
	fetch_file_close(&x->file);
	free(x);
}

static void
on_finished(void *arg)
{
	struct fetch_finish	*x = arg;
	struct fetch_finished	 r;
	void			(*fn)(void *, const struct fetch_finished *) = x->fn;
	void			*fn_arg = x->arg;

	(void)pthread_join(x->thread, NULL);
	r = x->result;
	finish_free(x);
	fn(fn_arg, &r);
}

static int
start_thread(struct fetch_finish *x)
{
	sigset_t	all, old;
	int		e;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	e = pthread_create(&x->thread, NULL, finish_main, x);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = e;
	return e == 0 ? 0 : -1;
}

struct fetch_finish *
fetch_finish_start(struct loop *loop, struct fetch_file *f, const char *name, const char *type,
    void (*fn)(void *arg, const struct fetch_finished *r), void *arg)
{
	struct fetch_finish	*x;
	int			 saved_errno;

	if ((x = mem_calloc(1, sizeof(*x))) == NULL) {
		fetch_file_close(f);
		errno = ENOMEM;
		return NULL;
	}
	x->loop = loop;
	x->fn = fn;
	x->arg = arg;
	x->file = *f;
	f->fd = -1;
	(void)snprintf(x->name, sizeof(x->name), "%s", name);
	(void)snprintf(x->type, sizeof(x->type), "%s", type);
	if ((x->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    (x->io = loop_io_new(loop, x->event_fd, on_finished, x)) == NULL || start_thread(x) == -1) {
		saved_errno = errno;
		finish_free(x);
		errno = saved_errno;
		return NULL;
	}
	return x;
}

void
fetch_finish_cancel(struct fetch_finish *x)
{
	if (x == NULL)
		return;
	(void)pthread_join(x->thread, NULL);
	finish_free(x);
}
