/* SPDX-License-Identifier: ISC */
/* openai: what the three engine_openai_*.c share; for them and engine_openai.c only. */
#ifndef BROKERD_OPENAI_H
#define BROKERD_OPENAI_H

#include "brokerd/chatstream.h"
#include "brokerd/engine_openai.h"
#include "brokerd/sse.h"
#include "brokerd/ttsbody.h"

#define OPENAI_REQUEST_MAX	(1u << 20)	/* of a JSON request */

struct openai_job;

struct openai {
	struct engine	 engine;
	struct httpc	*http;
	struct engine_conf conf;	/* texts owned */
	size_t		 running;
	/* of the service: fill in the request and start it; -1 with errno */
	int		 (*begin)(struct openai_job *j, const struct engine_request *rq);
	void		 (*end)(struct openai_job *j, const struct httpc_result *res);
	void		 (*clear)(struct openai_job *j);
};

struct openai_job {
	struct engine_job job;
	struct httpc_req *req;
	bool		 in_data;	/* its data callback runs */
	bool		 cancelled;	/* in it: the end tells nobody */
	struct sse	 sse;		/* chat */
	struct chatstream chat;
	struct buf	 body;		/* chat: an answer that is not streamed */
	bool		 whole;
	struct ttsbody	 speech;	/* tts */
};

struct openai *openai_of(const struct openai_job *j);
/*
 * Start POST base_url + path + query with the engine's key and deadlines; o has method, body or parts,
 * headers and on_data. 0, or -1 with errno.
 */
int	openai_post(struct openai_job *j, const char *path, struct httpc_opts *o);
/* JSON body. */
int	openai_post_json(struct openai_job *j, const char *path, const struct buf *body,
    int (*on_data)(void *arg, const char *type, const void *data, size_t len));
/* In a data callback: true, the job was cancelled and the callback must return -1. */
bool	openai_leave_data(struct openai_job *j);
/* The transfer failed or the server said no: tell it. true if it did. */
bool	openai_failed(struct openai_job *j, const struct httpc_result *res);

void	openai_stt_init(struct openai *o);
void	openai_chat_init(struct openai *o);
void	openai_tts_init(struct openai *o);

#endif
