#!/bin/bash
# Two vadd and two brokerd share the calls.
. "$(dirname "$0")/lib.sh"
NVADD=2 NBROKERD=2
configure
start_all
for i in 0 1; do
	wait_log sockd 0 "event=peer.up .*peer=vadd.$i"
	wait_log sockd 0 "event=peer.up .*peer=brokerd.$i"
done
cat > "$RUN/s.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-end
hangup
S
for n in 1 2; do
	call "c$n" --script "$RUN/s.script" --from 44770090012$n &
	p[n]=$!
done
for n in 1 2; do
	wait "${p[n]}" || fail "call $n holds: $(jget "$RUN/c$n.json" '$.reason')"
done
ok "two calls hold"
wait_row "select count(distinct brokerd) from calls" 2
ok "each brokerd had one"
