/* SPDX-License-Identifier: ISC */
/* The turns of the person at a phone: what the ear tells of each (earmeter.h). */
#include "common/log.h"
#include "tools/callsim/actor.h"
#include "tools/callsim/call.h"
#include "tools/callsim/report.h"

/* The latency of the running turn, as soon as the reply is heard. */
void
actor_tell_turn(struct leg *leg)
{
	struct log_ctx		 ctx = { .call = leg->uuid };
	const struct earmeter	*m = line_meter(leg->line);
	double			 ms;

	if (leg->actor.turn_name == NULL || leg->actor.turn_told || !earmeter_latency_ms(m, &m->turn, &ms))
		return;
	leg->actor.turn_told = true;
	log_info(&ctx, "turn.heard", "turn=%u ear_latency_ms=%.1f at_ms=%lld", leg->actor.nturns, ms,
	    (long long)earmeter_ms(m, m->turn.reply_begin));
}

static struct json_object *
turn_json(const struct actor *a, const struct earmeter *m)
{
	struct json_object		*o = json_object_new_object();
	const struct earmeter_turn	*t = &m->turn;
	double				 ms;

	if (o == NULL)
		return NULL;
	(void)json_add_str(o, "say", a->turn_name);
	(void)json_add_int(o, "speech_begin_ms", earmeter_ms(m, t->speech_begin));
	(void)json_add_int(o, "speech_end_ms", earmeter_ms(m, t->speech_end));
	(void)json_object_object_add(o, "reply_begin_ms", t->reply_begin == -1 ? NULL :
	    json_object_new_int64(earmeter_ms(m, t->reply_begin)));
	(void)json_object_object_add(o, "ear_latency_ms",
	    earmeter_latency_ms(m, t, &ms) ? report_number(ms) : NULL);
	(void)json_add_bool(o, "interrupting", t->interrupting);
	(void)json_object_object_add(o, "stop_after_interrupt_ms",
	    earmeter_stop_ms(m, t, &ms) ? report_number(ms) : NULL);
	return o;
}

void
actor_turn_close(struct leg *leg)
{
	const struct earmeter	*m;
	double			 ms;

	if (leg->actor.turn_name == NULL)
		return;
	m = line_meter(leg->line);
	if (earmeter_latency_ms(m, &m->turn, &ms))
		histogram_add(&leg->sim->stats.latency, ms);
	if (earmeter_stop_ms(m, &m->turn, &ms))
		histogram_add(&leg->sim->stats.stop, ms);
	if (leg->call->details.turns != NULL)
		(void)json_object_array_add(leg->call->details.turns, turn_json(&leg->actor, m));
	leg->actor.turn_name = NULL;
}
