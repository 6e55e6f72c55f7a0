#!/bin/bash
# SPDX-License-Identifier: ISC
# The AI on a WebSocket gives a caller to a person: the flow assistant with its person_number, callsim on both sides.
# Somebody answers and both talk; nobody does and the AI goes on, knowing what was said. webhookd and brokerd are killed
# (-9) between the AI's order and the transfer, and the answer to the transfer is lost: still one person is rung, once.
LIMIT=${LIMIT:-40}
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_copy
flow_var assistant person_number 447700900099
cp "$TOP/etc/flows/assistant.json" "$FLOW_DIR/alone.json"		# nobody is set there
# an engine that wants a person whatever it is told
cat > "$RUN/stubborn" <<'S'
#!/bin/sh
echo '{"hello":"callpipe-engine","version":1,"kind":"chat","name":"stubborn","languages":["*"]}'
while read -r line; do
	id=$(printf %s "$line" | sed -n 's/.*"id":\([0-9]*\).*/\1/p')
	echo "{\"id\":$id,\"delta\":\"Please hold the line.\"}"
	echo "{\"id\":$id,\"done\":true,\"action\":\"transfer\"}"
done
S
chmod +x "$RUN/stubborn"
# shellcheck disable=SC2034
BROKERD_EXTRA="engines = ( { name = \"told\"; type = \"exec\"; service = \"chat\"; instances = 1;
		command = [ \"/bin/sh\", \"-c\", \"tee -a $RUN/chat.in | $BIN/brokerd/engines/engine_dialogue\" ]; },
	{ name = \"stubborn\"; type = \"exec\"; service = \"chat\"; command = [ \"$RUN/stubborn\" ]; } );
	assistants = ( { name = \"default\"; chat = [ \"told\" ]; }, { name = \"stubborn\"; chat = [ \"stubborn\" ]; } );"
flow_conf assistant "greeting_unknown = \"\"; routes = ( { called = \"44207001\"; flow = \"alone\"; },
	{ called = \"44207002\"; flow = \"alone\"; assistant = \"stubborn\"; } );"
flow_start supervise
wait_log brokerd 0 'event=phrases.ready'

# In a script of callsim: run bash $RUN/until QUERY, until that gives 1 (its shell has no read -t).
cat > "$RUN/until" <<U
until [ "\$(sqlite3 -readonly -cmd '.timeout 5000' "$RUN/callpipe.db" "\$1")" = 1 ]; do read -r -t 0.05 <> "$RUN/never" || :; done
U

rang() { jget "$RUN/$1.json" '$.numbers.447700900099'; }
transfers() { grep -c '"log":"rest".*"action":"transfer"' "$RUN/$1.jsonl"; }
call_of() { sql "select id from calls where caller = '$1'"; }

# ---- somebody answers ----
script person <<'S'
wait-connected
silence 300
say-text "I want to speak to a person"
wait-reply-end
wait-hangup 20000
S
answers='{"kind": "human", "greeting": "", "answer_after_ms": 300, "script": ["say-text \"this is a person\"", "silence 500", "hangup"]}'
phones <<< "{\"447700900099\": $answers}"
sim person --inbound "447700900001,$OURS,$RUN/person.script" --calls 1
sim_over person
seen person '"log":"say".*this is a person'
[ "$(rang person)" = 1 ] || fail "the person was rung once: $(rang person)"
wait_row "select state from v_calls where caller = '447700900001'" ended
id=$(call_of 447700900001)
[ "$(sql "select action || ' ' || state || ' ' || heard_text from turns where call = '$id' order by turn desc limit 1")" = \
    "transfer done I am connecting you to a person." ] || fail "the announcement was heard to its end: $(sql "select turn, state, action, heard_text from turns where call = '$id'")"
[ "$(sql "select group_concat(kind || ' ' || state) from jobs where call = '$id' and kind = 'transfer'")" = "transfer done" ] || fail "one job: $(sql "select * from jobs")"
[ "$(sql "select step from flow_states where call = '$id'")" = person ] || fail "in the step person"
grep 'event=call.reconnect\|event=hangup ' "$RUN"/*.log && fail "the socket that ended is not connected again, and nothing is hung up"
ok "who asks the AI for a person is connected to one after its last word"

# ---- nobody answers ----
script back <<'S'
wait-connected
silence 300
say-text "i would like to book a table for two"
wait-reply-end
silence 200
say-text "I want to speak to a person"
expect-text "nobody is free" 15000
wait-talk-end
wait-connected
silence 500
say-text "what did i say"
wait-reply-end
silence 200
say-text "goodbye"
wait-hangup 20000
S
phones <<< '{"447700900099": {"kind": "busy", "after_ms": 300}}'
sim back --inbound "447700900002,$OURS,$RUN/back.script" --calls 1
sim_over back
[ "$(rang back)" = 1 ] || fail "the person was rung once: $(rang back)"
wait_row "select state from v_calls where caller = '447700900002'" ended
id=$(call_of 447700900002)
sql "select turn, state, user_text, heard_text, action from turns where call = '$id'" | sed 's/^/# /'
[ "$(sql "select count(*) from turns where call = '$id' and user_text = 'what did i say' and heard_text like 'You said: %person%'")" = 1 ] || fail "the history goes on"
grep -q '"content":"\[caller is back on the line\] what did i say"' "$RUN/chat.in" || fail "the engine is told that the caller is back: $(tail -n 3 "$RUN/chat.in")"
[ "$(sql "select count(*) from turns where call = '$id' and action = 'hangup' and state = 'done'")" = 1 ] || fail "the AI ends the call"
ok "when nobody answers the AI goes on where it was"

# ---- there is nobody ----
script alone <<'S'
wait-connected
silence 300
say-text "I want to speak to a person"
wait-reply-end
silence 200
say-text "goodbye"
wait-hangup 20000
S
sim alone --inbound "447700900003,44207001,$RUN/alone.script" --calls 1
sim_over alone
id=$(call_of 447700900003)
[ "$(sql "select count(*) from turns where call = '$id' and heard_text like '%no person%' and coalesce(action, '') = ''")" = 1 ] ||
    fail "the engine is told that there is none: $(sql "select heard_text, action from turns where call = '$id'")"
[ "$(sql "select count(*) from jobs where call = '$id' and kind = 'transfer'")" = 0 ] || fail "nothing is ordered"
ok "a flow without a person offers none"
cat > "$RUN/stubborn.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-end
run bash RUN/until "select count(*) from turns where heard_text like 'I am sorry, I cannot connect you%'"
hangup
S
sed -i "s|RUN/|$RUN/|" "$RUN/stubborn.script"
sim stubborn --inbound "447700900008,44207002,$RUN/stubborn.script" --calls 1
sim_over stubborn
wait_log brokerd 0 'event=transfer.nowhere'
[ "$(transfers stubborn)" = 0 ] || fail "nothing is sent: $(transfers stubborn)"
ok "an engine that wants a person all the same: the caller is told that there is none"

# ---- webhookd and brokerd die between the order and the transfer ----
phones <<< "{\"447700900099\": $answers}"
cat > "$RUN/killed.script" <<S
wait-connected
silence 300
say-text "I want to speak to a person"
wait-reply-begin
run kill -STOP \$(cat $RUN/webhookd.0.pid)
wait-reply-end
run bash $RUN/until "select count(*) from jobs where kind = 'transfer' and state = 'waiting'"
run kill -9 \$(cat $RUN/webhookd.0.pid) \$(cat $RUN/brokerd.0.pid)
wait-hangup 30000
S
sim killed --inbound "447700900004,$OURS,$RUN/killed.script" --calls 1
sim_over killed
seen killed '"log":"say".*this is a person'
[ "$(rang killed)" = 1 ] || fail "the person was rung once: $(rang killed)"
[ "$(transfers killed)" = 1 ] || fail "one transfer: $(transfers killed)"
ok "kill -9 of webhookd and brokerd between order and transfer: it is done, once"

# ---- webhookd dies while Vonage carries it out, and its answer is lost ----
cat > "$RUN/sent.script" <<'S'
wait-connected
silence 300
say-text "I want to speak to a person"
wait-reply-end
wait-hangup 30000
S
sim sent --inbound "447700900005,$OURS,$RUN/sent.script" --calls 1 --rest-fail stall,put,1
seen sent '"log":"rest".*"action":"transfer"'
kill -9 "$(pid webhookd)"
sim_over sent
[ "$(rang sent)" = 1 ] || fail "the person was rung once: $(rang sent)"
wait_row "select state from jobs where kind = 'transfer' and call = '$(call_of 447700900005)'" 'done'
ok "kill -9 of webhookd when the transfer was sent: it is not done twice"
sim lost --inbound "447700900006,$OURS,$RUN/sent.script" --calls 1 --rest-fail lose,put,1
sim_over lost
[ "$(rang lost)" = 1 ] || fail "the person was rung once: $(rang lost)"
[ "$(transfers lost)" = 1 ] || fail "one transfer: $(transfers lost)"
wait_log webhookd 0 'event=job.done .*kind=transfer .*it was done before'
ok "an answer that is lost: Vonage is asked, and the transfer is not sent again"

# ---- Vonage refuses ----
script refused <<'S'
wait-connected
silence 300
say-text "I want to speak to a person"
wait-reply-end
wait-reply-begin 20000
wait-reply-end
silence 200
say-text "what are your opening hours"
wait-reply-end
silence 200
hangup
S
sim refused --inbound "447700900007,$OURS,$RUN/refused.script" --calls 1 --rest-fail drop,put,0
sim_over refused
id=$(call_of 447700900007)
sql "select turn, state, user_text, heard_text, action from turns where call = '$id'" | sed 's/^/# /'
[ "$(sql "select count(*) from turns where call = '$id' and heard_text like 'I am sorry, I cannot connect you%'")" = 1 ] || fail "the caller is told"
[ "$(sql "select count(*) from turns where call = '$id' and heard_text like 'We are open%'")" = 1 ] || fail "the conversation goes on"
[ "$(sql "select step from flow_states where call = '$id'")" = start ] || fail "in its step: $(sql "select step from flow_states where call = '$id'")"
ok "a transfer that Vonage refuses: the caller is told, and the AI goes on"
