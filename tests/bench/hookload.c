/* SPDX-License-Identifier: ISC */
/*
 * hookload: webhooks at a fixed rate, signed and retried as Vonage does it
 * (spec/vonage.md 1.2, 6), for the question what becomes of them while
 * webhookd is restarted.
 *
 *   hookload -p PORT -r RATE -s SECONDS [-c CONNECTIONS] [-w RETRY_MS] [-k SECRET-FILE]
 *            [-a APPLICATION] [-n API-KEY] -o ACKED [-x PERCENT:COMMAND]...
 *
 * Each call has eight webhooks: the answer, three events of its leg, four of
 * its socket's and again its own end. They are due on a clock, whatever became
 * of those before (nobody at Vonage waits for us); a free connection is taken,
 * else one more is opened, and with -c of them in use they wait. One that was
 * reset, timed out or answered 429, 503 or 504 is tried once more after -w ms, every
 * second one with the same token (UNCONFIRMED which is right).
 *
 * ACKED gets a line "leg kind status" for each 2xx: what must be a row of
 * events. -x runs a command by sh when so much has been sent. A JSON object of
 * figures goes to standard output; latencies are from the due time to the
 * answer. 0 when all was sent, whatever came back.
 */
#include <sys/queue.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/b64.h"
#include "common/buf.h"
#include "common/clock.h"
#include "common/mem.h"
#include "common/num.h"

#define PER_CALL	8
#define ROW		64	/* calls that go on at once: a call's webhooks are that far apart */
#define ANSWER_MS	5000	/* time-outs of spec/vonage.md 1.2 */
#define EVENT_MS	10000
#define CONNECT_MS	1000
#define TICK_US		1000
#define AT_MAX		8
#define HEAD_MAX	65536

enum outcome { ACKED, REFUSED, GIVEN_UP };

struct hook {
	TAILQ_ENTRY(hook) entry;
	uint32_t	 n;
	int		 tries;
	int64_t		 due_us;	/* mono; of a retry: when it is to be sent */
	char		*body, *token;	/* as sent; token NULL: a new one is wanted */
	size_t		 body_len;
};
TAILQ_HEAD(hooks, hook);

struct conn {
	struct bufferevent *bev;	/* NULL: not connected */
	bool		 up;
	struct hook	*hook;		/* under way */
	int64_t		 sent_us;
};

static struct {
	uint16_t	 port;
	int64_t		 rate, seconds, nconns, retry_ms, total;
	const char	*application, *api_key, *acked;
	char		 secret[256];
	size_t		 secret_len;
	struct { int64_t percent; char *command; bool done; } at[AT_MAX];
	size_t		 nat;
} opt = { .rate = 1000, .seconds = 30, .nconns = 256, .retry_ms = 1000, .application = "11111111-2222-3333-4444-555555555555" };

static struct {
	int64_t	 sent, done[3], retried, acked_by_retry, resets, timeouts, again, waited_max;
	uint32_t *latency_us;		/* of the acked ones */
	size_t	 nlatency;
} got;

static struct event_base *base;
static struct event	*tick_event;
static struct conn	*conns;
static struct hooks	 waiting = TAILQ_HEAD_INITIALIZER(waiting), retries = TAILQ_HEAD_INITIALIZER(retries);
static int64_t		 nwaiting, begin_us, last_us, issued;
static char		 run_id[17];
static FILE		*acked_file;
extern char		**environ;

static void	conn_send(struct conn *c);

