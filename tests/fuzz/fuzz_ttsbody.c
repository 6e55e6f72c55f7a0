/* SPDX-License-Identifier: ISC */
/*
 * Bodies with speech. The first byte chooses a content type, the second says
 * how the rest is cut into pieces (must.h). Samples stay in number below the
 * bytes that came; but for WAV, where a piece may begin with a header
 * again, they are the same however the body was cut.
 */
#include "brokerd/ttsbody.h"
#include "tests/fuzz/must.h"

static const char *const	types[] = { "audio/pcm", "audio/wav", "text/event-stream", "application/json",
				    "", "audio/pcm;rate=16000", "audio/mpeg", "audio/l16; rate=99999999999999999999" };

struct heard {
	struct buf	pcm;
	uint64_t	nsamples;
	uint32_t	rate_hz;
};

static void
on_pcm(void *arg, const int16_t *pcm, size_t n, uint32_t rate_hz)
{
	struct heard	*h = arg;

	must(n > 0, "no samples");
	must(rate_hz >= 4000 && rate_hz <= 48000, "a rate out of range");
	h->nsamples += n;
	h->rate_hz = rate_hz;
	(void)buf_append(&h->pcm, pcm, n * sizeof(*pcm));
}

static enum ttsbody_mode
run(const char *type, const uint8_t *data, size_t size, uint32_t state, struct buf *out)
{
	struct ttsbody		b;
	struct heard		h = { .nsamples = 0 };
	enum ttsbody_mode	mode;
	size_t			at, n;
	int			rc = 0;

	buf_init(&h.pcm, RESULT_MAX);
	ttsbody_init(&b, 24000, on_pcm, &h);
	for (at = 0; at < size && rc == 0; at += n) {
		n = piece(&state, size - at);
		rc = ttsbody_feed(&b, type, data + at, n);
	}
	rc = ttsbody_end(&b, type);
	must_end(b.error, sizeof(b.error), "an endless error");
	must((rc == -1) == (b.error[0] != '\0'), "an error without words, or words without an error");
	must(b.nsamples == h.nsamples && h.nsamples <= size, "a wrong number of samples");
	must(b.part_len < 2 * b.nchannels && b.head.len <= TTSBODY_HEAD_MAX, "more is kept than promised");
	(void)buf_append(out, h.pcm.data, h.pcm.len);
	(void)buf_printf(out, "%u %s", h.rate_hz, b.error);
	mode = b.mode;
	ttsbody_clear(&b);
	buf_clear(&h.pcm);
	return mode;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum ttsbody_mode	 mode;
	struct buf		 whole, pieces;
	const char		*type;

	if (size < 2)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(types[0]))];
	buf_init(&whole, RESULT_MAX);
	buf_init(&pieces, RESULT_MAX);
	mode = run(type, data + 2, size - 2, UINT8_MAX, &whole);
	must(run(type, data + 2, size - 2, data[1], &pieces) == mode || mode == TTSBODY_WAV ||
	    mode == TTSBODY_WAV_HEAD, "pieces are taken for something else");
	if (mode != TTSBODY_WAV && mode != TTSBODY_WAV_HEAD)
		must_equal(&whole, &pieces, "pieces give other samples");
	buf_clear(&whole);
	buf_clear(&pieces);
	return 0;
}
