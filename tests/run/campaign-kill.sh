#!/bin/bash
# A campaign of 50 numbers: webhookd is killed again and again, also between request and answer;
# answers are lost. Nobody is called twice but after a recorded failure, nobody is forgotten.
# shellcheck disable=SC2034,SC2086,SC2015
LIMIT=${LIMIT:-150}
. "$(dirname "$0")/lib.sh"

SIM=$BIN/tools/callsim/callsim
OURS=442079460000
N=50

app_key
openssl pkey -in "$RUN/app.key" -pubout -out "$RUN/app.pub" 2> /dev/null || fail "the public key"

# The last digit tells who answers, and so how often each is called.
for ((i = 0; i < N; i++)); do
	n=$((447700900000 + i))
	case $((i % 10)) in
	5) want=3 phone='{"kind": "busy"}' ;;
	6) want=1 phone='{"kind": "machine", "greeting": "", "answer_after_ms": 2000}' ;;
	7) want=2 phone='[{"kind": "busy"}, {"kind": "human", "greeting": "", "answer_after_ms": 2000}]' ;;
	8) want=3 phone='{"kind": "no-answer", "after_ms": 8000}' ;;
	9) want=1 phone='{"kind": "invalid"}' ;;
	*) want=1 phone='{"kind": "human", "greeting": "", "answer_after_ms": 3000}' ;;
	esac
	echo "$n,$want" >> "$RUN/want.csv"
	echo "\"$n\": $phone" >> "$RUN/phones.list"
	echo "+$n,\"Person $i, the one\"" >> "$RUN/rows.csv"
done
{ echo '{'; paste -sd, "$RUN/phones.list"; echo '}'; } > "$RUN/phones.json"
{ printf '\xef\xbb\xbfnumber,name\r\n'; sed 's/$/\r/' "$RUN/rows.csv"; } > "$RUN/people.csv"

# Two answers are lost, one never comes, two requests are dropped undone, one is a 503.
"$SIM" serve --event http://127.0.0.1:1/none --number $OURS --application-id 11111111-2222-3333-4444-555555555555 \
    --public-key "$RUN/app.pub" --rest-port-file "$RUN/port" --phones "$RUN/phones.json" --time-scale 10 \
    --rest-fail lose,create,2,5 --rest-fail stall,create,1,12 --rest-fail drop,create,2,20 --rest-fail 503,create,1,30 \
    --log "$RUN/sim.jsonl" --json "$RUN/sim.json" 2> "$RUN/callsim.0.log" &
SIMPID=$!
echo $SIMPID > "$RUN/sim.pid"
touch "$RUN/sim.jsonl"
# seen RE [N]: waits until N lines of callsim's log (1) match
seen() {
	timeout "$LIMIT" grep -m"${2:-1}" -E -- "$1" <(timeout "$LIMIT" tail -n +1 -F "$RUN/sim.jsonl" 2> /dev/null) \
	    > "$RUN/seen" || fail "callsim's log has ${2:-1} of: $1"
}
seen '"log":"ready"'

WEBHOOKD_EXTRA="api_base = \"http://127.0.0.1:$(cat "$RUN/port")\"; from_number = \"+$OURS\"; apology_text = \"Good bye.\";
	dial_look_ms = 1000; dial_looks = 2; dial_retry_ms = 500; call_silent_ms = 4000;"
configure
sed -i '/api_base = "http:\/\/127.0.0.1:9"/s/api_base = "[^"]*"; //' "$CONF"
CTL="$BIN/tools/callctl -c $CONF"

# ---- what is not to be started is not ----
printf 'number,name\n12,x\n447700900001,a\n447700900001,b\n"447700900002,c\n' > "$RUN/bad.csv"
supervise webhookd 0
sed -i "s/listen = \"127.0.0.1:0\"; flow_dir/listen = \"127.0.0.1:$(port)\"; flow_dir/" "$CONF"
$CTL campaign run "$RUN/bad.csv" --flow apology 2> "$RUN/bad.err" && fail "a bad file is refused"
[ "$(grep -c "bad.csv:[0-9]*:" "$RUN/bad.err")" = 3 ] || fail "each bad row is told: $(cat "$RUN/bad.err")"
[ "$(sql 'select count(*) from campaigns')" = 0 ] || fail "nothing was started"
ok "a file with bad rows is refused, each of them told"
$CTL contacts add 447700900001 Ann > /dev/null
sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "insert into contacts (number, do_not_call) values ('447700900011', 1)"
sed -i 's/^447700900011,1$/447700900011,0/' "$RUN/want.csv"

