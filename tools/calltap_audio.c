/* SPDX-License-Identifier: ISC */
#include "tools/calltap_audio.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"

int
audio_open(struct audio *a, enum mix_form form, const char *path)
{
	memset(a, 0, sizeof(*a));
	a->form = form;
	return wavout_open(&a->out, path);
}

static int
write_values(void *arg, const int16_t *values, size_t n)
{
	return wavout_write(arg, values, n);
}

static void
fail(struct audio *a)
{
	a->error = errno;
	a->state = AUDIO_FAILED;
}

static void
on_pcm(struct audio *a, const struct bus_msg *msg)
{
	struct msg_pcm	p;

	if (msg_pcm_decode(&p, msg->body, msg->len) == -1 || !audio_rate_ok(p.rate_hz) ||
	    (a->mix != NULL && p.rate_hz != a->out.rate_hz)) {
		a->refused++;
		return;
	}
	if (a->mix == NULL) {
		if ((a->mix = mix_new(p.rate_hz, a->form, write_values, &a->out)) == NULL ||
		    wavout_begin(&a->out, p.rate_hz, a->form == MIX_FORM_BOTH ? 2 : 1) == -1) {
			fail(a);
			return;
		}
	}
	a->state = AUDIO_RUNNING;
	if (mix_add(a->mix, msg->head.kind == MSG_AUDIO_IN ? MIX_IN : MIX_OUT, p.start, p.pcm, p.pcm_len / 2) == -1)
		fail(a);
}

static void
on_end(struct audio *a, const struct bus_msg *msg)
{
	struct msg_end	m;

	if (msg_decode(MSG_CALL_END, msg->body, msg->len, &m) == -1)
		return;
	if (a->leg_over) {
		a->state = AUDIO_OVER;
		return;
	}
	a->state = AUDIO_LINGERING;
	a->linger_until_ms = clock_mono_ms() + AUDIO_LINGER_MS;
}

/* A call's id is that of its first leg (callid.h). */
static void
on_state(struct audio *a, const struct bus_msg *msg)
{
	static const char *const	ends[] = {
		"completed", "failed", "rejected", "busy", "timeout", "unanswered", "cancelled",
	};
	struct msg_state		m;
	size_t				i;

	if (msg_decode(MSG_CALL_STATE, msg->body, msg->len, &m) == -1 || strcmp(m.leg, msg->head.call.text) != 0)
		return;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		a->leg_over |= strcmp(m.status, ends[i]) == 0;
	if (a->leg_over && a->state == AUDIO_LINGERING)
		a->state = AUDIO_OVER;
}

void
audio_fact(struct audio *a, const struct bus_msg *msg)
{
	if (a->state == AUDIO_OVER || a->state == AUDIO_FAILED)
		return;
	if (msg->head.kind == MSG_AUDIO_IN || msg->head.kind == MSG_AUDIO_OUT)
		on_pcm(a, msg);
	else if (msg->head.kind == MSG_CALL_END)
		on_end(a, msg);
	else if (msg->head.kind == MSG_CALL_STATE)
		on_state(a, msg);
	else if (msg->head.kind == MSG_CALL_START && a->mix != NULL)
		mix_restart(a->mix);
}

void
audio_tick(struct audio *a)
{
	if (a->state == AUDIO_LINGERING && clock_mono_ms() >= a->linger_until_ms)
		a->state = AUDIO_OVER;
}

int
audio_close(struct audio *a, struct mix_stats *ret_stats)
{
	int	rc = 0, saved_errno = 0;

	if (a->state == AUDIO_FAILED) {
		rc = -1;
		saved_errno = a->error;
	} else if (a->mix != NULL && mix_flush(a->mix) == -1) {
		rc = -1;
		saved_errno = errno;
	}
	if (ret_stats != NULL) {
		memset(ret_stats, 0, sizeof(*ret_stats));
		if (a->mix != NULL)
			mix_get_stats(a->mix, ret_stats);
	}
	mix_free(a->mix);
	a->mix = NULL;
	if (wavout_close(&a->out) == -1 && rc == 0) {
		rc = -1;
		saved_errno = errno;
	}
	errno = saved_errno;
	return rc;
}
