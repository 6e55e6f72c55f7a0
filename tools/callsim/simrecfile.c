/* SPDX-License-Identifier: ISC */
#include "tools/callsim/simrecfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sndfile.h>

#include "common/audio.h"
#include "common/mem.h"
#include "tools/callsim/mix.h"

#define FRAME	AUDIO_FRAME_SAMPLES(RECFILE_RATE)

struct recfile {
	SNDFILE		*sf;
	char		*path;
	unsigned	 channels;
	uint32_t	 rate_hz;
	bool		 failed;
	struct bridge	*bridges[RECFILE_CHANNELS_MAX];	/* NULL: it comes at our rate */
	int16_t		*block;				/* interleaved */
};

static const struct { int format; const char *type, *suffix; } kinds[] = {
	[RECFILE_MP3] = { SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, "audio/mpeg", "mp3" },
	[RECFILE_WAV] = { SF_FORMAT_WAV | SF_FORMAT_PCM_16, "audio/wav", "wav" },
	[RECFILE_OGG] = { SF_FORMAT_OGG | SF_FORMAT_VORBIS, "audio/ogg", "ogg" },
};

const char *
recfile_type(enum recfile_format format)
{
	return kinds[format].type;
}

const char *
recfile_suffix(enum recfile_format format)
{
	return kinds[format].suffix;
}

static void
set_constant_bitrate(SNDFILE *sf)
{
	int	mode = SF_BITRATE_MODE_CONSTANT;
	/* libsndfile maps 0..1 to the rates of the layer, 160 to 8 kbit/s at 16 kHz. */
	double	compression = (160.0 - 32.0) / (160.0 - 8.0);

	(void)sf_command(sf, SFC_SET_BITRATE_MODE, &mode, sizeof(mode));
	(void)sf_command(sf, SFC_SET_COMPRESSION_LEVEL, &compression, sizeof(compression));
}

static void
recfile_free(struct recfile *f)
{
	unsigned	i;

	for (i = 0; i < f->channels; i++)
		bridge_free(f->bridges[i]);
	free(f->block);
	free(f->path);
	free(f);
}

struct recfile *
recfile_open(const char *path, enum recfile_format format, unsigned channels, uint32_t rate_hz,
    const char **ret_cause)
{
	SF_INFO		 info = { .samplerate = RECFILE_RATE, .channels = (int)channels,
			    .format = kinds[format].format };
	struct recfile	*f;
	unsigned	 i;

	*ret_cause = NULL;
	if (channels == 0 || channels > RECFILE_CHANNELS_MAX || !audio_rate_ok(rate_hz)) {
		errno = EINVAL;
		return NULL;
	}
	if ((f = mem_calloc(1, sizeof(*f))) == NULL)
		return NULL;
	f->channels = channels;
	f->rate_hz = rate_hz;
	errno = ENOMEM;
	if ((f->path = mem_strdup(path)) == NULL ||
	    (f->block = mem_calloc(FRAME * channels, sizeof(*f->block))) == NULL)
		goto fail;
	for (i = 0; i < channels && rate_hz != RECFILE_RATE; i++)
		if ((f->bridges[i] = bridge_new(rate_hz, RECFILE_RATE)) == NULL)
			goto fail;
	if ((f->sf = sf_open(path, SFM_WRITE, &info)) == NULL) {
		*ret_cause = sf_strerror(NULL);
		errno = EIO;
		goto fail;
	}
	if (format == RECFILE_MP3)
		set_constant_bitrate(f->sf);
	return f;
fail:
	recfile_free(f);
	return NULL;
}

void
recfile_write(struct recfile *f, const int16_t *const *channels)
{
	static const int16_t	 silence[AUDIO_FRAME_SAMPLES_MAX];
	int16_t			 frame[AUDIO_FRAME_SAMPLES_MAX];
	const int16_t		*in;
	unsigned		 c, i;

	for (c = 0; c < f->channels; c++) {
		in = channels[c] == NULL ? silence : channels[c];
		if (f->bridges[c] != NULL) {
			bridge_frame(f->bridges[c], in, frame);
			in = frame;
		}
		for (i = 0; i < FRAME; i++)
			f->block[i * f->channels + c] = in[i];
	}
	if (sf_writef_short(f->sf, f->block, FRAME) != FRAME)
		f->failed = true;
}

int64_t
recfile_close(struct recfile *f)
{
	struct stat	st;
	int64_t		size = -1;

	if (f == NULL)
		return -1;
	if (sf_close(f->sf) == 0 && !f->failed && stat(f->path, &st) == 0)
		size = st.st_size;
	recfile_free(f);
	return size;
}

bool
recend_frame(struct recend *e, bool loud, int64_t frame_ms)
{
	e->length_ms += frame_ms;
	e->quiet_ms = loud ? 0 : e->quiet_ms + frame_ms;
	return (e->silence_ms > 0 && e->quiet_ms >= e->silence_ms) ||
	    (e->timeout_ms > 0 && e->length_ms >= e->timeout_ms);
}

bool
recend_key(const struct recend *e, char key)
{
	return e->key != 0 && e->key == key;
}
