/* SPDX-License-Identifier: ISC */
#include "tools/callsim/handshake.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include <event2/http.h>
#include <openssl/evp.h>

#define RFC_GUID	"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

int
handshake_target(struct handshake_target *ret, const char *uri)
{
	struct handshake_target	 t;
	struct evhttp_uri	*u = evhttp_uri_parse(uri);
	const char		*scheme, *host, *path, *query;
	int			 port, n;

	errno = EINVAL;
	if (u == NULL)
		return -1;
	scheme = evhttp_uri_get_scheme(u);
	host = evhttp_uri_get_host(u);
	path = evhttp_uri_get_path(u);
	query = evhttp_uri_get_query(u);
	port = evhttp_uri_get_port(u);
	if (scheme == NULL || strcmp(scheme, "ws") != 0 || host == NULL || host[0] == '\0' ||
	    strlen(host) >= sizeof(t.host) || evhttp_uri_get_fragment(u) != NULL)
		goto bad;
	if (host[0] == '[')		/* libevent keeps the brackets of IPv6 */
		(void)snprintf(t.host, sizeof(t.host), "%.*s", (int)strlen(host) - 2, host + 1);
	else
		(void)snprintf(t.host, sizeof(t.host), "%s", host);
	t.port = port == -1 ? 80 : (uint16_t)port;
	n = snprintf(t.path, sizeof(t.path), "%s%s%s%s", path[0] == '/' ? "" : "/", path,
	    query == NULL ? "" : "?", query == NULL ? "" : query);
	if (n < 0 || (size_t)n >= sizeof(t.path))
		goto bad;
	evhttp_uri_free(u);
	*ret = t;
	return 0;
bad:
	evhttp_uri_free(u);
	errno = EINVAL;
	return -1;
}

void
handshake_key(char ret[HANDSHAKE_KEY_SIZE])
{
	unsigned char	raw[16] = { 0 };

	/* (void): 16 bytes cannot come short, and the key need not be secret. */
	(void)!getrandom(raw, sizeof(raw), 0);
	(void)EVP_EncodeBlock((unsigned char *)ret, raw, sizeof(raw));
}

void
handshake_request(struct buf *out, const struct handshake_target *t, const char *key, const char *authorization)
{
	bool	v6 = strchr(t->host, ':') != NULL;

	buf_printf(out, "GET %s HTTP/1.1\r\nHost: %s%s%s:%u\r\n", t->path, v6 ? "[" : "", t->host,
	    v6 ? "]" : "", t->port);
	buf_printf(out, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
	    "Sec-WebSocket-Version: 13\r\n", key);
	if (authorization != NULL)
		buf_printf(out, "Authorization: %s\r\n", authorization);
	buf_puts(out, "\r\n");
}

static void
accept_value(const char *key, char ret[32])
{
	unsigned char	 digest[EVP_MAX_MD_SIZE];
	unsigned	 len = 0;
	char		 both[96];
	int		 n;

	n = snprintf(both, sizeof(both), "%s%s", key, RFC_GUID);
	(void)EVP_Digest(both, (size_t)n, digest, &len, EVP_sha1(), NULL);
	(void)EVP_EncodeBlock((unsigned char *)ret, digest, (int)len);
}

/* The value of a header (the first of that name), its length in *ret_len. */
static const char *
header(const char *head, const char *end, const char *name, size_t *ret_len)
{
	size_t		 len = strlen(name);
	const char	*line, *eol;

	for (line = head; line < end; line = eol + 2) {
		if ((eol = memmem(line, (size_t)(end - line), "\r\n", 2)) == NULL)
			break;
		if ((size_t)(eol - line) <= len || strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		for (line += len + 1; line < eol && (*line == ' ' || *line == '\t'); line++)
			;
		while (eol > line && (eol[-1] == ' ' || eol[-1] == '\t'))
			eol--;
		*ret_len = (size_t)(eol - line);
		return line;
	}
	return NULL;
}

static bool
header_is(const char *head, const char *end, const char *name, const char *value, bool anycase)
{
	size_t		 len = 0;
	const char	*is = header(head, end, name, &len);

	if (is == NULL || len != strlen(value))
		return false;
	return anycase ? strncasecmp(is, value, len) == 0 : memcmp(is, value, len) == 0;
}

static const char *
refusal(const char *head, const char *end, const char *key)
{
	char	want[32];
	size_t	len;

	accept_value(key, want);
	if (!header_is(head, end, "Upgrade", "websocket", true))
		return "no \"Upgrade: websocket\"";
	if (!header_is(head, end, "Connection", "Upgrade", true))
		return "no \"Connection: Upgrade\"";
	if (!header_is(head, end, "Sec-WebSocket-Accept", want, false))
		return "wrong Sec-WebSocket-Accept";
	if (header(head, end, "Sec-WebSocket-Extensions", &len) != NULL)
		return "an extension that was not offered";
	if (header(head, end, "Sec-WebSocket-Protocol", &len) != NULL)
		return "a subprotocol that was not offered";
	return NULL;
}

int
handshake_check(const char *data, size_t len, const char *key, char *cause, size_t cause_size)
{
	const char	*end = memmem(data, len, "\r\n\r\n", 4), *why;

	if (end == NULL && len < HANDSHAKE_ANSWER_MAX)
		return 0;
	if (end == NULL) {
		(void)snprintf(cause, cause_size, "answer longer than %d bytes", HANDSHAKE_ANSWER_MAX);
		return -1;
	}
	if (len < 12 || memcmp(data, "HTTP/1.", 7) != 0) {
		(void)snprintf(cause, cause_size, "the answer is not HTTP/1.1");
		return -1;
	}
	if (memcmp(data + 8, " 101", 4) != 0) {
		(void)snprintf(cause, cause_size, "status %.3s", data + 9);
		return -1;
	}
	if ((why = refusal(data, end + 2, key)) != NULL) {
		(void)snprintf(cause, cause_size, "%s", why);
		return -1;
	}
	return (int)(end + 4 - data);
}
