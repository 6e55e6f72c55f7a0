#!/bin/bash
# SPDX-License-Identifier: ISC
# The fallback URL, callsim calling in: nobody listens at the answer URL; webhookd hangs (SIGSTOP) while a call
# comes, and while a caller is in the middle of the menu. A second webhookd has the fallback URL, and the calls go on.
# shellcheck disable=SC2119
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

COMMON_EXTRA='webhookds = 2;'
flow_copy				# the shipped texts take their time
sed -i "s/\"fallback_text\": \"[^\"]*\"/\"fallback_text\": \"Please leave a message.\"/" "$FLOW_DIR/fallback.json"
flow_var menu menu_text "For English."
flow_var menu menu_text_fa "سلام"
flow_conf menu
flow_start
FIRST=$CONF
CONF=$RUN/second.conf
sed 's/listen = "127.0.0.1:[0-9]*"; flow_dir/listen = "127.0.0.1:0"; flow_dir/' "$FIRST" > "$CONF"
start webhookd 1
wait_log webhookd 1 'event=peer.up .*peer=sockd.0'
CONF=$FIRST
FALLBACK=http://127.0.0.1:$(sed -n 's/.*event=listen .*port=\([0-9]*\).*/\1/p' "$RUN/webhookd.1.log")/webhooks/fallback

# ---- nobody at the answer URL ----
script message <<'S'
expect-text "Please leave a message."
wait-beep
say-text "please call me back"
press #
expect-text "Thank you. Goodbye."
wait-hangup
S
sim post --calls 1 --answer http://127.0.0.1:1/webhooks/answer --fallback "$FALLBACK" --inbound "447700900001,$OURS,$RUN/message.script"
sim get --calls 1 --answer http://127.0.0.1:1/webhooks/answer --fallback "$FALLBACK" --fallback-get --inbound "447700900002,$OURS,$RUN/message.script"
sim_over post
sim_over get
wait_row "select count(*) from recordings r join calls c on c.id = r.call where c.flow = 'fallback' and r.sha256 is not null" 2
wait_row "select count(*) from answers where flow = 'fallback' and name = 'message' and how = 'record'" 2
ok "an answer URL without anybody: the fallback takes a message, by POST and by GET"

# ---- webhookd hangs ----
mkfifo "$RUN/stopped"
cat > "$RUN/menu.script" <<S
expect-text "For English"
wait-input
run read -r _ < $RUN/stopped
press 2
expect-text "One moment, please."
wait-connected
say-text "what are your opening hours"
wait-reply-begin
expect-reply
hangup
S
HANGS=(--answer-timeouts "500,500" --event-timeouts "500,500" --fallback "$FALLBACK")
sim middle --calls 1 "${HANGS[@]}" --inbound "447700900003,$OURS,$RUN/menu.script"
seen middle '"log":"talk".*For English'
kill -STOP "$(pid webhookd)"
sim begin --calls 1 "${HANGS[@]}" --inbound "447700900004,$OURS,$RUN/message.script"
echo go > "$RUN/stopped"
sim_over begin
sim_over middle
kill -9 "$(pid webhookd)"	# what lay in its sockets is not to be answered now
wait "$(pid webhookd)" 2> /dev/null
wait_row "select group_concat(flow || '/' || step, ' ') from (select s.flow, s.step from flow_states s join calls c on c.id = s.call
    where c.caller in ('447700900003', '447700900004') order by c.caller)" "menu/english fallback/start"
[ "$(grep -c 'event=vonage.fallback of="answer"' "$RUN/webhookd.1.log")" = 3 ] || fail "three answers that failed"
grep -q 'event=vonage.fallback of="event"' "$RUN/webhookd.1.log" || fail "an event that failed"
[ "$(heard middle 447700900003 | grep -c "For English")" = 1 ] || fail "the menu is heard once"
ok "webhookd hangs: a new call leaves a message, the one in the menu gets on to the assistant, with the key that was pressed"
