/* SPDX-License-Identifier: ISC */
#include "common/wire.h"

#include <string.h>

struct wire_reader
wire_reader(const void *data, size_t len)
{
	const uint8_t	*begin = data;

	return (struct wire_reader){ .pos = begin, .end = len > 0 ? begin + len : begin };
}

const void *
wire_get_bytes(struct wire_reader *r, size_t len)
{
	const uint8_t	*at = r->pos;

	if (len > wire_left(r)) {
		r->failed = true;
		r->pos = r->end;
		return NULL;
	}
	if (len > 0)
		r->pos += len;
	return at;
}

static uint64_t
get(struct wire_reader *r, size_t width)
{
	const uint8_t	*at = wire_get_bytes(r, width);
	uint64_t	 v = 0;

	if (at == NULL)
		return 0;
	while (width-- > 0)
		v = v << 8 | at[width];
	return v;
}

uint8_t
wire_get_u8(struct wire_reader *r)
{
	return (uint8_t)get(r, 1);
}

uint16_t
wire_get_u16(struct wire_reader *r)
{
	return (uint16_t)get(r, 2);
}

uint32_t
wire_get_u32(struct wire_reader *r)
{
	return (uint32_t)get(r, 4);
}

uint64_t
wire_get_u64(struct wire_reader *r)
{
	return get(r, 8);
}

size_t
wire_left(const struct wire_reader *r)
{
	return r->failed ? 0 : (size_t)(r->end - r->pos);
}

bool
wire_failed(const struct wire_reader *r)
{
	return r->failed;
}

bool
wire_done(const struct wire_reader *r)
{
	return !r->failed && r->pos == r->end;
}

struct wire_writer
wire_writer(void *data, size_t size)
{
	uint8_t	*begin = data;

	return (struct wire_writer){ .pos = begin, .begin = begin,
		.end = size > 0 ? begin + size : begin };
}

void
wire_put_bytes(struct wire_writer *w, const void *data, size_t len)
{
	if (w->failed || len > (size_t)(w->end - w->pos)) {
		w->failed = true;
		return;
	}
	if (len == 0)
		return;
	memcpy(w->pos, data, len);
	w->pos += len;
}

static void
put(struct wire_writer *w, uint64_t v, size_t width)
{
	uint8_t	bytes[8];
	size_t	i;

	for (i = 0; i < width; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	wire_put_bytes(w, bytes, width);
}

void
wire_put_u8(struct wire_writer *w, uint8_t v)
{
	put(w, v, 1);
}

void
wire_put_u16(struct wire_writer *w, uint16_t v)
{
	put(w, v, 2);
}

void
wire_put_u32(struct wire_writer *w, uint32_t v)
{
	put(w, v, 4);
}

void
wire_put_u64(struct wire_writer *w, uint64_t v)
{
	put(w, v, 8);
}

size_t
wire_len(const struct wire_writer *w)
{
	return w->failed ? 0 : (size_t)(w->pos - w->begin);
}
