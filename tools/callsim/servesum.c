/* SPDX-License-Identifier: ISC */
#include "tools/callsim/servesum.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/callsim/control.h"
#include "tools/callsim/inbound.h"
#include "tools/callsim/report.h"
#include "tools/callsim/restlist.h"
#include "tools/callsim/sim.h"

static bool
living(struct sim *sim, const char *uuid)
{
	struct leg		*leg = control_find(sim, uuid);
	struct control_info	 info;

	if (leg == NULL)		/* so long ago that it is forgotten */
		return false;
	control_describe(leg, &info);
	return info.living;
}

int64_t
servesum_ended(struct sim *sim)
{
	struct json_object	*list = rest_created_list(sim->rest);
	size_t			 i, n = json_object_array_length(list);
	int64_t			 ended = 0;

	for (i = 0; i < n; i++)
		ended += !living(sim, json_object_get_string(json_object_array_get_idx(list, i)));
	return ended;
}

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
summary(struct sim *sim, const struct inbounds *in)
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
	(void)json_add_int(o, "ended", servesum_ended(sim) + inbounds_ended(in));
	(void)json_add_int(o, "failed", inbounds_failed(in));
	(void)json_add_int(o, "events_sent", (int64_t)sim->stats.events_sent);
	(void)json_add_int(o, "events_failed", (int64_t)sim->stats.events_failed);
	(void)json_add(o, "numbers", json_object_get(phones_counts(sim->phones)));
	(void)json_add(o, "legs", legs);
	(void)json_add(o, "inbound", json_object_get(inbounds_reports(in)));
	(void)json_add(rest, "log", json_object_get(rest_log(sim->rest)));
	(void)json_add(o, "rest", rest);
	return o;
}

int
servesum_write(struct sim *sim, const struct inbounds *in, const char *path)
{
	struct json_object	*o;
	int			 rc = inbounds_failed(in) == 0 ? 0 : -1;

	if (rc == -1)
		(void)fprintf(stderr, "callsim serve: %lld calls did not end well\n", (long long)inbounds_failed(in));
	if (path == NULL)
		return rc;
	if ((o = summary(sim, in)) == NULL || report_write(o, path) == -1) {
		(void)fprintf(stderr, "callsim serve: %s: %s\n", path, strerror(errno));
		rc = -1;
	}
	json_object_put(o);
	return rc;
}
