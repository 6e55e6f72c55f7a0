#!/bin/bash
# vadd and brokerd die together while words are being transcribed: the caller is asked again, not left in silence.
. "$(dirname "$0")/lib.sh"
configure
start_all supervise
cat > "$RUN/s.script" <<S
wait-connected
silence 300
say-text "what are your opening hours"
silence 530
run kill -9 \$(cat $RUN/vadd.0.pid) \$(cat $RUN/brokerd.0.pid)
wait-reply-begin 8000
wait-reply-end
say-text "what are your opening hours"
wait-reply-end
expect-reply
hangup
S
call both --script "$RUN/s.script" || fail "the caller is answered: $(jget "$RUN/both.json" '$.reason')"
ok "the caller hears the bot although vadd and brokerd died together"
id=$(jget "$RUN/both.json" '$.uuid')
wait_row "select count(*) > 0 from turns where call = '$id' and user_text = 'what are your opening hours' and state = 'done'" 1
ok "and is answered"
