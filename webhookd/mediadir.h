/* SPDX-License-Identifier: ISC */
/* mediadir: the folder of spoken pieces, kept below a number of bytes (media.h). */
#ifndef WEBHOOKD_MEDIADIR_H
#define WEBHOOKD_MEDIADIR_H

#include <stdint.h>

#define MEDIADIR_HALF_S	3600	/* a half-written file of a process that died is removed after so long */

struct mediadir {
	char	 path[512];	/* "" not yet opened */
	uint64_t bytes;		/* in it, as far as this process knows */
	uint64_t evicted;	/* files, ever */
};

/* Make it if it is missing (one level), count what is there. 0, or -1 with errno. A no-op for the same path. */
int	mediadir_open(struct mediadir *d, const char *path);
/* A file of so many bytes came: over max the least recently used go until a tenth is free. */
void	mediadir_added(struct mediadir *d, uint64_t bytes, uint64_t max);
/* Remove at most max pieces that were not used since (wall s). Returns how many went; -1 with errno. */
int	mediadir_drop_unused(struct mediadir *d, int64_t since_s, int max);
/* Its bytes; marks it as used now. -1 with errno (ENOENT). */
int64_t	mediadir_use(const struct mediadir *d, const char *name);

#endif
