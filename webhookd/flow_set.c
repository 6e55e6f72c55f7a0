/* SPDX-License-Identifier: ISC */
/* The flows of a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/mem.h"
#include "webhookd/flow_impl.h"

static void
tell(struct flow_report *r, const char *path, const char *cause)
{
	char	text[600];

	(void)snprintf(text, sizeof(text), "%.300s:1: %.200s", path, cause);
	flow_tell_text(r, false, text);
}

/* The text of a file, NUL-terminated; NULL: told. */
static char *
read_file(const char *path, size_t *ret_len, struct flow_report *r)
{
	char	*text = NULL;
	ssize_t	 n = -1;
	size_t	 len = 0;
	int	 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || (text = mem_alloc(FLOW_FILE_MAX + 1)) == NULL) {
		tell(r, path, strerror(errno));
		goto out;
	}
	while ((n = read(fd, text + len, FLOW_FILE_MAX + 1 - len)) > 0)
		len += (size_t)n;
	if (n == -1 || len > FLOW_FILE_MAX) {
		tell(r, path, n == -1 ? strerror(errno) : "over 64 KiB");
		free(text);
		text = NULL;
		goto out;
	}
	text[len] = '\0';
	*ret_len = len;
out:
	if (fd != -1)
		(void)close(fd);
	return text;
}

static void
add(struct flow_set *set, const char *name, const char *path, const char *text, size_t len, struct flow_report *r)
{
	struct flow	*f;

	if (!flow_name_ok(name))
		tell(r, path, "the name of a flow has 1 to 63 of A-Z a-z 0-9 _ -");
	else if (set->n == FLOW_FILES_MAX)
		tell(r, path, "more than 200 flows");
	else if ((f = flow_parse(name, path, text, len, r)) != NULL)
		set->flows[set->n++] = f;
}

static int
is_flow(const struct dirent *e)
{
	size_t	len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > 5 && strcmp(e->d_name + len - 5, ".json") == 0;
}

static void
load_file(struct flow_set *set, const char *dir, const char *file, struct flow_report *r)
{
	char	 path[4096], name[256];
	char	*text;
	size_t	 len;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	(void)snprintf(name, sizeof(name), "%.*s", (int)(strlen(file) - 5), file);
	if ((text = read_file(path, &len, r)) != NULL)
		add(set, name, path, text, len, r);
	free(text);
}

static void
check_needed(const struct flow_set *set, const char *dir, const char *const *needed, struct flow_report *r)
{
	char	text[600];

	for (; needed != NULL && *needed != NULL; needed++)
		if (flow_find(set, *needed) == NULL && r->errors == 0) {
			(void)snprintf(text, sizeof(text), "%.300s/%.64s.json:1: No such file or directory", dir, *needed);
			flow_tell_text(r, false, text);
		}
}

static struct flow_set *
finish(struct flow_set *set, struct flow_report *r)
{
	if (r->errors == 0)
		flow_check(set, r);
	if (r->errors == 0)
		return set;
	flow_set_free(set);
	return NULL;
}

struct flow_set *
flow_set_load(const char *dir, const char *const *needed, struct flow_report *r)
{
	struct flow_set	 *set;
	struct dirent	**list;
	int		  i, n;

	if ((set = mem_calloc(1, sizeof(*set))) == NULL || (n = scandir(dir, &list, is_flow, alphasort)) == -1) {
		tell(r, dir, strerror(errno));
		free(set);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		load_file(set, dir, list[i]->d_name, r);
		free(list[i]);
	}
	free(list);
	check_needed(set, dir, needed, r);
	return finish(set, r);
}

struct flow_set *
flow_set_parse(const char *const *texts, struct flow_report *r)
{
	struct flow_set	*set;
	char		 path[128];

	if ((set = mem_calloc(1, sizeof(*set))) == NULL) {
		tell(r, "flows", strerror(errno));
		return NULL;
	}
	for (; texts[0] != NULL; texts += 2) {
		(void)snprintf(path, sizeof(path), "%.100s.json", texts[0]);
		add(set, texts[0], path, texts[1], strlen(texts[1]), r);
	}
	return finish(set, r);
}

void
flow_set_free(struct flow_set *set)
{
	size_t	i;

	if (set == NULL)
		return;
	for (i = 0; i < set->n; i++)
		flow_free(set->flows[i]);
	free(set);
}

const struct flow *
flow_find(const struct flow_set *set, const char *name)
{
	size_t	i;

	for (i = 0; i < set->n; i++)
		if (strcmp(set->flows[i]->name, name) == 0)
			return set->flows[i];
	return NULL;
}
