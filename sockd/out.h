/* SPDX-License-Identifier: ISC */
/*
 * out: `audio` orders to the vadds. What comes in during one turn of the loop
 * goes out as one message to each vadd (at most MSG_AUDIO_FRAMES_MAX frames):
 * single frames when idle, batches under load, and no delay added.
 *
 * A message that a vadd's mailbox does not take is dropped, its frames are counted:
 * late audio is of no use to a detector. Memory: 63 KiB a vadd.
 */
#ifndef SOCKD_OUT_H
#define SOCKD_OUT_H

#include <stdint.h>

#include "common/bus.h"
#include "common/msg.h"

struct out;

/* lost is raised by the frames of each message that was dropped. NULL: ENOMEM. */
struct out *out_new(struct bus *bus, uint64_t *lost);
void	out_free(struct out *o);
void	out_frame(struct out *o, struct bus_peer *vadd, const struct msg_audio_frame *f);
/* Send what was collected; call before the loop sleeps. */
void	out_flush(struct out *o);

#endif
