/* SPDX-License-Identifier: ISC */
/*
 * What the tests of vonage, jobs and fetch share: a loop, and a server that
 * plays Vonage on a free port: it notes each request and answers as scripted.
 */
#ifndef TESTS_UNIT_VONAGE_FIXTURE_H
#define TESTS_UNIT_VONAGE_FIXTURE_H

#include <sys/socket.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "common/clock.h"
#include "common/httpc.h"
#include "common/json.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/mem.h"
#include "webhookd/vonage.h"

#define APP	"11111111-2222-3333-4444-555555555555"
#define ASKED	(VONAGE_PAGES_MAX + 28)

struct asked {			/* a request as it came */
	char	method[8], path[512], auth[2048], type[64], range[64], if_range[128], body[8192];
	int64_t	at_ms;
};
struct answer {			/* status 0: close without a word */
	int	 status;
	const char *body;
	const char *header, *value;	/* NULL none */
};

static struct loop		*loop;
static struct event_base	*base;
static struct httpc		*client;
static struct evhttp		*server;
static char			 server_base[64], pem[4096];
static struct asked		 asked[ASKED];
static int			 nasked;
static struct answer		 answers[ASKED];
static int			 nanswers;	/* scripted; later ones get 200 {} */
static void			(*serve)(struct evhttp_request *req);	/* NULL: as scripted */

static inline void
add_answer(int status, const char *body)
{
	answers[nanswers++] = (struct answer){ status, body, NULL, NULL };
}

static inline void
copy_header(char *out, size_t size, struct evhttp_request *req, const char *name)
{
	const char	*v = evhttp_find_header(evhttp_request_get_input_headers(req), name);

	(void)snprintf(out, size, "%s", v != NULL ? v : "");
}

static inline void
reply_with(struct evhttp_request *req, const struct answer *a)
{
	struct evbuffer	*out = evbuffer_new();

	if (a->status == 0) {
		evbuffer_free(out);
		evhttp_connection_free(evhttp_request_get_connection(req));
		return;
	}
	if (a->header != NULL)
		(void)evhttp_add_header(evhttp_request_get_output_headers(req), a->header, a->value);
	if (a->body != NULL)
		(void)evbuffer_add(out, a->body, strlen(a->body));
	evhttp_send_reply(req, a->status, "x", out);
	evbuffer_free(out);
}

static inline void
on_asked(struct evhttp_request *req, void *arg)
{
	static const struct answer	 fine = { 200, "{}", NULL, NULL };
	struct evbuffer			*in = evhttp_request_get_input_buffer(req);
	struct asked			*a;
	int				 n = nasked;

	(void)arg;
	ck_assert_int_lt(nasked, ASKED);
	a = &asked[nasked++];
	memset(a, 0, sizeof(*a));
	switch ((int)evhttp_request_get_command(req)) {
	case EVHTTP_REQ_GET: memcpy(a->method, "GET", 4); break;
	case EVHTTP_REQ_POST: memcpy(a->method, "POST", 5); break;
	case EVHTTP_REQ_PUT: memcpy(a->method, "PUT", 4); break;
	case EVHTTP_REQ_DELETE: memcpy(a->method, "DELETE", 7); break;
	}
	a->at_ms = clock_mono_ms();
	(void)snprintf(a->path, sizeof(a->path), "%s", evhttp_request_get_uri(req));
	copy_header(a->auth, sizeof(a->auth), req, "Authorization");
	copy_header(a->type, sizeof(a->type), req, "Content-Type");
	copy_header(a->range, sizeof(a->range), req, "Range");
	copy_header(a->if_range, sizeof(a->if_range), req, "If-Range");
	(void)evbuffer_copyout(in, a->body, sizeof(a->body) - 1);
	if (serve != NULL)
		serve(req);
	else
		reply_with(req, n < nanswers ? &answers[n] : &fine);
}

static inline void
give_up(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ck_abort_msg("waited too long for %s", (const char *)arg);
}

#define RUN_UNTIL(condition)	do {							\
	struct event	*guard_ = evtimer_new(base, give_up, (void *)(uintptr_t)#condition);	\
	(void)event_add(guard_, &(struct timeval){ 20, 0 });				\
	while (!(condition))								\
		(void)event_base_loop(base, EVLOOP_ONCE);				\
	event_free(guard_);								\
} while (0)

static inline void
tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	++*(int *)arg;
}

/* Nothing is to happen meanwhile. */
static inline void
run_for(int ms)
{
	int		 over = 0;
	struct event	*ev = evtimer_new(base, tick, &over);

	(void)event_add(ev, &(struct timeval){ ms / 1000, ms % 1000 * 1000 });
	RUN_UNTIL(over > 0);
	event_free(ev);
}

/* A key of this run; once for all tests. */
static inline void
make_key(void)
{
	EVP_PKEY	*key = EVP_RSA_gen(2048);
	BIO		*out = BIO_new(BIO_s_mem());
	int		 n;

	ck_assert(key != NULL && out != NULL);
	ck_assert_int_eq(PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
	n = BIO_read(out, pem, sizeof(pem) - 1);
	ck_assert_int_gt(n, 100);
	pem[n] = '\0';
	BIO_free(out);
	EVP_PKEY_free(key);
}

static inline void
setup_server(void)
{
	struct sockaddr_in		 sin;
	socklen_t			 len = sizeof(sin);
	struct evhttp_bound_socket	*bound;

	(void)signal(SIGPIPE, SIG_IGN);
	if (pem[0] == '\0')
		make_key();
	loop = loop_new(&loop_libevent);
	ck_assert_ptr_nonnull(loop);
	base = loop_native(loop);
	client = httpc_new(base, 32);
	server = evhttp_new(base);
	evhttp_set_allowed_methods(server, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE);
	evhttp_set_gencb(server, on_asked, NULL);
	bound = evhttp_bind_socket_with_handle(server, "127.0.0.1", 0);
	ck_assert(client != NULL && bound != NULL);
	ck_assert_int_eq(getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&sin, &len), 0);
	(void)snprintf(server_base, sizeof(server_base), "http://127.0.0.1:%d", ntohs(sin.sin_port));
	nasked = nanswers = 0;
	serve = NULL;
}

static inline void
teardown_server(void)
{
	httpc_free(client);
	evhttp_free(server);
	loop_free(loop);
}

/* main() of a test */
static inline int
run_cases(const char *name, void (*setup)(void), void (*teardown)(void), void (*add)(TCase *tc))
{
	Suite	*suite = suite_create(name);
	TCase	*tc = tcase_create(name);
	SRunner	*runner;
	int	 failed;

	log_open(name, LOG_LVL_ERROR, open("/dev/null", O_WRONLY));	/* failures are made on purpose */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add(tc);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}

#endif
