/* SPDX-License-Identifier: ISC */
/* trial: the check values of the weights that are linked in, and whether they are right. */
#include <inttypes.h>
#include <stdio.h>

#include "vadd/net.h"

int
main(void)
{
	const char	*cause = "right";

	(void)net_check(&net_weights, &cause);
	(void)printf("0x%08" PRIx32 " 0x%08" PRIx32 " %s\n", net_sum(&net_weights), net_trial(&net_weights), cause);
	return 0;
}
