/* SPDX-License-Identifier: ISC */
/*
 * nccofetch: NCCOs that are asked for by HTTP: the answer webhook of an
 * inbound call, answer_url of a created one, the url of a transfer, onAnswer.
 */
#ifndef CALLSIM_NCCOFETCH_H
#define CALLSIM_NCCOFETCH_H

#include <stdbool.h>

#include "tools/callsim/nccocheck.h"

struct leg;

enum nccofetch_why { NCCOFETCH_ANSWER, NCCOFETCH_TRANSFER, NCCOFETCH_ON_ANSWER };

/* ncco is the callee's; NULL: none came, and the trouble was told. */
typedef void nccofetch_done(struct leg *leg, struct ncco *ncco);

/*
 * Ask url with the leg's data, by GET or POST; done is called later. One
 * question a leg at a time, and one for a transfer: another one replaces it.
 * 0; -1 with ENOMEM.
 */
int	nccofetch(struct leg *leg, enum nccofetch_why why, const char *url, bool get, nccofetch_done *done);
void	nccofetch_cancel(struct leg *leg);
void	nccofetch_cancel_transfer(struct leg *leg);

/* An NCCO that Vonage would refuse: trouble and error event. */
void	nccofetch_bad(struct leg *leg, enum ncco_result r, const char *cause);

#endif
