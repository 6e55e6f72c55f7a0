/* SPDX-License-Identifier: ISC */
#include "webhookd/fetch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/callid.h"
#include "common/clock.h"
#include "common/httpc.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/store_jobs.h"
#include "webhookd/event.h"
#include "webhookd/fetch_file.h"
#include "webhookd/jobs.h"
#include "webhookd/vonage.h"
#include "webhookd/webhookd.h"

#define CONNECT_MS	5000
#define PROGRESS_MS	15000		/* first byte, and from then on between two */
#define TOTAL_MS	3600000
#define RENEW_MS	10000		/* of JOBS_LEASE_MS */
#define LENGTH_MAX	(INT64_C(1) << 40)

struct download {
	struct job		*job;
	struct vonage_request	*turn;		/* it waits for its turn at Vonage */
	struct httpc_req	*req;
	struct fetch_file	 file;
	struct fetch_finish	*finish;
	char			 name[81];
	char			 type[64];
	const char		*url;		/* points into job->args */
	int64_t			 event_size;	/* -1 not told */
	int64_t			 length;	/* of the whole, as this answer told; -1 */
	int64_t			 renewed_ms;
	int			 error;		/* errno of our own trouble */
	const char		*cause;		/* why we stopped reading; NULL: we did not */
	bool			 new_token;
	struct store_recording	 row;
};

static void	download_ask(struct download *d);

/* ---- format ---- */

const char *
fetch_format(const void *head, size_t len, const char *type)
{
	const unsigned char	*p = head;
	static const struct { const char *type, *format; } types[] = {
		{ "audio/wav", "wav" }, { "audio/x-wav", "wav" }, { "audio/wave", "wav" }, { "audio/vnd.wave", "wav" },
		{ "audio/mpeg", "mp3" }, { "audio/mp3", "mp3" }, { "audio/ogg", "ogg" }, { "application/ogg", "ogg" },
	};
	size_t			 i, n = strcspn(type, "; ");

	if (len >= 12 && memcmp(p, "RIFF", 4) == 0 && memcmp(p + 8, "WAVE", 4) == 0)
		return "wav";
	if (len >= 4 && memcmp(p, "OggS", 4) == 0)
		return "ogg";
	if (len >= 3 && (memcmp(p, "ID3", 3) == 0 || (p[0] == 0xff && (p[1] & 0xe0) == 0xe0)))
		return "mp3";
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strlen(types[i].type) == n && strncasecmp(types[i].type, type, n) == 0)
			return types[i].format;
	return NULL;
}

/* ---- the end ---- */

static void
download_free(struct download *d)
{
	vonage_turn_cancel(d->turn);
	httpc_cancel(d->req);
	fetch_finish_cancel(d->finish);
	fetch_file_close(&d->file);
	free(d);
}

static void
end(struct download *d, enum job_result result, const char *text)
{
	struct job	*job = d->job;

	job->own = NULL;
	d->req = NULL;
	download_free(d);
	job_end(job, result, text);
}

static void
fail_errno(struct download *d, int e)
{
	char	text[128];

	/* on a full disk a part only harms the others */
	if (e == ENOSPC || e == EDQUOT || e == EFBIG)
		fetch_file_remove(&d->file);
	(void)snprintf(text, sizeof(text), "record_dir: %s", strerror(e));
	end(d, JOB_AGAIN, text);
}

static void
tell_all(struct webhookd *w, const struct store_recording *row)
{
	size_t	i;

	for (i = 0; i < w->fetch_hooks.n; i++)
		w->fetch_hooks.fn[i](w, row->call.text[0] != '\0' ? &row->call : NULL, row);
}

static void
on_row(void *arg, int rc, int err)
{
	struct download		*d = arg;
	struct webhookd		*w = d->job->w;
	struct store_recording	 row = d->row;
	char			 text[64];

	if (rc == -1) {
		(void)snprintf(text, sizeof(text), "database: %s", strerror(err));
		end(d, JOB_AGAIN, text);
		return;
	}
	w->stats.downloads++;
	log_info(&(struct log_ctx){ row.call.text[0] != '\0' ? row.call.text : NULL }, "recording.arrived", "uuid=%s format=%s bytes=%lld sha256=%.12s",
	    LOG_Q(row.uuid), row.format, (long long)row.bytes, row.sha256);
	end(d, JOB_DONE, NULL);
	tell_all(w, &row);
}

static int64_t
time_of(const struct download *d, const char *key)
{
	int64_t	ms;

	return json_get_int(d->job->args, key, 1, INT64_MAX, &ms) == 1 ? ms : -1;
}

