/* SPDX-License-Identifier: ISC */
/*
 * callctl dial: a row for webhookd to place; callctl dials: what became of them.
 * They go through the store, so they work also while webhookd is down.
 */
#include "tools/callctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "common/clock.h"
#include "common/dialopts.h"
#include "common/flowvar.h"
#include "common/log.h"
#include "common/store_dial.h"
#include "common/store_json.h"
#include "tools/callctl_dial.h"
#include "tools/dialargs.h"
#include "tools/plain.h"

struct json_object *
ctl_dial_json(const struct store_dial *d)
{
	struct json_object	*o = json_object_new_object();

	if (o == NULL)
		return NULL;
	(void)json_add_int(o, "id", d->id);
	if (d->campaign != 0)
		(void)json_add_int(o, "campaign", d->campaign);
	store_json_add_text(o, "key", d->key);
	(void)json_add_str(o, "number", d->number);
	(void)json_add_str(o, "flow", d->flow);
	if (d->vars[0] != '\0')
		(void)json_add(o, "vars", json_parse(d->vars, strlen(d->vars), NULL));
	if (d->options[0] != '\0')
		(void)json_add(o, "options", json_parse(d->options, strlen(d->options), NULL));
	(void)json_add_str(o, "state", d->state);
	store_json_add_text(o, "result", d->result);
	(void)json_add_int(o, "attempts", d->attempts);
	store_json_add_text(o, "call", d->call.text);
	store_json_add_text(o, "error", d->error);
	store_json_add_time(o, "created_at", d->created_at);
	store_json_add_time(o, "updated_at", d->updated_at);
	store_json_add_time(o, "next_at", d->next_at);
	return o;
}

void
ctl_dial_row(struct buf *b, const struct store_dial *d)
{
	char	when[CTL_TIME_SIZE];
	bool	waits = strcmp(d->state, "waiting") == 0;

	(void)buf_printf(b, "%6lld ", (long long)d->id);
	plain_put_column(b, d->number, 16);
	plain_put_column(b, d->state, 9);
	plain_put_column(b, d->result[0] != '\0' ? d->result : "-", 15);
	(void)buf_printf(b, "%2d  %-19s  ", d->attempts, ctl_time(waits ? d->next_at : d->updated_at, when));
	plain_put(b, d->error[0] != '\0' ? d->error : d->call.text, strlen(d->error[0] != '\0' ? d->error : d->call.text));
	(void)buf_putc(b, '\n');
}

void
ctl_dial_heading(struct ctl *ctl)
{
	(void)buf_printf(&ctl->out, "%s    id number          state    result         tries at or not before     call, or why%s\n",
	    plain_sgr(ctl->colour, PLAIN_DIM), plain_sgr(ctl->colour, PLAIN_OFF));
}

