/* SPDX-License-Identifier: ISC */
/* filereply: a file as an answer: whole, a range of it (RFC 9110 14), or its head. */
#ifndef WEBHOOKD_FILEREPLY_H
#define WEBHOOKD_FILEREPLY_H

struct http_req;

/*
 * Answers req with the regular file at path (200, 206, 416), never through a link.
 * cache: Cache-Control, NULL "no-store". -1 with errno: there is none; req is not answered.
 */
int	filereply_send(struct http_req *req, const char *path, const char *type, const char *cache);

#endif