static void
fill_row(struct download *d, const struct fetch_finished *r)
{
	struct store_recording	*row = &d->row;
	const char		*conversation = json_get_str(d->job->args, "conversation");

	*row = (struct store_recording){ .call = d->job->row.call, .started_at = time_of(d, "start"), .duration_ms = -1,
	    .bytes = d->file.len, .rate_hz = -1 };
	if (row->started_at != -1 && time_of(d, "end") >= row->started_at)
		row->duration_ms = time_of(d, "end") - row->started_at;
	/* not told: when it was offered. Retention goes by it, so that nothing stays for ever. */
	if (row->started_at == -1)
		row->started_at = d->job->row.created_at;
	/* the call may have become known since */
	if (row->call.text[0] == '\0' && conversation != NULL)
		(void)store_find_call_of_conversation(d->job->w->store, conversation, &row->call);
	(void)snprintf(row->path, sizeof(row->path), "%.511s", r->path);
	(void)snprintf(row->uuid, sizeof(row->uuid), "%s", json_get_str_or(d->job->args, "uuid", ""));
	(void)snprintf(row->url, sizeof(row->url), "%s", d->url);
	(void)snprintf(row->sha256, sizeof(row->sha256), "%s", r->sha256);
	(void)snprintf(row->format, sizeof(row->format), "%s", r->format);
}

static void
on_finished(void *arg, const struct fetch_finished *r)
{
	struct download	*d = arg;

	d->finish = NULL;
	if (r->error != 0) {
		fail_errno(d, r->error);
		return;
	}
	if (r->format == NULL) {
		fetch_file_remove(&d->file);
		end(d, JOB_AGAIN, "neither WAV, MP3 nor Ogg");
		return;
	}
	fill_row(d, r);
	if (store_add_recording(d->job->w->store, &d->row, on_row, d) == -1)
		on_row(d, -1, errno);
}

/* ---- the answer ---- */

static int
stop_reading(struct download *d, const char *cause)
{
	d->cause = cause;
	return -1;
}

static int
on_head(void *arg, const struct httpc_head *head)
{
	struct download		*d = arg;
	struct fetch_tag	 tag = { "", head->length };

	if (head->status == 206) {
		/* with no total that agrees it could be another file's rest */
		if (head->range_start != d->file.len || (d->file.tag.length != -1 && head->range_total != d->file.tag.length) ||
		    (d->file.tag.length == -1 && (d->file.tag.etag[0] == '\0' || strcmp(head->etag, d->file.tag.etag) != 0)))
			return stop_reading(d, "the rest is of another version");
		d->length = head->range_total;
		return 0;
	}
	d->length = head->length;
	(void)snprintf(tag.etag, sizeof(tag.etag), "%s", head->etag);
	if (fetch_file_restart(&d->file, &tag) == 0)
		return 0;
	d->error = errno;
	return -1;
}

static int
on_data(void *arg, const char *type, const void *data, size_t len)
{
	struct download	*d = arg;

	(void)snprintf(d->type, sizeof(d->type), "%s", type);
	if (d->file.len + (int64_t)len > conf_of(d->job->w)->record_max_mb * INT64_C(1048576))
		return stop_reading(d, "larger than record_max_mb");
	if (fetch_file_write(&d->file, data, len) == -1) {
		d->error = errno;
		return -1;
	}
	if (clock_mono_ms() - d->renewed_ms > RENEW_MS) {
		d->renewed_ms = clock_mono_ms();
		job_renew(d->job);
	}
	return 0;
}

/* Whole, as far as anybody told. */
static bool
is_whole(struct download *d, char *text, size_t size)
{
	struct log_ctx	ctx;
	int64_t		len = d->file.len;

	if (len == 0 || (d->length != -1 && len != d->length)) {
		(void)snprintf(text, size, "%lld bytes came of %lld", (long long)len, (long long)d->length);
		return false;
	}
	if (d->event_size == -1 || len == d->event_size)
		return true;
	(void)snprintf(text, size, "%lld bytes came, the event told of %lld", (long long)len, (long long)d->event_size);
	/* Its server has been saying so for a while, and the length agrees: better than nothing. */
	if (d->length == -1 || d->job->row.attempts < JOBS_ATTEMPTS)
		return false;
	ctx = job_log(d->job);
	log_warn(&ctx, "recording.size", "cause=%s did=kept", LOG_Q(text));
	return true;
}

