/* SPDX-License-Identifier: ISC */
/*
 * flowvar: names of variables of flows (callpipe-flow(5)). Pure.
 */
#ifndef COMMON_FLOWVAR_H
#define COMMON_FLOWVAR_H

#include <stdbool.h>

/* The value comes with the call, or from what is said in it: neither a flow nor who places a call may set it. */
bool	flowvar_is_fixed(const char *name);

#endif
