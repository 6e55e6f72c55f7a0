/* SPDX-License-Identifier: ISC */
/*
 * callctl forget: delete all of a person and prove it; callctl forgotten: the
 * log of that, and whether its chain holds.
 */
#include "tools/callctl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/num.h"
#include "common/store_forget.h"
#include "common/store_json.h"

struct shown {
	struct ctl	*ctl;
	char		 chain[65];
	const char	*number_hash;		/* only these; NULL all */
};

static void
show(void *arg, const struct store_forgotten *f)
{
	struct shown		*s = arg;
	struct json_object	*o;
	char			 at[CTL_TIME_SIZE];

	memcpy(s->chain, f->chain, sizeof(s->chain));
	if (s->number_hash != NULL && strcmp(s->number_hash, f->number_hash) != 0)
		return;
	if (!s->ctl->json) {
		(void)buf_printf(&s->ctl->out, "%s  %-9s %.12s  %s\n", ctl_time(f->at, at), f->kind, f->sha256, f->item);
		return;
	}
	if ((o = json_object_new_object()) == NULL)
		return;
	store_json_add_time(o, "at", f->at);
	store_json_add_text(o, "number_hash", f->number_hash);
	store_json_add_text(o, "kind", f->kind);
	store_json_add_text(o, "item", f->item);
	store_json_add_text(o, "sha256", f->sha256);
	store_json_add_text(o, "chain", f->chain);
	(void)ctl_put_json(s->ctl, o);
}

/* "+44..." or a SIP user as it stands in the calls. */
static const char *
plain(const char *number)
{
	return number[0] == '+' ? number + 1 : number;
}

int
ctl_forget(struct ctl *ctl, int argc, char *argv[])
{
	bool		erase = argc == 2;
	struct shown	s = { .ctl = ctl };
	char		err[512];
	int64_t		n;

	if (argc == 2 && strcmp(argv[1], "yes") != 0) {
		ctl_complain("forget NUMBER shows what would be deleted, forget NUMBER yes deletes it");
		return CTL_FAILED;
	}
	if (!ctl_open(ctl, STORE_WRITE))
		return CTL_FAILED;
	if ((n = store_forget(ctl->store, plain(argv[0]), erase, show, &s, err, sizeof(err))) == -1) {
		ctl_complain("nothing was forgotten: %s", err);
		return CTL_FAILED;
	}
	if (err[0] != '\0')
		ctl_complain("%s: run this once more later", err);
	if (ctl->json)
		return n > 0 ? CTL_OK : CTL_NONE;
	if (n == 0)
		(void)buf_puts(&ctl->out, "nothing is known of that number\n");
	else if (!erase)
		(void)buf_printf(&ctl->out, "%lld items would be deleted: callctl forget %s yes\n", (long long)n, argv[0]);
	else
		(void)buf_printf(&ctl->out, "%lld items deleted; the log now ends with %s\n", (long long)n, s.chain);
	if (err[0] != '\0')
		return CTL_WARN;
	return n > 0 ? CTL_OK : CTL_NONE;
}

int
ctl_forgotten(struct ctl *ctl, int argc, char *argv[])
{
	struct shown	s = { .ctl = ctl };
	char		hash[65];
	int64_t		n;

	if (argc == 1) {
		if (store_forget_hash(plain(argv[0]), hash) == -1)
			return ctl_done(-1);
		s.number_hash = hash;
	}
	if (!ctl_open(ctl, STORE_READ))
		return CTL_FAILED;
	if ((n = store_forgotten(ctl->store, show, &s)) == -1)
		return ctl_done(-1);
	if (n == -2) {
		ctl_complain("the log was changed: the chain is broken at %s", s.chain);
		return CTL_WARN;
	}
	if (!ctl->json)
		(void)buf_printf(&ctl->out, n == 0 ? "nothing was forgotten so far\n" : "the chain of %lld items holds; it ends with %s\n",
		    (long long)n, s.chain);
	return CTL_OK;
}
