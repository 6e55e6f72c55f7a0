/* SPDX-License-Identifier: ISC */
#include "common/httpc_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/num.h"

#define DATE_MAX	64

const char *
httpc_error_name(enum httpc_error e)
{
	static const char *const	names[] = {
		[HTTPC_OK] = "ok", [HTTPC_CONNECT] = "connect", [HTTPC_TIMEOUT_FIRST] = "timeout_first",
		[HTTPC_TIMEOUT_IDLE] = "timeout_idle", [HTTPC_TIMEOUT_TOTAL] = "timeout_total",
		[HTTPC_TOO_LARGE] = "too_large", [HTTPC_ABORTED] = "aborted", [HTTPC_FAILED] = "failed",
	};

	return (unsigned)e <= HTTPC_FAILED ? names[e] : "?";
}

int64_t
httpc_retry_after(const char *value, size_t len, bool in_ms, int64_t now_ms)
{
	const int64_t	max_ms = HTTPC_RETRY_AFTER_MAX * INT64_C(1000);
	char		text[DATE_MAX];
	double		number;
	int64_t		ms;
	time_t		date;

	if (len == 0 || len >= sizeof(text))
		return -1;
	memcpy(text, value, len);
	text[len] = '\0';
	if (num_parse_double(text, 0, 1e15, &number) == 0)
		ms = number > (double)max_ms ? max_ms : (int64_t)(in_ms ? number : number * 1000);
	else if (in_ms || (date = curl_getdate(text, NULL)) == -1)
		return -1;
	else
		ms = (int64_t)date * 1000 - now_ms;
	return ms < 0 ? 0 : ms > max_ms ? max_ms : ms;
}

/* The value of a header line if it has that name; NULL if not. */
static const char *
header_value(const char *line, size_t len, const char *name, size_t *ret_len)
{
	size_t	n = strlen(name);

	if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	for (line += n + 1, len -= n + 1; len > 0 && (*line == ' ' || *line == '\t'); len--)
		line++;
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL)
		len--;
	*ret_len = len;
	return line;
}

/* "bytes START-END/TOTAL"; TOTAL may be "*". */
static void
read_range(struct httpc_req *r, const char *value, size_t len)
{
	const char	*dash, *slash;
	size_t		 left;

	if (len < 6 || strncasecmp(value, "bytes ", 6) != 0)
		return;
	value += 6;
	left = len - 6;
	if ((dash = memchr(value, '-', left)) == NULL || (slash = memchr(value, '/', left)) == NULL || slash < dash)
		return;
	(void)num_parse_n(value, (size_t)(dash - value), 0, INT64_MAX, &r->range_start);
	(void)num_parse_n(slash + 1, left - (size_t)(slash + 1 - value), 0, INT64_MAX, &r->range_total);
}

static void
read_header(struct httpc_req *r, const char *line, size_t len)
{
	const char	*value;
	size_t		 n;
	int64_t		 ms;

	if (len >= 5 && memcmp(line, "HTTP/", 5) == 0) {	/* another answer: the one before was a 1xx */
		r->retry_after_ms = r->range_start = r->range_total = -1;
		r->etag[0] = '\0';
		return;
	}
	if ((value = header_value(line, len, "etag", &n)) != NULL && n < sizeof(r->etag)) {
		memcpy(r->etag, value, n);
		r->etag[n] = '\0';
	} else if ((value = header_value(line, len, "content-range", &n)) != NULL)
		read_range(r, value, n);
	if ((value = header_value(line, len, "retry-after-ms", &n)) != NULL) {
		if ((ms = httpc_retry_after(value, n, true, 0)) != -1)
			r->retry_after_ms = ms;
	} else if ((value = header_value(line, len, "retry-after", &n)) != NULL && r->retry_after_ms == -1)
		r->retry_after_ms = httpc_retry_after(value, n, false, clock_wall_ms());
}

