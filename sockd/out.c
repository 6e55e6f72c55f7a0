/* SPDX-License-Identifier: ISC */
#include "sockd/out.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/audio.h"
#include "common/buf.h"
#include "common/mem.h"

#define VADDS_MAX	64		/* instances of a daemon */
#define FRAME_MAX	(32 + AUDIO_FRAME_BYTES_MAX)

struct batch {
	struct bus_peer	*peer;
	struct buf	 body;
	unsigned	 nframes;
};

struct out {
	struct bus	*bus;
	uint64_t	*lost;
	bool		 any;		/* something was collected */
	struct batch	 batches[VADDS_MAX];
};

struct out *
out_new(struct bus *bus, uint64_t *lost)
{
	struct out	*o;
	unsigned	 i;

	if ((o = mem_calloc(1, sizeof(*o))) == NULL)
		return NULL;
	o->bus = bus;
	o->lost = lost;
	for (i = 0; i < VADDS_MAX; i++)
		buf_init(&o->batches[i].body, FRAME_MAX * (MSG_AUDIO_FRAMES_MAX + 1));
	return o;
}

void
out_free(struct out *o)
{
	unsigned	i;

	if (o == NULL)
		return;
	for (i = 0; i < VADDS_MAX; i++)
		buf_clear(&o->batches[i].body);
	free(o);
}

static void
send_batch(struct out *o, struct batch *b)
{
	if (b->nframes > 0 && bus_order(o->bus, b->peer, MSG_AUDIO, NULL, b->body.data, b->body.len) != BUS_OK)
		*o->lost += b->nframes;
	b->nframes = 0;
	buf_reset(&b->body);
}

void
out_frame(struct out *o, struct bus_peer *vadd, const struct msg_audio_frame *f)
{
	struct batch	*b = &o->batches[vadd->instance % VADDS_MAX];

	b->peer = vadd;
	if (b->nframes == MSG_AUDIO_FRAMES_MAX)
		send_batch(o, b);
	if (msg_audio_add(&b->body, f) == -1) {
		(*o->lost)++;
		return;
	}
	b->nframes++;
	o->any = true;
}

void
out_flush(struct out *o)
{
	unsigned	i;

	if (!o->any)
		return;
	o->any = false;
	for (i = 0; i < VADDS_MAX; i++)
		send_batch(o, &o->batches[i]);
}
