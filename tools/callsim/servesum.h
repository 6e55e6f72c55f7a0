/* SPDX-License-Identifier: ISC */
/* servesum: what callsim serve knows of all its legs: the summary; callsim(1) has its members. */
#ifndef CALLSIM_SERVESUM_H
#define CALLSIM_SERVESUM_H

struct sim;

/* Every leg ends. */
void	servesum_hangup_all(struct sim *sim);
/* To a file, "-" or (NULL) nowhere; the cause of failure is printed. -1 also when a call did not end well. */
int	servesum_write(struct sim *sim, const char *path);

#endif
