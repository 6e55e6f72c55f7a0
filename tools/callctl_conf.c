/* SPDX-License-Identifier: ISC */
#include "tools/callctl_conf.h"

#include <libconfig.h>

#include <stdlib.h>
#include <string.h>

#include "common/mem.h"
#include "common/secret.h"

/* NULL: not there, not text, or ${env:} of it fails. */
static char *
text_of(const char *value)
{
	char	why[160];

	return value == NULL ? NULL : secret_expand_env(value, why, sizeof(why));
}

static char *
text_in(const config_setting_t *group, const char *name)
{
	const char	*value = NULL;

	return group != NULL && config_setting_lookup_string(group, name, &value) == CONFIG_TRUE ? text_of(value) : NULL;
}

static void
read_command(const config_setting_t *command, struct peek_engine *e)
{
	int	i, n = command == NULL ? 0 : config_setting_length(command);

	for (i = 0; i < n && i < PEEK_ARGS_MAX; i++)
		if ((e->argv[i] = text_of(config_setting_get_string_elem(command, i))) == NULL)
			return;
}

static void
read_engine(const config_setting_t *group, struct peek_engine *e)
{
	char	*type = text_in(group, "type");

	e->name = text_in(group, "name");
	e->service = text_in(group, "service");
	e->openai = type != NULL && strcmp(type, "openai") == 0;
	free(type);
	if (!e->openai) {
		read_command(config_setting_get_member(group, "command"), e);
		return;
	}
	if ((e->base_url = text_in(group, "base_url")) == NULL)
		e->base_url = mem_strdup("https://api.openai.com/v1");
}

static void
read_all(const config_t *cfg, struct peek *p)
{
	const config_setting_t	*sockd = config_lookup(cfg, "sockd"), *brokerd = config_lookup(cfg, "brokerd");
	const config_setting_t	*list = config_lookup(cfg, "brokerd.engines");
	unsigned		 i;
	int			 record = 0;

	p->record_dir = text_in(sockd, "record_dir");
	if (sockd != NULL && config_setting_lookup_bool(sockd, "record", &record) == CONFIG_TRUE)
		p->record = record != 0;
	p->engine_dir = text_in(brokerd, "engine_dir");
	for (i = 0; list != NULL && (int)i < config_setting_length(list) && i < PEEK_ENGINES_MAX; i++)
		read_engine(config_setting_get_elem(list, i), &p->engines[p->nengines++]);
}

int
peek_load(const char *path, struct peek *ret)
{
	config_t	cfg;
	int		rc = -1;

	memset(ret, 0, sizeof(*ret));
	config_init(&cfg);
	if (config_read_file(&cfg, path) == CONFIG_TRUE) {
		read_all(&cfg, ret);
		rc = 0;
	}
	config_destroy(&cfg);
	return rc;
}

void
peek_clear(struct peek *p)
{
	size_t	i, k;

	for (i = 0; i < p->nengines; i++) {
		free(p->engines[i].name);
		free(p->engines[i].service);
		free(p->engines[i].base_url);
		for (k = 0; k < PEEK_ARGS_MAX; k++)
			free(p->engines[i].argv[k]);
	}
	free(p->record_dir);
	free(p->engine_dir);
	memset(p, 0, sizeof(*p));
}