static void
finish(struct download *d)
{
	char	text[128];

	if (!is_whole(d, text, sizeof(text))) {
		fetch_file_remove(&d->file);
		end(d, JOB_AGAIN, text);
		return;
	}
	if ((d->finish = fetch_finish_start(d->job->w->d->loop, &d->file, d->name, d->type, on_finished, d)) == NULL)
		fail_errno(d, errno);
}

/* An answer that is no recording. */
static void
refuse(struct download *d, const struct httpc_result *res)
{
	char	text[300];
	long	status = res->status;

	if (status == 401 && !d->new_token) {
		d->new_token = true;
		vonage_token_refused(d->job->w->vonage);
		download_ask(d);
		return;
	}
	(void)snprintf(text, sizeof(text), "status %ld: %.200s", status, res->body != NULL ? res->body : "");
	if (status == 416)		/* our part is of something else */
		fetch_file_remove(&d->file);
	d->job->retry_after_ms = res->retry_after_ms;
	/* 404: often not there yet (spec/vonage.md 8) */
	end(d, status >= 500 || status == 401 || status == 404 || status == 408 || status == 416 || status == 429 ?
	    JOB_AGAIN : JOB_REFUSED, text);
}

static void
on_done(void *arg, const struct httpc_result *res)
{
	struct download	*d = arg;
	char		 text[300];

	d->req = NULL;
	if (d->error != 0)
		fail_errno(d, d->error);
	else if (d->cause != NULL) {
		fetch_file_remove(&d->file);
		end(d, JOB_AGAIN, d->cause);
	} else if (res->error != HTTPC_OK) {
		(void)snprintf(text, sizeof(text), "%s after %lld bytes: %.200s", httpc_error_name(res->error),
		    (long long)d->file.len, res->text);
		end(d, JOB_AGAIN, text);
	} else if (res->status < 200 || res->status > 299)
		refuse(d, res);
	else
		finish(d);
}

/* ---- the request ---- */

static void
send_request(struct download *d)
{
	struct webhookd		*w = d->job->w;
	const char		*headers[3] = { NULL, NULL, NULL };
	char			 range[64], if_range[160];
	struct httpc_opts	 o = { .method = "GET", .url = d->url, .headers = headers, .connect_ms = CONNECT_MS,
	    .first_byte_ms = PROGRESS_MS, .idle_ms = PROGRESS_MS, .total_ms = TOTAL_MS, .max_body = (size_t)LENGTH_MAX,
	    .on_head = on_head, .on_data = on_data, .on_done = on_done, .arg = d };
	int			 n = 0;

	if (d->file.len > 0) {
		(void)snprintf(range, sizeof(range), "Range: bytes=%lld-", (long long)d->file.len);
		headers[n++] = range;
		/* a weak one may not be used so: RFC 9110 13.1.5 */
		if (d->file.tag.etag[0] == '"') {
			(void)snprintf(if_range, sizeof(if_range), "If-Range: %s", d->file.tag.etag);
			headers[n] = if_range;
		}
	}
	if ((o.bearer = vonage_token(w->vonage)) == NULL || (d->req = httpc_start(w->httpc, &o)) == NULL)
		end(d, errno == EINVAL || errno == ENOKEY ? JOB_REFUSED : JOB_AGAIN,
		    errno == ENOKEY ? "application_id or private_key is not configured" : strerror(errno));
}

static void
on_turn(void *arg, const struct vonage_reply *r)
{
	struct download	*d = arg;

	(void)r;
	d->turn = NULL;
	if (clock_mono_ms() - d->renewed_ms >= JOBS_LEASE_MS) {	/* another webhookd may have it by now */
		end(d, JOB_AGAIN, "too many requests wait for Vonage");
		return;
	}
	d->renewed_ms = clock_mono_ms();
	job_renew(d->job);
	send_request(d);
}

/* One of the requests that Vonage allows in a second, like those of vonage.h. */
static void
download_ask(struct download *d)
{
	if (d->file.len > 0 && d->file.len == d->file.tag.length) {	/* it died before it was named */
		d->length = d->file.len;
		finish(d);
	} else if (vonage_turn(d->job->w->vonage, on_turn, d, &d->turn) == -1)
		end(d, JOB_AGAIN, errno == EAGAIN ? "too many requests wait for Vonage" : strerror(errno));
}

