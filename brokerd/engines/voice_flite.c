/* SPDX-License-Identifier: ISC */
#include "brokerd/engines/voice.h"

#include <ctype.h>
#include <string.h>

#include <flite/flite.h>

#define PIECE_SAMPLES	800		/* 50 ms: the sooner the first one comes the better */

/* Not in flite's headers; flite.h says to declare it. */
cst_voice	*register_cmu_us_slt(const char *voxdir);

struct stream {
	voice_sink	*sink;
	void		*arg;
	bool		 stopped;
};

static cst_voice	*slt;

int
voice_flite_open(void)
{
	(void)flite_init();
	slt = register_cmu_us_slt(NULL);
	return slt != NULL ? 0 : -1;
}

static int
on_piece(const cst_wave *w, int start, int size, int last, cst_audio_streaming_info *asi)
{
	struct stream	*st = asi->userdata;

	(void)last;
	if (!st->sink(st->arg, (uint32_t)w->sample_rate, w->samples + start, (size_t)size))
		st->stopped = true;
	return st->stopped ? CST_AUDIO_STREAM_STOP : CST_AUDIO_STREAM_CONT;
}

enum voice_result
voice_flite(const char *text, voice_sink *sink, void *arg)
{
	struct stream			 st = { .sink = sink, .arg = arg };
	cst_audio_streaming_info	*asi;
	cst_wave			*w;

	if ((asi = new_audio_streaming_info()) == NULL)
		return VOICE_FAILED;
	asi->min_buffsize = PIECE_SAMPLES;
	asi->asc = on_piece;
	asi->userdata = &st;
	feat_set(slt->features, "streaming_info", audio_streaming_info_val(asi));
	w = flite_text_to_wave(text, slt);
	(void)feat_remove(slt->features, "streaming_info");	/* frees asi */
	if (w == NULL)
		return st.stopped ? VOICE_STOPPED : VOICE_FAILED;
	delete_wave(w);
	return st.stopped ? VOICE_STOPPED : VOICE_OK;
}

size_t
voice_sentence_len(const char *text)
{
	size_t	i;

	for (i = 0; text[i] != '\0'; i++) {
		if (strchr(".!?;\n", text[i]) == NULL)
			continue;
		while (text[i + 1] != '\0' && strchr(".!?\"'", text[i + 1]) != NULL)
			i++;
		if (text[i + 1] != '\0' && !isspace((unsigned char)text[i + 1]))
			continue;
		while (isspace((unsigned char)text[i + 1]))
			i++;
		if (!islower((unsigned char)text[i + 1]))
			return i + 1;
	}
	return i;
}
