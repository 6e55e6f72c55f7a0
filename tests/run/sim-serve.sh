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

# ---- a call that is placed: its NCCO and events are webhookd's ----
echo "{\"447700900125\": {\"greeting\": \"\", \"answer_after_ms\": 200, \"script_file\": \"$RUN/short.script\"}}" > "$RUN/phones.json"
"$BIN/tools/callsim/callsim" serve --base "$(base)" --calls 1 --log "$RUN/out.jsonl" --json "$RUN/out.json" \
    --phones "$RUN/phones.json" --rest-port-file "$RUN/port" 2> "$RUN/callsim.1.log" &
sim=$!
echo $sim > "$RUN/sim.pid"
touch "$RUN/out.jsonl"
timeout "$LIMIT" grep -m1 -q '"log":"ready"' <(timeout "$LIMIT" tail -n +1 -F "$RUN/out.jsonl" 2> /dev/null) || fail "it is ready"
curl -sS -m 10 -o "$RUN/created.json" -H 'Authorization: Bearer any' --data-binary "{\"to\":[{\"type\":\"phone\",\"number\":\"447700900125\"}],
    \"from\":{\"type\":\"phone\",\"number\":\"442079460000\"},\"answer_url\":[\"$(base)/webhooks/answer\"],\"answer_method\":\"POST\"}" \
    "http://127.0.0.1:$(cat "$RUN/port")/v1/calls" || fail "a call is created"
wait "$sim" || fail "it ends well: $(jget "$RUN/out.json" '$.calls[0].reason')"
[ "$(jget "$RUN/out.json" '$.numbers.447700900125')" = 1 ] || fail "one number was called once"
[ "$(jget "$RUN/out.json" '$.calls[0].connects')" = 1 ] || fail "the bot was connected to who was called"
wait_row "select state from v_calls where id = '$(jget "$RUN/created.json" '$.uuid')'" ended
ok "a call that is placed gets its NCCO from the answer URL"
