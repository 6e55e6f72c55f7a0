#!/bin/bash
# callsim serve is Vonage to a client: every endpoint, its limits and errors, and each kind of phone.
. "$(dirname "$0")/lib.sh"

SIM=$BIN/tools/callsim/callsim
app_key
openssl pkey -in "$RUN/app.key" -pubout -out "$RUN/app.pub" 2> /dev/null || fail "the public key"
APP=11111111-2222-3333-4444-555555555555
OURS=442079460000

b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# A token by openssl alone: token AGE_S [KEY] [APPLICATION]
token() {
	local now head body
	now=$(($(date +%s) - $1))
	head=$(printf '{"typ":"JWT","alg":"RS256"}' | b64url)
	body=$(printf '{"application_id":"%s","iat":%d,"exp":%d,"jti":"%s"}' "${3:-$APP}" "$now" $((now + 300)) \
	    "$RANDOM$RANDOM" | b64url)
	printf '%s.%s.%s' "$head" "$body" \
	    "$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -sign "${2:-$RUN/app.key}" -binary | b64url)"
}
TOKEN=$(token 0)

# rest METHOD PATH [BODY]: the status; the body is in $RUN/body, the headers in $RUN/headers
rest() {
	rm -f "$RUN/body" "$RUN/headers"
	curl -sS -m 20 -o "$RUN/body" -D "$RUN/headers" -w '%{http_code}' -X "$1" -H "Authorization: Bearer $TOKEN" \
	    ${3:+-H 'Content-Type: application/json' --data-binary "$3"} "http://127.0.0.1:$PORT$2" 2> "$RUN/curl.err"
}
body() { jget "$RUN/body" "$1"; }
# is STATUS WHAT METHOD PATH [BODY]
is() {
	local want=$1 what=$2 got
	shift 2
	got=$(rest "$@")
	[ "$got" = "$want" ] || fail "$what: $want, not $got: $(cat "$RUN/body" 2>/dev/null)"
}

# serve NAME ARGS: starts one, waits for its port
serve() {
	local name=$1
	shift
	rm -f "$RUN/port"
	"$SIM" serve --event http://127.0.0.1:1/none --number $OURS --application-id $APP --public-key "$RUN/app.pub" \
	    --rest-port-file "$RUN/port" --log "$RUN/$name.jsonl" --json "$RUN/$name.json" "$@" 2> "$RUN/$name.sim.0.log" &
	SIMPID=$!
	echo $SIMPID > "$RUN/$name.pid"
	touch "$RUN/$name.jsonl"
	NAME=$name
	seen '"log":"ready"'
	PORT=$(cat "$RUN/port")
}
# seen RE [N]: waits until N lines of the log (1) match
seen() {
	timeout "$LIMIT" grep -m"${2:-1}" -E -- "$1" <(timeout "$LIMIT" tail -n +1 -F "$RUN/$NAME.jsonl" 2> /dev/null) \
	    > "$RUN/seen" || fail "the log has ${2:-1} of: $1"
}
# The statuses of a leg's events in the log, in order: "started ringing answered completed"
events() {
	{ printf '['; paste -sd, "$RUN/$NAME.jsonl"; printf ']'; } > "$RUN/events.json"
	sqlite3 :memory: "select group_concat(coalesce(json_extract(value, '\$.event.status'), 'other') ||
	      coalesce('/' || json_extract(value, '\$.event.sub_state'), '') ||
	      coalesce('/' || json_extract(value, '\$.event.detail'), ''), ' ')
	     from json_each(readfile('$RUN/events.json')) where json_extract(value, '\$.log') = 'event' and
	      coalesce(json_extract(value, '\$.event.uuid'), json_extract(value, '\$.event.call_uuid')) = '$1'"
}
stop() {
	kill -TERM "$SIMPID" 2> /dev/null
	wait "$SIMPID"
}
create() { echo "{\"to\":[$1],\"from\":{\"type\":\"phone\",\"number\":\"$OURS\"},\"ncco\":${3:-$TALK}${2:+,$2}}"; }
phone() { echo "{\"type\":\"phone\",\"number\":\"$1\"}"; }
TALK='[{"action":"talk","text":"Good morning."}]'
STAY='[{"action":"talk","text":"Please stay."},{"action":"wait","timeout":60}]'

