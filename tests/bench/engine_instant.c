/* SPDX-License-Identifier: ISC */
/*
 * engine_instant: an engine that answers at once, for the figures: what is left
 * of a turn is our own. engine_instant stt|chat|tts [reply_ms]; the tts answer is
 * reply_ms (default 4000) of a voice-like tone, 16 kHz, in one piece.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "brokerd/engines/helper.h"
#include "common/num.h"

#define RATE_HZ		16000
#define REPLY_MS_MAX	60000

static int16_t	tone[RATE_HZ / 1000 * REPLY_MS_MAX];
static size_t	ntone;

static struct json_object *
text_object(const char *key, const char *text)
{
	struct json_object	*obj = json_object_new_object();

	if (obj != NULL && text != NULL)
		(void)json_add_str(obj, key, text);
	return obj;
}

static void
handle(struct helper *h, const struct helper_request *rq, void *arg)
{
	struct json_object	*obj;

	(void)arg;
	if (strcmp(rq->op, "stt") == 0)
		(void)helper_end(h, text_object("text", "what are your opening hours"));
	else if (strcmp(rq->op, "chat") == 0) {
		(void)helper_part(h, text_object("delta", "We are open."), NULL, 0);
		(void)helper_end(h, text_object("action", NULL));
	} else if (strcmp(rq->op, "tts") == 0) {
		if ((obj = text_object("", NULL)) != NULL)
			(void)json_add_int(obj, "rate_hz", RATE_HZ);
		(void)helper_part(h, obj, tone, ntone);
		(void)helper_end(h, text_object("", NULL));
	} else
		(void)helper_fail(h, false, "op is unknown");
}

int
main(int argc, char *argv[])
{
	static const char *const	languages[] = { "*", NULL };
	struct helper_info		info = { .name = "instant", .languages = languages };
	int64_t				ms = 4000;
	size_t				i;

	if (argc < 2 || (argc > 2 && num_parse(argv[2], 20, REPLY_MS_MAX, &ms) == -1)) {
		fprintf(stderr, "usage: engine_instant stt|chat|tts [reply_ms]\n");
		return 2;
	}
	info.kind = argv[1];
	ntone = (size_t)ms * RATE_HZ / 1000;
	for (i = 0; i < ntone; i++)
		tone[i] = (int16_t)(6000 * sin(2 * M_PI * 220 * (double)i / RATE_HZ) * (1 + 0.5 * sin(2 * M_PI * 4 * (double)i / RATE_HZ)));
	return helper_main(&info, handle, NULL);
}
