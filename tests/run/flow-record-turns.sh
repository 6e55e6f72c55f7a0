#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow record-turns, callsim on both sides: three turns of talk and record with Vonage's timing and mp3 files, the
# second knows the first, the assistant ends the call; another caller asks for a person, who answers.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_copy
flow_var forward forward_number 447700900099
flow_conf record-turns
flow_start
phones <<'J'
{"447700900099": {"kind": "human", "greeting": "", "answer_after_ms": 300,
	"script": ["say-text \"this is a person\"", "silence 500", "hangup"]}}
J
script turns <<'S'
wait-talk-end
wait-beep
say-text "i would like to book a table for two"
expect-text "which day"
wait-talk-end
silence 300
say-text "what did i say"
expect-text "table for two"
wait-talk-end
silence 300
say-text "goodbye"
expect-text "Goodbye"
wait-hangup
S
script person <<'S'
wait-beep
say-text "I want to speak to a person"
expect-text "person"
wait-talk-end
wait-reply-begin
expect-reply
wait-hangup
S
sim turns --inbound "447700900001,$OURS,$RUN/turns.script" --inbound "447700900002,$OURS,$RUN/person.script"
seen turns '"log":"call"' 2
sim_stop turns

# ---- a conversation of three turns ----
heard turns 447700900001 > "$RUN/heard"
sed -n 2p "$RUN/heard" | grep -qx 'A table for two. For which day?' || fail "the first answer: $(cat "$RUN/heard")"
sed -n 3p "$RUN/heard" | grep -qi 'i would like to book a table for two' || fail "the second knows the first: $(cat "$RUN/heard")"
sed -n 4p "$RUN/heard" | grep 'Goodbye' > /dev/null || fail "the goodbye: $(cat "$RUN/heard")"
[ "$(wc -l < "$RUN/heard")" = 4 ] || fail "nothing else was said: $(cat "$RUN/heard")"
ok "the caller hears the answers of the assistant, the second knows the first turn"
[ "$(sqlite3 :memory: "select json_extract(value, '\$.ended_by') from json_each(readfile('$RUN/turns.json'), '\$.calls')
    where json_extract(value, '\$.legs[0].from') = '447700900001'")" = platform ] || fail "the assistant ends the call"
[ "$(sql "select count(*) from turns t join calls c on c.id = t.call where c.caller = '447700900001' and t.state = 'done'")" = 3 ] || fail "three turns are done"
wait_row "select count(*) from recordings r join calls c on c.id = r.call where c.caller = '447700900001' and r.format = 'mp3' and r.sha256 is not null" 3
[ "$(sql "select count(*) from jobs where state <> 'done'")" = 0 ] || fail "no job is left: $(sql 'select kind, state, last_error from jobs')"
ok "after the goodbye the call ends; three recordings, three turns, no job is left"
"$BIN/tools/callctl" -c "$CONF" show "$(sql "select id from calls where caller = '447700900001'")" | sed 's/^/# /'

# ---- a person ----
[ "$(jget "$RUN/turns.json" '$.numbers.447700900099')" = 1 ] || fail "the person was called once"
[ "$(sql "select f.flow from flow_states f join calls c on c.id = f.call where c.caller = '447700900002'")" = forward ] || fail "by the flow forward"
ok "who asks for a person gets one"
