/* SPDX-License-Identifier: ISC */
/* Spoken pieces over real HTTP and a real bus, with brokerds that do what a test says. Also ask.c, which they go through. */
#include "webhookd/media.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "common/audio.h"
#include "common/clock.h"
#include "common/httpc.h"
#include "common/json.h"
#include "common/log.h"
#include "webhookd/ask.h"
#include "webhookd/webhookd.h"

#define WAIT_MS		20000

enum deed { SPEAK, FAIL, REFUSE, IGNORE };
struct server {			/* plays brokerd */
	struct bus	*bus;
	enum deed	 deed;
	bool		 draining;
	int		 calls, asked, spins;
	bool		 unsent;	/* the answer: webhookd is not connected yet */
	struct msg_ask	 last;
};

static struct server		 servers[2];
static struct bus		*bus;
static struct loop		*loop;
static struct daemon		 d;
static struct webhookd		 w;
static struct webhookd_conf	 conf;
static struct httpc		*client;
static char			 run_dir[80], media_dir[100], audio_dir[100], secret[] = "a-secret-of-this-test";
static int			 instances[CONF_NDAEMONS];

/* ---- the brokerds ---- */

static void
publish(struct server *s)
{
	struct json_object	*stat = json_object_new_object();
	const char		*text;
	size_t			 len;

	(void)json_add_int(stat, "pid", getpid());
	(void)json_add_int(stat, "calls", s->calls);
	(void)json_add_bool(stat, "draining", s->draining);
	ck_assert_ptr_nonnull(text = json_text(stat, &len));
	bus_fact(s->bus, MSG_STAT, NULL, text, len);
	json_object_put(stat);
}

static void
on_stat_wanted(void *arg)
{
	publish(arg);
}

static void
answer(struct server *s)
{
	struct msg_answer	m = { .ok = s->deed == SPEAK, .duration_ms = 100 };
	static int16_t		pcm[1600];

	(void)snprintf(m.id, sizeof(m.id), "%s", s->last.id);
	if (s->deed == SPEAK)
		ck_assert_int_eq(audio_write_file(s->last.path, 16000, pcm, NULL, 1600), 0);
	else
		(void)snprintf(m.error, sizeof(m.error), "%s", s->deed == REFUSE ? "refused: full" : "tts: quota");
	s->unsent = bus_order_json(s->bus, bus_peer_by_name(s->bus, "webhookd.0"), MSG_AI_REPLY, NULL, &m) != BUS_OK;
}

static void
on_ask(void *arg, const struct bus_msg *msg)
{
	struct server	*s = arg;

	ck_assert_int_eq(msg_decode(MSG_AI_ASK, msg->body, msg->len, &s->last), 0);
	s->asked++;
	if (s->deed != IGNORE)
		answer(s);
}

static const struct bus_ops server_ops = { .order = on_ask, .stat_wanted = on_stat_wanted };

/* ---- webhookd ---- */

static void
on_reply(void *arg, const struct bus_msg *msg)
{
	(void)arg;
	ask_answered(&w, msg);
}

static void
on_peer(void *arg, struct bus_peer *peer)
{
	(void)arg;
	if (w.asks != NULL)
		ask_peer(&w, peer);
}

static const struct bus_ops our_ops = { .order = on_reply, .peer = on_peer };

static void
on_request(void *arg, struct http_req *req)
{
	media_handle(arg, req);
}

static struct bus *
open_bus(const char *name, const struct bus_ops *ops, void *arg)
{
	struct bus_conf	 bc = { .name = name, .run_dir = run_dir, .mailbox_messages = 100, .peer_dead_ms = 60000,
	    .instances = instances, .order_to = 15, .listen_to = 15 };
	char		 err[256];
	struct bus	*b = bus_new(&bc, ops, arg, err, sizeof(err));

	ck_assert_msg(b != NULL, "%s", err);
	return b;
}

