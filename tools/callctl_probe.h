/* SPDX-License-Identifier: ISC */
/*
 * callctl_probe: does another program, or a port, answer? Blocking, each with
 * a limit in milliseconds. Causes are texts for people.
 */
#ifndef TOOLS_CALLCTL_PROBE_H
#define TOOLS_CALLCTL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Run a program to its end, standard input and output closed off. Its exit status,
 * or -1 (not started, killed, late); the last line that it wrote to standard error is in last.
 */
int	probe_run(char *const argv[], int limit_ms, char *last, size_t last_size);
/*
 * Start an engine program (callpipe-engine(7)), wait for its first line, ping
 * it, end it. 0, and in detail what it said of itself; -1, and there the cause.
 */
int	probe_engine(char *const argv[], const char *service, int limit_ms, char *detail, size_t detail_size);
/* Connect to host and port of an http(s) URL by TCP. 0 or -1, detail as above. */
int	probe_url(const char *url, int limit_ms, char *detail, size_t detail_size);
/* Pure: host and port of a URL. false: it is none. */
bool	probe_split_url(const char *url, char *host, size_t host_size, char *port, size_t port_size);

#endif
