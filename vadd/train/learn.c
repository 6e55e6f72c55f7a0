/* SPDX-License-Identifier: ISC */
/*
 * learn: finds the weights of net.h by gradient descent.
 *
 *   learn DATA WEIGHTS SEED EPOCHS
 *
 * DATA, written by train.py: uint32 strings, then for each uint32 frames, that many rows of FEATURES_COUNT
 * scaled features, that many labels (0 to 1) and that many weights of a frame, all float. WEIGHTS: the floats
 * of struct net_weights from dense to out_bias, for scaled features.
 *
 * AdamW on the cross-entropy, through time in pieces of PIECE frames between which the state is kept.
 * Only + - * / and sqrtf() in a written order: the same seed and data give the same weights everywhere.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/num.h"
#include "vadd/net.h"

#define F	FEATURES_COUNT
#define H	NET_UNITS
#define BATCH	40		/* strings beside each other */
#define PIECE	150		/* 3 s */
#define ROWS	(BATCH * PIECE)
#define RATE_MOST	6e-3f
#define DECAY	1e-3f
#define CLIP	0.5f

struct weights {
	float	dense[F][H], dense_bias[H];
	float	input[H][3 * H], input_bias[3 * H];
	float	hidden[H][3 * H], hidden_bias[3 * H];
	float	out[H], out_bias;
};
#define NWEIGHTS	(sizeof(struct weights) / sizeof(float))

struct text { uint32_t n; float *x, *y, *w; };	/* one string */

static struct text	*texts;
static uint32_t		 ntexts;
static union { struct weights w; float v[NWEIGHTS]; } net, grad, first, second;
static float		 input_t[3 * H][H], hidden_t[3 * H][H];	/* transposed */
/* Rows are time, then string. */
static float		 x[ROWS][F], y[ROWS], weight[ROWS], d[ROWS][H], in[ROWS][3 * H], hid[ROWS][3 * H];
static float		 h[ROWS + BATCH][H], d_in[ROWS][3 * H], d_hid[ROWS][3 * H], d_d[ROWS][H], d_z[ROWS];
static uint64_t		 seed;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static uint32_t
any(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)((seed >> 32) * below >> 32);
}

/* As in net.c, here where the compiler can make vectors of it. */
static inline float
tanh_of(float v)
{
	float	 v2;

	v = v < -4.9f ? -4.9f : v > 4.9f ? 4.9f : v;
	v2 = v * v;
	return v * (135135.0f + v2 * (17325.0f + v2 * (378.0f + v2))) /
	    (135135.0f + v2 * (62370.0f + v2 * (3150.0f + v2 * 28.0f)));
}

static inline float
squash(float v)
{
	return 0.5f + 0.5f * tanh_of(0.5f * v);
}

/* to[m][n] += from[m][k] by[k][n] */
#define PRODUCT(name, K, N)							\
static void									\
name(float (*restrict to)[N], float (*restrict from)[K], float (*restrict by)[N], unsigned m)	\
{										\
	unsigned	 i, j, k;						\
	float		 sum[N];						\
										\
	for (i = 0; i < m; i++) {						\
		memcpy(sum, to[i], sizeof(sum));				\
		for (k = 0; k < (K); k++)					\
			for (j = 0; j < (N); j++)				\
				sum[j] += from[i][k] * by[k][j];		\
		memcpy(to[i], sum, sizeof(sum));				\
	}									\
}
/* to[k][n] += left[m][k] right[m][n] */
#define OUTER(name, K, N)							\
static void									\
name(float (*restrict to)[N], float (*restrict left)[K], float (*restrict right)[N], unsigned m)	\
{										\
	unsigned	 i, j, k;						\
	float		 sum[N];						\
										\
	for (k = 0; k < (K); k++) {						\
		memcpy(sum, to[k], sizeof(sum));				\
		for (i = 0; i < m; i++)						\
			for (j = 0; j < (N); j++)				\
				sum[j] += left[i][k] * right[i][j];		\
		memcpy(to[k], sum, sizeof(sum));				\
	}									\
}
PRODUCT(dense_forward, F, H)
PRODUCT(gates_forward, H, 3 * H)
PRODUCT(gates_back, 3 * H, H)
OUTER(dense_outer, F, H)
OUTER(gates_outer, H, 3 * H)

static void
sum_rows(float *restrict to, const float *restrict from, unsigned m, unsigned n)
{
	unsigned	 i, j;

	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++)
			to[j] += from[i * n + j];
}

static void
fill(float *rows, const float *bias, unsigned m, unsigned n)
{
	unsigned	 i;

	for (i = 0; i < m; i++)
		memcpy(rows + (size_t)i * n, bias, n * sizeof(*bias));
}

