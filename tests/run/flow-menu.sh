#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow menu, callsim on both sides: English by key and by speech, Farsi by key and by speech with our own
# voice; webhookd is killed (-9) between question and key; after three failures a person answers and both talk.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_copy
flow_var forward forward_number 447700900099
# shorter than the shipped ones, for a short test
flow_var menu menu_text_fa 'برای فارسی، یک'
flow_var menu again_text 'I did not understand.'
flow_conf menu
flow_start supervise
phones <<'J'
{"447700900099": {"kind": "human", "greeting": "", "answer_after_ms": 300,
	"script": ["wait-reply-end", "say-text \"this is a person\"", "silence 600", "hangup"]}}
J

# ---- one call alone: webhookd dies while the question waits for its key ----
script killed <<S
expect-text "For English"
silence 300
run kill -9 \$(cat $RUN/webhookd.0.pid); curl -s -o $RUN/health --retry 50 --retry-delay 1 --retry-all-errors -m 20 $(base)/health
press 2
expect-text "One moment, please."
hangup
S
was=$(pid webhookd)
sim_call killed --from 447700900001
sim_over killed
[ "$(pid webhookd)" != "$was" ] || fail "webhookd was killed"
ok "a key is understood though webhookd was killed between question and key"

# ---- the others at once ----
script english <<'S'
expect-text "For English"
silence 200
press 2
expect-text "One moment, please." 1000
wait-connected
say-text "what are your opening hours"
wait-reply-begin
wait-reply-end
expect-reply
hangup
S
script spoken <<'S'
wait-input
silence 300
say-text "english please"
expect-text "One moment, please."
wait-connected
hangup
S
script farsi <<'S'
wait-input
press 1
wait-connected
hangup
S
espeak-ng -v fa -w "$RUN/فارسی.wav" 'فارسی' || fail "espeak-ng speaks Farsi"
script spoken-farsi <<S
wait-input
silence 300
say $RUN/فارسی.wav
wait-connected
hangup
S
# a key in the middle of the question, a word, and a key again: none is an answer
script failures <<'S'
expect-text "For English"
silence 300
press 5
expect-text "did not understand" 1000
expect-text "For English"
silence 300
say-text "pancakes"
expect-text "did not understand" 5000
expect-text "For English"
silence 300
press 7
expect-text "connecting you to a person" 1000
wait-talk-end
silence 2500
say-text "hello, who is there"
wait-reply-begin
expect-reply
wait-hangup
S
script silent <<'S'
wait-input
expect-text "did not understand" 10000
hangup
S
sim all --calls 6 --inbound "447700900007,$OURS,$RUN/silent.script" --inbound "447700900002,$OURS,$RUN/english.script" --inbound "447700900003,$OURS,$RUN/spoken.script" \
    --inbound "447700900004,$OURS,$RUN/farsi.script" --inbound "447700900005,$OURS,$RUN/spoken-farsi.script" \
    --inbound "447700900006,$OURS,$RUN/failures.script"
sim_over all

ok "2 and English lead to the assistant, who answers; 1 and Farsi in Farsi"
heard all 447700900007 | grep 'did not understand' > /dev/null || fail "silence is told of"
ok "silence gets the question again"

# ---- who got what ----
sql "select c.caller || ' ' || f.flow || ' ' || f.step from flow_states f join calls c on c.id = f.call order by c.caller" > "$RUN/ends"
diff "$RUN/ends" - <<'E' || fail "each call is where it belongs"
447700900001 menu english
447700900002 menu english
447700900003 menu english
447700900004 menu farsi
447700900005 menu farsi
447700900006 forward start
447700900007 menu again
E
[ "$(sql "select count(*) from calls where caller in ('447700900004', '447700900005') and language = 'fa-IR'")" = 2 ] || fail "Farsi is the language of these calls"
[ "$(grep -c 'event=call.start .*language="fa-IR"' "$RUN/sockd.0.log")" = 2 ] || fail "sockd is told so"
ok "key and word set the language of the call, for the assistant too"
[ "$(jget "$RUN/all.json" '$.numbers.447700900099')" = 1 ] || fail "one person was called"
seen all '"log":"say".*this is a person'
ok "three failures lead to a person; both talk, and the person ends it"
