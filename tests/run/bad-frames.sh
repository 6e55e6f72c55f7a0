#!/bin/bash
# What a socket should never bring: frames of a wrong size, unknown text, a peer that stops reading. The call goes on.
. "$(dirname "$0")/lib.sh"
configure
start_all
cat > "$RUN/s.script" <<'S'
wait-connected
silence 300
send-bad-frame 319
send-bad-frame 1
send-text hello
send-text {"event":"websocket:unheard-of"}
send-text {"event":"websocket:dtmf","digit":"5","duration":260}
dtmf 7
say-text "what are your opening hours"
wait-reply-begin
stall 1500
silence 3000
say-text "what did i say"
wait-reply-end
expect-reply
hangup
S
call bad --script "$RUN/s.script" || fail "the call holds: $(jget "$RUN/bad.json" '$.reason')"
ok "a call survives frames of a wrong size, unknown text and a stall"
n=$(stat_of sockd frames_bad)
[ "${n:-0}" -ge 2 ] || fail "frames of a wrong size are counted: $n"
ok "frames of a wrong size are counted"
id=$(jget "$RUN/bad.json" '$.uuid')
wait_row "select count(*) from turns where call = '$id' and state = 'done'" 2
ok "both questions were answered"
grep -h -v 'level=debug' "$RUN"/*.log | grep -q -e '447700900' -e 'opening hours' -e "$CALLPIPE_TOKEN_SECRET" && fail "a log line above debug holds a number, words or a secret"
ok "no log line holds a number, words or a secret"
