/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simsms.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <openssl/evp.h>

#include "common/clock.h"
#include "common/num.h"
#include "tools/callsim/nccocheck.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/sim.h"
#include "tools/callsim/simlog.h"
#include "tools/callsim/ssml.h"

#define PRICE	"0.03330000"	/* EUR a segment, as in the sample of spec/vonage.md 9.2 */

enum simsms_status {		/* spec/vonage.md 9.2 */
	SMS_OK = 0, SMS_THROTTLED = 1, SMS_MISSING = 2, SMS_INVALID = 3, SMS_CREDENTIALS = 4,
	SMS_QUOTA = 9, SMS_TOO_LONG = 12, SMS_SIGNATURE = 14, SMS_SENDER = 15, SMS_BOTH = 32
};

struct sms {			/* one message; borrowed texts */
	const char	*api, *to, *from, *text, *type, *ref;
	bool		 gsm;
	char		 id[SIM_UUID_SIZE];
};

struct json_object *
simsms_list(const struct sim *sim)
{
	return sim->sms.list;
}

void
simsms_clear(struct sim *sim)
{
	json_object_put(sim->sms.list);
	sim->sms.list = NULL;
}

static bool
digits(const char *text, size_t min, size_t max)
{
	size_t	len = strlen(text);

	return len >= min && len <= max && strspn(text, "0123456789") == len;
}

/* A number, or up to 11 letters and digits with a letter among them. */
static bool
sender_ok(const char *from)
{
	size_t	len = strlen(from), i;

	if (digits(from, 3, 15))
		return true;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)from[i]) && from[i] != ' ')
			return false;
	return len >= 1 && len <= 11;
}

/* "Basic base64(key:secret)". */
static bool
basic_ok(const char *authorization)
{
	unsigned char	 plain[1024];
	size_t		 len;

	if (authorization == NULL || strncmp(authorization, "Basic ", 6) != 0)
		return false;
	len = strlen(authorization + 6);
	if (len == 0 || len % 4 != 0 || len / 4 * 3 >= sizeof(plain) ||
	    EVP_DecodeBlock(plain, (const unsigned char *)authorization + 6, (int)len) == -1)
		return false;
	return memchr(plain, ':', len / 4 * 3) != NULL && plain[0] != ':';
}

/* ---- the account ---- */

static bool
throttled(struct sim *sim)
{
	struct simsms_state	*s = &sim->sms;
	int64_t			 now = clock_wall_ms() / 1000;

	if (now != s->second) {
		s->second = now;
		s->in_second = 0;
	}
	return sim->options.sms.per_s != 0 && ++s->in_second > sim->options.sms.per_s;
}

static bool
pay(struct sim *sim)
{
	struct simsms_options	*o = &sim->options.sms;

	return !o->balance_set || o->balance-- > 0;
}

static void
take(struct sim *sim, struct sms *m)
{
	struct json_object	*o = json_object_new_object();

	sim_uuid(m->id, true);
	sim->sms.taken++;
	if (o == NULL)
		return;
	(void)json_add_str(o, "api", m->api);
	(void)json_add_str(o, "to", m->to);
	(void)json_add_str(o, "from", m->from);
	(void)json_add_str(o, "text", m->text);
	(void)json_add_str(o, "type", m->type);
	(void)json_add_bool(o, "readable", m->gsm || strcmp(m->type, "text") != 0);
	(void)json_add_int(o, "segments", simsms_segments(m->text, m->gsm));
	(void)json_add_str(o, "client_ref", m->ref);
	(void)json_add_str(o, "id", m->id);
	if (sim->sms.list == NULL)
		sim->sms.list = json_object_new_array();
	if (sim->sms.list != NULL && json_object_array_length(sim->sms.list) < SIMSMS_LIST_MAX)
		(void)json_object_array_add(sim->sms.list, json_object_get(o));
	simlog_put("sms", o);
}

/* ---- Messages API ---- */

/* A problem of the messages API; number is that of its error page. */
static void
problem(struct rest_reply *reply, int status, const char *number, const char *title, const char *detail)
{
	char	slug[40];

	(void)snprintf(slug, sizeof(slug), "messages#%s", number);
	rest_fail_problem(reply, status, slug, title, detail);
}

static void
bad_parameter(struct rest_reply *reply, const char *name, const char *reason)
{
	struct json_object	*list = json_object_new_array(), *o = json_object_new_object();

	problem(reply, 422, "1150", "Invalid params", "The value of one or more parameters is invalid.");
	if (list == NULL || o == NULL || reply->body == NULL) {
		json_object_put(list);
		json_object_put(o);
		return;
	}
	(void)json_add_str(o, "name", name);
	(void)json_add_str(o, "reason", reason);
	(void)json_object_array_add(list, o);
	(void)json_add(reply->body, "invalid_parameters", list);
}