cat > "$RUN/phones.json" <<'P'
{"447700900001": {"kind": "human", "greeting": "", "answer_after_ms": 300},
 "447700900002": {"kind": "machine", "answer_after_ms": 600, "detect_after_ms": 4000, "beep_after_ms": 12000},
 "447700900003": {"kind": "machine-no-beep", "answer_after_ms": 600},
 "447700900004": {"kind": "screening"},
 "447700900005": {"kind": "busy"},
 "447700900006": {"kind": "no-answer"},
 "447700900007": {"kind": "invalid"},
 "447700900008": {"kind": "rejected"},
 "447700900009": {"kind": "unreachable"},
 "447700900010": {"kind": "failed", "detail": "number_out_of_service"},
 "sip:desk@example.com": {"kind": "human", "greeting": ""},
 "123": {"kind": "busy"}}
P

# ---- tokens, paths, bodies ----
serve strict --phones "$RUN/phones.json" --rest-limits 0,0
is 404 "a path that is none" GET /v1/call
is 405 "a method that is none" DELETE /v1/calls
for bad in "$(token 1000)" "$(token 0 "$RUN/app.key" 99999999-2222-3333-4444-555555555555)" "x.y.z" ""; do
	(TOKEN=$bad; is 401 "a bad token" GET /v1/calls) || exit 1
done
openssl genpkey -quiet -algorithm RSA -out "$RUN/other.key" 2> /dev/null || openssl genpkey -algorithm RSA -out "$RUN/other.key" 2> /dev/null
(TOKEN=$(token 0 "$RUN/other.key"); is 401 "another key" GET /v1/calls) || exit 1
[ "$(body '$.error_title')" = Unauthorized ] || fail "the body of 401"
ok "a token is verified: signature, time, application"
is 400 "no body" POST /v1/calls
is 400 "no JSON" POST /v1/calls '{"to":'
is 400 "a number with +" POST /v1/calls "$(create "$(phone +447700900001)")"
[ "$(body '$.invalid_parameters[0].name')" = to.number ] || fail "it names the parameter"
is 400 "an unknown member" POST /v1/calls "$(create "$(phone 447700900001)" '"foo":1')"
is 400 "both ncco and answer_url" POST /v1/calls "$(create "$(phone 447700900001)" '"answer_url":["http://127.0.0.1:1/a"]')"
is 400 "an NCCO that is none" POST /v1/calls "$(create "$(phone 447700900001)" '' '[{"action":"tlak"}]')"
is 403 "a number of somebody else" POST /v1/calls "$(create "$(phone 447700900001)" | sed s/$OURS/442079469999/)"
is 200 "an empty list" GET /v1/calls
[ "$(body '$.count')" = 0 ] || fail "a refused call is no call"
ok "requests are refused as Vonage refuses them, by name"

