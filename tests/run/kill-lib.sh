# shellcheck shell=bash
# One daemon is killed in mid-call and restarted by its supervisor; the caller goes on.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# killed DAEMON: the bot is heard again within 3 s after the words that follow the kill.
killed() {
	local d=$1 id ms
	configure
	start_all supervise
	cat > "$RUN/kill.script" <<-S
	wait-connected
	silence 300
	say-text "what are your opening hours"
	wait-reply-end
	run kill -9 \$(cat $RUN/$d.0.pid)
	mark killed
	say-text "i would like to book a table for two tomorrow at seven"
	wait-reply-begin 12000
	wait-reply-end
	say-text "what did i say"
	wait-reply-end
	say-text "goodbye"
	wait-hangup 25000
	S
	call kill --api-base self --script "$RUN/kill.script" || fail "the call goes on after kill -9 of $d: $(jget "$RUN/kill.json" '$.reason')"
	ok "a call survives kill -9 of $d"
	ms=$(jget "$RUN/kill.json" '$.turns[1].ear_latency_ms')
	echo "ear latency of the turn after the kill: $ms ms"
	[ "${ms%.*}" -le 3000 ] || fail "the bot is heard within 3 s: $ms ms"
	ok "the bot was heard $ms ms after the words that followed"
	id=$(jget "$RUN/kill.json" '$.uuid')
	wait_row "select count(*) from v_calls where id = '$id' and state = 'ended'" 1
	[ "$(sql "select count(*) from turns where call = '$id' and user_text like '%opening hours%'")" = 1 ] || fail "the words before the kill are there once"
	[ "$(sql "select count(*) from turns where call = '$id' and user_text like '%table for two%' and state = 'done'")" = 1 ] || fail "the words after it too: $(sql 'select turn,state,user_text from turns')"
	ok "the history is whole"
}
