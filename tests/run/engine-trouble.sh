#!/bin/bash
# An engine that stalls, one that dies and one that fails: the next of the ladder serves the turn,
# and when no voice works at all the caller hears the apology that was spoken in advance.
. "$(dirname "$0")/lib.sh"

hello() { printf '%s' "echo '{\\\"hello\\\":\\\"callpipe-engine\\\",\\\"version\\\":1,\\\"kind\\\":\\\"$1\\\",\\\"name\\\":\\\"t\\\"}'; "; }
engine() { # NAME SERVICE SCRIPT
	echo "{ name = \"$1\"; service = \"$2\"; type = \"exec\"; instances = 1; progress_ms = 500; command = [ \"/bin/sh\", \"-c\", \"$(hello "$2") $3\" ]; }"
}
fails='while read -r l; do id=${l#*\\\"id\\\":}; id=${id%%[!0-9]*}; echo \"{\\\"id\\\":$id,\\\"error\\\":\\\"no\\\",\\\"retry\\\":false}\"; done'
# The voice works until the phrases were spoken, and then only says no.
mute="if [ -e $RUN/mute ]; then $fails; else exec $TOP/brokerd/engines/engine_tts; fi"

BROKERD_EXTRA="engines = ( $(engine stalls stt 'exec cat > /dev/null'), $(engine dies chat 'read -r l; exit 1'),
    $(engine fails chat "$fails"), { name = \"mute\"; service = \"tts\"; instances = 1; command = [ \"/bin/sh\", \"-c\", \"$mute\" ]; } );
  assistants = ( { name = \"default\"; stt = [ \"stalls\", \"offline-stt\" ]; chat = [ \"dies\", \"fails\", \"offline-chat\" ]; tts = [ \"mute\" ]; filler_ms = 0; idle_s = 0; } );"
configure
start_all
wait_log brokerd 0 'event=phrases.ready'
cat > "$RUN/t.script" <<S
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-begin 8000
wait-reply-end
run touch $RUN/mute; pkill -9 -P $(pid brokerd 0) -x engine_tts
say-text "what did i say"
wait-reply-begin 8000
wait-reply-end
hangup
S
call trouble --api-base self --script "$RUN/t.script" || fail "the call's script holds: $(jget "$RUN/trouble.json" '$.reason')"
ok "the bot is heard in spite of engines that stall, die and fail"
wait_row 'select count(*) from v_calls where state = "ended"' 1
[ "$(sql "select stt || ' ' || chat from turns where user_text like '%opening hours%' and state = 'done'")" = "offline-stt offline-chat" ] ||
    fail "the last of each ladder served the turn: $(sql 'select turn,state,user_text,stt,chat,tts,error from turns')"
ok "the last engine of each ladder served the turn"
[ "$(sql "select count(*) from turns where state = 'failed' and error like 'tts:%' and reply_heard_ms > 0")" = 1 ] ||
    fail "without a voice the apology is heard: $(sql 'select turn,state,user_text,bot_text,reply_heard_ms,error from turns')"
ok "without a voice the caller hears the apology"
