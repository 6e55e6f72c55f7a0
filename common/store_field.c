/* SPDX-License-Identifier: ISC */
#include "common/store_impl.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/mem.h"
#include "common/utf8.h"

#define C(type, member)	STORE_FIELD(STORE_F_##type, store_call, member)
const struct store_field store_call_fields[STORE_CALL_NFIELDS] = {
	C(TEXT, id), C(TEXT, conversation), C(TEXT, direction), C(TEXT, caller), C(TEXT, called),
	C(TEXT, name), C(TEXT, assistant), C(TEXT, language), C(TEXT, flow), C(TEXT, region_url),
	C(TEXT, state), C(TEXT, end_reason), C(TEXT, sockd), C(TEXT, brokerd),
	C(WALL, started_at), C(WALL, answered_at), C(WALL, ended_at), C(INT64, duration_s), C(BOOL, ending),
	C(COUNT, dial), C(TEXT, machine), C(WALL, asked_at),
};

#define L(type, member)	STORE_FIELD(STORE_F_##type, store_leg, member)
const struct store_field store_leg_fields[STORE_LEG_NFIELDS] = {
	L(TEXT, uuid), L(TEXT, call), L(TEXT, conversation), L(TEXT, type), L(TEXT, direction),
	L(TEXT, from), L(TEXT, to), L(TEXT, status), L(COUNT, rank),
	L(WALL, started_at), L(WALL, answered_at), L(WALL, ended_at), L(INT64, duration_s),
	L(TEXT, price), L(TEXT, rate), L(TEXT, network), L(TEXT, detail), L(TEXT, disconnected_by),
	L(INT, sip_code), L(WALL, event_ts),
};

#define T(type, member)	STORE_FIELD(STORE_F_##type, store_turn, member)
const struct store_field store_turn_fields[STORE_TURN_NFIELDS] = {
	T(TEXT, call), T(COUNT, turn), T(COUNT, epoch), T(COUNT, utt), T(COUNT, utt_gen), T(TEXT, state),
	T(WALL, created_at), T(OWNED, user_text), T(OWNED, bot_text), T(OWNED, heard_text), T(OWNED, error),
	T(TEXT, language), T(INT64, speech_start_ms), T(INT64, speech_end_ms), T(INT64, utterance_at_ms),
	T(INT64, endpoint_ms), T(INT64, stt_ms), T(INT64, token_ms), T(INT64, audio_ms), T(INT64, send_ms),
	T(INT64, ear_ms), T(INT64, reply_start_ms), T(INT64, reply_heard_ms), T(INT64, reply_total_ms),
	T(BOOL, interrupted), T(TEXT, stt), T(TEXT, chat), T(TEXT, tts), T(TEXT, action),
};

#define N(type, member)	STORE_FIELD(STORE_F_##type, store_contact, member)
const struct store_field store_contact_fields[STORE_CONTACT_NFIELDS] = {
	N(TEXT, number), N(TEXT, name), N(TEXT, language), N(TEXT, assistant), N(BOOL, blocked), N(BOOL, do_not_call),
};

#define R(type, member)	STORE_FIELD(STORE_F_##type, store_recording, member)
const struct store_field store_recording_fields[STORE_RECORDING_NFIELDS] = {
	R(TEXT, call), R(TEXT, path), R(WALL, started_at), R(INT64, duration_ms), R(INT64, bytes), R(INT, rate_hz),
	R(TEXT, uuid), R(TEXT, url), R(TEXT, sha256), R(TEXT, format),
};

#define J(type, member)	STORE_FIELD(STORE_F_##type, store_job, member)
const struct store_field store_job_fields[STORE_JOB_NFIELDS] = {
	J(TEXT, kind), J(TEXT, call), J(TEXT, key), J(TEXT, state), J(COUNT, attempts),
	J(WALL, created_at), J(WALL, next_at), J(TEXT, error), J(TEXT, args),
	J(COUNT, rounds), J(TEXT, owner), J(TEXT, line),
};

struct store_param
store_p_int(int64_t value)
{
	return (struct store_param){ value == -1 ? STORE_NULL : STORE_INT, value, NULL, 0 };
}

struct store_param
store_p_wall(int64_t wall_ms)
{
	return (struct store_param){ wall_ms < 1 ? STORE_NULL : STORE_INT, wall_ms, NULL, 0 };
}

