#!/bin/bash
# SPDX-License-Identifier: ISC
# Flows by HTTP alone: the requests that Vonage makes, played by curl. What follows keys,
# speech and silence, counts, answers, doubled events, events of an older step; webhookd
# killed (-9) between two steps; routes, blocked callers, outbound calls, the fallback URL, reloading.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
cp -r "$TOP/etc/flows" "$RUN/flows"
cat > "$RUN/flows/test.json" <<'F'
{
  "description": "of this test",
  "vars": {"colour": "", "who": "nobody", "ring_s": "20"},
  "ncco": [
    {"action": "talk", "text": "Say yes or press a key, ${who}.", "bargeIn": true},
    {"action": "input", "type": ["dtmf", "speech"], "dtmf": {"maxDigits": 1}}
  ],
  "on": {
    "dtmf:1": {"to": "one", "set": {"colour": "red ${digits}"}},
    "dtmf:9": {"hangup": true},
    "dtmf:8": {"to": "end", "do_not_call": true},
    "dtmf:7": {"max": 1, "then": "end"},
    "dtmf:6": "tape",
    "dtmf:*": {"to": "one", "store": "key"},
    "speech:yes|yeah|بله": {"to": "one", "store": "said"},
    "none": {"to": "start", "max": 2, "then": "end"}
  },
  "steps": {
    "one": {
      "ncco": [
        {"action": "talk", "text": "Colour ${colour}, key ${answer.key}, said ${answer.said}."},
        {"action": "connect", "timeout": "${ring_s}", "endpoint": [{"type": "phone", "number": "15550001"}]}
      ],
      "on": {"busy|failed": "end"}
    },
    "tape": {
      "ncco": [{"action": "record", "endOnSilence": 3}, {"action": "wait"}],
      "on": {"record": {"to": "start", "max": 5, "then": "end"}}
    },
    "end": {"ncco": [{"action": "talk", "text": "The end."}]}
  }
}
F
cat > "$RUN/flows/tongues.json" <<'F'
{
  "language": "pt",
  "ncco": [
    {"action": "record", "transcription": {"language": "${language}"}},
    {"action": "talk", "text": "Hello", "language": "en"},
    {"action": "talk", "text": "Hello"},
    {"action": "input", "type": ["speech"], "speech": {"language": "de"}}
  ]
}
F
COMMON_EXTRA='webhookds = 2;'
sed '0,/{/s//{ "sms": true,/' "$RUN/flows/test.json" > "$RUN/flows/sms.json"
export TOKEN=a-token-that-may-operate
WEBHOOKD_EXTRA='api_tokens = ( { name = "desk"; scope = "operate"; token = "${env:TOKEN}"; } ); flow = "test"; routes = (
	{ called = "4930*"; caller = "known"; flow = "survey"; },
	{ called = "4940"; language = "fa"; flow = "test"; }, { called = "4941"; language = "en"; flow = "test"; },
	{ called = "4942"; language = "sw"; flow = "tongues"; },
	{ called = "4930*"; max_calls = 1; flow = "voicemail"; language = "de-DE"; },
	{ called = "4931"; flow = "menu"; }, { called = "4932"; flow = "sms"; } );'
configure
sed -i "s|flow_dir = \"[^\"]*\"|flow_dir = \"$RUN/flows\"|; s|flow_dir = |media_dir = \"$RUN/media\"; flow_dir = |" "$CONF"
start webhookd
sed -i "s/listen = \"127.0.0.1:0\";/listen = \"127.0.0.1:$(port)\";/" "$CONF"

