/* SPDX-License-Identifier: ISC */
/*
 * msg: every message between the processes of callpipe. This header is the
 * only definition; callpipe-msg(7) is its prose.
 *
 * A message is two ZeroMQ frames. The first is text:
 *
 *   kind SP call SP from SP version SP seq        "speech.start 3f9c vadd.0 1 812"
 *
 * call is "-" when the message concerns no single call; seq counts the
 * messages of that sender on that socket, so a listener sees gaps. Prefixes
 * end in a separator, so "speech.start " and "speech.start 3f9c " can be subscribed
 * to. The second frame is the body: a JSON object for control messages (each
 * has a struct and a table of fields below), little-endian binary for audio.
 * Unknown members of a JSON body are skipped, so old and new daemons can talk
 * during an upgrade; a higher version in the first frame is refused with one
 * log line.
 *
 * Units: _ms on the call's sample clock (milliseconds of audio since
 * websocket:connected, counted by sockd) unless the name says otherwise;
 * _us_mono is CLOCK_MONOTONIC, one clock for all processes of the machine.
 *
 * gen, the generation, is set by sockd at each offer of a call (greater than
 * every earlier one of that call, across restarts of sockd too: it is
 * max(previous + 1, wall clock in ms)). Orders that carry an older one are
 * refused by sockd and vadd; so a process that was taken for dead and wakes up cannot
 * talk into a call. epoch counts the attempts to answer within a call; sockd refuses
 * `play` of an epoch that was cancelled or is lower than the newest.
 */
#ifndef COMMON_MSG_H
#define COMMON_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/audio.h"
#include "common/buf.h"
#include "common/callid.h"

#define MSG_VERSION	1
#define MSG_NAME_SIZE	24		/* "webhookd.63" and NUL, with room */
#define MSG_TOPIC_MAX	(32 + 1 + CALLID_MAX + 1 + MSG_NAME_SIZE + 1 + 10 + 1 + 20)
#define MSG_BODY_MAX	(4u << 20)	/* most bytes of a body: a 20 s utterance at 24 kHz is 960,000 */

