#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow outbound-reminder, placed by callctl dial, callsim being Vonage and all phones: people confirm, move the
# appointment and opt out, by key and by speech; machines get the message after the beep and never before,
# those without a beep and phones that screen their calls the screening message.
# shellcheck disable=SC2119,SC2015
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

ASK="This is Acme. We call to remind you of your visit, on Monday."
phones <<P
{"447700900201": {"greeting": "Hello?", "answer_after_ms": 500, "script": ["expect-text \"$ASK Press 1\"", "press 1",
   "expect-text \"Thank you, it is confirmed.\"", "wait-hangup"]},
 "447700900202": {"greeting": "Hello?", "answer_after_ms": 500, "script": ["expect-text \"$ASK Press 1\"", "wait-talk-end",
   "say-text \"i cannot confirm that\"", "expect-text \"find another time\"", "wait-hangup"]},
 "447700900203": {"greeting": "", "answer_after_ms": 500, "script": ["expect-text \"$ASK Press 1\"", "press 9",
   "expect-text \"We will not call you again.\"", "wait-hangup"]},
 "447700900204": {"greeting": "", "answer_after_ms": 500, "script": ["expect-text \"$ASK Press 1\"", "press 5",
   "expect-text \"$ASK Press 1\"", "say-text \"stop calling me\"", "expect-text \"We will not call you again.\"", "wait-hangup"]},
 "447700900205": {"kind": "machine", "greeting": "You have reached Ann. Please leave a message after the beep.", "answer_after_ms": 500,
   "script": ["expect-text \"$ASK Please call us back\"", "wait-hangup"]},
 "447700900206": {"kind": "machine", "greeting": "You have reached Bob. Please leave a message after the beep.", "answer_after_ms": 500,
   "script": ["expect-text \"$ASK Please call us back\"", "wait-hangup"]},
 "447700900207": {"kind": "machine-no-beep", "answer_after_ms": 500,
   "script": ["expect-text \"automatic call of Acme\"", "expect-text \"$ASK Please call us back\"", "hangup"]},
 "447700900208": {"kind": "screening", "answer_after_ms": 500,
   "script": ["expect-text \"automatic call of Acme\"", "wait-talk-end", "say-text \"hello, who is there\"",
   "expect-text \"$ASK Press 1\"", "say-text \"yes\"", "expect-text \"Thank you, it is confirmed.\"", "wait-hangup"]}}
P
flow_conf assistant "from_number = \"+$OURS\"; quiet_hours = \"\";"
sim dials --time-scale 8
flow_start
ctl() { timeout "$LIMIT" "$BIN/tools/callctl" -c "$CONF" --no-color "$@"; }
remind() {	# NUMBER ARGS
	local n=$1
	shift
	ctl dial "+$n" --flow outbound-reminder --var company=Acme --var "what=your visit" --var "when_text=on Monday" "$@"
}
remind 447700900201 --amd default > /dev/null
remind 447700900202 --amd detect > /dev/null
remind 447700900203 > /dev/null
remind 447700900204 --amd detect_beep > /dev/null
remind 447700900205 --amd default > /dev/null
remind 447700900206 --amd detect_beep > /dev/null
remind 447700900207 --amd default --beep-timeout 45 > /dev/null
remind 447700900208 --amd default --beep-timeout 45 > /dev/null
seen dials '"log":"call"' 8

# ---- who does not want it is not called again ----
for who in 447700900203 447700900204; do
	wait_row "select do_not_call from contacts where number = '$who'" 1
	remind $who --wait > "$RUN/again" && fail "$who is not called again"
	[ "$(sql "select state || result || attempts from dials where number = '$who' order by id desc limit 1")" = faileddo_not_call0 ] ||
	    fail "$who: $(cat "$RUN/again")"
done
sim_stop dials
[ "$(sqlite3 :memory: "select count(*), sum(value) from json_each(readfile('$RUN/dials.json'), '\$.numbers')")" = "8|8" ] ||
    fail "each is called once"
ok "who opts out, by key or by word, is not called again"

result() { wait_row "select group_concat(result || coalesce(' ' || (select value || '/' || how from answers where call = dials.call), ''), ';') from dials where number = '$1' and attempts > 0" "$2"; }
result 447700900201 "human confirmed/dtmf"
result 447700900202 "human reschedule/speech"
result 447700900203 "answered opt_out/dtmf"
result 447700900204 "human opt_out/speech"
ok "people confirm, want another time and opt out, with detection before, during and without the call"

# line NUMBER RE: of the log, where something that is about that leg and matches stands
line() {
	local uuid
	uuid=$(sql "select call from dials where number = '$1' and attempts > 0")
	grep -n -- "$uuid" "$RUN/dials.jsonl" | grep -m1 -E -- "$2" | cut -d: -f1
}
for who in 447700900205 447700900206; do
	result $who machine
	beep=$(line $who beep_start)
	message=$(line $who '"log":"talk".*Please call us back')
	[ -n "$beep" ] && [ -n "$message" ] && [ "$beep" -lt "$message" ] || fail "$who: the beep comes first"
	[ "$(heard dials $who | grep -v -x 'Hello\.')" = "$ASK Please call us back if that does not suit you. Goodbye." ] ||
	    fail "$who hears the message only: $(heard dials $who)"
done
ok "a machine has the message after its beep, and nothing of it before"
for who in 447700900207 447700900208; do
	[ "$(line $who beep_timeout)" -lt "$(line $who '"log":"talk".*automatic call of Acme')" ] || fail "$who: no beep comes"
done
[[ $(heard dials 447700900207) != *"Press 1"* ]] || fail "a machine is not asked"
result 447700900208 "machine confirmed/speech"
ok "without a beep the screening message is said; who takes the call then is asked"
