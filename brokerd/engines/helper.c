/* SPDX-License-Identifier: ISC */
#include "brokerd/engines/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/mem.h"

#define READ_CHUNK	16384
#define ERROR_TEXT_MAX	256

struct entry {				/* a request that waits, arrives or runs */
	struct entry		*next;
	struct helper_request	 rq;
	uint8_t			*pcm;	/* what rq.pcm points to */
	size_t			 pcm_len;
	size_t			 have;	/* bytes of pcm_len that are here */
};

struct helper {
	int		 in_fd;
	int		 out_fd;
	struct buf	 in;		/* read, not yet understood */
	struct buf	 out;		/* the line that is being sent */
	struct entry	*arriving;	/* its PCM is not complete */
	struct entry	*first;		/* waiting */
	struct entry	*last;
	size_t		 nwaiting;
	size_t		 waiting_len;
	struct entry	*running;
	bool		 cancelled;	/* the running one */
	bool		 ended;		/* the running one has its last answer */
	bool		 eof;
	bool		 lost;		/* framing of the input */
	bool		 deaf;		/* our answers cannot be written */
};

int
helper_take_stdout(void)
{
	int	fd;

	(void)signal(SIGPIPE, SIG_IGN);
	if ((fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)) == -1)
		return -1;
	if (dup2(STDERR_FILENO, STDOUT_FILENO) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

struct helper *
helper_new(int in_fd, int out_fd)
{
	struct helper	*h;

	if ((h = mem_calloc(1, sizeof(*h))) == NULL)
		return NULL;
	h->in_fd = in_fd;
	h->out_fd = out_fd;
	buf_init(&h->in, HELPER_LINE_MAX + READ_CHUNK);
	buf_init(&h->out, HELPER_LINE_MAX);
	return h;
}

static void
entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	json_object_put(e->rq.body);
	free(e->pcm);
	free(e);
}

void
helper_free(struct helper *h)
{
	struct entry	*e;

	if (h == NULL)
		return;
	while ((e = h->first) != NULL) {
		h->first = e->next;
		entry_free(e);
	}
	entry_free(h->arriving);
	entry_free(h->running);
	buf_clear(&h->in);
	buf_clear(&h->out);
	free(h);
}

static void
write_all(struct helper *h, const void *data, size_t len)
{
	const uint8_t	*p = data;
	struct pollfd	 pfd = { .fd = h->out_fd, .events = POLLOUT };
	ssize_t		 n;

	while (len > 0 && !h->deaf) {
		if ((n = write(h->out_fd, p, len)) >= 0) {
			p += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			(void)poll(&pfd, 1, -1);
		} else if (errno != EINTR) {
			log_error(NULL, "engine.write", "error=%s", LOG_Q(strerror(errno)));
			h->deaf = true;
		}
	}
}

/* Send obj (taken over) as a line, then len bytes of data. */
static int
send_obj(struct helper *h, struct json_object *obj, const void *data, size_t len)
{
	const char	*text = NULL;
	size_t		 text_len;

	buf_reset(&h->out);
	if (obj != NULL && (text = json_text(obj, &text_len)) != NULL &&
	    buf_append(&h->out, text, text_len) == 0 && buf_putc(&h->out, '\n') == 0) {
		write_all(h, h->out.data, h->out.len);
		write_all(h, data, len);
	} else {
		/* The reader would wait for ever for what we cannot say. */
		log_error(NULL, "engine.write", "error=%s",
		    text == NULL ? "\"out of memory\"" : "\"answer longer than a line may be\"");
		h->deaf = true;
	}
	json_object_put(obj);
	return h->deaf ? -1 : 0;
}

static int
send_done(struct helper *h, int64_t id, bool cancelled)
{
	struct json_object	*obj = json_object_new_object();

	if (obj != NULL && (json_add_int(obj, "id", id) == -1 || json_add_bool(obj, "done", true) == -1 ||
	    (cancelled && json_add_bool(obj, "cancelled", true) == -1))) {
		json_object_put(obj);
		obj = NULL;
	}
	return send_obj(h, obj, NULL, 0);
}

