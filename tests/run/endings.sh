#!/bin/bash
# SPDX-License-Identifier: ISC
# No line and no call stays open: an end that was never told, a socket that is gone, a call
# that lasts too long; the goodbye is heard whole; the summary goes out once.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
SIM=$BIN/tools/callsim/callsim
WEBHOOKD_EXTRA='socket_gone_s = 3600; call_silent_ms = 600000; max_call_s = 3600; sms_from = "442079460000"; sms_api = "messages"; api_tokens = ( { name = "desk"; scope = "operate"; token = "${env:OPERATE_TOKEN}"; } );'
export OPERATE_TOKEN=a-token-that-may-operate
configure
cp -r "$TOP/etc/flows" "$RUN/flows"
sed -i "s|flow_dir = \"$TOP/etc/flows\"|flow_dir = \"$RUN/flows\"|; s/listen = \"127.0.0.1:0\"; flow_dir/listen = \"127.0.0.1:0\"; flow_dir/" "$CONF"
# The flow asks for a summary by itself.
sed -i '0,/{/s//{ "sms": true,/' "$RUN/flows/assistant.json"
start_all supervise

# sim NAME ARGS...: a simulated Vonage that stays; its log is $RUN/NAME.jsonl, its REST server in $RUN/NAME.port
sim() {
	local name=$1
	shift
	"$SIM" serve --base "$(base)" --api-base self --rest-port-file "$RUN/$name.port" --log "$RUN/$name.jsonl" "$@" 2> "$RUN/callsim.$name.log" &
	echo $! > "$RUN/sim-$name.pid"
	touch "$RUN/$name.jsonl"
	seen "$name" '"log":"ready"'
}
seen() {
	timeout "$LIMIT" grep -m1 -E -- "$2" <(timeout "$LIMIT" tail -n +1 -F "$RUN/$1.jsonl" 2> /dev/null) > "$RUN/seen" ||
	    fail "callsim's log has: $2"
}
# again SED: change the configuration of webhookd and let it read that
again() {
	local n
	n=$(grep -c 'event=conf.*' "$RUN/webhookd.0.log")
	sed -i "$1" "$CONF"
	kill -HUP "$(pid webhookd)"
	timeout "$LIMIT" bash -c "until [ \$(grep -c 'event=conf' '$RUN/webhookd.0.log') -gt $n ]; do read -r -t 0.05 <> '$RUN/never' || :; done" ||
	    fail "webhookd reads its configuration again"
}

printf 'wait-connected\nsilence 200\nhangup\n' > "$RUN/short.script"
printf 'wait-connected\nwait-hangup 60000\n' > "$RUN/long.script"
printf 'wait-connected\nsilence 300\nsay-text "what are your opening hours"\nwait-reply-end\nsay-text "goodbye"\nwait-hangup 30000\n' > "$RUN/bye.script"

# ---- the end is never told ----
sim lost --lose-events 1 --inbound "447700900123,442079460000,$RUN/short.script"
seen lost '"log":"call"'
[ "$(sql "select state from calls")" != ended ] || fail "nobody told the end"
again 's/call_silent_ms = 600000/call_silent_ms = 1000/'
wait_row "select state || ' ' || end_reason from calls" "ended completed"
[ "$(sql "select duration_s >= 0 from calls")" = 1 ] || fail "the figures are Vonage's"
ok "a call whose end was never told is looked up and ended"

# Vonage does not know it at all.
curl -s "$(base)/webhooks/answer?uuid=nobody-knows&conversation_uuid=CON-x&from=447700900124&to=442079460000&region_url=http://127.0.0.1:$(cat "$RUN/lost.port")" > /dev/null
wait_row "select state from calls where id = 'nobody-knows'" ended
ok "a call that Vonage does not know any more is ended"

# webhookd died between the row of the leg and that of the call: the leg is over, the call is not.
write() { sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "$1" || fail "sqlite3: $1"; }
write "insert into legs (uuid, call, status, rank, event_ts) values ('half-ended', 'half-ended', 'completed', 9, 1)"
curl -s "$(base)/webhooks/answer?uuid=half-ended&conversation_uuid=CON-y&from=447700900128&to=442079460000&region_url=http://127.0.0.1:$(cat "$RUN/lost.port")" > /dev/null
wait_row "select state from calls where id = 'half-ended'" ended
ok "a call whose leg ended in a process that died is ended"
again 's/call_silent_ms = 1000/call_silent_ms = 600000/'

# ---- the socket is gone, and the events with it ----
again 's/socket_gone_s = 3600/socket_gone_s = 1/'
sim gone --lose-events 1 --inbound "447700900125,442079460000,$RUN/short.script"
seen gone '"log":"call"'
wait_row "select state from calls where caller = '447700900125'" ended
wait_log webhookd 0 'event=call.silent.* cause=socket_gone'
ok "a call whose socket is gone is looked up and ended"

