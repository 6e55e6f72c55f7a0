#!/bin/bash
# Events late, doubled and out of order never move a leg backwards, and each is stored once.
. "$(dirname "$0")/lib.sh"
configure
start_all
cat > "$RUN/s.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-end
hangup
S
call odd --script "$RUN/s.script" --dup-events --shuffle-events --late-events 150 || fail "the call holds: $(jget "$RUN/odd.json" '$.reason')"
ok "a call with odd events holds"
wait_row "select count(*) from legs where status = 'completed'" 2
ok "both legs are completed"
[ "$(sql "select count(*) from (select leg, status, count(*) as n from events where kind = 'status' group by leg, status having n > 1)")" = 0 ] || fail "a doubled event is one row: $(sql 'select leg,status from events')"
ok "a doubled event is one row"
[ "$(sql "select state from v_calls")" = ended ] || fail "the call is ended"
body='{"uuid":"late-1","conversation_uuid":"CON-late","status":"%s","timestamp":"2026-11-20T12:00:0%d.000Z"}'
curl -s "$(base)/webhooks/answer?uuid=late-1&conversation_uuid=CON-late&from=44&to=45" > /dev/null
n=0
for s in completed started answered ringing; do
	# shellcheck disable=SC2059
	code=$(curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' -d "$(printf "$body" $s $n)" "$(base)/webhooks/event")
	[ "$code" = 204 ] || fail "$s is answered 204, not $code"
	n=$((n + 1))
done
[ "$(sql "select status from legs where uuid = 'late-1'")" = completed ] || fail "completed stays: $(sql "select status from legs where uuid = 'late-1'")"
[ "$(sql "select count(*) from events where leg = 'late-1' and kind = 'status'")" = 4 ] || fail "all four are stored"
ok "a leg that was completed stays so, answered after the commit"
a=$(curl -s "$(base)/webhooks/answer?uuid=twice&conversation_uuid=CON-2&from=44&to=45")
b=$(curl -s -H 'Content-Type: application/json' -d '{"uuid":"twice","conversation_uuid":"CON-2","from":"44","to":"45"}' "$(base)/webhooks/answer")
[ "$a" = "$b" ] || fail "the same NCCO: $a / $b"
wait_row "select count(*) from calls where id = 'twice'" 1
ok "the answer is the same when asked twice, by GET and by POST"
