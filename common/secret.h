/* SPDX-License-Identifier: ISC */
/*
 * secret: values of the configuration that come from elsewhere.
 *
 * "${file:PATH}" reads a file that group and others cannot read,
 * "${env:NAME}" the environment, "${cred:NAME}" a file in
 * $CREDENTIALS_DIRECTORY (systemd's LoadCredential). One trailing newline is
 * cut. Values are at most SECRET_MAX bytes and hold no NUL.
 */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define SECRET_MAX	8192

/*
 * The secret that text refers to; the caller frees it (wiping it first). ""
 * is an empty secret. NULL with the cause in why, which never holds the
 * secret: a literal value, an unreadable or too readable file, no such name.
 */
char *secret_resolve(const char *text, char *why, size_t why_size);
/* Ordinary text in which each ${env:NAME} is replaced; the caller frees it. NULL with the cause in why. */
char *secret_expand_env(const char *text, char *why, size_t why_size);

/* Compared in a time that depends on their lengths only. */
bool secret_equal(const char *a, const char *b);

#endif
