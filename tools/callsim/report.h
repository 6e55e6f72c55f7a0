/* SPDX-License-Identifier: ISC */
/* report: the JSON summary of a call; callsim(1) describes its members. */
#ifndef CALLSIM_REPORT_H
#define CALLSIM_REPORT_H

#include "common/json.h"

struct call;
struct histogram;
struct web;

/* The caller puts it. NULL: ENOMEM. */
struct json_object *report_call(const struct call *c);
/* {"p50":..,"p90":..,"p99":..,"max":..,"count":..} in milliseconds. */
struct json_object *report_histogram(const struct histogram *h);
/* Requests, attempts, failures, bad_replies, fallbacks of the webhooks. */
struct json_object *report_webhooks(struct web *w);
/* A number with one decimal. */
struct json_object *report_number(double value);
/* Write o and a newline to a file, or to standard output for "-". 0, or -1 with errno. */
int	report_write(struct json_object *o, const char *path);

#endif
