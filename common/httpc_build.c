/* SPDX-License-Identifier: ISC */
#include "common/httpc_impl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"

static bool
one_line(const char *text)
{
	return strpbrk(text, "\r\n") == NULL;
}

static bool
is_method(const char *method, bool has_body)
{
	if (method == NULL)
		return false;
	if (strcmp(method, "GET") == 0)
		return !has_body;
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "DELETE") == 0;
}

static bool
is_loopback(const char *host)
{
	unsigned	a, b, c, d;
	char		more;

	return strcasecmp(host, "localhost") == 0 || strcasecmp(host, "localhost.") == 0 ||
	    strcmp(host, "[::1]") == 0 ||
	    (sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &more) == 4 && a == 127);
}

/* 0, or -1: EINVAL for what is not http(s)://host. */
static int
check_url(const char *url, bool *ret_loopback)
{
	CURLU	*u;
	char	*scheme = NULL, *host = NULL;
	int	 e = EINVAL;

	if (url == NULL || !one_line(url) || (u = curl_url()) == NULL) {
		errno = url == NULL || !one_line(url) ? EINVAL : ENOMEM;
		return -1;
	}
	if (curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) && *host != '\0') {
		*ret_loopback = is_loopback(host);
		e = 0;
	}
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	errno = e;
	return e == 0 ? 0 : -1;
}

static int
check_opts(const struct httpc_opts *o, bool *ret_loopback)
{
	bool	bad;
	size_t	i;

	bad = !is_method(o->method, o->body != NULL || o->nparts > 0) || o->on_done == NULL ||
	    (o->body != NULL && o->nparts > 0) || (o->bearer != NULL && !one_line(o->bearer));
	for (i = 0; !bad && o->headers != NULL && o->headers[i] != NULL; i++)
		bad = !one_line(o->headers[i]) || strchr(o->headers[i], ':') == NULL;
	for (i = 0; !bad && i < o->nparts; i++)
		bad = o->parts[i].name == NULL || (o->parts[i].data == NULL && o->parts[i].len > 0) ||
		    (o->parts[i].type != NULL && !one_line(o->parts[i].type));
	if (bad) {
		errno = EINVAL;
		return -1;
	}
	return check_url(o->url, ret_loopback);
}

static int
add_header(struct httpc_req *r, const char *line)
{
	struct curl_slist	*list = curl_slist_append(r->headers, line);

	if (list == NULL) {
		errno = ENOMEM;
		return -1;
	}
	r->headers = list;
	return 0;
}

static int
add_bearer(struct httpc_req *r, const char *bearer)
{
	static const char	prefix[] = "Authorization: Bearer ";
	size_t			size = sizeof(prefix) + strlen(bearer);
	char			*line;
	int			rc;

	if ((line = mem_alloc(size)) == NULL)
		return -1;
	(void)snprintf(line, size, "%s%s", prefix, bearer);
	rc = add_header(r, line);
	explicit_bzero(line, size);
	free(line);
	return rc;
}

/* libcurl would wait for "100 Continue", and call any body a form. */
static int
build_headers(struct httpc_req *r, const struct httpc_opts *o)
{
	bool	typed = o->nparts > 0;
	size_t	i;

	for (i = 0; o->headers != NULL && o->headers[i] != NULL; i++) {
		if (add_header(r, o->headers[i]) == -1)
			return -1;
		typed |= strncasecmp(o->headers[i], "Content-Type:", 13) == 0;
	}
	if (add_header(r, "Expect:") == -1 || (!typed && add_header(r, "Content-Type:") == -1))
		return -1;
	if (o->bearer != NULL && *o->bearer != '\0')
		return add_bearer(r, o->bearer);
	return 0;
}

static int
build_mime(struct httpc_req *r, const struct httpc_opts *o)
{
	curl_mimepart	*part;
	size_t		 i;

	if ((r->mime = curl_mime_init(r->easy)) == NULL)
		goto nomem;
	for (i = 0; i < o->nparts; i++) {
		const struct httpc_part	*p = &o->parts[i];

		if ((part = curl_mime_addpart(r->mime)) == NULL ||
		    curl_mime_name(part, p->name) != CURLE_OK ||
		    curl_mime_data(part, p->len > 0 ? p->data : "", p->len) != CURLE_OK ||
		    (p->filename != NULL && curl_mime_filename(part, p->filename) != CURLE_OK) ||
		    (p->type != NULL && curl_mime_type(part, p->type) != CURLE_OK))
			goto nomem;
	}
	if (curl_easy_setopt(r->easy, CURLOPT_MIMEPOST, r->mime) == CURLE_OK)
		return 0;
nomem:
	errno = ENOMEM;
	return -1;
}

static int
set(CURLcode code)
{
	if (code == CURLE_OK)
		return 0;
	errno = code == CURLE_OUT_OF_MEMORY ? ENOMEM : EINVAL;
	return -1;
}

static int
build_body(struct httpc_req *r, const struct httpc_opts *o)
{
	CURL	*e = r->easy;
	bool	 post = strcmp(o->method, "POST") == 0, get = strcmp(o->method, "GET") == 0;

	if (!post && !get && set(curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, o->method)) == -1)
		return -1;
	if (o->nparts > 0)
		return build_mime(r, o);
	if (get || (o->body == NULL && strcmp(o->method, "DELETE") == 0))
		return 0;
	if (set(curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)o->body_len)) == -1)
		return -1;
	return set(curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS, o->body_len > 0 ? o->body : ""));
}

/* See stack.md 4; each of these was a trap for somebody. */
static int
build_transfer(struct httpc_req *r, const struct httpc_opts *o, bool loopback)
{
	CURL	*e = r->easy;

	/* without QUICK_EXIT a cancel waits for the thread that looks up the name */
	if (set(curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https")) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_USERAGENT, "callpipe/" CALLPIPE_VERSION)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_URL, o->url)) == -1 ||
	    (loopback && set(curl_easy_setopt(e, CURLOPT_NOPROXY, "*")) == -1) ||
	    set(curl_easy_setopt(e, CURLOPT_HTTPHEADER, r->headers)) == -1)
		return -1;
	if (o->fresh && set(curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L)) == -1)
		return -1;
	if (o->connect_ms > 0 && set(curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms)) == -1)
		return -1;
	return 0;
}

static int
build_callbacks(struct httpc_req *r)
{
	CURL	*e = r->easy;

	if (set(curl_easy_setopt(e, CURLOPT_PRIVATE, r)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_ERRORBUFFER, r->text)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, httpc_on_header)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_HEADERDATA, r)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, httpc_on_body)) == -1 ||
	    set(curl_easy_setopt(e, CURLOPT_WRITEDATA, r)) == -1)
		return -1;
	return 0;
}

int
httpc_build(struct httpc_req *r, const struct httpc_opts *o)
{
	bool	loopback;

	if (check_opts(o, &loopback) == -1)
		return -1;
	if ((r->easy = curl_easy_init()) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (build_headers(r, o) == -1 || build_body(r, o) == -1 ||
	    build_transfer(r, o, loopback) == -1 || build_callbacks(r) == -1)
		return -1;
	return 0;
}
