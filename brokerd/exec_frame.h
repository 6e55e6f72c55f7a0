/* SPDX-License-Identifier: ISC */
/*
 * exec_frame: what an engine program writes (callpipe-engine(7)): lines of
 * JSON, each followed by as many bytes of PCM as its "bytes" says. Pure.
 *
 * PCM is handed on as it arrives, in whole samples. Maxima: a line
 * EXEC_LINE_MAX bytes, PCM EXEC_PCM_MAX bytes a message. After an error the
 * reader does not know where a message begins: the program must be ended.
 */
#ifndef BROKERD_EXEC_FRAME_H
#define BROKERD_EXEC_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/json.h"

#define EXEC_LINE_MAX	65536
#define EXEC_PCM_MAX	(4u << 20)

struct exec_frame_ops {
	/* A line; bytes of PCM follow (0: none). false stops the feed at once (the reader may be gone). */
	bool (*message)(void *arg, struct json_object *obj, size_t bytes);
	bool (*pcm)(void *arg, const int16_t *pcm, size_t n);	/* of the last message */
};

struct exec_frame {
	struct buf	 line;
	size_t		 pcm_left;	/* bytes */
	uint8_t		 odd;		/* half a sample */
	bool		 has_odd;
	const char	*cause;		/* of an error; static */
};

void	exec_frame_init(struct exec_frame *f);
void	exec_frame_clear(struct exec_frame *f);
/* 0 all taken; 1 stopped by a callback: touch nothing; -1 with errno (EBADMSG, EMSGSIZE, ENOMEM) and f->cause. */
int	exec_frame_feed(struct exec_frame *f, const void *data, size_t len, const struct exec_frame_ops *ops, void *arg);

#endif