static void
spin(void)
{
	struct bus	*all[3] = { bus, servers[0].bus, servers[1].bus };
	size_t		 i;

	(void)event_base_loop(loop_native(loop), EVLOOP_NONBLOCK);
	for (i = 0; i < 3; i++)
		if (all[i] != NULL)
			(void)bus_dispatch(all[i], 16);
	for (i = 0; i < 2; i++) {
		if (servers[i].bus != NULL && servers[i].unsent)
			answer(&servers[i]);
		if (servers[i].bus != NULL && ++servers[i].spins % 100 == 0)
			publish(&servers[i]);	/* as a daemon does each second */
	}
	(void)poll(NULL, 0, 1);
}

static int64_t
real_ms(void)
{
	struct timespec	t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#define SPIN_UNTIL(cond) do {					\
	int64_t	end_ = real_ms() + WAIT_MS;			\
	while (!(cond) && real_ms() < end_)			\
		spin();						\
	ck_assert_msg(cond, "never: %s", #cond);		\
} while (0)

static bool
alive(const char *name)
{
	return bus_peer_by_name(bus, name)->alive;
}

static void
open_servers(void)
{
	int	 i;
	char	 name[16];

	memset(servers, 0, sizeof(servers));
	instances[CONF_WEBHOOKD] = 1;
	instances[CONF_BROKERD] = 2;
	bus = open_bus("webhookd.0", &our_ops, NULL);
	for (i = 0; i < 2; i++) {
		(void)snprintf(name, sizeof(name), "brokerd.%d", i);
		servers[i].calls = i;		/* so the first one is asked first */
		servers[i].bus = open_bus(name, &server_ops, &servers[i]);
	}
}

static void
setup(void)
{
	struct http_conf	 hc = { .listen = "127.0.0.1:0", .max_connections = 50, .request_ms = 5000, .max_body = 4096, .max_headers = 8192 };
	static char		 url[64];
	char			 err[256];

	(void)snprintf(run_dir, sizeof(run_dir), "/tmp/media.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(run_dir));
	(void)snprintf(media_dir, sizeof(media_dir), "%s/media", run_dir);
	(void)snprintf(audio_dir, sizeof(audio_dir), "%s/audio", run_dir);
	ck_assert_int_eq(mkdir(audio_dir, 0700), 0);
	memset(&w, 0, sizeof(w));
	conf = (struct webhookd_conf){ .media_dir = media_dir, .audio_dir = audio_dir, .token_secret = secret, .media_max_mb = 1,
	    .media_ttl_s = 100, .ask_max = 3, .ask_say_ms = 600, .ask_turn_ms = 600, .ask_summary_ms = 600 };
	ck_assert_ptr_nonnull(loop = loop_new(&loop_libevent));
	open_servers();
	d = (struct daemon){ .loop = loop, .bus = bus, .conf = &conf, .state = &w };
	(void)snprintf(d.name, sizeof(d.name), "webhookd.0");
	w.d = &d;
	ck_assert_ptr_nonnull(w.asks = asks_new(&w));
	ck_assert_ptr_nonnull(w.media = media_new(&w));
	ck_assert_ptr_nonnull(w.http = http_new(loop_native(loop), &hc, on_request, &w, err, sizeof(err)));
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", http_port(w.http));
	w.public_url = url;
	ck_assert_ptr_nonnull(client = httpc_new(loop_native(loop), 8));
	SPIN_UNTIL(alive("brokerd.0") && alive("brokerd.1"));
}

static void
teardown(void)
{
	char	 cmd[120];
	int	 i;

	httpc_free(client);
	media_free(w.media);
	asks_free(w.asks);
	w.asks = NULL;
	http_free(w.http);
	for (i = 0; i < 2; i++)
		bus_free(servers[i].bus);
	bus_free(bus);
	loop_free(loop);
	clock_set(-1, -1);
	(void)snprintf(cmd, sizeof(cmd), "rm -rf '%s'", run_dir);
	ck_assert_int_eq(system(cmd), 0);
}

/* ---- requests ---- */

struct get { bool over; long status; size_t len; char type[64], head[16]; int64_t ms; int64_t begun; };

static void
on_got(void *arg, const struct httpc_result *res)
{
	struct get	*g = arg;

	g->over = true;
	g->status = res->status;
	g->len = res->body_len;
	g->ms = real_ms() - g->begun;
	(void)snprintf(g->type, sizeof(g->type), "%s", res->content_type);
	(void)snprintf(g->head, sizeof(g->head), "%.4s", res->body != NULL ? res->body : "");
}

static void
get(struct get *g, const char *method, const char *url, const char *header)
{
	const char	*headers[] = { header, NULL };
	struct httpc_opts o = { .method = method, .url = url, .headers = headers, .on_done = on_got, .arg = g };

	*g = (struct get){ .begun = real_ms() };
	ck_assert_ptr_nonnull(httpc_start(client, &o));
}

static struct get
got(const char *method, const char *url, const char *header)
{
	struct get	g;

	get(&g, method, url, header);
	SPIN_UNTIL(g.over);
	return g;
}

static char	url[MEDIA_URL_SIZE];

static void
talk(const char *text)
{
	ck_assert_int_eq(media_talk_url(&w, text, "fa-IR", "desk", url, sizeof(url)), 0);
}

static void
put_file(const char *dir, const char *name, const char *text)
{
	char	 path[256];
	FILE	*f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	(void)fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

/* ---- tests ---- */

START_TEST(a_get_that_comes_before_the_file_waits_for_it)
{
	struct get	g;

	servers[0].deed = IGNORE;
	talk("\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85");
	get(&g, "GET", url, NULL);
	SPIN_UNTIL(media_get_stats(w.media)->waiting == 1 && servers[0].asked == 1);
	ck_assert(!g.over);
	ck_assert_str_eq(servers[0].last.text, "\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85");
	ck_assert_str_eq(servers[0].last.language, "fa-IR");
	ck_assert_str_eq(servers[0].last.assistant, "desk");
	servers[0].deed = SPEAK;
	answer(&servers[0]);
	SPIN_UNTIL(g.over);
	ck_assert_int_eq(g.status, 200);
	ck_assert_str_eq(g.type, "audio/wav");
	ck_assert_uint_eq(g.len, 44 + 3200);
	ck_assert_str_eq(g.head, "RIFF");
}
END_TEST

START_TEST(a_text_is_spoken_once)
{
	char	first[MEDIA_URL_SIZE];

	talk("hello");
	(void)snprintf(first, sizeof(first), "%s", url);
	talk("hello");
	SPIN_UNTIL(media_get_stats(w.media)->made == 1);
	talk("hello");
	ck_assert_str_eq(first, url);
	media_free(w.media);			/* nor after a restart */
	ck_assert_ptr_nonnull(w.media = media_new(&w));
	talk("hello");
	ck_assert_int_eq(got("GET", url, NULL).status, 200);
	ck_assert_int_eq(servers[0].asked + servers[1].asked, 1);
	ck_assert_uint_eq(media_get_stats(w.media)->found, 1);
}
END_TEST

START_TEST(a_piece_of_a_webhookd_that_died_is_waited_for)
{
	struct get	g;

	servers[0].deed = IGNORE;
	talk("hello");
	SPIN_UNTIL(servers[0].asked == 1);
	media_free(w.media);
	ck_assert_ptr_nonnull(w.media = media_new(&w));
	get(&g, "GET", url, NULL);
	SPIN_UNTIL(media_get_stats(w.media)->waiting == 1);
	servers[0].deed = SPEAK;
	answer(&servers[0]);
	SPIN_UNTIL(g.over);
	ck_assert_int_eq(g.status, 200);
}
END_TEST

START_TEST(what_is_late_gets_503_after_four_seconds)
{
	struct get	g;

	conf.ask_say_ms = 60000;
	servers[0].deed = IGNORE;
	talk("hello");
	g = got("GET", url, NULL);
	ck_assert_int_eq(g.status, 503);
	ck_assert_int_ge(g.ms, MEDIA_WAIT_MS - 100);
	ck_assert_int_le(g.ms, MEDIA_WAIT_MS + 3000);
	ck_assert_uint_eq(media_get_stats(w.media)->late, 1);
}
END_TEST

START_TEST(what_failed_gets_503_at_once_and_is_tried_again)
{
	servers[0].deed = servers[1].deed = FAIL;
	talk("hello");
	SPIN_UNTIL(media_get_stats(w.media)->failed == 1);
	ck_assert_int_eq(got("GET", url, NULL).status, 503);
	ck_assert_uint_eq(media_get_stats(w.media)->failed, 2);
	servers[0].deed = servers[1].deed = SPEAK;
	ck_assert_int_eq(got("GET", url, NULL).status, 200);
}
END_TEST

START_TEST(without_the_signature_nothing_is_told)
{
	char	bad[MEDIA_URL_SIZE];

	talk("hello");
	SPIN_UNTIL(media_get_stats(w.media)->made == 1);
	(void)snprintf(bad, sizeof(bad), "%.*s", (int)strcspn(url, "?"), url);
	ck_assert_int_eq(got("GET", bad, NULL).status, 403);
	(void)snprintf(bad, sizeof(bad), "%s", url);
	bad[strlen(bad) - 2] = bad[strlen(bad) - 2] == 'A' ? 'B' : 'A';
	ck_assert_int_eq(got("GET", bad, NULL).status, 403);
	(void)snprintf(bad, sizeof(bad), "%s/media/..%%2f..%%2fetc%%2fpasswd?e=1&m=x", w.public_url);
	ck_assert_int_eq(got("GET", bad, NULL).status, 403);
	clock_set(clock_mono_us(), clock_wall_ms() + 100 * 1000);
	ck_assert_int_eq(got("GET", url, NULL).status, 403);
	ck_assert_uint_eq(media_get_stats(w.media)->forbidden, 4);
}
END_TEST

/* httpc does not know the method. */
static void
head(const char *address, char *text, size_t size)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(w.http)),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	char			request[700];
	ssize_t			n;
	size_t			len = 0;
	int			fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	(void)snprintf(request, sizeof(request), "HEAD %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", strstr(address, "/media"));
	ck_assert_int_gt((int)write(fd, request, strlen(request)), 0);
	do {
		spin();
		if ((n = recv(fd, text + len, size - 1 - len, MSG_DONTWAIT)) > 0)
			len += (size_t)n;
	} while (n != 0);
	text[len] = '\0';
	(void)close(fd);
}

START_TEST(head_and_parts_are_served)
{
	struct get	g;
	char		text[1024];

	talk("hello");
	SPIN_UNTIL(media_get_stats(w.media)->made == 1);
	head(url, text, sizeof(text));
	ck_assert_msg(strncmp(text, "HTTP/1.1 200 ", 13) == 0, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "\r\nContent-Length: 3244\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\nCache-Control: private, max-age="));
	ck_assert_str_eq(strstr(text, "\r\n\r\n"), "\r\n\r\n");	/* and no body */
	g = got("GET", url, "Range: bytes=0-43");
	ck_assert_int_eq(g.status, 206);
	ck_assert_uint_eq(g.len, 44);
	ck_assert_int_eq(got("GET", url, "Range: bytes=100000-").status, 416);
	ck_assert_int_eq(got("POST", url, NULL).status, 405);
}
END_TEST

