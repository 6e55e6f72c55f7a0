/* SPDX-License-Identifier: ISC */
/*
 * What an engine program writes. The first byte says how the rest is cut into
 * pieces (must.h); messages and samples must be those of the same bytes fed
 * at once, and never more samples than were announced.
 */
#include <errno.h>

#include "brokerd/exec_frame.h"
#include "tests/fuzz/must.h"

struct heard {
	struct buf	all;
	size_t		left;		/* bytes of PCM that may come */
};

static bool
on_message(void *arg, struct json_object *obj, size_t bytes)
{
	struct heard	*h = arg;

	must(json_object_is_type(obj, json_type_object), "a message that is no object");
	must(bytes <= EXEC_PCM_MAX && bytes % 2 == 0, "an amount that is not allowed");
	must(h->left == 0, "a message inside of samples");
	h->left = bytes;
	(void)buf_printf(&h->all, "\n%s\n", json_text(obj, NULL));
	return !json_get_bool(obj, "stop", false);
}

static bool
on_pcm(void *arg, const int16_t *pcm, size_t n)
{
	struct heard	*h = arg;

	must(n > 0 && n * 2 <= h->left, "more samples than were announced");
	h->left -= n * 2;
	(void)buf_append(&h->all, pcm, n * 2);
	return true;
}

static void
run(const uint8_t *data, size_t size, uint32_t state, struct buf *out)
{
	static const struct exec_frame_ops	ops = { .message = on_message, .pcm = on_pcm };
	struct exec_frame	f;
	struct heard		h = { .left = 0 };
	size_t			at, n;
	int			rc = 0;

	buf_init(&h.all, RESULT_MAX);
	exec_frame_init(&f);
	for (at = 0; at < size && rc == 0; at += n) {
		n = piece(&state, size - at);
		rc = exec_frame_feed(&f, data + at, n, &ops, &h);
	}
	must(rc != -1 || ((errno == EBADMSG || errno == EMSGSIZE) && f.cause != NULL), "an error without a cause");
	must(rc != 0 || h.left == f.pcm_left + f.has_odd, "samples got lost");
	(void)buf_append(out, h.all.data, h.all.len);
	(void)buf_printf(out, "end %d %s", rc, rc == -1 ? f.cause : "");
	exec_frame_clear(&f);
	buf_clear(&h.all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf	whole, pieces;

	if (size == 0)
		return 0;
	buf_init(&whole, RESULT_MAX);
	buf_init(&pieces, RESULT_MAX);
	run(data + 1, size - 1, UINT8_MAX, &whole);
	run(data + 1, size - 1, data[0], &pieces);
	must_equal(&whole, &pieces, "pieces give other messages");
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