answer() { curl -s "$(base)/webhooks/answer?uuid=$1&conversation_uuid=CON-$1&from=${3:-15551000}&to=${2:-4420}" > "$RUN/ncco"; }
get() { jget "$RUN/ncco" "$1"; }
url() { jget "$RUN/ncco" "\$[#-1].eventUrl[0]"; }
post() { code=$(curl -s -o "$RUN/ncco" -w '%{http_code}' -H 'Content-Type: application/json' -d "$2" "$1"); }
n=0
input() {	# CALL URL DIGITS TEXT
	n=$((n + 1))
	body=$(printf '{"uuid":"%s","conversation_uuid":"CON-%s","from":"15551000","to":"4420","dtmf":{"digits":"%s","timed_out":true},"speech":{"results":[%s]},"timestamp":"2026-11-20T12:%02d:%02d.000Z"}' \
	    "$1" "$1" "$3" "${4:+{\"text\":\"nothing\",\"confidence\":\"0.9\"\},{\"text\":\"$4\",\"confidence\":\"0.8\"\}}" $((n / 60)) $((n % 60)))
	post "$2" "$body"
}
says() { [ "$(get '$[0].text')" = "$1" ] || fail "\"$1\" is said, not $(cat "$RUN/ncco")"; }

answer a
says 'Say yes or press a key, nobody.'
[ "$(url)" = "$(base)/webhooks/event?c=a&f=test&s=start&n=1" ] || fail "the input has our address: $(url)"
[ "$(get '$[1].speech.language')" = en-US ] || fail "speech has the call's language"
first=$(url)
ok "an answer is the first step, its input tells us"

answer fa 4940
[ "$(get '$[#-1].speech.language')" = fa-IR ] || fail "Farsi without its region: $(cat "$RUN/ncco")"
answer en 4941
[ "$(get '$[0].action') $(get '$[0].language') $(get '$[#-1].speech.language')" = 'talk en-US en-US' ] ||
    fail "English without its region: $(cat "$RUN/ncco")"
answer tongues 4942
[ "$(get '$[0].transcription.language') $(get '$[1].language') $(get '$[2].language') $(get '$[3].speech.language')" = \
    'sw-TZ en-US pt-BR de-DE' ] || fail "languages of a flow without regions: $(cat "$RUN/ncco")"
ok "a language without a region gets the one that Vonage wants"

input a "$first" 1 ''
says 'Colour red 1, key , said .'
[ "$(get '$[1].eventType')" = synchronous ] && [ "$(get '$[1].from')" = 4420 ] && [ "$(get '$[1].timeout')" = 20 ] ||
    fail "the connect is complete: $(cat "$RUN/ncco")"
[ "$(sql "select flow || '/' || step || '/' || seq from flow_states where call = 'a'")" = test/one/2 ] || fail "the state is committed before the reply"
ok "a key leads on, its variable is set, the state is in the store"

cp "$RUN/ncco" "$RUN/before"
post "$first" "$body"
cmp -s "$RUN/before" "$RUN/ncco" || fail "a doubled event gets the same NCCO"
input a "$first" 2 ''
[ "$code" = 204 ] || fail "an event of an older step is not followed: $code"
ok "the same event again gets the same NCCO, an event of an older step none"

kill -9 "$(pid webhookd)"
wait "$(pid webhookd)" 2> /dev/null
start webhookd
post "$first" "$body"
[ "$code" = 204 ] || fail "still older after a kill: $code"
post "$(base)/webhooks/event?c=a&f=test&s=one&n=2" '{"uuid":"leg-2","conversation_uuid":"CON-a","from":"4420","to":"15550001","status":"busy","direction":"outbound","timestamp":"2026-11-20T13:00:00.000Z"}'
says 'The end.'
ok "killed between two steps, the call goes on where it was"

answer b
for i in 1 2; do
	input b "$(url)" '' ''
	says 'Say yes or press a key, nobody.'
	kill -9 "$(pid webhookd)"
	wait "$(pid webhookd)" 2> /dev/null
	start webhookd
	post "$(jget "$RUN/ncco" '$[1].eventUrl[0]' | sed "s/&n=.*/\&n=$i/")" "$body"
	says 'Say yes or press a key, nobody.'
done
input b "$(url)" '' ''
says 'The end.'
ok "the third silence leads elsewhere, counted over two kills; a doubled one is not counted"

