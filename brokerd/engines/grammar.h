/* SPDX-License-Identifier: ISC */
/*
 * grammar: what the offline recogniser understands, in JSGF.
 *
 * The words of the offline dialogue (understand.h) and nothing else; all of
 * them are in the pronunciation dictionary of pocketsphinx-en-us. A built-in
 * text, so that engine_asr needs no data file of ours; engine_asr -p prints
 * it as a starting point for one's own.
 */
#ifndef BROKERD_ENGINES_GRAMMAR_H
#define BROKERD_ENGINES_GRAMMAR_H

extern const char	grammar_menu[];

#endif
