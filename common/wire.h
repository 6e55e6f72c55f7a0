/* SPDX-License-Identifier: ISC */
/*
 * wire: bounded little-endian reader and writer of bytes with a sticky error.
 *
 * After the first read past the end everything reads as zero and
 * wire_failed() is true, so a decoder checks once. Pure, no allocation.
 */
#ifndef COMMON_WIRE_H
#define COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_reader { const uint8_t *pos, *end; bool failed; };
struct wire_writer { uint8_t *pos, *begin, *end; bool failed; };

struct wire_reader wire_reader(const void *data, size_t len);
uint8_t	 wire_get_u8(struct wire_reader *r);
uint16_t wire_get_u16(struct wire_reader *r);
uint32_t wire_get_u32(struct wire_reader *r);
uint64_t wire_get_u64(struct wire_reader *r);
/* len bytes, pointing into the data; NULL when there are fewer. */
const void *wire_get_bytes(struct wire_reader *r, size_t len);
size_t	 wire_left(const struct wire_reader *r);
bool	 wire_failed(const struct wire_reader *r);
/* All consumed and no error. */
bool	 wire_done(const struct wire_reader *r);

struct wire_writer wire_writer(void *data, size_t size);
void	 wire_put_u8(struct wire_writer *w, uint8_t v);
void	 wire_put_u16(struct wire_writer *w, uint16_t v);
void	 wire_put_u32(struct wire_writer *w, uint32_t v);
void	 wire_put_u64(struct wire_writer *w, uint64_t v);
void	 wire_put_bytes(struct wire_writer *w, const void *data, size_t len);
/* Bytes written so far, or 0 after an error. */
size_t	 wire_len(const struct wire_writer *w);

#endif
