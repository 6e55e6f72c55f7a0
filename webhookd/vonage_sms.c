/* SPDX-License-Identifier: ISC */
/* Short messages: the Messages API (JSON), and the older SMS API (a form, HTTP 200 whatever happened). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/mem.h"
#include "common/num.h"
#include "webhookd/sms.h"
#include "webhookd/vonage_impl.h"

#define REF_MAX		100	/* spec/vonage.md 9.1 */
#define SENDER_MAX	11	/* letters and digits: GSM 03.40 */

/* spec/vonage.md 9.2: throttled, internal: later again; the rest would be refused again. */
static bool
may_pass_later(int64_t status)
{
	return status == 1 || status == 5;
}

/* The first message that was not accepted decides. */
static enum vonage_result
judge_legacy(struct json_object *body, char *text, size_t size)
{
	struct json_object	*list = body != NULL ? json_get_arr(body, "messages") : NULL;
	struct json_object	*m;
	size_t			 i, n = list != NULL ? json_object_array_length(list) : 0;
	int64_t			 status;

	for (i = 0; i < n; i++) {
		m = json_object_array_get_idx(list, i);
		if (!json_object_is_type(m, json_type_object) || json_get_int(m, "status", 0, 9999, &status) != 1) {
			n = 0;
			break;
		}
		if (status == 0)
			continue;
		(void)snprintf(text, size, "sms status %lld: %.200s", (long long)status, json_get_str_or(m, "error-text", ""));
		/* the parts before it are on their way */
		return may_pass_later(status) && i == 0 ? VONAGE_RETRY : VONAGE_REFUSED;
	}
	if (n > 0)
		return VONAGE_OK;
	(void)snprintf(text, size, "the answer tells of no message");
	return VONAGE_UNKNOWN;
}

static bool
is_sender(const char *from, char out[16])
{
	size_t	len = strlen(from);

	if (vonage_number(from, out))
		return true;
	if (len == 0 || len > SENDER_MAX)
		return false;
	if (strspn(from, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != len)
		return false;
	memcpy(out, from, len + 1);
	return true;
}

bool
vonage_sender_ok(const char *from)
{
	char	sender[16];

	return is_sender(from, sender);
}

static struct vonage_request *
new_messages(struct vonage *v, const char *to, const char *from, const char *text, const char *ref)
{
	struct vonage_request	*r = vonage_request_new(v, VONAGE_MESSAGES, "POST", v->sms_base, "/v1/messages");
	struct json_object	*o = json_object_new_object();
	bool			 made;

	made = r != NULL && o != NULL && json_add_str(o, "channel", "sms") == 0 && json_add_str(o, "message_type", "text") == 0 &&
	    json_add_str(o, "to", to) == 0 && json_add_str(o, "from", from) == 0 && json_add_str(o, "text", text) == 0 &&
	    json_add_str(o, "client_ref", ref) == 0 && vonage_request_set_json(r, o) == 0;
	json_object_put(o);
	if (!made) {
		vonage_request_free(r);
		errno = ENOMEM;
		return NULL;
	}
	r->basic = v->application_id[0] == '\0' || v->private_key[0] == '\0';
	return r;
}

/* "&name=value", percent-encoded. */
static void
add_field(struct buf *b, const char *name, const char *value)
{
	static const char	plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
	const unsigned char	*p;

	(void)buf_printf(b, "%s%s=", b->len > 0 ? "&" : "", name);
	for (p = (const unsigned char *)value; *p != '\0'; p++) {
		if (strchr(plain, *p) != NULL)
			(void)buf_putc(b, (char)*p);
		else
			(void)buf_printf(b, "%%%02X", *p);
	}
}

static struct vonage_request *
new_legacy(struct vonage *v, const char *to, const char *from, const char *text, const char *ref, bool unicode)
{
	struct vonage_request	*r;
	struct buf		 form;

	if ((r = vonage_request_new(v, VONAGE_MESSAGES, "POST", v->rest_base, "/sms/json")) == NULL)
		return NULL;
	buf_init(&form, 65536);
	add_field(&form, "from", from);
	add_field(&form, "to", to);
	add_field(&form, "text", text);
	add_field(&form, "type", unicode ? "unicode" : "text");
	if (ref != NULL)
		add_field(&form, "client-ref", ref);
	r->basic = true;
	r->type = "Content-Type: application/x-www-form-urlencoded";
	r->judge = judge_legacy;
	if ((r->body = buf_steal(&form, &r->body_len)) != NULL)
		return r;
	vonage_request_free(r);
	return NULL;
}

/* Whether a secret may be sent there. */
static int
check_host(const struct vonage *v, const char *base)
{
	if (vonage_host_ok(base) || vonage_is_loopback(base)) {
		if (v->sms_api != VONAGE_SMS_LEGACY && v->private_key[0] != '\0' && v->application_id[0] != '\0')
			return 0;
		if (v->api_key[0] != '\0' && v->api_secret[0] != '\0')
			return 0;
		errno = ENOKEY;
		return -1;
	}
	errno = EINVAL;
	return -1;
}

int
vonage_sms(struct vonage *v, const char *to, const char *from, const char *text, const char *ref, vonage_fn *fn, void *arg)
{
	struct vonage_request	*r = NULL;
	struct sms_size		 size;
	char			 number[16], sender[16];

	if (v->sms_api == VONAGE_SMS_OFF) {
		errno = ENOTSUP;
		return -1;
	}
	if (!vonage_number(to, number) || !is_sender(from, sender) || (ref != NULL && strlen(ref) > REF_MAX) ||
	    sms_measure(text, &size) == -1 || size.characters == 0) {
		errno = EINVAL;
		return -1;
	}
	if (check_host(v, v->sms_api == VONAGE_SMS_MESSAGES ? v->sms_base : v->rest_base) == -1)
		return -1;
	if (v->sms_api == VONAGE_SMS_MESSAGES)
		r = new_messages(v, number, sender, text, ref);
	else
		r = new_legacy(v, number, sender, text, ref, size.unicode);
	if (r == NULL)
		return -1;
	r->once = true;
	return vonage_submit(r, fn, arg);
}