size_t
httpc_on_header(char *data, size_t size, size_t n, void *arg)
{
	struct httpc_req	*r = arg;

	httpc_progress(r);
	read_header(r, data, size * n);
	return size * n;
}

static bool
is_success(CURL *easy)
{
	long	status = 0;

	(void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status <= 299;
}

static const char *
content_type(CURL *easy)
{
	char	*type = NULL;

	(void)curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	return type != NULL ? type : "";
}

static size_t
stop(struct httpc_req *r, enum httpc_error error, const char *text)
{
	r->error = error;
	(void)snprintf(r->text, sizeof(r->text), "%s", text);
	return CURL_WRITEFUNC_ERROR;
}

static int
tell_head(struct httpc_req *r)
{
	struct httpc_head	head = { .range_start = r->range_start, .range_total = r->range_total, .etag = r->etag };
	curl_off_t		length = -1;

	(void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &head.status);
	(void)curl_easy_getinfo(r->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
	head.length = length;
	return r->on_head(r->arg, &head);
}

size_t
httpc_on_body(char *data, size_t size, size_t n, void *arg)
{
	struct httpc_req	*r = arg;
	size_t			 len = size * n;

	if (r->state == HTTPC_CANCELLED)
		return CURL_WRITEFUNC_ERROR;
	if (r->paused) {
		r->held = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	httpc_progress(r);
	if (len > r->max_body - r->received)
		return stop(r, HTTPC_TOO_LARGE, "the body is larger than allowed");
	r->received += len;
	if (r->on_data == NULL || !is_success(r->easy)) {
		if (buf_append(&r->body, data, len) == -1)
			return stop(r, HTTPC_FAILED, strerror(errno));
		return len;
	}
	if (!r->any_data && r->on_head != NULL && tell_head(r) == -1)
		return stop(r, HTTPC_ABORTED, "stopped by the reader");
	r->any_data = true;
	if (r->on_data(r->arg, content_type(r->easy), data, len) == -1)
		return stop(r, HTTPC_ABORTED, "stopped by the reader");
	return len;
}

/* No timeout of libcurl but the one for connecting is set. */
static enum httpc_error
error_of(const struct httpc_req *r, CURLcode code)
{
	if (code == CURLE_OK)
		return HTTPC_OK;
	if (r->began)
		return HTTPC_ABORTED;
	if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
	    code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_PROXY ||
	    code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
	    code == CURLE_SSL_CIPHER || code == CURLE_SSL_CACERT_BADFILE || code == CURLE_SSL_ISSUER_ERROR ||
	    code == CURLE_SSL_INVALIDCERTSTATUS)
		return HTTPC_CONNECT;
	return HTTPC_FAILED;
}

static int64_t
time_of(CURL *easy, CURLINFO info)
{
	curl_off_t	us = 0;

	(void)curl_easy_getinfo(easy, info, &us);
	return us;
}

void
httpc_fill_result(struct httpc_req *r, CURLcode code, struct httpc_result *ret)
{
	enum httpc_error	error = r->error != HTTPC_OK ? r->error : error_of(r, code);
	int64_t			tls_us = time_of(r->easy, CURLINFO_APPCONNECT_TIME_T);

	*ret = (struct httpc_result){
		.error = error,
		.body = r->body.data,
		.body_len = r->body.len,
		.content_type = content_type(r->easy),
		.text = error == HTTPC_OK ? "" : *r->text != '\0' ? r->text : curl_easy_strerror(code),
		.retry_after_ms = r->retry_after_ms,
		.connect_us = tls_us != 0 ? tls_us : time_of(r->easy, CURLINFO_CONNECT_TIME_T),
		.first_byte_us = time_of(r->easy, CURLINFO_STARTTRANSFER_TIME_T),
		.total_us = time_of(r->easy, CURLINFO_TOTAL_TIME_T),
		.any_data = r->any_data,
	};
	(void)curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &ret->status);
}
