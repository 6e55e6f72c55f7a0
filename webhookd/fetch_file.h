/* SPDX-License-Identifier: ISC */
/*
 * fetch_file: the files of one download: a part that grows, its tag, and the
 * whole. Writing goes to the page cache; what waits for the disk is done by a thread.
 */
#ifndef WEBHOOKD_FETCH_FILE_H
#define WEBHOOKD_FETCH_FILE_H

#include <stddef.h>
#include <stdint.h>

struct loop;

struct fetch_tag { char etag[128]; int64_t length; };	/* "" and -1: not known */

struct fetch_file {
	int	 fd;			/* of the part; -1 closed */
	int64_t	 len;			/* bytes in it */
	struct fetch_tag tag;
	char	 dir[512], part[600], tag_path[600];
};

/*
 * Open DIR/NAME.part, made if it is not there (and DIR too), with what is in it
 * and its tag; a part without a usable tag is emptied. 0 or -1 with errno.
 */
int	fetch_file_open(struct fetch_file *f, const char *dir, const char *name);
int	fetch_file_restart(struct fetch_file *f, const struct fetch_tag *tag);	/* empty, of that version */
int	fetch_file_write(struct fetch_file *f, const void *data, size_t len);
void	fetch_file_close(struct fetch_file *f);		/* keeps what is there */
void	fetch_file_remove(struct fetch_file *f);	/* and closes */

/* Sync, hash, name. Done by a thread; fn runs in the loop. */
struct fetch_finish;
struct fetch_finished {
	int		 error;		/* errno; 0 it is there */
	const char	*format;	/* fetch_format(); NULL: none, and the part is kept */
	char		 sha256[65];
	char		 path[700];
};
/* Takes f's descriptor over. type is the Content-Type. NULL with errno; f is closed then. */
struct fetch_finish *fetch_finish_start(struct loop *loop, struct fetch_file *f, const char *name, const char *type,
    void (*fn)(void *arg, const struct fetch_finished *r), void *arg);
/* Waits for the thread; fn does not run. NULL is a no-op. */
void	fetch_finish_cancel(struct fetch_finish *x);

#endif
