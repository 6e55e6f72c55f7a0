/* SPDX-License-Identifier: ISC */
#include "tools/callsim/rest.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "common/json.h"
#include "common/log.h"
#include "common/mem.h"
#include "tools/callsim/call.h"
#include "tools/callsim/files.h"
#include "tools/callsim/sim.h"

#define PREFIX		"/v1/calls/"
#define BODY_MAX	(64 * 1024)
#define HEADERS_MAX	(16 * 1024)	/* a bearer token may be 8 KiB */
#define TIMEOUT_S	10

struct rest {
	struct sim	*sim;
	struct evhttp	*http;
	uint16_t	 port;
};

static const char *
method_name(struct evhttp_request *req)
{
	switch ((int)evhttp_request_get_command(req)) {
	case EVHTTP_REQ_GET:
		return "GET";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	}
	return "other";
}

/* Errors in the forms of spec/vonage.md 7.6; NULL body: 204. */
static void
answer(struct evhttp_request *req, int status, const char *reason, const char *body)
{
	struct evbuffer	*out = body == NULL ? NULL : evbuffer_new();

	if (out != NULL) {
		evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", "application/json");
		(void)evbuffer_add(out, body, strlen(body));
	}
	evhttp_send_reply(req, status, reason, out);
	if (out != NULL)
		evbuffer_free(out);
}

static void
note(struct call *c, struct evhttp_request *req, const char *action, int status)
{
	struct json_object	*o;

	if (c == NULL || c->details.rest == NULL || (o = json_object_new_object()) == NULL)
		return;
	(void)json_add_int(o, "ms", call_now_ms(c));
	(void)json_add_str(o, "method", method_name(req));
	(void)json_add_str(o, "path", evhttp_request_get_uri(req));
	(void)json_add_str(o, "action", action);
	(void)json_add_int(o, "status", status);
	(void)json_object_array_add(c->details.rest, o);
}

static bool
has_bearer(struct evhttp_request *req)
{
	const char	*auth;

	auth = evhttp_find_header(evhttp_request_get_input_headers(req), "Authorization");
	return auth != NULL && strncmp(auth, "Bearer ", 7) == 0 && auth[7] != '\0';
}

static struct json_object *
body_of(struct evhttp_request *req)
{
	struct evbuffer	*in = evhttp_request_get_input_buffer(req);
	size_t		 len = evbuffer_get_length(in);
	const char	*text = (const char *)evbuffer_pullup(in, -1);

	return len == 0 ? NULL : json_parse(text, len, NULL);
}

/* The status of a PUT, and the error body (NULL with 204). */
static int
judge(struct call *c, struct json_object *body, const char *action, const char **ret_error)
{
	if (!json_object_is_type(body, json_type_object) || action == NULL) {
		*ret_error = "{\"type\":\"BAD_REQUEST\",\"error_title\":\"Bad Request\"}";
		return 400;
	}
	if (c == NULL) {
		*ret_error = "{\"type\":\"https://developer.vonage.com/api-errors#not-found\","
		    "\"title\":\"Not Found\",\"detail\":\"no such call\"}";
		return 404;
	}
	if (strcmp(action, "hangup") != 0) {
		*ret_error = "{\"type\":400,\"title\":\"Bad Request\",\"invalid_parameters\":"
		    "[{\"reason\":\"callsim knows hangup only\",\"name\":\"action\"}]}";
		return 400;
	}
	*ret_error = NULL;
	return 204;
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct rest		*r = arg;
	const char		*path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	struct json_object	*body = NULL;
	struct call		*c = NULL;
	const char		*error, *action = NULL;
	int			 status = 404;

	if (files_serve(r->sim, req))
		return;
	if (path != NULL && strncmp(path, PREFIX, strlen(PREFIX)) == 0)
		c = sim_find(r->sim, path + strlen(PREFIX));
	error = "{\"type\":\"NOT_FOUND\",\"error_title\":\"Not Found\"}";
	if (!has_bearer(req)) {
		status = 401;
		error = "{\"type\":\"UNAUTHORIZED\",\"error_title\":\"Unauthorized\"}";
	} else if (path != NULL && strncmp(path, PREFIX, strlen(PREFIX)) == 0 &&
	    evhttp_request_get_command(req) == EVHTTP_REQ_PUT) {
		body = body_of(req);
		if (json_object_is_type(body, json_type_object))
			action = json_get_str(body, "action");
		status = judge(c, body, action, &error);
	}
	log_info(NULL, "rest", "method=%s path=%s status=%d", method_name(req),
	    LOG_Q(evhttp_request_get_uri(req)), status);
	note(c, req, action, status);
	answer(req, status, status == 204 ? "No Content" : NULL, error);
	json_object_put(body);
	if (status == 204)
		call_end(c, "platform");
}

struct rest *
rest_new(struct sim *sim, uint16_t port)
{
	struct rest			*r;
	struct evhttp_bound_socket	*bound;
	struct sockaddr_in		 sin;
	socklen_t			 len = sizeof(sin);

	if ((r = mem_calloc(1, sizeof(*r))) == NULL)
		return NULL;
	r->sim = sim;
	if ((r->http = evhttp_new(sim->base)) == NULL) {
		free(r);
		errno = ENOMEM;
		return NULL;
	}
	evhttp_set_allowed_methods(r->http, EVHTTP_REQ_GET | EVHTTP_REQ_PUT | EVHTTP_REQ_POST | EVHTTP_REQ_DELETE);
	evhttp_set_max_body_size(r->http, BODY_MAX);
	evhttp_set_max_headers_size(r->http, HEADERS_MAX);
	evhttp_set_timeout(r->http, TIMEOUT_S);
	evhttp_set_gencb(r->http, on_request, r);
	if ((bound = evhttp_bind_socket_with_handle(r->http, "127.0.0.1", port)) == NULL ||
	    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &len) == -1) {
		int saved_errno = errno;

		rest_free(r);
		errno = saved_errno;
		return NULL;
	}
	r->port = ntohs(sin.sin_port);
	return r;
}

void
rest_free(struct rest *r)
{
	if (r == NULL)
		return;
	evhttp_free(r->http);
	free(r);
}

uint16_t
rest_port(const struct rest *r)
{
	return r->port;
}
