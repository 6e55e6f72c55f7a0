#!/bin/bash
# SPDX-License-Identifier: ISC
# What calls came to, what they cost, and forgetting: through callctl, on a database of known rows.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
configure
ctl() { "$BIN/tools/callctl" -c "$CONF" "$@"; }
ctl contacts add 447700900001 Ann || fail "contacts add makes the database"

# Day 1: two calls of Ann by flow a, one finished; day 2: one of another by flow b, not answered.
printf 'RIFF' > "$RUN/rec/one.wav"
sqlite3 "$RUN/callpipe.db" "
insert into calls (id, direction, caller, called, flow, state, started_at, answered_at, ended_at, duration_s) values
 ('one', 'inbound', '447700900001', '442079460000', 'a', 'ended', 1763640000000, 1763640001000, 1763640061000, 60),
 ('two', 'inbound', '447700900001', '442079460000', 'a', 'ended', 1763640100000, 1763640101000, 1763640121000, 20),
 ('three', 'inbound', '447700900002', '442079460000', 'b, \"c\"', 'ended', 1763726400000, null, 1763726410000, 0);
insert into turns (call, turn, utt, state, user_text, ear_ms, action) values
 ('one', 1, 1, 'done', 'hello', 700, ''), ('one', 2, 2, 'done', 'bye', 900, 'hangup'), ('two', 1, 1, 'done', 'hello', 500, '');
insert into usage (call, turn, kind, engine, amount, at) values
 ('one', 1, 'stt_ms', 'ears', 60000, 1), ('one', 1, 'chat_in', 'mind', 1000, 1), ('two', 1, 'stt_ms', 'ears', 30000, 1);
insert into legs (uuid, call, type, rank, price, duration_s) values ('one', 'one', 'phone', 9, '0.0100', 60);
insert into recordings (call, path, started_at) values ('one', '$RUN/rec/one.wav', 1763640000000);"

# Day 0, without the assistant: who answered a question, who was connected, who met another in a conference (two), who left
# a message; and who did nothing of that: only the socket answered, only the assistant's talk was recorded, the other leg
# was not answered.
sqlite3 "$RUN/callpipe.db" "
insert into calls (id, direction, caller, called, flow, state, started_at, answered_at, ended_at, duration_s)
 select value, 'inbound', '4477009000' || key, '442079460000', 'plain', 'ended', 1761955200000, 1761955201000, 1761955261000, 60
 from json_each('[\"asked\",\"joined\",\"met1\",\"met2\",\"message\",\"socket\",\"dialogue\",\"rang\"]');
insert into answers (call, flow, name, how, value, at) values ('asked', 'survey', 'q', 'dtmf', '1', 1761955210000), ('socket', 'x', 'y', 'record', 'z', 1);
insert into legs (uuid, call, type, rank, answered_at) values ('j2', 'joined', 'phone', 9, 1761955210000), ('s2', 'socket', 'websocket', 9, 1761955210000), ('d2', 'dialogue', 'websocket', 9, 5), ('r2', 'rang', 'phone', 9, null);
insert into conversations (id, call, at) values ('CON-x', 'met1', 1), ('CON-x', 'met2', 1), ('CON-y', 'rang', 1);
insert into recordings (call, path, started_at, uuid) values ('message', '/nowhere/1', 1, 'u1'), ('dialogue', '/nowhere/2', 1, 'u2'), ('rang', '/nowhere/3', 1, null);"
[ "$(sql "select group_concat(id || '=' || outcome, ' ') from (select * from v_calls where flow = 'plain' order by id)")" = \
    'asked=answered questions dialogue=no speech joined=connected message=left a message met1=connected met2=connected rang=no speech socket=no speech' ] ||
    fail "what they came to: $(sql "select id, outcome from v_calls where flow = 'plain'")"