# ---- the caller is moved, and the socket stays behind ----
sim moved --inbound "447700900131,442079460000,$RUN/long.script"
wait_row "select count(*) from legs join calls on calls.id = legs.call where caller = '447700900131' and legs.status = 'answered'" 2
id=$(sql "select id from calls where caller = '447700900131'")
curl -s -X PUT -H "Authorization: Bearer $OPERATE_TOKEN" -d '{"action":"transfer","ncco":[{"action":"wait","timeout":4},{"action":"talk","text":"Here is the colleague."}]}' \
    "$(base)/v1/calls/$id" > /dev/null
wait_log webhookd 0 "call=$id event=call.silent.* cause=socket_gone"
seen moved 'Here is the colleague'
[ "$(sql "select count(*) from jobs where kind = 'hangup' and call = '$id' and key = '$id'")" = 0 ] || fail "who was moved is not hung up"
[ "$(sql "select count(*) from jobs where kind = 'hangup' and key = (select uuid from legs where call = '$id' and type = 'websocket')")" = 1 ] ||
    fail "the socket that was left is: $(sql "select key, args from jobs where call = '$id'")"
wait_row "select state from calls where id = '$id'" ended
ok "a caller who was moved stays, the socket that was left is hung up"
again 's/socket_gone_s = 1;/socket_gone_s = 3600;/'

# ---- too long ----
again 's/max_call_s = 3600/max_call_s = 10/'
sim long --inbound "447700900126,442079460000,$RUN/long.script"
seen long '"log":"call"'
wait_log webhookd 0 'event=call.reaped.* cause=max_call_s'
wait_row "select state from calls where caller = '447700900126'" ended
[ "$(sql "select count(*) from jobs where kind = 'hangup' and call = (select id from calls where caller = '447700900126')")" = 1 ] ||
    fail "it is hung up once"
ok "a call that lasts too long is hung up"
again 's/max_call_s = 10/max_call_s = 3600/'

# ---- it was to end, but nobody hung up ----
sim stuck --inbound "447700900129,442079460000,$RUN/long.script"
seen stuck '"log":"call"' &
waiter=$!
wait_row "select count(*) from calls where caller = '447700900129' and state = 'answered'" 1
write "update calls set ending = 1 where caller = '447700900129'"
again 's/call_silent_ms = 600000/call_silent_ms = 1000/'
wait_log webhookd 0 'event=call.reaped.* cause=still_open'
wait "$waiter" || fail "it is hung up"
wait_row "select state from calls where caller = '447700900129'" ended
again 's/call_silent_ms = 1000/call_silent_ms = 600000/'
ok "a call that was to end, and whose hang-up got lost, is hung up once more"

# ---- the goodbye, and the summary ----
sed -i "s|api_base = \"http://127.0.0.1:9\"|api_base = \"http://127.0.0.1:$(cat "$RUN/long.port")\"|" "$CONF"
n=$(grep -c 'event=listen ' "$RUN/webhookd.0.log")
kill "$(pid webhookd)"
timeout "$LIMIT" bash -c "until [ \$(grep -c 'event=listen ' '$RUN/webhookd.0.log') -gt $n ]; do read -r -t 0.05 <> '$RUN/never' || :; done" || fail "webhookd is back"
wait_log webhookd 0 'event=peer.up .*peer=sockd'
sim bye --inbound "447700900127,442079460000,$RUN/bye.script"
seen bye '"log":"call"'
id=$(sql "select id from calls where caller = '447700900127'")
wait_row "select count(*) from turns where call = '$id' and action = 'hangup' and state = 'done'" 1
[ "$(sql "select reply_heard_ms >= reply_total_ms and reply_total_ms > 0 from turns where call = '$id' and action = 'hangup'")" = 1 ] ||
    fail "the goodbye was heard whole: $(sql "select reply_heard_ms, reply_total_ms from turns where call = '$id' and action = 'hangup'")"
[ "$(sql "select count(*) from jobs where kind = 'hangup' and call = '$id' and state = 'done'")" = 1 ] || fail "it was hung up once, by us"
ok "the goodbye is heard to its end before the line is closed"
seen long '"log":"sms".*447700900127'
wait_row "select count(*) from jobs where kind in ('summary', 'sms') and call = '$id' and state = 'done'" 2
[ "$(grep -c '"log":"sms".*447700900127' "$RUN/long.jsonl")" = 1 ] || fail "one message"
ok "the summary goes to the caller as a short message, once"

# As after a death between adding the message and the end of the summary's job.
sqlite3 "$RUN/callpipe.db" -cmd '.timeout 5000' "update jobs set state = 'waiting', next_at = 1 where kind = 'summary' and call = '$id'"
wait_row "select state from jobs where kind = 'summary' and call = '$id'" 'done'
[ "$(sql "select count(*) from jobs where kind = 'sms' and call = '$id'")" = 1 ] || fail "the message is not added again"
ok "a summary that died before its end sends no second message"
