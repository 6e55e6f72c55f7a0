/* SPDX-License-Identifier: ISC */
#include "common/jwt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "common/b64.h"
#include "common/buf.h"
#include "common/mem.h"

#define PEM_MAX		16384
#define SIGNATURE_MAX	1024		/* RSA with 8192 bits */
#define HS256_LEN	32
#define TIME_MAX_S	1e12		/* claims beyond the year 33658 are nonsense */

struct part {
	const char	*text;
	size_t		 len;
};

struct token {			/* parts point into the token */
	struct part	header, payload, signature;
	struct part	signed_text;	/* header and payload with the dot */
};

/* Refuse to ask for a passphrase on the terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *user)
{
	(void)buf;
	(void)size;
	(void)writing;
	(void)user;
	return -1;
}

/* A copy in which each \n written as two characters is one; wiped and freed by the caller. */
static char *
unfold_pem(const char *pem, size_t len, size_t *ret_len)
{
	char	*copy;
	size_t	 i, n = 0;

	if (len > PEM_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if ((copy = mem_alloc(len + 1)) == NULL)
		return NULL;
	for (i = 0; i < len; i++) {
		if (pem[i] == '\\' && i + 1 < len && (pem[i + 1] == 'n' || pem[i + 1] == 'r')) {
			if (pem[++i] == 'n')
				copy[n++] = '\n';
		} else
			copy[n++] = pem[i];
	}
	copy[n] = '\0';
	*ret_len = n;
	return copy;
}

static const char *
key_fault(EVP_PKEY *key)
{
	if (key == NULL)
		return "not a PEM key of the kind wanted, or one with a passphrase";
	if (EVP_PKEY_get_base_id(key) != EVP_PKEY_RSA)
		return "not an RSA key";
	if (EVP_PKEY_get_bits(key) < JWT_RSA_BITS_MIN)
		return "RSA key of fewer than 2048 bits";
	if (EVP_PKEY_get_size(key) > SIGNATURE_MAX)
		return "RSA key of more than 8192 bits";
	return NULL;
}

/* NULL with errno EINVAL or ENOMEM; *ret_cause says why. */
static EVP_PKEY *
read_rsa(const char *pem, size_t pem_len, bool private, const char **ret_cause)
{
	EVP_PKEY	*key = NULL;
	BIO		*bio;
	char		*copy;
	size_t		 len;

	if ((copy = unfold_pem(pem, pem_len, &len)) == NULL) {
		*ret_cause = errno == ENOMEM ? "out of memory" : "too long for a PEM key";
		return NULL;
	}
	if ((bio = BIO_new_mem_buf(copy, (int)len)) != NULL)
		key = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) :
		    PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	OPENSSL_cleanse(copy, len);
	free(copy);
	ERR_clear_error();
	if ((*ret_cause = key_fault(key)) != NULL) {
		EVP_PKEY_free(key);
		errno = EINVAL;
		return NULL;
	}
	return key;
}

static int
format_uuid(char out[37])
{
	uint8_t	r[16];
	size_t	i, n = 0;

	if (RAND_bytes(r, sizeof(r)) != 1) {
		errno = EIO;
		return -1;
	}
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);		/* version 4, random */
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	for (i = 0; i < sizeof(r); i++)
		n += (size_t)snprintf(out + n, 37 - n, "%s%02x",
		    i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", r[i]);
	return 0;
}

struct json_object *
jwt_vonage_claims(const char *application_id, int64_t now_wall_ms, unsigned ttl_s)
{
	struct json_object	*claims;
	char			 jti[37];
	int64_t			 now_s = now_wall_ms / 1000;

	if (*application_id == '\0' || ttl_s < JWT_TTL_MIN_S || ttl_s > JWT_TTL_MAX_S ||
	    now_s < JWT_SKEW_S || (double)now_s > TIME_MAX_S) {
		errno = EINVAL;
		return NULL;
	}
	if (format_uuid(jti) == -1)
		return NULL;
	if ((claims = json_object_new_object()) == NULL ||
	    json_add_str(claims, "application_id", application_id) == -1 ||
	    json_add_int(claims, "iat", now_s - JWT_SKEW_S) == -1 ||
	    json_add_int(claims, "exp", now_s + ttl_s) == -1 ||
	    json_add_str(claims, "jti", jti) == -1) {
		(void)json_object_put(claims);
		errno = ENOMEM;
		return NULL;
	}
	return claims;
}

/* Begin a token: header, dot, payload. Failures stick in b. */
static int
put_signed_text(struct buf *b, const char *header, struct json_object *claims)
{
	const char	*payload;
	size_t		 len;

	if ((payload = json_text(claims, &len)) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	(void)b64url_append(b, header, strlen(header));
	(void)buf_putc(b, '.');
	return b64url_append(b, payload, len);
}

static char *
finish(struct buf *b, const void *signature, size_t len)
{
	(void)buf_putc(b, '.');
	(void)b64url_append(b, signature, len);
	return buf_steal(b, NULL);
}

static int
sign_rsa(EVP_PKEY *key, const void *text, size_t text_len, uint8_t out[SIGNATURE_MAX],
    size_t *ret_len)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	size_t		 len = SIGNATURE_MAX;
	int		 rc = -1;

	if (ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, out, &len, text, text_len) == 1) {
		*ret_len = len;
		rc = 0;
	}
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (rc == -1)
		errno = EIO;
	return rc;
}