START_TEST(static_pieces_need_no_signature_and_stay_in_their_folder)
{
	struct get	g;
	char		path[MEDIA_URL_SIZE];

	put_file(audio_dir, "hold.mp3", "not really");
	put_file(run_dir, "outside.wav", "secret");
	(void)snprintf(path, sizeof(path), "%s/link.wav", audio_dir);
	ck_assert_int_eq(symlink("../outside.wav", path), 0);
	ck_assert_int_eq(media_static_url(&w, "hold.mp3", url, sizeof(url)), 0);
	g = got("GET", url, NULL);
	ck_assert_int_eq(g.status, 200);
	ck_assert_uint_eq(g.len, 10);
	ck_assert_str_eq(g.type, "audio/mpeg");
	(void)snprintf(url, sizeof(url), "%s/media/static/..%%2foutside.wav", w.public_url);
	ck_assert_int_eq(got("GET", url, NULL).status, 404);
	(void)snprintf(url, sizeof(url), "%s/media/static/link.wav", w.public_url);
	ck_assert_int_eq(got("GET", url, NULL).status, 404);
	ck_assert_int_eq(media_static_url(&w, "../outside.wav", url, sizeof(url)), -1);
	ck_assert_int_eq(media_static_url(&w, "nothing.wav", url, sizeof(url)), -1);
}
END_TEST