static const char *
unknown_member(struct json_object *body)
{
	static const char *const known[] = {
		"channel", "message_type", "to", "from", "text", "client_ref", "ttl", "webhook_url",
		"webhook_version", "sms",
	};
	size_t	i;

	json_object_object_foreach(body, name, value) {
		(void)value;
		for (i = 0; i < sizeof(known) / sizeof(known[0]) && strcmp(known[i], name) != 0; i++)
			;
		if (i == sizeof(known) / sizeof(known[0]))
			return name;
	}
	return NULL;
}

/* The name of the member that is wrong, and why; NULL: all is well. */
static const char *
check_options(struct json_object *body, struct sms *m, const char **why)
{
	struct json_object	*sms = json_get_obj(body, "sms");
	const char		*url = json_get_str(body, "webhook_url"), *encoding;
	int64_t			 ttl = 0;

	*why = "invalid value";
	m->ref = json_get_str(body, "client_ref");
	if (json_get(body, "client_ref") != NULL && (m->ref == NULL || ssml_characters(m->ref) > SIMSMS_REF_MAX))
		return "client_ref";
	if (json_get_int(body, "ttl", 1, INT32_MAX, &ttl) == -1)
		return "ttl";
	if (json_get(body, "webhook_url") != NULL && (url == NULL || !ncco_url_ok(url)))
		return "webhook_url";
	if (json_get(body, "sms") != NULL && sms == NULL)
		return "sms";
	encoding = json_get_str_or(sms, "encoding_type", "auto");
	if (strcmp(encoding, "auto") != 0 && strcmp(encoding, "text") != 0 && strcmp(encoding, "unicode") != 0)
		return "sms.encoding_type";
	m->gsm = strcmp(encoding, "unicode") != 0 && simsms_is_gsm(m->text);
	m->type = strcmp(encoding, "auto") != 0 ? encoding : m->gsm ? "text" : "unicode";
	return NULL;
}

static const char *
check_message(struct json_object *body, struct sms *m, const char **why)
{
	const char	*name;

	*why = "unknown parameter";
	if ((name = unknown_member(body)) != NULL)
		return name;
	*why = "invalid value";
	if (strcmp(json_get_str_or(body, "channel", ""), "sms") != 0)
		return "channel";
	if (strcmp(json_get_str_or(body, "message_type", ""), "text") != 0)
		return "message_type";
	m->to = json_get_str_or(body, "to", "");
	if (!digits(m->to, 7, 15))
		return "to";
	m->from = json_get_str_or(body, "from", "");
	if (!sender_ok(m->from))
		return "from";
	m->text = json_get_str_or(body, "text", "");
	*why = m->text[0] == '\0' ? "missing" : "longer than 1000 characters";
	if (m->text[0] == '\0' || ssml_characters(m->text) > SIMSMS_TEXT_MAX)
		return "text";
	return check_options(body, m, why);
}

static void
handle_messages(const struct rest_request *req, struct rest_reply *reply)
{
	struct sms	 m = { .api = "messages" };
	const char	*name, *why = NULL;

	reply->note = "sms";
	req->sim->sms.refused++;
	if (!basic_ok(req->authorization) && rest_refuse_token(req->sim->rest, req->authorization) != NULL)
		rest_fail_problem(reply, 401, "unauthorized", "Unauthorized",
		    "You did not provide correct credentials.");
	else if (throttled(req->sim)) {
		problem(reply, 429, "throttled", "Rate Limit Hit", "Please wait, then retry your request");
		reply->retry_after_s = 1;
	} else if (!json_object_is_type(req->body, json_type_object))
		bad_parameter(reply, "body", "is not a JSON object");
	else if ((name = check_message(req->body, &m, &why)) != NULL)
		bad_parameter(reply, name, why);
	else if (!pay(req->sim))
		problem(reply, 402, "1020", "Low balance", "This request could not be performed due to your account balance being low.");
	else {
		req->sim->sms.refused--;
		take(req->sim, &m);
		reply->status = 202;
		if ((reply->body = json_object_new_object()) != NULL)
			(void)json_add_str(reply->body, "message_uuid", m.id);
	}
}

/* ---- the older API ---- */

struct form {			/* a body as form or JSON */
	struct evkeyvalq	 query;
	struct json_object	*json;		/* NULL: the query counts */
};

static const char *
form_get(const struct form *f, const char *name)
{
	return f->json != NULL ? json_get_str(f->json, name) : evhttp_find_header(&f->query, name);
}

static bool
form_has(const struct form *f, const char *name)
{
	const char	*value = form_get(f, name);

	return value != NULL && value[0] != '\0';
}

static enum simsms_status
check_credentials(const struct rest_request *req, const struct form *f, const char **text)
{
	bool	secret = form_has(f, "api_secret");

	if (form_has(f, "sig") && secret) {
		*text = "sig and api_secret together";
		return SMS_BOTH;
	}
	if (form_has(f, "sig")) {
		*text = "Invalid Signature: callsim takes Basic, or api_key and api_secret";
		return SMS_SIGNATURE;
	}
	*text = "Bad Credentials";
	return basic_ok(req->authorization) || (form_has(f, "api_key") && secret) ? SMS_OK : SMS_CREDENTIALS;
}

