#!/bin/bash
# SPDX-License-Identifier: ISC
# Routes, and the flow assistant as the default: callers who are known, unknown, blocked, withheld or of a country,
# opening hours in another time zone, room for one call. callsim makes the calls.
# shellcheck disable=SC2119
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

# Two hours of Tehran that are on now, and two that are not.
at() { TZ=Asia/Tehran date -d "$1" +%H:%M; }
flow_conf assistant "busy_text = \"All lines are busy.\"; routes = (
	{ called = \"44207001\"; caller = \"known\"; flow = \"survey\"; },
	{ called = \"44207001\"; caller = \"withheld\"; flow = \"busy\"; },
	{ called = \"44207001\"; flow = \"voicemail\"; },
	{ caller = \"4930*\"; flow = \"survey\"; },
	{ called = \"44207002\"; timezone = \"Asia/Tehran\"; from = \"$(at '+2 hours')\"; to = \"$(at '+4 hours')\"; flow = \"voicemail\"; },
	{ called = \"44207002\"; timezone = \"Asia/Tehran\"; from = \"$(at '-1 hour')\"; to = \"$(at '+1 hour')\"; flow = \"survey\"; },
	{ called = \"44207003\"; max_calls = 1; flow = \"assistant\"; },
	{ called = \"44207003\"; caller = \"known\"; flow = \"voicemail\"; } );"
flow_start
ctl() { timeout "$LIMIT" "$BIN/tools/callctl" -c "$CONF" --no-color "$@"; }
ctl contacts add +447700900001 Ann || fail "Ann is known"
sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "insert into contacts (number, name, blocked) values ('447700900003', 'Eve', 1)"

hears() { printf 'expect-text "%s"\n%s\nhangup\n' "$2" "${3:-silence 20}" > "$RUN/$1.script"; }
hears ann "Hello Ann, how can I help you?" wait-connected
hears anybody "Hello, how can I help you?" wait-connected
printf 'expect-text "Your call cannot be taken. Goodbye."\nwait-hangup\n' > "$RUN/refused.script"
printf 'expect-text "All lines are busy."\nwait-hangup\n' > "$RUN/busy.script"
hears survey "How satisfied"
hears message "leave a message"

sim who --calls 8 --inbound "447700900001,$OURS,$RUN/ann.script" --inbound "447700900002,$OURS,$RUN/anybody.script" \
    --inbound "447700900003,$OURS,$RUN/refused.script" --inbound "447700900001,44207001,$RUN/survey.script" \
    --inbound "447700900002,44207001,$RUN/message.script" --inbound "anonymous,44207001,$RUN/busy.script" \
    --inbound "493012345678,$OURS,$RUN/survey.script" --inbound "447700900002,44207002,$RUN/survey.script"
sim_over who
wait_row "select count(*) from v_calls where state = 'ended'" 8
[ "$(sql "select count(*) from flow_states s join calls c on c.id = s.call where c.flow = 'assistant'")" = 2 ] || fail "two for the assistant"
ok "the default for known and unknown callers, blocked ones are sent away"
ok "routes by who calls, from where, and at what time where"

# ---- room for one ----
mkfifo "$RUN/leave"
printf 'wait-connected\nrun read -r _ < %s\nhangup\n' "$RUN/leave" > "$RUN/stays.script"
sim first --calls 1 --inbound "447700900011,44207003,$RUN/stays.script"
seen first '"status":"answered".*ws:|ws:.*"status":"answered"'
sim others --calls 2 --inbound "447700900012,44207003,$RUN/busy.script" --inbound "447700900001,44207003,$RUN/message.script"
sim_over others
echo go > "$RUN/leave"
sim_over first
wait_row "select count(*) from v_calls where state = 'ended'" 11
hears again "Hello, how can I help you?" wait-connected
sim after --calls 1 --inbound "447700900012,44207003,$RUN/again.script"
sim_over after
ok "a route that is full leads to the next or to busy, and has room again when its call is over"
[ "$(stat_of webhookd busy)" = 1 ] || fail "one heard that all is busy"
ok "it is counted"
