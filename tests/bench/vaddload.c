/* SPDX-License-Identifier: ISC */
/*
 * vaddload: many streams into one vadd, over the bus, as sockd sends them; for the figures.
 *
 *   vaddload -r DIR -f SPEECH.wav [-n streams] [-t seconds] [-R rate] [-b] [-p]
 *
 * It is sockd.0 and brokerd.0 of a vadd.0 that runs in DIR. Each stream's frames come every 20 ms of real time, the streams
 * evenly spread over these 20 ms (with -b all at the same moment), those that are due go together in one order. Each stream
 * hears SPEECH of at most 4 s in every 10 s, each at another time, over noise 65 dB below full scale; with -p it also
 * hears the bot in 3 of these 10 s, and vadd is told what is played.
 *
 * Prints how long after the sending of a frame the message was here that this frame decided (speech.start, .pause, .resume,
 * .end, utterance), so it contains both ways over the bus; and its own use of the CPU. Utterances are acknowledged.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/audio.h"
#include "common/bus.h"
#include "common/clock.h"
#include "common/conf.h"
#include "common/mem.h"
#include "common/num.h"

#define LOOP_S		10
#define SPEECH_MAX_S	4
#define BOT_FROM_S	6
#define BOT_TO_S	9
#define SENT_MAX	256		/* times of frames that are remembered for each stream */
#define LATE_MAX	1000000
#define FDS_MAX		64

static struct {
	const char	*run_dir, *speech;
	int64_t		 nstreams, seconds, rate_hz;
	bool		 burst, play;
} opts = { .nstreams = 1000, .seconds = 30, .rate_hz = 8000 };

struct stream { struct callid id; int64_t sent_us[SENT_MAX]; };

static struct bus	*sockd, *brokerd;
static struct bus_peer	*vadd;		/* of sockd */
static struct stream	*streams;
static int16_t		*line;		/* LOOP_S seconds of what a caller's line holds */
static size_t		 nline, frame;
static int32_t		*late_us;
static size_t		 nlate, nutterances, nrefused, nunsent;
static uint64_t		 nsent;
static bool		 over;		/* no more frames: what comes now was decided by the end of a call */

/* ---- what vadd says ---- */

static void
note(const struct callid *id, int64_t at_ms, int64_t now_us)
{
	int64_t	 number, sent;

	if (over || num_parse(id->text + strlen("load-"), 0, opts.nstreams - 1, &number) == -1 || at_ms < AUDIO_FRAME_MS)
		return;
	sent = streams[number].sent_us[(at_ms / AUDIO_FRAME_MS - 1) % SENT_MAX];
	if (nlate < LATE_MAX)
		late_us[nlate++] = (int32_t)(now_us - sent);
}

static void
acknowledge(const struct bus_msg *msg, const struct msg_utterance *u)
{
	struct msg_utt	 m = { .gen = (int64_t)u->gen, .utt = u->utt };

	nutterances++;
	if (bus_order_json(brokerd, bus_peer_by_name(brokerd, "vadd.0"), MSG_UTT_ACK, &msg->head.call, &m) != BUS_OK)
		nunsent++;
}

static void
on_order(void *arg, const struct bus_msg *msg)
{
	const int64_t		 now_us = clock_mono_us();
	struct msg_speech	 s;
	struct msg_utterance	 u;

	(void)arg;
	if (msg->head.kind == MSG_UTTERANCE) {
		if (msg_utterance_decode(&u, msg->body, msg->len) == 0) {
			note(&msg->head.call, (int64_t)u.at_ms, now_us);
			acknowledge(msg, &u);
		}
	} else if (msg_decode(msg->head.kind, msg->body, msg->len, &s) == 0)
		note(&msg->head.call, s.at_ms, now_us);
	else
		nrefused++;
}

static const struct bus_ops ops = { .order = on_order };

/* ---- what it hears ---- */

static int
make_line(void)
{
	struct audio_clip	 clip;
	const char		*cause = "";
	uint32_t		 seed = 1;
	size_t			 i;
	int			 k, v;

	if (audio_read_file(opts.speech, (uint32_t)opts.rate_hz, 60, &clip, &cause) == -1) {
		fprintf(stderr, "vaddload: %s: %s\n", opts.speech, cause);
		return -1;
	}
	nline = (size_t)opts.rate_hz * LOOP_S;
	if ((line = mem_calloc(nline, sizeof(*line))) == NULL)
		return -1;
	for (i = 0; i < nline; i++) {
		for (k = v = 0; k < 4; k++) {
			seed = seed * 1664525U + 1013904223U;
			v += (int)(seed >> 25) - 64;
		}
		v = v / 4 + (i < clip.nsamples && i < (size_t)opts.rate_hz * SPEECH_MAX_S ? clip.samples[i] / 2 : 0);
		line[i] = (int16_t)v;
	}
	audio_clip_clear(&clip);
	return 0;
}

