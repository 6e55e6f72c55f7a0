#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow voicemail, callsim on both sides: what a caller says after the tone arrives as a file with its row,
# though the first download fails; # ends it, or silence does; a caller who hangs up in the middle has left a message too.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_conf voicemail
flow_start
script hash <<'S'
expect-text "leave a message after the tone"
wait-beep
say-text "please call me back tomorrow"
silence 500
press #
expect-text "Thank you"
wait-hangup
S
script silent <<'S'
wait-beep
say-text "this is a short message"
expect-text "Thank you" 9000
wait-hangup
S
script gone <<'S'
wait-beep
say-text "I have no time"
hangup
S
sim vm --recordings "$RUN/vonage" --files-fault 500-first:1 --inbound "447700900001,$OURS,$RUN/hash.script" \
    --inbound "447700900002,$OURS,$RUN/silent.script" --inbound "447700900003,$OURS,$RUN/gone.script"
seen vm '"log":"call"' 3
wait_row "select count(*) from recordings where sha256 is not null" 3	# while the files are still served
sim_stop vm
ok "#, silence and hanging up end a message"

# ---- what arrived is what callsim recorded, with its row ----
sqlite3 :memory: "select json_extract(l.value, '\$.from') || ' ' || json_extract(r.value, '\$.uuid') || ' ' || json_extract(r.value, '\$.size') || ' ' ||
    json_extract(r.value, '\$.file') from json_each(readfile('$RUN/vm.json'), '\$.calls') c, json_each(c.value, '\$.legs') l,
    json_each(l.value, '\$.recordings') r order by 1" > "$RUN/made"
[ "$(wc -l < "$RUN/made")" = 3 ] || fail "three were recorded: $(cat "$RUN/made")"
while read -r caller uuid size file; do
	row=$(sql "select r.path || ' ' || r.sha256 || ' ' || r.format from recordings r join calls c on c.id = r.call where r.uuid = '$uuid' and c.caller = '$caller'")
	read -r path sum format <<< "$row"
	[ "$format" = mp3 ] || fail "the row of $caller says mp3: $row"
	[ "$(stat -c %s "$path")" = "$size" ] || fail "the file of $caller has its size"
	cmp -s "$path" "$file" || fail "the file of $caller is what was recorded"
	[ "$(sha256sum < "$path")" = "$sum  -" ] || fail "the checksum of $caller is its file's"
	[ "$(sql "select count(*) from answers a join calls c on c.id = a.call where a.name = 'message' and c.caller = '$caller'")" = 1 ] ||
	    fail "the message of $caller is an answer"
	echo "# $caller: $size bytes, sha256 $sum"
done < "$RUN/made"
[ "$(find "$RUN/rec/vonage" -type f | wc -l)" = 3 ] || fail "nothing half is left: $(ls -R "$RUN/rec/vonage")"
[ "$(grep -c '"log":"file".*"status":500' "$RUN/vm.jsonl")" = 3 ] || fail "each download failed once before"
ok "each message is a file with its row and checksum, though the first download of each failed"
