/* SPDX-License-Identifier: ISC */
/*
 * notify: telling the supervisor (sd_notify(3) by hand, s6's newline).
 *
 * One datagram to $NOTIFY_SOCKET (a leading "@" is an abstract name). Without
 * that variable these do nothing and succeed.
 */
#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

#include <stdint.h>

/* state: "READY=1", "STOPPING=1", "WATCHDOG=1", "RELOADING=1". 0, or -1 with errno. */
int	notify_send(const char *state);
/* Microseconds between two WATCHDOG=1 (half of $WATCHDOG_USEC), or 0 when this process is not watched. */
int64_t	notify_watchdog_us(void);
/* Write a newline to fd and close it. 0, or -1 with errno. */
int	notify_fd(int fd);

#endif
