#!/bin/bash
# Placing single calls: keys, rules that hold a number, two webhookds that share a campaign, calls that fell silent.
# shellcheck disable=SC2034,SC2086,SC2015
. "$(dirname "$0")/lib.sh"

SIM=$BIN/tools/callsim/callsim
OURS=442079460000

app_key
cat > "$RUN/phones.json" <<'P'
{"447700900005": {"kind": "busy"},
 "447700900006": {"kind": "machine", "greeting": "", "answer_after_ms": 500},
 "447700900061": {"kind": "no-answer", "after_ms": 600000}, "447700900062": {"kind": "no-answer", "after_ms": 600000},
 "447700900063": {"kind": "no-answer", "after_ms": 600000}, "447700900064": {"kind": "no-answer", "after_ms": 600000},
 "447700900065": {"kind": "no-answer", "after_ms": 600000},
 "default": {"kind": "human", "greeting": "", "answer_after_ms": 500}}
P
# callsim NAME ARGS: Vonage on a free port
vonage() {
	local name=$1
	shift
	"$SIM" serve --event http://127.0.0.1:1/none --number $OURS --rest-port-file "$RUN/port" --time-scale 10 \
	    --phones "$RUN/phones.json" --log "$RUN/$name.jsonl" --json "$RUN/$name.json" "$@" 2> "$RUN/$name.0.log" &
	SIMPID=$!
	echo $SIMPID > "$RUN/$name.pid"
	touch "$RUN/$name.jsonl"
	timeout "$LIMIT" grep -m1 -q '"log":"ready"' <(timeout "$LIMIT" tail -n +1 -F "$RUN/$name.jsonl" 2> /dev/null) ||
	    fail "callsim is ready"
}
# settings TEXT: the configuration of webhookd for the simulator at hand
settings() {
	WEBHOOKD_EXTRA="api_base = \"http://127.0.0.1:$(cat "$RUN/port")\"; from_number = \"$OURS\"; apology_text = \"Good bye.\";
		dial_retry_ms = 300; dial_look_ms = 500; $1"
	configure
	sed -i '/api_base = "http:\/\/127.0.0.1:9"/s/api_base = "[^"]*"; //' "$CONF"
}
CTL="$BIN/tools/callctl -c $CONF"
of() { sql "select $2 from dials where number = '$1' order by id desc limit 1"; }

# ---- one call ----
vonage one
settings 'quiet_hours = "";'
start webhookd
$CTL dial +447700900001 --flow apology --key k1 --var name=Ann --wait --amd detect > "$RUN/out" || fail "Ann is called: $(cat "$RUN/out")"
[ "$(of 447700900001 "state || result")" = donehuman ] || fail "she is reached: $(of 447700900001 "state || ' ' || result")"
$CTL dial 447700900002 --flow apology --key k1 --wait > /dev/null || fail "the same key again"
[ "$(sql 'select count(*) from dials')" = 1 ] || fail "the same key is one dial"
ok "one key is one call, whatever else is told"
[ "$(sql "select direction || caller || called || flow || dial from calls")" = "outbound${OURS}447700900001apology1" ] ||
    fail "the call's row: $(sql "select direction, caller, called, flow, dial from calls")"
ok "the call is outbound, from our number to theirs, of its flow and dial"

$CTL dial 447700900005 --flow apology --max-attempts 2 --wait > /dev/null && fail "busy is not reached"
[ "$(of 447700900005 "state || result || attempts")" = failedbusy2 ] || fail "busy twice: $(of 447700900005 "state || result || attempts")"
$CTL dial 447700900006 --flow apology --max-attempts 2 --retry-machine --amd detect --amd-hangup --wait > /dev/null && fail "a machine"
[ "$(of 447700900006 "state || result || attempts")" = failedmachine2 ] || fail "a machine twice: $(of 447700900006 "state || result || attempts")"
# one end, told as unanswered and as completed at once, is one line and one retry
post() {
	curl -s -o "$RUN/posted" -H 'Content-Type: application/json' -d "{\"uuid\":\"$1\",\"conversation_uuid\":\"CON-$1\",\"from\":\"$OURS\",\"to\":\"447700900001\",\"status\":\"$2\",\"direction\":\"outbound\",\"timestamp\":\"$3\"}" "$(base)/webhooks/event"
}
for i in 1 2 3 4 5; do
	$CTL dial 44770090006$i --flow apology --max-attempts 1 > /dev/null || fail "a dial"
	wait_row "select count(*) from dials d join attempts a on a.dial = d.id and a.call is not null where d.number = '44770090006$i' and d.state = 'calling'" 1
	call=$(of 44770090006$i call)
	post "$call" unanswered 2026-11-20T12:00:01.000Z &
	P=$!
	post "$call" completed 2026-11-20T12:00:01.001Z
	wait $P
	wait_row "select state from dials where number = '44770090006$i'" failed
	post "$call" completed 2026-11-20T12:00:02.000Z
	[ "$(grep -c "call=$call event=dial.over" "$RUN/webhookd.0.log")" = 1 ] || fail "one line for one end: $(grep "call=$call" "$RUN/webhookd.0.log")"
