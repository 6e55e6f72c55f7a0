/* SPDX-License-Identifier: ISC */
#include "common/flowvar.h"

#include <stddef.h>
#include <string.h>

/* "sms" and "silent" are webhookd's own marks of a call. */
static const char *const	fixed[] = {
	"uuid", "conversation_uuid", "from", "to", "number", "person", "direction", "contact.name", "socket_uri",
	"content_type", "event_url", "media_url", "digits", "speech", "machine", "sms", "action", "silent",
};

bool
flowvar_is_fixed(const char *name)
{
	size_t	i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i], name) == 0)
			return true;
	return strncmp(name, "answer.", 7) == 0;
}