char *
jwt_sign_rs256(const char *pem, size_t pem_len, struct json_object *claims, const char **ret_cause)
{
	uint8_t		 signature[SIGNATURE_MAX];
	const char	*cause = NULL;
	char		*token = NULL;
	EVP_PKEY	*key;
	struct buf	 b;
	size_t		 len;
	int		 saved_errno;

	buf_init(&b, JWT_MAX);
	if ((key = read_rsa(pem, pem_len, true, &cause)) != NULL &&
	    put_signed_text(&b, "{\"typ\":\"JWT\",\"alg\":\"RS256\"}", claims) == 0 &&
	    sign_rsa(key, b.data, b.len, signature, &len) == 0)
		token = finish(&b, signature, len);
	saved_errno = errno;
	if (token == NULL && ret_cause != NULL)
		*ret_cause = cause != NULL ? cause : errno == EMSGSIZE ? "too many claims" :
		    errno == ENOMEM ? "out of memory" : "libcrypto cannot sign";
	EVP_PKEY_free(key);
	buf_clear(&b);
	errno = saved_errno;
	return token;
}

static int
hs256(const void *secret, size_t secret_len, const void *text, size_t len, uint8_t out[HS256_LEN])
{
	unsigned	out_len = HS256_LEN;

	if (secret_len == 0 || secret_len > INT32_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (HMAC(EVP_sha256(), secret, (int)secret_len, text, len, out, &out_len) == NULL) {
		ERR_clear_error();
		errno = EIO;
		return -1;
	}
	return 0;
}

char *
jwt_sign_hs256(const void *secret, size_t secret_len, struct json_object *claims)
{
	uint8_t		 signature[HS256_LEN];
	char		*token = NULL;
	struct buf	 b;
	int		 saved_errno;

	buf_init(&b, JWT_MAX);
	if (put_signed_text(&b, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", claims) == 0 &&
	    hs256(secret, secret_len, b.data, b.len, signature) == 0)
		token = finish(&b, signature, sizeof(signature));
	saved_errno = errno;
	buf_clear(&b);
	errno = saved_errno;
	return token;
}

static bool
split(const char *text, size_t len, struct token *ret)
{
	const char	*end = text + len, *dot1, *dot2;

	if (len > JWT_MAX || (dot1 = memchr(text, '.', len)) == NULL)
		return false;
	if ((dot2 = memchr(dot1 + 1, '.', (size_t)(end - dot1 - 1))) == NULL)
		return false;
	ret->header = (struct part){ text, (size_t)(dot1 - text) };
	ret->payload = (struct part){ dot1 + 1, (size_t)(dot2 - dot1 - 1) };
	ret->signature = (struct part){ dot2 + 1, (size_t)(end - dot2 - 1) };
	ret->signed_text = (struct part){ text, (size_t)(dot2 - text) };
	return memchr(ret->signature.text, '.', ret->signature.len) == NULL;
}

/* The object in a part; JWT_MALFORMED or JWT_FAILED without one. */
static enum jwt_status
parse_part(const struct part *part, struct json_object **ret)
{
	struct json_object	*obj = NULL;
	enum jwt_status		 status = JWT_MALFORMED;
	char			*bytes;
	size_t			 len;

	if ((bytes = mem_alloc(B64URL_BYTES(part->len))) == NULL)
		return JWT_FAILED;
	if (b64url_decode(bytes, B64URL_BYTES(part->len), part->text, part->len, &len) == 0 &&
	    (obj = json_parse(bytes, len, NULL)) == NULL && errno == ENOMEM)
		status = JWT_FAILED;
	free(bytes);
	if (obj == NULL)
		return status;
	if (!json_object_is_type(obj, json_type_object)) {
		(void)json_object_put(obj);
		return JWT_MALFORMED;
	}
	*ret = obj;
	return JWT_OK;
}

static enum jwt_status
check_header(const struct part *part, const char *algorithm)
{
	struct json_object	*header;
	enum jwt_status		 status;

	if ((status = parse_part(part, &header)) != JWT_OK)
		return status;
	/* "crit" lists extensions that must be understood (RFC 7515 4.1.11), and we know none */
	if (strcmp(json_get_str_or(header, "alg", ""), algorithm) != 0 ||
	    json_object_object_get_ex(header, "crit", NULL))
		status = JWT_ALGORITHM;
	(void)json_object_put(header);
	return status;
}

enum found { ABSENT, PRESENT, WRONG };

/* A NumericDate (RFC 7519 section 2): a number, which may have a fraction; never a text or null. */
static enum found
get_time(struct json_object *claims, const char *name, double *ret_s)
{
	struct json_object	*value;
	double			 s;

	if (!json_object_object_get_ex(claims, name, &value))
		return ABSENT;
	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return WRONG;
	s = json_object_get_double(value);
	if (!(s >= 0 && s <= TIME_MAX_S))
		return WRONG;
	*ret_s = s;
	return PRESENT;
}

static enum jwt_status
check_times(struct json_object *claims, const struct jwt_times *times)
{
	double		now = (double)times->now_wall_ms / 1000, iat = 0, exp_s = 0, nbf = 0;
	enum found	has_iat, has_exp, has_nbf;

	has_iat = get_time(claims, "iat", &iat);
	has_exp = get_time(claims, "exp", &exp_s);
	has_nbf = get_time(claims, "nbf", &nbf);
	if (has_iat == WRONG || has_exp == WRONG || has_nbf == WRONG ||
	    (times->need_iat && has_iat == ABSENT) || (times->need_exp && has_exp == ABSENT))
		return JWT_CLAIM;
	if (has_exp == PRESENT && now >= exp_s + times->leeway_s)
		return JWT_EXPIRED;
	if (has_iat == PRESENT && times->max_age_s != 0 && now > iat + times->max_age_s)
		return JWT_EXPIRED;
	if ((has_nbf == PRESENT && now < nbf - times->leeway_s) ||
	    (has_iat == PRESENT && now < iat - times->leeway_s))
		return JWT_EARLY;
	return JWT_OK;
}

/* The signature was good: now the payload may be read. */
static enum jwt_status
accept_claims(const struct token *t, const struct jwt_times *times, struct json_object **ret)
{
	struct json_object	*claims;
	enum jwt_status		 status;

	if ((status = parse_part(&t->payload, &claims)) != JWT_OK)
		return status;
	if ((status = check_times(claims, times)) != JWT_OK) {
		(void)json_object_put(claims);
		return status;
	}
	*ret = claims;
	return JWT_OK;
}

/* Parts, algorithm and the bytes of the signature. */
static enum jwt_status
open_token(const char *text, size_t len, const char *algorithm, struct token *ret,
    uint8_t signature[SIGNATURE_MAX], size_t *ret_signature_len)
{
	enum jwt_status	status;

	if (!split(text, len, ret))
		return JWT_MALFORMED;
	if ((status = check_header(&ret->header, algorithm)) != JWT_OK)
		return status;
	if (b64url_decode(signature, SIGNATURE_MAX, ret->signature.text, ret->signature.len,
	    ret_signature_len) == -1)
		return JWT_MALFORMED;
	return JWT_OK;
}

enum jwt_status
jwt_verify_hs256(const void *secret, size_t secret_len, const char *token, size_t len,
    const struct jwt_times *times, struct json_object **ret_claims)
{
	uint8_t		signature[SIGNATURE_MAX], expected[HS256_LEN];
	enum jwt_status	status;
	struct token	t;
	size_t		signature_len;

	if ((status = open_token(token, len, "HS256", &t, signature, &signature_len)) != JWT_OK)
		return status;
	if (hs256(secret, secret_len, t.signed_text.text, t.signed_text.len, expected) == -1)
		return errno == EINVAL ? JWT_FORGED : JWT_FAILED;
	if (signature_len != HS256_LEN || CRYPTO_memcmp(signature, expected, HS256_LEN) != 0)
		return JWT_FORGED;
	return accept_claims(&t, times, ret_claims);
}

enum jwt_status
jwt_verify_rs256(const char *pem, size_t pem_len, const char *token, size_t len,
    const struct jwt_times *times, struct json_object **ret_claims)
{
	uint8_t		 signature[SIGNATURE_MAX];
	const char	*cause;
	EVP_MD_CTX	*ctx;
	EVP_PKEY	*key;
	enum jwt_status	 status;
	struct token	 t;
	size_t		 signature_len;
	bool		 good;

	if ((status = open_token(token, len, "RS256", &t, signature, &signature_len)) != JWT_OK)
		return status;
	if ((key = read_rsa(pem, pem_len, false, &cause)) == NULL)
		return errno == ENOMEM ? JWT_FAILED : JWT_FORGED;
	ctx = EVP_MD_CTX_new();
	good = ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, signature, signature_len, (const uint8_t *)t.signed_text.text,
	    t.signed_text.len) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	ERR_clear_error();
	return good ? accept_claims(&t, times, ret_claims) : JWT_FORGED;
}

const char *
jwt_status_text(enum jwt_status status)
{
	static const char *const	texts[] = {
		[JWT_OK] = "ok",
		[JWT_MALFORMED] = "malformed token",
		[JWT_ALGORITHM] = "another algorithm than the one agreed on",
		[JWT_FORGED] = "signature does not match",
		[JWT_CLAIM] = "iat, exp or nbf absent or of a wrong type",
		[JWT_EXPIRED] = "expired, or issued too long ago",
		[JWT_EARLY] = "not valid yet",
		[JWT_FAILED] = "out of memory",
	};

	return texts[status];
}
