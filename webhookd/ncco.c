/* SPDX-License-Identifier: ISC */
/* See ncco.h; ncco_build.c has what is added to each action. */
#include "webhookd/ncco.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/langtag.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/token.h"
#include "webhookd/actions.h"
#include "webhookd/calls.h"
#include "webhookd/ncco_build.h"
#include "webhookd/talk.h"
#include "webhookd/webhookd.h"

static void
on_report(void *arg, bool warning, const char *text)
{
	(void)arg;
	if (warning)
		log_warn(NULL, "flow.odd", "cause=%s", LOG_Q(text));
	else
		log_error(NULL, "flow.bad", "cause=%s", LOG_Q(text));
}

int
ncco_load(const struct webhookd_conf *conf, struct flow_set **ret, char *err, size_t err_size)
{
	const char *const	 needed[] = { conf->flow, "reconnect", "moment", "busy", "apology", NULL };
	struct flow_report	 r = { .fn = on_report };

	if ((*ret = flow_set_load(conf->flow_dir, needed, &r)) != NULL)
		return 0;
	if (r.errors > 1)
		(void)snprintf(err, err_size, "%s (and %zu more)", r.first, r.errors - 1);
	else
		(void)snprintf(err, err_size, "%s", r.first[0] != '\0' ? r.first : "out of memory");
	return -1;
}

/* Where the greeting is SSML, an "&" in a name would spoil it. */
static void
put_name(const char *name, bool ssml, char *out, size_t size)
{
	const char	*entity;
	size_t		 n = 0;

	for (out[0] = '\0'; *name != '\0' && n + 8 < size; name++) {
		entity = ssml ? talk_entity(*name) : NULL;
		n += (size_t)(entity != NULL ? snprintf(out + n, size - n, "%s", entity) : snprintf(out + n, size - n, "%c", *name));
	}
}

/*
 * Vonage's talk has no Persian voice (spec/vonage.md 10): there the greeting
 * is left to the bot, who has one.
 */
static void
make_greeting(const struct webhookd_conf *conf, const struct store_call *call, const char *language, char *out, size_t size)
{
	const char	*text = call->name[0] != '\0' ? conf->greeting_known : conf->greeting_unknown;
	const char	*at = strstr(text, "${contact.name}");
	char		 name[6 * sizeof(call->name)];

	put_name(call->name, strstr(text, "<speak") != NULL, name, sizeof(name));
	if (langtag_spoken(language) == NULL)
		out[0] = '\0';
	else if (at == NULL)
		(void)snprintf(out, size, "%s", text);
	else
		(void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, name, at + strlen("${contact.name}"));
}

/* Names were checked when the flows were loaded: letters that need no escape. */
static void
make_event_url(const struct webhookd *w, const struct known_call *call, char *out, size_t size)
{
	const struct flow_state	*st = &call->flow;
	int			 n;

	n = snprintf(out, size, "%s/webhooks/event?c=%s", w->public_url, call->row.id.text);
	if (st->flow[0] != '\0' && n > 0 && (size_t)n < size)
		(void)snprintf(out + n, size - (size_t)n, "&f=%s&s=%s&n=%lld", st->flow, st->step, (long long)st->seq);
}

void
ncco_scope(struct webhookd *w, struct known_call *call, const char *flow, const char *uri, struct ncco_vars *v, struct flow_scope *ret)
{
	const struct webhookd_conf	*conf = conf_of(w);
	const struct store_call		*row = &call->row;
	bool				 outbound = strcmp(row->direction, "outbound") == 0;
	const struct flow_var		 vars[] = {
		{ "uuid", row->id.text }, { "conversation_uuid", row->conversation }, { "from", row->caller }, { "to", row->called },
		{ "direction", outbound ? "outbound" : "inbound" },
		{ "number", outbound ? row->caller : row->called }, { "person", outbound ? row->called : row->caller },
		{ "contact.name", row->name }, { "language", row->language }, { "assistant", row->assistant },
		{ "greeting", v->greeting }, { "busy_text", conf->busy_text }, { "moment_text", conf->moment_text },
		{ "apology_text", conf->apology_text }, { "machine", row->machine }, { "socket_uri", uri },
		{ "content_type", v->content_type }, { "event_url", v->event_url }, { "media_url", v->media_url },
	};

	static_assert(sizeof(vars) / sizeof(vars[0]) <= NCCO_VARS_MAX, "room for all variables");
	memcpy(v->vars, vars, sizeof(vars));
	v->n = sizeof(vars) / sizeof(vars[0]);
	*ret = (struct flow_scope){ call->flow.vars, v->vars, v->n, flow_find(w->flows, flow) };
	make_greeting(conf, row, flow_scope_get(ret, "language"), v->greeting, sizeof(v->greeting));
	(void)snprintf(v->content_type, sizeof(v->content_type), "audio/l16;rate=%d", conf->rate_hz);
	(void)snprintf(v->media_url, sizeof(v->media_url), "%.300s/media/static", w->public_url);
	make_event_url(w, call, v->event_url, sizeof(v->event_url));
}

char *
ncco_make(struct webhookd *w, struct known_call *call, const char *flow, const char *step, const char *uri, size_t *ret_len)
{
	const struct flow	*f = flow_find(w->flows, flow);
	const struct flow_step	*s = f != NULL ? flow_step_find(f, step) : NULL;
	struct ncco_vars	 vars;
	struct flow_scope	 scope;
	struct json_object	*ncco;
	const char		*text;
	char			*copy = NULL;

	if (s == NULL) {
		errno = ENOENT;
		return NULL;
	}
	ncco_scope(w, call, flow, uri, &vars, &scope);
	if ((ncco = ncco_build(w, call, s, &scope)) == NULL) {
		errno = ENOMEM;
		return NULL;
	}
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
