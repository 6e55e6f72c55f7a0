/* SPDX-License-Identifier: ISC */
/* Asks with a real bus and store, and engines that do what a test says. */
#include "brokerd/asks.h"

#include "tests/unit/bus_fixture.h"

#include <dirent.h>
#include <fcntl.h>

#include <event2/event.h>
#include <sndfile.h>

#include "brokerd/asks_impl.h"
#include "brokerd/broker.h"

struct fake {
	struct engine	 engine;
	const char	*text, *action, *error;	/* error: it fails so */
	bool		 hang;
	int		 starts;
	size_t		 nmessages, nsamples;
	char		 first[256], last[512], spoken[512];	/* messages; texts to be spoken */
};
struct fake_job { struct engine_job job; bool hangs, cancelled; };

static struct fake		 stt, chat, tts;
static struct event_base	*base;
static struct daemon		 d;
static struct broker		 b;
static struct setup		 set;
static struct assistant		 assistant;
static struct node		*asker;
static char			 wav[128], out[128];

/* ---- engines ---- */

static void
act(evutil_socket_t fd, short what, void *arg)
{
	struct fake_job		*j = arg;
	struct fake		*f = (struct fake *)j->job.engine;
	struct engine_result	 res = { .ok = true, .text = f->text, .action = f->action, .tokens_in = 7, .tokens_out = 3 };
	int16_t			 pcm[800];

	(void)fd;
	(void)what;
	memset(pcm, 1, sizeof(pcm));
	if (j->cancelled) {
		free(j);
		return;
	}
	if (f->error != NULL) {
		engine_fail(&j->job, -1, f->error);
	} else {
		if (f == &chat)
			j->job.on->text(j->job.arg, f->text, strlen(f->text));
		if (f == &tts)
			j->job.on->pcm(j->job.arg, pcm, 800, 8000);
		if (!j->cancelled)
			engine_finish(&j->job, &res);
	}
	free(j);
}

static struct engine_job *
fake_start(struct engine *e, const struct engine_request *rq)
{
	struct fake	*f = (struct fake *)e;
	struct fake_job	*j = calloc(1, sizeof(*j));

	f->starts++;
	f->nsamples = rq->nsamples;
	if (rq->messages != NULL && rq->messages->n > 0) {
		f->nmessages = rq->messages->n;
		(void)snprintf(f->first, sizeof(f->first), "%s", rq->messages->list[0].text);
		(void)snprintf(f->last, sizeof(f->last), "%s", rq->messages->list[f->nmessages - 1].text);
	}
	if (f == &tts)
		(void)snprintf(f->spoken + strlen(f->spoken), sizeof(f->spoken) - strlen(f->spoken), "%s|", rq->text);
	j->job.engine = e;
	j->job.on = rq->on;
	j->job.arg = rq->arg;
	if (!(j->hangs = f->hang))
		ck_assert_int_eq(event_base_once(base, -1, EV_TIMEOUT, act, j, NULL), 0);
	return &j->job;
}

static void
fake_cancel(struct engine_job *job)
{
	struct fake_job	*j = (struct fake_job *)job;

	j->cancelled = true;
	if (j->hangs)
		free(j);	/* else act() does */
}

static const struct engine_ops fake_ops = { .start = fake_start, .cancel = fake_cancel };

static void
fake_init(struct fake *f, enum engine_service service, struct ladder *l, const char *text)
{
	*f = (struct fake){ .engine = { .ops = &fake_ops, .service = service }, .text = text, .action = "" };
	(void)snprintf(f->engine.name, sizeof(f->engine.name), "fake-%s", engine_service_names[service]);
	*l = (struct ladder){ .base = base, .rungs = { &f->engine }, .n = 1 };
}

/* ---- the rig ---- */

static void
spin(void)
{
	turn();
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	store_dispatch(b.store);
}

