/* SPDX-License-Identifier: ISC */
/* exec_request: requests and answers of callpipe-engine(7) as JSON. Pure. */
#ifndef BROKERD_EXEC_REQUEST_H
#define BROKERD_EXEC_REQUEST_H

#include <stdint.h>

#include "brokerd/engine.h"
#include "common/buf.h"
#include "common/json.h"

/* The line (without newline) of a request; PCM follows for stt. 0; -1 with ENOMEM, EMSGSIZE. */
int	exec_request_encode(const struct engine_request *rq, enum engine_service service, int64_t id, struct buf *out);
/* What an answer says. Texts are borrowed from obj. */
enum exec_answer { EXEC_MORE, EXEC_DONE, EXEC_ERROR };
enum exec_answer exec_answer_decode(struct json_object *obj, enum engine_service service, struct engine_result *ret);
/* The action that a tool call of that name stands for: "hangup", "transfer" or NULL. */
const char *exec_tool_action(const char *name);

#endif
