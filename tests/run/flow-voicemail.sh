#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow voicemail, callsim on both sides: what a caller says after the tone arrives as a file with its row,
# though the first download fails; # ends it, or silence does; a caller who hangs up in the middle has left a message too.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_conf voicemail
flow_start
script hash <<'S'
expect-text "leave a message after the tone"
wait-beep
say-text "please call me back tomorrow"
silence 500
press #
expect-text "Thank you"
wait-hangup
S
script silent <<'S'
wait-beep
say-text "this is a short message"
expect-text "Thank you" 9000
wait-hangup
S
script gone <<'S'
wait-beep
say-text "I have no time"
hangup
S
sim vm --calls 3 --recordings "$RUN/vonage" --files-fault 500-first:1 --inbound "447700900001,$OURS,$RUN/hash.script" \
    --inbound "447700900002,$OURS,$RUN/silent.script" --inbound "447700900003,$OURS,$RUN/gone.script"
seen vm '"recording_url"' 3
wait_row "select count(*) from recordings where sha256 is not null" 3
sim_over vm