done
ok "busy, and a machine if so wanted, are tried again until the last attempt"

# ---- who is not called ----
sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "insert into contacts (number, do_not_call, blocked) values ('447700900010', 1, 0), ('447700900011', 0, 1)"
$CTL dial 447700900010 --flow apology --wait > /dev/null && fail "who does not want it"
[ "$(of 447700900010 "state || result || attempts")" = faileddo_not_call0 ] || fail "is not called"
$CTL dial 447700900011 --flow apology --wait > /dev/null || fail "who is blocked may be called"
$CTL dial 447700900012 --flow nonsense --wait > /dev/null && fail "a flow that is not there"
[ "$(of 447700900012 result)" = no_flow ] || fail "is told"
$CTL dial 12 --flow apology 2> /dev/null && fail "a number that is none"
$CTL dial 447700900013 --flow apology --amd perhaps 2> /dev/null && fail "an option that is none"
ok "the do-not-call list, flows that are not there and bad numbers are refused; blocked callers may be called"

printf 'number\n447700900015\n447700900016\n' > "$RUN/typo.csv"
$CTL campaign run "$RUN/typo.csv" --flow apologie --at-once > "$RUN/id" || fail "the campaign is stored"
wait_row "select state from campaigns where id = $(cat "$RUN/id")" paused
[ "$(sql "select count(*) from dials where campaign = $(cat "$RUN/id") and state = 'waiting' and attempts = 0")" = 2 ] || fail "its numbers wait"
$CTL campaign stop "$(cat "$RUN/id")" > /dev/null
ok "a campaign of a flow that is not there is paused, and none of its numbers is lost"

# from now for an hour, in the zone of this machine
$CTL dial 447700900014 --flow apology --quiet "$(date +%H:%M)-$(date -d '+1 hour' +%H:%M)" > /dev/null || fail "a dial in quiet hours"
wait_row "select result from dials where number = '447700900014'" quiet_hours
[ "$(of 447700900014 "state = 'waiting' and attempts = 0 and next_at > created_at + 3400000 and next_at < created_at + 3600001")" = 1 ] ||
    fail "it waits until they are over"
ok "in quiet hours a dial waits until they are over"
kill -TERM "$(pid webhookd)"
wait "$(pid webhookd)" 2> /dev/null

# ---- a server that is not Vonage says nothing of a number ----
settings ''
cp "$CONF" "$RUN/right.conf"
sed -i "s|\(api_base = \"http://127.0.0.1:[0-9]*\)\"|\1/elsewhere\"|" "$CONF"
start webhookd
$CTL dial 447700900017 --flow apology > /dev/null || fail "a dial"
wait_row "select state || result || attempts from dials where number = '447700900017'" waitingnot_taken0
sql "select error from dials where number = '447700900017'" | grep -q 404 || fail "and why: $(sql "select error from dials where number = '447700900017'")"
ok "after 404 a dial waits"
kill -TERM "$(pid webhookd)"
wait "$(pid webhookd)" 2> /dev/null
cp "$RUN/right.conf" "$CONF"

