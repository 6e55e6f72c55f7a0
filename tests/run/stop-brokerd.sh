#!/bin/bash
# A brokerd that is stopped (SIGSTOP) is replaced; when it wakes up, what it says of the call is refused.
. "$(dirname "$0")/lib.sh"
NBROKERD=2
configure
start_all
wait_log sockd 0 'event=peer.up .*peer=brokerd.1'
cat > "$RUN/owner.sh" <<S
#!/bin/bash
# The process id of the brokerd that has the call.
name=\$(sqlite3 -readonly -cmd '.timeout 5000' "$RUN/callpipe.db" "select brokerd from calls limit 1")
cat "$RUN/\$name.pid"
S
chmod +x "$RUN/owner.sh"
cat > "$RUN/s.script" <<S
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-begin
run $RUN/owner.sh > $RUN/stopped; kill -STOP \$(cat $RUN/stopped)
silence 4000
say-text "what did i say"
wait-reply-begin 12000
run kill -CONT \$(cat $RUN/stopped)
wait-reply-end
say-text "repeat that please"
wait-reply-end
say-text "goodbye"
wait-hangup 20000
S
call stop --api-base self --script "$RUN/s.script" || fail "the call holds: $(jget "$RUN/stop.json" '$.reason')"
ok "a call survives a stopped brokerd"
grep -q 'event=call.claimed owner=brokerd' "$RUN/sockd.0.log" || fail "claims are logged"
[ "$(grep -c 'event=call.claimed' "$RUN/sockd.0.log")" -ge 2 ] || fail "a second brokerd claimed it"
ok "another brokerd took the call"
[ "$(sql "select count(*) from turns where user_text = 'what did i say' and state = 'done'")" = 1 ] || fail "the new one answered: $(sql 'select turn,epoch,state,user_text,heard_text from turns')"
[ "$(jget "$RUN/stop.json" '$.bad_frames')" = 0 ] || fail "no bad frame"
ok "the conversation went on with the new owner"
stale=$(($(stat_of sockd plays_refused_gen) + $(stat_of sockd claims_stale) + $(stat_of sockd orders_unknown_call)))
echo "orders of the old owner that were refused: $stale"
[ "$(sql "select count(*) from (select turn from turns group by turn having count(*) > 1)")" = 0 ] || fail "no turn twice"
[ "$(sql "select count(*) from turns where user_text = 'repeat that please' and state = 'done'")" = 1 ] || fail "answered once: $(sql 'select turn,epoch,state,user_text,heard_text from turns')"
ok "nothing was answered twice after SIGCONT"
