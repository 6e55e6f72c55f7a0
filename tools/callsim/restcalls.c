/* SPDX-License-Identifier: ISC */
/* What is below /v1/calls (spec/vonage.md 7): requests into orders for control.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"
#include "tools/callsim/control.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/restcheck.h"
#include "tools/callsim/restlist.h"
#include "tools/callsim/sim.h"

static void
fail_internal(struct rest_reply *reply)
{
	rest_fail_title(reply, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error");
}

static void
fail_unknown(struct rest_reply *reply)
{
	rest_fail_problem(reply, 404, "not-found", "Not Found", "Call does not exist, or cannot be accessed");
}

/* ---- create ---- */

static const char *
pick_number(const struct rest_options *o)
{
	unsigned char	r[2] = { 0 };

	(void)!getrandom(r, sizeof(r), 0);
	return o->numbers[(r[0] << 8 | r[1]) % o->nnumbers];
}

/* The old machine_detection as an object of the new one. */
static struct json_object *
basic_detection(const char *behavior)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "behavior", behavior);
	(void)json_add_str(o, "mode", "basic");
	return o;
}

static void
answer_created(const struct control_info *info, struct rest_reply *reply)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return;
	(void)json_add_str(o, "uuid", info->uuid);
	(void)json_add_str(o, "status", "started");
	(void)json_add_str(o, "direction", "outbound");
	(void)json_add_str(o, "conversation_uuid", info->conversation_uuid);
	reply->status = 201;
	reply->body = o;
}

static void
handle_create(const struct rest_request *req, struct rest_reply *reply)
{
	const struct rest_options	*o = &req->sim->options.rest;
	struct restcheck_account	 account = { o->numbers, o->nnumbers, req->sim->options.event_url != NULL };
	struct control_create		 create;
	struct control_info		 info;
	struct json_object		*made = NULL;
	struct leg			*leg;
	const char			*basic;
	char				 cause[CONTROL_CAUSE_SIZE] = "";

	reply->note = "create";
	if (restcheck_create(req->body, &account, &create, &basic, reply) == -1)
		return;
	if (create.from == NULL)
		create.from = pick_number(o);
	if (basic != NULL)
		create.detection = made = basic_detection(basic);
	if ((leg = control_create(req->sim, &create, cause)) != NULL) {
		control_describe(leg, &info);
		answer_created(&info, reply);
		rest_created(req->sim->rest, info.uuid);
	} else if (errno == EINVAL)
		rest_fail_parameter(reply, create.ncco != NULL ? "ncco" : "to", cause);
	else
		fail_internal(reply);
	json_object_put(made);
}

/* ---- look ---- */

struct gather {
	const struct restlist *q;
	struct json_object *list;
};

static bool
gather_leg(void *arg, const struct leg *leg)
{
	struct gather		*g = arg;
	struct json_object	*o;
	struct control_info	 info;

	control_describe(leg, &info);
	if (restlist_takes(g->q, &info) && (o = restlist_call(&info)) != NULL)
		(void)json_object_array_add(g->list, o);
	return true;
}

static void
handle_list(const struct rest_request *req, struct rest_reply *reply)
{
	struct restlist	q;
	struct gather	g = { .q = &q };

	if (restlist_parse(req->query, &q, reply) == -1)
		return;
	if ((g.list = json_object_new_array()) == NULL) {
		fail_internal(reply);
		return;
	}
	control_each(req->sim, gather_leg, &g);
	if ((reply->body = restlist_page(&q, g.list)) != NULL)
		reply->status = 200;
	json_object_put(g.list);
}

static void
handle_get(const struct rest_request *req, struct rest_reply *reply)
{
	struct leg		*leg = control_find(req->sim, req->id);
	struct control_info	 info;

	if (leg == NULL) {
		fail_unknown(reply);
		return;
	}
	control_describe(leg, &info);
	if ((reply->body = restlist_call(&info)) != NULL)
		reply->status = 200;
}

/* ---- change ---- */

static void
answer_result(enum control_result result, int good, const char *name, const char *cause, struct rest_reply *reply)
{
	switch (result) {
	case CONTROL_OK:
		reply->status = good;
		break;
	case CONTROL_OVER:
		fail_unknown(reply);
		break;
	case CONTROL_NOT_UP:
		rest_fail_title(reply, 400, "BAD_REQUEST", "Bad Request");
		break;
	case CONTROL_BAD:
		rest_fail_parameter(reply, name, cause);
		break;
	case CONTROL_ERROR:
		fail_internal(reply);
		break;
	}
}

/* A hang-up too soon after the creation is refused (spec/vonage.md 7.6). */
static bool
too_soon(const struct rest_request *req, const struct leg *leg)
{
	struct control_info	info;

	control_describe(leg, &info);
	return info.living && strcmp(info.direction, "outbound") == 0 &&
	    clock_wall_ms() - info.created_ms < req->sim->options.rest.hangup_after_ms;
}

static enum control_result
carry_out(struct leg *leg, const struct restcheck_put *put, char cause[CONTROL_CAUSE_SIZE])
{
	switch (put->action) {
	case RESTCHECK_HANGUP:
		return control_hangup(leg);
	case RESTCHECK_MUTE:
	case RESTCHECK_UNMUTE:
		return control_mute(leg, put->action == RESTCHECK_MUTE);
	case RESTCHECK_EARMUFF:
	case RESTCHECK_UNEARMUFF:
		return control_earmuff(leg, put->action == RESTCHECK_EARMUFF);
	case RESTCHECK_TRANSFER:
		return put->ncco != NULL ? control_transfer(leg, put->ncco, cause) :
		    control_transfer_url(leg, put->url);
	}
	return CONTROL_ERROR;
}

