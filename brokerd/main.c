/* SPDX-License-Identifier: ISC */
/* brokerd: holds the conversation of each call that it claimed (brokerd(8)). */
#include "brokerd/broker.h"

static const struct daemon_ops brokerd = {
	.name = "brokerd",
	.options = brokerd_options,
	.conf_size = sizeof(struct brokerd_conf),
	.order_to = 1U << CONF_WEBHOOKD | 1U << CONF_SOCKD | 1U << CONF_VADD,
	.listen_to = 1U << CONF_WEBHOOKD | 1U << CONF_SOCKD | 1U << CONF_VADD,
	.bus = { .order = broker_order, .peer = broker_peer },
	.check = brokerd_check,
	.start = broker_start,
	.reload = broker_reload,
	.drain = broker_drain,
	.stop = broker_stop,
	.stat = broker_stat,
};

int
main(int argc, char *argv[])
{
	return daemon_main(&brokerd, argc, argv);
}
