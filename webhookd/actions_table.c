/* SPDX-License-Identifier: ISC */
/* The options of all actions, as spec/vonage.md 3 has them. */
#include "webhookd/actions_impl.h"

#define STR(n)			{ .name = n, .type = OPT_STR }
#define MUST_STR(n)		{ .name = n, .type = OPT_STR, .required = true }
#define INT(n, lo, hi)		{ .name = n, .type = OPT_INT, .min = lo, .max = hi }
#define NUM(n, lo, hi)		{ .name = n, .type = OPT_NUM, .min = lo, .max = hi }
#define BOOL(n)			{ .name = n, .type = OPT_BOOL }
#define WORD(n, w)		{ .name = n, .type = OPT_STR, .words = w }
#define URL1(n)			{ .name = n, .type = OPT_URL1 }
#define OBJ(n, s)		{ .name = n, .type = OPT_OBJ, .sub = s }
#define ANY(n)			{ .name = n, .type = OPT_ANY }
#define STRV(n, hi)		{ .name = n, .type = OPT_STRV, .max = hi }
#define CHARS(n, set)		{ .name = n, .type = OPT_STR, .chars = set }
#define SPOKEN(n)		{ .name = n, .type = OPT_SPOKEN }
#define HEARD(n)		{ .name = n, .type = OPT_HEARD }
#define END			{ .name = NULL }
#define EVENT			URL1("eventUrl"), WORD("eventMethod", methods)

static const char *const	methods[] = { "POST", "GET", NULL };
static const char *const	formats[] = { "mp3", "wav", "ogg", NULL };
static const char *const	split[] = { "conversation", NULL };
static const char *const	synchronous[] = { "synchronous", NULL };
static const char *const	modes[] = { "synchronous", "asynchronous", NULL };
static const char *const	inputs[] = { "dtmf", "speech", NULL };
static const char *const	behaviors[] = { "continue", "hangup", NULL };
static const char *const	detect_modes[] = { "detect", "detect_beep", "default", NULL };
static const char *const	providers[] = { "google", "deepgram", NULL };
static const char *const	auth_types[] = { "vonage", "custom", NULL };
static const char *const	sockets[] = { "wss://", "ws://", NULL };
static const char *const	rates[] = { "audio/l16;rate=8000", "audio/l16;rate=16000", "audio/l16;rate=24000", NULL };
static const char		keys[] = "0123456789*#";
static const char		tones[] = "0123456789*#p";

static const struct option	talk[] = {
	{ .name = "text", .type = OPT_TALK, .required = true },
	SPOKEN("language"), INT("style", 0, 100), BOOL("premium"), BOOL("bargeIn"), INT("loop", 0, 1000000),
	NUM("level", -1, 1), STR("voiceName"), END
};
static const struct option	stream[] = {
	{ .name = "streamUrl", .type = OPT_URL1, .required = true },
	NUM("level", -1, 1), BOOL("bargeIn"), INT("loop", 0, 1000000), END
};
static const struct option	transcription[] = { HEARD("language"), EVENT, BOOL("sentimentAnalysis"), END };
static const struct option	record[] = {
	WORD("format", formats), WORD("split", split), INT("channels", 1, 32), INT("endOnSilence", 3, 10),
	{ .name = "endOnKey", .type = OPT_STR, .chars = keys, .max = 1 }, INT("timeOut", 3, 7200), BOOL("beepStart"),
	EVENT, OBJ("transcription", transcription), END
};
static const struct option	conversation[] = {
	MUST_STR("name"), { .name = "musicOnHoldUrl", .type = OPT_URL1 }, BOOL("startOnEnter"), BOOL("endOnExit"), BOOL("record"),
	STRV("canSpeak", 50), STRV("canHear", 50), BOOL("mute"), EVENT, END
};
static const struct option	detection[] = {
	WORD("behavior", behaviors), WORD("mode", detect_modes), INT("beep_timeout", 30, 120), END
};
static const struct option	connect[] = {
	{ .name = "endpoint", .type = OPT_ENDPOINT, .required = true },
	STR("from"), BOOL("randomFromNumber"), WORD("eventType", synchronous), INT("timeout", 1, 7200), INT("limit", 1, 7200),
	WORD("machineDetection", behaviors), OBJ("advancedMachineDetection", detection), OBJ("advanced_machine_detection", detection),
	EVENT, { .name = "ringbackTone", .type = OPT_URL }, END
};
static const struct option	wait[] = { NUM("timeout", 0.1, 7200), END };
static const struct option	dtmf[] = { INT("timeOut", 0, 10), INT("maxDigits", 1, 20), BOOL("submitOnHash"), END };
static const struct option	speech[] = {
	STRV("uuid", 1), NUM("endOnSilence", 0.4, 10), HEARD("language"), STRV("context", 500), INT("startTimeout", 1, 60),
	INT("maxDuration", 1, 60), BOOL("saveAudio"), INT("sensitivity", 10, 100), WORD("provider", providers),
	ANY("providerOptions"), END
};
static const struct option	input[] = {
	{ .name = "type", .type = OPT_STRV, .words = inputs, .max = 2, .required = true },
	WORD("mode", modes), OBJ("dtmf", dtmf), OBJ("speech", speech), EVENT, END
};
static const struct option	notify[] = { { .name = "payload", .type = OPT_ANY, .required = true }, EVENT, END };
static const struct option	transfer[] = {
	MUST_STR("conversationId"), BOOL("mute"), STRV("canSpeak", 50), STRV("canHear", 50), END
};

const struct action	actions_table[] = {
	{ "talk", talk }, { "stream", stream }, { "record", record }, { "conversation", conversation },
	{ "connect", connect }, { "wait", wait }, { "input", input }, { "notify", notify }, { "transfer", transfer },
	{ NULL, NULL }
};

static const struct option	on_answer[] = {
	{ .name = "url", .type = OPT_URL, .required = true }, { .name = "ringbackTone", .type = OPT_URL }, END
};
static const struct option	phone[] = {
	{ .name = "number", .type = OPT_STR, .chars = "0123456789", .max = 15, .required = true },
	CHARS("dtmfAnswer", tones), OBJ("onAnswer", on_answer), STR("shaken"), END
};
static const struct option	app[] = { MUST_STR("user"), END };
static const struct option	authorization[] = { WORD("type", auth_types), STR("value"), END };
static const struct option	websocket[] = {
	{ .name = "uri", .type = OPT_URL, .words = sockets, .required = true },
	{ .name = "content-type", .type = OPT_STR, .words = rates, .required = true },
	ANY("headers"), OBJ("authorization", authorization), END
};
static const struct option	user_to_user[] = { { .name = "User-to-User", .type = OPT_STR, .max = 256 }, END };
static const struct option	sip[] = { MUST_STR("uri"), ANY("headers"), OBJ("standardHeaders", user_to_user), END };
static const struct option	vbc[] = { { .name = "extension", .type = OPT_STR, .chars = "0123456789", .required = true }, END };

const struct action	actions_endpoints[] = {
	{ "phone", phone }, { "app", app }, { "websocket", websocket }, { "sip", sip }, { "vbc", vbc }, { NULL, NULL }
};