/* What names the file: Vonage's uuid, or else the row. */
static void
name_it(struct download *d)
{
	const char	*uuid = json_get_str_or(d->job->args, "uuid", "");

	if (callid_valid(uuid, strnlen(uuid, CALLID_SIZE)))
		(void)snprintf(d->name, sizeof(d->name), "%s", uuid);
	else
		(void)snprintf(d->name, sizeof(d->name), "job-%lld", (long long)d->job->row.id);
}

static void
start(struct job *job)
{
	struct download	*d;
	char		 dir[512];

	if ((d = mem_calloc(1, sizeof(*d))) == NULL) {
		job_end(job, JOB_AGAIN, "out of memory");
		return;
	}
	d->job = job;
	d->file.fd = -1;
	d->length = d->event_size = -1;
	d->renewed_ms = clock_mono_ms();
	job->own = d;
	d->url = json_get_str_or(job->args, "url", "");
	if (!vonage_url_ok(job->w->vonage, d->url)) {
		job->w->stats.downloads_refused++;
		end(d, JOB_REFUSED, "a host that gets no token");
		return;
	}
	(void)json_get_int(job->args, "size", 1, LENGTH_MAX, &d->event_size);
	name_it(d);
	(void)snprintf(dir, sizeof(dir), "%.480s/vonage", conf_of(job->w)->record_dir);
	if (fetch_file_open(&d->file, dir, d->name) == -1)
		fail_errno(d, errno);
	else
		download_ask(d);
}

static void
stop(struct job *job)
{
	if (job->own != NULL)
		download_free(job->own);
	job->own = NULL;
}

const struct job_kind job_fetch = {
	.name = "fetch", .start = start, .stop = stop, .at_once = 4,
	.pause_ms = 1000, .pause_factor = 3,	/* spec/vonage.md 8: 1, 3, 10, 30, 90 s */
	.parked_max_ms = INT64_MAX,
};

/* ---- adding ---- */

void
fetch_on_arrival(struct webhookd *w, recording_fn *fn)
{
	assert(w->fetch_hooks.n < FETCH_HOOKS_MAX);
	w->fetch_hooks.fn[w->fetch_hooks.n++] = fn;
}

static void
add_time(struct json_object *args, const char *key, const char *text)
{
	int64_t	ms;

	if (text != NULL && event_time(text, &ms) == 0)
		(void)json_add_int(args, key, ms);
}

static int
refuse_event(struct webhookd *w, const struct callid *call, const char *url, const char *cause, int e)
{
	struct log_ctx	ctx = { call != NULL ? call->text : NULL };

	w->stats.downloads_refused++;
	log_error(&ctx, "recording.refused", "url=%s cause=%s", LOG_Q(url), cause);
	errno = e;
	return -1;
}

int
fetch_add(struct webhookd *w, const struct callid *call, struct json_object *members, store_done *done, void *arg)
{
	const char		*url = json_get_str_or(members, "recording_url", "");
	const char		*uuid = json_get_str_or(members, "recording_uuid", "");
	struct json_object	*args;
	struct store_job	 row;
	int64_t			 size = -1;
	char			 key[96];
	int			 rc, saved_errno;

	if (*url == '\0')		/* an incident at Vonage gave such: spec/vonage.md 8 */
		return refuse_event(w, call, url, "no_url", EINVAL);
	if (json_get_int(members, "size", 0, LENGTH_MAX, &size) == 1 && size == 0)
		return refuse_event(w, call, url, "size_0", EINVAL);
	if (!vonage_url_ok(w->vonage, url) || strlen(url) >= sizeof(((struct store_recording *)0)->url))
		return refuse_event(w, call, url, "not_vonage", EPERM);
	if (store_has_recording(w->store, uuid) == 1)
		return 1;		/* the event came twice */
	if ((args = json_object_new_object()) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	(void)json_add_str(args, "url", url);
	if (callid_valid(uuid, strnlen(uuid, CALLID_SIZE)))
		(void)json_add_str(args, "uuid", uuid);
	if (size > 0)
		(void)json_add_int(args, "size", size);
	(void)json_add_str(args, "conversation", json_get_str(members, "conversation_uuid"));
	add_time(args, "start", json_get_str(members, "start_time"));
	add_time(args, "end", json_get_str(members, "end_time"));
	(void)snprintf(key, sizeof(key), "%.95s", json_get_str_or(args, "uuid", url));
	rc = done == NULL ? jobs_add(w, "fetch", call, key, args, 0) :
	    jobs_add_then(w, "fetch", call, key, args, &row, done, arg);
	saved_errno = errno;
	json_object_put(args);
	errno = saved_errno;
	return rc;
}
