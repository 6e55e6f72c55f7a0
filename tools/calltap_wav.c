/* SPDX-License-Identifier: ISC */
#include "tools/calltap_wav.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/audio.h"

#define RIFF_SIZE_AT	4
#define DATA_SIZE_AT	40

static int
write_all(int fd, const void *data, size_t len)
{
	const char	*p = data;
	ssize_t		 n;

	while (len > 0) {
		if ((n = write(fd, p, len)) == -1 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

int
wavout_open(struct wavout *w, const char *path)
{
	*w = (struct wavout){ .fd = STDOUT_FILENO, .is_stdout = true };
	if (strcmp(path, "-") == 0)
		return 0;
	w->is_stdout = false;
	w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return w->fd == -1 ? -1 : 0;
}

int
wavout_begin(struct wavout *w, uint32_t rate_hz, unsigned nchannels)
{
	uint8_t	header[AUDIO_WAV_HEADER_LEN];

	w->rate_hz = rate_hz;
	w->nchannels = nchannels;
	w->begun = true;
	audio_wav_header(header, rate_hz, nchannels, 0);
	memset(header + RIFF_SIZE_AT, 0xff, 4);
	memset(header + DATA_SIZE_AT, 0xff, 4);
	return write_all(w->fd, header, sizeof(header));
}

int
wavout_write(struct wavout *w, const int16_t *values, size_t n)
{
	if (write_all(w->fd, values, n * sizeof(*values)) == -1)
		return -1;
	w->data_len += n * sizeof(*values);
	return 0;
}

static int
patch(struct wavout *w)
{
	uint8_t		header[AUDIO_WAV_HEADER_LEN];
	struct stat	st;

	if (!w->begun || fstat(w->fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size < AUDIO_WAV_HEADER_LEN)
		return 0;
	/* Standard output may be appended to a file, where offset 0 is not ours. */
	if (w->is_stdout && ((fcntl(w->fd, F_GETFL) & O_APPEND) != 0 ||
	    (uint64_t)st.st_size != AUDIO_WAV_HEADER_LEN + w->data_len))
		return 0;
	audio_wav_header(header, w->rate_hz, w->nchannels, w->data_len);
	return pwrite(w->fd, header, sizeof(header), 0) == (ssize_t)sizeof(header) ? 0 : -1;
}

int
wavout_close(struct wavout *w)
{
	int	rc, saved_errno;

	if (w->fd == -1)
		return 0;
	rc = patch(w);
	saved_errno = errno;
	if (close(w->fd) == -1 && rc == 0) {
		rc = -1;
		saved_errno = errno;
	}
	w->fd = -1;
	errno = saved_errno;
	return rc;
}
