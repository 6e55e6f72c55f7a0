/* SPDX-License-Identifier: ISC */
/* Jobs: what they are at, and by hand: once more, or never. */
#include "tools/callctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/num.h"
#include "common/store_jobs.h"
#include "common/store_json.h"
#include "tools/plain.h"

struct listing {
	struct ctl		*ctl;
	struct json_object	*array;		/* --json */
	int			 n;
};

static bool
on_job(void *arg, const struct store_job *j)
{
	struct listing		*l = arg;
	struct buf		*b = &l->ctl->out;
	struct json_object	*row;
	char			 when[CTL_TIME_SIZE];

	if (l->ctl->json) {
		if ((row = store_job_json(j)) != NULL && json_object_array_add(l->array, row) != 0)
			json_object_put(row);
		return true;
	}
	if (l->n++ == 0)
		(void)buf_printf(b, "%s    id kind       state    tries next                 call          error%s\n",
		    plain_sgr(l->ctl->colour, PLAIN_DIM), plain_sgr(l->ctl->colour, PLAIN_OFF));
	(void)buf_printf(b, "%6lld ", (long long)j->id);
	plain_put_column(b, j->kind, 10);
	(void)buf_putc(b, ' ');
	plain_put_column(b, j->state, 8);
	/* tries of this round, after the rounds that failed */
	if (j->rounds > 0)
		(void)buf_printf(b, " %3d+%d", j->rounds, j->attempts);
	else
		(void)buf_printf(b, " %5d", j->attempts);
	(void)buf_printf(b, " %-19s  ", ctl_time(j->next_at, when));
	plain_put_column(b, j->call.text, 13);
	(void)buf_putc(b, ' ');
	(void)plain_put_cut(b, j->error, 31);
	(void)buf_putc(b, '\n');
	return true;
}

static int
list_jobs(struct ctl *ctl)
{
	struct listing	l = { .ctl = ctl };

	if (!ctl_open(ctl, STORE_READ))
		return CTL_FAILED;
	if (ctl->json && (l.array = json_object_new_array()) == NULL) {
		ctl_complain("out of memory");
		return CTL_FAILED;
	}
	if (store_each_job(ctl->store, false, on_job, &l) == -1) {
		json_object_put(l.array);
		return ctl_done(-1);
	}
	if (l.array != NULL)
		return ctl_put_json(ctl, l.array);
	if (l.n == 0)
		(void)fprintf(stderr, "no jobs\n");
	return CTL_OK;
}

struct outcome { int rc, err; };

static void
on_written(void *arg, int rc, int err)
{
	*(struct outcome *)arg = (struct outcome){ rc, err };
}

/* retry or drop; a webhookd looks at the jobs every second. */
static int
change_job(struct ctl *ctl, const char *what, const char *text)
{
	struct outcome	got = { -1, EIO };
	int64_t		id;
	bool		retry = strcmp(what, "retry") == 0;
	int		rc;

	if (num_parse(text, 1, INT64_MAX, &id) == -1) {
		ctl_complain("%s: the id of a job is a number (callctl jobs)", log_quote(text));
		return CTL_FAILED;
	}
	if (!ctl_open(ctl, STORE_WRITE))
		return CTL_FAILED;
	rc = retry ? store_retry_job(ctl->store, id, clock_wall_ms(), on_written, &got) :
	    store_drop_job(ctl->store, id, on_written, &got);
	if (rc == -1)
		return ctl_done(-1);
	store_flush(ctl->store);
	store_dispatch(ctl->store);
	if (got.rc == 0)
		return CTL_OK;
	if (got.err == ENOENT) {
		ctl_complain("job %" PRId64 ": there is none, or it is done or running", id);
		return CTL_NONE;
	}
	if (got.err == EEXIST) {
		ctl_complain("job %" PRId64 ": another one for the same thing is unfinished", id);
		return CTL_NONE;
	}
	errno = got.err;
	return ctl_done(-1);
}

int
ctl_jobs(struct ctl *ctl, int argc, char *argv[])
{
	if (argc == 0)
		return list_jobs(ctl);
	if (argc == 2 && (strcmp(argv[0], "retry") == 0 || strcmp(argv[0], "drop") == 0))
		return change_job(ctl, argv[0], argv[1]);
	(void)fprintf(stderr, "usage: callctl jobs [retry ID | drop ID]\n");
	return CTL_FAILED;
}
