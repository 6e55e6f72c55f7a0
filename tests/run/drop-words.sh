#!/bin/bash
# The socket breaks while the words just spoken are not yet an utterance: they are answered on the next socket.
. "$(dirname "$0")/lib.sh"
configure
start_all
cat > "$RUN/s.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
silence 200
drop-socket
wait-reply-begin 6000
wait-reply-end
hangup
S
call drop --script "$RUN/s.script" || fail "the call holds: $(jget "$RUN/drop.json" '$.reason')"
ok "words at a broken socket are answered"
id=$(jget "$RUN/drop.json" '$.uuid')
wait_row "select count(*) from turns where call = '$id' and user_text = 'what are your opening hours'" 1
ok "and are in the history, once"
