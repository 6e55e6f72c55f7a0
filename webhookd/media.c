/* SPDX-License-Identifier: ISC */
#include "webhookd/media.h"

#include <sys/queue.h>

#include <event2/keyvalq_struct.h>
#include <event2/http.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"
#include "webhookd/ask.h"
#include "webhookd/filereply.h"
#include "webhookd/gate.h"
#include "webhookd/mediadir.h"
#include "webhookd/mediaurl.h"
#include "webhookd/webhookd.h"

#define LOOK_US		50000
#define STATIC_AGE_S	3600

struct piece {			/* a text that was asked for lately */
	TAILQ_ENTRY(piece)	 link;
	struct media		*media;
	char			 name[MEDIAURL_NAME_SIZE];
	struct msg_ask		*m;
	struct ask		*ask;	/* being spoken; NULL not now */
	bool			 failed;	/* the last time */
};
struct waiting {		/* a GET that came before the file */
	TAILQ_ENTRY(waiting)	 link;
	struct http_req		*req;
	char			 name[MEDIAURL_NAME_SIZE];
	int64_t			 until_ms, expiry_s;
};

struct media {
	struct webhookd		*w;
	struct loop_watch	*timer;
	struct mediadir		 dir;
	TAILQ_HEAD(piece_list, piece) pieces;	/* latest first */
	size_t			 npieces;
	TAILQ_HEAD(waiting_list, waiting) waiting;
	struct media_stats	 stats;
};

static void look(struct media *m);

/* ---- answers ---- */

static void
send_file(struct media *m, struct http_req *req, const char *path, const char *cache)
{
	if (filereply_send(req, path, strcmp(path + strlen(path) - 4, ".mp3") == 0 ? "audio/mpeg" : "audio/wav", cache) == 0)
		m->stats.served++;
	else
		reply_problem(req, 404, "Not Found", NULL);
}

static void
send_piece(struct media *m, struct http_req *req, const char *name, int64_t expiry_s)
{
	char	 path[sizeof(m->dir.path) + MEDIAURL_NAME_SIZE + 1], cache[64];
	int64_t	 left = expiry_s - clock_wall_ms() / 1000;

	(void)snprintf(path, sizeof(path), "%s/%s", m->dir.path, name);
	(void)snprintf(cache, sizeof(cache), "private, max-age=%lld", (long long)(left > 0 ? left : 0));
	send_file(m, req, path, cache);
}

static void
send_later(struct http_req *req, const char *why)
{
	http_add_header(req, "Retry-After", "1");
	reply_problem(req, 503, "Not ready", why);
}

/* ---- speaking ---- */

