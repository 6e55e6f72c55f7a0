/* SPDX-License-Identifier: ISC */
/*
 * helper: the skeleton of an engine program (callpipe-engine(7)).
 *
 * Reads requests (one JSON object a line, followed by "bytes" bytes of PCM)
 * from one descriptor, hands them to a handler one after the other, and
 * writes its answers to another. Pings are answered and cancels noticed while
 * a request runs, as long as the handler asks helper_stop() between its
 * chunks: that call reads ahead without blocking.
 *
 * Maxima: a line HELPER_LINE_MAX bytes, PCM HELPER_PCM_MAX bytes a message;
 * reading ahead stops at HELPER_QUEUE_MAX waiting requests or
 * HELPER_QUEUE_BYTES bytes of them, the rest waits in the pipe (and a cancel
 * behind it waits too). A line that is not a request object with an
 * acceptable "bytes" loses the framing: an error without id is sent and
 * helper_run() returns 1. Not locked: one helper, one thread.
 */
#ifndef BROKERD_ENGINES_HELPER_H
#define BROKERD_ENGINES_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/json.h"

#define HELPER_VERSION		1
#define HELPER_LINE_MAX		65536
#define HELPER_PCM_MAX		(4 * 1024 * 1024)	/* 43 s at 48 kHz */
#define HELPER_QUEUE_MAX	16
#define HELPER_QUEUE_BYTES	(8 * 1024 * 1024)

struct helper;				/* opaque */

struct helper_info {			/* the first line; all texts borrowed for helper_new() */
	const char	*kind;		/* "stt", "chat" or "tts" */
	const char	*name;
	uint32_t	 rate_hz;	/* 0: not said */
	const char	*const *languages;	/* ended by NULL */
};

struct helper_request {			/* lent to the handler, valid until it returns */
	int64_t			 id;
	const char		*op;
	struct json_object	*body;
	const int16_t		*pcm;	/* NULL when npcm is 0 */
	size_t			 npcm;	/* samples */
};

/*
 * Answers one request through helper_part() and then helper_end() or
 * helper_fail(). When helper_stop() is true it simply returns: the skeleton
 * ends the request. arg is that of helper_run().
 */
typedef void helper_handler(struct helper *h, const struct helper_request *rq, void *arg);

/*
 * Take descriptor 1 for answers and let everything else that is printed there
 * (by a library, say) go to descriptor 2; SIGPIPE is ignored from now on.
 * Returns the descriptor for answers (close-on-exec), -1 with errno.
 */
int	helper_take_stdout(void);

/* The descriptors stay the caller's. NULL with errno ENOMEM. */
struct helper *helper_new(int in_fd, int out_fd);
void	helper_free(struct helper *h);		/* NULL is a no-op */

/*
 * Send the first line and then answer requests until end of input; requests
 * that were read before it are still answered. 0; 1 when the framing was lost
 * or the reader of our answers is gone (the reason is logged).
 */
int	helper_run(struct helper *h, const struct helper_info *info, helper_handler *handler, void *arg);

/* True when the running request was cancelled or nobody can hear the answer. */
bool	helper_stop(struct helper *h);
/* The same after waiting: true as soon as it is so, false after wait_ms. */
bool	helper_wait(struct helper *h, unsigned wait_ms);
/*
 * Send one partial answer: obj (taken over in any case; NULL is out of memory)
 * with "id", and "bytes" when npcm is not 0, then the PCM. 0; -1 when it
 * could not be sent.
 */
int	helper_part(struct helper *h, struct json_object *obj, const int16_t *pcm, size_t npcm);
/* Send the last answer: obj (as above) with "id" and "done". */
int	helper_end(struct helper *h, struct json_object *obj);
/* Send an error as the last answer. retry: the same request may work later. */
int	helper_fail(struct helper *h, bool retry, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/*
 * Act on -V, -h and options that getopt() does not know; name is the program,
 * usage the text after it. Returns the status to exit with.
 */
int	helper_option(int opt, const char *name, const char *usage);
/* What main() does when its engine is ready: helper_take_stdout() to helper_run(). */
int	helper_main(const struct helper_info *info, helper_handler *handler, void *arg);

#endif
