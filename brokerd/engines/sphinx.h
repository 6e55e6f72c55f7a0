/* SPDX-License-Identifier: ISC */
/*
 * sphinx: the part of pocketsphinx 5prealpha's C interface that asr.c uses.
 *
 * Declared here because pocketsphinx.h includes its neighbour as
 * <pocketsphinx_export.h> and so needs an include path of its own; the
 * declarations are those of that header and of ps_search.h.
 */
#ifndef BROKERD_ENGINES_SPHINX_H
#define BROKERD_ENGINES_SPHINX_H

#include <stddef.h>

#include <sphinxbase/cmd_ln.h>
#include <sphinxbase/err.h>
#include <sphinxbase/prim_type.h>

typedef struct ps_decoder_s	ps_decoder_t;
typedef struct ps_seg_s		ps_seg_t;

ps_decoder_t	*ps_init(cmd_ln_t *config);
int		 ps_free(ps_decoder_t *ps);
arg_t const	*ps_args(void);
int		 ps_set_jsgf_string(ps_decoder_t *ps, const char *name, const char *jsgf);
int		 ps_set_search(ps_decoder_t *ps, const char *name);
int		 ps_start_utt(ps_decoder_t *ps);
int		 ps_process_raw(ps_decoder_t *ps, int16 const *data, size_t n_samples, int no_search, int full_utt);
int		 ps_end_utt(ps_decoder_t *ps);
int		 ps_get_n_frames(ps_decoder_t *ps);
char const	*ps_get_hyp(ps_decoder_t *ps, int32 *out_best_score);
ps_seg_t	*ps_seg_iter(ps_decoder_t *ps);
ps_seg_t	*ps_seg_next(ps_seg_t *seg);	/* frees seg after the last */
char const	*ps_seg_word(ps_seg_t *seg);
void		 ps_seg_frames(ps_seg_t *seg, int *out_sf, int *out_ef);

#endif