static struct piece *
find_piece(struct media *m, const char *name)
{
	struct piece	*p;

	TAILQ_FOREACH(p, &m->pieces, link)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void
piece_free(struct piece *p)
{
	TAILQ_REMOVE(&p->media->pieces, p, link);
	p->media->npieces--;
	ask_cancel(p->ask);
	free(p->m);
	free(p);
}

/* The one that was asked for longest ago, if possible one that is not being spoken. */
static struct piece *
oldest_piece(struct media *m)
{
	struct piece	*p;

	TAILQ_FOREACH_REVERSE(p, &m->pieces, piece_list, link)
		if (p->ask == NULL)
			return p;
	return TAILQ_LAST(&m->pieces, piece_list);
}

static void
make_room(struct media *m)
{
	if (m->npieces >= MEDIA_KNOWN_MAX)
		piece_free(oldest_piece(m));
}

static struct piece *
add_piece(struct media *m, const char *name, const char *text, const char *language, const char *assistant)
{
	struct piece	*p;

	make_room(m);
	if ((p = mem_calloc(1, sizeof(*p))) == NULL)
		return NULL;
	if ((p->m = mem_calloc(1, sizeof(*p->m))) == NULL) {
		free(p);
		return NULL;
	}
	p->media = m;
	(void)snprintf(p->name, sizeof(p->name), "%s", name);
	(void)snprintf(p->m->what, sizeof(p->m->what), "say");
	(void)snprintf(p->m->path, sizeof(p->m->path), "%s/%s", m->dir.path, name);
	(void)snprintf(p->m->text, sizeof(p->m->text), "%s", text);
	(void)snprintf(p->m->language, sizeof(p->m->language), "%s", language);
	(void)snprintf(p->m->assistant, sizeof(p->m->assistant), "%s", assistant);
	TAILQ_INSERT_HEAD(&m->pieces, p, link);
	m->npieces++;
	return p;
}

static void
on_spoken(void *arg, const struct msg_answer *answer)
{
	struct piece	*p = arg;
	struct media	*m = p->media;
	int64_t		 bytes = 0;

	p->ask = NULL;
	p->failed = !answer->ok;
	if (!answer->ok) {
		m->stats.failed++;
		log_error(NULL, "media.failed", "name=%s cause=%s", p->name, LOG_Q(answer->error));
	} else if ((bytes = mediadir_use(&m->dir, p->name)) == -1) {
		p->failed = true;
		log_error(NULL, "media.failed", "name=%s cause=%s", p->name, LOG_Q("brokerd wrote it where webhookd does not see it"));
	} else {
		m->stats.made++;
		log_info(NULL, "media.made", "name=%s ms=%lld bytes=%lld", p->name, (long long)answer->duration_ms, (long long)bytes);
	}
	look(m);	/* before the folder is cleared up */
	if (!p->failed)
		mediadir_added(&m->dir, (uint64_t)bytes, (uint64_t)conf_of(m->w)->media_max_mb << 20);
}

static int
speak(struct piece *p)
{
	if (p->ask != NULL)
		return 0;
	p->failed = false;
	return (p->ask = ask_start(p->media->w, NULL, p->m, on_spoken, p)) == NULL ? -1 : 0;
}

/* ---- URLs ---- */

static int
make_url(struct webhookd *w, const char *name, char *out, size_t size)
{
	int64_t	 expiry_s = clock_wall_ms() / 1000 + conf_of(w)->media_ttl_s;
	char	 mac[MEDIAURL_MAC_SIZE];
	int	 n;

	if (mediaurl_sign(conf_of(w)->token_secret, name, expiry_s, mac) == -1)
		return -1;
	n = snprintf(out, size, "%s" MEDIAURL_PATH "%s?e=%lld&m=%s", w->public_url, name, (long long)expiry_s, mac);
	if (n > 0 && (size_t)n < size)
		return 0;
	errno = EMSGSIZE;
	return -1;
}

int
media_talk_url(struct webhookd *w, const char *text, const char *language, const char *assistant, char *out, size_t size)
{
	struct media	*m = w->media;
	struct piece	*p;
	char		 name[MEDIAURL_NAME_SIZE];

	if (text[0] == '\0' || strlen(text) >= sizeof(p->m->text) || strlen(language) >= sizeof(p->m->language) ||
	    strlen(assistant) >= sizeof(p->m->assistant)) {
		errno = text[0] == '\0' ? EINVAL : EMSGSIZE;
		return -1;
	}
	if (mediadir_open(&m->dir, conf_of(w)->media_dir) == -1 || mediaurl_name(text, language, assistant, name) == -1 ||
	    make_url(w, name, out, size) == -1)
		return -1;
	log_debug(NULL, "media.talk", "name=%s language=%s text=%s", name, LOG_Q(language), LOG_Q(text));
	if (mediadir_use(&m->dir, name) != -1) {
		m->stats.found++;
		return 0;
	}
	if ((p = find_piece(m, name)) == NULL && (p = add_piece(m, name, text, language, assistant)) == NULL)
		return -1;
	TAILQ_REMOVE(&m->pieces, p, link);
	TAILQ_INSERT_HEAD(&m->pieces, p, link);
	return speak(p);
}

int
media_drop_unused(struct webhookd *w, int64_t since_ms, int max)
{
	if (mediadir_open(&w->media->dir, conf_of(w)->media_dir) == -1)
		return -1;
	return mediadir_drop_unused(&w->media->dir, since_ms / 1000, max);
}

int
media_static_url(struct webhookd *w, const char *name, char *out, size_t size)
{
	char	 path[1024];
	int	 n;

	if (!mediaurl_static_ok(name)) {
		errno = EINVAL;
		return -1;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", conf_of(w)->audio_dir, name);
	if (access(path, R_OK) == -1)
		return -1;
	n = snprintf(out, size, "%s" MEDIAURL_STATIC "%s", w->public_url, name);
	if (n > 0 && (size_t)n < size)
		return 0;
	errno = EMSGSIZE;
	return -1;
}

/* ---- requests ---- */

static void
answer_waiting(struct media *m, struct waiting *g, const char *why)
{
	struct http_req	*req = g->req;

	TAILQ_REMOVE(&m->waiting, g, link);
	m->stats.waiting--;
	if (why == NULL)
		send_piece(m, req, g->name, g->expiry_s);
	else {
		log_warn(NULL, "media.late", "name=%s cause=%s", g->name, LOG_Q(why));
		m->stats.late++;
		send_later(req, why);
	}
	free(g);
}

/* What came, failed or is late is answered. */
static void
look(struct media *m)
{
	struct waiting	*g, *next;
	struct piece	*p;

	for (g = TAILQ_FIRST(&m->waiting); g != NULL; g = next) {
		next = TAILQ_NEXT(g, link);
		if (mediadir_use(&m->dir, g->name) != -1)
			answer_waiting(m, g, NULL);
		else if ((p = find_piece(m, g->name)) != NULL && p->failed)
			answer_waiting(m, g, "it could not be spoken");
		else if (clock_mono_ms() >= g->until_ms)
			answer_waiting(m, g, "it is not spoken yet");
	}
}

static void
on_timer(void *arg)
{
	struct media	*m = arg;

	look(m);
	if (m->stats.waiting > 0)
		loop_timer_set(m->w->d->loop, m->timer, LOOK_US);
}

static void
wait_for(struct media *m, struct http_req *req, const char *name, int64_t expiry_s)
{
	struct piece	*p = find_piece(m, name);
	struct waiting	*g;

	if (p != NULL && speak(p) == -1) {
		log_error(NULL, "media.failed", "name=%s cause=%s", name, LOG_Q(strerror(errno)));
		send_later(req, "it cannot be spoken now");
		return;
	}
	if (m->stats.waiting >= MEDIA_WAITING_MAX || (g = mem_calloc(1, sizeof(*g))) == NULL) {
		m->stats.late++;
		send_later(req, "too many wait");
		return;
	}
	g->req = req;
	(void)snprintf(g->name, sizeof(g->name), "%s", name);
	g->until_ms = clock_mono_ms() + MEDIA_WAIT_MS;
	g->expiry_s = expiry_s;
	TAILQ_INSERT_TAIL(&m->waiting, g, link);
	if (m->stats.waiting++ == 0)
		loop_timer_set(m->w->d->loop, m->timer, LOOK_US);
}

static void
piece_handle(struct media *m, struct http_req *req, const char *name)
{
	struct evkeyvalq	*query = http_query(req);
	static struct log_rate	 rate;		/* anybody can ask */
	unsigned long		 missed = 0;
	int64_t			 expiry_s = 0;
	enum mediaurl_status	 status;

	status = !mediaurl_name_ok(name) ? MEDIAURL_FORGED :
	    mediaurl_check(conf_of(m->w)->token_secret, name, evhttp_find_header(query, "e"), evhttp_find_header(query, "m"),
	    clock_wall_ms(), &expiry_s);
	if (status != MEDIAURL_OK) {
		m->stats.forbidden++;
		if (log_rate_ok(&rate, GATE_LOG_MS, &missed))
			log_warn(NULL, "media.refused", "cause=%s peer=%s missed=%lu",
			    status == MEDIAURL_EXPIRED ? "expired" : "forged", http_peer(req), missed);
		reply_problem(req, 403, "Forbidden", status == MEDIAURL_EXPIRED ? "the address is too old" : NULL);
	} else if (mediadir_open(&m->dir, conf_of(m->w)->media_dir) == -1) {
		log_error(NULL, "media.failed", "name=%s cause=%s", name, LOG_Q(strerror(errno)));
		send_later(req, NULL);
	} else if (mediadir_use(&m->dir, name) != -1)
		send_piece(m, req, name, expiry_s);
	else
		wait_for(m, req, name, expiry_s);
}

void
media_handle(struct webhookd *w, struct http_req *req)
{
	const char	*path = http_path(req), *method = http_method(req);
	char		 file[1024], cache[40];

	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		http_add_header(req, "Allow", "GET, HEAD");
		reply_problem(req, 405, "Method Not Allowed", "GET or HEAD");
		return;
	}
	if (strncmp(path, MEDIAURL_STATIC, strlen(MEDIAURL_STATIC)) != 0) {
		piece_handle(w->media, req, path + strlen(MEDIAURL_PATH));
		return;
	}
	path += strlen(MEDIAURL_STATIC);
	if (!mediaurl_static_ok(path)) {
		reply_problem(req, 404, "Not Found", NULL);
		return;
	}
	(void)snprintf(file, sizeof(file), "%s/%s", conf_of(w)->audio_dir, path);
	(void)snprintf(cache, sizeof(cache), "public, max-age=%d", STATIC_AGE_S);
	send_file(w->media, req, file, cache);
}

/* ---- life ---- */

struct media *
media_new(struct webhookd *w)
{
	struct media	*m;

	if ((m = mem_calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->w = w;
	TAILQ_INIT(&m->pieces);
	TAILQ_INIT(&m->waiting);
	if ((m->timer = loop_timer_new(w->d->loop, on_timer, m)) == NULL) {
		free(m);
		return NULL;
	}
	return m;
}

void
media_free(struct media *m)
{
	if (m == NULL)
		return;
	while (!TAILQ_EMPTY(&m->waiting))
		answer_waiting(m, TAILQ_FIRST(&m->waiting), "stopping");
	while (!TAILQ_EMPTY(&m->pieces))
		piece_free(TAILQ_FIRST(&m->pieces));
	loop_watch_free(m->w->d->loop, m->timer);
	free(m);
}

const struct media_stats *
media_get_stats(struct media *m)
{
	m->stats.evicted = m->dir.evicted;
	m->stats.bytes = m->dir.bytes;
	return &m->stats;
}
