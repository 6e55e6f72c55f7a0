/* SPDX-License-Identifier: ISC */
#include "tools/callsim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/httpc.h"
#include "common/mem.h"

#include "tools/callsim/call.h"
#include "tools/callsim/conversation.h"
#include "tools/callsim/files.h"
#include "tools/callsim/report.h"
#include "tools/callsim/rest.h"
#include "tools/callsim/simlog.h"

#define STREAMS_MAX	64	/* fetched at once */

/* Without the flag libevent's timers run on a clock of 4 ms steps: too coarse for frames. */
static struct event_base *
new_base(void)
{
	struct event_config	*cfg = event_config_new();
	struct event_base	*base = NULL;

	if (cfg == NULL)
		return NULL;
	if (event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER) == 0)
		base = event_base_new_with_config(cfg);
	event_config_free(cfg);
	return base;
}

int
sim_start(struct sim *s, uint16_t rest_port, char *cause, size_t cause_size)
{
	TAILQ_INIT(&s->calls);
	TAILQ_INIT(&s->files);
	TAILQ_INIT(&s->conversations);
	TAILQ_INIT(&s->legs);
	if ((s->voices = voices_load(&s->script, cause, cause_size)) == NULL)
		return -1;
	if (s->phones == NULL && (s->phones = phones_load(NULL, 1, false, cause, cause_size)) == NULL)
		return -1;
	if ((s->base = new_base()) == NULL || (s->web = web_new(s->base, &s->options.web)) == NULL ||
	    (s->net = ws_net_new(s->base)) == NULL || (s->pace = pace_new(s->base)) == NULL ||
	    (s->speech = speech_new(s->base)) == NULL || (s->httpc = httpc_new(s->base, STREAMS_MAX)) == NULL) {
		(void)snprintf(cause, cause_size, "start: %s", strerror(errno));
		return -1;
	}
	return (s->rest = rest_new(s, rest_port, cause, cause_size)) == NULL ? -1 : 0;
}

const char *
sim_recordings_dir(struct sim *s)
{
	const char	*tmp = getenv("TMPDIR");
	char		 path[512];

	if (s->recordings != NULL)
		return s->recordings;
	if (s->options.recordings_dir != NULL) {
		if (mkdir(s->options.recordings_dir, 0700) == -1 && errno != EEXIST)
			return NULL;
		return s->recordings = mem_strdup(s->options.recordings_dir);
	}
	(void)snprintf(path, sizeof(path), "%s/callsim.XXXXXX", tmp == NULL || *tmp == '\0' ? "/tmp" : tmp);
	if (mkdtemp(path) == NULL)
		return NULL;
	s->recordings_own = true;
	return s->recordings = mem_strdup(path);
}

static void
clear_recordings(struct sim *s)
{
	struct dirent	*e;
	DIR		*d = s->recordings_own ? opendir(s->recordings) : NULL;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL) {
		(void)closedir(d);
		(void)rmdir(s->recordings);
	}
	free(s->recordings);
	s->recordings = NULL;
}

void
sim_clear(struct sim *s)
{
	struct conversation	*v;
	struct call		*c;
	struct leg		*leg;

	while ((c = TAILQ_FIRST(&s->calls)) != NULL)
		call_free(c);
	while ((leg = TAILQ_FIRST(&s->legs)) != NULL)
		leg_free(leg);
	while ((v = TAILQ_FIRST(&s->conversations)) != NULL)
		conv_free(v);
	clear_recordings(s);
	files_clear(s);
	if (s->httpc != NULL)
		httpc_free(s->httpc);
	rest_free(s->rest);
	speech_free(s->speech);
	pace_free(s->pace);
	ws_net_free(s->net);
	web_free(s->web);
	if (s->base != NULL)
		event_base_free(s->base);
	voices_free(s->voices);
	phones_free(s->phones);
	json_object_put(s->reports);
	sign_close(&s->options.sign);
	simsms_clear(s);
	script_clear(&s->script);
}

struct call *
sim_find(struct sim *s, const char *id)
{
	struct call	*c;

	TAILQ_FOREACH(c, &s->calls, entry)
		if (call_is(c, id))
			return c;
	return NULL;
}

void
sim_call_over(struct call *c)
{
	struct sim		*s = c->sim;
	struct json_object	*o;

	s->calls_over++;
	s->calls_failed += c->result != CALL_RESULT_OK;
	if (s->reports == NULL || (o = report_call(c)) == NULL)
		return;
	simlog_put("call", json_object_get(o));
	if (json_object_array_length(s->reports) < SIM_REPORTS_MAX)
		(void)json_object_array_add(s->reports, o);
	else
		json_object_put(o);
}

void
sim_uuid(char ret[SIM_UUID_SIZE], bool dashed)
{
	uint8_t	r[16] = { 0 };
	size_t	i, at = 0;

	(void)!getrandom(r, sizeof(r), 0);
	r[6] = (uint8_t)((r[6] & 0x0f) | 0x40);
	r[8] = (uint8_t)((r[8] & 0x3f) | 0x80);
	for (i = 0; i < sizeof(r); i++) {
		if (dashed && (i == 4 || i == 6 || i == 8 || i == 10))
			ret[at++] = '-';
		(void)snprintf(ret + at, SIM_UUID_SIZE - at, "%02x", r[i]);
		at += 2;
	}
}