/* id -1: the request had none. */
static int
send_error(struct helper *h, int64_t id, const char *text, bool retry)
{
	struct json_object	*obj = json_object_new_object();

	if (obj != NULL && ((id >= 0 && json_add_int(obj, "id", id) == -1) ||
	    json_add_str(obj, "error", text) == -1 || json_add_bool(obj, "retry", retry) == -1)) {
		json_object_put(obj);
		obj = NULL;
	}
	return send_obj(h, obj, NULL, 0);
}

static void
lose_framing(struct helper *h, const char *why)
{
	log_error(NULL, "engine.framing", "cause=%s", LOG_Q(why));
	h->lost = true;
	(void)send_error(h, -1, why, false);
}

static void
enqueue(struct helper *h, struct entry *e)
{
	e->rq.pcm = e->pcm_len > 0 ? (const int16_t *)(const void *)e->pcm : NULL;
	e->rq.npcm = e->pcm_len / sizeof(int16_t);
	if (h->last != NULL && h->first != NULL)
		h->last->next = e;
	else
		h->first = e;
	h->last = e;
	h->nwaiting++;
	h->waiting_len += e->pcm_len;
}

static struct entry *
dequeue(struct helper *h)
{
	struct entry	*e = h->first;

	if (e == NULL)
		return NULL;
	h->first = e->next;
	e->next = NULL;
	h->nwaiting--;
	h->waiting_len -= e->pcm_len;
	return e;
}

/* An id that neither runs nor waits has had its last answer: nothing to do. */
static void
cancel(struct helper *h, int64_t id)
{
	struct entry	**link, *e, *prev = NULL;

	if (h->running != NULL && h->running->rq.id == id) {
		h->cancelled = true;
		return;
	}
	for (link = &h->first; (e = *link) != NULL; prev = e, link = &e->next) {
		if (e->rq.id != id)
			continue;
		*link = e->next;
		if (h->last == e)
			h->last = prev;
		h->nwaiting--;
		h->waiting_len -= e->pcm_len;
		entry_free(e);
		(void)send_done(h, id, true);
		return;
	}
}

/* A complete request: answer what must not wait, keep the rest. Takes e over. */
static void
accept_entry(struct helper *h, struct entry *e)
{
	if (strcmp(e->rq.op, "cancel") == 0) {
		cancel(h, e->rq.id);
		entry_free(e);
	} else if (strcmp(e->rq.op, "ping") == 0) {
		(void)send_done(h, e->rq.id, false);
		entry_free(e);
	} else if (e->pcm_len % sizeof(int16_t) != 0) {
		(void)send_error(h, e->rq.id, "\"bytes\" is odd: PCM is 16-bit samples", false);
		entry_free(e);
	} else
		enqueue(h, e);
}

/*
 * Check a request's members and reserve room for its PCM. Takes body over.
 * NULL when the request was refused (the answer is sent then).
 */
static struct entry *
entry_new(struct helper *h, struct json_object *body)
{
	struct entry	*e = NULL;
	int64_t		 nbytes = 0, id = -1;
	const char	*op = json_get_str(body, "op");

	if (json_get_int(body, "bytes", 0, HELPER_PCM_MAX, &nbytes) == -1) {
		lose_framing(h, "\"bytes\" is not a number from 0 to 4194304");
		goto fail;
	}
	(void)json_get_int(body, "id", 0, INT64_MAX, &id);
	if ((e = mem_calloc(1, sizeof(*e))) == NULL ||
	    (nbytes > 0 && (e->pcm = mem_alloc((size_t)nbytes)) == NULL)) {
		lose_framing(h, "out of memory");
		goto fail;
	}
	e->pcm_len = (size_t)nbytes;
	e->rq.id = id;
	e->rq.op = op != NULL ? op : "";
	e->rq.body = body;
	return e;
fail:
	entry_free(e);
	json_object_put(body);
	return NULL;
}

