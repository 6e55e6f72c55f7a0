#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow menu, callsim on both sides: English by key and by speech, Farsi by key with our own voice,
# three failures lead to a person who answers; webhookd is killed (-9) between question and key.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_conf menu
flow_start supervise

script key <<'S'
wait-input
press 2
expect-text "One moment, please."
wait-connected
say-text "what are your opening hours"
wait-reply-begin
expect-reply
wait-reply-end
hangup
S
sim key --calls 1 --inbound "447700900001,$OURS,$RUN/key.script"
sim_over key
ok "a caller presses 2 and speaks with the assistant"
