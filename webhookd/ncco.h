/* SPDX-License-Identifier: ISC */
/*
 * ncco: what a call is told, made from a step of a flow.
 *
 * Added to what the flow says: eventUrl (with call, flow, step and the number of the
 * step) and eventMethod where an action takes them and has none, the socket's address, format
 * and headers, "from" of a connect, the language and its region. A long talk becomes several,
 * one in a language without a voice at Vonage a stream of our own. An action that
 * is not valid after all (an empty number, say) is left out and logged.
 */
#ifndef WEBHOOKD_NCCO_H
#define WEBHOOKD_NCCO_H

#include <stdbool.h>
#include <stddef.h>

#include "webhookd/flow.h"

struct callid;
struct known_call;
struct webhookd;
struct webhookd_conf;

/* 0, or -1 with the first error ("file:line: cause") in err; all others and warnings are logged. */
int	ncco_load(const struct webhookd_conf *conf, struct flow_set **ret, char *err, size_t err_size);
/*
 * The NCCO of a step for this call (its state is read, not changed; events name
 * the step where the state is); uri is the socket to connect to, NULL where there
 * is none. Its text is the caller's (free()). NULL: out of memory, no such step (ENOENT).
 */
char	*ncco_make(struct webhookd *w, struct known_call *call, const char *flow, const char *step, const char *uri, size_t *ret_len);

#define NCCO_VARS_MAX	24
/* What a flow may name, for this call. Texts live as long as the struct. */
struct ncco_vars {
	char	greeting[1501], content_type[40], event_url[700], media_url[320];
	struct flow_var vars[NCCO_VARS_MAX];
	size_t	n;
};
void	ncco_scope(struct webhookd *w, struct known_call *call, const char *flow, const char *uri, struct ncco_vars *vars,
    struct flow_scope *ret);

/* The address of a live sockd with room, with a fresh token; its load is counted. false: none. */
bool	ncco_socket_uri(struct webhookd *w, const struct callid *id, char *out, size_t size);
/* The address of any sockd that was ever seen, dead or alive. */
bool	ncco_any_socket_uri(struct webhookd *w, const struct callid *id, char *out, size_t size);

#endif