enum msg_kind {				/* topic: from -> to; what; body */
	/* The life of a call */
	MSG_CALL_OFFER,			/* "call.offer" sockd -> brokerd, order: take this call; msg_offer */
	MSG_CALL_CLAIM,			/* "call.claim" brokerd -> sockd, order: taken; msg_claim */
	MSG_CALL_DECLINE,		/* "call.decline" brokerd -> sockd, order: offer it to another; msg_decline */
	MSG_CALL_RELEASE,		/* "call.release" brokerd -> sockd, order: I stop, offer it again; msg_claim */
	MSG_CALL_ROUTE,			/* "call.route" sockd -> vadd, order: open or re-own a stream; msg_route */
	MSG_CALL_START,			/* "call.start" sockd, fact: a socket is connected; msg_offer */
	MSG_CALL_END,			/* "call.end" sockd -> vadd, brokerd, order; and fact; msg_end */
	MSG_CALL_STATE,			/* "call.state" webhookd, fact: a leg moved; msg_state */
	MSG_CALL_CONTROL,		/* "call.control" brokerd -> webhookd, order: look at jobs now; msg_control */
	/* Hearing */
	MSG_LISTEN_PROFILE,		/* "listen.profile" brokerd -> sockd, order: listen so from now on; msg_profile; sockd tells vadd by call.route */
	MSG_AUDIO,			/* "audio" sockd -> vadd, order, call "-": frames of many calls; msg_audio, binary */
	MSG_SPEECH_START,		/* "speech.start" vadd -> brokerd, sockd, order; and fact; msg_speech */
	MSG_SPEECH_PAUSE,		/* "speech.pause" vadd -> brokerd, order; and fact; msg_speech */
	MSG_SPEECH_RESUME,		/* "speech.resume" vadd -> brokerd, order; and fact: it goes on after a pause; msg_speech */
	MSG_SPEECH_CONFIRM,		/* "speech.confirm" vadd -> brokerd, order; and fact: speech that began while the bot was heard is an interruption; msg_speech */
	MSG_SPEECH_WITHDRAW,		/* "speech.withdraw" vadd -> brokerd, sockd, order; and fact: it was an echo or too short; msg_speech */
	MSG_UTTERANCE,			/* "utterance" vadd -> brokerd, order: what was said; msg_utterance, binary */
	MSG_SPEECH_END,			/* "speech.end" vadd -> sockd, order; and fact: an utterance closed; msg_speech */
	MSG_UTT_ACK,			/* "utt.ack" brokerd -> vadd, order: its text is committed, forget it; msg_utt */
	MSG_UTT_LOST,			/* "utt.lost" vadd, fact: dropped for want of room; msg_utt */
	MSG_DTMF,			/* "dtmf" sockd -> brokerd, order; and fact; msg_dtmf */
	/* Speaking */
	MSG_PLAY,			/* "play" brokerd -> sockd, order: a piece of a reply; msg_play, binary */
	MSG_PLAY_CANCEL,		/* "play.cancel" brokerd -> sockd, order: this epoch and older are void; msg_cancel */
	MSG_PLAY_RESUME,		/* "play.resume" brokerd -> sockd, order: it was a cough, go on; msg_epoch */
	MSG_PLAY_STARTED,		/* "play.started" sockd -> brokerd, order; and fact: first frame of a reply sent; msg_played */
	MSG_PLAY_PROGRESS,		/* "play.progress" sockd -> brokerd, order: about every 200 ms while playing; msg_played */
	MSG_PLAY_PAUSED,		/* "play.paused" sockd -> brokerd, order; and fact: speech began, so it paused; msg_played */
	MSG_PLAY_DONE,			/* "play.done" sockd -> brokerd, order; and fact: heard to the end, or cut; msg_played */
	MSG_PLAY_REFUSED,		/* "play.refused" sockd -> brokerd, order: stale, full, or of a wrong form; msg_refused */
	MSG_RECORD_SAVED,		/* "record.saved" sockd -> webhookd, order; and fact: a recording is whole; msg_saved */
	/* Conversations without a socket */
	MSG_AI_ASK,			/* "ai.ask" webhookd -> brokerd, order: a turn, a text to speak, a summary; msg_ask */
	MSG_AI_REPLY,			/* "ai.reply" brokerd -> webhookd, order: what came of it; msg_answer */
	/* For taps and operators */
	MSG_AUDIO_IN,			/* "audio.in" sockd, fact: what the caller says; msg_pcm, binary */
	MSG_AUDIO_OUT,			/* "audio.out" sockd, fact: what is played; msg_pcm, binary */
	MSG_TURN,			/* "turn" brokerd, fact: a turn moved on; msg_turn */
	MSG_STAT,			/* "stat" all, fact, once a second; JSON object of counters, see callpipe-msg(7) */
	MSG_NKINDS
};

const char *msg_kind_name(enum msg_kind kind);
/* 0, or -1 with EINVAL. */
int	msg_kind_parse(const char *text, size_t len, enum msg_kind *ret);
bool	msg_kind_binary(enum msg_kind kind);

struct msg_head {
	enum msg_kind	 kind;
	struct callid	 call;			/* text "" when none */
	char		 from[MSG_NAME_SIZE];	/* "vadd.0" */
	uint32_t	 version;
	uint64_t	 seq;
};
/* Write the topic frame (not NUL-terminated); returns its length. */
size_t	msg_head_encode(const struct msg_head *h, char out[MSG_TOPIC_MAX + 1]);
/* 0; -1 with EBADMSG (malformed), ENOTSUP (higher version), EINVAL (unknown kind). */
int	msg_head_decode(struct msg_head *out, const void *data, size_t len);

/* ---- control bodies (JSON); text fields are bounded and NUL-terminated ---- */

