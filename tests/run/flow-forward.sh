#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow forward, callsim on both sides: on to a phone, a SIP address and a VBC extension; busy, failed
# and not answered lead back to the menu, from where the caller reaches another one; twice in vain is enough.
# shellcheck disable=SC2119
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

# One flow for each of our numbers, as an operator writes them.
flow_copy
to() { sed "s|\"$2\": \"\"|\"$2\": \"$3\"|; s|\"ring_s\": \"30\"|\"ring_s\": \"3\"|" "$TOP/etc/flows/forward.json" > "$FLOW_DIR/$1.json"; }
to to-phone forward_number 447700900201
to to-sip forward_sip sip:desk@example.com
to to-vbc forward_extension 4711
to to-busy forward_number 447700900202
to to-failed forward_sip sip:nobody@example.com
to to-silent forward_number 447700900203
cp "$TOP/etc/flows/forward.json" "$FLOW_DIR/to-nobody.json"
flow_var forward forward_number 447700900209	# where 0 in the menu leads
flow_var menu menu_text "Press 0."
flow_var menu menu_text_fa "سلام"

phones <<'P'
{"447700900201": {"greeting": "", "answer_after_ms": 300, "script": ["silence 800", "hangup"]},
 "sip:desk@example.com": {"greeting": "", "answer_after_ms": 300, "script": ["silence 800", "hangup"]},
 "4711": {"greeting": "", "answer_after_ms": 300},
 "447700900202": {"kind": "busy", "after_ms": 300},
 "sip:nobody@example.com": {"kind": "failed", "after_ms": 300},
 "447700900203": {"kind": "no-answer", "after_ms": 60000},
 "447700900209": [{"kind": "busy", "after_ms": 300}, {"greeting": "", "answer_after_ms": 300, "script": ["silence 300", "hangup"]}]}
P
route() { printf '{ called = "%s"; flow = "%s"; }, ' "$1" "$2"; }
flow_conf assistant "routes = ( $(route 44207001 to-phone) $(route 44207002 to-sip) $(route 44207003 to-vbc)
	$(route 44207004 to-busy) $(route 44207005 to-failed) $(route 44207006 to-silent) $(route 44207007 to-nobody)
	{ called = \"44207008\"; flow = \"forward\"; } );"
flow_start

# ---- who answers ----
echo 'wait-hangup 12000' > "$RUN/talk.script"
printf 'silence 2500\nhangup\n' > "$RUN/leave.script"
sim reached --calls 3 --inbound "447700900001,44207001,$RUN/talk.script" --inbound "447700900002,44207002,$RUN/talk.script" \
    --inbound "447700900003,44207003,$RUN/leave.script"
sim_over reached
# both NAME FROM TO: of the call from FROM, its own leg and that to TO were answered and over, in one conversation
both() {
	local n
	n=$(sqlite3 :memory: "select count(*) || ' ' || count(distinct json_extract(l.value, '\$.conversation_uuid'))
	    from json_each(readfile('$RUN/$1.json'), '\$.calls') c, json_each(c.value, '\$.legs') l
	    where json_extract(c.value, '\$.legs[0].from') = '$2' and json_extract(l.value, '\$.status') = 'completed'
	    and json_extract(l.value, '\$.duration_ms') > 0 and (json_extract(l.value, '\$.from') = '$2' or json_extract(l.value, '\$.to') = '$3')")
	[ "$n" = "2 1" ] || fail "$2 speaks with $3: $n"
}
both reached 447700900001 447700900201
both reached 447700900002 sip:desk@example.com
both reached 447700900003 4711
ok "a caller is connected to a phone, a SIP address and a VBC extension"
wait_row "select count(*) from v_calls where state = 'ended'" 3

# ---- who does not ----
cat > "$RUN/back.script" <<'S'
expect-text "Nobody could be reached."
wait-input
press 0
expect-text "Nobody could be reached."
wait-input
press 0
wait-hangup
S
sed 's/^wait-hangup/expect-text "Nobody could be reached. Please call again later. Goodbye."\n&/' "$RUN/back.script" > "$RUN/enough.script"
printf 'expect-text "Nobody could be reached."\nwait-input\nhangup\n' > "$RUN/menu.script"
printf 'expect-text "Nobody could be reached."\nwait-beep\nhangup\n' > "$RUN/message.script"
sim failing --calls 4 --inbound "447700900011,44207004,$RUN/back.script" --inbound "447700900012,44207005,$RUN/menu.script" \
    --inbound "447700900013,44207006,$RUN/menu.script" --inbound "447700900014,44207007,$RUN/message.script"
phones <<'P'
{"447700900209": [{"kind": "rejected", "after_ms": 300}, {"kind": "unreachable", "after_ms": 300}, {"kind": "invalid", "after_ms": 300}]}
P
sim enough --calls 1 --inbound "447700900015,44207008,$RUN/enough.script"
sim_over failing
both failing 447700900011 447700900209
ok "busy leads back to the menu, from there to another one who is busy, and at last to a person"
for who in 447700900011 447700900012 447700900013; do
	[[ $(heard failing $who) == *"Press 0."* ]] || fail "$who is in the menu: $(heard failing $who)"
done
[[ $(heard failing 447700900014) == *"leave a message"* ]] || fail "a message can be left: $(heard failing 447700900014)"
ok "busy, failed and not answered lead back to the menu; without an address a message can be left"

sim_over enough
[ "$(heard enough 447700900015 | grep -c 'Nobody could be reached')" = 3 ] || fail "three tries: $(heard enough 447700900015)"
wait_row "select count(*) from v_calls where state = 'ended'" 8
[ "$(sql "select step from flow_states join calls on calls.id = call where caller = '447700900015'")" = sorry ] || fail "the last step"
ok "rejected, unreachable and invalid: two rounds of the menu are enough, then the call ends"
