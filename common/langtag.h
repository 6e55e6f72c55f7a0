/* SPDX-License-Identifier: ISC */
/*
 * langtag: languages that Vonage speaks and understands (spec/vonage.md 10). Pure.
 *
 * Vonage wants a region in nearly all of them ("fa-IR"); people write "fa".
 * What has none is completed as CLDR's likely subtags do, but for what Vonage
 * has only of another region (its Bengali voice is bn-IN).
 */
#ifndef COMMON_LANGTAG_H
#define COMMON_LANGTAG_H

/* What its talk (its input's speech, its transcription) calls that language: as it is, or completed; NULL: it has none. */
const char *langtag_spoken(const char *language);
const char *langtag_heard(const char *language);

#endif
