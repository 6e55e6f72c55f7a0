/* SPDX-License-Identifier: ISC */
#include "tests/provider/serve.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>

#include "common/buf.h"
#include "common/json.h"

#define RATE_HZ		24000
#define MS_A_CHAR	20
#define BODY_MAX	(26 << 20)

struct provider {
	struct event_base	*base;
	struct evhttp		*http;
	char			 key[256], text[1024], refusal[256];
	int			 port, left;
	enum behaviour		 behaviour;
	unsigned		 requests;
	enum behaviour		 now;	/* of the request that is being served */
};

static const char *const behaviours[] = {
	"well", "error-500", "rate-limit", "no-credit", "bad-gateway", "stall", "stall-later", "cut", "error-later",
	"reason", "whole", "wav", NULL,
};

int
provider_behaviour(const char *name)
{
	int	 i;

	for (i = 0; behaviours[i] != NULL; i++)
		if (strcmp(behaviours[i], name) == 0)
			return i;
	return -1;
}

/* ---- answers ---- */

static void
reply(struct evhttp_request *req, int status, const char *type, const void *data, size_t len)
{
	struct evbuffer	*out = evbuffer_new();

	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
	(void)evbuffer_add(out, data, len);
	evhttp_send_reply(req, status, NULL, out);
	evbuffer_free(out);
}

static void
refuse(struct provider *p, struct evhttp_request *req, int status, const char *code, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void
refuse(struct provider *p, struct evhttp_request *req, int status, const char *code, const char *fmt, ...)
{
	struct buf	 body;
	va_list		 ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->refusal, sizeof(p->refusal), fmt, ap);
	va_end(ap);
	buf_init(&body, 4096);
	(void)buf_puts(&body, "{\"error\":{\"message\":");
	(void)buf_put_json_str(&body, p->refusal, strlen(p->refusal));
	(void)buf_printf(&body, ",\"type\":\"%s\",\"param\":null,\"code\":\"%s\"}}",
	    status == 429 && strcmp(code, "insufficient_quota") == 0 ? "insufficient_quota" : "invalid_request_error", code);
	reply(req, status, "application/json", body.data, body.len);
	buf_clear(&body);
}

static void
chunk(struct evhttp_request *req, const void *data, size_t len)
{
	struct evbuffer	*out = evbuffer_new();

	(void)evbuffer_add(out, data, len);
	evhttp_send_reply_chunk(req, out);
	evbuffer_free(out);
}

static void
begin_stream(struct evhttp_request *req, const char *type)
{
	(void)evhttp_add_header(evhttp_request_get_output_headers(req), "Content-Type", type);
	evhttp_send_reply_start(req, 200, "OK");
}

static void
on_cut(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	evhttp_connection_free(arg);
}

/* The client went away: the request is ours alone now, and is freed so. */
static void
on_left(struct evhttp_connection *conn, void *req)
{
	(void)conn;
	if (evhttp_request_get_connection(req) == NULL)
		evhttp_send_reply_end(req);
}

/* Never finish the request. */
static bool
stall(struct evhttp_request *req)
{
	evhttp_connection_set_closecb(evhttp_request_get_connection(req), on_left, req);
	return true;
}

/* After the beginning of a body: true when it is to go no further. */
static bool
break_off(struct provider *p, struct evhttp_request *req)
{
	struct timeval	 soon = { 0, 30000 };	/* what was written is to arrive first */

	if (p->now == BEHAVE_CUT) {
		(void)event_base_once(p->base, -1, EV_TIMEOUT, on_cut, evhttp_request_get_connection(req), &soon);
		return true;
	}
	return p->now == BEHAVE_STALL_LATER && stall(req);
}

/* ---- multipart ---- */

struct part { char name[64], filename[128], type[64]; const char *data; size_t len; };