void
ctl_nap(int ms)
{
	(void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

static void
on_written(void *arg, int rc, int err)
{
	*(int *)arg = rc == 0 ? 0 : err;
}

int
ctl_written(struct ctl *ctl, int rc, const int *err)
{
	if (rc == -1)
		return errno;
	store_flush(ctl->store);
	store_dispatch(ctl->store);
	return *err;
}

/* ---- dial ---- */

struct wanted {
	struct store_dial	 d;
	struct json_object	*vars, *options;
	bool			 wait;
};

static bool
add_var(struct wanted *w, const char *text)
{
	char		 name[33];
	const char	*eq = strchr(text, '=');

	if (eq == NULL || eq == text || (size_t)(eq - text) >= sizeof(name)) {
		ctl_complain("--var %s: NAME=VALUE is wanted", log_quote(text));
		return false;
	}
	memcpy(name, text, (size_t)(eq - text));
	name[eq - text] = '\0';
	if (flowvar_is_fixed(name)) {
		ctl_complain("--var %s: that comes with the call and cannot be set", log_quote(name));
		return false;
	}
	return json_add_str(w->vars, name, eq + 1) == 0;
}

static bool
set(char *out, size_t size, const char *option, const char *text)
{
	if (strlen(text) < size) {
		memcpy(out, text, strlen(text) + 1);
		return true;
	}
	ctl_complain("--%s: at most %zu characters", option, size - 1);
	return false;
}

static bool
take(struct wanted *w, int c)
{
	char	err[200];

	switch (c) {
	case DIALARG_FLOW: return set(w->d.flow, sizeof(w->d.flow), "flow", optarg);
	case DIALARG_KEY: return set(w->d.key, sizeof(w->d.key), "key", optarg);
	case DIALARG_VAR: return add_var(w, optarg);
	case DIALARG_WAIT: w->wait = true; return true;
	}
	if (c < DIALARG_FIRST || dialarg_take(w->options, c, optarg, err, sizeof(err)))
		return c >= DIALARG_FIRST;	/* else getopt said why */
	ctl_complain("--%s", err);
	return false;
}

static bool
complete(struct wanted *w, int argc, char *argv[])
{
	const char	*number = optind == argc - 1 ? argv[optind] : "";
	unsigned long long random = 0;

	if (dial_number(number, w->d.number) == -1 || w->d.flow[0] == '\0') {
		(void)fprintf(stderr, "usage: callctl dial NUMBER --flow F [--var K=V] [--key K] [--wait] [--from N] [--amd MODE] ...\n"
		    "NUMBER is 7 to 15 digits with the country code, with or without +.\n");
		return false;
	}
	(void)snprintf(w->d.vars, sizeof(w->d.vars), "%s", json_object_object_length(w->vars) > 0 ? json_text(w->vars, NULL) : "");
	(void)snprintf(w->d.options, sizeof(w->d.options), "%s",
	    json_object_object_length(w->options) > 0 ? json_text(w->options, NULL) : "");
	if (strlen(json_text(w->vars, NULL)) >= sizeof(w->d.vars)) {
		ctl_complain("--var: more than 4 KiB in all");
		return false;
	}
	(void)RAND_bytes((unsigned char *)&random, sizeof(random));
	if (w->d.key[0] == '\0')
		(void)snprintf(w->d.key, sizeof(w->d.key), "callctl-%llx-%llx", (unsigned long long)clock_wall_ms(), random);
	w->d.created_at = w->d.next_at = clock_wall_ms();
	return true;
}

static int
show(struct ctl *ctl, const struct store_dial *d)
{
	if (ctl->json)
		return ctl_put_json(ctl, ctl_dial_json(d));
	ctl_dial_heading(ctl);
	ctl_dial_row(&ctl->out, d);
	return CTL_OK;
}

static bool
goes_on(const struct store_dial *d)
{
	return strcmp(d->state, "waiting") == 0 || strcmp(d->state, "placing") == 0 || strcmp(d->state, "calling") == 0;
}

static int
submit(struct ctl *ctl, struct wanted *w)
{
	int	err = 0, rc;

	if (!ctl_open(ctl, STORE_WRITE))
		return CTL_FAILED;
	if ((err = ctl_written(ctl, store_add_dial(ctl->store, &w->d, on_written, &err), &err)) != 0) {
		ctl_complain("database: %s", strerror(err));
		return CTL_FAILED;
	}
	while ((rc = store_find_dial_of_key(ctl->store, w->d.key, &w->d)) == 1 && w->wait && goes_on(&w->d))
		ctl_nap(200);
	if (rc != 1)
		return ctl_done(rc);
	rc = show(ctl, &w->d);
	return rc == CTL_OK && w->wait && strcmp(w->d.state, "done") != 0 ? CTL_NONE : rc;
}

int
ctl_dial(struct ctl *ctl, int argc, char *argv[])
{
	struct option	longs[4 + DIALARG_NDIAL] = {
		{ "flow", required_argument, NULL, DIALARG_FLOW }, { "var", required_argument, NULL, DIALARG_VAR },
		{ "key", required_argument, NULL, DIALARG_KEY }, { "wait", no_argument, NULL, DIALARG_WAIT },
	};
	struct wanted	w = { .vars = json_object_new_object(), .options = json_object_new_object() };
	int		c, rc = CTL_FAILED;

	memcpy(longs + 4, dialarg_longs, DIALARG_NDIAL * sizeof(longs[0]));
	store_dial_init(&w.d);
	while ((c = ctl_options(ctl, argc, argv, longs, 4 + DIALARG_NDIAL)) != -1)
		if (!take(&w, c))
			goto out;
	if (complete(&w, argc, argv))
		rc = submit(ctl, &w);
out:
	json_object_put(w.vars);
	json_object_put(w.options);
	return rc;
}

/* ---- dials ---- */

static bool
put_dial(void *arg, const struct store_dial *d)
{
	struct ctl	*ctl = arg;

	if (ctl->json)
		return ctl_put_json(ctl, ctl_dial_json(d)) == CTL_OK;
	if (ctl->out.len == 0)
		ctl_dial_heading(ctl);
	ctl_dial_row(&ctl->out, d);
	return true;
}

int
ctl_dials(struct ctl *ctl, int argc, char *argv[])
{
	(void)argc;
	(void)argv;
	if (!ctl_open(ctl, STORE_READ))
		return CTL_FAILED;
	return ctl_done(store_each_dial(ctl->store, -1, 0, put_dial, ctl));
}
