/* SPDX-License-Identifier: ISC */
/* Downloads from a server that fails, stalls, resets, lies about lengths and ignores ranges. */
#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <unistd.h>

#include <event2/bufferevent.h>
#include <event2/listener.h>

#include "tests/unit/vonage_fixture.h"

#include "common/daemon.h"
#include "common/store.h"
#include "common/store_jobs.h"
#include "common/store_list.h"
#include "webhookd/calls.h"
#include "webhookd/fetch.h"
#include "webhookd/fetch_file.h"
#include "webhookd/jobs.h"
#include "webhookd/webhookd.h"

#define BIG	200000

static char			 dir[256], path[300], name[400];
static struct webhookd		 w;
static struct daemon		 d;
static struct webhookd_conf	 conf;
static const struct callid	 call = { "call-1" };

/* A file server: each connection gets what the script says, byte by byte, and is closed. */
struct part { const char *head; size_t from, to; bool stall; };	/* bytes of the file; stall: left open */
static struct part		 script[16];
static int			 nscript, nserved, file_port;
static char			 file[BIG], requests[16][1024];
static struct evconnlistener	*listener;
static struct bufferevent	*conns[16];

static struct store_recording	 arrived;
static struct callid		 arrived_call;
static int			 narrived;

static void
on_store(void *arg)
{
	store_dispatch(arg);
}

static void
on_gone(struct bufferevent *bev, short what, void *arg)
{
	(void)what;
	bufferevent_free(bev);
	conns[(intptr_t)arg] = NULL;
}

/* All is sent: the end, in the middle or not. */
static void
on_sent(struct bufferevent *bev, void *arg)
{
	intptr_t	i = (intptr_t)arg;

	if (requests[i][0] == '\0' || strstr(requests[i], "\r\n\r\n") == NULL || script[i].stall)
		return;
	bufferevent_free(bev);
	conns[i] = NULL;
}

static void
on_request(struct bufferevent *bev, void *arg)
{
	intptr_t	 i = (intptr_t)arg;
	size_t		 len = strlen(requests[i]);
	const struct part *p = &script[i];

	len += bufferevent_read(bev, requests[i] + len, sizeof(requests[i]) - 1 - len);
	requests[i][len] = '\0';
	if (strstr(requests[i], "\r\n\r\n") == NULL)
		return;
	(void)bufferevent_write(bev, p->head, strlen(p->head));
	if (p->to > p->from)
		(void)bufferevent_write(bev, file + p->from, p->to - p->from);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	intptr_t	i = nserved++;

	(void)l;
	(void)sa;
	(void)len;
	(void)arg;
	ck_assert_msg(i < nscript, "more connections than the script has");
	conns[i] = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	bufferevent_setcb(conns[i], on_request, on_sent, on_gone, (void *)i);
	(void)bufferevent_enable(conns[i], EV_READ | EV_WRITE);
}

static void
add_part(const char *head, size_t from, size_t to, bool stall)
{
	script[nscript++] = (struct part){ head, from, to, stall };
}

static void
on_arrival(struct webhookd *x, const struct callid *id, const struct store_recording *row)
{
	(void)x;
	arrived = *row;
	arrived_call = id != NULL ? *id : (struct callid){ "" };
	narrived++;
}

static void
begin(void)
{
	struct vonage_opts	 o = { .api_base = server_base, .application_id = APP, .private_key = pem };
	char			 err[256];

	memset(&w, 0, sizeof(w));
	memset(&d, 0, sizeof(d));
	d.loop = loop;
	d.conf = &conf;
	(void)snprintf(d.name, sizeof(d.name), "webhookd.0");
	w.d = &d;
	w.store = store_open(path, STORE_WRITE, err, sizeof(err));
	ck_assert_msg(w.store != NULL, "%s", err);
	w.store_io = loop_io_new(loop, store_fd(w.store), on_store, w.store);
	w.httpc = client;
	w.vonage = vonage_new(loop, client, &o);
	w.calls = calls_new(w.store);
	w.jobs = jobs_new(&w);
	ck_assert(w.vonage != NULL && w.calls != NULL && w.jobs != NULL);
	fetch_on_arrival(&w, on_arrival);
}