# ---- the same event again: where it leads nowhere, and of a recording, whose step is left when it comes ----
answer pp
first=$(url)
input pp "$first" 7 ''
[ "$code" = 204 ] || fail "it goes on with its next action: $code"
for i in 1 2; do
	[ $i = 1 ] || { kill -9 "$(pid webhookd)"; wait "$(pid webhookd)" 2> /dev/null; start webhookd; }
	post "$first" "$body"
	[ "$code" = 204 ] || fail "doubled: $code $(cat "$RUN/ncco")"
done
[ "$(sql "select visits from flow_states where call = 'pp'")" = '{"test/start|dtmf:7":1}' ] || fail "it counts once: $(sql "select visits from flow_states where call = 'pp'")"
input pp "$first" 7 ''
says 'The end.'
answer qq
input qq "$(url)" 6 ''
tape=$(jget "$RUN/ncco" '$[0].eventUrl[0]')
taped='{"recording_url":"http://127.0.0.1:9/v1/files/q","recording_uuid":"rec-q","size":9,"conversation_uuid":"CON-qq","timestamp":"2026-11-20T12:30:00.000Z"}'
post "$tape" "$taped"
wait_row "select count(*) from jobs where kind = 'control' and call = 'qq'" 1
input qq "$(base)/webhooks/event?c=qq&f=test&s=start&n=3" 1 ''
says 'Colour red 1, key , said .'
for i in 1 2; do
	[ $i = 1 ] || { kill -9 "$(pid webhookd)"; wait "$(pid webhookd)" 2> /dev/null; start webhookd; }
	post "$tape" "$taped"
	[ "$code" = 204 ] || fail "doubled: $code"
done
[ "$(sql "select step || seq || (select count(*) from jobs where kind = 'control' and call = 'qq') from flow_states where call = 'qq'")" = one41 ] ||
    fail "a doubled record event moves nobody back: $(sql "select step, seq from flow_states where call = 'qq'")"
ok "a doubled event counts once where it leads nowhere; one of a recording does not lead back"

answer c
input c "$(url)" '' 'Well, YEAH!'
says 'Colour , key , said Well, YEAH!.'
wait_row "select how || ' ' || value || ' ' || confidence from answers where call = 'c' and name = 'said'" 'speech Well, YEAH! 0.8'
answer d
input d "$(url)" '' 'بله، حتماً'
says 'Colour , key , said بله، حتماً.'
answer e
input e "$(url)" 5 ''
says 'Colour , key 5, said .'
wait_row "select how || value from answers where call = 'e' and name = 'key'" dtmf5
ok "speech in any result is found, whatever its case or language; answers are stored"

answer f
input f "$(url)" 9 ''
[ "$(get '$[0].action')" = wait ] || fail "a hang-up is quiet: $(cat "$RUN/ncco")"
wait_row "select count(*) from jobs where kind = 'hangup' and call = 'f'" 1
answer g
input g "$(url)" 8 ''
wait_row "select do_not_call from contacts where number = '15551000'" 1
ok "hang-up is a job, opting out is in contacts"

sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "insert into contacts (number, name, blocked) values ('15552000', 'Ann', 0), ('15553000', 'Eve', 1)"
answer h 493012 15552000
[ "$(url)" = "$(base)/webhooks/event?c=h&f=survey&s=start&n=1" ] || fail "a known caller: $(cat "$RUN/ncco")"
answer i 493012 15559000
[ "$(get '$[0].language')" = de-DE ] && [ "$(get '$[1].action')" = record ] || fail "another one: $(cat "$RUN/ncco")"
answer j 493012 15559001
says 'All lines are busy at the moment. Please call again in a few minutes.'
answer k 493012 15553000
says 'Your call cannot be taken. Goodbye.'
answer l 4931
[ "$(get '$[0].action')" = stream ] && [ "$(get '$[1].action')" = talk ] && [ "$(get '$[2].action')" = input ] ||
    fail "the menu speaks Farsi by itself: $(cat "$RUN/ncco")"
