/* SPDX-License-Identifier: ISC */
/*
 * pairs: names and values of a query or a form.
 *
 * evhttp_parse_query_str() gives up on "debug&from=44" (no "="), and does not
 * decode names. An address at Vonage may have such a query, and ours is
 * appended to it (spec/vonage.md 1): the call must not be lost for that.
 */
#ifndef WEBHOOKD_PAIRS_H
#define WEBHOOKD_PAIRS_H

struct evkeyvalq;

/*
 * Read all pairs into ret, which is initialised here in any case and cleared
 * by the caller with evhttp_clear_headers(). Names and values are decoded
 * ("%41", "+"), a NUL is U+FFFD; without "=" the value is "". Without a name: left out. 0; -1 with
 * ENOMEM, ret empty then.
 */
int	pairs_parse(const char *text, struct evkeyvalq *ret);

#endif
