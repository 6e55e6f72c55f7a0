/* SPDX-License-Identifier: ISC */
/*
 * files: what callsim recorded, served as Vonage serves recordings:
 * GET /v1/files/ID with a bearer token (spec/vonage.md 8), by callsim's own
 * HTTP server (rest.h). A file stays until the process ends.
 */
#ifndef CALLSIM_FILES_H
#define CALLSIM_FILES_H

#include <stdbool.h>
#include <stddef.h>

#define FILES_MAX	100000		/* published at once; more are refused */
#define FILES_URL_SIZE	160

struct evhttp_request;
struct sim;

/*
 * Publish the file at path under a new random id; type is its content type.
 * The text is static in the sim's table and lives as long as the sim.
 * NULL: ENOMEM, or ENOBUFS with FILES_MAX.
 */
const char *files_publish(struct sim *sim, const char *path, const char *type);
/* Answer a request below /v1/files/. false: the path is another, nothing was answered. */
bool	files_serve(struct sim *sim, struct evhttp_request *req);
void	files_clear(struct sim *sim);		/* forgets all; the files stay on disk */

#endif
