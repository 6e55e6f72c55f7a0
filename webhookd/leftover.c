/* SPDX-License-Identifier: ISC */
#include "webhookd/leftover.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/audio.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_forget.h"
#include "common/store_jobs.h"
#include "webhookd/webhookd.h"

#define DAY_MS		86400000LL
#define FRAME_BYTES	4	/* two channels of 16 bits: sockd's only form */

enum place { PLACE_VONAGE, PLACE_SOCKD, PLACE_DONE };

struct leftovers {
	struct webhookd	*w;
	DIR		*dir;		/* being read; NULL between places */
	enum place	 place;
	char		 path[512];
	unsigned long	 deleted;
	unsigned	 told;
	int64_t		 told_ms;	/* since when they are counted */
};

struct leftovers *
leftovers_new(struct webhookd *w)
{
	struct leftovers	*l = mem_calloc(1, sizeof(*l));

	if (l != NULL)
		l->w = w;
	return l;
}

void
leftovers_free(struct leftovers *l)
{
	if (l == NULL)
		return;
	if (l->dir != NULL)
		(void)closedir(l->dir);
	free(l);
}

/* A regular file that nobody touched for so long? */
static bool
is_old(const struct leftovers *l, const char *name, int64_t age_ms, struct stat *ret)
{
	return fstatat(dirfd(l->dir), name, ret, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(ret->st_mode) &&
	    clock_wall_ms() - (int64_t)ret->st_mtim.tv_sec * 1000 > age_ms;
}

static void
delete(struct leftovers *l, const char *name, const char *why)
{
	if (unlinkat(dirfd(l->dir), name, 0) == -1) {
		if (errno != ENOENT)	/* another webhookd did it */
			log_error(NULL, "retention.file", "path=%s cause=%s", LOG_Q(name), LOG_Q(strerror(errno)));
		return;
	}
	l->deleted++;
	log_info(NULL, "leftover.deleted", "name=%s cause=%s", LOG_Q(name), LOG_Q(why));
}

/* The part of name before that ending, in out; false: it has another one. */
static bool
stem_of(const char *name, const char *ending, char *out, size_t size)
{
	size_t	n = strlen(name), m = strlen(ending);

	if (n <= m || n - m >= size || strcmp(name + n - m, ending) != 0)
		return false;
	(void)snprintf(out, size, "%.*s", (int)(n - m), name);
	return true;
}

/* ---- parts of downloads ---- */

static void
look_at_part(struct leftovers *l, const char *name)
{
	struct stat	st;
	char		stem[96];

	if ((!stem_of(name, ".part", stem, sizeof(stem)) && !stem_of(name, ".tag", stem, sizeof(stem))) ||
	    !is_old(l, name, LEFTOVER_PART_MS, &st))
		return;
	if (store_fetch_unfinished(l->w->store, stem) == 0)
		delete(l, name, "no unfinished job");
}

/* ---- recordings of sockd ---- */

/* Its form out of the header; a file that is none has no length. */
static void
read_header(const struct leftovers *l, const char *name, struct store_recording *r)
{
	uint8_t	h[AUDIO_WAV_HEADER_LEN];
	int	fd = openat(dirfd(l->dir), name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t	n;

	if (fd == -1)
		return;
	n = read(fd, h, sizeof(h));
	(void)close(fd);
	if (n != (ssize_t)sizeof(h) || memcmp(h, "RIFF", 4) != 0 || memcmp(h + 8, "WAVE", 4) != 0)
		return;
	r->rate_hz = (int)((uint32_t)h[24] | (uint32_t)h[25] << 8 | (uint32_t)h[26] << 16);
	if (r->rate_hz > 0)
		r->duration_ms = (r->bytes - AUDIO_WAV_HEADER_LEN) / FRAME_BYTES * 1000 / r->rate_hz;
}

/* CALL.wav, or CALL-N.wav of a call that we know or knew. */
static bool
call_of(const struct leftovers *l, const char *stem, struct callid *ret, bool *ret_forgotten)
{
	struct store_call	row;
	char			text[CALLID_SIZE + 8];
	char			*dash;
	int			tries;

	*ret_forgotten = false;
	(void)snprintf(text, sizeof(text), "%s", stem);
	for (tries = 0; tries < 2; tries++) {
		if (callid_parse(text, ret) == 0) {
			if (store_get_call(l->w->store, ret, &row) == 1)
				return true;
			if ((*ret_forgotten = store_id_forgotten(l->w->store, ret->text) == 1))
				return true;
		}
		if ((dash = strrchr(text, '-')) == NULL || dash[1] == '\0' || strspn(dash + 1, "0123456789") != strlen(dash + 1))
			return false;
		*dash = '\0';
	}
	return false;
}

static void
tell(struct leftovers *l, const char *name)
{
	if (l->told_ms == 0 || clock_mono_ms() - l->told_ms >= DAY_MS) {
		l->told_ms = clock_mono_ms();
		l->told = 0;
	}
	if (l->told < LEFTOVER_TOLD)
		log_warn(NULL, "leftover.unknown", "name=%s cause=%s did=stays", LOG_Q(name), LOG_Q("no call has that name"));
	l->told++;
}

static void
look_at_recording(struct leftovers *l, const char *name)
{
	struct store_recording	r = { .duration_ms = -1 };
	struct stat		st;
	char			stem[CALLID_SIZE + 8];
	bool			forgotten;

	if (!stem_of(name, ".wav", stem, sizeof(stem)) || !is_old(l, name, LEFTOVER_WAV_MS, &st) ||
	    (size_t)snprintf(r.path, sizeof(r.path), "%s/%s", l->path, name) >= sizeof(r.path) ||
	    store_has_recording_file(l->w->store, r.path) != 0)
		return;
	if (!call_of(l, stem, &r.call, &forgotten)) {
		tell(l, name);
		return;
	}
	if (forgotten) {
		delete(l, name, "its call was forgotten");
		return;
	}
	r.bytes = (int64_t)st.st_size;
	read_header(l, name, &r);
	r.started_at = (int64_t)st.st_mtim.tv_sec * 1000 - (r.duration_ms > 0 ? r.duration_ms : 0);
	if (store_add_recording(l->w->store, &r, NULL, NULL) == -1)
		log_warn(&(struct log_ctx){ r.call.text }, "store.refused", "what=recording cause=%s did=waits_for_the_next_round", LOG_Q(strerror(errno)));
	else
		log_info(&(struct log_ctx){ r.call.text }, "leftover.recording", "name=%s did=has_a_row_now", LOG_Q(name));
}

/* ---- a look ---- */

/* The folder of that place; one that is not there has no files. */
static bool
open_place(struct leftovers *l)
{
	(void)snprintf(l->path, sizeof(l->path), "%.480s%s", conf_of(l->w)->record_dir, l->place == PLACE_VONAGE ? "/vonage" : "");
	if ((l->dir = opendir(l->path)) == NULL && errno != ENOENT)
		log_warn(NULL, "leftover", "path=%s cause=%s", LOG_Q(l->path), LOG_Q(strerror(errno)));
	return l->dir != NULL;
}

bool
leftovers_look(struct leftovers *l, unsigned long *ret_deleted)
{
	struct dirent	*e;
	int		 left = LEFTOVER_AT_ONCE;

	l->deleted = 0;
	while (left > 0 && l->place != PLACE_DONE) {
		if (l->dir == NULL && !open_place(l)) {
			l->place++;
			continue;
		}
		if ((e = readdir(l->dir)) == NULL) {
			(void)closedir(l->dir);
			l->dir = NULL;
			l->place++;
			continue;
		}
		left--;
		if (l->place == PLACE_VONAGE)
			look_at_part(l, e->d_name);
		else
			look_at_recording(l, e->d_name);
	}
	*ret_deleted += l->deleted;
	if (l->place != PLACE_DONE)
		return true;
	l->place = PLACE_VONAGE;
	return false;
}
