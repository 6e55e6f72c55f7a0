/* SPDX-License-Identifier: ISC */
#include "webhookd/leftsockets.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/json.h"
#include "common/log.h"
#include "webhookd/event.h"
#include "webhookd/jobs.h"
#include "webhookd/webhookd.h"

#define LEFT_MS	5000	/* for Vonage to do it by itself */

static bool
note_socket(void *arg, const struct store_leg *l)
{
	struct leftsockets	*s = arg;

	if (strcmp(l->type, "websocket") == 0 && l->rank < EVENT_RANK_TERMINAL && strlen(l->uuid) < sizeof(s->legs[0]))
		(void)snprintf(s->legs[s->n++], sizeof(s->legs[0]), "%s", l->uuid);
	return s->n < LEFTSOCKETS_MAX;
}

void
leftsockets_note(struct webhookd *w, const struct callid *call, struct leftsockets *ret)
{
	ret->n = 0;
	if (store_each_leg(w->store, call, note_socket, ret) == -1)
		log_error(&(struct log_ctx){ call->text }, "legs.read", "cause=%s did=left_the_socket_to_vonage", LOG_Q(strerror(errno)));
}

void
leftsockets_hang_up(struct webhookd *w, const struct callid *call, const struct leftsockets *s)
{
	struct json_object	*args;
	size_t			 i;

	for (i = 0; i < s->n; i++) {
		args = json_object_new_object();
		if (args == NULL || json_add_str(args, "leg", s->legs[i]) == -1 || json_add_str(args, "reason", "transferred") == -1 ||
		    jobs_add(w, "hangup", call, s->legs[i], args, clock_wall_ms() + LEFT_MS) == -1)
			log_warn(&(struct log_ctx){ call->text }, "store.refused", "what=hangup leg=%s cause=%s", s->legs[i], LOG_Q(strerror(errno)));
		json_object_put(args);
	}
}
