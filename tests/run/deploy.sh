#!/bin/bash
# A deploy: every daemon is ended with SIGTERM in mid-call, one after the other, and restarted; the caller talks on.
. "$(dirname "$0")/lib.sh"
COMMON_EXTRA='stop_ms = 1500;'
configure
sed -i '0,/stop_ms = 3000;/s///' "$CONF"
start_all supervise
cat > "$RUN/s.script" <<S
wait-connected
silence 300
say-text "what are your opening hours"
run kill -TERM \$(cat $RUN/brokerd.0.pid)
wait-reply-end
run kill -TERM \$(cat $RUN/vadd.0.pid)
say-text "i would like to book a table for two tomorrow at seven"
wait-reply-end
run kill -TERM \$(cat $RUN/sockd.0.pid)
silence 2500
say-text "what did i say"
wait-reply-end
run kill -TERM \$(cat $RUN/webhookd.0.pid)
say-text "goodbye"
wait-hangup 30000
S
call deploy --api-base self --script "$RUN/s.script" || fail "the call holds: $(jget "$RUN/deploy.json" '$.reason')"
ok "a call survives the restart of every daemon"
id=$(jget "$RUN/deploy.json" '$.uuid')
wait_row "select state from v_calls where id = '$id'" ended
for text in 'what are your opening hours' '%table for two%' 'what did i say' 'goodbye'; do
	[ "$(sql "select count(*) from turns where call = '$id' and user_text like '$text' and state = 'done'")" = 1 ] ||
	    fail "answered once: $text: $(sql 'select turn,epoch,state,user_text,heard_text,error from turns')"
done
ok "each sentence was answered once"
for d in webhookd sockd vadd brokerd; do
	grep -q 'event=stop status=0' "$RUN/$d.0.log" || fail "$d stopped orderly"
done
ok "all four stopped orderly"
