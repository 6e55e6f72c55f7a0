/* SPDX-License-Identifier: ISC */
/*
 * dump: the features of vadd/features.c, as the training wants them.
 *
 *   dump LIST       for each PATH.pcm of the list, PATH.feat: FEATURES_COUNT floats per 20 ms
 *   dump -c         version, inputs, units of the network
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vadd/features.h"
#include "vadd/net.h"

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
dump_file(const char *path)
{
	static struct features	 f;
	char		 name[1024];
	int16_t		 samples[VAD_FRAME_SAMPLES];
	float		 out[FEATURES_COUNT];
	FILE		*from, *to;

	(void)snprintf(name, sizeof(name), "%.*s.feat", (int)strlen(path) - 4, path);
	if ((from = fopen(path, "rb")) == NULL)
		die(path);
	if ((to = fopen(name, "wb")) == NULL)
		die(name);
	features_init(&f);
	while (fread(samples, sizeof(*samples), VAD_FRAME_SAMPLES, from) == VAD_FRAME_SAMPLES) {
		(void)features_take(&f, samples, out);
		if (fwrite(out, sizeof(*out), FEATURES_COUNT, to) != FEATURES_COUNT)
			die(name);
	}
	(void)fclose(from);
	if (fclose(to) != 0)
		die(name);
}

int
main(int argc, char **argv)
{
	char	 line[1200];
	FILE	*list;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: dump list | dump -c\n");
		return 2;
	}
	if (strcmp(argv[1], "-c") == 0) {
		(void)printf("%d %d %d\n", FEATURES_VERSION, FEATURES_COUNT, NET_UNITS);
		return 0;
	}
	if ((list = fopen(argv[1], "r")) == NULL)
		die(argv[1]);
	while (fgets(line, sizeof(line), list) != NULL) {
		line[strcspn(line, "\t\n")] = '\0';
		dump_file(line);
	}
	(void)fclose(list);
	return 0;
}
