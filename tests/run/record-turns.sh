#!/bin/bash
# SPDX-License-Identifier: ISC
# The AI without a WebSocket: what is said is recorded, downloaded, answered and spoken by REST transfer,
# with the history of the call, until the AI says goodbye; webhookd and brokerd are killed in the middle.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

V=$RUN/vonage
mkdir "$V"
python3 "$TOP/tests/run/record-turns.py" "$V" &
echo $! > "$RUN/vonage.pid"
until_file() {
	local left=$((LIMIT * 20))
	until [ -s "$1" ]; do
		[ $((left -= 1)) -gt 0 ] || fail "$2"
		read -r -t 0.05 <> "$RUN/never" || :
	done
}
until_file "$V/port" "Vonage's part has a port"
API=http://127.0.0.1:$(cat "$V/port")

# The chat thinks long enough to be killed in it.
BROKERD_EXTRA="engines = ( { name = \"slow\"; service = \"chat\"; type = \"exec\"; instances = 1; command = [ \"$TOP/brokerd/engines/engine_dialogue\", \"-w\", \"60\" ]; } );"
WEBHOOKD_EXTRA="flow = \"record-turns\"; media_dir = \"$RUN/media\";"
configure
sed -i "s|api_base = \"http://127.0.0.1:9\"|api_base = \"$API\"|" "$CONF"
start_all supervise
wait_log webhookd 0 'event=peer.up .*peer=brokerd'

LEG=63f61863-4a51-4f6b-86e1-46edebcf9356
post() { curl -sS -m 20 -H 'Content-Type: application/json' -d "$2" "$1"; }
# url_of FILE: where the record action of that NCCO wants its event
url_of() { sqlite3 :memory: "select json_extract(value, '\$.eventUrl[0]') from json_each(readfile('$1')) where json_extract(value, '\$.action') = 'record'"; }
spoken() { sqlite3 :memory: "select group_concat(json_extract(value, '\$.text'), ' ') from json_each(readfile('$1')) where json_extract(value, '\$.action') = 'talk' and json_extract(value, '\$.text') not like 'We are sorry%'"; }
began=$(date +%s)
at() { date -u -d "@$((began + $1))" +%Y-%m-%dT%H:%M:%SZ; }
recorded() { # URL NAME UUID SECOND: the record event of Vonage
	post "$1" "{\"start_time\":\"$(at "$4")\",\"end_time\":\"$(at "$4")\",\"recording_url\":\"$API/v1/files/$2\",
	    \"recording_uuid\":\"$3\",\"size\":$(stat -c %s "$V/$2"),\"conversation_uuid\":\"CON-1\",\"timestamp\":\"$(at "$4")\"}" ||
	    fail "the event of $2 is taken"
}
# put N: the NCCO of the nth transfer goes to $RUN/ncco.N
put() {
	until_file "$V/put.$1" "transfer $1 comes"
	[ "$(jget "$V/put.$1" '$.action')" = transfer ] || fail "a transfer: $(cat "$V/put.$1")"
	jget "$V/put.$1" '$.destination.ncco' > "$RUN/ncco.$1"
}

for s in 'i would like to book a table for two' 'what did i say' 'what are your opening hours' goodbye; do
	flite -voice slt -t "$s" -o "$V/${s// /-}.wav" || fail "flite speaks"
done

post "$(base)/webhooks/answer" "{\"uuid\":\"$LEG\",\"conversation_uuid\":\"CON-1\",\"from\":\"447700900000\",\"to\":\"442079460000\"}" > "$RUN/ncco.0"
url=$(url_of "$RUN/ncco.0")
[ -n "$url" ] || fail "the answer records: $(cat "$RUN/ncco.0")"
ok "the answer speaks and records"
post "$(base)/webhooks/event" "{\"uuid\":\"$LEG\",\"conversation_uuid\":\"CON-1\",\"status\":\"answered\",\"direction\":\"inbound\",\"timestamp\":\"$(at 0)\"}"

# A first turn.
recorded "$url" i-would-like-to-book-a-table-for-two.wav aaaaaaaa-0000-0000-0000-000000000001 10
put 1
spoken "$RUN/ncco.1" | grep -qi 'which day' || fail "the bot asks for the day: $(cat "$RUN/ncco.1")"
url=$(url_of "$RUN/ncco.1")
[ -n "$url" ] || fail "the next step records again: $(cat "$RUN/ncco.1")"
ok "a recording is downloaded, answered, and the call is transferred to the answer"

# The same event again is no turn.
recorded "$url" i-would-like-to-book-a-table-for-two.wav aaaaaaaa-0000-0000-0000-000000000001 10

# The second knows the first; webhookd is killed while it downloads.
touch "$V/what-did-i-say.wav.hold"
recorded "$url" what-did-i-say.wav aaaaaaaa-0000-0000-0000-000000000002 20
wait_row "select count(*) from jobs where kind in ('turn', 'fetch') and state = 'running'" 2
was=$(pid webhookd)
kill -9 "$was"
rm "$V/what-did-i-say.wav.hold"
put 2
spoken "$RUN/ncco.2" | grep -qi 'table for two' || fail "the bot says what was said: $(cat "$RUN/ncco.2")"
[ "$(pid webhookd)" != "$was" ] || fail "webhookd was killed"
ok "a turn knows the one before, though webhookd was killed in the middle"

