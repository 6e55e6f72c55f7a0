/* SPDX-License-Identifier: ISC */
/* flow_act: what a flow does to a call beside the reply to a webhook. */
#ifndef WEBHOOKD_FLOW_ACT_H
#define WEBHOOKD_FLOW_ACT_H

#include <stddef.h>

struct event;
struct follow;
struct known_call;
struct webhookd;

/* A turn of the AI with a recording: in the end the call is transferred to the step. */
void	flow_act_turn(struct webhookd *w, struct known_call *call, const struct event *ev, const struct follow *next);
void	flow_act_hangup(struct webhookd *w, struct known_call *call);
/* The call goes on with this NCCO, by REST. */
void	flow_act_transfer(struct webhookd *w, struct known_call *call, const char *ncco, size_t len);
/* The NCCO of a call that is being hung up: silence, or an empty reply would let the old one go on. The caller's. */
char	*flow_act_quiet(size_t *ret_len);

#endif
