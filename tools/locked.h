/* SPDX-License-Identifier: ISC */
/*
 * locked: who holds an flock, without touching it.
 *
 * A daemon locks RUNDIR/NAME.lock while it lives. Trying the lock would be
 * simple, and could keep a daemon from starting in that very moment; so the kernel's
 * list of locks (proc(5), /proc/locks) is read instead.
 */
#ifndef TOOLS_LOCKED_H
#define TOOLS_LOCKED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The holder's process id, 0: nobody holds it (or there is no such file), -1: cannot be told (errno). */
pid_t	locked_by(const char *path);
/*
 * Pure: find the flock of device and inode in the text of /proc/locks. A lock
 * of that inode on another device number counts when there is no better one (overlay
 * and btrfs tell stat(2) other numbers than this list).
 */
pid_t	locked_find(const char *text, unsigned major, unsigned minor, uint64_t inode);

#endif