static void
setup(void)
{
	struct sockaddr_in	 sin = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t		 len = sizeof(sin);
	const char		*tmp = getenv("TMPDIR");
	size_t			 i;

	setup_server();
	(void)snprintf(dir, sizeof(dir), "%s/fetch.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/db", dir);
	conf = (struct webhookd_conf){ .job_retry_s = 3600, .job_rounds = 2, .record_dir = dir, .record_max_mb = 1 };
	listener = evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&sin, sizeof(sin));
	ck_assert_ptr_nonnull(listener);
	ck_assert_int_eq(getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&sin, &len), 0);
	file_port = ntohs(sin.sin_port);
	nscript = nserved = narrived = 0;
	memset(requests, 0, sizeof(requests));
	memcpy(file, "RIFF....WAVE", 12);
	for (i = 12; i < sizeof(file); i++)
		file[i] = (char)(i * 7 + i / 251);
	begin();
}

static void
end_webhookd(void)
{
	jobs_free(w.jobs);
	calls_free(w.calls);
	loop_watch_free(loop, w.store_io);
	store_close(w.store);
}

static void
remove_all(const char *folder)
{
	DIR		*dp = opendir(folder);
	struct dirent	*e;
	char		 one[700];

	while (dp != NULL && (e = readdir(dp)) != NULL) {
		(void)snprintf(one, sizeof(one), "%s/%s", folder, e->d_name);
		if (e->d_name[0] != '.')
			(void)unlink(one);
	}
	if (dp != NULL)
		(void)closedir(dp);
	(void)rmdir(folder);
}

static void
teardown(void)
{
	size_t	i;

	end_webhookd();
	httpc_free(client);
	vonage_free(w.vonage);
	evconnlistener_free(listener);
	for (i = 0; i < 16; i++)
		if (conns[i] != NULL)
			bufferevent_free(conns[i]);
	memset(conns, 0, sizeof(conns));
	evhttp_free(server);
	loop_free(loop);
	(void)snprintf(name, sizeof(name), "%s/vonage", dir);
	remove_all(name);
	remove_all(dir);
}

/* ---- short words ---- */

static int
add_event(const char *uuid, int64_t size)
{
	struct json_object	*o = json_object_new_object();
	char			 url[128];
	int			 rc;

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/files/f", file_port);
	(void)json_add_str(o, "recording_url", url);
	(void)json_add_str(o, "recording_uuid", uuid);
	(void)json_add_str(o, "start_time", "2026-11-20T12:00:00Z");
	(void)json_add_str(o, "end_time", "2026-11-20T12:00:07Z");
	if (size >= 0)
		(void)json_add_int(o, "size", size);
	rc = fetch_add(&w, &call, o, NULL, NULL);
	json_object_put(o);
	return rc;
}

static bool
find_job(void *arg, const struct store_job *j)
{
	*(struct store_job *)arg = *j;
	return false;
}

static struct store_job
row(void)
{
	struct store_job	j;

	memset(&j, 0, sizeof(j));
	ck_assert_int_eq(store_each_job(w.store, false, find_job, &j), 0);
	return j;
}

static void
hasten(void)
{
	struct store_job	j = row();

	ck_assert_int_eq(store_set_job(w.store, j.id, "", j.attempts, clock_wall_ms() - 1, j.error, NULL, NULL), 0);
	store_flush(w.store);
	jobs_kick(w.jobs);
}

/* Wait for the end of attempt n, which failed; its error. */
static const char *
failed(int n)
{
	static struct store_job	j;

	RUN_UNTIL(row().attempts == n && strcmp(row().state, "running") != 0);
	j = row();
	return j.error;
}

static bool
exists(const char *file_name)
{
	struct stat	st;

	(void)snprintf(name, sizeof(name), "%s/vonage/%s", dir, file_name);
	return stat(name, &st) == 0;
}