# ---- a call's life ----
is 201 "a call" POST /v1/calls "$(create "$(phone 447700900001)" '"length_timer":300' "$STAY")"
id=$(body '$.uuid') conv=$(body '$.conversation_uuid')
[ "$(body '$.status')/$(body '$.direction')" = started/outbound ] || fail "the answer of a creation"
is 400 "a hang-up within 2 s" PUT "/v1/calls/$id" '{"action":"hangup"}'
is 200 "it is known at once" GET "/v1/calls/$id"
[ "$(body '$.to.number')" = 447700900001 ] || fail "where it goes"
seen "\"status\":\"answered\""
is 200 "a living leg" GET "/v1/calls/$id"
[ "$(body '$.status')" = answered ] && [ -z "$(body '$.duration')" ] || fail "an answered leg has no duration yet"
for a in mute unmute earmuff unearmuff; do is 204 "$a" PUT "/v1/calls/$id" "{\"action\":\"$a\"}"; done
is 400 "an action that is none" PUT "/v1/calls/$id" '{"action":"hold"}'
is 404 "an unknown leg" PUT /v1/calls/11111111-1111-1111-1111-111111111111 '{"action":"mute"}'
is 200 "a talk" PUT "/v1/calls/$id/talk" '{"text":"One thing more.","level":"0.2"}'
[ "$(body '$.message')/$(body '$.uuid')" = "Talk started/$id" ] || fail "the answer of a talk"
is 200 "its end" DELETE "/v1/calls/$id/talk"
is 400 "a talk in a language without voice" PUT "/v1/calls/$id/talk" '{"text":"x","language":"fa-IR"}'
is 200 "a stream" PUT "/v1/calls/$id/stream" '{"stream_url":["http://127.0.0.1:1/a.wav"],"loop":0}'
is 200 "its end" DELETE "/v1/calls/$id/stream"
is 200 "keys" PUT "/v1/calls/$id/dtmf" '{"digits":"12p#"}'
[ "$(body '$.message')" = "DTMF sent" ] || fail "the answer of keys"
is 400 "keys that are none" PUT "/v1/calls/$id/dtmf" '{"digits":"12x"}'
is 404 "keys of nobody" PUT /v1/calls/nobody/dtmf '{"digits":"1"}'
is 204 "a transfer" PUT "/v1/calls/$id" "{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"ncco\":$STAY}}"
seen '"conversation_uuid_to"'
is 400 "a transfer to nothing" PUT "/v1/calls/$id" '{"action":"transfer"}'
is 200 "the transferred leg" GET "/v1/calls/$id"
[ "$(body '$.conversation_uuid')" != "$conv" ] || fail "it is in another conversation"
left=100
until [ "$(rest PUT "/v1/calls/$id" '{"action":"hangup"}')" = 204 ]; do
	[ $((left -= 1)) -gt 0 ] || fail "a hang-up after 2 s is 204"
	read -r -t 0.1 <> "$RUN/never" || :
done
seen "\"status\":\"completed\""
is 404 "a hang-up of what is over" PUT "/v1/calls/$id" '{"action":"hangup"}'
is 200 "an ended leg is known" GET "/v1/calls/$id"
[ "$(body '$.status')" = completed ] && [ "$(body '$.duration')" -ge 1 ] && [ "$(sqlite3 :memory: \
    "select json_type(readfile('$RUN/body'), '\$.duration') || json_type(readfile('$RUN/body'), '\$.price')")" = texttext ] ||
    fail "an ended leg has a duration and a price, as texts"
got=$(events "$id")
[ "$got" = "started ringing answered other completed" ] || fail "its events: $got"
ok "a call is made, looked at, changed, played into and hung up"
stop || fail "it ends well"
[ "$(jget "$RUN/strict.json" '$.numbers.447700900001')" = 1 ] || fail "the summary counts calls of a number"
[ "$(jget "$RUN/strict.json" '$.created')/$(jget "$RUN/strict.json" '$.legs[0].status')" = 1/completed ] || fail "the summary"
[ "$(jget "$RUN/strict.json" '$.rest.unauthorized')" = 5 ] || fail "the summary counts refused tokens"
ok "SIGTERM ends it with a summary"