static void
take_line(struct helper *h, const char *line, size_t len)
{
	struct json_object	*body;
	struct entry		*e;
	const char		*cause = NULL;
	char			 text[ERROR_TEXT_MAX];

	if (len == 0)
		return;
	if ((body = json_parse(line, len, &cause)) == NULL || !json_object_is_type(body, json_type_object)) {
		(void)snprintf(text, sizeof(text), "request is not a JSON object%s%s",
		    body == NULL && cause != NULL ? ": " : "", body == NULL && cause != NULL ? cause : "");
		json_object_put(body);
		lose_framing(h, text);
		return;
	}
	if ((e = entry_new(h, body)) != NULL)
		h->arriving = e;
}

/* Move PCM of the arriving request out of the input; accept it when whole. */
static void
take_pcm(struct helper *h)
{
	struct entry	*e = h->arriving;
	size_t		 n = e->pcm_len - e->have;

	if (n > h->in.len)
		n = h->in.len;
	if (n > 0) {
		memcpy(e->pcm + e->have, h->in.data, n);
		buf_consume(&h->in, n);
		e->have += n;
	}
	if (e->have < e->pcm_len)
		return;
	h->arriving = NULL;
	if (e->rq.id < 0 || e->rq.op[0] == '\0') {
		(void)send_error(h, e->rq.id, e->rq.id < 0 ?
		    "\"id\" is missing or not a number from 0" : "\"op\" is missing or not a text", false);
		entry_free(e);
	} else
		accept_entry(h, e);
}

static bool
queue_full(const struct helper *h)
{
	return h->nwaiting >= HELPER_QUEUE_MAX || h->waiting_len >= HELPER_QUEUE_BYTES;
}

/* Understand as much of the input as there is room for. */
static void
take_input(struct helper *h)
{
	const char	*nl;
	size_t		 len;

	while (!h->lost && !h->deaf && !queue_full(h)) {
		if (h->arriving != NULL) {
			take_pcm(h);
			if (h->arriving != NULL)
				return;
			continue;
		}
		if (h->in.len == 0)
			return;
		nl = memchr(h->in.data, '\n', h->in.len);
		len = nl != NULL ? (size_t)(nl - h->in.data) : h->in.len;
		if (len >= HELPER_LINE_MAX) {
			lose_framing(h, "request line is longer than 65536 bytes");
			return;
		}
		if (nl == NULL)
			return;
		take_line(h, h->in.data, len);
		buf_consume(&h->in, len + 1);
	}
}

/* Wait up to timeout_ms (-1: for ever) for input and take it. */
static void
read_input(struct helper *h, int timeout_ms)
{
	struct pollfd	pfd = { .fd = h->in_fd, .events = POLLIN };
	char		chunk[READ_CHUNK];
	ssize_t		n;

	take_input(h);
	while (!h->eof && !h->lost && !h->deaf && !queue_full(h)) {
		if (poll(&pfd, 1, timeout_ms) <= 0)
			return;
		if ((n = read(h->in_fd, chunk, sizeof(chunk))) == -1) {
			if (errno == EINTR || errno == EAGAIN)
				return;
			log_error(NULL, "engine.read", "error=%s", LOG_Q(strerror(errno)));
			n = 0;
		}
		if (n == 0) {
			h->eof = true;
			if (h->in.len > 0 || h->arriving != NULL)
				log_warn(NULL, "engine.eof", "cause=\"input ends within a request\"");
		} else if (buf_append(&h->in, chunk, (size_t)n) == -1)
			lose_framing(h, "out of memory");
		else
			take_input(h);
		timeout_ms = 0;
	}
}

bool
helper_stop(struct helper *h)
{
	if (!h->cancelled && !h->deaf)
		read_input(h, 0);
	return h->cancelled || h->deaf;
}

bool
helper_wait(struct helper *h, unsigned wait_ms)
{
	int64_t		end_ms = clock_mono_ms() + (int64_t)wait_ms, left_ms;

	while (!helper_stop(h) && (left_ms = end_ms - clock_mono_ms()) > 0) {
		/* Nothing more will come, or nothing more fits: only time is left. */
		if (h->eof || h->lost || queue_full(h)) {
			(void)poll(NULL, 0, (int)left_ms);
			break;
		}
		read_input(h, (int)left_ms);
	}
	return h->cancelled || h->deaf;
}