/* in and hid become the gates: reset, update and new; the product of hidden for new stays in hid. */
static void
gates(unsigned row)
{
	float		*g = in[row], *p = hid[row], *now = h[row + BATCH];
	const float	*before = h[row];
	unsigned	 i;

	for (i = 0; i < 2 * H; i++)
		g[i] = squash(g[i] + p[i]);
	for (i = 0; i < H; i++)
		g[2 * H + i] = tanh_of(g[2 * H + i] + g[i] * p[2 * H + i]);
	for (i = 0; i < H; i++)
		now[i] = g[2 * H + i] + g[H + i] * (before[i] - g[2 * H + i]);
}

/* Returns the loss of the piece, summed; d_z is its derivative by the output. */
static double
forward(void)
{
	unsigned	 t, i, k;
	float		 z, p, all = 1.0f;
	double		 loss = 0;

	fill(d[0], net.w.dense_bias, ROWS, H);
	dense_forward(d, x, net.w.dense, ROWS);
	for (i = 0; i < ROWS; i++)
		for (k = 0; k < H; k++)
			d[i][k] = tanh_of(d[i][k]);
	fill(in[0], net.w.input_bias, ROWS, 3 * H);
	gates_forward(in, d, net.w.input, ROWS);
	fill(hid[0], net.w.hidden_bias, ROWS, 3 * H);
	for (t = 0; t < PIECE; t++) {
		gates_forward(hid + t * BATCH, h + t * BATCH, net.w.hidden, BATCH);
		for (i = 0; i < BATCH; i++)
			gates(t * BATCH + i);
	}
	for (i = 0; i < ROWS; i++)
		all += weight[i];
	for (i = 0; i < ROWS; i++) {
		for (k = 0, z = net.w.out_bias; k < H; k++)
			z += net.w.out[k] * h[i + BATCH][k];
		p = squash(z);
		d_z[i] = (p - y[i]) * weight[i] / all;
		p = p < 1e-4f ? 1e-4f : p > 0.9999f ? 0.9999f : p;
		loss -= weight[i] / all * (y[i] * log(p) + (1 - y[i]) * log(1 - p));
	}
	return loss;
}

static void
gates_derive(unsigned row, float *restrict back)
{
	const float	*g = in[row], *r = g, *u = g + H, *n = g + 2 * H, *p = hid[row] + 2 * H, *before = h[row];
	float		 d_h, d_n;
	unsigned	 i;

	for (i = 0; i < H; i++) {
		d_h = back[i] + d_z[row] * net.w.out[i];
		d_n = d_h * (1.0f - u[i]) * (1.0f - n[i] * n[i]);
		d_in[row][i] = d_hid[row][i] = d_n * p[i] * r[i] * (1.0f - r[i]);
		d_in[row][H + i] = d_hid[row][H + i] = d_h * (before[i] - n[i]) * u[i] * (1.0f - u[i]);
		d_in[row][2 * H + i] = d_n;
		d_hid[row][2 * H + i] = d_n * r[i];
		back[i] = d_h * u[i];
	}
}

static void
backward(void)
{
	static float	 back[BATCH][H];
	unsigned	 t, i, k;

	memset(&grad, 0, sizeof(grad));
	for (i = 0; i < H; i++)
		for (k = 0; k < 3 * H; k++) {
			input_t[k][i] = net.w.input[i][k];
			hidden_t[k][i] = net.w.hidden[i][k];
		}
	memset(back, 0, sizeof(back));
	for (t = PIECE; t-- > 0;) {
		for (i = 0; i < BATCH; i++)
			gates_derive(t * BATCH + i, back[i]);
		gates_back(back, d_hid + t * BATCH, hidden_t, BATCH);
	}
	for (i = 0; i < ROWS; i++) {
		grad.w.out_bias += d_z[i];
		for (k = 0; k < H; k++)
			grad.w.out[k] += d_z[i] * h[i + BATCH][k];
	}
	gates_outer(grad.w.hidden, h, d_hid, ROWS);
	sum_rows(grad.w.hidden_bias, d_hid[0], ROWS, 3 * H);
	gates_outer(grad.w.input, d, d_in, ROWS);
	sum_rows(grad.w.input_bias, d_in[0], ROWS, 3 * H);
	memset(d_d, 0, sizeof(d_d));
	gates_back(d_d, d_in, input_t, ROWS);
	for (i = 0; i < ROWS; i++)
		for (k = 0; k < H; k++)
			d_d[i][k] *= 1.0f - d[i][k] * d[i][k];
	dense_outer(grad.w.dense, x, d_d, ROWS);
	sum_rows(grad.w.dense_bias, d_d[0], ROWS, H);
}

