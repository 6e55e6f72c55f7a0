/* SPDX-License-Identifier: ISC */
#include "sockd/admit.h"

#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/token.h"
#include "sockd/call.h"
#include "sockd/sockd.h"

static int
refuse(const struct ws_request *req, int status, uint64_t *counter, const char *reason)
{
	static struct log_rate	 rate;
	unsigned long		 missed;

	(*counter)++;
	if (log_rate_ok(&rate, 100, &missed))
		log_warn(NULL, "upgrade.refused", "status=%d reason=%s uuid=%s peer=%s missed=%lu", status,
		    LOG_Q(reason), LOG_Q(req->uuid), LOG_Q(req->peer), missed);
	return status;
}

static int
check_token(struct sockd *s, const struct ws_request *req, const struct callid *id)
{
	const char		*secret = s->conf->token_secret, *reason = "";
	int64_t			 now_ms = clock_wall_ms();
	struct token_key	 key;

	if (req->token[0] == '\0')
		return refuse(req, 401, &s->n.refused_no_token, "no token");
	switch (token_check(secret, strlen(secret), id, req->token, now_ms, &reason, &key)) {
	case TOKEN_OK:
		break;
	case TOKEN_MALFORMED:
	case TOKEN_FORGED:
		return refuse(req, 403, &s->n.refused_forged, reason);
	case TOKEN_EXPIRED:
		return refuse(req, 403, &s->n.refused_expired, reason);
	}
	if (!token_seen_add(s->tokens, key.nonce, key.expiry_s, now_ms))
		return refuse(req, 403, &s->n.refused_reused, "token used before");
	return 0;
}

int
admit(struct sockd *s, const struct ws_request *req)
{
	struct callid	id;

	if (s->d->draining || s->stopping)
		return refuse(req, 503, &s->n.refused_draining, "draining");
	if (callid_parse(req->uuid, &id) == -1)
		return refuse(req, 400, &s->n.refused_bad_id, "no call id");
	/* Before the token is used up: webhookd may send the same call again. */
	if (s->ncalls >= (unsigned)s->conf->max_calls && call_find(s, &id) == NULL)
		return refuse(req, 503, &s->n.refused_full, "max_calls reached");
	return s->conf->require_token ? check_token(s, req, &id) : 0;
}
