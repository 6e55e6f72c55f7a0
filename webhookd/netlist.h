/* SPDX-License-Identifier: ISC */
/*
 * netlist: lists of networks, and who sent a request that came through
 * proxies. Pure.
 *
 * "192.0.2.0/24", "2001:db8::/32", a bare address is itself alone, and "unix"
 * is whoever came through a Unix socket. An IPv4 address mapped into IPv6
 * (::ffff:192.0.2.1) is the IPv4 address, in lists and in addresses.
 */
#ifndef WEBHOOKD_NETLIST_H
#define WEBHOOKD_NETLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETLIST_MAX		64
#define NETLIST_ADDR_SIZE	46	/* INET6_ADDRSTRLEN */

struct netlist_net { uint8_t addr[16]; unsigned bits; };	/* IPv4 as ::ffff:a.b.c.d/96+n */
struct netlist {
	struct netlist_net nets[NETLIST_MAX];
	size_t	n;
	bool	unix_too;
};

/* 0; -1 with EINVAL and the index of the bad one in *ret_bad: no network, bits behind its mask, too many. */
int	netlist_parse(char *const *texts, size_t n, struct netlist *ret, size_t *ret_bad);
/* addr: an address as text, or "unix". What is neither is in no list. */
bool	netlist_has(const struct netlist *list, const char *addr);
/*
 * Who sent it: peer, or when that is a trusted proxy the rightmost address of
 * X-Forwarded-For that is not one (each proxy appends whom it heard; all
 * further left is the sender's own word). forwarded: all such headers, joined
 * by commas; NULL none. An entry that is no address ends the search at the
 * proxy that brought it. ret gets the address in its canonical form.
 */
void	netlist_sender(const struct netlist *trusted, const char *peer, const char *forwarded, char ret[NETLIST_ADDR_SIZE]);

#endif
