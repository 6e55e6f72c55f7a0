#!/bin/bash
# SPDX-License-Identifier: ISC
# The flow menu with the real daemons and a caller: the first input is left unanswered, then 2 is pressed and the
# assistant talks English; another caller says nothing three times and is sent to a person.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
WEBHOOKD_EXTRA="flow = \"menu\"; media_dir = \"$RUN/media\";"
configure
start_all
cat > "$RUN/english.script" <<'S'
wait-input 60000
wait-input 60000
press 2
wait-connected 20000
silence 500
say-text "what are your opening hours"
wait-reply-end
hangup
S
call english --api-base self --script "$RUN/english.script" || fail "the call holds: $(jget "$RUN/english.json" '$.reason')"
id=$(jget "$RUN/english.json" '$.uuid')
[ "$(sql "select flow || '/' || step || '/' || seq from flow_states where call = '$id'")" = menu/english/3 ] ||
    fail "silence, then 2: $(sql "select * from flow_states where call = '$id'")"
ok "silence is asked again, 2 leads to English"
[ "$(sql "select language from calls where id = '$id'")" = en-US ] || fail "the call is English"
wait_row "select count(*) > 0 from turns where call = '$id' and user_text is not null" 1
ok "the assistant talks to the caller"
cat > "$RUN/silent.script" <<'S'
wait-input 60000
wait-input 60000
wait-input 60000
wait-hangup 120000
S
call silent --api-base self --script "$RUN/silent.script" || fail "the silent call holds: $(jget "$RUN/silent.json" '$.reason')"
id=$(jget "$RUN/silent.json" '$.uuid')
grep -q "call=$id event=flow.step flow=menu step=person" "$RUN/webhookd.0.log" || fail "three silences lead to a person"
grep -q "call=$id event=flow.step flow=forward step=start" "$RUN/webhookd.0.log" || fail "by the flow forward"
ok "three failures lead to a person"