/* The file is there, whole, with its row. */
static void
check_arrived(size_t len)
{
	static char	 got[BIG + 1];
	unsigned char	 digest[32];
	char		 hex[65];
	FILE		*fp;
	int		 i;

	RUN_UNTIL(narrived == 1);
	ck_assert_str_eq(arrived.uuid, "rec-1");
	ck_assert_int_eq(arrived.bytes, (int64_t)len);
	ck_assert_int_eq(arrived.duration_ms, 7000);
	ck_assert_str_eq(arrived.format, "wav");
	ck_assert_str_eq(arrived_call.text, "call-1");
	fp = fopen(arrived.path, "rb");
	ck_assert_msg(fp != NULL, "%s", arrived.path);
	ck_assert_uint_eq(fread(got, 1, sizeof(got), fp), len);
	(void)fclose(fp);
	ck_assert_int_eq(memcmp(got, file, len), 0);
	ck_assert_int_eq(EVP_Digest(file, len, digest, NULL, EVP_sha256(), NULL), 1);
	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	ck_assert_str_eq(arrived.sha256, hex);
	ck_assert(!exists("rec-1.part") && !exists("rec-1.tag") && exists("rec-1.wav"));
	ck_assert_int_eq(store_has_recording(w.store, "rec-1"), 1);
	RUN_UNTIL(strcmp(row().state, "done") == 0);
}

#define WHOLE	"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\nContent-Length: 200000\r\nETag: \"v1\"\r\n\r\n"

