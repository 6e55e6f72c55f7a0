#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow survey, callsim on both sides: one caller presses keys, one speaks, one presses what is no answer
# and hangs up in the middle, one says nothing. callctl answers shows what they meant.
# shellcheck disable=SC2119
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_conf survey
flow_start
ctl() { timeout "$LIMIT" "$BIN/tools/callctl" -c "$CONF" --no-color "$@"; }

# Keys and words come while the question is read: it stops for them.
script keys <<'S'
expect-text "How satisfied"
press 4
expect-text "Was your problem solved?"
press 1
expect-text "Would you call us again?"
press 2
expect-text "Thank you for your answers. Goodbye."
wait-hangup
S
script words <<'S'
expect-text "How satisfied"
say-text "five, I think"
expect-text "Was your problem solved?"
say-text "yes of course"
expect-text "Would you call us again?"
say-text "nope"
expect-text "Thank you for your answers. Goodbye."
wait-hangup
S
script wrong <<'S'
expect-text "How satisfied"
press 9
expect-text "How satisfied"
say-text "whatever you like"
expect-text "How satisfied"
press 2
expect-text "Was your problem solved?"
say-text "yes"
expect-text "Would you call us again?"
hangup
S
script wordless <<'S'
expect-text "How satisfied"
press 0
expect-text "How satisfied"
press 0
expect-text "How satisfied"
press 0
expect-text "Was your problem solved?"
press 2
expect-text "Would you call us again?"
press 1
wait-hangup
S
sim survey --calls 4 --inbound "447700900001,$OURS,$RUN/keys.script" --inbound "447700900002,$OURS,$RUN/words.script" \
    --inbound "447700900003,$OURS,$RUN/wrong.script" --inbound "447700900004,$OURS,$RUN/wordless.script"
sim_over survey

# what NUMBER ANSWERS: in the order of the questions
what() {
	wait_row "select group_concat(name || '=' || value || '/' || how, ' ') from (select a.* from answers a
	    join calls c on c.id = a.call where c.caller = '$1' order by a.id)" "$2"
}
what 447700900001 "satisfied=4/dtmf solved=yes/dtmf again=no/dtmf"
what 447700900002 "satisfied=5/speech solved=yes/speech again=no/speech"
ok "keys and words are the same answers, and a word stops the question"
what 447700900003 "satisfied=2/dtmf solved=yes/speech"
[ "$(heard survey 447700900003 | grep -c 'How satisfied')" = 3 ] || fail "what is no answer is asked again"
what 447700900004 "solved=no/dtmf again=yes/dtmf"
ok "what is no answer is asked again, twice; what was answered before a hang-up is there"

ctl answers --csv | tr -d '\r' > "$RUN/answers.csv"
[ "$(wc -l < "$RUN/answers.csv")" = 11 ] || fail "ten answers and a heading: $(cat "$RUN/answers.csv")"
[ "$(head -n 1 "$RUN/answers.csv")" = call,number,flow,question,answer,how,confidence,at ] || fail "the heading"
[ "$(grep -c ',447700900001,survey,' "$RUN/answers.csv")" = 3 ] || fail "three of the first: $(cat "$RUN/answers.csv")"
grep -q ',447700900002,survey,satisfied,5,speech,0\.[0-9]*,20' "$RUN/answers.csv" || fail "how sure: $(cat "$RUN/answers.csv")"
ctl answers --flow survey --json > "$RUN/answers.json"
[ "$(jget "$RUN/answers.json" '$[#-1].flow')/$(sqlite3 :memory: "select count(*) from json_each(readfile('$RUN/answers.json'))")" = survey/10 ] ||
    fail "as JSON: $(cat "$RUN/answers.json")"
ctl answers --flow menu > "$RUN/none" 2>&1 || fail "of another flow"
[ "$(cat "$RUN/none")" = "no answers" ] || fail "none of another flow: $(cat "$RUN/none")"
ctl answers "$(sql "select id from calls where caller = '447700900003'")" > "$RUN/one" || fail "of one call"
grep -q '447700900003 .*survey .*satisfied .*dtmf .*2$' "$RUN/one" || fail "of one call: $(cat "$RUN/one")"
[ "$(wc -l < "$RUN/one")" = 3 ] || fail "two answers and a heading"
ctl answers last --flow survey 2> /dev/null && fail "a call and a flow at once"
ctl answers nonsense 2> /dev/null && fail "a call that is not there"
ok "callctl answers shows them by call and by flow, as a table, CSV and JSON"