static bool
header_param(const char *header, size_t len, const char *key, char *out, size_t size)
{
	const char	*at = memmem(header, len, key, strlen(key)), *end;

	if (at == NULL)
		return false;
	at += strlen(key);
	if ((end = memchr(at, '"', len - (size_t)(at - header))) == NULL)
		return false;
	(void)snprintf(out, size, "%.*s", (int)(end - at), at);
	return true;
}

/* The part that begins at *at (behind a boundary line); *at moves behind the next boundary. */
static bool
next_part(const char *body, size_t len, const char *boundary, size_t *at, struct part *ret)
{
	const char	*begin = body + *at, *head_end, *end, *type;
	size_t		 left = len - *at;

	memset(ret, 0, sizeof(*ret));
	if (left < 2 || memcmp(begin, "--", 2) == 0 ||
	    (head_end = memmem(begin, left, "\r\n\r\n", 4)) == NULL ||
	    (end = memmem(head_end, left - (size_t)(head_end - begin), boundary, strlen(boundary))) == NULL)
		return false;
	(void)header_param(begin, (size_t)(head_end - begin), " name=\"", ret->name, sizeof(ret->name));
	(void)header_param(begin, (size_t)(head_end - begin), "filename=\"", ret->filename, sizeof(ret->filename));
	if ((type = memmem(begin, (size_t)(head_end - begin), "Content-Type: ", 14)) != NULL)
		(void)snprintf(ret->type, sizeof(ret->type), "%.*s", (int)strcspn(type + 14, "\r"), type + 14);
	ret->data = head_end + 4;
	ret->len = (size_t)(end - ret->data);
	*at = (size_t)(end - body) + strlen(boundary);
	return true;
}