int
helper_part(struct helper *h, struct json_object *obj, const int16_t *pcm, size_t npcm)
{
	size_t	len = npcm * sizeof(*pcm);

	if (obj != NULL && (json_add_int(obj, "id", h->running->rq.id) == -1 ||
	    (len > 0 && json_add_int(obj, "bytes", (int64_t)len) == -1))) {
		json_object_put(obj);
		obj = NULL;
	}
	return send_obj(h, obj, pcm, len);
}

int
helper_end(struct helper *h, struct json_object *obj)
{
	if (obj != NULL && (json_add_int(obj, "id", h->running->rq.id) == -1 ||
	    json_add_bool(obj, "done", true) == -1)) {
		json_object_put(obj);
		obj = NULL;
	}
	h->ended = true;
	return send_obj(h, obj, NULL, 0);
}

int
helper_fail(struct helper *h, bool retry, const char *fmt, ...)
{
	va_list	ap;
	char	text[ERROR_TEXT_MAX];

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	h->ended = true;
	return send_error(h, h->running->rq.id, text, retry);
}

static struct json_object *
hello_obj(const struct helper_info *info)
{
	struct json_object	*obj = json_object_new_object(), *list = json_object_new_array(), *item;
	const char *const	*lang;

	if (obj == NULL || list == NULL)
		goto fail;
	for (lang = info->languages; *lang != NULL; lang++)
		if ((item = json_object_new_string(*lang)) == NULL || json_object_array_add(list, item) != 0)
			goto fail;
	if (json_add_str(obj, "hello", "callpipe-engine") == -1 ||
	    json_add_int(obj, "version", HELPER_VERSION) == -1 ||
	    json_add_str(obj, "kind", info->kind) == -1 ||
	    json_add_str(obj, "name", info->name) == -1 ||
	    (info->rate_hz != 0 && json_add_int(obj, "rate_hz", info->rate_hz) == -1))
		goto fail;
	if (json_add(obj, "languages", list) == 0)
		return obj;
	list = NULL;			/* json_add() has put it */
fail:
	json_object_put(list);
	json_object_put(obj);
	return NULL;
}

static void
run_entry(struct helper *h, struct entry *e, helper_handler *handler, void *arg)
{
	h->running = e;
	h->cancelled = h->ended = false;
	handler(h, &e->rq, arg);
	if (!h->ended && h->cancelled)
		(void)send_done(h, e->rq.id, true);
	else if (!h->ended)
		(void)helper_fail(h, true, "the engine gave no answer");
	h->running = NULL;
	entry_free(e);
}

int
helper_run(struct helper *h, const struct helper_info *info, helper_handler *handler, void *arg)
{
	struct entry	*e;

	(void)send_obj(h, hello_obj(info), NULL, 0);
	while (!h->lost && !h->deaf) {
		take_input(h);		/* what a full queue left over */
		if ((e = dequeue(h)) != NULL)
			run_entry(h, e, handler, arg);
		else if (h->eof)
			return 0;
		else
			read_input(h, -1);
	}
	return 1;
}

int
helper_option(int opt, const char *name, const char *usage)
{
	if (opt == 'V') {
		(void)printf("%s %s\n", name, CALLPIPE_VERSION);
		return 0;
	}
	(void)fprintf(opt == 'h' ? stdout : stderr, "usage: %s %s", name, usage);
	return opt == 'h' ? 0 : 2;
}

int
helper_main(const struct helper_info *info, helper_handler *handler, void *arg)
{
	struct helper	*h;
	int		 fd, rc;

	if ((fd = helper_take_stdout()) == -1 || (h = helper_new(STDIN_FILENO, fd)) == NULL) {
		log_error(NULL, "engine.start", "error=%s", LOG_Q(strerror(errno)));
		return 1;
	}
	rc = helper_run(h, info, handler, arg);
	helper_free(h);
	(void)close(fd);
	return rc;
}