# ---- 403: of the account or of the number ----
settings 'from_number = "442079460001";'	# not ours, callsim says
sed -i "s/from_number = \"$OURS\"; //" "$CONF"
start webhookd
{ echo number; seq 447700900050 447700900056; } > "$RUN/seven.csv"
ID=$($CTL campaign run "$RUN/seven.csv" --flow apology --at-once) || fail "seven"
timeout "$LIMIT" $CTL campaign watch "$ID" > "$RUN/watch" || fail "it is paused: $(cat "$RUN/watch")"
[ "$(sql "select state from campaigns where id = $ID")" = paused ] || fail "403 pauses it: $(cat "$RUN/watch")"
[ "$(sql "select group_concat(distinct state || attempts) from dials where campaign = $ID")" = waiting0 ] || fail "and none of its numbers has failed: $(sql "select state, result from dials where campaign = $ID")"
[ "$(sql "select count(*) from dials where campaign = $ID and result = 'forbidden' and error like '%403%'")" = 3 ] || fail "three were tried: $(sql "select result, error from dials where campaign = $ID")"
ok "403 ends no dial, and three in a row pause the campaign"
$CTL dial 447700900057 --flow apology --from $OURS --wait > /dev/null || fail "another is called"
$CTL campaign resume "$ID" || fail "it is resumed"
again() { sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "update dials set next_at = 1 where campaign = $ID and result = 'forbidden' and state = 'waiting'"; }
again
wait_row "select count(*) from dials where campaign = $ID and state = 'failed' and result = 'refused'" 3
$CTL campaign stop "$ID" || fail "enough"
ok "a number that gets 403 again while others are called is refused"
kill -TERM "$(pid webhookd)"
wait "$(pid webhookd)" 2> /dev/null

# ---- often enough, and silence ----
settings 'dial_max_per_day = 2; call_silent_ms = 1000;'
for _ in 1 2 3; do
	$CTL dial 447700900022 --flow apology > /dev/null || fail "three dials of one number, due at once"
done
start webhookd
wait_row "select count(*) from dials where number = '447700900022' and result = 'max_per_day'" 1
[ "$(sql "select count(*) from attempts where number = '447700900022'")" = 2 ] || fail "called twice of three"
ok "dials of one number that come due together keep to max_per_day"
$CTL dial 447700900020 --flow apology --wait > /dev/null && $CTL dial +447700900020 --flow apology --wait > /dev/null || fail "two calls a day"
$CTL dial 447700900020 --flow apology > /dev/null
wait_row "select result from dials where number = '447700900020' order by id desc limit 1" max_per_day
[ "$(of 447700900020 "state = 'waiting' and next_at > created_at + 86000000")" = 1 ] || fail "it waits for the next day"
ok "a third call in 24 hours waits"
[ "$(sql "select count(*) from (select dial from attempts group by dial, n having count(*) > 1)")" = 0 ] || fail "attempts"

# Vonage's answer was lost and it is not looked up yet: events tell which call it is.
kill -TERM "$(pid webhookd)" $SIMPID
wait "$(pid webhookd)" $SIMPID 2> /dev/null
vonage lost --rest-fail drop,create,0
settings ''
sed -i 's/dial_look_ms = 500/dial_look_ms = 60000/' "$CONF"
start webhookd
$CTL dial 447700900030 --flow apology > /dev/null
wait_row "select state from attempts where number = '447700900030'" unknown
# event UUID TO FROM: one with the address of that attempt
event() {
	curl -s -o /dev/null -w '%{http_code}' -d "{\"uuid\":\"$1\",\"conversation_uuid\":\"CON-x\",\"status\":\"ringing\",\"direction\":\"outbound\",
		\"from\":\"$OURS\",\"to\":\"$2\",\"timestamp\":\"2026-11-20T12:00:00.000Z\"}" "$(base)/webhooks/event?d=$(of 447700900030 id)&n=1"
}
[ "$(event leg-connected 447700900031)" = 204 ] || fail "an event of a connected leg"
[ "$(sql "select state || coalesce(call, '') from attempts where number = '447700900030'")" = unknown ] || fail "is not that of the call that was placed"
[ "$(event leg-placed 447700900030)" = 204 ] || fail "an event of the call"
wait_row "select state || call from attempts where number = '447700900030'" placedleg-placed
ok "an attempt becomes the call to its own number only"
kill -TERM "$(pid webhookd)" $SIMPID
wait "$(pid webhookd)" $SIMPID 2> /dev/null
vonage three
settings 'call_silent_ms = 1000;'
start webhookd

