/* SPDX-License-Identifier: ISC */
/*
 * asks: what webhookd asks of the engines for calls without a socket
 * (ai.ask, msg_ask in msg.h). asks.c: taking, answering; ask_turn.c: a recording
 * to the text of a reply, a row in turns; ask_say.c: a text to a WAV file;
 * ask_summary.c: the conversation to a text.
 *
 * At most ask_max run at once, with ask_max_mb of audio in memory; more are refused,
 * as are all while draining: ok false with an error that begins with "refused: ", which means that
 * another brokerd may do it. The same id again, while it runs, is one ask, whose answer goes to
 * who asked last. The turns of one call are done one after the other.
 *
 * A turn whose engines fail, or whose file is unreadable, is answered with the assistant's apology,
 * ok true and the cause in error, so that the caller hears something.
 */
#ifndef BROKERD_ASKS_H
#define BROKERD_ASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bus.h"

struct asks;
struct broker;
struct json_object;

#define ASK_REFUSED	"refused: "
#define ASK_AUDIO_MAX_S	600		/* of a recording; the engines take no more in one piece anyway */
#define ASK_FILE_MAX	(64 << 20)	/* bytes of one */

struct asks *asks_new(struct broker *b);	/* NULL: errno */
/* All that run are refused: another brokerd does them. NULL is a no-op. */
void	asks_free(struct asks *a);
void	asks_order(struct broker *b, const struct bus_msg *msg);
size_t	asks_count(const struct asks *a);	/* under way; 0 for NULL */
void	asks_stat(const struct asks *a, struct json_object *stat);

#endif
