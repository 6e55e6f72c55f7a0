/* SPDX-License-Identifier: ISC */
/*
 * topcm: recordings to raw 16-bit samples at 8 kHz, by the reader and the
 * resampler of the daemons. Lines "FROM<tab>TO" on standard input. A recording
 * that cannot be read is named and left out.
 */
#include <stdio.h>
#include <string.h>

#include "common/audio.h"

#define SECONDS_MAX	600

static int
convert(const char *from, const char *to)
{
	struct audio_clip	 clip = { 0 };
	const char		*cause = "cannot be read";
	FILE			*f;
	int			 rc = 0;

	if (audio_read_file(from, 8000, SECONDS_MAX, &clip, &cause) == -1) {
		(void)fprintf(stderr, "topcm: %s: %s\n", from, cause);
		return 0;
	}
	if ((f = fopen(to, "wb")) == NULL ||
	    fwrite(clip.samples, sizeof(*clip.samples), clip.nsamples, f) != clip.nsamples) {
		perror(to);
		rc = -1;
	}
	if (f != NULL && fclose(f) != 0)
		rc = -1;
	audio_clip_clear(&clip);
	return rc;
}

int
main(void)
{
	char	 line[4096], *tab, *end;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if ((tab = strchr(line, '\t')) == NULL || (end = strchr(tab, '\n')) == NULL) {
			(void)fprintf(stderr, "topcm: not FROM<tab>TO: %s", line);
			return 2;
		}
		*tab = *end = '\0';
		if (convert(line, tab + 1) == -1)
			return 1;
	}
	return 0;
}
