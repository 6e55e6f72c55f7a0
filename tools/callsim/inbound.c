/* SPDX-License-Identifier: ISC */
#include "tools/callsim/inbound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "common/mem.h"
#include "common/num.h"
#include "tools/callsim/call.h"
#include "tools/callsim/script.h"
#include "tools/callsim/simleg.h"
#include "tools/callsim/voices.h"

#define AFTER_MAX_MS	86400000

struct inbound {
	TAILQ_ENTRY(inbound) entry;
	struct inbounds	*all;
	char		*text;		/* cut at its commas; the next three point into it */
	const char	*from, *to, *path;
	int64_t		 after_ms;
	struct script	 script;
	struct voices	*voices;
	struct event	*timer;
};

struct inbounds {
	TAILQ_HEAD(inbound_list, inbound) list;
	struct sim	*sim;
	size_t		 n;
};

struct inbounds *
inbounds_new(void)
{
	struct inbounds	*in = mem_calloc(1, sizeof(*in));

	if (in != NULL)
		TAILQ_INIT(&in->list);
	return in;
}

static void
inbound_free(struct inbound *i)
{
	if (i->timer != NULL)
		event_free(i->timer);
	voices_free(i->voices);
	script_clear(&i->script);
	free(i->text);
	free(i);
}

void
inbounds_free(struct inbounds *in)
{
	struct inbound	*i;

	if (in == NULL)
		return;
	while ((i = TAILQ_FIRST(&in->list)) != NULL) {
		TAILQ_REMOVE(&in->list, i, entry);
		inbound_free(i);
	}
	free(in);
}

static const char *
split(struct inbound *i)
{
	char	*rest = i->text, *after;

	i->from = strsep(&rest, ",");
	i->to = strsep(&rest, ",");
	i->path = strsep(&rest, ",");
	after = strsep(&rest, ",");
	if (i->path == NULL || rest != NULL || i->from[0] == '\0' || i->to[0] == '\0' || i->path[0] == '\0')
		return "FROM,TO,SCRIPTFILE[,AFTER_MS] is wanted";
	if (after != NULL && num_parse(after, 0, AFTER_MAX_MS, &i->after_ms) == -1)
		return "AFTER_MS is no number of milliseconds";
	return NULL;
}

int
inbounds_add(struct inbounds *in, const char *text, char *cause, size_t cause_size)
{
	struct inbound	*i = mem_calloc(1, sizeof(*i));
	const char	*why = "out of memory";

	if (i == NULL || (i->text = mem_strdup(text)) == NULL || (why = split(i)) != NULL || in->n == INBOUNDS_MAX) {
		(void)snprintf(cause, cause_size, "\"%.100s\": %s", text, why == NULL ? "too many" : why);
		if (i != NULL)
			inbound_free(i);
		return -1;
	}
	if (script_load(&i->script, i->path, cause, cause_size) == -1 ||
	    (i->voices = voices_load(&i->script, cause, cause_size)) == NULL) {
		inbound_free(i);
		return -1;
	}
	i->all = in;
	TAILQ_INSERT_TAIL(&in->list, i, entry);
	in->n++;
	return 0;
}

static void
on_done(void *arg, struct call *c)
{
	(void)arg;
	sim_call_over(c);
	call_free(c);
}

static void
on_due(evutil_socket_t fd, short what, void *arg)
{
	struct inbound	*i = arg;
	struct call	*c;

	(void)fd;
	(void)what;
	if ((c = call_new(i->all->sim, i->from, i->to, NULL, on_done, NULL)) == NULL) {
		(void)fprintf(stderr, "callsim serve: call from %s: %s\n", i->from, strerror(errno));
		i->all->sim->calls_over++;
		i->all->sim->calls_failed++;
		return;
	}
	c->first->actor.script = &i->script;
	c->first->actor.voices = i->voices;
	call_start(c);
}

int
inbounds_start(struct inbounds *in, struct sim *sim, double time_scale)
{
	struct inbound	*i;
	struct timeval	 tv;
	int64_t		 ms;

	in->sim = sim;
	TAILQ_FOREACH(i, &in->list, entry) {
		if ((i->timer = evtimer_new(sim->base, on_due, i)) == NULL) {
			errno = ENOMEM;
			return -1;
		}
		ms = (int64_t)((double)i->after_ms / time_scale);
		tv.tv_sec = ms / 1000;
		tv.tv_usec = ms % 1000 * 1000;
		evtimer_add(i->timer, &tv);
	}
	return 0;
}

void
inbounds_stop(struct inbounds *in)
{
	struct inbound	*i;

	TAILQ_FOREACH(i, &in->list, entry)
		if (i->timer != NULL)
			(void)evtimer_del(i->timer);
}
