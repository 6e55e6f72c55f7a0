/* SPDX-License-Identifier: ISC */
/*
 * media: what Vonage's `stream` fetches from us.
 *
 *   /media/NAME.wav?e=..&m=..   a text that brokerd's tts spoke; for a while only (mediaurl.h)
 *   /media/static/NAME          hold music and the like, from audio_dir; open to all
 *
 * A spoken piece is a file in media_dir, named after its text, language and assistant:
 * it is made once and found again by later calls and after a restart. (Who changes an assistant's voice
 * empties the folder.) The folder is kept below media_max_mb: the pieces that were not asked for
 * for longest go first; each webhookd counts what it made itself, so several of them may exceed it.
 * The URL is handed out at once, while brokerd still speaks; a GET that comes too early waits
 * up to MEDIA_WAIT_MS, then gets 503, so that Vonage asks once more. A piece that failed is asked for
 * again by the next GET as long as its text is remembered (the last MEDIA_KNOWN_MAX texts).
 */
#ifndef WEBHOOKD_MEDIA_H
#define WEBHOOKD_MEDIA_H

#include <stddef.h>
#include <stdint.h>

#define MEDIA_WAIT_MS	4000	/* Vonage waits 5 s for a webhook's answer (spec/vonage.md 1.2) */
#define MEDIA_KNOWN_MAX	1024
#define MEDIA_WAITING_MAX 256	/* GETs that wait; more get 503 at once */
#define MEDIA_URL_SIZE	512

struct http_req;
struct media;
struct webhookd;

struct media *media_new(struct webhookd *w);	/* NULL: ENOMEM */
void	media_free(struct media *m);		/* answers those that wait */
/*
 * A URL under which the text, spoken, can be fetched for media_ttl_s. Has it spoken, if no file
 * is there yet. language "fa-IR" or "fa", assistant "" for the first one. 0; -1 with errno:
 * EMSGSIZE (text or out), EINVAL (an empty text), EAGAIN (too many asks under way), ENOMEM, or media_dir's.
 */
int	media_talk_url(struct webhookd *w, const char *text, const char *language, const char *assistant, char *out, size_t size);
/*
 * Retention: remove pieces that nobody was given since then (wall ms), max at once; they are what the
 * bot said to somebody. Returns how many went; -1 with errno.
 */
int	media_drop_unused(struct webhookd *w, int64_t since_ms, int max);
/* The URL of a file of audio_dir. 0; -1 with EINVAL (no such name is served), ENOENT, EMSGSIZE. */
int	media_static_url(struct webhookd *w, const char *name, char *out, size_t size);
/* GET and HEAD of paths that begin with /media/. */
void	media_handle(struct webhookd *w, struct http_req *req);

struct media_stats { uint64_t served, made, found, failed, late, forbidden, evicted, bytes; size_t waiting; };
const struct media_stats *media_get_stats(struct media *m);

#endif