START_TEST(the_folder_is_kept_small)
{
	struct timespec	old[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
	char		path[256], name[80];
	int		i, fd;

	ck_assert_int_eq(mkdir(media_dir, 0700), 0);
	for (i = 0; i < 4; i++) {	/* 0.3 MB each, the first is the oldest */
		(void)snprintf(name, sizeof(name), "%063d%d.wav", 0, i);
		(void)snprintf(path, sizeof(path), "%s/%s", media_dir, name);
		ck_assert_int_ge(fd = open(path, O_WRONLY | O_CREAT, 0600), 0);
		ck_assert_int_eq(ftruncate(fd, 300000), 0);
		old[0].tv_sec = old[1].tv_sec = 1000000 + i;
		ck_assert_int_eq(futimens(fd, old), 0);
		(void)close(fd);
	}
	put_file(media_dir, "README", "not ours");
	talk("hello");
	SPIN_UNTIL(media_get_stats(w.media)->made == 1);
	ck_assert_uint_eq(media_get_stats(w.media)->evicted, 1);
	ck_assert_uint_eq(media_get_stats(w.media)->bytes, 3 * 300000 + 3244);
	(void)snprintf(path, sizeof(path), "%s/%064d.wav", media_dir, 0);
	ck_assert_int_eq(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/README", media_dir);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(got("GET", url, NULL).status, 200);
	/* retention: what nobody needed since then, a few at a time */
	ck_assert_int_eq(media_drop_unused(&w, 1000003000, 1), 1);
	ck_assert_int_eq(media_drop_unused(&w, 1000003000, 20), 1);
	ck_assert_int_eq(media_drop_unused(&w, 1000003000, 20), 0);
	(void)snprintf(path, sizeof(path), "%s/%064d.wav", media_dir, 3);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert_int_eq(got("GET", url, NULL).status, 200);
	(void)snprintf(path, sizeof(path), "%s/README", media_dir);
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(what_cannot_be_served_is_told)
{
	char	small[32];

	ck_assert_int_eq(media_talk_url(&w, "", "fa", "", url, sizeof(url)), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(media_talk_url(&w, "hello", "fa", "", small, sizeof(small)), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	conf.media_dir = run_dir;
	(void)strcat(media_dir, "/deep/er");
	conf.media_dir = media_dir;
	ck_assert_int_eq(media_talk_url(&w, "hello", "fa", "", url, sizeof(url)), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* ---- asking ---- */

static struct msg_answer	 answered;
static int			 nanswers;

static void
on_answered(void *arg, const struct msg_answer *m)
{
	(void)arg;
	answered = *m;
	nanswers++;
}

static struct ask *
ask_something(void)
{
	struct msg_ask	m = { .what = "say", .text = "hello" };

	answered = (struct msg_answer){ .ok = false };
	(void)snprintf(m.path, sizeof(m.path), "%s/x.wav", run_dir);
	nanswers = 0;
	return ask_start(&w, NULL, &m, on_answered, NULL);
}

START_TEST(who_is_late_refuses_or_dies_is_not_the_last_one_asked)
{
	servers[0].deed = _i == 0 ? IGNORE : _i == 1 ? REFUSE : IGNORE;
	ck_assert_ptr_nonnull(ask_something());
	SPIN_UNTIL(servers[0].asked == 1);
	if (_i == 2) {
		bus_free(servers[0].bus);
		servers[0].bus = NULL;
	}
	SPIN_UNTIL(nanswers == 1);
	ck_assert(answered.ok);
	ck_assert_int_eq(servers[1].asked, 1);
	ck_assert_uint_eq(ask_get_stats(w.asks)->again, 1);
	servers[0].deed = SPEAK;
	if (_i == 0)
		answer(&servers[0]);		/* too late: it counts no more */
	for (int i = 0; i < 50; i++)
		spin();
	ck_assert_int_eq(nanswers, 1);
}
END_TEST

START_TEST(without_an_answer_it_fails_in_the_end)
{
	servers[0].deed = servers[1].deed = _i == 0 ? IGNORE : REFUSE;
	ck_assert_ptr_nonnull(ask_something());
	SPIN_UNTIL(nanswers == 1);
	ck_assert(!answered.ok);
	ck_assert_str_ne(answered.error, "");
	ck_assert_uint_eq(ask_get_stats(w.asks)->pending, 0);
}
END_TEST

START_TEST(with_no_brokerd_it_waits_for_one)
{
	int	i;

	for (i = 0; i < 2; i++) {
		bus_free(servers[i].bus);
		servers[i].bus = NULL;
	}
	SPIN_UNTIL(!alive("brokerd.0") && !alive("brokerd.1"));
	conf.ask_say_ms = 10000;
	ck_assert_ptr_nonnull(ask_something());
	servers[1].bus = open_bus("brokerd.1", &server_ops, &servers[1]);
	SPIN_UNTIL(nanswers == 1);
	ck_assert_msg(answered.ok, "%s", answered.error);
}
END_TEST

START_TEST(too_many_are_refused_and_cancelled_ones_stay_quiet)
{
	struct ask	*k[3];
	int		 i;

	servers[0].deed = servers[1].deed = IGNORE;
	for (i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(k[i] = ask_something());
	ck_assert_ptr_null(ask_something());
	ck_assert_int_eq(errno, EAGAIN);
	SPIN_UNTIL(servers[0].asked + servers[1].asked == 3);
	ck_assert_int_eq(servers[0].asked, 2);	/* the one with fewer calls, then by turns */
	for (i = 0; i < 3; i++)
		ask_cancel(k[i]);
	servers[0].deed = SPEAK;
	answer(&servers[0]);
	for (i = 0; i < 50; i++)
		spin();
	ck_assert_int_eq(nanswers, 0);
}
END_TEST

int
main(void)
{
	Suite	*s = suite_create("media");
	TCase	*t = tcase_create("media");
	SRunner	*r;
	int	 failed;

	log_open("test", LOG_LVL_ERROR, open("/dev/null", O_WRONLY));	/* failures are made on purpose */
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_get_that_comes_before_the_file_waits_for_it);
	tcase_add_test(t, a_text_is_spoken_once);
	tcase_add_test(t, a_piece_of_a_webhookd_that_died_is_waited_for);
	tcase_add_test(t, what_is_late_gets_503_after_four_seconds);
	tcase_add_test(t, what_failed_gets_503_at_once_and_is_tried_again);
	tcase_add_test(t, without_the_signature_nothing_is_told);
	tcase_add_test(t, head_and_parts_are_served);
	tcase_add_test(t, static_pieces_need_no_signature_and_stay_in_their_folder);
	tcase_add_test(t, the_folder_is_kept_small);
	tcase_add_test(t, what_cannot_be_served_is_told);
	tcase_add_loop_test(t, who_is_late_refuses_or_dies_is_not_the_last_one_asked, 0, 3);
	tcase_add_loop_test(t, without_an_answer_it_fails_in_the_end, 0, 2);
	tcase_add_test(t, with_no_brokerd_it_waits_for_one);
	tcase_add_test(t, too_many_are_refused_and_cancelled_ones_stay_quiet);
	suite_add_tcase(s, t);
	r = srunner_create(s);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed != 0;
}