struct msg_offer {
	int64_t	gen;
	char	vadd[MSG_NAME_SIZE];	/* who cuts its utterances */
	int32_t	rate_hz;		/* of the socket: 8000, 16000, 24000 */
	int64_t	clock_ms;		/* now */
	bool	resume;			/* it had an owner before: read the history, do not greet */
	int64_t	epoch;			/* highest epoch seen; use higher ones */
	int64_t	playing_epoch;		/* being played now, 0: none */
	char	caller[64], called[64];	/* numbers, "" unknown */
	char	assistant[64], language[16];	/* from the socket's headers */
	char	name[128];		/* the caller's, "" unknown */
	char	profile[32];		/* how vadd listens, "" default */
	bool	transfer;		/* the call's flow can connect it to a person */
};
struct msg_claim { int64_t gen; };
struct msg_decline { int64_t gen; char reason[64]; };
struct msg_route {
	int64_t	 gen;
	int64_t	 stream;		/* short number of the call in `audio`; of this sockd, never reused within a day */
	int32_t	 rate_hz;
	char	 owner[MSG_NAME_SIZE];	/* brokerd; "" none yet: keep utterances until there is one */
	int64_t	 clock_ms;		/* position of the first sample that will come */
	char	 profile[32];		/* how to listen; "" default */
};
struct msg_profile { int64_t gen; char profile[32]; };	/* "" default; callpipe-vadd(8) */
struct msg_end { int64_t gen; char reason[64]; int64_t clock_ms; };	/* closed, disconnected, replaced, stop, idle, stalled, bad_frames, moved, unknown, ...: callpipe-msg(7) */
struct msg_state { char leg[CALLID_SIZE]; char status[32]; char type[16]; char direction[16]; };
struct msg_control { int64_t job; char action[32]; char reason[128]; };	/* job: row in jobs; action: hangup, transfer */
struct msg_speech {
	int64_t	gen;
	int64_t	utt;			/* number of the utterance in the call, from 1; unique with the gen of its start */
	int64_t	at_ms;			/* when it was decided */
	int64_t	start_ms, end_ms;	/* first, last sample of speech (end: so far) */
	double	score;
};
struct msg_utt { int64_t gen; int64_t utt; };
struct msg_dtmf { int64_t gen; char digit[2]; int64_t duration_ms; int64_t clock_ms; };
struct msg_cancel { int64_t gen; int64_t epoch; char reason[32]; };
struct msg_epoch { int64_t gen; int64_t epoch; };
struct msg_played {
	int64_t	gen, epoch, turn;
	int64_t	clock_ms;		/* when: estimated ear time of the event on the sample clock */
	int64_t	heard_ms;		/* of this epoch's audio, played to the caller so far */
	int64_t	queued_ms;		/* of this epoch's audio, in sockd and not yet sent */
	int64_t	first_ms;		/* clock position of the first sample of this epoch as heard */
	bool	complete;		/* done: to its end */
	char	reason[32];		/* done: heard, cancelled, closed, superseded (a newer epoch came before its last piece) */
};
struct msg_refused { int64_t gen; int64_t epoch; char reason[32]; };	/* stale_gen, stale_epoch, full, rate, frame */
/*
 * ai.ask: what is "turn" (path: a WAV or MP3 file with what the caller said; the reply's text comes back),
 * "say" (text is spoken into a WAV file at path), "summary" (of the call's conversation so far; text is the instruction; a call without words has an empty one).
 * Files are read and written on the machine of both. Asked again with the same id while it runs, or
 * a turn that has its row: the same answer, once more.
 */
struct msg_ask {
	char	id[64];			/* of the request, made by the asker */
	char	what[16];		/* turn, say, summary */
	char	path[512];
	char	text[6144];		/* say: what; summary: the instruction, "" the default */
	char	language[16], assistant[64];
	char	caller[64], called[64], name[128];
	int64_t	utt;			/* turn: number of the recording in the call, from 1; greater than all before */
	int64_t	rate_hz;		/* say: of the file; 0: 16000 */
};
struct msg_answer {
	char	id[64];
	bool	ok;
	char	error[256];
	char	heard[2048];		/* turn: what the caller said, "" nothing understood */
	char	text[8192];		/* turn, summary: the reply; cut at a character boundary */
	char	action[32];		/* turn: hangup, transfer, "" */
	int64_t	duration_ms;		/* say: of the file */
};
struct msg_saved { char path[512]; int32_t rate_hz; int64_t duration_ms; int64_t bytes; int64_t ended_wall_ms; };
struct msg_turn {
	int64_t	turn, epoch;
	char	state[16];		/* heard, thinking, speaking, done, cancelled, failed */
	char	role[16];		/* whose text: user, assistant, "" */
	char	text[1024];		/* cut at a character boundary; the whole is in the database */
	int64_t	speech_end_ms, ear_ms, endpoint_ms, stt_ms, token_ms, audio_ms, send_ms;	/* -1 unknown */
	bool	interrupted;
};

/*
 * Encode the control struct of that kind as a JSON object. 0, or -1
 * (ENOMEM, EMSGSIZE of the buf; EINVAL: a binary kind).
 */
