/* SPDX-License-Identifier: ISC */
/* phones_impl: between phones.c (who is called, what happens) and phone.c (one phone of the file). */
#ifndef CALLSIM_PHONES_IMPL_H
#define CALLSIM_PHONES_IMPL_H

#include "tools/callsim/phones.h"

/* NULL object: a human. NULL with the reason in cause. */
struct phone *phone_parse(struct json_object *o, double time_scale, char *cause, size_t cause_size);
void	phone_free(struct phone *phone);	/* NULL is a no-op */
bool	phone_refuses(enum phone_kind kind);	/* is never answered */

#endif
