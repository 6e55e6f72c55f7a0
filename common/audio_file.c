/* SPDX-License-Identifier: ISC */
/* audio.h: files. The only user of libsndfile. */
#include "common/audio.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>

#include "common/mem.h"
#include "common/wire.h"

#define CHANNELS_MAX	8
#define BLOCK_FRAMES	1024
#define RATE_MIN	1000
#define WAV_REST	(AUDIO_WAV_HEADER_LEN - 8)	/* what RIFF's length counts besides data */

struct view {			/* a file in memory */
	const uint8_t	*data;
	sf_count_t	 len, at;
};

static sf_count_t
view_len(void *user)
{
	return ((struct view *)user)->len;
}

static sf_count_t
view_tell(void *user)
{
	return ((struct view *)user)->at;
}

static sf_count_t
view_seek(sf_count_t offset, int whence, void *user)
{
	struct view	*v = user;
	sf_count_t	 base = whence == SEEK_CUR ? v->at : whence == SEEK_END ? v->len : 0;

	if (__builtin_add_overflow(base, offset, &base) || base < 0 || base > v->len)
		return -1;
	v->at = base;
	return base;
}

static sf_count_t
view_read(void *out, sf_count_t count, void *user)
{
	struct view	*v = user;

	if (count > v->len - v->at)
		count = v->len - v->at;
	if (count <= 0)
		return 0;
	memcpy(out, v->data + v->at, (size_t)count);
	v->at += count;
	return count;
}

void
audio_clip_clear(struct audio_clip *clip)
{
	free(clip->samples);
	*clip = (struct audio_clip){ .samples = NULL };
}

static int
refuse(int error, const char *cause, const char **ret_cause)
{
	*ret_cause = cause;
	errno = error;
	return -1;
}

static int16_t
to_sample(float mean)
{
	float	scaled = mean * 32768.0f;

	if (isnan(scaled))
		return 0;
	if (scaled >= 32767.0f)
		return INT16_MAX;
	if (scaled <= -32768.0f)
		return INT16_MIN;
	return (int16_t)lrintf(scaled);
}

/* Add n frames of in to the clip as their channels' mean. */
static int
append_mono(struct audio_clip *clip, size_t *size, const float *in, size_t n, int nchannels)
{
	int16_t	*grown;
	size_t	 i;
	float	 sum;
	int	 c;

	if (clip->nsamples + n > *size) {
		*size = (clip->nsamples + n) * 2;
		if ((grown = mem_realloc(clip->samples, *size * sizeof(*grown))) == NULL)
			return -1;
		clip->samples = grown;
	}
	for (i = 0; i < n; i++) {
		for (sum = 0, c = 0; c < nchannels; c++)
			sum += *in++;
		clip->samples[clip->nsamples++] = to_sample(sum / (float)nchannels);
	}
	return 0;
}

/* The length told by the file's header is not believed: read until the end or max. */
static int
read_frames(SNDFILE *file, const SF_INFO *info, uint64_t max, struct audio_clip *clip,
    const char **ret_cause)
{
	float		 block[BLOCK_FRAMES * CHANNELS_MAX];
	sf_count_t	 n;
	size_t		 size = 0;

	clip->rate_hz = (uint32_t)info->samplerate;
	do {
		n = sf_readf_float(file, block, BLOCK_FRAMES);
		if (n < 0)
			n = 0;
		if (clip->nsamples + (uint64_t)n > max)
			return refuse(EFBIG, "audio is longer than allowed", ret_cause);
		if (append_mono(clip, &size, block, (size_t)n, info->channels) == -1)
			return refuse(ENOMEM, "out of memory", ret_cause);
	} while (n == BLOCK_FRAMES);
	if (sf_error(file) != SF_ERR_NO_ERROR)
		return refuse(EBADMSG, sf_error_number(sf_error(file)), ret_cause);
	return 0;
}

static int
resample(struct audio_clip *clip, uint32_t rate_hz)
{
	struct audio_resampler	*r;
	int16_t			*out;
	size_t			 size, n;

	if ((r = audio_resampler_new(clip->rate_hz, rate_hz)) == NULL)
		return -1;
	size = audio_resampler_max_out(r, clip->nsamples) + audio_resampler_max_out(r, 0);
	if ((out = mem_alloc(size * sizeof(*out))) == NULL) {
		audio_resampler_free(r);
		errno = ENOMEM;
		return -1;
	}
	n = audio_resampler_run(r, clip->samples, clip->nsamples, out, size);
	n += audio_resampler_flush(r, out + n, size - n);
	audio_resampler_free(r);
	free(clip->samples);
	*clip = (struct audio_clip){ .samples = out, .nsamples = n, .rate_hz = rate_hz };
	return 0;
}

/* file is NULL when libsndfile could not open it. */
static int
read_clip(SNDFILE *file, const SF_INFO *info, uint32_t rate_hz, unsigned max_seconds,
    struct audio_clip *ret, const char **ret_cause)
{
	struct audio_clip	clip = { .samples = NULL };
	int			saved_errno;

	if (file == NULL)
		return refuse(EBADMSG, sf_error_number(sf_error(NULL)), ret_cause);
	if (info->channels < 1 || info->channels > CHANNELS_MAX)
		return refuse(EBADMSG, "audio has more than 8 channels", ret_cause);
	if (info->samplerate < RATE_MIN || info->samplerate > AUDIO_RATE_MAX)
		return refuse(EBADMSG, "sample rate of audio is not in 1000..48000 Hz", ret_cause);
	if (read_frames(file, info, (uint64_t)max_seconds * (unsigned)info->samplerate, &clip,
	    ret_cause) == -1)
		goto fail;
	if (rate_hz != 0 && rate_hz != clip.rate_hz && resample(&clip, rate_hz) == -1) {
		*ret_cause = errno == EINVAL ? "cannot resample to that rate" : "out of memory";
		goto fail;
	}
	*ret = clip;
	return 0;
fail:
	saved_errno = errno;
	audio_clip_clear(&clip);
	errno = saved_errno;
	return -1;
}

