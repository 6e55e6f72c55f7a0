/* SPDX-License-Identifier: ISC */
/* What is below /v1/calls (spec/vonage.md 7). */
#include <string.h>

#include "tools/callsim/call.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/restcheck.h"
#include "tools/callsim/sim.h"

static void
handle_put(const struct rest_request *req, struct rest_reply *reply)
{
	struct call		*c;
	struct restcheck_put	 put;

	if (restcheck_put(req->body, &put, reply) == -1)
		return;
	reply->note = restcheck_action_name(put.action);
	if ((c = sim_find(req->sim, req->id)) == NULL)
		rest_fail_problem(reply, 404, "not-found", "Not Found", "no such call");
	else if (put.action != RESTCHECK_HANGUP)
		rest_fail_parameter(reply, "action", "callsim knows hangup only");
	else {
		reply->status = 204;
		call_end(c, "platform");
	}
}

const struct rest_route restcalls_routes[] = {
	{ EVHTTP_REQ_PUT, "/v1/calls/*", REST_PUT, REST_LIMIT_OTHERS, false, handle_put },
	{ 0, NULL, REST_OTHER, REST_LIMIT_NONE, false, NULL }
};
