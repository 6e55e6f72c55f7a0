/* SPDX-License-Identifier: ISC */
/*
 * engine_openai: engines behind a server that speaks the OpenAI HTTP API
 * (spec/ai.md 0 to 3): BASE/audio/transcriptions, BASE/chat/completions
 * (streamed) and BASE/audio/speech (PCM, streamed). At most `queue` requests
 * of an engine run at once; more are refused with EAGAIN. Deadlines: to
 * connect, to the first byte, between bytes, in all (httpc.h).
 */
#ifndef BROKERD_ENGINE_OPENAI_H
#define BROKERD_ENGINE_OPENAI_H

#include "brokerd/config.h"
#include "brokerd/engine.h"
#include "common/httpc.h"

/* conf is copied; h is borrowed and must outlive the engine. NULL with errno. */
struct engine *engine_openai_new(struct httpc *h, const struct engine_conf *conf);

#endif
