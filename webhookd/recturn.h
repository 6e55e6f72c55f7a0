/* SPDX-License-Identifier: ISC */
/*
 * recturn: a turn of the AI without a WebSocket: what the caller said was recorded, is
 * downloaded (fetch.h), answered by brokerd (ask.h) and the call is transferred by REST to the
 * step of its flow that speaks the answer and records again.
 *
 * It is a job of kind "turn", keyed by the recording, so that it is taken up again after a crash; asked
 * again, brokerd gives the same answer from the turn's row. So a turn is answered once, but when
 * webhookd dies between the transfer and its commit the caller hears the answer's beginning twice.
 * Nothing is transferred when the call is over, has left the step that recorded (a key led elsewhere), or
 * turn_max_s after the recording: then the flow has gone on by itself.
 * When the engines are asked in vain the caller hears the assistant's apology, or apology_text.
 * The answer's action is ${action} in the step: "transfer" (a person is wanted) is the flow's matter; at
 * "hangup" the step's NCCO ends after the talk or stream actions it begins with, and with it the call.
 * After three recordings in a row without a word it is "silent", the flow's matter too.
 */
#ifndef WEBHOOKD_RECTURN_H
#define WEBHOOKD_RECTURN_H

struct event;
struct known_call;
struct recturns;
struct webhookd;

struct recturns *recturns_new(struct webhookd *w);	/* NULL: ENOMEM. Before jobs_new() */
void	recturns_free(struct recturns *r);		/* after jobs_free() */
/*
 * For a record event of the call, which is to go on with that step. 0, or -1 with errno, having said why: EINVAL (neither
 * recording_uuid nor recording_url), those of jobs_add().
 */
int	record_turn_start(struct webhookd *w, struct known_call *call, const struct event *ev, const char *flow, const char *step);

#endif
