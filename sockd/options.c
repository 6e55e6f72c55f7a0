/* SPDX-License-Identifier: ISC */
/* The configuration group "sockd". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>

#include "common/num.h"
#include "common/token.h"
#include "sockd/pace.h"
#include "sockd/sockd.h"

const struct conf_opt sockd_options[] = {
	CONF_STR("listen", sockd_conf, listen, "127.0.0.1:8081"),
	CONF_STR("public_uri", sockd_conf, public_uri, ""),
	CONF_STR("path", sockd_conf, path, "/socket"),
	CONF_SECRET("token_secret", sockd_conf, token_secret),
	CONF_BOOL("require_token", sockd_conf, require_token, true),
	CONF_STR("tls_cert", sockd_conf, tls_cert, ""),
	CONF_STR("tls_key", sockd_conf, tls_key, ""),
	CONF_INT("max_calls", sockd_conf, max_calls, 1000, 1, 100000),
	CONF_INT("lead_ms", sockd_conf, lead_ms, 120, PACE_LEAD_MIN_MS, PACE_LEAD_MAX_MS),
	CONF_INT("max_queue_ms", sockd_conf, max_queue_ms, 60000, 1000, 600000),
	CONF_BOOL("barge_in", sockd_conf, barge_in, true),
	CONF_INT("resume_ms", sockd_conf, resume_ms, 2000, 100, 60000),
	CONF_INT("claim_ms", sockd_conf, claim_ms, 300, 50, 10000),
	CONF_INT("idle_s", sockd_conf, idle_s, 10, 1, 3600),
	CONF_INT("stall_s", sockd_conf, stall_s, 10, 1, 3600),
	CONF_BOOL("record", sockd_conf, record, false),
	CONF_STR("record_dir", sockd_conf, record_dir, "/var/lib/callpipe/recordings"),
	CONF_END
};

static bool
numeric_address(const char *host)
{
	unsigned char	address[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

int
sockd_listen(const char *text, int instance, char *ret_host, size_t host_size, int *ret_port)
{
	const char	*colon = strrchr(text, ':');
	size_t		 len;
	int64_t		 port;
	char		 host[64];

	if (colon == NULL || (len = (size_t)(colon - text)) >= sizeof(host))
		return -1;
	memcpy(host, text, len);
	host[len] = '\0';
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	if (!numeric_address(host) || num_parse(colon + 1, 0, 65535 - 63, &port) == -1 ||
	    strlen(host) >= host_size)
		return -1;
	memcpy(ret_host, host, strlen(host) + 1);
	*ret_port = port == 0 ? 0 : (int)port + instance;
	return 0;
}

static int
put_number(char *out, size_t size, size_t *at, int value)
{
	int	n = snprintf(out + *at, size - *at, "%d", value);

	if (n < 0 || (size_t)n >= size - *at)
		return -1;
	*at += (size_t)n;
	return 0;
}

int
sockd_uri(const struct sockd_conf *conf, int instance, int port, char *out, size_t size)
{
	bool		 tls = conf->tls_cert[0] != '\0';
	const char	*p = conf->public_uri;
	char		 host[64];
	size_t		 at = 0;
	int		 unused, n;

	if (*p == '\0') {
		if (sockd_listen(conf->listen, 0, host, sizeof(host), &unused) == -1)
			return -1;
		n = snprintf(out, size, strchr(host, ':') != NULL ? "%s://[%s]:%d%s" : "%s://%s:%d%s",
		    tls ? "wss" : "ws", host, port, conf->path);
		return n < 0 || (size_t)n >= size ? -1 : 0;
	}
	for (; *p != '\0'; p++) {
		if (at + 1 >= size)
			return -1;
		if (p[0] == '%' && (p[1] == 'i' || p[1] == 'p')) {
			if (put_number(out, size, &at, p[1] == 'i' ? instance : port) == -1)
				return -1;
			p++;
		} else {
			out[at++] = *p;
		}
	}
	out[at] = '\0';
	return 0;
}

static int
fail(struct conf_error *err, const char *name, const char *cause, const char *value)
{
	(void)snprintf(err->text, sizeof(err->text), "sockd.%s: %s%s%.200s%s", name, cause,
	    value != NULL ? ": \"" : "", value != NULL ? value : "", value != NULL ? "\"" : "");
	return -1;
}

static int
check_public_uri(const struct sockd_conf *c, struct conf_error *err)
{
	char	uri[256];

	if (c->public_uri[0] != '\0' && strncmp(c->public_uri, "ws://", 5) != 0 &&
	    strncmp(c->public_uri, "wss://", 6) != 0)
		return fail(err, "public_uri", "must begin with ws:// or wss://", c->public_uri);
	if (strchr(c->public_uri, '?') != NULL || strchr(c->public_uri, '#') != NULL)
		return fail(err, "public_uri", "no query is allowed, webhookd adds one", c->public_uri);
	if (sockd_uri(c, 63, 65535, uri, sizeof(uri)) == -1)
		return fail(err, "public_uri", "longer than 255 bytes", NULL);
	return 0;
}

int
sockd_check(const void *conf, const struct common_conf *common, struct conf_error *err)
{
	const struct sockd_conf	*c = conf;
	char			 host[64];
	int			 port;

	(void)common;
	if (sockd_listen(c->listen, 0, host, sizeof(host), &port) == -1)
		return fail(err, "listen", "an address and a port are wanted, as 127.0.0.1:8081 or [::1]:8081", c->listen);
	if (c->path[0] != '/' || strpbrk(c->path, "?#% ") != NULL)
		return fail(err, "path", "must begin with / and hold no ?, #, % or space", c->path);
	if (check_public_uri(c, err) == -1)
		return -1;
	if (c->require_token && c->token_secret == NULL)
		return fail(err, "token_secret", "missing; it is shared with webhookd", NULL);
	if (c->require_token && strlen(c->token_secret) < TOKEN_SECRET_MIN)
		return fail(err, "token_secret", "shorter than 16 bytes", NULL);
	if ((c->tls_cert[0] == '\0') != (c->tls_key[0] == '\0'))
		return fail(err, "tls_cert", "tls_cert and tls_key belong together", NULL);
	if (c->tls_cert[0] != '\0' && access(c->tls_cert, R_OK) == -1)
		return fail(err, "tls_cert", strerror(errno), c->tls_cert);
	if (c->tls_key[0] != '\0' && access(c->tls_key, R_OK) == -1)
		return fail(err, "tls_key", strerror(errno), c->tls_key);
	if (c->record && access(c->record_dir, W_OK | X_OK) == -1)
		return fail(err, "record_dir", strerror(errno), c->record_dir);
	return 0;
}
