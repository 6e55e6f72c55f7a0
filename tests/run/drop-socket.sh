#!/bin/bash
# The network breaks the socket right after a question: it is answered on the next one, once.
. "$(dirname "$0")/lib.sh"
# A model that takes a second for its first words.
BROKERD_EXTRA="engines = ( { name = \"slow\"; type = \"exec\"; service = \"chat\"; command = [\"$(realpath "$BIN")/brokerd/engines/engine_dialogue\", \"-w\", \"150\"]; } );
    assistants = ( { name = \"default\"; chat = [\"slow\"]; } );"
configure
start_all
cat > "$RUN/s.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
silence 800
drop-socket
wait-reply-begin 8000
wait-reply-end
say-text "what did i say"
wait-reply-end
expect-reply
say-text "goodbye"
wait-hangup 20000
S
call drop --api-base self --script "$RUN/s.script" || fail "the call holds: $(jget "$RUN/drop.json" '$.reason')"
ok "a call survives a broken socket"
id=$(jget "$RUN/drop.json" '$.uuid')
wait_row "select state from v_calls where id = '$id'" ended
[ "$(sql "select count(*) from turns where user_text = 'what are your opening hours' and state = 'done'")" = 1 ] ||
    fail "the question is answered once: $(sql 'select turn,epoch,state,user_text,heard_text,error from turns')"
[ "$(sql "select count(*) from turns where user_text = 'what did i say' and heard_text like '%opening hours%'")" = 1 ] ||
    fail "the bot remembers it: $(sql 'select turn,epoch,state,user_text,heard_text,error from turns')"
[ "$(sql "select count(*) from turns where state in ('heard', 'thinking', 'speaking')")" = 0 ] || fail "no turn is left open"
ok "the question before the break is answered, once, and remembered"
[ "$(jget "$RUN/drop.json" '$.reconnects')" = 1 ] || fail "one reconnect"
ok "the socket was opened again once"
