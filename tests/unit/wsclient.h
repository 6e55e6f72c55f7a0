/* SPDX-License-Identifier: ISC */
/*
 * wsclient: a WebSocket client in 100 lines for unit tests: plain sockets, no
 * library, so that what sockd writes is read by other code. Nonblocking: the
 * test runs its loop between the calls.
 */
#ifndef TESTS_UNIT_WSCLIENT_H
#define TESTS_UNIT_WSCLIENT_H

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct wsclient {
	int	 fd;
	bool	 open, eof;		/* handshake done; connection closed by the server */
	int	 status;		/* of the HTTP answer, 0 until it came */
	uint8_t	 buf[1 << 16];
	size_t	 len;
	uint8_t	 msg[1 << 15];		/* the last message that wsclient_next() gave */
	size_t	 msg_len;
	unsigned close_code;		/* of the server's close frame */
};

/* A request line of its own makes bad requests possible. */
static inline void
wsclient_open(struct wsclient *c, int port, const char *target, const char *headers)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char			req[2048];
	int			n;

	memset(c, 0, sizeof(*c));
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(c->fd, (struct sockaddr *)&sin, sizeof(sin)) == -1)
		abort();
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
	n = snprintf(req, sizeof(req), "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", target, headers);
	if (send(c->fd, req, (size_t)n, MSG_NOSIGNAL) != n)
		abort();
}

#define WSCLIENT_UPGRADE "Connection: Upgrade\r\nUpgrade: websocket\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static inline void
wsclient_read(struct wsclient *c)
{
	ssize_t	 n;
	char	*end;
	size_t	 head;

	if (c->eof)
		return;
	n = recv(c->fd, c->buf + c->len, sizeof(c->buf) - c->len - 1, 0);
	if (n == 0 || (n == -1 && errno != EAGAIN))
		c->eof = true;
	if (n > 0)
		c->len += (size_t)n;
	if (c->status != 0)
		return;
	c->buf[c->len] = '\0';
	if ((end = strstr((char *)c->buf, "\r\n\r\n")) == NULL)
		return;
	c->status = atoi((char *)c->buf + 9);
	c->open = c->status == 101;
	head = (size_t)(end + 4 - (char *)c->buf);
	memmove(c->buf, c->buf + head, c->len -= head);
}

/* The opcode (1 text, 2 binary, 8 close, 9 ping, 10 pong) of the next whole message; 0: none yet. */
static inline int
wsclient_next(struct wsclient *c)
{
	size_t	head = 2, len;
	int	op;

	wsclient_read(c);
	if (!c->open || c->len < 2)
		return 0;
	len = c->buf[1] & 127;
	if (len == 126) {
		head = 4;
		if (c->len < head)
			return 0;
		len = (size_t)c->buf[2] << 8 | c->buf[3];
	}
	if (c->len < head + len)
		return 0;
	op = c->buf[0] & 15;
	memcpy(c->msg, c->buf + head, len);
	c->msg[len] = '\0';
	c->msg_len = len;
	if (op == 8 && len >= 2)
		c->close_code = (unsigned)c->msg[0] << 8 | c->msg[1];
	memmove(c->buf, c->buf + head + len, c->len -= head + len);
	return op;
}

/* One frame, masked as a client must; op with 0x80 for the last of a message. */
static inline void
wsclient_send(struct wsclient *c, int op, const void *data, size_t len)
{
	static uint8_t	out[(1 << 17) + 16];
	const uint8_t	mask[4] = { 0x12, 0x34, 0x56, 0x78 };
	size_t		n = 0, i, done = 0;
	ssize_t		k;

	out[n++] = (uint8_t)op;
	if (len < 126) {
		out[n++] = (uint8_t)(0x80 | len);
	} else if (len < 65536) {
		out[n++] = 0x80 | 126;
		out[n++] = (uint8_t)(len >> 8);
		out[n++] = (uint8_t)len;
	} else {
		out[n++] = 0x80 | 127;
		for (i = 0; i < 8; i++)
			out[n++] = (uint8_t)((uint64_t)len >> (56 - 8 * i));
	}
	memcpy(out + n, mask, 4);
	n += 4;
	for (i = 0; i < len; i++)
		out[n++] = ((const uint8_t *)data)[i] ^ mask[i % 4];
	while (done < n) {
		if ((k = send(c->fd, out + done, n - done, MSG_NOSIGNAL)) > 0)
			done += (size_t)k;
		else
			return;
	}
}

static inline void
wsclient_text(struct wsclient *c, const char *text)
{
	wsclient_send(c, 0x81, text, strlen(text));
}

/* Say goodbye with a close frame, as Vonage does at a hang-up. */
static inline void
wsclient_bye(struct wsclient *c)
{
	wsclient_send(c, 0x88, "\x03\xe8", 2);
}

/* Break the connection, as a network does. */
static inline void
wsclient_close(struct wsclient *c)
{
	if (c->fd != -1)
		(void)close(c->fd);
	c->fd = -1;
}

#endif