/* AdamW, the gradient cut to a length of CLIP. */
static void
step(float rate)
{
	static float	 fade1 = 1, fade2 = 1;
	float		 length = 0, scale, g, m, v;
	size_t		 i;

	for (i = 0; i < NWEIGHTS; i++)
		length += grad.v[i] * grad.v[i];
	length = sqrtf(length);
	scale = length > CLIP ? CLIP / length : 1;
	fade1 *= 0.9f;
	fade2 *= 0.999f;
	for (i = 0; i < NWEIGHTS; i++) {
		g = grad.v[i] * scale;
		first.v[i] += 0.1f * (g - first.v[i]);
		second.v[i] += 0.001f * (g * g - second.v[i]);
		m = first.v[i] / (1 - fade1);
		v = second.v[i] / (1 - fade2);
		net.v[i] -= rate * (m / (sqrtf(v) + 1e-8f) + DECAY * net.v[i]);
	}
}

/* A piece of each string of the batch, from frame at on; what is over has no weight. */
static void
lay_out(const uint32_t *order, uint32_t at)
{
	const struct text *s;
	unsigned	 t, i, row;

	for (t = 0; t < PIECE; t++)
		for (i = 0; i < BATCH; i++) {
			s = &texts[order[i]];
			row = t * BATCH + i;
			if (at + t >= s->n) {
				memset(x[row], 0, sizeof(x[row]));
				y[row] = weight[row] = 0;
				continue;
			}
			memcpy(x[row], s->x + (size_t)(at + t) * F, sizeof(x[row]));
			y[row] = s->y[at + t];
			weight[row] = s->w[at + t];
		}
}

static float
rate_at(float part)
{
	return RATE_MOST * (part < 0.1f ? 0.1f + 9 * part : (1 - part) / 0.9f + 1e-3f);
}

static void
train(unsigned epochs)
{
	const uint32_t	 rounds = ntexts / BATCH;
	uint32_t	*order = calloc(ntexts, sizeof(*order)), r, i, k, at, longest, count, swap;
	unsigned	 epoch;
	double		 loss;

	if (order == NULL)
		die("order");
	for (i = 0; i < ntexts; i++)
		order[i] = i;
	for (epoch = 0; epoch < epochs; epoch++) {
		for (i = ntexts - 1; i > 0; i--) {
			k = any(i + 1);
			swap = order[i];
			order[i] = order[k];
			order[k] = swap;
		}
		for (r = 0, loss = 0, count = 0; r < rounds; r++) {
			for (i = 0, longest = 0; i < BATCH; i++)
				if (texts[order[r * BATCH + i]].n > longest)
					longest = texts[order[r * BATCH + i]].n;
			memset(h, 0, sizeof(h));
			for (at = 0; at < longest; at += PIECE, count++) {
				memcpy(h, h + ROWS, BATCH * sizeof(*h));
				lay_out(order + r * BATCH, at);
				loss += forward();
				backward();
				step(rate_at(((float)epoch + (float)r / (float)rounds) / (float)epochs));
			}
		}
		(void)printf("learn: epoch %u loss %.4f, %.0f s\n", epoch + 1, loss / count, (double)clock() / CLOCKS_PER_SEC);
		(void)fflush(stdout);
	}
	free(order);
}

static void
read_floats(FILE *f, float **ret, size_t n)
{
	if ((*ret = calloc(n, sizeof(**ret))) == NULL || fread(*ret, sizeof(**ret), n, f) != n)
		die("data");
}

static void
read_data(const char *path)
{
	FILE		*f = fopen(path, "rb");
	uint32_t	 i;

	if (f == NULL || fread(&ntexts, sizeof(ntexts), 1, f) != 1 || ntexts < BATCH ||
	    (texts = calloc(ntexts, sizeof(*texts))) == NULL)
		die(path);
	for (i = 0; i < ntexts; i++) {
		if (fread(&texts[i].n, sizeof(texts[i].n), 1, f) != 1)
			die(path);
		read_floats(f, &texts[i].x, (size_t)texts[i].n * F);
		read_floats(f, &texts[i].y, texts[i].n);
		read_floats(f, &texts[i].w, texts[i].n);
	}
	(void)fclose(f);
}

int
main(int argc, char **argv)
{
	int64_t	 number, epochs;
	size_t	 i;
	float	 most;
	FILE	*f;

	if (argc != 5 || num_parse(argv[3], 0, 1 << 30, &number) == -1 || num_parse(argv[4], 1, 1000, &epochs) == -1) {
		(void)fprintf(stderr, "usage: learn data weights seed epochs\n");
		return 2;
	}
	seed = (uint64_t)number;
	read_data(argv[1]);
	for (i = 0; i < NWEIGHTS; i++) {
		most = i < sizeof(net.w.dense) / sizeof(float) ? 1 / sqrtf(F) : 1 / sqrtf(H);
		net.v[i] = ((float)any(1 << 24) / (1 << 23) - 1) * most;
	}
	train((unsigned)epochs);
	if ((f = fopen(argv[2], "wb")) == NULL || fwrite(&net, sizeof(net), 1, f) != 1 || fclose(f) != 0)
		die(argv[2]);
	return 0;
}