static void
handle_put(const struct rest_request *req, struct rest_reply *reply)
{
	struct restcheck_put	 put;
	struct leg		*leg;
	char			 cause[CONTROL_CAUSE_SIZE] = "";

	if (restcheck_put(req->body, &put, reply) == -1)
		return;
	reply->note = restcheck_action_name(put.action);
	if ((leg = control_find(req->sim, req->id)) == NULL)
		fail_unknown(reply);
	else if (put.action == RESTCHECK_HANGUP && too_soon(req, leg))
		rest_fail_title(reply, 400, "BAD_REQUEST", "Bad Request");
	else
		answer_result(carry_out(leg, &put, cause), 204, "destination.ncco", cause, reply);
}

/* ---- play ---- */

static void
answer_played(enum control_result result, const struct rest_request *req, const char *message,
    struct rest_reply *reply)
{
	answer_result(result, 200, "body", "cannot be played", reply);
	if (result != CONTROL_OK || (reply->body = json_object_new_object()) == NULL)
		return;
	(void)json_add_str(reply->body, "message", message);
	(void)json_add_str(reply->body, "uuid", req->id);
}

static struct leg *
leg_of(const struct rest_request *req, struct rest_reply *reply)
{
	struct leg	*leg = control_find(req->sim, req->id);

	if (leg == NULL)
		fail_unknown(reply);
	return leg;
}

static void
handle_talk(const struct rest_request *req, struct rest_reply *reply)
{
	struct restcheck_play	 p;
	struct leg		*leg;

	reply->note = "talk";
	if (restcheck_talk(req->body, &p, reply) == -1)
		return;
	if ((leg = leg_of(req, reply)) != NULL)
		answer_played(control_talk(leg, p.plain, p.language, p.loop, p.level), req, "Talk started", reply);
	free(p.plain);
}

static void
handle_talk_stop(const struct rest_request *req, struct rest_reply *reply)
{
	struct leg	*leg = leg_of(req, reply);

	reply->note = "talk stop";
	if (leg != NULL)
		answer_played(control_talk_stop(leg), req, "Talk stopped", reply);
}

static void
handle_stream(const struct rest_request *req, struct rest_reply *reply)
{
	struct restcheck_play	 p;
	struct leg		*leg;

	reply->note = "stream";
	if (restcheck_stream(req->body, &p, reply) == 0 && (leg = leg_of(req, reply)) != NULL)
		answer_played(control_stream(leg, p.text, p.loop, p.level), req, "Stream started", reply);
}

static void
handle_stream_stop(const struct rest_request *req, struct rest_reply *reply)
{
	struct leg	*leg = leg_of(req, reply);

	reply->note = "stream stop";
	if (leg != NULL)
		answer_played(control_stream_stop(leg), req, "Stream stopped", reply);
}

static void
handle_dtmf(const struct rest_request *req, struct rest_reply *reply)
{
	struct restcheck_play	 p;
	struct leg		*leg;

	reply->note = "dtmf";
	if (restcheck_dtmf(req->body, &p, reply) == 0 && (leg = leg_of(req, reply)) != NULL)
		answer_played(control_dtmf(leg, p.text), req, "DTMF sent", reply);
}

/* The answers of these have no body (spec/vonage.md 7.5). */
static void
handle_input(const struct rest_request *req, struct rest_reply *reply)
{
	struct restcheck_play	 p;
	struct leg		*leg;

	reply->note = "input dtmf";
	if (restcheck_input_dtmf(req->body, &p, reply) == 0 && (leg = leg_of(req, reply)) != NULL)
		answer_result(control_input_dtmf(leg, p.text), 200, "input", "is not asynchronous", reply);
}

static void
handle_input_stop(const struct rest_request *req, struct rest_reply *reply)
{
	struct leg	*leg = leg_of(req, reply);

	reply->note = "input dtmf stop";
	if (leg != NULL)
		answer_result(control_input_dtmf(leg, NULL), 200, "input", "is not asynchronous", reply);
}

#define OTHERS	REST_LIMIT_OTHERS, false
const struct rest_route restcalls_routes[] = {
	{ EVHTTP_REQ_POST, "/v1/calls", REST_CREATE, REST_LIMIT_CREATES, false, handle_create },
	{ EVHTTP_REQ_GET, "/v1/calls", REST_LIST, OTHERS, handle_list },
	{ EVHTTP_REQ_GET, "/v1/calls/*", REST_GET, OTHERS, handle_get },
	{ EVHTTP_REQ_PUT, "/v1/calls/*", REST_PUT, OTHERS, handle_put },
	{ EVHTTP_REQ_PUT, "/v1/calls/*/talk", REST_PLAY, OTHERS, handle_talk },
	{ EVHTTP_REQ_DELETE, "/v1/calls/*/talk", REST_PLAY, OTHERS, handle_talk_stop },
	{ EVHTTP_REQ_PUT, "/v1/calls/*/stream", REST_PLAY, OTHERS, handle_stream },
	{ EVHTTP_REQ_DELETE, "/v1/calls/*/stream", REST_PLAY, OTHERS, handle_stream_stop },
	{ EVHTTP_REQ_PUT, "/v1/calls/*/dtmf", REST_PLAY, OTHERS, handle_dtmf },
	{ EVHTTP_REQ_PUT, "/v1/calls/*/input/dtmf", REST_PLAY, OTHERS, handle_input },
	{ EVHTTP_REQ_DELETE, "/v1/calls/*/input/dtmf", REST_PLAY, OTHERS, handle_input_stop },
	{ 0, NULL, REST_OTHER, REST_LIMIT_NONE, false, NULL }
};