int	msg_encode(enum msg_kind kind, const void *fields, struct buf *out);
/*
 * Decode; fields is filled whole (absent optional members: 0, "", false).
 * -1 with EBADMSG: not an object, a required member missing (gen where the
 * struct has it), a member of a wrong type, out of range or too long.
 */
int	msg_decode(enum msg_kind kind, const void *data, size_t len, void *fields);
size_t	msg_fields_size(enum msg_kind kind);	/* 0 for binary kinds and stat */

/* ---- binary bodies ---- */

/*
 * audio: u8 layout 1, u8 0, u16 nframes, then each frame: u32 stream, u32 seq (of the
 * stream, counts frames), u64 start in samples on the sample clock, u16 flags, u16 pcm bytes, PCM.
 * Always whole 20 ms frames of the stream's rate.
 */
#define MSG_AUDIO_FRAMES_MAX	64
struct msg_audio_frame {
	uint32_t	 stream, seq;
	uint64_t	 start;			/* samples */
	uint16_t	 flags;			/* MSG_AUDIO_* */
	uint16_t	 pcm_len;		/* bytes */
	const void	*pcm;			/* points into the data; not aligned */
};
#define MSG_AUDIO_PLAYING	1		/* the bot is being heard at this time */
#define MSG_AUDIO_BOT		2		/* what is played from `start` on; no PCM: from there on nothing is, whatever was told */
/* Append one frame; the first call begins the body. -1: EMSGSIZE (64 frames are in), ENOMEM. */
int	msg_audio_add(struct buf *body, const struct msg_audio_frame *f);
/* Step through: *pos starts at 0. 1 a frame, 0 the end, -1 EBADMSG. */
int	msg_audio_next(const void *data, size_t len, size_t *pos, struct msg_audio_frame *ret);

/*
 * utterance: u8 layout 1, u8 flags, u16 0, u32 utt, u64 gen, u64 start_ms (first sample of the PCM,
 * pre-roll included), u64 speech_start_ms, u64 speech_end_ms, u64 at_ms (decided), u32 rate_hz, u32 pcm bytes, PCM.
 */
struct msg_utterance {
	uint8_t		 flags;			/* MSG_UTT_* */
	uint32_t	 utt;
	uint64_t	 gen, start_ms, speech_start_ms, speech_end_ms, at_ms;
	uint32_t	 rate_hz, pcm_len;
	const void	*pcm;			/* points into the data; not aligned */
};
#define MSG_UTT_CAPPED		1		/* closed at its maximum length, speech goes on */
#define MSG_UTT_AGAIN		2		/* sent before: by this or an earlier owner */
#define MSG_UTT_LAST		4		/* the call ended while it was open */
#define MSG_UTT_ASIDE		8		/* too short to be an interruption of the bot, which goes on */
int	msg_utterance_encode(const struct msg_utterance *u, struct buf *out);
int	msg_utterance_decode(struct msg_utterance *out, const void *data, size_t len);

/*
 * play: u8 layout 1, u8 flags, u16 0, u64 gen, u32 epoch, u32 turn, u32 rate_hz, u64 offset (samples of this
 * epoch before this piece, at rate_hz), u32 pcm bytes, PCM. rate_hz must be the call's. Any length of samples:
 * sockd cuts frames and pads the last one.
 */
struct msg_play {
	uint8_t		 flags;			/* MSG_PLAY_LAST_PIECE */
	uint64_t	 gen;
	uint32_t	 epoch, turn, rate_hz;
	uint64_t	 offset;
	uint32_t	 pcm_len;
	const void	*pcm;
};
#define MSG_PLAY_LAST_PIECE	1		/* nothing follows in this epoch; PCM may be empty */
int	msg_play_encode(const struct msg_play *p, struct buf *out);
int	msg_play_decode(struct msg_play *out, const void *data, size_t len);

/* audio.in, audio.out: u8 layout 1, u8 0, u16 0, u32 rate_hz, u64 start (samples on the sample clock), u32 pcm bytes, PCM. */
struct msg_pcm { uint32_t rate_hz, pcm_len; uint64_t start; const void *pcm; };
int	msg_pcm_encode(const struct msg_pcm *p, struct buf *out);
int	msg_pcm_decode(struct msg_pcm *out, const void *data, size_t len);

#endif
