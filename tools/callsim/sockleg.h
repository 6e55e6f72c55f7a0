/* SPDX-License-Identifier: ISC */
/* sockleg: a websocket leg: what Vonage does with a WebSocket (spec/vonage.md 4). */
#ifndef CALLSIM_SOCKLEG_H
#define CALLSIM_SOCKLEG_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/callsim/arrival.h"
#include "tools/callsim/vbuffer.h"

struct leg;
struct ncco_action;
struct wsclient;

struct sock {
	struct wsclient	*ws;
	bool		 open;
	char		*connected_text;	/* first message */
	struct vbuffer	*buffer;		/* NULL: the leg is no websocket */
	struct arrival	 arrival;
};

/* Connect to the endpoint of a; the events started and ringing are sent. 0; -1: trouble was told. */
int	sockleg_open(struct leg *leg, const struct ncco_action *a);
/* The frame that the application's audio makes, of the leg's own rate. false: silence, out untouched. */
bool	sockleg_frame(struct leg *leg, int16_t *out);
void	sockleg_send_frame(struct leg *leg);		/* what is heard goes to the application */
void	sockleg_key(struct leg *leg, char key);		/* websocket:dtmf */
void	sockleg_drop(struct leg *leg, const char *why);	/* as if the network had failed */
void	sockleg_close(struct leg *leg);			/* with code 1000, no event */
void	sockleg_clear(struct sock *s);

#endif
