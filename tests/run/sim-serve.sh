#!/bin/bash
# callsim serve with the real daemons: inbound calls with scripts of their own, events watched in its log.
. "$(dirname "$0")/lib.sh"
configure
start_all
echo 'wait-connected
say-text "goodbye"
silence 200
hangup' > "$RUN/bye.script"
echo 'wait-connected
silence 200
hangup' > "$RUN/short.script"
timeout $((LIMIT * 2)) "$BIN/tools/callsim/callsim" serve --base "$(base)" --calls 2 --log "$RUN/sim.jsonl" \
    --json "$RUN/sim.json" --inbound "447700900123,442079460000,$RUN/bye.script" \
    --inbound "447700900124,442079460000,$RUN/short.script,300" 2> "$RUN/callsim.0.log" ||
    fail "both calls end well: $(jget "$RUN/sim.json" '$.calls[0].reason') $(jget "$RUN/sim.json" '$.calls[1].reason')"
[ "$(jget "$RUN/sim.json" '$.ended')/$(jget "$RUN/sim.json" '$.failed')" = 2/0 ] || fail "two ended"
ok "two inbound calls with scripts of their own"
[ "$(grep -c '"log":"call"' "$RUN/sim.jsonl")" = 2 ] || fail "each is in the log"
[ "$(grep -c '"status":"completed"' "$RUN/sim.jsonl")" -ge 4 ] || fail "the completed events of all legs are in the log"
grep -q '"log":"say".*goodbye' "$RUN/sim.jsonl" || fail "what was said is in the log"
wait_row "select count(*) from v_calls where state = 'ended'" 2
ok "everything that happened is in its log"
