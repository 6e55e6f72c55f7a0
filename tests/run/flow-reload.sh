#!/bin/bash
# SPDX-License-Identifier: ISC
# SIGHUP while callers are in a flow: one that is broken is told with file and line and changes nothing for
# anybody, one that is right is there for the next call and the next step. A talk of more than 1,500 characters is
# heard whole, in parts.
# shellcheck disable=SC2119
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_copy
# What is spoken is short, what is counted is not: spaces between the sentences.
pause=$(printf '%700s' '')
{
	echo '{"language": "en-US", "ncco": ['
	echo ' {"action": "talk", "text": "Number one.'"$pause"'Number two.'"$pause"'Number three.'"$pause"'Number four."},'
	echo ' {"action": "talk", "bargeIn": true, "text": "Press a key."},'
	echo ' {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 10}}],'
	echo ' "on": {"dtmf:1": "next", "none": "again"},'
	echo ' "steps": {"next": {"ncco": [{"action": "talk", "text": "The old step."}]},'
	echo '  "again": {"ncco": [{"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 10}}],'
	echo '   "on": {"dtmf:1": "next", "none": "again"}}}}'
} > "$FLOW_DIR/long.json"
flow_conf long
flow_start

# ---- a long text ----
mkfifo "$RUN/broken" "$RUN/mended"
cat > "$RUN/old.script" <<S
expect-text "Press a key."
run read -r _ < $RUN/broken
press 1
expect-text "The old step."
wait-hangup
S
sed "s/The old step/The new step/; s|$RUN/broken|$RUN/mended|" "$RUN/old.script" > "$RUN/new.script"
sim old --calls 1 --inbound "447700900001,$OURS,$RUN/old.script"
sim new --calls 1 --inbound "447700900002,$OURS,$RUN/new.script"
seen old '"log":"talk".*Press a key'
seen new '"log":"talk".*Press a key'
heard old 447700900001 | tr -s ' ' > "$RUN/heard"
[ "$(head -n -1 "$RUN/heard" | tr -d '\n' | tr -s ' ')" = "Number one. Number two. Number three. Number four." ] || fail "all is heard: $(cat "$RUN/heard")"
[ "$(wc -l < "$RUN/heard")" = 3 ] || fail "in two parts: $(cat "$RUN/heard")"
heard old 447700900001 | awk 'length > 1500 {exit 1}' || fail "each of at most 1,500"
ok "a talk of more than 1,500 characters is heard in two, cut behind a sentence"

# ---- SIGHUP ----
cp "$FLOW_DIR/long.json" "$RUN/good.json"
sed 's/"dtmf:1": "next"/"dtmf:1": "nowhere"/; s/Number one/Never heard/' "$RUN/good.json" > "$FLOW_DIR/long.json"
kill -HUP "$(pid webhookd)"
wait_log webhookd 0 'long.json:5: no step .*nowhere'
echo 'expect-text "Number one."' > "$RUN/same.script"
sim same --calls 1 --inbound "447700900003,$OURS,$RUN/same.script"
sim_over same
echo go > "$RUN/broken"
sim_over old
ok "a flow that leads nowhere is told with its line, the old one is there for new calls and those in it"
for bad in 's/"talk"/"tlak"/;4' 's/"maxDigits": 1/"maxDigits": 99/;4' 's/"bargeIn"/"bargein"/;3' 's/^{/{{/;1'; do
	sed "${bad%;*}" "$RUN/good.json" > "$FLOW_DIR/long.json"
	cmp -s "$RUN/good.json" "$FLOW_DIR/long.json" && fail "$bad changes something"
	"$(program webhookd)" -n -c "$CONF" 2> "$RUN/check.log" && fail "-n refuses $bad"
	grep -q "flows/long.json:[0-9]*: " "$RUN/check.log" || fail "-n tells where: $(cat "$RUN/check.log")"
done
ok "so are other mistakes, by webhookd -n"

sed 's/The old step/The new step/; s/Number one/The first/' "$RUN/good.json" > "$FLOW_DIR/long.json"
kill -HUP "$(pid webhookd)"
wait_log webhookd 0 'event=conf.loaded'
echo go > "$RUN/mended"
sim_over new
echo 'expect-text "The first."' > "$RUN/next.script"
sim next --calls 1 --inbound "447700900004,$OURS,$RUN/next.script"
sim_over next
ok "a flow that is right is there for the next call, and for the next step of one that goes on"
