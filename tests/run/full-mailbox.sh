#!/bin/bash
# A vadd that stops reading: what cannot be sent to it is dropped and counted, nobody is hung up on.
# Its supervisor stands by: libzmq 4.3.4 may end a process that wakes up to connections that broke
# while a full mailbox had stopped their input ("Assertion failed: !_io_error").
. "$(dirname "$0")/lib.sh"
COMMON_EXTRA='mailbox_messages = 16; peer_dead_ms = 60000;'
configure
start_all supervise
cat > "$RUN/s.script" <<S
wait-connected
silence 300
run kill -STOP $(pid vadd)
silence 1500
say-text "what are your opening hours"
run kill -CONT $(pid vadd)
silence 500
say-text "what are your opening hours"
wait-reply-end
hangup
S
call full --script "$RUN/s.script" || fail "the call holds: $(jget "$RUN/full.json" '$.reason')"
ok "a call survives a full mailbox"
id=$(jget "$RUN/full.json" '$.uuid')
wait_row "select count(*) from turns where call = '$id' and user_text like '%opening hours%'" 1
ok "what was said after it was understood"
lost=$(($(stat_of sockd frames_unrouted) + $(stat_of sockd frames_audio_lost)))
[ "$lost" -gt 0 ] || fail "sockd counts what could not be sent: $lost"
ok "what could not be sent was counted: $lost"
