/* SPDX-License-Identifier: ISC */
#include "vadd/net.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

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

/* sums += x times the rows of w: columns beside each other, so that order is kept and vectors help. */
static void
add_units(float *restrict sums, const float w[][NET_UNITS], const float *restrict x, unsigned n)
{
	unsigned	 i, j;

	for (j = 0; j < n; j++) {
		for (i = 0; i < NET_UNITS; i++)
			sums[i] += w[j][i] * x[j];
	}
}

static void
add_gates(float *restrict sums, const float w[][NET_GATES], const float *restrict x)
{
	unsigned	 i, j;

	for (j = 0; j < NET_UNITS; j++) {
		for (i = 0; i < NET_GATES; i++)
			sums[i] += w[j][i] * x[j];
	}
}

float
net_step(struct net *net, const struct net_weights *w, const float x[FEATURES_COUNT])
{
	float		 dense[NET_UNITS], in[NET_GATES], hid[NET_GATES], reset, update, new, y;
	unsigned	 i;

	memcpy(dense, w->dense_bias, sizeof(dense));
	add_units(dense, w->dense, x, FEATURES_COUNT);
	for (i = 0; i < NET_UNITS; i++)
		dense[i] = tanh_of(dense[i]);
	memcpy(in, w->input_bias, sizeof(in));
	add_gates(in, w->input, dense);
	memcpy(hid, w->hidden_bias, sizeof(hid));
	add_gates(hid, w->hidden, net->h);
	y = w->out_bias;
	for (i = 0; i < NET_UNITS; i++) {
		reset = net_squash(in[i] + hid[i]);
		update = net_squash(in[NET_UNITS + i] + hid[NET_UNITS + i]);
		new = tanh_of(in[2 * NET_UNITS + i] + reset * hid[2 * NET_UNITS + i]);
		net->h[i] = new + update * (net->h[i] - new);
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