static void
die(const char *what)
{
	fprintf(stderr, "hookload: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- what is sent ---- */

static const struct { const char *kind, *status; bool socket; } steps[PER_CALL] = {
	{ "answer", "", false }, { "status", "started", false }, { "status", "ringing", false },
	{ "status", "answered", false }, { "status", "started", true }, { "status", "answered", true },
	{ "status", "completed", true }, { "status", "completed", false },
};

/* ROW calls side by side, step after step. */
static uint32_t
call_of(uint32_t n)
{
	return n / (ROW * PER_CALL) * ROW + n % ROW;
}

static unsigned
step_of(uint32_t n)
{
	return n / ROW % PER_CALL;
}

static void
leg_of(uint32_t n, bool socket, char out[33])
{
	(void)snprintf(out, 33, "%s%s%015x", run_id, socket ? "e" : "0", call_of(n));
}

static void
body_make(struct hook *h)
{
	unsigned	step = step_of(h->n);
	char		leg[33], call[33], at[CLOCK_ISO_SIZE];
	struct buf	b;

	leg_of(h->n, steps[step].socket, leg);
	leg_of(h->n, false, call);
	buf_init(&b, 4096);
	(void)buf_printf(&b, "{\"uuid\":\"%s\",\"conversation_uuid\":\"CON-%s\",", leg, call);
	if (steps[step].socket)
		(void)buf_printf(&b, "\"from\":\"442079460000\",\"to\":\"wss://bridge.example.net/media\",\"headers\":{\"call\":\"%s\"},", call);
	else
		(void)buf_printf(&b, "\"from\":\"4477%08u\",\"to\":\"442079460000\",", call_of(h->n));
	if (step == 0)
		(void)buf_puts(&b, "\"endpoint_type\":\"phone\"}");
	else
		(void)buf_printf(&b, "\"status\":\"%s\",\"direction\":\"%s\",%s\"timestamp\":\"%s\"}", steps[step].status,
		    steps[step].socket ? "outbound" : "inbound", step == PER_CALL - 1 ? "\"duration\":\"7\"," : "",
		    clock_iso(clock_wall_ms(), at));
	if ((h->body = buf_steal(&b, &h->body_len)) == NULL)
		die("body");
}

static char *
token_of(const struct hook *h)
{
	static const char	head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	uint8_t			hash[EVP_MAX_MD_SIZE], mac[EVP_MAX_MD_SIZE];
	unsigned		mac_len = sizeof(mac), i;
	char			claims[512], hex[65];
	struct buf		b;
	int			len;

	if (EVP_Digest(h->body, h->body_len, hash, NULL, EVP_sha256(), NULL) != 1)
		die("digest");
	for (i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	len = snprintf(claims, sizeof(claims), "{\"iat\":%lld,\"jti\":\"%s-%u-%d\",\"iss\":\"Vonage\",\"payload_hash\":\"%s\","
	    "\"api_key\":\"%s\",\"application_id\":\"%s\"}", (long long)(clock_wall_ms() / 1000), run_id, h->n, h->tries, hex,
	    opt.api_key != NULL ? opt.api_key : "a1b2c3d4", opt.application);
	buf_init(&b, 4096);
	(void)b64url_append(&b, head, sizeof(head) - 1);
	(void)buf_putc(&b, '.');
	(void)b64url_append(&b, claims, (size_t)len);
	(void)HMAC(EVP_sha256(), opt.secret, (int)opt.secret_len, (const uint8_t *)b.data, b.len, mac, &mac_len);
	(void)buf_putc(&b, '.');
	(void)b64url_append(&b, mac, mac_len);
	return buf_steal(&b, NULL);
}

/* ---- what became of it ---- */

static void
hook_end(struct hook *h, enum outcome outcome)
{
	char	leg[33];

	got.done[outcome]++;
	if (outcome == ACKED) {
		leg_of(h->n, steps[step_of(h->n)].socket, leg);
		fprintf(acked_file, "%s %s %s\n", leg, steps[step_of(h->n)].kind, steps[step_of(h->n)].status);
		got.acked_by_retry += h->tries > 1;
		if (h->tries == 1)
			got.latency_us[got.nlatency++] = (uint32_t)(clock_mono_us() - h->due_us);
	}
	last_us = clock_mono_us();
	free(h->body);
	free(h->token);
	free(h);
	if (got.done[ACKED] + got.done[REFUSED] + got.done[GIVEN_UP] == opt.total)
		(void)event_base_loopbreak(base);
}

/* Tried once more, if it was the first time: the same body, and of every second one the same token. */
static void
hook_failed(struct hook *h)
{
	if (h->tries > 1) {
		hook_end(h, GIVEN_UP);
		return;
	}
	got.retried++;
	h->due_us = clock_mono_us() + opt.retry_ms * 1000;
	if (h->n % 2 != 0) {
		free(h->token);
		h->token = NULL;
	}
	TAILQ_INSERT_TAIL(&retries, h, entry);
}

/* ---- connections ---- */

static void
conn_close(struct conn *c)
{
	struct hook	*h = c->hook;

	if (c->bev != NULL)
		bufferevent_free(c->bev);
	*c = (struct conn){ 0 };
	if (h != NULL)
		hook_failed(h);
}

static void
conn_idle(struct conn *c)
{
	struct hook	*h = TAILQ_FIRST(&waiting);

	c->hook = NULL;
	if (h == NULL)
		return;
	TAILQ_REMOVE(&waiting, h, entry);
	nwaiting--;
	c->hook = h;
	h->tries++;
	conn_send(c);
}

static void
answered(struct conn *c, int status, bool close)
{
	struct hook	*h = c->hook;

	c->hook = NULL;
	if (status >= 200 && status < 300)
		hook_end(h, ACKED);
	else if (status == 429 || status == 503 || status == 504) {
		got.again++;
		hook_failed(h);
	} else {
		fprintf(stderr, "hookload: status %d\n", status);
		hook_end(h, REFUSED);
	}
	if (close)
		conn_close(c);
	else
		conn_idle(c);
}

/* An answer as webhookd makes them: a head, and a body of Content-Length bytes. */
static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer		*in = bufferevent_get_input(bev);
	struct evbuffer_ptr	 end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	struct conn		*c = arg;
	char			*line, *value;
	int64_t			 len = 0;
	long			 status;
	bool			 close = false;
	size_t			 head;

	if (end.pos == -1 || c->hook == NULL) {
		if (c->hook == NULL || evbuffer_get_length(in) > HEAD_MAX)
			conn_close(c);
		return;
	}
	head = (size_t)end.pos + 4;
	if ((value = (char *)evbuffer_pullup(in, (ev_ssize_t)head)) == NULL)
		die("memory");
	if ((line = mem_strndup(value, head - 4)) == NULL)
		die("memory");
	status = head > 12 ? strtol(line + 9, NULL, 10) : 0;
	if ((value = strcasestr(line, "\r\nContent-Length:")) != NULL)
		len = strtol(value + 17, NULL, 10);
	close = strcasestr(line, "\r\nConnection: close") != NULL;
	free(line);
	if (evbuffer_get_length(in) < head + (size_t)len)
		return;
	(void)evbuffer_drain(in, head + (size_t)len);
	answered(c, (int)status, close);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct conn	*c = arg;

	(void)bev;
	if ((what & BEV_EVENT_CONNECTED) != 0) {
		c->up = true;
		conn_send(c);
		return;
	}
	if (c->hook != NULL)
		got.resets++;
	conn_close(c);
}

static void
conn_open(struct conn *c)
{
	struct sockaddr_in	sin = { .sin_family = AF_INET, .sin_port = htons(opt.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if ((c->bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS)) == NULL)
		die("socket");
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	c->sent_us = clock_mono_us();
	if (bufferevent_socket_connect(c->bev, (struct sockaddr *)&sin, sizeof(sin)) == -1 && c->hook != NULL) {
		got.resets++;
		conn_close(c);
	}
}

static void
conn_send(struct conn *c)
{
	struct hook	*h = c->hook;

	if (!c->up || h == NULL)
		return;
	if (h->body == NULL)
		body_make(h);
	if (h->token == NULL && opt.secret_len > 0)
		h->token = token_of(h);
	c->sent_us = clock_mono_us();
	(void)evbuffer_add_printf(bufferevent_get_output(c->bev), "POST /webhooks/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
	    "Content-Type: application/json\r\n%s%s%sContent-Length: %zu\r\n\r\n%s", step_of(h->n) == 0 ? "answer" : "event", opt.port,
	    h->token != NULL ? "Authorization: Bearer " : "", h->token != NULL ? h->token : "", h->token != NULL ? "\r\n" : "",
	    h->body_len, h->body);
}

/* An idle connection, else a new one, else it waits. */
static void
hook_start(struct hook *h)
{
	struct conn	*c, *fresh = NULL;
	int64_t		 i;

	for (i = 0; i < opt.nconns; i++) {
		c = &conns[i];
		if (c->up && c->hook == NULL) {
			c->hook = h;
			h->tries++;
			conn_send(c);
			return;
		}
		if (c->bev == NULL && fresh == NULL)
			fresh = c;
	}
	if (fresh != NULL) {
		fresh->hook = h;
		h->tries++;		/* one that cannot connect was a try too */
		conn_open(fresh);
		return;
	}
	TAILQ_INSERT_TAIL(&waiting, h, entry);
	if (++nwaiting > got.waited_max)
		got.waited_max = nwaiting;
}

/* ---- the clock ---- */

static void
run(char *command)
{
	char	sh[] = "sh", c[] = "-c", *argv[] = { sh, c, command, NULL };
	pid_t	 pid;

	if (posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) != 0)
		die(command);
	fprintf(stderr, "hookload: after %lld: %s\n", (long long)issued, command);
}

static void
time_out(int64_t now)
{
	int64_t	i, limit;

	for (i = 0; i < opt.nconns; i++) {
		if (conns[i].hook == NULL)
			continue;
		limit = !conns[i].up ? CONNECT_MS : step_of(conns[i].hook->n) == 0 ? ANSWER_MS : EVENT_MS;
		if (now - conns[i].sent_us < limit * 1000)
			continue;
		got.timeouts++;
		conn_close(&conns[i]);
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	int64_t		 now = clock_mono_us(), due = (now - begin_us) * opt.rate / 1000000;
	struct hook	*h;
	size_t		 i;

	(void)fd;
	(void)what;
	(void)arg;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
	for (; issued < opt.total && issued < due; issued++) {
		if ((h = mem_calloc(1, sizeof(*h))) == NULL)
			die("memory");
		h->n = (uint32_t)issued;
		h->due_us = begin_us + issued * 1000000 / opt.rate;
		hook_start(h);
	}
	while ((h = TAILQ_FIRST(&retries)) != NULL && h->due_us <= now) {
		TAILQ_REMOVE(&retries, h, entry);
		hook_start(h);
	}
	for (i = 0; i < opt.nat; i++) {
		if (!opt.at[i].done && issued * 100 >= opt.at[i].percent * opt.total) {
			opt.at[i].done = true;
			run(opt.at[i].command);
		}
	}
	time_out(now);
}

/* ---- the figures ---- */

static int
compare(const void *a, const void *b)
{
	uint32_t	x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static double
part_ms(double part)
{
	size_t	i = (size_t)((double)got.nlatency * part);

	if (got.nlatency == 0)
		return 0;
	return got.latency_us[i < got.nlatency ? i : got.nlatency - 1] / 1000.0;
}

static void
tell(void)
{
	qsort(got.latency_us, got.nlatency, sizeof(*got.latency_us), compare);
	printf("{\"sent\":%lld,\"acked\":%lld,\"refused\":%lld,\"given_up\":%lld,\"retried\":%lld,\"acked_by_retry\":%lld,"
	    "\"resets\":%lld,\"timeouts\":%lld,\"again\":%lld,\"waited_max\":%lld,\"seconds\":%.2f,\"rate\":%.1f,"
	    "\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f}\n",
	    (long long)issued, (long long)got.done[ACKED], (long long)got.done[REFUSED], (long long)got.done[GIVEN_UP],
	    (long long)got.retried, (long long)got.acked_by_retry, (long long)got.resets, (long long)got.timeouts,
	    (long long)got.again, (long long)got.waited_max, (double)(last_us - begin_us) / 1e6,
	    (double)got.done[ACKED] * 1e6 / (double)(last_us - begin_us), part_ms(0.5), part_ms(0.99), part_ms(1));
}

/* ---- options ---- */

static void
usage(void)
{
	fprintf(stderr, "usage: hookload -p port -o acked [-r rate] [-s seconds] [-c connections] [-w retry_ms]\n"
	    "                [-k secret-file] [-a application] [-n api-key] [-x percent:command]...\n");
	exit(2);
}

static int64_t
number(const char *text, int64_t min, int64_t max)
{
	int64_t	v;

	if (num_parse(text, min, max, &v) == -1)
		usage();
	return v;
}

static void
read_secret(const char *path)
{
	FILE	*f = fopen(path, "re");

	if (f == NULL || (opt.secret_len = fread(opt.secret, 1, sizeof(opt.secret), f)) == 0 || opt.secret_len == sizeof(opt.secret))
		die(path);
	(void)fclose(f);
}

static void
read_at(char *text)
{
	char	*colon = strchr(text, ':');

	if (colon == NULL || opt.nat == AT_MAX)
		usage();
	*colon = '\0';
	opt.at[opt.nat].percent = number(text, 0, 100);
	opt.at[opt.nat++].command = colon + 1;
}

static void
read_options(int argc, char *argv[])
{
	int	c;

	while ((c = getopt(argc, argv, "a:c:k:n:o:p:r:s:w:x:")) != -1) {
		switch (c) {
		case 'a': opt.application = optarg; break;
		case 'c': opt.nconns = number(optarg, 1, 10000); break;
		case 'k': read_secret(optarg); break;
		case 'n': opt.api_key = optarg; break;
		case 'o': opt.acked = optarg; break;
		case 'p': opt.port = (uint16_t)number(optarg, 1, 65535); break;
		case 'r': opt.rate = number(optarg, 1, 100000); break;
		case 's': opt.seconds = number(optarg, 1, 3600); break;
		case 'w': opt.retry_ms = number(optarg, 0, 60000); break;
		case 'x': read_at(optarg); break;
		default: usage();
		}
	}
	if (optind != argc || opt.port == 0 || opt.acked == NULL)
		usage();
	opt.total = opt.rate * opt.seconds / (ROW * PER_CALL) * (ROW * PER_CALL);	/* whole calls */
	if (opt.total == 0)
		opt.total = ROW * PER_CALL;
}

int
main(int argc, char *argv[])
{
	struct timeval	tv = { 0, TICK_US };

	read_options(argc, argv);
	if ((acked_file = fopen(opt.acked, "we")) == NULL)
		die(opt.acked);
	(void)snprintf(run_id, sizeof(run_id), "%016llx", (unsigned long long)clock_wall_ms());
	if ((conns = mem_calloc((size_t)opt.nconns, sizeof(*conns))) == NULL ||
	    (got.latency_us = mem_calloc((size_t)opt.total, sizeof(*got.latency_us))) == NULL ||
	    (base = event_base_new()) == NULL || (tick_event = event_new(base, -1, EV_PERSIST, on_tick, NULL)) == NULL)
		die("start");
	begin_us = clock_mono_us();
	(void)event_add(tick_event, &tv);
	(void)event_base_dispatch(base);
	if (ferror(acked_file) != 0 || fclose(acked_file) != 0)
		die(opt.acked);
	tell();
	return 0;
}
