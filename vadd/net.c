/* SPDX-License-Identifier: ISC */
#include "vadd/net.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "vadd/vec.h"

#define TRIAL_FRAMES	64

/* Lambert's continued fraction; within 1e-4 of tanh, and never beyond 1. */
static float
tanh_of(float x)
{
	float	 x2;

	x = x < -4.9f ? -4.9f : x > 4.9f ? 4.9f : x;
	x2 = x * x;
	return x * (135135.0f + x2 * (17325.0f + x2 * (378.0f + x2))) /
	    (135135.0f + x2 * (62370.0f + x2 * (3150.0f + x2 * 28.0f)));
}

float
net_squash(float x)
{
	return 0.5f + 0.5f * tanh_of(0.5f * x);
}

/* tanh_of() and net_squash() of n floats, to the bit. */
static void
tanh_all(float *x, unsigned n)
{
	const vec	 low = vec_all(-4.9f), high = vec_all(4.9f);
	vec		 v, v2;
	unsigned	 i;

	for (i = 0; i < n; i += VEC_LANES) {
		v = vec_load(x + i);
		v = vec_choose(v < low, low, v);
		v = vec_choose(v > high, high, v);
		v2 = v * v;
		vec_store(x + i, v * (135135.0f + v2 * (17325.0f + v2 * (378.0f + v2))) /
		    (135135.0f + v2 * (62370.0f + v2 * (3150.0f + v2 * 28.0f))));
	}
}

static void
squash_all(float *x, unsigned n)
{
	unsigned	 i;

	for (i = 0; i < n; i++)
		x[i] *= 0.5f;
	tanh_all(x, n);
	for (i = 0; i < n; i++)
		x[i] = 0.5f + 0.5f * x[i];
}

/*
 * sums += x times the rows of w, all of whose floats stand in a row. BLOCK columns stay in registers
 * while the rows go by, and each sum is made in the order of the rows.
 */
#define BLOCK	(4 * VEC_LANES)

static void
add_rows(float *restrict sums, const float *restrict w, unsigned columns, const float *restrict x, unsigned rows)
{
	vec		 a, b, c, d, by;
	const float	*row;
	unsigned	 j, at;

	for (at = 0; at < columns; at += BLOCK) {
		a = vec_load(sums + at);
		b = vec_load(sums + at + VEC_LANES);
		c = vec_load(sums + at + 2UL * VEC_LANES);
		d = vec_load(sums + at + 3UL * VEC_LANES);
		for (j = 0, row = w + at; j < rows; j++, row += columns) {
			by = vec_all(x[j]);
			a += vec_load(row) * by;
			b += vec_load(row + VEC_LANES) * by;
			c += vec_load(row + 2UL * VEC_LANES) * by;
			d += vec_load(row + 3UL * VEC_LANES) * by;
		}
		vec_store(sums + at, a);
		vec_store(sums + at + VEC_LANES, b);
		vec_store(sums + at + 2UL * VEC_LANES, c);
		vec_store(sums + at + 3UL * VEC_LANES, d);
	}
}
static_assert(NET_UNITS % BLOCK == 0, "whole blocks");

float
net_step(struct net *net, const struct net_weights *w, const float x[FEATURES_COUNT])
{
	float		 dense[NET_UNITS], in[NET_GATES], hid[NET_GATES], gates[2 * NET_UNITS], new[NET_UNITS], y;
	unsigned	 i;

	memcpy(dense, w->dense_bias, sizeof(dense));
	add_rows(dense, w->dense[0], NET_UNITS, x, FEATURES_COUNT);
	tanh_all(dense, NET_UNITS);
	memcpy(in, w->input_bias, sizeof(in));
	add_rows(in, w->input[0], NET_GATES, dense, NET_UNITS);
	memcpy(hid, w->hidden_bias, sizeof(hid));
	add_rows(hid, w->hidden[0], NET_GATES, net->h, NET_UNITS);
	for (i = 0; i < 2 * NET_UNITS; i++)
		gates[i] = in[i] + hid[i];
	squash_all(gates, 2 * NET_UNITS);
	for (i = 0; i < NET_UNITS; i++)
		new[i] = in[2 * NET_UNITS + i] + gates[i] * hid[2 * NET_UNITS + i];
	tanh_all(new, NET_UNITS);
	y = w->out_bias;
	for (i = 0; i < NET_UNITS; i++) {
		net->h[i] = new[i] + gates[NET_UNITS + i] * (net->h[i] - new[i]);
		y += w->out[i] * net->h[i];
	}
	return y;
}

static uint32_t
mix(uint32_t sum, uint32_t word)
{
	unsigned	 i;

	for (i = 0; i < 4; i++, word >>= 8)
		sum = (sum ^ (word & 0xffU)) * 16777619U;
	return sum;
}

uint32_t
net_sum(const struct net_weights *w)
{
	uint32_t	 sum = 2166136261U, word;
	size_t		 at;

	static_assert(offsetof(struct net_weights, sum) % sizeof(word) == 0, "only words, without holes");
	for (at = 0; at < offsetof(struct net_weights, sum); at += sizeof(word)) {
		memcpy(&word, (const char *)w + at, sizeof(word));
		sum = mix(sum, word);
	}
	return sum;
}

uint32_t
net_trial(const struct net_weights *w)
{
	struct net	 net = { { 0.0f } };
	float		 x[FEATURES_COUNT], y;
	uint32_t	 seed = 1, sum = 2166136261U, word;
	unsigned	 i, k;

	for (i = 0; i < TRIAL_FRAMES; i++) {
		for (k = 0; k < FEATURES_COUNT; k++) {
			seed = seed * 1664525U + 1013904223U;
			x[k] = (float)(seed >> 16) / 16384.0f - 2.0f;
		}
		y = net_squash(net_step(&net, w, x));
		memcpy(&word, &y, sizeof(word));
		sum = mix(sum, word);
	}
	return sum;
}

int
net_check(const struct net_weights *w, const char **ret_cause)
{
	if (w->version != FEATURES_VERSION || w->inputs != FEATURES_COUNT || w->units != NET_UNITS)
		*ret_cause = "the weights are of another detector";
	else if (net_sum(w) != w->sum)
		*ret_cause = "the weights are damaged";
	else if (net_trial(w) != w->trial)
		*ret_cause = "this machine computes otherwise than the one of the training";
	else
		return 0;
	return -1;
}
