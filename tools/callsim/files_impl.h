/* SPDX-License-Identifier: ISC */
/* Between files.c (what is served) and filesend.c (how its bytes go out). */
#ifndef CALLSIM_FILES_IMPL_H
#define CALLSIM_FILES_IMPL_H

#include <stdint.h>
#include <sys/types.h>

#include <event2/http.h>

#include "tools/callsim/files.h"

struct filesend {		/* an answer whose status is 200 or 206 */
	int		 fd;	/* taken over */
	int		 status;
	off_t		 offset;
	int64_t		 len;	/* bytes from offset on */
	const struct files_fault *fault;	/* of its body; NULL: none */
};

/* "bytes=..." into offset and len of a file of size bytes. 0; -1: not to be heeded; -2: 416. */
int	files_range(const char *range, int64_t size, off_t *ret_offset, int64_t *ret_len);
/* Send; headers but Content-Length are set. */
void	filesend_start(struct evhttp_request *req, struct event_base *base, const struct filesend *f);

#endif
