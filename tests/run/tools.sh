#!/bin/bash
# calltap and callctl on a live system: what they print, write, and return.
# shellcheck source=tests/run/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TAP=$BIN/tools/calltap
ctl() { timeout "$LIMIT" "$BIN/tools/callctl" -c "$CONF" --no-color "$@"; }

# tap NAME ARGS...: a calltap in the background that is ready; prints to $RUN/NAME.out
tap() {
	local name=$1 line
	shift
	mkfifo "$RUN/tap.$name"
	timeout $((LIMIT * 2)) "$TAP" -f "$CONF" --ready-fd 8 "$@" 8> "$RUN/tap.$name" > "$RUN/$name.out" 2> "$RUN/$name.err" &
	echo $! > "$RUN/$name.tap"
	read -r -t "$LIMIT" line < "$RUN/tap.$name" || fail "calltap $name becomes ready: $(cat "$RUN/$name.err")"
}
tap_end() { wait "$(cat "$RUN/$1.tap")"; }
status() {
	local want=$1 got
	shift
	"$@" > "$RUN/status.out" 2>&1
	got=$?
	[ $got = "$want" ] || fail "exit status $want, not $got, of: $* ($(cat "$RUN/status.out"))"
}
# Loudest sample of channel $2 (0 left, 1 right) of a stereo file.
peak() {
	tail -c +45 "$1" | od -An -v -t d2 -w4 | awk -v c="$2" '{v = $(c + 1); if (v < 0) v = -v; if (v > m) m = v} END {print m + 0}'
}

configure
status 2 ctl nonsense
status 2 ctl show
status 2 "$TAP" -k audio
status 2 "$TAP" --audio both -
status 2 "$BIN/tools/callctl" -c "$RUN/none.conf" calls
ok "wrong usage ends with 2"

status 1 ctl check
grep -q '^warn database: .*not there yet' "$RUN/status.out" || fail "check tells that there is no database yet"
grep -q '^warn vadd.0: is not running' "$RUN/status.out" || fail "check tells who is not running"
grep -q '^ok   engine offline-stt: ' "$RUN/status.out" || fail "check starts the engines"
ok "check before the first start only warns"
sed 's/sockds = 1;/sockds = 0;/' "$CONF" > "$RUN/bad.conf"
status 2 "$BIN/tools/callctl" -c "$RUN/bad.conf" check
grep -q '^fail configuration of sockd: .*bad.conf:[0-9]*: ' "$RUN/status.out" || fail "check names file and line: $(cat "$RUN/status.out")"
ok "check of a bad configuration fails with its line"

# shellcheck disable=SC2119
start_all
status 0 ctl contacts add +447700900123 "Anna Bell" en-GB
status 0 ctl contacts list
grep -q '^447700900123 .*Anna Bell .*en-GB' "$RUN/status.out" || fail "the contact is listed"
status 0 ctl contacts add 447700900225 Cem fa
! grep -q language "$RUN/status.out" || fail "fa is completed: $(cat "$RUN/status.out")"
status 0 ctl contacts add 447700900225 Cem tlh
grep -q "language tlh: " "$RUN/status.out" || fail "tlh cannot be completed: $(cat "$RUN/status.out")"
status 0 ctl contacts opt-out +447700900123
status 0 ctl contacts block 447700900124
status 0 ctl contacts add +447700900123 "Anna Bell" en-GB
[ "$(sql "select group_concat(number || coalesce(name, '') || blocked || do_not_call, ' ') from (select * from contacts where number like '44770090012%' order by number)")" = \
    "447700900123Anna Bell01 44770090012410" ] || fail "marks stay when a name is added: $(sql "select * from contacts")"
status 0 ctl contacts opt-in 447700900123
[ "$(sql "select do_not_call from contacts where number = '447700900123'")" = 0 ] || fail "and are taken away"
status 2 ctl contacts block "12 34"
status 2 ctl contacts add "12 34" x
status 0 ctl calls
status 1 ctl show last
status 0 ctl check
status 0 ctl stat
[ "$(grep -c ' alive ' "$RUN/status.out")" = 4 ] || fail "stat shows four daemons alive: $(cat "$RUN/status.out")"
ok "check and stat find all well"

tap turns --turns
tap json --json
tap start --json -k call.start -n 1
timeout $((LIMIT * 2)) "$TAP" -f "$CONF" -k stat -n 1 > "$RUN/stat.out" || fail "-n 1 ends calltap"
grep -q ' stat - pid=' "$RUN/stat.out" || fail "a line is key=value: $(cat "$RUN/stat.out")"
ok "calltap prints stat when asked"

call one --api-base self --script tests/run/dialogue.script --from 447700900123 > "$RUN/sim.log" 2>&1 &
sim=$!
tap_end start || fail "calltap -n 1 saw the call"
id=$(jget "$RUN/start.out" '$.call')
status 0 ctl show "${id:0:8}"
status 0 ctl calls --open
grep -q "^${id:0:12}" "$RUN/status.out" || fail "the call is open: $(cat "$RUN/status.out")"
tap both --audio both -c "${id:0:8}" "$RUN/both.wav"
tap pipe --audio in -c "$id" -
wait $sim || fail "the call goes to its end: $(jget "$RUN/one.json" '$.reason')"
tap_end both || fail "calltap --audio ends with the call: $(cat "$RUN/both.err")"
tap_end pipe || fail "also to a pipe: $(cat "$RUN/pipe.err")"
ok "calltap follows a call to its end"

