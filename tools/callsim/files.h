/* SPDX-License-Identifier: ISC */
/*
 * files: what callsim recorded, served as Vonage serves recordings:
 * GET /v1/files/ID with a bearer token (spec/vonage.md 8), by callsim's own
 * HTTP server (rest.h), whole or a range of bytes (RFC 7233: one range,
 * If-Range). A file stays until the process ends.
 *
 * On request it fails as networks and servers do: files_fault_parse(). Each
 * answer is a line "file" of the log (simlog.h).
 */
#ifndef CALLSIM_FILES_H
#define CALLSIM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_MAX	100000		/* published at once; more are refused */
#define FILES_URL_SIZE	160
#define FILES_FAULTS_MAX 8
#define FILES_SLOW_BYTES 8000		/* bytes a second of slow without a number */
#define FILES_STALL_MS	120000		/* then a stalled answer is ended */

struct evhttp_request;
struct sim;

enum files_mode {
	FILES_404, FILES_500,	/* instead of the file */
	FILES_NO_RANGE,		/* Range is not heeded: 200 and the whole file */
	FILES_STALL,		/* after value bytes (0: half of them) nothing more comes */
	FILES_RESET_AT,		/* after value bytes the connection is reset; what is shorter passes */
	FILES_SLOW,		/* value bytes a second */
	FILES_TRUNCATE,		/* half of the bytes, then the connection is closed */
	FILES_WRONG_LENGTH	/* Content-Length tells 100 bytes more than come */
};

struct files_fault {
	enum files_mode	 mode;
	int64_t		 value;
	int64_t		 count;	/* of each file only the first answers so; 0: all */
};
struct files_options {		/* in struct sim_options */
	struct files_fault faults[FILES_FAULTS_MAX];
	size_t		 nfaults;
};

/*
 * "404-first:N", "500-first:N", "no-range", "stall[:BYTES]", "reset-at:BYTES",
 * "slow[:BYTES]", "truncate", "wrong-length"; all but the first two may end
 * with ",COUNT". 0, or -1 with EINVAL.
 */
int	files_fault_parse(struct files_fault *ret, const char *text);

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
