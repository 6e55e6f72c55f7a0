#!/bin/bash
# SPDX-License-Identifier: ISC
# A telephone on its loudspeaker: the bot hears itself, 20 dB weaker and 300 ms late. It is not
# interrupted by that (at the first words it may falter, until the path of the echo is known) and takes it for no words of the caller; a real interruption still stops it.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
configure
start_all supervise
cat > "$RUN/talk.script" <<'S'
wait-connected
silence 300
say-text "hello"
wait-reply-begin
silence 8000
say-text "what are your opening hours"
wait-reply-begin
silence 6000
hangup
S
call talk --echo-db -20 --echo-ms 300 --noise-db -65 --script "$RUN/talk.script" || fail "the call holds: $(jget "$RUN/talk.json" '$.reason')"
id=$(jget "$RUN/talk.json" '$.uuid')
wait_row "select count(*) from v_calls where state = 'ended'" 1
[ "$(sql "select count(*) from turns where call = '$id' and interrupted")" = 0 ] || fail "the bot does not interrupt itself: $(sql 'select turn,state,user_text,heard_text,interrupted from turns')"
ok "the bot is not interrupted by itself"
[ "$(sql "select count(*) from turns where call = '$id' and user_text is not null")" = 2 ] || fail "only the caller's words are words: $(sql 'select turn,state,user_text,bot_text,heard_text from turns')"
ok "and does not answer itself"

cat > "$RUN/cut.script" <<'S'
wait-connected
silence 300
say-text "hello"
wait-reply-begin
silence 2500
say-text "what are your opening hours"
wait-reply-begin
silence 5000
hangup
S
call cut --echo-db -20 --echo-ms 300 --noise-db -65 --script "$RUN/cut.script" || fail "the call holds: $(jget "$RUN/cut.json" '$.reason')"
id=$(jget "$RUN/cut.json" '$.uuid')
wait_row "select count(*) from turns where call = '$id' and user_text like '%opening hours%'" 1
[ "$(sql "select count(*) from turns where call = '$id' and interrupted")" -ge 1 ] || fail "the caller interrupts the bot: $(sql 'select turn,state,user_text,heard_text,interrupted from turns')"
ok "the caller still interrupts it"

cat > "$RUN/kill.script" <<S
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-begin
silence 2500
run kill -9 \$(cat "$RUN/vadd.0.pid")
silence 5000
hangup
S
call kill --echo-db -20 --echo-ms 300 --noise-db -65 --script "$RUN/kill.script" || fail "the call holds: $(jget "$RUN/kill.json" '$.reason')"
id=$(jget "$RUN/kill.json" '$.uuid')
wait_row "select count(*) from v_calls where id = '$id' and state = 'ended'" 1
[ "$(sql "select count(*) from turns where call = '$id' and interrupted")" = 0 ] || fail "nor a vadd that begins in the middle: $(sql "select turn,state,user_text,heard_text,interrupted from turns where call = '$id'")"
[ "$(sql "select count(*) from turns where call = '$id' and user_text is not null")" = 1 ] || fail "nor are words found in it: $(sql "select turn,state,user_text,bot_text,heard_text from turns where call = '$id'")"
ok "nor by a vadd that was killed with -9 and begins in the middle of a reply"