# ---- each kind of phone ----
serve kinds --phones "$RUN/phones.json" --rest-limits 0,0 --time-scale 20
AMD='"advanced_machine_detection":{"mode":"default","beep_timeout":30}'
# kind WHAT ENDPOINT EVENTS [MORE]
kind() {
	is 201 "$1" POST /v1/calls "$(create "$2" "${4:-}" "${5:-}")"
	local id got last=${3##* }
	id=$(body '$.uuid')
	seen "\"uuid\":\"$id\".*\"status\":\"${last%%/*}\""
	got=$(events "$id")
	[ "$got" = "$3" ] || fail "$1: $3, not $got"
}
kind "a human" "$(phone 447700900001)" "started ringing answered completed"
kind "a human, detected" "$(phone 447700900001)" "started ringing answered human completed" "$AMD"
kind "a SIP phone" '{"type":"sip","uri":"sip:desk@example.com"}' "started ringing answered completed"
kind "a busy extension" '{"type":"vbc","extension":"123"}' "started ringing busy completed"
kind "a busy phone" "$(phone 447700900005)" "started ringing busy completed"
grep -q '"status":"busy".*"sip_code":486' "$RUN/kinds.jsonl" || fail "busy has 486"
kind "nobody there" "$(phone 447700900006)" "started ringing timeout completed" '"ringing_timer":20'
kind "a number that is none" "$(phone 447700900007)" "started rejected/invalid_number"
kind "a refusal" "$(phone 447700900008)" "started ringing rejected/declined"
kind "an unreachable phone" "$(phone 447700900009)" "started ringing unanswered/unavailable completed"
kind "a failure" "$(phone 447700900010)" "started failed/number_out_of_service completed"
ok "phones that are not reached tell why"
kind "a machine with a beep" "$(phone 447700900002)" "started ringing answered machine machine/beep_start completed" "$AMD"
kind "only the result" "$(phone 447700900002)" "started ringing answered machine completed" \
    '"advanced_machine_detection":{"behavior":"continue"}'
kind "only the beep" "$(phone 447700900002)" "started ringing answered machine/beep_start completed" \
    '"advanced_machine_detection":{"mode":"detect_beep"}'
kind "the old form" "$(phone 447700900002)" "started ringing answered machine completed" '"machine_detection":"continue"'
kind "hang up on machines" "$(phone 447700900002)" "started ringing answered machine completed" \
    '"advanced_machine_detection":{"behavior":"hangup"}' "$STAY"
kind "a machine without a beep" "$(phone 447700900003)" "started ringing answered machine machine/beep_timeout completed" \
    "$AMD" '[{"action":"wait","timeout":4}]'
kind "screening of calls" "$(phone 447700900004)" "started ringing answered machine/beep_timeout completed" \
    '"advanced_machine_detection":{"mode":"detect_beep","beep_timeout":30}'
kind "the end of its length" "$(phone 447700900001)" "started ringing answered completed" '"length_timer":2' "$STAY"
ok "people, machines, beeps and screening are told apart"

# ---- the list ----
is 200 "all" GET "/v1/calls?page_size=100"
all=$(body '$.count')
[ "$all" -ge 18 ] && [ "$(body '$._embedded.calls[0].to.number')" = 447700900001 ] || fail "all legs are listed, oldest first"
is 200 "the busy ones" GET "/v1/calls?status=busy"
[ "$(body '$.count')" = 2 ] || fail "two were busy: $(body '$.count')"
is 200 "a page" GET "/v1/calls?page_size=5&record_index=5&order=desc"
[ "$(body '$._links.next.href')" = "/calls?page_size=5&record_index=10&order=desc" ] &&
    [ "$(body '$._links.prev.href')" = "/calls?page_size=5&record_index=0&order=desc" ] || fail "links of a page"
next=$(body '$._embedded.calls[4].uuid') conv=$(body '$._embedded.calls[4].conversation_uuid')
is 200 "the next page" GET "/v1$(body '$._links.next.href')"
[ "$(body '$._embedded.calls[0].uuid')" != "$next" ] || fail "it goes on behind the last"
is 200 "one conversation" GET "/v1/calls?conversation_uuid=$conv"
[ "$(body '$.count')/$(body '$._embedded.calls[0].uuid')" = "1/$next" ] || fail "by conversation"
is 200 "none of the past" GET "/v1/calls?date_end=2020-01-01T00:00:00Z"
[ "$(body '$.count')" = 0 ] || fail "by date"
is 400 "a page that is too big" GET "/v1/calls?page_size=101"
is 400 "a filter that is none" GET "/v1/calls?number=1"
stop || fail "it ends well"
[ "$(jget "$RUN/kinds.json" '$.numbers.447700900002')" = 5 ] || fail "the machine was called five times"
ok "the list has pages and filters"

# ---- limits ----
serve limits --phones "$RUN/phones.json"
codes() {
	curl -sS -m 20 -o "$RUN/body" -w '%{http_code} ' -H "Authorization: Bearer $TOKEN" "$@" 2> "$RUN/curl.err"
}
got=$(codes --data-binary "$(create "$(phone 447700900005)")" "http://127.0.0.1:$PORT/v1/calls?[1-4]")
[ "$got" = "201 201 201 429 " ] || fail "three creations a second: $got"
[ "$(body '$.title')" = "Too Many Requests" ] || fail "the body of 429"
got=$(codes "http://127.0.0.1:$PORT/v1/calls?page_size=[1-17]")
[ "$got" = "$(printf '200 %.0s' {1..15})429 429 " ] || fail "fifteen others a second: $got"
stop || fail "it ends well"
[ "$(jget "$RUN/limits.json" '$.rest.throttled')/$(jget "$RUN/limits.json" '$.created')" = 3/3 ] || fail "throttled ones do nothing"
ok "more than 3 creations and 15 others a second are refused"

# ---- faults ----
serve faults --phones "$RUN/phones.json" --rest-limits 0,0 --rest-delay-ms 300 \
    --rest-fail lose,create --rest-fail drop,create --rest-fail 500,create --rest-fail stall,get \
    --rest-fail 429-after,put --rest-fail 429,put --rest-fail 401,put --rest-fail 503,list,1,1
one=$(create "$(phone 447700900005)")
is 000 "a lost answer" POST /v1/calls "$one"
is 200 "the first list" GET /v1/calls
[ "$(body '$.count')" = 1 ] || fail "whose work was done"
is 000 "a dropped request" POST /v1/calls "$one"
is 500 "an error" POST /v1/calls "$one"
is 503 "the second list" GET /v1/calls
is 200 "the third" GET /v1/calls
[ "$(body '$.count')" = 1 ] || fail "nothing was done for these"
got=$(codes -m 1 "http://127.0.0.1:$PORT/v1/calls/x")
[ "$got" = "000 " ] || fail "a stalled answer: $got"
got=$(codes -m 0.1 "http://127.0.0.1:$PORT/v1/calls/[1-3]")
[ "$got" = "000 000 000 " ] || fail "who leaves gets no late answer: $got"
is 429 "throttled" PUT /v1/calls/x '{"action":"mute"}'
grep -qi '^retry-after: 2' "$RUN/headers" || fail "with Retry-After"
is 429 "throttled" PUT /v1/calls/x '{"action":"mute"}'
grep -qi '^retry-after' "$RUN/headers" && fail "without Retry-After"
is 401 "an expired token" PUT /v1/calls/x '{"action":"mute"}'
is 404 "at last" PUT /v1/calls/x '{"action":"mute"}'
t=$(codes -w '%{time_total}' "http://127.0.0.1:$PORT/v1/calls?order=asc")
[ "${t#0.[3-9]}" != "$t" ] || [ "${t%%.*}" -ge 1 ] || fail "answers come late: $t"
stop || fail "it ends well"
ok "answers are lost, late, stalled or errors on request"

# ---- its own end ----
serve one --phones "$RUN/phones.json" --calls 1
is 201 "a call" POST /v1/calls "$one"
wait "$SIMPID" || fail "it ends after one call"
[ "$(jget "$RUN/one.json" '$.ended')" = 1 ] || fail "the summary of one"
"$SIM" serve --rest-fail 501 2> "$RUN/usage.err" && fail "a bad option is taken"
grep -q 'rest-fail' "$RUN/usage.err" || fail "and named"
ok "it ends after so many calls"