START_TEST(a_recording_arrives_whole)
{
	add_part(WHOLE, 0, BIG, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	check_arrived(BIG);
	ck_assert_ptr_nonnull(strstr(requests[0], "Authorization: Bearer ey"));
	ck_assert_ptr_null(strstr(requests[0], "Range:"));
	/* the same event again */
	ck_assert_int_eq(add_event("rec-1", BIG), 1);
	run_for(50);
	ck_assert_int_eq(nserved, 1);
	ck_assert_int_eq(narrived, 1);
}
END_TEST

START_TEST(a_recording_of_nobody_is_kept_too)
{
	struct json_object	*o = json_object_new_object();
	char			 url[128];

	add_part(WHOLE, 0, BIG, false);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/v1/files/f", file_port);
	(void)json_add_str(o, "recording_url", url);
	ck_assert_int_eq(fetch_add(&w, NULL, o, NULL, NULL), 0);
	json_object_put(o);
	RUN_UNTIL(narrived == 1);
	ck_assert_str_eq(arrived_call.text, "");
	ck_assert(exists("job-1.wav"));
	/* an event that tells no time: retention still finds it */
	ck_assert_int_gt(arrived.started_at, clock_wall_ms() - 60000);
}
END_TEST

START_TEST(it_goes_on_where_it_was_cut)
{
	add_part(WHOLE, 0, 70000, false);
	add_part("HTTP/1.1 206 Partial\r\nContent-Type: audio/wav\r\nContent-Length: 130000\r\n"
	    "Content-Range: bytes 70000-199999/200000\r\nETag: \"v1\"\r\n\r\n", 70000, BIG, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	ck_assert_ptr_nonnull(strstr(failed(1), "aborted after 70000 bytes"));
	ck_assert(exists("rec-1.part") && !exists("rec-1.wav"));
	hasten();
	check_arrived(BIG);
	ck_assert_ptr_nonnull(strstr(requests[1], "\r\nRange: bytes=70000-\r\n"));
	ck_assert_ptr_nonnull(strstr(requests[1], "\r\nIf-Range: \"v1\"\r\n"));
}
END_TEST

START_TEST(another_process_goes_on_too)
{
	add_part(WHOLE, 0, 70000, false);
	add_part("HTTP/1.1 206 Partial\r\nContent-Range: bytes 70000-199999/200000\r\nContent-Length: 130000\r\n\r\n", 70000, BIG, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	(void)failed(1);
	end_webhookd();
	vonage_free(w.vonage);
	begin();
	hasten();
	check_arrived(BIG);
}
END_TEST

START_TEST(a_server_without_ranges_is_read_anew)
{
	add_part(WHOLE, 0, 70000, false);
	add_part(WHOLE, 0, BIG, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	(void)failed(1);
	hasten();
	check_arrived(BIG);
}
END_TEST

static const char *const	other_rests[] = {
	"HTTP/1.1 206 x\r\nContent-Length: 130000\r\nContent-Range: bytes 70000-199999/200001\r\n\r\n",	/* another length */
	"HTTP/1.1 206 x\r\nContent-Length: 130000\r\nContent-Range: bytes 60000-189999/200000\r\n\r\n",	/* another place */
	"HTTP/1.1 206 x\r\nContent-Length: 130000\r\n\r\n",
	"HTTP/1.1 206 x\r\nContent-Length: 130000\r\nContent-Range: bytes junk\r\n\r\n",
};

START_TEST(the_rest_of_another_version_is_not_taken)
{
	add_part(WHOLE, 0, 70000, false);
	add_part(other_rests[_i], 70000, BIG, false);
	add_part(WHOLE, 0, BIG, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	(void)failed(1);
	hasten();
	ck_assert_str_eq(failed(2), "the rest is of another version");
	ck_assert(!exists("rec-1.part"));
	hasten();
	check_arrived(BIG);
	ck_assert_ptr_null(strstr(requests[2], "Range:"));
}
END_TEST

static const struct { const char *head; size_t len; const char *error, *state; } fails[] = {
	{ "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0, "status 404", "waiting" },
	{ "HTTP/1.1 503 Oops\r\nContent-Length: 0\r\n\r\n", 0, "status 503", "waiting" },
	{ "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", 0, "status 403", "failed" },
	{ "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 0, "status 302", "failed" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, "0 bytes came", "waiting" },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 1000, "1000 bytes came, the event told of 200000", "waiting" },
	{ "HTTP/1.1 200 OK\r\n\r\n", 1000, "1000 bytes came, the event told of 200000", "waiting" },	/* ended by closing */
	{ "garbage\r\n\r\n", 0, "", "waiting" },
};

START_TEST(what_fails_leaves_no_file)
{
	add_part(fails[_i].head, 0, fails[_i].len, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	ck_assert_msg(strstr(failed(1), fails[_i].error) != NULL, "%s", failed(1));
	ck_assert_str_eq(row().state, fails[_i].state);
	ck_assert(!exists("rec-1.wav"));
	ck_assert_int_eq(narrived, 0);
}
END_TEST

START_TEST(what_is_no_audio_is_not_kept)
{
	memcpy(file, "<html>", 6);
	add_part("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n", 0, 1000, false);
	ck_assert_int_eq(add_event("rec-1", 1000), 0);
	ck_assert_str_eq(failed(1), "neither WAV, MP3 nor Ogg");
	ck_assert(!exists("rec-1.part"));
}
END_TEST

START_TEST(a_size_that_stays_wrong_is_believed_to_be)
{
	int	i;

	for (i = 0; i < JOBS_ATTEMPTS; i++)
		add_part("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 0, 1000, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	for (i = 1; i < JOBS_ATTEMPTS; i++) {
		(void)failed(i);
		hasten();
	}
	check_arrived(1000);
}
END_TEST

START_TEST(a_401_is_asked_again_with_a_new_token)
{
	add_part("HTTP/1.1 401 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", 0, 0, false);
	add_part(WHOLE, 0, BIG, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	check_arrived(BIG);
	ck_assert_str_ne(strstr(requests[0], "Bearer"), strstr(requests[1], "Bearer"));
}
END_TEST

START_TEST(one_that_is_too_large_is_not_kept)
{
	add_part("HTTP/1.1 200 OK\r\n\r\n", 0, BIG, true);
	conf.record_max_mb = 0;
	ck_assert_int_eq(add_event("rec-1", -1), 0);
	ck_assert_str_eq(failed(1), "larger than record_max_mb");
	ck_assert(!exists("rec-1.part"));
}
END_TEST

START_TEST(a_stalled_server_does_not_hold_up_a_stop)
{
	add_part(WHOLE, 0, 1000, true);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	RUN_UNTIL(exists("rec-1.part") && nserved == 1 && requests[0][0] != '\0');
	run_for(50);
	ck_assert_str_eq(row().state, "running");
	ck_assert_int_eq(jobs_busy(w.jobs), 0);		/* teardown stops in the middle */
}
END_TEST

/* RLIMIT_FSIZE stands in for a full disk: a write fails, SIGXFSZ is ignored. */
START_TEST(a_disk_that_takes_no_more_fails_the_attempt_only)
{
	struct rlimit	old, tight;

	(void)signal(SIGXFSZ, SIG_IGN);
	add_part(WHOLE, 0, BIG, false);
	add_part(WHOLE, 0, BIG, false);
	ck_assert_int_eq(add_event("rec-1", BIG), 0);
	store_flush(w.store);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
	tight = old;
	tight.rlim_cur = 150000;	/* below what the store has mapped it does not grow */
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
	RUN_UNTIL(nserved == 1 && w.stats.jobs_again == 1);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	ck_assert(!exists("rec-1.part"));
	while (strcmp(row().state, "waiting") != 0) {
		/* its row could not be written either: the lease brings it back */
		end_webhookd();
		vonage_free(w.vonage);
		begin();
		if (narrived > 0)
			break;
		run_for(50);
		if (strcmp(row().state, "done") == 0)
			break;
	}
	if (strcmp(row().state, "waiting") == 0)
		hasten();
	check_arrived(BIG);
}
END_TEST

START_TEST(events_without_a_recording_are_refused)
{
	static const char *const	bodies[] = { "{}", "{\"recording_url\":\"\",\"size\":0}",
	    "{\"recording_url\":\"https://api.nexmo.com/v1/files/a\",\"size\":0}",
	    "{\"recording_url\":\"https://evil.example/v1/files/a\",\"size\":1}",
	    "{\"recording_url\":\"http://api.nexmo.com/v1/files/a\",\"size\":1}", "{\"recording_url\":7}" };
	struct json_object	*o;
	size_t			 i;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		o = json_parse(bodies[i], strlen(bodies[i]), NULL);
		ck_assert_int_eq(fetch_add(&w, &call, o, NULL, NULL), -1);
		ck_assert_int_eq(errno, i == 3 || i == 4 ? EPERM : EINVAL);
		json_object_put(o);
	}
	ck_assert_uint_eq(w.stats.downloads_refused, 6);
	store_flush(w.store);
	ck_assert_int_eq(row().id, 0);
}
END_TEST

START_TEST(formats_are_told_by_their_bytes)
{
	ck_assert_str_eq(fetch_format("RIFF\x01\x02\x03\x04WAVEfmt ", 16, "audio/mpeg"), "wav");
	ck_assert_str_eq(fetch_format("ID3\x04", 4, ""), "mp3");
	ck_assert_str_eq(fetch_format("\xff\xfb\x90\x00", 4, ""), "mp3");
	ck_assert_str_eq(fetch_format("OggS", 4, ""), "ogg");
	ck_assert_str_eq(fetch_format("????", 4, "audio/mpeg; x=y"), "mp3");
	ck_assert_ptr_null(fetch_format("{\"a\":1}", 7, "application/json"));
	ck_assert_ptr_null(fetch_format("", 0, ""));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_recording_arrives_whole);
	tcase_add_test(tc, a_recording_of_nobody_is_kept_too);
	tcase_add_test(tc, it_goes_on_where_it_was_cut);
	tcase_add_test(tc, another_process_goes_on_too);
	tcase_add_test(tc, a_server_without_ranges_is_read_anew);
	tcase_add_loop_test(tc, the_rest_of_another_version_is_not_taken, 0, sizeof(other_rests) / sizeof(other_rests[0]));
	tcase_add_loop_test(tc, what_fails_leaves_no_file, 0, sizeof(fails) / sizeof(fails[0]));
	tcase_add_test(tc, what_is_no_audio_is_not_kept);
	tcase_add_test(tc, a_size_that_stays_wrong_is_believed_to_be);
	tcase_add_test(tc, a_401_is_asked_again_with_a_new_token);
	tcase_add_test(tc, one_that_is_too_large_is_not_kept);
	tcase_add_test(tc, a_stalled_server_does_not_hold_up_a_stop);
	tcase_add_test(tc, a_disk_that_takes_no_more_fails_the_attempt_only);
	tcase_add_test(tc, events_without_a_recording_are_refused);
	tcase_add_test(tc, formats_are_told_by_their_bytes);
}

int
main(void)
{
	return run_cases("fetch", setup, teardown, add);
}
