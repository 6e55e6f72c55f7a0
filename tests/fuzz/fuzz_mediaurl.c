/* SPDX-License-Identifier: ISC */
/*
 * Addresses of audio and parts of files. The first four bytes are a size, the
 * rest, up to a newline, a Range header; after it a name, an expiry and a
 * signature, by newlines.
 */
#include "common/mem.h"
#include "tests/fuzz/must.h"
#include "webhookd/mediaurl.h"

static void
check_range(const char *text, int64_t size)
{
	int64_t	from = -2, len = -2;
	int	rc = mediaurl_range(text, size, &from, &len);

	must(rc >= -1 && rc <= 1, "no outcome");
	if (rc == 1)
		must(from >= 0 && len >= 1 && from < size && len <= size - from, "a part outside the file");
	else
		must(from == -2 && len == -2, "a part without a range");
}

static void
check_name(const char *name, const char *expiry, const char *mac)
{
	int64_t	until;

	if (mediaurl_name_ok(name) || mediaurl_static_ok(name))
		must(strchr(name, '/') == NULL && name[0] != '.' && name[0] != '\0', "a name that leads elsewhere");
	must(mediaurl_check("the secret of the tokens", name, expiry, mac, 1763640000000, &until) != MEDIAURL_OK,
	    "an address passes that we did not sign");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	*text, *at, *parts[4] = { NULL };
	int64_t	 file_size;
	int	 n;

	if (size < 4)
		return 0;
	file_size = (int64_t)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
	must((text = mem_strndup((const char *)data + 4, size - 4)) != NULL, "no memory");
	for (n = 0, at = text; n < 4 && at != NULL; n++)
		parts[n] = strsep(&at, "\n");
	check_range(parts[0], file_size);
	check_range(parts[0], file_size << 31);
	if (parts[1] != NULL)
		check_name(parts[1], parts[2], parts[3]);
	free(text);
	return 0;
}