ok "routes: known caller, room for one, blocked, by number; Farsi is a stream of ours"

post "$(base)/webhooks/fallback" '{"from":"15551000","to":"4420","uuid":"m","conversation_uuid":"CON-m","reason":"timeout","original_request":{"url":"http://x/webhooks/answer","type":"answer"}}'
[ "$code" = 200 ] && [ "$(get '$[1].action')" = record ] || fail "the fallback of an answer: $code $(cat "$RUN/ncco")"
answer o
post "$(base)/webhooks/fallback" '{"uuid":"o","conversation_uuid":"CON-o","reason":"timeout","original_request":{"url":"http://x/webhooks/event","type":"event"}}'
says 'Say yes or press a key, nobody.'
post "$(base)/webhooks/fallback" '{"conversation_uuid":"CON-nobody","reason":"timeout","original_request":{"url":"http://x","type":"event"}}'
[ "$code" = 200 ] && [ "$(get '$[0].action')" = talk ] || fail "the fallback of nobody's event: $code"
ok "the fallback URL always has an NCCO"

# ---- an operator takes the call: what comes of its step is kept, and leads nowhere ----
take() {	# CALL BODY
	code=$(curl -s -o "$RUN/put" -w '%{http_code}' -X PUT -H "Authorization: Bearer $TOKEN" -d "$2" "$(base)/v1/calls/$1")
	[ "$code" = 202 ] || fail "the transfer is accepted: $code $(cat "$RUN/put")"
}
for how in '"ncco":[{"action":"talk","text":"One moment."}]' '"url":"http://127.0.0.1:9/ncco"' '"to":"447700900001"'; do
	id=taken-${#how}
	answer "$id"
	first=$(url)
	take "$id" "{\"action\":\"transfer\",$how}"
	for address in "$first" "$(base)/webhooks/event" "$(base)/webhooks/event?c=$id&f=test&s=start"; do
		input "$id" "$address" 1 ''
		[ "$code" = 204 ] || fail "$how: keys of the step that was left: $code $(cat "$RUN/ncco")"
	done
	post "$(base)/webhooks/event?c=$id&f=test&s=tape&n=1" '{"uuid":"'"$id"'","conversation_uuid":"CON-'"$id"'","recording_url":"http://127.0.0.1:9/r","recording_uuid":"r-'"$id"'","start_time":"2026-11-20T12:00:00Z","end_time":"2026-11-20T12:00:09Z","size":9,"timestamp":"2026-11-20T12:00:09.000Z"}'
	[ "$code" = 204 ] || fail "$how: a recording of a step that was left: $code"
	[ "$(sql "select count(*) from jobs where kind = 'control' and call = '$id'")" = 1 ] || fail "$how: nothing moves the caller away"
	[ "$(sql "select flow || '/' || step from flow_states where call = '$id'")" = test/ ] || fail "$how: the call is in no step"
	kill -9 "$(pid webhookd)"
	wait "$(pid webhookd)" 2> /dev/null
	start webhookd
	input "$id" "$(base)/webhooks/event" 1 ''
	[ "$code" = 204 ] || fail "$how: nor after a kill: $code $(cat "$RUN/ncco")"
	post "$(base)/webhooks/event" '{"uuid":"'"$id"'","conversation_uuid":"CON-'"$id"'","from":"15551000","to":"4420","status":"completed","direction":"inbound","duration":"7","timestamp":"2026-11-20T12:59:00.000Z"}'
	wait_row "select state from calls where id = '$id'" ended
done
[ "$(sql "select count(*) from events where call = '$id' and kind = 'input'")" -ge 3 ] || fail "the keys are stored"
answer back
take back '{"action":"transfer","ncco":[{"action":"talk","text":"One moment."}]}'
take back '{"action":"transfer","flow":"test","step":"tape"}'
post "$(base)/webhooks/event?c=back&f=test&s=tape" '{"uuid":"back","conversation_uuid":"CON-back","recording_url":"http://127.0.0.1:9/r","recording_uuid":"r-back","start_time":"2026-11-20T12:00:00Z","end_time":"2026-11-20T12:00:09Z","size":9,"timestamp":"2026-11-20T12:00:09.000Z"}'
[ "$(sql "select step from flow_states where call = 'back'")" = start ] || fail "a flow by the operator is followed again: $(sql "select step from flow_states where call = 'back'")"
ok "a call that an operator took is not moved by its former step, and its end is kept"

# without a key the transfer is refused: the call is in its step as before
kill -TERM "$(pid webhookd)"
wait "$(pid webhookd)" 2> /dev/null
cp "$CONF" "$RUN/whole.conf"
sed -i 's/application_id = "[^"]*"/application_id = ""/' "$CONF"
start webhookd
answer stays
first=$(url)
take stays '{"action":"transfer","ncco":[{"action":"talk","text":"One moment."}]}'
wait_row "select state from jobs where kind = 'control' and call = 'stays'" failed
wait_row "select step from flow_states where call = 'stays'" start
input stays "$first" 1 ''
says 'Colour red 1, key , said .'
kill -TERM "$(pid webhookd)"
wait "$(pid webhookd)" 2> /dev/null
cp "$RUN/whole.conf" "$CONF"
start webhookd
ok "a transfer that is refused leaves the call in its step"

sed 's/listen = "127.0.0.1:[0-9]*";/listen = "127.0.0.1:0";/' "$CONF" > "$RUN/second.conf"
CONF=$RUN/second.conf start webhookd 1
other=http://127.0.0.1:$(sed -n 's/.*event=listen .*port=\([0-9]*\).*/\1/p' "$RUN/webhookd.1.log")
answer r
input r "$(url | sed "s|^http://[^/]*|$other|")" '' ''
says 'Say yes or press a key, nobody.'
input r "$(url | sed "s|^http://[^/]*|$(base)|")" '' ''
says 'Say yes or press a key, nobody.'
input r "$(url | sed "s|^http://[^/]*|$other|")" '' ''
says 'The end.'
ok "two webhookds take turns in a call, and count together"

# Both have the end of a call with a summary: one of them owes it.
answer w 4932
done='{"uuid":"w","conversation_uuid":"CON-w","from":"15551000","to":"4932","status":"%s","direction":"inbound","timestamp":"2026-11-20T12:30:0%d.000Z"}'
# shellcheck disable=SC2059
post "$other/webhooks/event" "$(printf "$done" answered 1)"
# shellcheck disable=SC2059
post "$(base)/webhooks/event" "$(printf "$done" completed 2)"
wait_row "select count(*) from jobs where kind = 'summary' and call = 'w'" 1
sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "update jobs set state = 'done' where kind = 'summary' and call = 'w'"
# shellcheck disable=SC2059
post "$other/webhooks/event" "$(printf "$done" completed 2)"
[ "$code" = 204 ] || fail "the doubled end is taken: $code"
[ "$(sql "select count(*) from jobs where kind = 'summary' and call = 'w'")" = 1 ] || fail "one summary, not two"
ok "the end of a call told to two webhookds is one end"

sed -i 's/The end\./The new end./' "$RUN/flows/test.json"
kill -HUP "$(pid webhookd)"
wait_log webhookd 0 'event=conf.loaded'
answer p
input p "$(url)" 8 ''
says 'The new end.'
sed -i 's/"busy|failed": "end"/"busy|failed": "nowhere"/' "$RUN/flows/test.json"
kill -HUP "$(pid webhookd)"
wait_log webhookd 0 'test.json:[0-9]*: no step .*nowhere'
answer q
input q "$(url)" 8 ''
says 'The new end.'
"$(program webhookd)" -n -c "$CONF" 2> "$RUN/check.log" && fail "-n refuses it"
grep -q "flows/test.json:24: no step" "$RUN/check.log" || fail "-n says where: $(cat "$RUN/check.log")"
ok "SIGHUP takes new flows and keeps the old ones when they are bad; -n tells file and line"
