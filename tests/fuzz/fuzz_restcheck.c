/* SPDX-License-Identifier: ISC */
/*
 * Bodies of REST requests as callsim checks them. The first byte says which:
 * 'c' create, 'p' PUT of a call, 't' talk, 's' stream, 'd' DTMF, else input/dtmf.
 */
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "tools/callsim/nccocheck.h"
#include "tools/callsim/restcheck.h"

static const char *const		numbers[] = { "442079460000", "442079460001" };
static const struct restcheck_account	account = { .numbers = numbers, .nnumbers = 2, .has_event_url = true };

static void
create(struct json_object *body, int *rc, struct rest_reply *reply)
{
	struct control_create	 c;
	struct ncco_action	 a = { .kind = NCCO_CONNECT };
	const char		*basic;
	char			 cause[NCCO_CAUSE_SIZE] = "";

	if ((*rc = restcheck_create(body, &account, &c, &basic, reply)) == -1)
		return;
	must(c.endpoint != NULL, "nobody to call");
	/* as control_create() reads it */
	must(ncco_read_endpoint(&a, c.endpoint, cause, sizeof(cause)) == NCCO_OK || cause[0] != '\0', "refused without a cause");
	must((c.ncco != NULL) != (c.answer_url != NULL), "neither NCCO nor address, or both");
	must(c.ncco == NULL || json_object_is_type(c.ncco, json_type_array), "an NCCO that is no array");
	must(c.length_s >= 1 && c.length_s <= 7200 && c.ringing_s >= 1 && c.ringing_s <= 120, "a timer out of range");
	ncco_action_clear(&a);
}

static void
put(struct json_object *body, int *rc, struct rest_reply *reply)
{
	struct restcheck_put	p = { 0 };

	if ((*rc = restcheck_put(body, &p, reply)) == -1)
		return;
	must(*restcheck_action_name(p.action) != '\0', "an action without a name");
	must((p.action == RESTCHECK_TRANSFER) == (p.ncco != NULL || p.url != NULL), "a transfer without a destination");
}

static void
play(char what, struct json_object *body, int *rc, struct rest_reply *reply)
{
	struct restcheck_play	p = { 0 };

	if (what == 't')
		*rc = restcheck_talk(body, &p, reply);
	else if (what == 's')
		*rc = restcheck_stream(body, &p, reply);
	else if (what == 'd')
		*rc = restcheck_dtmf(body, &p, reply);
	else
		*rc = restcheck_input_dtmf(body, &p, reply);
	if (*rc == 0) {
		must((what == 't' ? p.plain : p.text) != NULL && p.loop >= 0, "nothing to play");
		must(p.level >= -1 && p.level <= 1, "a level out of range");
		must(what != 'd' || strspn(p.text, "0123456789*#p") == strlen(p.text), "a key that is none");
	}
	free(p.plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rest_reply	 reply = { 0 };
	struct json_object	*body;
	int			 rc = 0;

	if (size == 0 || (body = json_parse((const char *)data + 1, size - 1, NULL)) == NULL)
		return 0;
	if (data[0] == 'c')
		create(body, &rc, &reply);
	else if (data[0] == 'p')
		put(body, &rc, &reply);
	else
		play((char)data[0], body, &rc, &reply);
	must(rc == 0 || (reply.status >= 400 && reply.status < 500 && reply.body != NULL), "refused without a cause");
	must(rc == -1 || (reply.status == 0 && reply.body == NULL), "taken with a refusal");
	json_object_put(reply.body);
	json_object_put(body);
	return 0;
}