struct store_param
store_p_text(const char *text)
{
	if (text == NULL || *text == '\0')
		return (struct store_param){ STORE_NULL, 0, NULL, 0 };
	return (struct store_param){ STORE_TEXT, 0, text, strlen(text) };
}

struct store_param
store_p_bytes(const void *data, size_t len)
{
	bool	text = len == 0 || (memchr(data, '\0', len) == NULL && utf8_valid(data, len));

	return (struct store_param){ text ? STORE_TEXT : STORE_BLOB, 0, len == 0 ? "" : data, len };
}

static int64_t
get_count(const struct store_field *f, const void *at)
{
	if (f->size == sizeof(int))
		return *(const int *)at;
	assert(f->size == sizeof(int64_t));
	return *(const int64_t *)at;
}

static struct store_param
field_param(const struct store_field *f, const void *at)
{
	switch (f->type) {
	case STORE_F_TEXT:
		return store_p_text(at);
	case STORE_F_OWNED:
		return store_p_text(*(char *const *)at);
	case STORE_F_INT64:
		return store_p_int(*(const int64_t *)at);
	case STORE_F_WALL:
		return store_p_wall(*(const int64_t *)at);
	case STORE_F_INT:
		return store_p_int(*(const int *)at);
	case STORE_F_COUNT:
		return (struct store_param){ STORE_INT, get_count(f, at), NULL, 0 };
	case STORE_F_BOOL:
		return (struct store_param){ STORE_INT, *(const bool *)at, NULL, 0 };
	}
	return (struct store_param){ STORE_NULL, 0, NULL, 0 };
}

void
store_fields_params(const struct store_field *fields, size_t n, const void *row, struct store_param *ret)
{
	size_t	i;

	for (i = 0; i < n; i++)
		ret[i] = field_param(&fields[i], (const char *)row + fields[i].offset);
}

void
store_fields_init(const struct store_field *fields, size_t n, void *row)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		char	*at = (char *)row + fields[i].offset;

		memset(at, 0, fields[i].size);
		if (fields[i].type == STORE_F_INT64 || fields[i].type == STORE_F_WALL)
			*(int64_t *)(void *)at = -1;
		else if (fields[i].type == STORE_F_INT)
			*(int *)(void *)at = -1;
	}
}

/* Cut at a character boundary when it is longer than its place. */
void
store_copy_text(sqlite3_stmt *stmt, int column, char *ret, size_t size)
{
	const char	*text = (const char *)sqlite3_column_text(stmt, column);
	size_t		 len;

	len = text == NULL ? 0 : strnlen(text, size);
	if (len == size)
		for (len--; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			continue;
	if (len > 0)
		memcpy(ret, text, len);
	ret[len] = '\0';
}

static int
read_owned(sqlite3_stmt *stmt, int column, char **ret)
{
	const char	*text = (const char *)sqlite3_column_text(stmt, column);

	*ret = NULL;
	if (text == NULL)
		return 0;
	return (*ret = mem_strndup(text, strlen(text))) == NULL ? -1 : 0;
}

static int
read_field(const struct store_field *f, sqlite3_stmt *stmt, int column, void *at)
{
	int64_t	number = sqlite3_column_int64(stmt, column);
	bool	null = sqlite3_column_type(stmt, column) == SQLITE_NULL;

	switch (f->type) {
	case STORE_F_TEXT:
		store_copy_text(stmt, column, at, f->size);
		break;
	case STORE_F_OWNED:
		return read_owned(stmt, column, at);
	case STORE_F_INT64:
	case STORE_F_WALL:
		*(int64_t *)at = null ? -1 : number;
		break;
	case STORE_F_INT:
		*(int *)at = null ? -1 : (int)number;
		break;
	case STORE_F_COUNT:
		if (f->size == sizeof(int))
			*(int *)at = (int)number;
		else
			*(int64_t *)at = number;
		break;
	case STORE_F_BOOL:
		*(bool *)at = number != 0;
		break;
	}
	return 0;
}

int
store_fields_read(const struct store_field *fields, size_t n, sqlite3_stmt *stmt, void *row)
{
	size_t	i;
	int	rc = 0;

	for (i = 0; i < n; i++) {
		if (read_field(&fields[i], stmt, (int)i, (char *)row + fields[i].offset) == -1)
			rc = -1;	/* go on: each owned text must be set */
	}
	return rc;
}