static int
open_regular(const char *path, const char **ret_cause)
{
	struct stat	st;
	int		fd;

	/* O_NONBLOCK: a FIFO of that name must not hang us */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1 || fstat(fd, &st) == -1) {
		*ret_cause = "cannot open the file";
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)close(fd);
		return refuse(EBADMSG, "not a regular file", ret_cause);
	}
	return fd;
}

int
audio_read_file(const char *path, uint32_t rate_hz, unsigned max_seconds, struct audio_clip *ret,
    const char **ret_cause)
{
	SF_INFO	 info = { .format = 0 };
	SNDFILE	*file;
	int	 fd, rc, saved_errno;

	if ((fd = open_regular(path, ret_cause)) == -1)
		return -1;
	file = sf_open_fd(fd, SFM_READ, &info, SF_FALSE);
	rc = read_clip(file, &info, rate_hz, max_seconds, ret, ret_cause);
	saved_errno = errno;
	if (file != NULL)
		(void)sf_close(file);
	(void)close(fd);
	errno = saved_errno;
	return rc;
}

int
audio_read_memory(const void *data, size_t len, uint32_t rate_hz, unsigned max_seconds,
    struct audio_clip *ret, const char **ret_cause)
{
	SF_VIRTUAL_IO	 io = { .get_filelen = view_len, .seek = view_seek, .read = view_read,
		.tell = view_tell };
	struct view	 v = { .data = data, .len = (sf_count_t)len };
	SF_INFO		 info = { .format = 0 };
	SNDFILE		*file;
	int		 rc, saved_errno;

	file = sf_open_virtual(&io, SFM_READ, &info, &v);
	rc = read_clip(file, &info, rate_hz, max_seconds, ret, ret_cause);
	saved_errno = errno;
	if (file != NULL)
		(void)sf_close(file);
	errno = saved_errno;
	return rc;
}

void
audio_wav_header(uint8_t out[AUDIO_WAV_HEADER_LEN], uint32_t rate_hz, unsigned nchannels,
    uint64_t data_len)
{
	struct wire_writer	w = wire_writer(out, AUDIO_WAV_HEADER_LEN);
	uint32_t		frame_len = nchannels * 2, max;

	max = UINT32_MAX - WAV_REST;
	max -= max % frame_len;
	if (data_len > max)
		data_len = max;
	wire_put_bytes(&w, "RIFF", 4);
	wire_put_u32(&w, (uint32_t)data_len + WAV_REST);
	wire_put_bytes(&w, "WAVEfmt ", 8);
	wire_put_u32(&w, 16);		/* length of the format chunk */
	wire_put_u16(&w, 1);		/* PCM */
	wire_put_u16(&w, (uint16_t)nchannels);
	wire_put_u32(&w, rate_hz);
	wire_put_u32(&w, rate_hz * frame_len);
	wire_put_u16(&w, (uint16_t)frame_len);
	wire_put_u16(&w, 16);		/* bits per sample */
	wire_put_bytes(&w, "data", 4);
	wire_put_u32(&w, (uint32_t)data_len);
}

static int
write_all(int fd, const void *data, size_t len)
{
	const uint8_t	*at = data;
	ssize_t		 n;

	for (; len > 0; at += n, len -= (size_t)n) {
		n = write(fd, at, len);
		if (n == -1 && errno != EINTR)
			return -1;
		if (n == -1)
			n = 0;
	}
	return 0;
}

static int
write_stereo(int fd, const int16_t *left, const int16_t *right, size_t nsamples)
{
	int16_t	block[BLOCK_FRAMES * 2];
	size_t	i, n;

	for (; nsamples > 0; left += n, right += n, nsamples -= n) {
		n = nsamples < BLOCK_FRAMES ? nsamples : BLOCK_FRAMES;
		for (i = 0; i < n; i++) {
			block[2 * i] = left[i];
			block[2 * i + 1] = right[i];
		}
		if (write_all(fd, block, n * 2 * sizeof(*block)) == -1)
			return -1;
	}
	return 0;
}

/* Never a device or a pipe that somebody named. */
static void
remove_half(int fd, const char *path)
{
	struct stat	st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		(void)unlink(path);
}

int
audio_write_file(const char *path, uint32_t rate_hz, const int16_t *left, const int16_t *right,
    size_t nsamples)
{
	uint8_t		header[AUDIO_WAV_HEADER_LEN];
	unsigned	nchannels = right != NULL ? 2 : 1;
	int		fd, rc, saved_errno;

	audio_wav_header(header, rate_hz, nchannels, (uint64_t)nsamples * nchannels * 2);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640)) == -1)
		return -1;
	rc = write_all(fd, header, sizeof(header));
	if (rc == 0)
		rc = right != NULL ? write_stereo(fd, left, right, nsamples) :
		    write_all(fd, left, nsamples * sizeof(*left));
	saved_errno = errno;
	if (rc == -1)
		remove_half(fd, path);
	if (close(fd) == -1 && rc == 0)		/* some disks tell only here that they are full */
		return -1;
	errno = saved_errno;
	return rc;
}
