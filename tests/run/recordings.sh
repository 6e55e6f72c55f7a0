#!/bin/bash
# SPDX-License-Identifier: ISC
# A message is downloaded from callsim's file server, which fails twice, then stalls, then resets the
# connection: the file that arrives is the one that was served, with its row.
# shellcheck disable=SC2034	# of flow-lib.sh
LIMIT=60
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_conf voicemail
flow_start
script long <<'S'
wait-beep
say-text "please call me back tomorrow, or on any day of the next week, whenever you have the time to do so"
say-text "my number is the one that you can see"
silence 300
press #
expect-text "Thank you"
wait-hangup
S
sim rec --recordings "$RUN/vonage" --files-fault 404-first:1 --files-fault 500-first:1 --files-fault stall:5000,1 \
    --files-fault reset-at:6000,1 --inbound "447700900001,$OURS,$RUN/long.script"
seen rec '"log":"call"'

# Without the pauses between attempts.
left=$((LIMIT * 20))
until [ "$(sql "select count(*) from recordings where sha256 is not null")" = 1 ]; do
	[ $((left -= 1)) -gt 0 ] || fail "the recording arrives: $(sql "select state, attempts, last_error from jobs where kind = 'fetch'") $(grep '"log":"file"' "$RUN/rec.jsonl")"
	sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "update jobs set next_at = 1 where kind = 'fetch' and state = 'waiting'"
	read -r -t 0.05 <> "$RUN/never" || :
done
sim_stop rec

grep '"log":"file"' "$RUN/rec.jsonl" > "$RUN/served"
sed 's/^/# /' "$RUN/served"
read -r uuid size file <<< "$(sqlite3 :memory: "select json_extract(r.value, '\$.uuid') || ' ' || json_extract(r.value, '\$.size') || ' ' || json_extract(r.value, '\$.file')
    from json_each(readfile('$RUN/rec.json'), '\$.calls') c, json_each(c.value, '\$.legs') l, json_each(l.value, '\$.recordings') r")"
[ "$size" -gt 12000 ] || fail "it is long enough to be cut twice: $size bytes"
[ "$(sed -n 's/.*"status":\([0-9]*\).*/\1/p' "$RUN/served" | paste -sd ' ')" = "404 500 200 206 206" ] ||
    fail "two failures, a stall, a reset and the rest: $(cat "$RUN/served")"
ok "the server failed twice, stalled and reset the connection; each time only the rest was asked for"
read -r path sum bytes <<< "$(sql "select path || ' ' || sha256 || ' ' || bytes from recordings where uuid = '$uuid'")"
[ -n "$path" ] && [ "$bytes" = "$size" ] || fail "the recording has its row: $(sql "select * from recordings")"
want=$(sha256sum < "$file" | cut -d ' ' -f 1)
[ "$(sha256sum < "$path" | cut -d ' ' -f 1)" = "$want" ] || fail "the file is the one that was served"
[ "$sum" = "$want" ] || fail "its row has its checksum"
ok "the file arrived whole: $size bytes, sha256 $want"
[ "$(sql "select state || ' ' || attempts from jobs where kind = 'fetch'")" = "done 5" ] || fail "its job is done at the fifth attempt: $(sql "select * from jobs where kind = 'fetch'")"
[ "$(find "$RUN/rec/vonage" -type f | wc -l)" = 1 ] || fail "nothing half is left: $(ls -R "$RUN/rec/vonage")"
ok "its job is done, and nothing half is left"
