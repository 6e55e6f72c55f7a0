/* SPDX-License-Identifier: ISC */
/*
 * net: the recurrent network of vad: features -> dense, tanh -> GRU -> one number.
 *
 * Pure. Arithmetic in a written order without fused multiply-add (the Makefile
 * says -ffp-contract=off) and with a rational tanh, so that every machine with
 * IEEE floats computes the same bits; net_check() proves it at start.
 */
#ifndef VADD_NET_H
#define VADD_NET_H

#include <stdint.h>

#include "vadd/features.h"

#define NET_UNITS	32
#define NET_GATES	(3 * NET_UNITS)		/* reset, update, new */

/* Rows are inputs, columns outputs. weights.c, written by train/train.py. */
struct net_weights {
	uint32_t	version, inputs, units;	/* what they were trained for */
	float		dense[FEATURES_COUNT][NET_UNITS], dense_bias[NET_UNITS];
	float		input[NET_UNITS][NET_GATES], input_bias[NET_GATES];
	float		hidden[NET_UNITS][NET_GATES], hidden_bias[NET_GATES];
	float		out[NET_UNITS], out_bias;
	uint32_t	sum;			/* net_sum() */
	uint32_t	trial;			/* net_trial() */
};
extern const struct net_weights net_weights;

struct net { float h[NET_UNITS]; };		/* zero is a fresh one */

/* The next frame. More than 0: rather speech than not. */
float net_step(struct net *net, const struct net_weights *w, const float x[FEATURES_COUNT]);
/* 0 to 1, .5 at 0; monotonous. */
float net_squash(float x);

/* FNV-1a of all before the member sum. */
uint32_t net_sum(const struct net_weights *w);
/* The bits of what the network says of made-up features, mixed. */
uint32_t net_trial(const struct net_weights *w);
/* 0; -1 and in *ret_cause a constant text: weights damaged, of other features, or arithmetic not as in training. */
int net_check(const struct net_weights *w, const char **ret_cause);

#endif