[ "$(od -An -t u2 -j 22 -N 2 "$RUN/both.wav")" -eq 2 ] || fail "both is stereo"
bytes=$(stat -c %s "$RUN/both.wav")
[ "$(od -An -t u4 -j 40 -N 4 "$RUN/both.wav")" -eq $((bytes - 44)) ] || fail "the header has the length"
[ "$bytes" -gt $((RATE * 4 * 5)) ] || fail "more than 5 s of audio: $bytes bytes"
[ "$(peak "$RUN/both.wav" 0)" -gt 1000 ] || fail "the caller is left"
[ "$(peak "$RUN/both.wav" 1)" -gt 1000 ] || fail "the bot is right"
# Three seconds of the tap are found in sockd's own recording, both sides at one place.
frame=$((RATE * 4 / 50))
skip=$((44 + (bytes - 44) / 2 / frame * frame))
tail -c +$((skip + 1)) "$RUN/both.wav" | head -c $((frame * 150)) > "$RUN/piece"
found=no
for ((at = 44; at < $(stat -c %s "$RUN/rec/$id.wav"); at += frame)); do
	cmp -s -n $((frame * 150)) -i "0:$at" "$RUN/piece" "$RUN/rec/$id.wav" && { found=yes; break; }
done
[ $found = yes ] || fail "the tap's audio is that of the recording, on the same clock"
ok "live audio is the recording's, sample for sample"

status 0 ctl show last
grep -q 'slowest: turn' "$RUN/status.out" || fail "show says what was slowest: $(cat "$RUN/status.out")"
grep -q 'ear [0-9]* ms = endpoint [0-9]* | stt [0-9]* | token [0-9]* | audio [0-9]* | send [0-9]*' "$RUN/status.out" || fail "show has the waterfall"
grep -q "/$id.wav" "$RUN/status.out" || fail "show names the recording"
[ "$(grep -v '\.wav ' "$RUN/status.out" | awk '{ if (length($0) > m) m = length($0) } END { print m }')" -le 100 ] || fail "lines fit 100 columns: $(cat "$RUN/status.out")"
ok "show explains the call"
ctl export last > "$RUN/export.json" || fail "export"
[ "$(jget "$RUN/export.json" '$.call_uuid')" = "$id" ] || fail "export has the id"
[ "$(jget "$RUN/export.json" '$.call_info.from')" = 447700900123 ] || fail "export has the caller"
[ "$(jget "$RUN/export.json" '$.conversation[0].role')$(jget "$RUN/export.json" '$.conversation[0].content')" = "userwhat are your opening hours" ] ||
    [ "$(jget "$RUN/export.json" '$.conversation[1].content')" = "what are your opening hours" ] || fail "export has the conversation: $(cat "$RUN/export.json")"
ok "export is the conversation"
status 0 ctl events last
[ "$(grep -c '"uuid"' "$RUN/status.out")" -ge 3 ] || fail "events are lines of JSON"
ctl --json show last > "$RUN/show.json"
[ "$(jget "$RUN/show.json" '$.turns[0].state')" = "done" ] || fail "show --json"
ctl --json stat > "$RUN/stat.json"
[ "$(jget "$RUN/stat.json" '$[0].alive')" = "1" ] || fail "stat --json"
ctl --json calls > "$RUN/calls.json"
[ "$(jget "$RUN/calls.json" '$[0].id')" = "$id" ] || fail "calls --json"
status 0 ctl jobs
grep -q ' hangup .* done ' "$RUN/status.out" || fail "the hang-up is a finished job: $(cat "$RUN/status.out")"
ok "JSON and lists"

kill -INT "$(cat "$RUN/turns.tap")" "$(cat "$RUN/json.tap")"
tap_end turns || fail "SIGINT ends calltap with 0"
tap_end json
grep -q '  caller  what are your opening hours' "$RUN/turns.out" || fail "the caller's words are told: $(cat "$RUN/turns.out")"
grep -q 'answered after [0-9]* ms: endpoint [0-9]* + stt ' "$RUN/turns.out" || fail "the latency is told"
grep -q '  bot     We are open' "$RUN/turns.out" || fail "the bot's words are told"
ok "calltap --turns tells the conversation"
while read -r line; do
	[ -n "$(sqlite3 :memory: "select json_extract('${line//\'/\'\'}', '\$.kind')")" ] || fail "a line of --json: $line"
done < "$RUN/json.out"
ok "calltap --json prints objects"

kill -STOP "$(pid vadd)"
ctl check > "$RUN/check.out"
[ $? = 2 ] || fail "a daemon that hangs is a failure"
grep -q '^fail vadd.0: holds its lock and says nothing' "$RUN/check.out" || fail "check sees the daemon that hangs: $(cat "$RUN/check.out")"
kill -CONT "$(pid vadd)"
ok "check sees a daemon that hangs"