# The event webhook is out of order for the end of a call: Vonage is asked.
$CTL dial 447700900021 --flow apology > /dev/null
wait_row "select state from dials where number = '447700900021'" calling
kill -STOP "$(pid webhookd)"
timeout "$LIMIT" grep -m1 -q '"to":"447700900021".*"status":"completed"' <(timeout "$LIMIT" tail -n +1 -F "$RUN/three.jsonl") || fail "it ends"
kill -9 "$(pid webhookd)"
start webhookd
wait_row "select state from dials where number = '447700900021'" "done"
ok "a call whose end was not told is asked about"
kill -TERM "$(pid webhookd)" $SIMPID
wait "$(pid webhookd)" $SIMPID 2> /dev/null

# ---- two webhookds ----
vonage two --rest-fail 503,create,1,3 --rest-fail lose,create,2,8
COMMON_EXTRA='webhookds = 2;'
settings 'call_silent_ms = 2000;'		# events to the one that is killed are lost
start webhookd 0
start webhookd 1
{ echo number; seq 447700900100 447700900119; } > "$RUN/twenty.csv"
$CTL campaign run "$RUN/twenty.csv" --flow apology --at-once --batch 8 > "$RUN/id" || fail "the campaign is stored"
wait_row "select count(*) > 4 from attempts where number >= '447700900100'" 1
OWNER=$(sql "select owner from campaigns order by id desc limit 1")
kill -9 "$(pid webhookd "${OWNER#webhookd.}")"
ok "the owner $OWNER is killed"
wait_row "select owner <> '$OWNER' from campaigns order by id desc limit 1" 1
start webhookd "${OWNER#webhookd.}"
timeout $((LIMIT * 2)) $CTL campaign watch "$(cat "$RUN/id")" > "$RUN/watch" || fail "it is done: $(tail -n 1 "$RUN/watch")"
kill -TERM $SIMPID
wait $SIMPID
[ "$(sqlite3 :memory: "select count(*), sum(value) from json_each(readfile('$RUN/two.json'), '\$.numbers') where key >= '447700900100'")" = "20|20" ] ||
    fail "each of the twenty was called once: $(head -c 2000 "$RUN/two.json")"
[ "$(sql "select count(*) from dials where number >= '447700900100' and state = 'done'")" = 20 ] || fail "all are done"
ok "another webhookd went on, and each of the twenty was called once"

# ---- watching: lines that are JSON, until nothing goes on ----
kill -TERM "$(pid webhookd 0)" "$(pid webhookd 1)"
wait "$(pid webhookd 0)" "$(pid webhookd 1)" 2> /dev/null
$CTL campaign run "$RUN/twenty.csv" --flow apology > "$RUN/id" || fail "one more"
ID=$(cat "$RUN/id")
mkfifo "$RUN/lines"
timeout "$LIMIT" $CTL --json campaign watch "$ID" > "$RUN/lines" &
WATCH=$!
exec 7< "$RUN/lines"
read -r -t "$LIMIT" line <&7 || fail "it tells how things are"
[ "$(sqlite3 :memory: "select json_extract('$line', '\$.state') || json_extract('$line', '\$.waiting')")" = running20 ] || fail "in JSON: $line"
$CTL campaign pause "$ID" || fail "it is paused"
read -r -t "$LIMIT" line <&7 || fail "it tells of the pause"
[ "$(sqlite3 :memory: "select json_extract('$line', '\$.state')")" = paused ] || fail "in JSON too: $line"
wait "$WATCH" || fail "it ends when the campaign is paused: $?"
exec 7<&-
$CTL campaign stop "$ID" || fail "it is stopped"
timeout "$LIMIT" $CTL --json campaign watch "$ID" > "$RUN/watch" || fail "it ends at once: $?"
[ "$(wc -l < "$RUN/watch")" = 1 ] && [ "$(jget "$RUN/watch" '$.state')" = stopped ] || fail "it is stopped: $(cat "$RUN/watch")"
timeout "$LIMIT" $CTL campaign watch "$ID" | grep -q 'stopped *20 numbers: .* 20 stopped' || fail "the same as text"
ok "campaign watch ends with the campaign's pause, and tells JSON"
