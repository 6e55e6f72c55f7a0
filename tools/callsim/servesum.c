/* SPDX-License-Identifier: ISC */
#include "tools/callsim/servesum.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/callsim/control.h"
#include "tools/callsim/report.h"
#include "tools/callsim/restlist.h"
#include "tools/callsim/sim.h"

static bool
add_uuid(void *arg, const struct leg *leg)
{
	struct control_info	info;

	control_describe(leg, &info);
	if (info.living)
		(void)json_object_array_add(arg, json_object_new_string(info.uuid));
	return true;
}

/* Names first: hanging up changes the legs. */
void
servesum_hangup_all(struct sim *sim)
{
	struct json_object	*uuids = json_object_new_array();
	struct leg		*leg;
	size_t			 i;

	if (uuids == NULL)
		return;
	control_each(sim, add_uuid, uuids);
	for (i = 0; i < json_object_array_length(uuids); i++)
		if ((leg = control_find(sim, json_object_get_string(json_object_array_get_idx(uuids, i)))) != NULL)
			(void)control_hangup(leg);
	json_object_put(uuids);
}

static bool
add_leg(void *arg, const struct leg *leg)
{
	struct control_info	 info;
	struct json_object	*o;

	control_describe(leg, &info);
	if ((o = restlist_call(&info)) != NULL) {
		json_object_object_del(o, "_links");
		(void)json_object_array_add(arg, o);
	}
	return true;
}

static struct json_object *
summary(struct sim *sim)
{
	struct json_object	*o = json_object_new_object(), *legs = json_object_new_array();
	struct json_object	*rest = rest_counts(sim->rest);

	if (o == NULL || legs == NULL || rest == NULL) {
		json_object_put(o);
		json_object_put(legs);
		json_object_put(rest);
		return NULL;
	}
	control_each(sim, add_leg, legs);
	(void)json_add_int(o, "created", (int64_t)json_object_array_length(rest_created_list(sim->rest)));
	(void)json_add_int(o, "ended", sim->calls_over);
	(void)json_add_int(o, "failed", sim->calls_failed);
	(void)json_add_int(o, "events_sent", (int64_t)sim->stats.events_sent);
	(void)json_add_int(o, "events_failed", (int64_t)sim->stats.events_failed);
	(void)json_add(o, "numbers", json_object_get(phones_counts(sim->phones)));
	(void)json_add(o, "legs", legs);
	(void)json_add(o, "calls", json_object_get(sim->reports));
	(void)json_add(rest, "log", json_object_get(rest_log(sim->rest)));
	(void)json_add(o, "rest", rest);
	(void)json_add(o, "webhooks", report_webhooks(sim->web));
	if (simsms_list(sim) != NULL)
		(void)json_add(o, "sms", json_object_get(simsms_list(sim)));
	return o;
}

int
servesum_write(struct sim *sim, const char *path)
{
	struct json_object	*o;
	int			 rc = sim->calls_failed == 0 ? 0 : -1;

	if (rc == -1)
		(void)fprintf(stderr, "callsim serve: %lld calls did not end well\n", (long long)sim->calls_failed);
	if (path == NULL)
		return rc;
	if ((o = summary(sim)) == NULL || report_write(o, path) == -1) {
		(void)fprintf(stderr, "callsim serve: %s: %s\n", path, strerror(errno));
		rc = -1;
	}
	json_object_put(o);
	return rc;
}
