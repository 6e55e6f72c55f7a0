/* SPDX-License-Identifier: ISC */
/* servesum: what callsim serve knows of all its legs: how many ended, the summary; callsim(1) has its members. */
#ifndef CALLSIM_SERVESUM_H
#define CALLSIM_SERVESUM_H

#include <stdint.h>

struct inbounds;
struct sim;

/* Calls made by POST /v1/calls that have ended. */
int64_t	servesum_ended(struct sim *sim);
/* Every leg ends. */
void	servesum_hangup_all(struct sim *sim);
/* To a file, "-" or (NULL) nowhere; the cause of failure is printed. -1 also when a call did not end well. */
int	servesum_write(struct sim *sim, const struct inbounds *in, const char *path);

#endif