/* Where the line of a stream stands with its frame k. */
static size_t
line_at(int64_t stream, int64_t k)
{
	const size_t	 nframes = nline / frame;

	return ((size_t)k + (size_t)stream * 331) % nframes * frame;
}

static bool
bot_speaks(int64_t stream, int64_t k)
{
	const size_t	 at = line_at(stream, k);

	return opts.play && at >= (size_t)opts.rate_hz * BOT_FROM_S && at < (size_t)opts.rate_hz * BOT_TO_S;
}

static void
flush(struct buf *body, unsigned *count)
{
	if (*count > 0 && bus_order(sockd, vadd, MSG_AUDIO, NULL, body->data, body->len) != BUS_OK)
		nunsent += *count;
	*count = 0;
	buf_reset(body);
}

static void
add_frame(struct buf *body, unsigned *count, const struct msg_audio_frame *f)
{
	if (*count == MSG_AUDIO_FRAMES_MAX)
		flush(body, count);
	if (msg_audio_add(body, f) == -1)
		nunsent++;
	else
		(*count)++;
}

/* Frame k of a stream, and of its bot. */
static void
add_stream(struct buf *body, unsigned *count, int64_t stream, int64_t k, int64_t now_us)
{
	struct msg_audio_frame	 f = { .stream = (uint32_t)stream, .seq = (uint32_t)k, .start = (uint64_t)k * frame,
	    .pcm_len = (uint16_t)(frame * 2), .pcm = line + line_at(stream, k) };
	const bool		 speaks = bot_speaks(stream, k);

	f.flags = speaks ? MSG_AUDIO_PLAYING : 0;
	streams[stream].sent_us[k % SENT_MAX] = now_us;
	add_frame(body, count, &f);
	nsent++;
	if (!speaks && !bot_speaks(stream, k - 1))
		return;
	f.flags = MSG_AUDIO_BOT;
	f.pcm = speaks ? line + (line_at(stream, k) - (size_t)opts.rate_hz * BOT_FROM_S) / frame * frame : line;
	f.pcm_len = speaks ? f.pcm_len : 0;
	add_frame(body, count, &f);
}

/* Send what is due; returns the number of frames sent so far. */
static int64_t
send_due(struct buf *body, int64_t done, int64_t begin_us, int64_t now_us)
{
	const int64_t	 frame_us = AUDIO_FRAME_MS * 1000;
	int64_t		 due;
	unsigned	 count = 0;

	if (opts.burst)
		due = ((now_us - begin_us) / frame_us + 1) * opts.nstreams;
	else
		due = (now_us - begin_us) * opts.nstreams / frame_us + 1;
	for (; done < due; done++)
		add_stream(body, &count, done % opts.nstreams, done / opts.nstreams, now_us);
	flush(body, &count);
	return done;
}

/* ---- the run ---- */

static struct bus *
open_bus(const char *name, unsigned others)
{
	int		 instances[CONF_NDAEMONS] = { 1, 1, 1, 1 };
	struct bus_conf	 conf = { .name = name, .run_dir = opts.run_dir, .mailbox_messages = 10000, .peer_dead_ms = 60000,
		    .instances = instances, .order_to = others, .listen_to = others };
	char		 err[256];
	struct bus	*b = bus_new(&conf, &ops, NULL, err, sizeof(err));

	if (b == NULL)
		fprintf(stderr, "vaddload: %s\n", err);
	return b;
}

