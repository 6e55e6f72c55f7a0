#!/bin/bash
# Every kind of webhook, on all paths, by POST and by GET: told apart by shape, stored as it came.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
configure
start_all

# post PATH BODY [TYPE]; get PATH-AND-QUERY: the status
post() { curl -s -o "$RUN/reply" -w '%{http_code}' -H "Content-Type: ${3:-application/json}" --data-binary "$2" "$(base)$1"; }
get() { curl -s -o "$RUN/reply" -w '%{http_code}' "$(base)$1"; }
at=0
time_() { printf '2026-11-20T12:00:%02d.000Z' $((at += 1)); }

for path in /webhooks/answer /answer /ncco; do
	[ "$(get "$path?debug&uuid=call-${path##*/}${#path}&conversation_uuid=CON-${#path}&from=447700900123&to=442079460000")" = 200 ] ||
	    fail "$path answers: $(cat "$RUN/reply")"
	[ "$(sqlite3 :memory: "select json_type(readfile('$RUN/reply'))")" = array ] || fail "$path gives an NCCO"
done
ok "three paths answer calls"
[ "$(post /webhooks/event '{"uuid":"call-1","conversation_uuid":"CON-1","from":"447700900123","to":"442079460000"}')" = 200 ] ||
    fail "a call is answered wherever its webhook comes"
ok "a call is answered wherever its webhook comes"
wait_row "select count(*) from calls where id = 'call-1'" 1
body='{"uuid" : "call-2",  "conversation_uuid":"CON-22","to":"442079460000","from":null,"custom_data":{"a":1.50}}'
[ "$(post /webhooks/answer "$body")" = 200 ] || fail "an answer webhook by POST"
wait_row "select count(*) from events where leg = 'call-2'" 1
printf '%s' "$body" > "$RUN/body"
[ "$(sql "select count(*) from events where leg = 'call-2' and body = cast(readfile('$RUN/body') as text)")" = 1 ] || fail "is stored as it came: $(sql "select body from events where leg = 'call-2'")"
ok "an answer webhook is stored as it came"

# kind of the row, path, body: all of the call-1, by leg or by conversation
n=0
while IFS='|' read -r kind path body; do
	n=$((n + 1))
	body=${body//@/$(printf '2026-11-20T12:00:%02d.000Z' $n)}
	[ "$(post "$path" "$body")" = 204 ] || fail "$kind on $path is taken: $(cat "$RUN/reply")"
	printf '%s' "$body" > "$RUN/body"
	[ "$(sql "select count(*) from events where call = 'call-1' and kind = '$kind' and body = cast(readfile('$RUN/body') as text)")" = 1 ] ||
	    fail "$kind on $path is stored as it came, with its call: $(sql "select call, kind, body from events order by id desc limit 1")"
done <<'S'
status|/event|{"uuid":"call-1", "conversation_uuid":"CON-1", "status":"started", "headers":{}, "timestamp":"@", "unknown_to_us":[1,{"a":null}]}
status|/rtc_events|{"uuid":"call-1","conversation_uuid":"CON-1","status":"answered","start_time":null,"rate":null,"price":0.5,"timestamp":"@"}
input|/dtmf_input|{"uuid":"call-1","conversation_uuid":"CON-1","dtmf":{"digits":"12","timed_out":true},"speech":{"results":[]},"timestamp":"@"}
input|/asr|{"uuid":"call-1","conversation_uuid":"CON-1","speech":{"timeout_reason":"end_on_silence_timeout","results":[{"confidence":"0.9","text":"sales"}]},"timestamp":"@"}
input|/webhooks/input|{"uuid":"call-1","dtmf":"1234","timestamp":"@"}
notify|/webhooks/notify|{"payload":{"step":"greeting-done"},"conversation_uuid":"CON-1","timestamp":"@"}
transfer|/webhooks/transfer|{"conversation_uuid_from":"CON-1","type":"transfer","uuid":"call-1","conversation_uuid_to":"CON-2","timestamp":"@"}
notify|/webhooks/event|{"payload":{"step":"after"},"conversation_uuid":"CON-2","timestamp":"@"}
transfer|/webhooks/transfer|{"conversation_uuid_from":"CON-2","type":"transfer","uuid":"call-1","conversation_uuid_to":"CON-3","timestamp":"@"}
error|/webhooks/error|{"reason":"Syntax error in NCCO. Invalid value type or action.","conversation_uuid":"CON-3","timestamp":"@"}
unknown|/event|{"payment":{"status":null},"uuid":"call-1","conversation_uuid":"CON-3","timestamp":"@"}
status|/event|{"uuid":"call-1","conversation_uuid":"CON-3","status":"completed","duration":7,"price":"0.02","timestamp":"@"}
record|/recording|{"recording_url":"","size":0,"recording_uuid":"r-1","conversation_uuid":"CON-2","timestamp":"@"}
transcription|/webhooks/transcription|{"conversation_uuid":"CON-3","recording_uuid":"r-1","status":"transcribed","transcription_url":"https://api.nexmo.com/v1/files/c","type":"record"}
S
[ "$n" = 14 ] || fail "all kinds were tried: $n"
ok "every kind finds its call on any path and is stored as it came, records after the end and transfers too"
[ "$(sql "select status || duration_s || conversation from legs where uuid = 'call-1'")" = completed7CON-3 ] || fail "the leg is over, in its newest conversation: $(sql "select status, duration_s, conversation from legs where uuid = 'call-1'")"
[ "$(sql "select group_concat(id, ' ') from (select id from conversations where call = 'call-1' order by id)")" = 'CON-2 CON-3' ] || fail "its conversations are known"
ok "the leg is in its newest conversation, the others are known"

# ---- by GET, with nested values as JSON text ----
[ "$(get '/webhooks/event?uuid=call-1&conversation_uuid=CON-1&dtmf=%7B%22digits%22%3A%227%22%2C%22timed_out%22%3Afalse%7D&timestamp=2026-11-20T12:01:00.000Z')" = 204 ] || fail "an input by GET"
[ "$(sql "select json_extract(json_extract(body, '\$.dtmf'), '\$.digits') from events where call = 'call-1' order by id desc limit 1")" = 7 ] || fail "its members are stored as JSON"
ok "an input by GET is read, its members are stored as JSON"
[ "$(post /event 'messageId=0A00&status=delivered&msisdn=447700900123&err-code=0' application/x-www-form-urlencoded)" = 204 ] || fail "a form of an SMS"
[ "$(sql "select kind || body from events order by id desc limit 1")" = 'smsmessageId=0A00&status=delivered&msisdn=447700900123&err-code=0' ] || fail "is kept: $(sql "select kind, body from events order by id desc limit 1")"
[ "$(sql "select count(*) from legs where uuid = ''")" = 0 ] || fail "it makes no leg"
ok "the state of an SMS is kept, and is no leg's"

# ---- what was said to an input, if it was kept ----
said='{"uuid":"call-1","conversation_uuid":"CON-1","speech":{"results":[{"text":"sales"}],"recording_url":"http://127.0.0.1:9/v1/files/said"},"dtmf":{"digits":null},"timestamp":"2026-11-20T12:01:30.000Z"}'
for _ in 1 2; do
	[ "$(post /webhooks/event "$said")" = 204 ] || fail "an input with a recording: $(cat "$RUN/reply")"
done
[ "$(sql "select count(*) || group_concat(json_extract(args, '\$.url')) from jobs where kind = 'fetch' and call = 'call-1'")" = 1http://127.0.0.1:9/v1/files/said ] ||
    fail "it is downloaded: $(sql "select args from jobs where kind = 'fetch'")"
ok "what was said to an input that keeps it is downloaded"

# ---- twice is once ----
before=$(sql "select count(*) from events")
for _ in 1 2 3; do
	[ "$(post /event '{"payload":{"step":"twice"},"conversation_uuid":"CON-2","timestamp":"2026-11-20T12:02:00.000Z"}')" = 204 ] || fail "a doubled event is taken"
done
[ "$(post /event '{"payload":{"step":"other"},"conversation_uuid":"CON-2","timestamp":"2026-11-20T12:02:00.000Z"}')" = 204 ] || fail "another one of that ms is taken"
[ "$(sql "select count(*) - $before from events")" = 2 ] || fail "doubled ones are one row, different ones two"
ok "doubled events are one row, different ones of one ms two"

# ---- one that came before its call ----
[ "$(post /event '{"uuid":"call-9","conversation_uuid":"CON-9","status":"started","timestamp":"2026-11-20T12:03:00.000Z"}')" = 204 ] || fail "an event before its call"
[ "$(get '/webhooks/answer?uuid=call-9&conversation_uuid=CON-9&from=44&to=45')" = 200 ] || fail "its call comes"
wait_row "select count(*) from calls where id = 'call-9'" 1
wait_row "select count(*) from events where call = 'call-9'" 1
"$BIN/tools/callctl" -c "$CONF" events call-9 > "$RUN/events" || fail "callctl events"
[ "$(wc -l < "$RUN/events")" = 2 ] || fail "both are of the call: $(cat "$RUN/events")"
ok "callctl events shows one that came before its call"
"$BIN/tools/callctl" -c "$CONF" events call-1 > "$RUN/events" || fail "callctl events"
while read -r line; do
	printf '%s' "$line" > "$RUN/line"
	[ "$(sqlite3 :memory: "select json_valid(readfile('$RUN/line'))")" = 1 ] || fail "each line is JSON: $line"
done < "$RUN/events"
grep -c . "$RUN/events" > "$RUN/count"
[ "$(cat "$RUN/count")" = "$(sql "select count(*) from events where call = 'call-1'")" ] || fail "all lines: $(cat "$RUN/count")"
grep -q -F '"unknown_to_us":[1,{"a":null}]' "$RUN/events" || fail "what is unknown to us is kept: $(head -3 "$RUN/events")"
ok "callctl events prints JSON lines, unknown members and all"

# ---- what is none ----
[ "$(post /event 'not json')" = 400 ] || fail "rubbish is 400"
[ "$(post /event '[]')" = 400 ] || fail "an array is 400"
[ "$(post /webhooks/answer '{"from":"44"}')" = 400 ] || fail "an answer without uuid is 400"
[ "$(curl -s -o /dev/null -w '%{http_code}' -X PUT -d '{}' "$(base)/event")" = 405 ] || fail "PUT is 405"
[ "$(get /webhooks/nothing)" = 404 ] || fail "another path is 404"
ok "what is none is refused"

# ---- the fallback ----
[ "$(post /webhooks/fallback '{"from":"447700900123","to":"442079460000","uuid":"call-f","conversation_uuid":"CON-f","reason":"Connection closed.","original_request":{"url":"https://b/answer","type":"answer"}}')" = 200 ] || fail "the fallback answers"
[ "$(sqlite3 :memory: "select json_array_length(readfile('$RUN/reply')) > 0")" = 1 ] || fail "with an NCCO: $(cat "$RUN/reply")"
ok "the fallback URL gives an NCCO"
