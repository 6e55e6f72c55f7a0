/* SPDX-License-Identifier: ISC */
/* NCCOs from the flows: variables, the socket's address and its token. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/token.h"
#include "webhookd/flow.h"
#include "webhookd/webhookd.h"

#define HEADERS_MAX	512	/* spec/vonage.md 4.1: total size of a socket's headers */

static const char *const var_names[] = {
	"uuid", "conversation_uuid", "from", "to", "contact.name", "language", "assistant",
	"greeting", "busy_text", "moment_text", "apology_text", "socket_uri", "content_type",
	"event_url", NULL
};

int
ncco_load(const struct webhookd_conf *conf, struct flow *flows[FLOW_COUNT], char *err, size_t err_size)
{
	const char *const	names[FLOW_COUNT] = {
		[FLOW_ASSISTANT] = conf->flow, [FLOW_RECONNECT] = "reconnect",
		[FLOW_MOMENT] = "moment", [FLOW_BUSY] = "busy", [FLOW_APOLOGY] = "apology",
	};
	char			path[4096];
	int			i;

	for (i = 0; i < FLOW_COUNT; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.json", conf->flow_dir, names[i]);
		if ((flows[i] = flow_load(path, var_names, err, err_size)) != NULL)
			continue;
		while (i-- > 0) {
			flow_free(flows[i]);
			flows[i] = NULL;
		}
		return -1;
	}
	return 0;
}

/*
 * Vonage's talk has no Persian voice (spec/vonage.md 10): there the greeting
 * is left to the bot, who has one.
 */
static bool
talk_speaks(const char *language)
{
	return strncmp(language, "fa", 2) != 0;
}

static void
make_greeting(const struct webhookd_conf *conf, const struct store_call *call, char *out, size_t size)
{
	const char	*text = call->name[0] != '\0' ? conf->greeting_known : conf->greeting_unknown;
	const char	*at = strstr(text, "${contact.name}");

	if (!talk_speaks(call->language))
		out[0] = '\0';
	else if (at == NULL)
		(void)snprintf(out, size, "%s", text);
	else
		(void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, call->name, at + strlen("${contact.name}"));
}

/* The headers of the socket must not exceed 512 bytes: the least needed go first. */
static void
fit_headers(struct json_object *ncco)
{
	static const char *const	spare[] = { "name", "to", "from", "lang", "assistant" };
	struct json_object		*endpoint, *headers;
	size_t				 i, k, len;

	for (i = 0; i < json_object_array_length(ncco); i++) {
		endpoint = json_get_arr(json_object_array_get_idx(ncco, i), "endpoint");
		if (endpoint == NULL)
			continue;
		headers = json_get_obj(json_object_array_get_idx(endpoint, 0), "headers");
		for (k = 0; headers != NULL && k < sizeof(spare) / sizeof(spare[0]); k++) {
			(void)json_text(headers, &len);
			if (len <= HEADERS_MAX)
				break;
			json_object_object_del(headers, spare[k]);
			log_warn(NULL, "ncco.headers", "bytes=%zu max=%d did=left_out name=%s", len, HEADERS_MAX, spare[k]);
		}
	}
}

char *
ncco_make(struct webhookd *w, enum webhookd_flow flow, const struct store_call *call, const char *uri, size_t *ret_len)
{
	const struct webhookd_conf *conf = conf_of(w);
	char			 greeting[1501], content_type[40], event_url[512];
	struct flow_var		 vars[] = {
		{ "uuid", call->id.text }, { "conversation_uuid", call->conversation },
		{ "from", call->caller }, { "to", call->called }, { "contact.name", call->name },
		{ "language", call->language }, { "assistant", call->assistant },
		{ "greeting", greeting }, { "busy_text", conf->busy_text },
		{ "moment_text", conf->moment_text }, { "apology_text", conf->apology_text },
		{ "socket_uri", uri }, { "content_type", content_type }, { "event_url", event_url },
	};
	struct json_object	*ncco;
	const char		*text;
	char			*copy = NULL;

	make_greeting(conf, call, greeting, sizeof(greeting));
	(void)snprintf(content_type, sizeof(content_type), "audio/l16;rate=%d", conf->rate_hz);
	(void)snprintf(event_url, sizeof(event_url), "%s/webhooks/event", w->public_url);
	if ((ncco = flow_render(w->flows[flow], vars, sizeof(vars) / sizeof(vars[0]))) == NULL)
		return NULL;
	fit_headers(ncco);
	if ((text = json_text(ncco, ret_len)) != NULL)
		copy = mem_strndup(text, *ret_len);
	json_object_put(ncco);
	return copy;
}

static bool
uri_with_token(struct webhookd *w, const struct bus_peer *peer, const struct callid *id, char *out, size_t size)
{
	const struct webhookd_conf *conf = conf_of(w);
	char	token[TOKEN_SIZE];
	int	n;

	if (token_make(conf->token_secret, strlen(conf->token_secret), id, clock_wall_ms(), (unsigned)conf->token_ttl_s, token) == -1)
		return false;
	n = snprintf(out, size, "%s?uuid=%s&t=%s", peer->uri, id->text, token);
	return n > 0 && (size_t)n < size;
}

bool
ncco_socket_uri(struct webhookd *w, const struct callid *id, char *out, size_t size)
{
	struct bus_peer	*peer = bus_peer_least(w->d->bus, CONF_SOCKD, NULL, 0);

	if (peer == NULL || peer->uri[0] == '\0' || !uri_with_token(w, peer, id, out, size))
		return false;
	bus_peer_add_load(peer, 1);
	return true;
}

bool
ncco_any_socket_uri(struct webhookd *w, const struct callid *id, char *out, size_t size)
{
	struct bus_peer	*peer;
	size_t		 i;

	for (i = 0; (peer = bus_peer_at(w->d->bus, i)) != NULL; i++)
		if (peer->daemon == CONF_SOCKD && peer->uri[0] != '\0')
			return uri_with_token(w, peer, id, out, size);
	return false;
}
