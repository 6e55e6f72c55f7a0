/* SPDX-License-Identifier: ISC */
/*
 * store_forget: delete all of a person, and prove it.
 *
 * A person is a number. Theirs are: calls that they made (caller of an inbound
 * call) or got (called of an outbound one) with legs, events, turns, answers,
 * state of the flow, recordings (the files too) and jobs; their legs and events
 * in calls of others; dials and attempts to them; their contact; events of no
 * call that name the number. Amounts in usage stay, for the bill, but lose their call.
 *
 * Each deleted item leaves a row in the table forgotten: kind, id, and the
 * SHA-256 of what it was; each row is chained to the one before, and triggers
 * refuse to change them. number_hash is digest_texts_hex() of "forget" and number: who knows the
 * number finds its rows. Deleted pages are overwritten (PRAGMA secure_delete),
 * and the write-ahead log is emptied.
 *
 * For tools: on a connection of its own, in the caller's thread.
 */
#ifndef COMMON_STORE_FORGET_H
#define COMMON_STORE_FORGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store;

struct store_forgotten {
	int64_t	at;			/* wall ms */
	char	number_hash[65];
	char	kind[24];		/* call, leg, event, turn, ..., file */
	char	item[600];		/* id of the row, path of the file */
	char	sha256[65];		/* of the row's columns, of the file; "-": the file was gone already */
	char	chain[65];
};
typedef void store_forget_fn(void *arg, const struct store_forgotten *f);

/*
 * number without "+". erase false: only tell. fn runs for each item in the order of deletion. Returns the
 * number of items; -1 with errno and a text in err: EBUSY (a call of theirs goes on), EPERM (one of our own
 * numbers: inbound calls went to it), the cause of a file that could not be deleted. Nothing
 * was deleted from the database then; files deleted before stay deleted, and trying again goes on.
 * A text in err although it went well: the write-ahead log could not be emptied, and still has it for a while.
 */
int64_t	store_forget(struct store *s, const char *number, bool erase, store_forget_fn *fn, void *arg, char *err, size_t err_size);
/* What stands for a number in the log. 0, or -1 with ENOMEM. */
int	store_forget_hash(const char *number, char out[65]);
/* Was a call, leg or conversation of that id deleted for a person? 1, 0, -1 with errno. */
int	store_id_forgotten(struct store *s, const char *id);
/* When the person of that number (with or without "+") was last forgotten since then (wall ms); 0: not. -1 with errno. */
int64_t	store_number_forgotten(struct store *s, const char *number, int64_t since);
/* The log, oldest first. Returns the number of rows; -1: errno; -2: the chain is broken at the row that fn saw last. */
int64_t	store_forgotten(struct store *s, store_forget_fn *fn, void *arg);

#endif
