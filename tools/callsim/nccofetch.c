/* SPDX-License-Identifier: ISC */
#include "tools/callsim/nccofetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/delivery.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/sim.h"

void
nccofetch_bad(struct leg *leg, enum ncco_result r, const char *cause)
{
	char	why[NCCO_CAUSE_SIZE + 40];

	if (r == NCCO_REFUSED) {
		call_trouble(leg->call, CALL_RESULT_REFUSED, "NCCO refused: %s", cause);
		return;
	}
	call_trouble(leg->call, CALL_RESULT_BAD_NCCO, "NCCO: %s", cause);
	(void)snprintf(why, sizeof(why), "Syntax error in NCCO. %s", cause);
	leg_error(leg, why);
}

static const char *const why_names[] = {
	[NCCOFETCH_ANSWER] = "answer webhook", [NCCOFETCH_TRANSFER] = "transfer",
	[NCCOFETCH_ON_ANSWER] = "onAnswer",
};

static void
on_answer(void *arg, const struct web_reply *r)
{
	struct run_fetch	*f = arg;
	struct leg		*leg = f->leg;
	struct ncco		 ncco = { 0 };
	const char		*what = why_names[f->why];
	char			 cause[NCCO_CAUSE_SIZE];
	enum ncco_result	 rc;

	if (r->status != 200)
		call_trouble(leg->call, CALL_RESULT_REJECTED, "%s: %s (status %ld, %u attempts)", what,
		    r->status == 0 ? r->error : "refused", r->status, r->attempts);
	else if (r->content_type == NULL || strncasecmp(r->content_type, "application/json", 16) != 0)
		call_trouble(leg->call, CALL_RESULT_REJECTED, "%s: content type \"%s\"", what,
		    r->content_type == NULL ? "" : r->content_type);
	else if ((rc = ncco_parse(&ncco, r->body, r->body_len, cause, sizeof(cause))) != NCCO_OK)
		nccofetch_bad(leg, rc, cause);
	else {
		f->done(leg, &ncco);
		return;
	}
	f->done(leg, NULL);
}

static const char *
type_name(enum ncco_endpoint type)
{
	static const char *const names[] = {
		[NCCO_PHONE] = "phone", [NCCO_SIP] = "sip", [NCCO_VBC] = "vbc", [NCCO_APP] = "app",
		[NCCO_WEBSOCKET] = "websocket",
	};

	return names[type];
}

static char *
answer_body(struct leg *leg)
{
	struct json_object	*o = json_object_new_object();
	const char		*base = leg->sim->options.api_base;
	char			 self[64], *text;

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "from", leg->from);
	(void)json_add_str(o, "to", leg->to);
	(void)json_add_str(o, "uuid", leg->uuid);
	(void)json_add_str(o, "conversation_uuid", leg->conv_uuid);
	(void)json_add_str(o, "endpoint_type", type_name(leg->type));
	if (base != NULL && strcmp(base, "self") == 0) {
		(void)snprintf(self, sizeof(self), "http://127.0.0.1:%u", rest_port(leg->sim->rest));
		base = self;
	}
	(void)json_add_str(o, "region_url", base);
	text = mem_strdup(json_text(o, NULL));
	json_object_put(o);
	return text;
}

int
nccofetch(struct leg *leg, enum nccofetch_why why, const char *url, bool get, nccofetch_done *done)
{
	struct run_fetch	*f = why == NCCOFETCH_TRANSFER ? &leg->run.transfer : &leg->run.fetch;
	char			*body;
	int			 rc = -1;

	web_cancel(leg->sim->web, f);
	f->leg = leg;
	f->why = why;
	f->done = done;
	if ((body = answer_body(leg)) != NULL)
		rc = delivery_send(leg->sim->web, &(struct delivery){ .kind = DELIVERY_ANSWER, .url = url,
		    .get = get, .json = body }, on_answer, f);
	free(body);
	return rc;
}

void
nccofetch_cancel(struct leg *leg)
{
	web_cancel(leg->sim->web, &leg->run.fetch);
}

void
nccofetch_cancel_transfer(struct leg *leg)
{
	web_cancel(leg->sim->web, &leg->run.transfer);
}
