/* SPDX-License-Identifier: ISC */
/* engine_dialogue: offline chat by rules (callpipe-engines(1)). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "brokerd/engines/dialogue.h"
#include "brokerd/engines/helper.h"
#include "common/log.h"
#include "common/mem.h"
#include "common/num.h"

#define MESSAGES_MAX	2048		/* more than fit into one line */
#define WORD_WAIT_MAX	60000

static const char	usage[] = "[-hvV] [-c HH:MM] [-n name] [-o HH:MM] [-w ms]\n"
    "  -c  closing time (22:00)\n"
    "  -n  what the greeting calls us (the callpipe restaurant)\n"
    "  -o  opening time (12:00)\n"
    "  -v  log every request\n"
    "  -w  wait so long before each word, like a slow model (0)\n";

struct engine {
	struct dialogue_facts	facts;
	int64_t			wait_ms;	/* before each word */
};

/* Fill msgs from the request. NULL, or what is wrong. */
static const char *
read_messages(struct json_object *list, struct dialogue_message *msgs)
{
	size_t			 i, n = json_object_array_length(list);
	struct json_object	*item;
	const char		*role;

	for (i = 0; i < n; i++) {
		item = json_object_array_get_idx(list, i);
		if (!json_object_is_type(item, json_type_object) || (role = json_get_str(item, "role")) == NULL)
			return "has no \"role\"";
		msgs[i].role = strcmp(role, "user") == 0 ? DIALOGUE_USER :
		    strcmp(role, "assistant") == 0 ? DIALOGUE_ASSISTANT : DIALOGUE_OTHER;
		msgs[i].text = json_get_str_or(item, "content", "");
	}
	return NULL;
}

/* The list is there and has it not: nobody can be connected to. */
static bool
lacks_transfer(struct json_object *actions)
{
	size_t	 i;

	for (i = 0; actions != NULL && i < json_object_array_length(actions); i++)
		if (strcmp(json_object_get_string(json_object_array_get_idx(actions, i)), "transfer") == 0)
			return false;
	return actions != NULL;
}

static int
send_delta(struct helper *h, const char *text, size_t len)
{
	struct json_object	*obj = json_object_new_object();

	if (obj != NULL && json_add(obj, "delta", json_object_new_string_len(text, (int)len)) == -1) {
		json_object_put(obj);
		obj = NULL;
	}
	return helper_part(h, obj, NULL, 0);
}

static void
send_end(struct helper *h, enum dialogue_action action)
{
	struct json_object	*obj = json_object_new_object();
	const char		*name = action == DIALOGUE_HANGUP ? "hangup" :
				    action == DIALOGUE_TRANSFER ? "transfer" : NULL;

	if (obj != NULL && (name != NULL ? json_add_str(obj, "action", name) :
	    json_object_object_add(obj, "action", NULL)) != 0) {
		json_object_put(obj);
		obj = NULL;
	}
	(void)helper_end(h, obj);
}

/* Word by word, each with the space behind it. */
static void
send_reply(struct helper *h, const struct engine *eng, const struct dialogue_reply *reply)
{
	const char	*p = reply->text;
	size_t		 len;

	for (; *p != '\0'; p += len) {
		len = strcspn(p, " ");
		len += p[len] == ' ';
		if (helper_wait(h, (unsigned)eng->wait_ms) || send_delta(h, p, len) == -1)
			return;
	}
	send_end(h, reply->action);
}

static void
handle(struct helper *h, const struct helper_request *rq, void *arg)
{
	const struct engine	*eng = arg;
	struct dialogue_facts	 facts = eng->facts;
	struct json_object	*list = json_get_arr(rq->body, "messages");
	const char		*lang = json_get_str_or(rq->body, "language", "en"), *why;
	struct dialogue_message	*msgs;
	struct dialogue_reply	 reply;
	size_t			 n = list != NULL ? json_object_array_length(list) : 0;

	if (strcmp(rq->op, "chat") != 0 || list == NULL || n > MESSAGES_MAX) {
		(void)helper_fail(h, false, strcmp(rq->op, "chat") != 0 ? "op is not \"chat\"" :
		    list == NULL ? "\"messages\" is missing or not a list" : "more than 2048 messages");
		return;
	}
	if (strncmp(lang, "en", 2) != 0 || (lang[2] != '\0' && lang[2] != '-' && lang[2] != '_')) {
		(void)helper_fail(h, false, "language \"%.16s\" is not known: these rules are English", lang);
		return;
	}
	if ((msgs = mem_calloc(n + 1, sizeof(*msgs))) == NULL) {
		(void)helper_fail(h, true, "out of memory");
		return;
	}
	if ((why = read_messages(list, msgs)) != NULL)
		(void)helper_fail(h, false, "a message %s", why);
	else {
		facts.no_person = lacks_transfer(json_get_arr(rq->body, "actions"));
		dialogue_answer(&facts, msgs, n, &reply);
		log_debug(NULL, "dialogue.reply", "messages=%zu text=%s", n, LOG_Q(reply.text));
		send_reply(h, eng, &reply);
	}
	free(msgs);
}

/* "HH:MM" as minutes of the day. 0, -1. */
static int
parse_time(const char *text, int *ret)
{
	int64_t	hour, minute;

	if (strlen(text) != 5 || text[2] != ':' || num_parse_n(text, 2, 0, 23, &hour) == -1 ||
	    num_parse_n(text + 3, 2, 0, 59, &minute) == -1)
		return -1;
	*ret = (int)(hour * 60 + minute);
	return 0;
}

static int
run(struct engine *eng)
{
	static const char *const	languages[] = { "en", NULL };
	static const struct helper_info	info = { "chat", "dialogue", 0, languages };

	if (eng->facts.close_minute <= eng->facts.open_minute) {
		log_error(NULL, "dialogue.options", "cause=\"closing time is not later than opening time\"");
		return 2;
	}
	return helper_main(&info, handle, eng);
}

int
main(int argc, char **argv)
{
	struct engine	eng = { .facts = dialogue_default_facts };
	enum log_level	level = LOG_LVL_INFO;
	int		opt;

	while ((opt = getopt(argc, argv, "c:hn:o:vVw:")) != -1) {
		if (opt == 'c' && parse_time(optarg, &eng.facts.close_minute) == 0)
			continue;
		else if (opt == 'n')
			eng.facts.name = optarg;
		else if (opt == 'o' && parse_time(optarg, &eng.facts.open_minute) == 0)
			continue;
		else if (opt == 'v')
			level = LOG_LVL_DEBUG;
		else if (opt == 'w' && num_parse(optarg, 0, WORD_WAIT_MAX, &eng.wait_ms) == 0)
			continue;
		else
			return helper_option(opt, "engine_dialogue", usage);
	}
	if (optind < argc)
		return helper_option('?', "engine_dialogue", usage);
	log_open("engine_dialogue", level, STDERR_FILENO);
	return run(&eng);
}