# brokerd is killed while it thinks.
url=$(url_of "$RUN/ncco.2")
recorded "$url" what-are-your-opening-hours.wav aaaaaaaa-0000-0000-0000-000000000003 30
wait_row "select count(*) from turns where state = 'thinking' and user_text like '%opening hours%'" 1
kill -9 "$(pid brokerd)"
put 3
spoken "$RUN/ncco.3" | grep -qi 'open' || fail "the bot tells the hours: $(cat "$RUN/ncco.3")"
ok "a turn is answered though brokerd was killed in the middle"

# The goodbye ends the call: nothing follows the talk.
url=$(url_of "$RUN/ncco.3")
recorded "$url" goodbye.wav aaaaaaaa-0000-0000-0000-000000000004 40
put 4
[ -z "$(url_of "$RUN/ncco.4")" ] || fail "nothing is recorded after the goodbye: $(cat "$RUN/ncco.4")"
[ -n "$(spoken "$RUN/ncco.4")" ] || fail "the goodbye is spoken: $(cat "$RUN/ncco.4")"
ok "the bot says goodbye, and with it the call ends"

# Another caller hangs up while the bot thinks: nothing is transferred, and nothing has failed.
post "$(base)/webhooks/answer" "{\"uuid\":\"left\",\"conversation_uuid\":\"CON-2\",\"from\":\"447700900001\",\"to\":\"442079460000\"}" > "$RUN/ncco.left"
touch "$V/what-did-i-say.wav.hold"
recorded "$(url_of "$RUN/ncco.left")" what-did-i-say.wav aaaaaaaa-0000-0000-0000-000000000005 50
wait_row "select count(*) from jobs where kind = 'turn' and call = 'left' and state = 'running'" 1
post "$(base)/webhooks/event" "{\"uuid\":\"left\",\"conversation_uuid\":\"CON-2\",\"status\":\"completed\",\"direction\":\"inbound\",\"timestamp\":\"$(at 60)\"}"
wait_row "select state from calls where id = 'left'" ended
rm "$V/what-did-i-say.wav.hold"
wait_row "select count(*) from jobs where kind = 'turn' and call = 'left' and state = 'done'" 1
wait_row "select count(*) from recordings where call = 'left'" 1
ok "a caller who left is not answered, and is no failure; the recording is kept"

[ "$(sql "select count(*) from turns where call = '$LEG' and state = 'done'")" = 4 ] || fail "four turns: $(sql 'select turn,utt,state,user_text,bot_text,error from turns')"
[ "$(sql "select count(*) from turns where call = '$LEG'")" = 4 ] || fail "no turn twice: $(sql 'select turn,utt,state,user_text from turns')"
wait_row "select count(*) from jobs where kind = 'turn' and call = '$LEG' and state = 'done'" 4
[ ! -e "$V/put.5" ] || fail "nothing is transferred twice: $(cat "$V/put.5")"
"$BIN/tools/callctl" -c "$CONF" show "$LEG" > "$RUN/show" 2>&1 || fail "callctl shows the call: $(cat "$RUN/show")"
for s in 'i would like to book a table for two' 'what did i say' 'what are your opening hours' goodbye; do
	grep -q "caller  $s" "$RUN/show" || fail "callctl shows that was said: $s: $(cat "$RUN/show")"
done
cat "$RUN/show"
ok "callctl shows the four turns of the conversation"

# A phone that lies beside its cradle: nothing is said three times, and the flow says goodbye.
python3 -c 'import sys, wave
w = wave.open(sys.argv[1]); p = w.getparams(); o = wave.open(sys.argv[2], "wb"); o.setparams(p); o.writeframes(bytes(p.framerate * p.sampwidth * p.nchannels * 3)); o.close()' \
    "$V/goodbye.wav" "$V/silence.wav" || fail "python makes silence"
post "$(base)/webhooks/answer" "{\"uuid\":\"quiet\",\"conversation_uuid\":\"CON-1\",\"from\":\"447700900002\",\"to\":\"442079460000\"}" > "$RUN/ncco.4"
for i in 5 6 7; do
	recorded "$(url_of "$RUN/ncco.$((i - 1))")" silence.wav "aaaaaaaa-0000-0000-0000-00000000001$i" $((i * 10))
	put $i
	grep -q silent "$RUN/ncco.$i" && [ $i != 7 ] && fail "it is asked again at first: $(cat "$RUN/ncco.$i")"
done
url=$(sqlite3 :memory: "select json_extract(value, '\$.eventUrl[0]') from json_each(readfile('$RUN/ncco.7')) where json_extract(value, '\$.payload.event') = 'silent'")
[ -n "$url" ] || fail "the third silence is told to the flow: $(cat "$RUN/ncco.7")"
post "$url" '{"payload":{"event":"silent"},"conversation_uuid":"CON-1","timestamp":"2026-11-20T12:00:00.000Z"}' > "$RUN/ncco.bye"
spoken "$RUN/ncco.bye" | grep -q Goodbye || fail "goodbye is said: $(cat "$RUN/ncco.bye")"
[ -z "$(url_of "$RUN/ncco.bye")" ] || fail "nothing is recorded after it"
ok "after three recordings without a word the call is ended"
