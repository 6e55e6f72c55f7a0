#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow conference, callsim on both sides: two callers hear music until the moderator comes with the PIN (wrong the
# first time); then all three hear each other; the moderator's end is everybody's.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_copy
flow_var conference moderator_pin 4711
flow_conf conference
flow_start

# Guests: one waits, one presses the hash at once. Both hear the moderator, one answers.
script guest <<'S'
expect-text "Welcome to the conference"
wait-reply-begin 25000
wait-reply-end
say-text "guest one speaking"
wait-hangup 25000
S
script patient <<'S'
wait-input
wait-reply-begin 25000
wait-reply-end
wait-reply-begin 10000
wait-hangup 25000
S
script moderator <<'S'
expect-text "Welcome to the conference"
press 1234#
expect-text "not right"
expect-text "Welcome to the conference"
press 4711#
expect-text "The conference begins"
silence 2000
say-text "welcome everybody"
wait-reply-begin
wait-reply-end
expect-reply
silence 300
hangup
S
sim conf --inbound "447700900001,$OURS,$RUN/guest.script" --inbound "447700900002,$OURS,$RUN/patient.script" \
    --inbound "447700900003,$OURS,$RUN/moderator.script,8000"
seen conf '"log":"call"' 3
sim_stop conf

# ---- what each of them lived through ----
python3 - "$RUN/conf.json" <<'E' || fail "the conference is as the flow says"
import json, sys
calls = json.load(open(sys.argv[1]))["calls"]
legs = {c["legs"][0]["from"]: c["legs"][0] for c in calls}
one, two, boss = (legs["44770090000%d" % i] for i in (1, 2, 3))
moved = {l["transfers"][0]["to"] for l in (one, two, boss)}
assert len(moved) == 1, ("all are in one conversation", moved)
assert all(l["transfers"][0]["name"].endswith("callpipe") for l in (one, two, boss)), "its name is the room's"
came = boss["transfers"][0]["ms"]		# of the moderator's clock, which begins 8 s later
for l in (one, two):
    assert [s["loop"] for s in l["streams"]] == [0], ("music", l["streams"])
    s = l["streams"][0]
    assert "begin_ms" in s and "cut" in s, ("music ends before its end", s)
    assert abs(s["end_ms"] - (came + 8000)) < 700, ("music ends when the moderator comes", s, came)
    assert l["ended_by"] == "platform", ("the flow ends it for the guests", l["ended_by"])
assert boss["streams"] == [], "the moderator hears no music"
assert boss["ended_by"] == "user"
ends = [l["duration_ms"] for l in (one, two)]
assert all(abs(e - boss["duration_ms"] - 8000) < 700 for e in ends), ("all end together", ends, boss["duration_ms"])
E
ok "guests hear music until the moderator comes, then all hear each other; the moderator's end is everybody's"
heard conf 447700900003 | grep 'That PIN is not right' > /dev/null || fail "a wrong PIN is told"
[ "$(sql "select group_concat(c.caller || ' ' || f.step, ', ') from (select * from calls order by caller) c join flow_states f on f.call = c.id")" = \
    '447700900001 guest, 447700900002 guest, 447700900003 moderator' ] || fail "guests are guests"
wait_row "select count(*) from calls where state = 'ended'" 3
ok "only the PIN makes a moderator"

# ---- without a PIN nobody could begin it: it is open ----
flow_var conference moderator_pin ''
n=$(grep -c 'event=conf.loaded' "$RUN/webhookd.0.log")
kill -HUP "$(pid webhookd)"
timeout "$LIMIT" bash -c "until [ \$(grep -c 'event=conf.loaded' '$RUN/webhookd.0.log') -gt $n ]; do read -r -t 0.05 <> '$RUN/never' || :; done" ||
    fail "webhookd reads its flows again"
script open <<'S'
silence 1500
hangup
S
sim open --inbound "447700900004,$OURS,$RUN/open.script"
seen open '"log":"call"'
sim_stop open
[ "$(sql "select f.step from calls c join flow_states f on f.call = c.id where c.caller = '447700900004'")" = open ] ||
    fail "without a PIN the room is open: $(sql "select c.caller, f.step from calls c join flow_states f on f.call = c.id")"
jget "$RUN/open.json" '$.calls[0].legs[0].transfers[0].name' | grep -q 'callpipe$' || fail "in the room: $(cat "$RUN/open.json")"
[ "$(jget "$RUN/open.json" '$.calls[0].legs[0].streams')" = '[]' ] || fail "no music is waited with"
ok "a conference without a PIN is open to all"