static enum simsms_status
check_form(const struct form *f, struct sms *m, const char **text)
{
	static const char *const needed[] = { "from", "to", "text" };
	static const char *const missing[] = { "Missing from param", "Missing to param", "Missing text param" };
	size_t	i;

	for (i = 0; i < 3; i++)
		if (!form_has(f, needed[i])) {
			*text = missing[i];
			return SMS_MISSING;
		}
	m->from = form_get(f, "from");
	m->to = form_get(f, "to");
	m->text = form_get(f, "text");
	m->type = form_has(f, "type") ? form_get(f, "type") : "text";
	m->ref = form_get(f, "client-ref");
	m->gsm = strcmp(m->type, "text") == 0;
	*text = "Invalid sender address";
	if (!sender_ok(m->from))
		return SMS_SENDER;
	*text = "Invalid to or type param";
	if (!digits(m->to, 7, 15) || (!m->gsm && strcmp(m->type, "unicode") != 0))
		return SMS_INVALID;
	*text = "Message too long";
	return ssml_characters(m->text) > SIMSMS_LEGACY_MAX ? SMS_TOO_LONG : SMS_OK;
}

static struct json_object *
legacy_row(const struct sim *sim, const struct sms *m, enum simsms_status status, const char *text)
{
	struct json_object	*o = json_object_new_object();
	char			 number[40];

	if (o == NULL)
		return NULL;
	(void)snprintf(number, sizeof(number), "%d", status);
	(void)json_add_str(o, "status", number);
	if (status != SMS_OK) {
		(void)json_add_str(o, "error-text", text);
		return o;
	}
	(void)json_add_str(o, "to", m->to);
	(void)json_add_str(o, "message-id", m->id);
	(void)snprintf(number, sizeof(number), "%lld.00000000",
	    (long long)(sim->options.sms.balance_set ? sim->options.sms.balance : 1000));
	(void)json_add_str(o, "remaining-balance", number);
	(void)json_add_str(o, "message-price", PRICE);
	(void)json_add_str(o, "network", "23410");
	(void)json_add_str(o, "client-ref", m->ref);
	return o;
}

/* 200 whatever the outcome; one row for each segment. */
static void
legacy_reply(const struct sim *sim, struct rest_reply *reply, const struct sms *m, enum simsms_status status,
    const char *text)
{
	unsigned		 n = status == SMS_OK ? simsms_segments(m->text, m->gsm) : 1, i;
	struct json_object	*rows = json_object_new_array();
	char			 count[16];

	reply->status = 200;
	if (rows == NULL || (reply->body = json_object_new_object()) == NULL) {
		json_object_put(rows);
		return;
	}
	(void)snprintf(count, sizeof(count), "%u", n);
	(void)json_add_str(reply->body, "message-count", count);
	for (i = 0; i < n; i++)
		(void)json_object_array_add(rows, legacy_row(sim, m, status, text));
	(void)json_add(reply->body, "messages", rows);
}

static void
handle_legacy(const struct rest_request *req, struct rest_reply *reply)
{
	struct sms	 m = { .api = "sms", .type = "text" };
	struct form	 f = { .json = NULL };
	enum simsms_status	 status;
	const char	*text = "";

	reply->note = "sms";
	TAILQ_INIT(&f.query);
	if (req->content_type != NULL && strncasecmp(req->content_type, "application/json", 16) == 0)
		f.json = json_object_is_type(req->body, json_type_object) ? req->body : NULL;
	else
		(void)evhttp_parse_query_str(req->text, &f.query);
	if ((status = check_credentials(req, &f, &text)) == SMS_OK &&
	    (status = check_form(&f, &m, &text)) == SMS_OK) {
		text = throttled(req->sim) ? "Throughput Rate Exceeded" : "Quota Exceeded - rejected";
		status = text[0] == 'T' ? SMS_THROTTLED : pay(req->sim) ? SMS_OK : SMS_QUOTA;
	}
	if (status == SMS_OK) {
		m.gsm = m.gsm && simsms_is_gsm(m.text);
		take(req->sim, &m);
	} else
		req->sim->sms.refused++;
	legacy_reply(req->sim, reply, &m, status, text);
	evhttp_clear_headers(&f.query);
}

const struct rest_route simsms_routes[] = {
	{ EVHTTP_REQ_POST, "/v1/messages", REST_SMS, REST_LIMIT_NONE, true, handle_messages },
	{ EVHTTP_REQ_POST, "/sms/json", REST_SMS, REST_LIMIT_NONE, true, handle_legacy },
	{ 0, NULL, REST_OTHER, REST_LIMIT_NONE, false, NULL }
};
