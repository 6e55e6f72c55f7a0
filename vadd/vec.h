/* SPDX-License-Identifier: ISC */
/*
 * vec: four floats beside each other, by the vectors of gcc and clang. Each lane is computed as a single float is (IEEE, no
 * fused multiply-add), so the bits are the same on machines with and without vectors.
 */
#ifndef VADD_VEC_H
#define VADD_VEC_H

#include <string.h>

#define VEC_LANES	4

typedef float	vec __attribute__((vector_size(16)));
typedef int	vec_mask __attribute__((vector_size(16)));	/* all bits of a lane, or none */

static inline vec
vec_load(const float *at)
{
	vec	 v;

	memcpy(&v, at, sizeof(v));
	return v;
}

static inline void
vec_store(float *at, vec v)
{
	memcpy(at, &v, sizeof(v));
}

static inline vec
vec_all(float x)
{
	return (vec){ x, x, x, x };
}

/* a where the mask is, else b. */
static inline vec
vec_choose(vec_mask mask, vec a, vec b)
{
	return (vec)((mask & (vec_mask)a) | (~mask & (vec_mask)b));
}

#endif