# ---- the campaign ----
kill -9 "$(pid webhookd)"
$CTL campaign run "$RUN/people.csv" --flow apology --at-once --batch 12 --max-attempts 3 --amd default > "$RUN/id" ||
    fail "the campaign is stored"
ID=$(cat "$RUN/id")
ok "a campaign is stored while webhookd is down"

CREATED='"log":"rest","method":"POST","path":"/v1/calls"'
for n in 3 9; do
	seen "$CREATED" $n
	kill -9 "$(pid webhookd)"
done
# the request that is never answered: killed while it waits for the answer
seen "$CREATED.*stall"
kill -9 "$(pid webhookd)"
ok "webhookd is killed between a request and its answer"
for n in 25 26 40 55; do
	seen "$CREATED" $n
	kill -9 "$(pid webhookd)"
done
$CTL campaign pause "$ID" && [ "$(sql 'select state from campaigns')" = paused ] || fail "it is paused"
$CTL campaign resume "$ID" || fail "it is resumed"
timeout "$LIMIT" $CTL campaign watch "$ID" > "$RUN/watch" || fail "the campaign ends"
[ "$(sql 'select state from campaigns')" = "done" ] || fail "it is done: $(tail -n 1 "$RUN/watch")"
ok "the campaign was done in spite of seven kills"

# ---- who was called how often ----
kill -TERM $SIMPID
wait $SIMPID
sqlite3 :memory: "select key || ',' || value from json_each(readfile('$RUN/sim.json'), '\$.numbers') order by 1" > "$RUN/called"
grep -v ',0$' "$RUN/want.csv" > "$RUN/wanted"
diff "$RUN/wanted" "$RUN/called" || fail "everybody is called as often as wanted (<), no more and no less (>)"
ok "nobody was called twice, nobody was forgotten"
[ "$(sql "select count(*) from dials where state not in ('done', 'failed')")" = 0 ] || fail "each dial has its end"
sql "select number || ',' || attempts from dials where attempts > 0 order by 1" > "$RUN/told"
diff "$RUN/told" "$RUN/called" || fail "the store tells what happened"
[ "$(sql "select count(*) from (select call from attempts where call is not null group by call having count(*) > 1)")" = 0 ] ||
    fail "a call belongs to one attempt"
[ "$(sql "select count(*) from attempts a where state <> 'over' or (result not in ('busy', 'unanswered', 'timeout', 'not_placed',
    'not_sent', 'not_taken', 'failed') and exists (select 1 from attempts b where b.dial = a.dial and b.n > a.n))")" = 0 ] ||
    fail "another attempt follows a recorded failure only"
ok "every attempt is recorded, and another one follows a failure only"

res() { sql "select count(*) from dials where number like '%$1' and state = '$2' and result in ($3)"; }
[ "$(res 5 failed "'busy', 'unanswered'")" = 5 ] && [ "$(res 9 failed "'invalid_number', 'rejected'")" = 5 ] && [ "$(res 6 "done" "'machine', 'answered'")" = 5 ] &&
    [ "$(res 7 "done" "'human', 'answered'")" = 5 ] && [ "$(res 8 failed "'unanswered', 'timeout'")" = 5 ] &&
    [ "$(res 11 failed "'do_not_call'")" = 1 ] || { sql 'select number, state, result, attempts from dials'; fail "results"; }
$CTL campaign result "$ID" --csv > "$RUN/result.csv"
[ "$(wc -l < "$RUN/result.csv")" = $((N + 1)) ] || fail "the result has a row for each number"
grep -q '^447700900000,done,.*"{""name"":""Person 0, the one""}"' "$RUN/result.csv" || fail "with its variables"
$CTL --json campaign status "$ID" > "$RUN/status.json"
[ "$(jget "$RUN/status.json" '$.done')" = 34 ] || fail "34 were reached: $(cat "$RUN/status.json")"
grep -q 'event=dial.found\|event=dial.adopted' "$RUN/webhookd.0.log" || fail "lost answers were found"
ok "results are those of the phones"