ctl report --since 2025-11-01 --until 2025-11-02 --by flow --csv | tr -d '\r' | grep -q '^"plain",8,8,5,' || fail "five of eight are a success: $(ctl report --since 2025-11-01 --until 2025-11-02 --by flow --csv)"
ok "calls without the assistant have their outcomes, and count as success"

ctl prices set stt_ms ears 0.006 60000 || fail "a price is set"
ctl prices set stt_ms any 9 1 || fail "a price for any engine is set"
ctl prices set gold any 1 1 2> /dev/null && fail "an unknown kind is refused"
ctl prices set stt_ms any -1 1 2> /dev/null && fail "a negative price is refused"
ctl prices | grep -q 'ears *0.006 for 60000' || fail "prices are listed: $(ctl prices)"

ctl report --since 2025-11-10 --by flow --csv > "$RUN/r.csv" || fail "the report is made"
tr -d '\r' < "$RUN/r.csv" > "$RUN/r"
grep -qx 'group,calls,answered,success,duration_s,turns,dead_air_ms,ear_p50_ms,ear_p95_ms,cost,cost_per_call,calls_with_unpriced_usage' "$RUN/r" ||
    fail "the heading: $(cat "$RUN/r")"
# 60 s of stt at 0.006, 30 s at 0.003, Vonage 0.01; chat_in has no price
grep -qx '"a",2,2,1,80,3,2100,700,900,0.019000,0.009500,1' "$RUN/r" || fail "flow a: $(cat "$RUN/r")"
grep -qx '"b, ""c""",1,0,0,0,0,0,,,0.000000,0.000000,0' "$RUN/r" || fail "flow b: $(cat "$RUN/r")"
ok "a report counts calls, success, latency and cost, by flow, as CSV"
[ "$(ctl report --since 2025-11-20 --until 2025-11-21 --json | grep -o "\"calls\":[0-9]*")" = "\"calls\":2" ] ||
    fail "a day has its calls: $(ctl report --since 2025-11-20 --until 2025-11-21 --json)"
ctl report --since 2025-11-01 --by outcome | grep -q '^finished' || fail "outcomes are told: $(ctl report --since 2025-11-01 --by outcome)"
ctl report --since yesterday 2> /dev/null && fail "a time that is none is refused"
ctl report --by moon 2> /dev/null && fail "a group that is none is refused"
ok "periods and groups are chosen, what is wrong is refused"

ctl forget +447700900001 > "$RUN/list" || fail "what would be forgotten is told"
grep -q 'items would be deleted' "$RUN/list" || fail "it says so: $(cat "$RUN/list")"
[ -e "$RUN/rec/one.wav" ] || fail "telling deletes nothing"
ctl forget +447700900001 yes > "$RUN/list" || fail "a person is forgotten"
[ ! -e "$RUN/rec/one.wav" ] || fail "the recording is gone"
[ "$(sql "select group_concat(id) from calls where flow <> 'plain'")" = three ] || fail "the calls are gone, another's is not"
LC_ALL=C grep -q -a 'hello' "$RUN/callpipe.db" "$RUN/callpipe.db-wal" 2> /dev/null && fail "deleted text is not in the files any more"
ctl forgotten > "$RUN/log" || fail "the chain holds"
grep -q 'the chain of [0-9]* items holds' "$RUN/log" || fail "it says so: $(cat "$RUN/log")"
grep -q 447700900001 "$RUN/log" && fail "the log names nobody"
ctl forgotten +447700900001 | grep -q one.wav || fail "who knows the number finds what was deleted"
ctl forget +447700900001 | grep -q 'nothing is known' || fail "nothing is left"
sqlite3 "$RUN/callpipe.db" "delete from forgotten" 2> /dev/null && fail "the log is append-only"
ctl forget 442079460000 yes 2> "$RUN/err" && fail "one's own number is refused"
grep -q 'your own' "$RUN/err" || fail "and why: $(cat "$RUN/err")"
ok "a person is forgotten, files too, and a log that cannot be changed proves it"
