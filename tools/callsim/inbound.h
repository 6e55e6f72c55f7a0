/* SPDX-License-Identifier: ISC */
/*
 * inbound: the inbound calls of callsim serve (--inbound): who calls whom,
 * with which script, how long after the start. Each is made once.
 */
#ifndef CALLSIM_INBOUND_H
#define CALLSIM_INBOUND_H

#include <stddef.h>
#include <stdint.h>

#define INBOUNDS_MAX	1000

struct sim;
struct inbounds;

struct inbounds *inbounds_new(void);		/* NULL: ENOMEM */
void	inbounds_free(struct inbounds *in);	/* before sim_clear(); NULL is a no-op */
/* "FROM,TO,SCRIPTFILE[,AFTER_MS]": the script is read now. 0; -1 with the reason in cause. */
int	inbounds_add(struct inbounds *in, const char *text, char *cause, size_t cause_size);
/* Begin to count the time. 0, or -1 with errno. */
int	inbounds_start(struct inbounds *in, struct sim *sim, double time_scale);
void	inbounds_stop(struct inbounds *in);	/* what has not begun never will */

#endif
