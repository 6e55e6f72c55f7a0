/* SPDX-License-Identifier: ISC */
/*
 * rest: the part of Vonage's REST API that a call needs (spec/vonage.md 7),
 * served on 127.0.0.1 for all calls: PUT /v1/calls/ID {"action":"hangup"}.
 * Each request is written into the summary of its call.
 */
#ifndef CALLSIM_REST_H
#define CALLSIM_REST_H

#include <stdint.h>

struct rest;
struct sim;

struct rest *rest_new(struct sim *sim, uint16_t port);	/* 0: any free port. NULL: errno */
void	rest_free(struct rest *r);
uint16_t rest_port(const struct rest *r);

#endif
