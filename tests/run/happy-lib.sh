# shellcheck shell=bash
# The happy call at one rate: what every such test looks at.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

happy_call() {
	RATE=$1
	configure
	start_all
	call happy --api-base self --script tests/run/dialogue.script --from 447700900123 || fail "the call's script holds: $(jget "$RUN/happy.json" '$.reason')"
	ok "a call at $RATE Hz goes to its end"
	[ "$(jget "$RUN/happy.json" '$.bad_frames')" = 0 ] || fail "no frame of a wrong size"
	[ "$(jget "$RUN/happy.json" '$.rate_hz')" = "$RATE" ] || fail "the socket has $RATE Hz"
	ok "all frames have 20 ms at $RATE Hz"
	[ "$(jget "$RUN/happy.json" '$.ended_by')" = platform ] || fail "the bot hangs up after the goodbye"
	[ "$(jget "$RUN/happy.json" '$.rest[0].status')" = 204 ] || fail "by REST"
	ok "the bot said goodbye and hung up by REST"
	id=$(jget "$RUN/happy.json" '$.uuid')
	wait_row 'select count(*) from v_calls where state = "ended"' 1
	[ "$(sql "select count(*) from turns where user_text is not null and state = 'done'")" -ge 4 ] || fail "four turns are rows: $(sql 'select turn,state,user_text,heard_text from turns')"
	ok "every turn is a row with what was said and heard"
	[ "$(sql "select user_text from turns where user_text like '%opening hours%'")" = "what are your opening hours" ] || fail "the first sentence was understood"
	ok "the caller was understood"
	[ "$(sql "select count(*) from turns where user_text is not null and (ear_ms is null or ear_ms <= 0)")" = 0 ] || fail "each turn has an ear latency: $(sql 'select turn,ear_ms,endpoint_ms,stt_ms,token_ms,audio_ms,send_ms from turns')"
	ok "each turn has its latency"
	compare_latency "$RUN/happy.json"
	wait_row "select count(*) from recordings where call = '$id'" 1
	[ -s "$(sql 'select path from recordings')" ] || fail "the recording is there: $(sql 'select * from recordings')"
	ok "the call was recorded"
}

# What we say of ourselves must be what the caller's ear has: the simulator
# measures on its own waveform.
compare_latency() {
	local n
	n=$(sqlite3 :memory: "attach '$RUN/callpipe.db' as c;
	    with heard as (select row_number() over (order by (select 1)) as n, json_extract(value, '$.ear_latency_ms') as ms
	        from json_each(readfile('$1'), '$.turns') where json_extract(value, '$.ear_latency_ms') is not null),
	    told as (select row_number() over (order by turn) as n, ear_ms as ms from c.turns where user_text is not null and ear_ms is not null)
	    select count(*) from heard join told using (n) where abs(heard.ms - told.ms) > 150")
	[ "$n" = 0 ] || fail "our ear latencies are within 150 ms of the waveform's: $(sql 'select turn,ear_ms from turns') / $(jget "$1" '$.turns')"
	ok "our ear latencies are those of the waveform"
}
