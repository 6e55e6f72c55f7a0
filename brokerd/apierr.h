/* SPDX-License-Identifier: ISC */
/* apierr: what a server's error means (spec/ai.md 0.3, 0.4). Pure. */
#ifndef BROKERD_APIERR_H
#define BROKERD_APIERR_H

#include <stddef.h>

struct json_object;

/* The words of an error body in any of its shapes, else its first 200 bytes. Returns out. */
char	*apierr_text(const char *body, size_t len, char *out, size_t size);
/* Of a parsed body: NULL when it is no error. Borrowed from obj. */
const char *apierr_of(struct json_object *obj);
/*
 * When to try the same request again: -1 never (or somebody must act first), 0 at once, else
 * after so many ms. retry_after_ms is the server's wish, -1 none.
 */
int	apierr_retry_ms(long status, const char *body, size_t len, long long retry_after_ms);

#endif