static uint32_t
get_u32(const char *data)
{
	const uint8_t	*p = (const uint8_t *)data;

	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Milliseconds of a canonical WAV file, or what is wrong with it. */
static const char *
check_wav(const struct part *f, unsigned *ret_ms)
{
	const char	*dot = strrchr(f->filename, '.');
	uint32_t	 rate;

	if (dot == NULL || strcmp(dot, ".wav") != 0)
		return "the file has no name that ends in .wav";
	if (strcmp(f->type, "audio/wav") != 0)
		return "the file's type is not audio/wav";
	if (f->len < 44 || memcmp(f->data, "RIFF", 4) != 0 || memcmp(f->data + 8, "WAVEfmt ", 8) != 0 ||
	    memcmp(f->data + 36, "data", 4) != 0)
		return "Invalid file format.";
	if (get_u32(f->data + 4) != f->len - 8 || get_u32(f->data + 40) != f->len - 44)
		return "the sizes in the WAV header do not fit the file";
	if (get_u32(f->data + 20) != 0x00010001 || get_u32(f->data + 32) != 0x00100002)
		return "not 16-bit PCM in one channel";
	rate = get_u32(f->data + 24);
	if (rate < 8000 || rate > 48000 || get_u32(f->data + 28) != rate * 2)
		return "a wrong rate in the WAV header";
	*ret_ms = (unsigned)((f->len - 44) / 2 * 1000 / rate);
	return *ret_ms < 100 ? "Audio file is too short. Minimum audio length is 0.1 seconds." : NULL;
}

static bool
is(const struct part *f, const char *text)
{
	return f->len == strlen(text) && memcmp(f->data, text, f->len) == 0;
}

/* One field; NULL when it is right. */
static const char *
check_field(const struct part *f, unsigned *ret_ms, bool *ret_model)
{
	if (strcmp(f->name, "file") == 0)
		return check_wav(f, ret_ms);
	if (strcmp(f->name, "model") == 0) {
		*ret_model = f->len > 0;
		return *ret_model ? NULL : "model is empty";
	}
	if (strcmp(f->name, "language") == 0)
		return f->len == 2 ? NULL : "language is no ISO-639-1 code";
	if (strcmp(f->name, "response_format") == 0)
		return is(f, "json") ? NULL : "response_format is not json";
	return strcmp(f->name, "prompt") == 0 || strcmp(f->name, "temperature") == 0 ? NULL : "a field that is not known";
}

static void
transcribe(struct provider *p, struct evhttp_request *req, const char *body, size_t len)
{
	const char	*type = evhttp_find_header(evhttp_request_get_input_headers(req), "Content-Type"), *cause = NULL, *b;
	char		 boundary[128], text[1200];
	struct part	 part;
	struct buf	 out;
	unsigned	 ms = 0;
	bool		 model = false;
	size_t		 at;

	if (type == NULL || strncmp(type, "multipart/form-data", 19) != 0 || (b = strstr(type, "boundary=")) == NULL) {
		refuse(p, req, 400, "bad_type", "not multipart/form-data");
		return;
	}
	(void)snprintf(boundary, sizeof(boundary), "\r\n--%s", b + 9);
	for (at = strlen(boundary) - 2; cause == NULL && next_part(body, len, boundary, &at, &part); )
		if ((cause = check_field(&part, &ms, &model)) != NULL)
			refuse(p, req, 400, "bad_field", "%s: %s", part.name, cause);
	if (cause != NULL)
		return;
	if (ms == 0 || !model) {
		refuse(p, req, 400, "missing", "file and model are required");
		return;
	}
	(void)snprintf(text, sizeof(text), "%s", p->text);
	if (text[0] == '\0')
		(void)snprintf(text, sizeof(text), "%u ms of audio", ms);
	buf_init(&out, 4096);
	(void)buf_puts(&out, "{\"text\":");
	(void)buf_put_json_str(&out, text, strlen(text));
	(void)buf_printf(&out, ",\"usage\":{\"type\":\"duration\",\"seconds\":%u}}", ms / 1000 + 1);
	reply(req, 200, "application/json", out.data, out.len);
	buf_clear(&out);
}

/* ---- chat ---- */

static const char *const chat_fields[] = {
	"model", "messages", "stream", "stream_options", "max_completion_tokens", "max_tokens", "temperature", "top_p",
	"reasoning_effort", "tools", "tool_choice", "parallel_tool_calls", "stop", NULL,
};
static const char *const speech_fields[] = { "model", "input", "voice", "instructions", "response_format", "speed", "stream_format", NULL };

static const char *
unknown_field(struct json_object *obj, const char *const *known)
{
	size_t	 i;

	json_object_object_foreach(obj, name, value) {
		(void)value;
		for (i = 0; known[i] != NULL && strcmp(known[i], name) != 0; i++)
			;
		if (known[i] == NULL)
			return name;
	}
	return NULL;
}

static const char *
check_message(struct json_object *m)
{
	static const char *const roles[] = { "system", "user", "assistant", "tool", "developer", NULL };
	const char	*role = json_object_is_type(m, json_type_object) ? json_get_str(m, "role") : NULL;
	size_t		 i;

	if (role == NULL || json_get_str(m, "content") == NULL)
		return "a message has no role or no content";
	for (i = 0; roles[i] != NULL; i++)
		if (strcmp(roles[i], role) == 0)
			return NULL;
	return "a role that is not known";
}

static const char *
check_chat(struct json_object *obj)
{
	struct json_object	*messages = json_get_arr(obj, "messages");
	const char		*cause;
	size_t			 i;

	if (json_get_str(obj, "model") == NULL)
		return "model is missing";
	if (messages == NULL || json_object_array_length(messages) == 0)
		return "messages is missing or empty";
	for (i = 0; i < json_object_array_length(messages); i++)
		if ((cause = check_message(json_object_array_get_idx(messages, i))) != NULL)
			return cause;
	if (json_get(obj, "stream_options") != NULL && !json_get_bool(obj, "stream", false))
		return "stream_options without stream";
	if (json_get(obj, "max_tokens") != NULL && json_get(obj, "max_completion_tokens") != NULL)
		return "max_tokens and max_completion_tokens at once";
	return json_get(obj, "temperature") != NULL && json_get_str(obj, "temperature") != NULL ? "temperature is no number" : NULL;
}

static const char *
last_words(struct json_object *obj)
{
	struct json_object	*messages = json_get_arr(obj, "messages");
	size_t			 i;

	for (i = json_object_array_length(messages); i > 0; i--)
		if (strcmp(json_get_str(json_object_array_get_idx(messages, i - 1), "role"), "user") == 0)
			return json_get_str(json_object_array_get_idx(messages, i - 1), "content");
	return "";
}

static void
delta(struct evhttp_request *req, const char *member, const char *text)
{
	struct buf	 out;

	buf_init(&out, 65536);
	(void)buf_printf(&out, "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\","
	    "\"choices\":[{\"index\":0,\"delta\":{\"%s\":", member);
	(void)buf_put_json_str(&out, text, strlen(text));
	(void)buf_puts(&out, "},\"finish_reason\":null}],\"usage\":null}\n\n");
	chunk(req, out.data, out.len);
	buf_clear(&out);
}

static void
event(struct evhttp_request *req, const char *json)
{
	struct buf	 out;

	buf_init(&out, 65536);
	(void)buf_printf(&out, "data: %s\n\n", json);
	chunk(req, out.data, out.len);
	buf_clear(&out);
}

static void
stream_words(struct provider *p, struct evhttp_request *req, const char *said)
{
	char	 word[2] = "";

	if (p->now == BEHAVE_REASON) {
		delta(req, "reasoning_content", "what may that mean");
		delta(req, "content", "<thi");
		delta(req, "content", "nk>hm</think>");
	}
	delta(req, "content", "You said: ");
	for (; *said != '\0'; said++) {
		word[0] = *said;
		if (((unsigned char)*said & 0x80) != 0)
			break;
		delta(req, "content", word);
	}
	if (*said != '\0')
		delta(req, "content", said);
	delta(req, "content", ".");
}

/* In two pieces. */
static void
call_function(struct evhttp_request *req, const char *name)
{
	char	text[300];

	(void)snprintf(text, sizeof(text), "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"call_7\",\"type\":\"function\","
	    "\"function\":{\"name\":\"%s\",\"arguments\":\"\"}}]}}]}", name);
	event(req, text);
	event(req, "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
	    "\"{\\\"reason\\\":\\\"caller_goodbye\\\"}\"}}]}}]}");
}

/* Is the function among those that the request offers? */
static bool
offers(struct json_object *tools, const char *name)
{
	size_t	i;

	for (i = 0; tools != NULL && i < json_object_array_length(tools); i++)
		if (strcmp(json_get_str_or(json_get_obj(json_object_array_get_idx(tools, i), "function"), "name", ""), name) == 0)
			return true;
	return false;
}

static void
stream_chat(struct provider *p, struct evhttp_request *req, struct json_object *obj)
{
	const char	*said = last_words(obj);
	const char	*wants = strstr(said, "goodbye") != NULL ? "end_call" : strstr(said, "a person") != NULL ? "transfer_call" : "";
	bool		 calls = offers(json_get_arr(obj, "tools"), wants);

	begin_stream(req, "text/event-stream");
	chunk(req, ": hello\n\n", 9);
	event(req, "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}");
	if (p->now == BEHAVE_ERROR_LATER) {
		event(req, "{\"error\":{\"message\":\"the model fell over\",\"type\":\"server_error\",\"code\":null}}");
		evhttp_send_reply_end(req);
		return;
	}
	stream_words(p, req, said);
	if (break_off(p, req))
		return;
	if (calls)
		call_function(req, wants);
	event(req, calls ? "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}" :
	    "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}");
	if (json_get_obj(obj, "stream_options") != NULL)
		event(req, "{\"choices\":[],\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":7,\"total_tokens\":47}}");
	event(req, "[DONE]");
	evhttp_send_reply_end(req);
}

static void
whole_chat(struct evhttp_request *req, struct json_object *obj)
{
	struct buf	 out, text;

	buf_init(&out, 65536);
	buf_init(&text, 65536);
	(void)buf_printf(&text, "You said: %s.", last_words(obj));
	(void)buf_puts(&out, "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":");
	(void)buf_put_json_str(&out, text.data, text.len);
	(void)buf_puts(&out, "}}]}");
	reply(req, 200, "application/json", out.data, out.len);
	buf_clear(&out);
	buf_clear(&text);
}

static void
chat(struct provider *p, struct evhttp_request *req, struct json_object *obj)
{
	const char	*cause = unknown_field(obj, chat_fields);

	if (cause != NULL)
		refuse(p, req, 400, "unknown_parameter", "Unknown parameter: '%s'.", cause);
	else if ((cause = check_chat(obj)) != NULL)
		refuse(p, req, 400, "bad_request", "%s", cause);
	else if (p->now == BEHAVE_WHOLE || !json_get_bool(obj, "stream", false))
		whole_chat(req, obj);
	else
		stream_chat(p, req, obj);
}

/* ---- speech ---- */

static const char *
check_speech(struct json_object *obj)
{
	const char	*input = json_get_str(obj, "input"), *format = json_get_str_or(obj, "response_format", "mp3");

	if (json_get_str(obj, "model") == NULL || json_get_str(obj, "voice") == NULL)
		return "model and voice are required";
	if (input == NULL || input[0] == '\0' || strlen(input) > 4096 * 4)
		return "input is missing, empty or too long";
	return strcmp(format, "pcm") == 0 ? NULL : "response_format is not pcm";
}

static void
put_tone(struct buf *out, unsigned ms, unsigned rate_hz)
{
	size_t	 i, n = (size_t)ms * rate_hz / 1000;
	int16_t	 s;

	for (i = 0; i < n; i++) {
		s = (int16_t)lrint(8000 * sin(2 * M_PI * 400 * (double)i / rate_hz));
		(void)buf_append(out, &s, 2);
	}
}

static void
speech(struct provider *p, struct evhttp_request *req, struct json_object *obj)
{
	static const uint8_t	 head[] = "RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\1\0\1\0\x80\x3e\0\0\0\x7d\0\0\2\0\x10\0data\xff\xff\xff\xff";
	const char	*cause = unknown_field(obj, speech_fields);
	struct buf	 out;
	size_t		 at, n;

	if (cause == NULL)
		cause = check_speech(obj);
	if (cause != NULL) {
		refuse(p, req, 400, "bad_request", "%s", cause);
		return;
	}
	buf_init(&out, BODY_MAX);
	if (p->now == BEHAVE_WAV)
		(void)buf_append(&out, head, 44);
	put_tone(&out, MS_A_CHAR * (unsigned)strlen(json_get_str(obj, "input")), p->now == BEHAVE_WAV ? 16000 : RATE_HZ);
	begin_stream(req, p->now == BEHAVE_WAV ? "audio/wav" : "application/octet-stream");
	for (at = 0; at < out.len; at += n) {
		n = out.len - at < 1501 ? out.len - at : 1501;
		chunk(req, out.data + at, n);
		if (at > 3000 && break_off(p, req)) {
			buf_clear(&out);
			return;
		}
	}
	buf_clear(&out);
	evhttp_send_reply_end(req);
}

/* ---- requests ---- */

/* true: answered (or left) without looking at it. */
static bool
misbehave(struct provider *p, struct evhttp_request *req)
{
	if (p->now == BEHAVE_ERROR_500)
		refuse(p, req, 500, "server_error", "something broke");
	else if (p->now == BEHAVE_NO_CREDIT)
		refuse(p, req, 429, "insufficient_quota", "You exceeded your current quota");
	else if (p->now == BEHAVE_BAD_GATEWAY)
		reply(req, 502, "text/html", "<html>Bad Gateway</html>", 24);
	else if (p->now == BEHAVE_RATE_LIMIT) {
		(void)evhttp_add_header(evhttp_request_get_output_headers(req), "retry-after-ms", "20");
		refuse(p, req, 429, "rate_limit_exceeded", "Rate limit reached for requests");
	} else
		return p->now == BEHAVE_STALL && stall(req);
	return true;
}

static bool
authorised(const struct provider *p, struct evhttp_request *req)
{
	const char	*given = evhttp_find_header(evhttp_request_get_input_headers(req), "Authorization");

	if (p->key[0] == '\0')
		return given == NULL;
	return given != NULL && strncmp(given, "Bearer ", 7) == 0 && strcmp(given + 7, p->key) == 0;
}

static void
serve_json(struct provider *p, struct evhttp_request *req, const char *body, size_t len,
    void (*fn)(struct provider *, struct evhttp_request *, struct json_object *))
{
	const char		*type = evhttp_find_header(evhttp_request_get_input_headers(req), "Content-Type");
	struct json_object	*obj = json_parse(body, len, NULL);

	if (type == NULL || strcmp(type, "application/json") != 0)
		refuse(p, req, 400, "bad_type", "Content-Type is not application/json");
	else if (obj == NULL || !json_object_is_type(obj, json_type_object))
		refuse(p, req, 400, "bad_json", "We could not parse the JSON body of your request.");
	else
		fn(p, req, obj);
	json_object_put(obj);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct provider	*p = arg;
	struct evbuffer	*in = evhttp_request_get_input_buffer(req);
	const char	*path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(req));
	size_t		 len = evbuffer_get_length(in);
	const char	*body = len == 0 ? "" : (const char *)evbuffer_pullup(in, -1);

	p->requests++;
	p->refusal[0] = '\0';
	p->now = p->left > 0 ? p->behaviour : BEHAVE_WELL;
	if (p->left > 0)
		p->left--;
	if (misbehave(p, req))
		return;
	if (!authorised(p, req))
		refuse(p, req, 401, "invalid_api_key", "Incorrect API key provided");
	else if (evhttp_request_get_command(req) != EVHTTP_REQ_POST)
		refuse(p, req, 405, "method", "only POST");
	else if (strcmp(path, "/v1/audio/transcriptions") == 0)
		transcribe(p, req, body, len);
	else if (strcmp(path, "/v1/chat/completions") == 0)
		serve_json(p, req, body, len, chat);
	else if (strcmp(path, "/v1/audio/speech") == 0)
		serve_json(p, req, body, len, speech);
	else
		refuse(p, req, 404, "not_found", "Invalid URL (%s)", path);
}

/* ---- life ---- */

struct provider *
provider_new(struct event_base *base, const char *key)
{
	struct provider	*p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->base = base;
	(void)snprintf(p->key, sizeof(p->key), "%s", key);
	if ((p->http = evhttp_new(base)) == NULL) {
		free(p);
		return NULL;
	}
	evhttp_set_max_body_size(p->http, BODY_MAX);
	evhttp_set_gencb(p->http, on_request, p);
	return p;
}

int
provider_listen(struct provider *p, int port)
{
	struct evhttp_bound_socket	*bound;
	struct sockaddr_storage		 sa;
	socklen_t			 len = sizeof(sa);

	if ((bound = evhttp_bind_socket_with_handle(p->http, "127.0.0.1", (uint16_t)port)) == NULL ||
	    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sa, &len) == -1)
		return -1;
	p->port = ntohs(((struct sockaddr_in *)&sa)->sin_port);
	return 0;
}

void
provider_free(struct provider *p)
{
	evhttp_free(p->http);
	free(p);
}

int
provider_port(const struct provider *p)
{
	return p->port;
}

void
provider_behave(struct provider *p, enum behaviour b, int n)
{
	p->behaviour = b;
	p->left = n;
}

void
provider_set_text(struct provider *p, const char *text)
{
	(void)snprintf(p->text, sizeof(p->text), "%s", text);
}

unsigned
provider_requests(const struct provider *p)
{
	return p->requests;
}

const char *
provider_refusal(const struct provider *p)
{
	return p->refusal;
}
