/* SPDX-License-Identifier: ISC */
/*
 * The token of a socket. The first byte says what the rest is: 't' a token;
 * 'e' pairs of a place and a byte to be written there into a good one; 's'
 * what the memory of used tokens is fed with: nonce, expiry, time passed.
 * No text but one opens the socket, and that one only in its time.
 */
#include "common/mem.h"
#include "common/token.h"
#include "tests/fuzz/must.h"

#define SECRET		"0123456789abcdef0123"
#define EXPIRY_S	4102444800
#define GOOD		"4102444800.0123456789abcdef.cpnyfczYA9C2cvCf-X1rxw"
#define SEEN_MAX	4

static const struct callid	call = { "63f61863-4a51-4f6b-86e1-46edebcf9356" };
static const struct callid	other = { "63f61863-4a51-4f6b-86e1-46edebcf9357" };

static enum token_status
ask(const struct callid *of, const char *text, int64_t now_ms)
{
	struct token_key	key;
	enum token_status	status;
	const char		*reason = NULL;

	status = token_check(SECRET, strlen(SECRET), of, text, now_ms, &reason, &key);
	must(reason != NULL && *reason != '\0', "no reason was given");
	if (status == TOKEN_OK)
		must(key.expiry_s == EXPIRY_S && strcmp(key.nonce, "0123456789abcdef") == 0, "a wrong key");
	return status;
}

static void
check(const char *text)
{
	enum token_status	status = ask(&call, text, (int64_t)EXPIRY_S * 1000 - 1);
	bool			good = strcmp(text, GOOD) == 0;

	must((status == TOKEN_OK) == good, "a token has another spelling");
	must(status != TOKEN_EXPIRED, "it has expired before its time");
	must(ask(&call, text, (int64_t)EXPIRY_S * 1000) == (good ? TOKEN_EXPIRED : status), "it did not expire");
	must(ask(&other, text, 0) != TOKEN_OK, "it opens another call");
}

static void
edit(const uint8_t *data, size_t size)
{
	char	text[] = GOOD;
	size_t	i;

	for (i = 0; i + 1 < size; i += 2)
		text[data[i] % (sizeof(text) - 1)] = (char)data[i + 1];
	check(text);
}

static void
seen(const uint8_t *data, size_t size)
{
	struct token_seen	*s = token_seen_new(SEEN_MAX);
	char			 nonce[TOKEN_NONCE_SIZE] = "0123456789abcde?";
	int64_t			 now_ms = 1000, expiry_s;
	uint64_t		 dropped;
	size_t			 i;

	must(s != NULL, "no memory");
	for (i = 0; i + 2 < size; i += 3) {
		now_ms += 100 * data[i + 2];
		expiry_s = now_ms / 1000 + 1 + data[i + 1];
		nonce[TOKEN_NONCE_SIZE - 2] = (char)data[i];
		dropped = token_seen_dropped(s);
		if (!token_seen_add(s, nonce, expiry_s, now_ms))
			must(token_seen_dropped(s) == dropped, "one was forgotten for nothing");
		must(token_seen_count(s) >= 1 && token_seen_count(s) <= SEEN_MAX, "a wrong number is remembered");
		must(token_seen_dropped(s) <= dropped + 1, "more than one was forgotten");
		must(!token_seen_add(s, nonce, expiry_s, now_ms), "a token passed twice");
	}
	token_seen_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	*text;

	if (size == 0)
		return 0;
	if (data[0] == 'e')
		edit(data + 1, size - 1);
	else if (data[0] == 's')
		seen(data + 1, size - 1);
	else {
		must((text = mem_strndup((const char *)data + 1, size - 1)) != NULL, "no memory");
		check(text);
		free(text);
	}
	return 0;
}