/* Handle what came; sleep until something does, at most so long. */
static void
turn(int64_t wait_us)
{
	struct pollfd	 p[FDS_MAX];
	struct timespec	 ts = { 0, wait_us * 1000 };
	int		 fds[FDS_MAX];
	size_t		 n, i;
	bool		 more = bus_dispatch(sockd, 256);

	more = bus_dispatch(brokerd, 256) || more;
	n = bus_fds(sockd, fds, FDS_MAX);
	n += bus_fds(brokerd, fds + n, FDS_MAX - n);
	for (i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	if (!more)
		(void)ppoll(p, n, &ts, NULL);
}

static void
wait_us(int64_t us)
{
	const int64_t	 end = clock_mono_us() + us;

	while (clock_mono_us() < end)
		turn(1000);
}

static int
open_streams(void)
{
	struct msg_route	 m = { .gen = 1, .rate_hz = (int32_t)opts.rate_hz, .owner = "brokerd.0" };
	int64_t			 i;

	for (i = 0; i < opts.nstreams; i++) {
		(void)snprintf(streams[i].id.text, sizeof(streams[i].id.text), "load-%lld", (long long)i);
		m.stream = i;
		if (bus_order_json(sockd, vadd, MSG_CALL_ROUTE, &streams[i].id, &m) != BUS_OK)
			return -1;
		if (i % 100 == 99)
			wait_us(10000);
	}
	return 0;
}

static void
close_streams(void)
{
	struct msg_end	 m = { .gen = 1, .reason = "closed", .clock_ms = opts.seconds * 1000 };
	int64_t		 i;

	for (i = 0; i < opts.nstreams; i++)
		(void)bus_order_json(sockd, vadd, MSG_CALL_END, &streams[i].id, &m);
	wait_us(1000000);
}

static int
by_size(const void *a, const void *b)
{
	const int32_t	 x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

static double
late_ms(double share)
{
	return nlate == 0 ? 0 : late_us[(size_t)((double)(nlate - 1) * share)] / 1000.0;
}

static void
report(int64_t begin_us)
{
	struct rusage	 use;
	double		 cpu, wall = (double)(clock_mono_us() - begin_us) / 1e6;

	(void)getrusage(RUSAGE_SELF, &use);
	cpu = (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) + (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
	qsort(late_us, nlate, sizeof(late_us[0]), by_size);
	printf("frames %llu unsent %zu utterances %zu\n", (unsigned long long)nsent, nunsent, nutterances);
	printf("sent to message here, ms: p50 %.2f p99 %.2f p99.9 %.2f max %.2f (%zu messages)\n", late_ms(0.5), late_ms(0.99),
	    late_ms(0.999), late_ms(1), nlate);
	printf("generator: %.0f %% of a core\n", 100 * cpu / wall);
}

static int
run(void)
{
	struct buf	 body;
	int64_t		 begin_us, now_us, done = 0;

	buf_init(&body, MSG_BODY_MAX);
	if (open_streams() == -1) {
		fprintf(stderr, "vaddload: vadd takes no orders\n");
		return 1;
	}
	begin_us = clock_mono_us();
	while ((now_us = clock_mono_us()) < begin_us + opts.seconds * 1000000) {
		done = send_due(&body, done, begin_us, now_us);
		turn(500);
	}
	wait_us(500000);
	over = true;
	printf("streaming ended\n");		/* whoever measures vadd looks now */
	(void)fflush(stdout);
	(void)getchar();
	close_streams();
	report(begin_us);
	buf_clear(&body);
	return nunsent > 0 || nrefused > 0;
}

static bool
parse(int argc, char *argv[])
{
	int	 c, bad = 0;

	while ((c = getopt(argc, argv, "r:f:n:t:R:bp")) != -1)
		switch (c) {
		case 'r': opts.run_dir = optarg; break;
		case 'f': opts.speech = optarg; break;
		case 'n': bad += num_parse(optarg, 1, 10000, &opts.nstreams) == -1; break;
		case 't': bad += num_parse(optarg, 1, 3600, &opts.seconds) == -1; break;
		case 'R': bad += num_parse(optarg, 8000, 24000, &opts.rate_hz) == -1; break;
		case 'b': opts.burst = true; break;
		case 'p': opts.play = true; break;
		default: bad++;
		}
	return bad == 0 && opts.run_dir != NULL && opts.speech != NULL && audio_rate_ok((uint32_t)opts.rate_hz);
}

int
main(int argc, char *argv[])
{
	int64_t	 give_up_us;

	if (!parse(argc, argv)) {
		fprintf(stderr, "usage: vaddload -r dir -f speech.wav [-n streams] [-t seconds] [-R rate] [-b] [-p]\n");
		return 2;
	}
	frame = AUDIO_FRAME_SAMPLES((size_t)opts.rate_hz);
	streams = mem_calloc((size_t)opts.nstreams, sizeof(*streams));
	late_us = mem_calloc(LATE_MAX, sizeof(*late_us));
	if (streams == NULL || late_us == NULL || make_line() == -1)
		return 1;
	if ((sockd = open_bus("sockd.0", 1U << CONF_VADD)) == NULL || (brokerd = open_bus("brokerd.0", 1U << CONF_VADD)) == NULL)
		return 1;
	vadd = bus_peer_by_name(sockd, "vadd.0");
	give_up_us = clock_mono_us() + 10000000;
	while (!vadd->alive || !bus_peer_by_name(brokerd, "vadd.0")->alive) {
		bus_tick(sockd);
		bus_tick(brokerd);
		turn(1000);
		if (clock_mono_us() > give_up_us) {
			fprintf(stderr, "vaddload: no vadd.0 in %s\n", opts.run_dir);
			return 1;
		}
	}
	return run();
}
