/* SPDX-License-Identifier: ISC */
/* Names of messages, and the first frame of each. */
#include "common/msg.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/num.h"

static const char *const names[] = {
	[MSG_CALL_OFFER] = "call.offer",
	[MSG_CALL_CLAIM] = "call.claim",
	[MSG_CALL_DECLINE] = "call.decline",
	[MSG_CALL_RELEASE] = "call.release",
	[MSG_CALL_ROUTE] = "call.route",
	[MSG_CALL_START] = "call.start",
	[MSG_CALL_END] = "call.end",
	[MSG_CALL_STATE] = "call.state",
	[MSG_CALL_CONTROL] = "call.control",
	[MSG_LISTEN_PROFILE] = "listen.profile",
	[MSG_AUDIO] = "audio",
	[MSG_SPEECH_START] = "speech.start",
	[MSG_SPEECH_PAUSE] = "speech.pause",
	[MSG_SPEECH_RESUME] = "speech.resume",
	[MSG_SPEECH_CONFIRM] = "speech.confirm",
	[MSG_SPEECH_WITHDRAW] = "speech.withdraw",
	[MSG_UTTERANCE] = "utterance",
	[MSG_SPEECH_END] = "speech.end",
	[MSG_UTT_ACK] = "utt.ack",
	[MSG_UTT_LOST] = "utt.lost",
	[MSG_DTMF] = "dtmf",
	[MSG_PLAY] = "play",
	[MSG_PLAY_CANCEL] = "play.cancel",
	[MSG_PLAY_RESUME] = "play.resume",
	[MSG_PLAY_STARTED] = "play.started",
	[MSG_PLAY_PROGRESS] = "play.progress",
	[MSG_PLAY_PAUSED] = "play.paused",
	[MSG_PLAY_DONE] = "play.done",
	[MSG_PLAY_REFUSED] = "play.refused",
	[MSG_RECORD_SAVED] = "record.saved",
	[MSG_AI_ASK] = "ai.ask",
	[MSG_AI_REPLY] = "ai.reply",
	[MSG_AUDIO_IN] = "audio.in",
	[MSG_AUDIO_OUT] = "audio.out",
	[MSG_TURN] = "turn",
	[MSG_STAT] = "stat",
};
static_assert(sizeof(names) / sizeof(names[0]) == MSG_NKINDS, "a kind without a name");

const char *
msg_kind_name(enum msg_kind kind)
{
	return (unsigned)kind < MSG_NKINDS ? names[kind] : "?";
}

int
msg_kind_parse(const char *text, size_t len, enum msg_kind *ret)
{
	int	i;

	for (i = 0; i < MSG_NKINDS; i++) {
		if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0) {
			*ret = (enum msg_kind)i;
			return 0;
		}
	}
	errno = EINVAL;
	return -1;
}

bool
msg_kind_binary(enum msg_kind kind)
{
	return kind == MSG_AUDIO || kind == MSG_UTTERANCE || kind == MSG_PLAY ||
	    kind == MSG_AUDIO_IN || kind == MSG_AUDIO_OUT;
}

size_t
msg_head_encode(const struct msg_head *h, char out[MSG_TOPIC_MAX + 1])
{
	int	n;

	n = snprintf(out, MSG_TOPIC_MAX + 1, "%s %s %s %u %llu", msg_kind_name(h->kind),
	    h->call.text[0] != '\0' ? h->call.text : "-", h->from, h->version, (unsigned long long)h->seq);
	assert(n > 0 && (size_t)n <= MSG_TOPIC_MAX);
	return (size_t)n;
}

/* The next word up to a space or the end; false when it is empty. */
static bool
next_word(const char **pos, const char *end, const char **ret, size_t *ret_len)
{
	const char	*space;

	if (*pos >= end)
		return false;
	if ((space = memchr(*pos, ' ', (size_t)(end - *pos))) == NULL)
		space = end;
	*ret = *pos;
	*ret_len = (size_t)(space - *pos);
	*pos = space + 1;
	return *ret_len > 0;
}

static bool
name_ok(const char *s, size_t len)
{
	size_t	i;

	for (i = 0; i < len; i++)
		if (!((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= '0' && s[i] <= '9') || s[i] == '.'))
			return false;
	return len > 0 && len < MSG_NAME_SIZE;
}

int
msg_head_decode(struct msg_head *out, const void *data, size_t len)
{
	const char	*pos = data, *end = pos + len, *word[5];
	struct msg_head	 h = { .version = 0 };
	size_t		 wlen[5], i;
	int64_t		 version, seq;

	for (i = 0; i < 5; i++) {
		if (len > MSG_TOPIC_MAX || !next_word(&pos, end, &word[i], &wlen[i])) {
			errno = EBADMSG;
			return -1;
		}
	}
	if (pos != end + 1 || !name_ok(word[2], wlen[2]) ||
	    num_parse_n(word[3], wlen[3], 1, UINT32_MAX, &version) == -1 ||
	    num_parse_n(word[4], wlen[4], 0, INT64_MAX, &seq) == -1 ||
	    (!(wlen[1] == 1 && word[1][0] == '-') && callid_parse_n(word[1], wlen[1], &h.call) == -1)) {
		errno = EBADMSG;
		return -1;
	}
	if (version > MSG_VERSION) {
		errno = ENOTSUP;
		return -1;
	}
	if (msg_kind_parse(word[0], wlen[0], &h.kind) == -1)
		return -1;
	memcpy(h.from, word[2], wlen[2]);
	h.version = (uint32_t)version;
	h.seq = (uint64_t)seq;
	*out = h;
	return 0;
}
