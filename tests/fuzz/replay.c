/* SPDX-License-Identifier: ISC */
/* Runs a fuzz target over the files of a folder: the committed seeds, without a fuzzer. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay(const char *dir, const char *name)
{
	char	 path[4096];
	uint8_t	*data;
	FILE	*f;
	long	 size;
	int	 rc = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((f = fopen(path, "rb")) == NULL) {
		perror(path);
		return -1;
	}
	if (fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0) {
		rewind(f);
		/* Exactly size bytes, so that a sanitizer sees one too many being read. */
		data = malloc(size > 0 ? (size_t)size : 1);
		if (data != NULL && fread(data, 1, (size_t)size, f) == (size_t)size) {
			(void)LLVMFuzzerTestOneInput(data, (size_t)size);
			rc = 0;
		}
		free(data);
	}
	(void)fclose(f);
	printf("%s - %s\n", rc == 0 ? "ok" : "not ok", name);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct dirent	*e;
	DIR		*d;
	int		 n = 0;

	if (argc != 2 || (d = opendir(argv[1])) == NULL) {
		fprintf(stderr, "usage: %s folder\n", argv[0]);
		return 2;
	}
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (replay(argv[1], e->d_name) == -1)
			return 1;
		n++;
	}
	(void)closedir(d);
	return n > 0 ? 0 : 1;
}
