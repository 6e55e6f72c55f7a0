# shellcheck shell=bash
# One daemon is killed while the bot speaks: it is heard again, and the call ends well.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

killed_in_reply() {
	local d=$1 id at
	configure
	start_all supervise
	cat > "$RUN/kill.script" <<-S
	wait-connected
	silence 300
	say-text "what are your opening hours"
	wait-reply-begin
	silence 500
	mark killed
	run kill -9 \$(cat $RUN/$d.0.pid)
	silence 3500
	mark later
	say-text "what did i say"
	wait-reply-end
	say-text "goodbye"
	wait-hangup 25000
	S
	call kill --api-base self --script "$RUN/kill.script" || fail "the call goes on after kill -9 of $d in mid-reply: $(jget "$RUN/kill.json" '$.reason')"
	ok "a call survives kill -9 of $d while the bot speaks"
	# Windows of the line's right channel: is the bot heard between 0.2 s and 3 s after the kill?
	at=$(jget "$RUN/kill.json" '$.marks[0].ms')
	heard_between "$RUN/kill.wav" $((at + 300)) $((at + 3000)) || fail "the bot is heard within 3 s of the kill"
	ok "the bot is heard within 3 s of the kill"
	id=$(jget "$RUN/kill.json" '$.uuid')
	wait_row "select count(*) from v_calls where id = '$id' and state = 'ended'" 1
	[ "$(sql "select count(*) from turns where call = '$id' and user_text like '%opening hours%'")" -ge 1 ] || fail "the words before the kill are there"
	[ "$(sql "select count(*) from turns where call = '$id' and user_text = 'what did i say' and heard_text like '%opening hours%'")" = 1 ] ||
	    fail "the bot remembers them: $(sql 'select turn,state,user_text,heard_text from turns')"
	ok "the history is whole"
}

# heard_between WAV FROM_MS TO_MS: a sample of the right channel is over -40 dB
heard_between() {
	local rate
	rate=$(od -An -tu4 -j24 -N4 "$1" | tr -d ' ')
	od -An -v -td2 -w4 -j $((44 + $2 * rate / 1000 * 4)) -N $((($3 - $2) * rate / 1000 * 4)) "$1" |
	    awk '{v = $2 < 0 ? -$2 : $2; if (v > 327) n++} END {exit n > 800 ? 0 : 1}'
}
