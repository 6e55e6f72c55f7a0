/* SPDX-License-Identifier: ISC */
#include "tools/callsim/voices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "tools/callsim/speech.h"

#define NRATES	3

struct voice {
	struct audio_clip audio;	/* as read or spoken */
	struct clip	*at_rate[NRATES];
};

struct voices {
	struct voice	*all;		/* one a step */
	size_t		 n;
};

static int
load_step(struct voice *v, const struct step *step, const char **why)
{
	*why = NULL;
	if (step->kind == STEP_SAY || step->kind == STEP_INTERRUPT)
		return audio_read_file(step->text, 0, CLIP_SECONDS_MAX, &v->audio, why);
	if (step->kind == STEP_SAY_TEXT || step->kind == STEP_INTERRUPT_TEXT)
		return speech_render(SPEECH_KAL, step->text, &v->audio);
	return 0;
}

struct voices *
voices_load(const struct script *script, char *cause, size_t cause_size)
{
	struct voices	*v;
	const char	*why;
	size_t		 i;

	if ((v = mem_calloc(1, sizeof(*v))) == NULL ||
	    (v->all = mem_calloc(script->nsteps + 1, sizeof(*v->all))) == NULL) {
		(void)snprintf(cause, cause_size, "out of memory");
		voices_free(v);
		return NULL;
	}
	v->n = script->nsteps;
	for (i = 0; i < v->n; i++)
		if (load_step(&v->all[i], &script->steps[i], &why) == -1) {
			(void)snprintf(cause, cause_size, "line %u: %s: %s", script->steps[i].line,
			    script->steps[i].text, why == NULL ? strerror(errno) : why);
			voices_free(v);
			return NULL;
		}
	return v;
}

void
voices_free(struct voices *v)
{
	size_t	i, r;

	if (v == NULL)
		return;
	for (i = 0; i < v->n; i++) {
		audio_clip_clear(&v->all[i].audio);
		for (r = 0; r < NRATES; r++)
			clip_unref(v->all[i].at_rate[r]);
	}
	free(v->all);
	free(v);
}

struct clip *
voices_get(struct voices *v, size_t step, uint32_t rate_hz)
{
	struct voice	*voice = &v->all[step];
	struct clip	**at = &voice->at_rate[rate_hz / 8000 - 1];

	if (*at == NULL && voice->audio.samples != NULL)
		*at = clip_make(voice->audio.samples, voice->audio.nsamples, voice->audio.rate_hz, rate_hz);
	return *at;
}
