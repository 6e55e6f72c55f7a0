/* SPDX-License-Identifier: ISC */
/*
 * delivery: a webhook request to its end (spec/vonage.md 1.2, 1.3, 2.6, 2.7):
 * signed, tried twice where that is due (web.h), and when no usable NCCO came
 * the fallback URL is asked, with the reason and the original request.
 *
 * Usable is: for the answer webhook status 200, application/json, a valid
 * NCCO; for an event that wants an NCCO status 200 to 205 and a body that is
 * no NCCO at all (carry on) or a valid one, not typed text/html or
 * application/xml. An NCCO with an error is told by an error event when the
 * fallback URL is asked; else the caller of delivery_send() gets it and tells.
 */
#ifndef CALLSIM_DELIVERY_H
#define CALLSIM_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/callsim/web.h"

enum delivery_kind { DELIVERY_ANSWER, DELIVERY_EVENT };

struct delivery {		/* borrowed */
	enum delivery_kind kind;
	const char	*url;
	bool		 get;		/* json becomes the query */
	const char	*json;		/* an object; NULL with DELIVERY_ANSWER: a bare GET of url */
	bool		 wants_ncco;	/* DELIVERY_EVENT: the reply may be an NCCO */
	bool		 lost;		/* never sent, as if both attempts had failed */
};

/*
 * done is called once, from the loop, with the answer that counts: that of
 * the URL or (reply->fallback) of the fallback URL. With DELIVERY_EVENT its
 * body is empty unless it is to be heeded. web_cancel(w, arg) ends it. 0, or
 * -1 with ENOMEM (done is not called then).
 */
int	delivery_send(struct web *w, const struct delivery *d, web_done *done, void *arg);
/* A text that begins, after blanks, with [. */
bool	delivery_is_array(const char *body, size_t len);

#endif
