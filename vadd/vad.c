/* SPDX-License-Identifier: ISC */
#include "vadd/vad.h"

#include <stdlib.h>

#include "common/mem.h"
#include "vadd/features.h"
#include "vadd/net.h"

#define SURE		0.65f	/* vad.h */

/* The veto against standing tones. */
#define TONE_SHARE	0.95f	/* of the power that one or two peaks hold */
#define TONE_PURE	0.985f	/* as 2 % of the frames in which speech begins: at once where nobody speaks, */
#define TONE_PURE_LEVEL	(-46.0f)	/* but not in the coarse steps of a quiet line */
#define TONE_LEVEL	(-60.0f)	/* dB; the last bits of silence stand still as well */
#define TONE_IN_SPEECH	6	/* frames it must stand while somebody speaks */
#define TONE_LONG	10	/* frames: as no vowel stands */
#define AFTER_SHORT	3	/* frames after a tone that are not speech either */
#define AFTER_LONG	8
#define TONE_FACTOR	0.45f	/* below the decision, but in the order of the scores */

struct vad {
	struct features	features;
	struct net	net;
	float		score;		/* of the last frame */
	unsigned	run;		/* speech frames of late, to 10 */
	unsigned	toned;		/* frames that a tone stood, to TONE_LONG */
	unsigned	after;		/* frames that it still counts */
};

int
vad_check(const char **ret_cause)
{
	return net_check(&net_weights, ret_cause);
}

struct vad *
vad_new(void)
{
	struct vad	*vad;

	if ((vad = mem_calloc(1, sizeof(*vad))) == NULL)
		return NULL;
	features_init(&vad->features);
	return vad;
}

void
vad_free(struct vad *vad)
{
	free(vad);
}

void
vad_relearn(struct vad *vad)
{
	features_relearn(&vad->features);
	vad->net = (struct net){ { 0.0f } };
}

float
vad_level_db(const struct vad *vad)
{
	return vad->features.level;
}

/* A lost frame says nothing: in speech the decision holds for some, else not. */
static struct vad_result
fade(struct vad *vad)
{
	vad->score *= vad->run > 4 ? 0.9f : 0.4f;
	vad->run -= vad->run > 0;
	return (struct vad_result){ .score = vad->score, .speech = vad->score >= 0.5f };
}

/*
 * Tones that stand still are not speech, however sure the network is, nor is the splash at
 * their ends. Vowels stand as well, but less purely, and longer while somebody speaks.
 */
static bool
is_tone(struct vad *vad)
{
	const struct tones	*t = &vad->features.tones;
	const float		 share = t->last[0].share + t->last[1].share;
	const bool		 spoken = vad->run > 4;
	const bool		 stands = t->held >= (spoken ? TONE_IN_SPEECH : 1) ||
	    (!spoken && share > TONE_PURE && vad->features.level > TONE_PURE_LEVEL);

	if (stands && share > TONE_SHARE && vad->features.level > TONE_LEVEL) {
		vad->toned += vad->toned < TONE_LONG;
		vad->after = vad->toned == TONE_LONG ? AFTER_LONG : vad->toned > 1 ? AFTER_SHORT : 0;
		return true;
	}
	vad->toned = 0;
	if (vad->after == 0)
		return false;
	vad->after--;
	return true;
}

struct vad_result
vad_feed(struct vad *vad, const int16_t *samples)
{
	float	 x[FEATURES_COUNT], score;

	if (samples == NULL)
		return fade(vad);
	(void)features_take(&vad->features, samples, x);
	score = net_squash(net_step(&vad->net, &net_weights, x));
	if (is_tone(vad))
		score *= TONE_FACTOR;
	vad->score = score;
	if (score < 0.5f)
		vad->run -= vad->run > 0;
	else if (vad->run < 10)
		vad->run++;
	return (struct vad_result){ .score = score, .speech = score >= 0.5f,
	    .sure = score >= SURE && vad->features.tones.last[0].share + vad->features.tones.last[1].share <= TONE_SHARE };
}
