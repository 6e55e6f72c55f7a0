/* SPDX-License-Identifier: ISC */
#include "webhookd/netlist.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/num.h"

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* Returns how many bits the family has in front: 96 or 0; -1: no address. */
static int
parse_addr(const char *text, uint8_t ret[16])
{
	if (inet_pton(AF_INET6, text, ret) == 1)
		return 0;
	if (inet_pton(AF_INET, text, ret + 12) != 1)
		return -1;
	memcpy(ret, mapped, sizeof(mapped));
	return 96;
}

static bool
same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned	rest = bits % 8;

	if (memcmp(a, b, bits / 8) != 0)
		return false;
	return rest == 0 || (a[bits / 8] ^ b[bits / 8]) >> (8 - rest) == 0;
}

static int
parse_net(const char *text, struct netlist_net *ret)
{
	static const uint8_t	none[16];
	const char		*slash = strchr(text, '/');
	char			 addr[NETLIST_ADDR_SIZE];
	size_t			 len = slash != NULL ? (size_t)(slash - text) : strlen(text), i;
	int64_t			 bits = 0;
	uint8_t			 tail[16];
	int			 front;

	if (len >= sizeof(addr))
		return -1;
	memcpy(addr, text, len);
	addr[len] = '\0';
	if ((front = parse_addr(addr, ret->addr)) == -1)
		return -1;
	if (slash == NULL)
		bits = 128 - front;
	else if (num_parse(slash + 1, 0, 128 - front, &bits) == -1)
		return -1;
	ret->bits = (unsigned)(bits + front);
	for (i = 0; i < sizeof(tail); i++)		/* what the mask leaves out must be 0, or somebody erred */
		tail[i] = i < ret->bits / 8 ? 0 : i == ret->bits / 8 ? (uint8_t)(ret->addr[i] << ret->bits % 8) : ret->addr[i];
	return memcmp(tail, none, sizeof(tail)) == 0 ? 0 : -1;
}

int
netlist_parse(char *const *texts, size_t n, struct netlist *ret, size_t *ret_bad)
{
	struct netlist	list = { .n = 0 };
	size_t		i;

	for (i = 0; i < n; i++) {
		if (strcmp(texts[i], "unix") == 0) {
			list.unix_too = true;
			continue;
		}
		if (list.n == NETLIST_MAX || parse_net(texts[i], &list.nets[list.n]) == -1) {
			*ret_bad = i;
			errno = EINVAL;
			return -1;
		}
		list.n++;
	}
	*ret = list;
	return 0;
}

bool
netlist_has(const struct netlist *list, const char *text)
{
	uint8_t	addr[16];
	size_t	i;

	if (strcmp(text, "unix") == 0)
		return list->unix_too;
	if (parse_addr(text, addr) == -1)
		return false;
	for (i = 0; i < list->n; i++)
		if (same_bits(list->nets[i].addr, addr, list->nets[i].bits))
			return true;
	return false;
}

/* One address has one text: mapped IPv4 becomes IPv4, IPv6 lower case and short. */
static bool
canonical(const char *text, char ret[NETLIST_ADDR_SIZE])
{
	uint8_t	addr[16];

	if (parse_addr(text, addr) == -1)
		return false;
	if (memcmp(addr, mapped, sizeof(mapped)) == 0)
		return inet_ntop(AF_INET, addr + 12, ret, NETLIST_ADDR_SIZE) != NULL;
	return inet_ntop(AF_INET6, addr, ret, NETLIST_ADDR_SIZE) != NULL;
}

/* An entry of the header: an address, with a port at times: "1.2.3.4:567", "[2001:db8::1]:567". */
static bool
parse_entry(const char *text, size_t len, char ret[NETLIST_ADDR_SIZE])
{
	char		 entry[NETLIST_ADDR_SIZE + 8];
	char		*end;

	while (len > 0 && strchr(" \t", text[0]) != NULL)
		text++, len--;
	while (len > 0 && strchr(" \t", text[len - 1]) != NULL)
		len--;
	if (len == 0 || len >= sizeof(entry))
		return false;
	memcpy(entry, text, len);
	entry[len] = '\0';
	if (entry[0] == '[') {
		if ((end = strchr(entry, ']')) == NULL)
			return false;
		*end = '\0';
		return canonical(entry + 1, ret);
	}
	if ((end = strchr(entry, ':')) != NULL && strchr(end + 1, ':') == NULL)
		*end = '\0';
	return canonical(entry, ret);
}

void
netlist_sender(const struct netlist *trusted, const char *peer, const char *forwarded, char ret[NETLIST_ADDR_SIZE])
{
	size_t		len = forwarded != NULL ? strlen(forwarded) : 0;
	const char	*comma;
	char		 addr[NETLIST_ADDR_SIZE];

	if (!canonical(peer, ret))
		(void)snprintf(ret, NETLIST_ADDR_SIZE, "%s", peer);
	while (len > 0 && netlist_has(trusted, ret)) {
		comma = memrchr(forwarded, ',', len);
		comma = comma != NULL ? comma + 1 : forwarded;
		if (!parse_entry(comma, len - (size_t)(comma - forwarded), addr))
			return;
		memcpy(ret, addr, NETLIST_ADDR_SIZE);
		len = comma > forwarded ? (size_t)(comma - forwarded) - 1 : 0;
	}
}
