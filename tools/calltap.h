/* SPDX-License-Identifier: ISC */
/*
 * calltap: what its files share. calltap.c reads the options and is the loop,
 * calltap_audio.c writes the audio of one call, calltap_line.c and
 * calltap_turns.c print.
 */
#ifndef TOOLS_CALLTAP_H
#define TOOLS_CALLTAP_H

#include <stdbool.h>
#include <stdint.h>

#include "tools/calltap_audio.h"
#include "tools/calltap_turns.h"
#include "tools/spectate.h"

enum tap_exit { TAP_OK = 0, TAP_FAILED = 1, TAP_USAGE = 2 };

struct tap_options {
	const char	*conf_path, *run_dir, *call, *audio_path;
	uint64_t	 kinds;		/* bits 1 << kind; 0: the usual ones */
	int64_t		 count;		/* 0: no end */
	int64_t		 seconds;	/* 0: no end */
	int64_t		 ready_fd;	/* -1: none */
	bool		 json, turns, stat, audio, no_color;
	enum mix_form	 form;
};

/* 0; else the exit status + 1 is returned and something was printed. */
int	tap_parse(int argc, char *argv[], struct tap_options *ret);

#endif
