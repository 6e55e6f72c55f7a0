/* SPDX-License-Identifier: ISC */
/*
 * gate: who may bring webhooks, and how many.
 *
 * In this order, before anybody reads a body: is the sender in allow_networks,
 * does it come too often (source_per_second), is it Vonage (hooksign.h). After
 * it was read: does this number call too often (caller_per_minute). What is
 * refused is answered here with a problem, counted by its reason, and logged
 * at most once in GATE_LOG_MS for each reason; nothing of it is stored and no
 * call is touched. Only a caller who comes too often is not: an error would send
 * Vonage to the fallback URL, so answer.c tells the call that all are busy.
 *
 * Without signature_secrets webhooks are believed: only with insecure_dev,
 * which is said at the start and each hour.
 */
#ifndef WEBHOOKD_GATE_H
#define WEBHOOKD_GATE_H

#include <stdbool.h>
#include <stddef.h>

struct conf_error;
struct event;
struct gate;
struct http_req;
struct json_object;
struct webhookd;
struct webhookd_conf;

#define GATE_LOG_MS	10000
#define GATE_SOURCES	4096		/* addresses whose bucket is remembered */
#define GATE_CALLERS	16384

/* Is the configuration one that gate_new() takes? 0; -1 with a text. */
int	gate_check(const struct webhookd_conf *conf, char *err, size_t err_size);
struct gate *gate_new(struct webhookd *w);	/* NULL: ENOMEM; after w->http */
void	gate_free(struct gate *g);
/* Lists of networks out of a configuration that gate_check() took. */
void	gate_reload(struct gate *g, const struct webhookd_conf *conf);
/* May this sender come now? Also for what is no webhook. false: answered. */
bool	gate_source(struct gate *g, struct http_req *req);
/* All of it, for a webhook; body as it came (not of a GET). false: answered. */
bool	gate_webhook(struct gate *g, struct http_req *req, const char *body, size_t len);
/* A call that is new: may this number call again now? false: counted and logged, not answered. */
bool	gate_caller(struct gate *g, const struct http_req *req, const struct event *ev);
void	gate_stat(const struct gate *g, struct json_object *o);

#endif