#define SPIN_UNTIL(cond) do {					\
	int64_t	end_ = real_ms() + WAIT_MS;			\
	while (!(cond) && real_ms() < end_)			\
		spin();						\
	ck_assert_msg(cond, "never: %s", #cond);		\
} while (0)

static void
write_tone(const char *name, int format, int rate_hz, int ms, char ret[128])
{
	SF_INFO	 info = { .samplerate = rate_hz, .channels = 1, .format = format };
	SNDFILE	*f;
	short	 block[480];
	int	 i, n = rate_hz * ms / 1000;

	(void)snprintf(ret, 128, "%s/%s", run_dir, name);
	ck_assert_ptr_nonnull(f = sf_open(ret, SFM_WRITE, &info));
	for (i = 0; i < 480; i++)
		block[i] = (short)((i * 37 % 200 - 100) * 50);
	for (; n > 0; n -= 480)
		ck_assert_int_gt((int)sf_write_short(f, block, n < 480 ? n : 480), 0);
	ck_assert_int_eq(sf_close(f), 0);
}

static void
rig(void)
{
	static char	 name[] = "desk", language[] = "en", prompt[] = "You are the desk.", voice[] = "";
	static char	 sorry[] = "Sorry about that.", pardon[] = "Pardon me?", goodbye[] = "Goodbye then.";
	char		*const phrases[PHRASE_NKINDS] = { voice, voice, sorry, pardon, voice, goodbye };
	char		 path[128], err[256];

	setup();
	instances[CONF_WEBHOOKD] = 1;
	ck_assert_ptr_nonnull(base = event_base_new());
	asker = node_open(0, "webhookd.0");
	(void)node_open(1, "brokerd.0");
	TURN_UNTIL(peer(&nodes[1], "webhookd.0")->alive);
	assistant = (struct assistant){ .name = name, .language = language, .prompt = prompt, .voice = voice };
	memcpy(assistant.phrase, phrases, sizeof(phrases));
	fake_init(&stt, ENGINE_STT, &assistant.stt, "a table for two");
	fake_init(&chat, ENGINE_CHAT, &assistant.chat, "With *pleasure*. For which day would you like it?");
	fake_init(&tts, ENGINE_TTS, &assistant.tts, "");
	set = (struct setup){ .assistants = &assistant, .nassistants = 1 };
	d = (struct daemon){ .bus = nodes[1].bus, .state = &b };
	(void)snprintf(d.name, sizeof(d.name), "brokerd.0");
	b = (struct broker){ .d = &d, .base = base, .setups = { &set }, .nsetups = 1, .max_history = 20, .ask_max = 4, .ask_bytes_max = 4 << 20 };
	TAILQ_INIT(&b.calls);
	(void)snprintf(path, sizeof(path), "%s/callpipe.db", run_dir);
	b.store = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(b.store != NULL, "%s", err);
	ck_assert_ptr_nonnull(b.asks = asks_new(&b));
	write_tone("said.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1000, wav);
	(void)snprintf(out, sizeof(out), "%s/spoken.wav", run_dir);
}

static void
unrig(void)
{
	asks_free(b.asks);
	ck_assert_uint_eq(set.users, 0);
	store_close(b.store);
	event_base_free(base);
	teardown();
}

static void
ask(const char *id, const char *what, const char *path, const char *text, int64_t utt)
{
	struct msg_ask	 m = { .utt = utt };
	struct bus_msg	 msg = { .head = { .kind = MSG_AI_ASK, .call = { "c1" }, .from = "webhookd.0" } };
	struct buf	 body;

	(void)snprintf(m.id, sizeof(m.id), "%s", id);
	(void)snprintf(m.what, sizeof(m.what), "%s", what);
	(void)snprintf(m.path, sizeof(m.path), "%s", path);
	(void)snprintf(m.text, sizeof(m.text), "%s", text);
	buf_init(&body, MSG_BODY_MAX);
	ck_assert_int_eq(msg_encode(MSG_AI_ASK, &m, &body), 0);
	msg.body = body.data;
	msg.len = body.len;
	asks_order(&b, &msg);
	buf_clear(&body);
}

static struct msg_answer	 got;

static void
await(unsigned n)
{
	SPIN_UNTIL(asker->orders >= n);
	ck_assert_uint_eq(asker->orders, n);
	ck_assert_int_eq(msg_decode(MSG_AI_REPLY, asker->last_body, strlen(asker->last_body), &got), 0);
}

struct row { int n; int64_t turn, epoch; char state[16], user[64], bot[64]; };

static bool
keep_row(void *arg, const struct store_turn *t)
{
	struct row	*r = arg;

	r->n++;
	r->turn = t->turn;
	r->epoch = t->epoch;
	(void)snprintf(r->state, sizeof(r->state), "%s", t->state);
	(void)snprintf(r->user, sizeof(r->user), "%s", t->user_text != NULL ? t->user_text : "");
	(void)snprintf(r->bot, sizeof(r->bot), "%s", t->bot_text != NULL ? t->bot_text : "");
	return true;
}

/* The newest row, and how many there are. */
static struct row
row(void)
{
	struct row	r = { .n = 0 };
	struct callid	id = { "c1" };

	store_flush(b.store);
	ck_assert_int_eq(store_each_turn(b.store, &id, keep_row, &r), 0);
	return r;
}

static void
is_heard_and_answered(void)
{
	struct row	r = row();

	ck_assert(got.ok);
	ck_assert_str_eq(got.error, "");
	ck_assert_str_eq(got.heard, "a table for two");
	ck_assert_str_eq(got.text, "With pleasure. For which day would you like it?");
	ck_assert_str_eq(r.state, "done");
	ck_assert_str_eq(r.user, "a table for two");
}

/* ---- turns ---- */

START_TEST(a_recording_becomes_a_row_and_a_reply)
{
	ask("t1", "turn", wav, "", 100);
	await(1);
	is_heard_and_answered();
	ck_assert_str_eq(got.id, "t1");
	ck_assert_uint_eq(stt.nsamples, 16000);		/* a second, at the engine's rate */
	ck_assert_uint_eq(chat.nmessages, 2);
	ck_assert_str_eq(chat.first, "You are the desk.");
	ck_assert_uint_eq(asks_count(b.asks), 0);
	ck_assert_uint_eq(b.asks->bytes, 0);
}
END_TEST

START_TEST(an_mp3_is_heard_too)
{
	char	mp3[128];

	write_tone("said.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 16000, 2000, mp3);
	ask("t1", "turn", mp3, "", 1);
	await(1);
	is_heard_and_answered();
	ck_assert_uint_ge(stt.nsamples, 32000);
	ck_assert_uint_le(stt.nsamples, 36000);		/* with the encoder's padding */
}
END_TEST

START_TEST(the_same_recording_again_gets_the_same_answer)
{
	ask("t1", "turn", wav, "", 100);
	await(1);
	chat.text = "Something else altogether.";
	ask("t2", "turn", wav, "", 100);
	await(2);
	ck_assert_str_eq(got.id, "t2");
	is_heard_and_answered();
	ck_assert_int_eq(stt.starts + chat.starts, 2);
	ck_assert_int_eq(row().n, 1);
}
END_TEST

START_TEST(the_same_id_while_it_runs_is_one_ask)
{
	ask("t1", "turn", wav, "", 100);
	ask("t1", "turn", wav, "", 100);
	await(1);
	is_heard_and_answered();
	ck_assert_int_eq(stt.starts, 1);
}
END_TEST

START_TEST(the_next_recording_knows_what_was_said)
{
	ask("t1", "turn", wav, "", 100);
	await(1);
	stt.text = "on friday";
	ask("t2", "turn", wav, "", 9000);
	await(2);
	ck_assert_str_eq(got.heard, "on friday");
	ck_assert_uint_eq(chat.nmessages, 4);		/* prompt, question, answer, question */
	ck_assert_str_eq(chat.last, "on friday");
	ck_assert_int_eq(row().turn, 2);
}
END_TEST

START_TEST(two_recordings_at_once_are_two_turns_in_order)
{
	ask("t1", "turn", wav, "", 100);
	ask("t2", "turn", wav, "", 9000);
	SPIN_UNTIL(asker->orders == 2);
	ck_assert_int_eq(row().n, 2);
	ck_assert_int_eq(row().turn, 2);
	ck_assert_uint_eq(chat.nmessages, 4);
}
END_TEST

START_TEST(what_a_dead_brokerd_heard_is_not_transcribed_again)
{
	struct store_turn	 t;
	char			 text[] = "on friday";

	store_turn_init(&t);
	(void)snprintf(t.call.text, sizeof(t.call.text), "c1");
	(void)snprintf(t.state, sizeof(t.state), "thinking");
	t.turn = 3;
	t.epoch = 5;
	t.utt = 100;
	t.utt_gen = 0;
	t.user_text = text;
	ck_assert_int_eq(store_put_turn(b.store, &t, NULL, NULL), 0);
	store_flush(b.store);
	ask("t1", "turn", wav, "", 100);
	await(1);
	ck_assert_str_eq(got.heard, "on friday");
	ck_assert_int_eq(stt.starts, 0);
	ck_assert_int_eq(row().n, 1);
	ck_assert_int_eq(row().turn, 3);
	ck_assert_int_gt(row().epoch, 5);
	ck_assert_str_eq(row().state, "done");
}
END_TEST

START_TEST(silence_is_asked_back)
{
	stt.text = "";
	ask("t1", "turn", wav, "", 1);
	await(1);
	ck_assert(got.ok);
	ck_assert_str_eq(got.heard, "");
	ck_assert_str_eq(got.text, "Pardon me?");
	ck_assert_int_eq(chat.starts, 0);
	ck_assert_int_eq((int)b.count.not_caught, 1);
}
END_TEST

START_TEST(a_short_click_is_not_transcribed)
{
	char	click[128];

	write_tone("click.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 200, click);
	ask("t1", "turn", click, "", 1);
	await(1);
	ck_assert_str_eq(got.text, "Pardon me?");
	ck_assert_int_eq(stt.starts, 0);
}
END_TEST

START_TEST(a_hang_up_without_words_says_goodbye)
{
	chat.text = "";
	chat.action = "hangup";
	ask("t1", "turn", wav, "", 1);
	await(1);
	ck_assert_str_eq(got.text, "Goodbye then.");
	ck_assert_str_eq(got.action, "hangup");
}
END_TEST

START_TEST(engines_that_fail_are_apologised_for)
{
	struct fake	*f = _i == 0 ? &stt : &chat;

	f->error = "quota";
	ask("t1", "turn", wav, "", 1);
	await(1);
	ck_assert(got.ok);
	ck_assert_str_eq(got.text, "Sorry about that.");
	ck_assert_ptr_nonnull(strstr(got.error, "quota"));
	ck_assert_str_eq(row().state, "failed");
	f->error = NULL;
	f->engine.avoid_until_ms = 0;
	ask("t2", "turn", wav, "", 1);		/* asked again it is tried again */
	await(2);
	is_heard_and_answered();
	ck_assert_int_eq(row().n, 1);
}
END_TEST

START_TEST(a_file_that_is_no_audio_is_refused_with_the_cause)
{
	char	path[128];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/hostile.mp3", run_dir);
	if (_i == 0) {
		ck_assert_ptr_nonnull(f = fopen(path, "w"));
		(void)fputs("RIFF\xff\xff\xff\xffWAVEfmt \x10", f);
		(void)fclose(f);
	} else if (_i == 1)
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	else if (_i == 2) {
		ck_assert_ptr_nonnull(f = fopen(path, "w"));
		ck_assert_int_eq(ftruncate(fileno(f), (off_t)ASK_FILE_MAX + 1), 0);
		(void)fclose(f);
	}
	ask("t1", "turn", path, "", 1);
	await(1);
	ck_assert(got.ok);
	ck_assert_str_eq(got.text, "Sorry about that.");
	ck_assert_int_eq(strncmp(got.error, "recording: ", 11), 0);
	ck_assert_int_eq(stt.starts, 0);
}
END_TEST

/* ---- texts ---- */

static int
nfiles(void)
{
	DIR		*dir = opendir(run_dir);
	struct dirent	*e;
	int		 n = 0;

	while ((e = readdir(dir)) != NULL)
		n += strncmp(e->d_name, "spoken.wav", 10) == 0;
	(void)closedir(dir);
	return n;
}

START_TEST(a_text_is_spoken_into_a_file)
{
	struct audio_clip	clip;
	const char		*cause;

	ask("s1", "say", out, "Welcome to *our* house. Press one for English. Press two. And this is the fourth sentence.", 0);
	await(1);
	ck_assert(got.ok);
	ck_assert_str_eq(tts.spoken, "Welcome to our house.|Press one for English.|Press two.|And this is the fourth sentence.|");
	ck_assert_int_eq(got.duration_ms, 400);
	ck_assert_int_eq(audio_read_file(out, 0, 10, &clip, &cause), 0);
	ck_assert_uint_eq(clip.rate_hz, 16000);
	ck_assert_uint_eq(clip.nsamples, 6400);
	audio_clip_clear(&clip);
	ck_assert_int_eq(nfiles(), 1);
	ck_assert_uint_eq(b.asks->bytes, 0);
}
END_TEST

START_TEST(a_text_that_fails_leaves_no_file)
{
	if (_i == 0)
		tts.error = "quota";
	ask("s1", "say", _i == 2 ? "/nonexistent/spoken.wav" : out, _i == 1 ? "** \n" : "Hello there, how are you?", 0);
	await(1);
	ck_assert(!got.ok);
	ck_assert_str_ne(got.error, "");
	ck_assert_int_eq(nfiles(), 0);
}
END_TEST

START_TEST(a_call_is_summarised)
{
	ask("t1", "turn", wav, "", 100);
	await(1);
	chat.text = "A table for two was wanted.";
	ask("y1", "summary", "", "", 0);
	await(2);
	ck_assert(got.ok);
	ck_assert_str_eq(got.text, "A table for two was wanted.");
	ck_assert_ptr_nonnull(strstr(chat.first, "300 characters"));
	ck_assert_ptr_nonnull(strstr(chat.last, "Caller: a table for two\nAssistant: With"));
	ask("y2", "summary", "", "In one word.", 0);
	await(3);
	ck_assert_str_eq(chat.first, "In one word.");
}
END_TEST

START_TEST(a_call_without_words_has_no_summary)
{
	ask("y1", "summary", "", "", 0);
	await(1);
	ck_assert(got.ok);
	ck_assert_str_eq(got.text, "");
	ck_assert_int_eq(chat.starts, 0);
}
END_TEST

/* ---- limits ---- */

START_TEST(what_is_too_much_is_refused_for_another_brokerd)
{
	char	id[16];
	int	i;

	stt.hang = true;
	for (i = 0; i < b.ask_max; i++) {
		(void)snprintf(id, sizeof(id), "t%d", i);
		ask(id, "turn", wav, "", i + 1);
	}
	ask("s1", "say", out, "Hello there.", 0);
	await(1);
	ck_assert(!got.ok);
	ck_assert_str_eq(got.error, "refused: full");
	asks_free(b.asks);			/* the rest is told too */
	b.asks = NULL;
	SPIN_UNTIL(asker->orders == 1 + (unsigned)b.ask_max);
	ck_assert_ptr_nonnull(strstr(asker->last_body, "refused: stopping"));
}
END_TEST

START_TEST(audio_over_the_limit_is_refused)
{
	b.ask_bytes_max = 1000;
	ask("t1", "turn", wav, "", 1);
	await(1);
	ck_assert_str_eq(got.error, "refused: too much audio");
	ask("s1", "say", out, "Hello there.", 0);
	await(2);
	ck_assert_str_eq(got.error, "refused: too much audio");
	ck_assert_uint_eq(b.asks->bytes, 0);
}
END_TEST

START_TEST(a_draining_brokerd_takes_nothing_more)
{
	d.draining = true;
	ask("s1", "say", out, "Hello there.", 0);
	await(1);
	ck_assert_str_eq(got.error, "refused: draining");
}
END_TEST

START_TEST(an_answer_waits_for_a_webhookd_that_is_not_connected)
{
	node_close(asker);
	SPIN_UNTIL(!peer(&nodes[1], "webhookd.0")->alive);
	ask("s1", "say", out, "Hello there.", 0);
	SPIN_UNTIL(asks_count(b.asks) == 0);
	ck_assert_uint_eq(b.asks->nunsent, 1);
	asker = node_open(0, "webhookd.0");
	await(1);
	ck_assert(got.ok);
	ck_assert_uint_eq(b.asks->nunsent, 0);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	static const struct { const char *what, *path, *text; int64_t utt; } bad[] = {
		{ "sing", "/tmp/x.wav", "la", 1 }, { "turn", "relative.wav", "", 1 }, { "turn", "/tmp/x.wav", "", 0 },
		{ "say", "/etc/passwd", "hello", 0 }, { "say", "/tmp/x.wav", "", 0 }, { "say", "x.wav", "hello", 0 },
	};

	ask("x", bad[_i].what, bad[_i].path, bad[_i].text, bad[_i].utt);
	await(1);
	ck_assert(!got.ok);
	ck_assert_int_ne(strncmp(got.error, "refused: ", 9), 0);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("asks");
	TCase	*t = tcase_create("asks");
	SRunner	*r;
	int	 failed;

	log_open("test", LOG_LVL_ERROR, open("/dev/null", O_WRONLY));		/* failures are made on purpose */
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, rig, unrig);
	tcase_add_test(t, a_recording_becomes_a_row_and_a_reply);
	tcase_add_test(t, an_mp3_is_heard_too);
	tcase_add_test(t, the_same_recording_again_gets_the_same_answer);
	tcase_add_test(t, the_same_id_while_it_runs_is_one_ask);
	tcase_add_test(t, the_next_recording_knows_what_was_said);
	tcase_add_test(t, two_recordings_at_once_are_two_turns_in_order);
	tcase_add_test(t, what_a_dead_brokerd_heard_is_not_transcribed_again);
	tcase_add_test(t, silence_is_asked_back);
	tcase_add_test(t, a_short_click_is_not_transcribed);
	tcase_add_test(t, a_hang_up_without_words_says_goodbye);
	tcase_add_loop_test(t, engines_that_fail_are_apologised_for, 0, 2);
	tcase_add_loop_test(t, a_file_that_is_no_audio_is_refused_with_the_cause, 0, 4);
	tcase_add_test(t, a_text_is_spoken_into_a_file);
	tcase_add_loop_test(t, a_text_that_fails_leaves_no_file, 0, 3);
	tcase_add_test(t, a_call_is_summarised);
	tcase_add_test(t, a_call_without_words_has_no_summary);
	tcase_add_test(t, what_is_too_much_is_refused_for_another_brokerd);
	tcase_add_test(t, audio_over_the_limit_is_refused);
	tcase_add_test(t, a_draining_brokerd_takes_nothing_more);
	tcase_add_test(t, an_answer_waits_for_a_webhookd_that_is_not_connected);
	tcase_add_loop_test(t, nonsense_is_refused, 0, 6);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
