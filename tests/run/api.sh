#!/bin/bash
# SPDX-License-Identifier: ISC
# The operator's API: who may do what, calls with their transcript, recordings by
# ranges, events as they happen, problems as RFC 7807.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
export READ_TOKEN=a-token-that-may-read OPERATE_TOKEN=a-token-that-may-operate ADMIN_TOKEN=a-token-that-may-all
mkdir "$RUN/media"
WEBHOOKD_EXTRA="media_dir = \"$RUN/media\"; "'from_number = "442079460000"; api_tokens = (
	{ name = "watch"; token = "${env:READ_TOKEN}"; },
	{ name = "desk"; scope = "operate"; token = "${env:OPERATE_TOKEN}"; },
	{ name = "boss"; scope = "admin"; token = "${env:ADMIN_TOKEN}"; } );'
configure
start_all

# api STATUS TOKEN METHOD PATH [curl arguments]: the body is in $RUN/body.
api() {
	local want=$1 token=$2 method=$3 path=$4 got
	shift 4
	got=$(curl -s -o "$RUN/body" -D "$RUN/head" -w '%{http_code}' -X "$method" ${token:+-H "Authorization: Bearer $token"} "$@" "$(base)$path")
	[ "$got" = "$want" ] || fail "$method $path is answered $want, not $got: $(cat "$RUN/body")"
}
problem() {
	grep -qi '^content-type: application/problem+json' "$RUN/head" || fail "a problem has its type: $(cat "$RUN/head")"
	[ "$(jget "$RUN/body" '$.status')" = "$1" ] || fail "a problem tells its status: $(cat "$RUN/body")"
}

api 401 '' GET /v1/calls
problem 401
grep -qi '^www-authenticate: bearer' "$RUN/head" || fail "401 names the scheme"
api 401 a-token-nobody-knows GET /v1/calls
api 401 "$READ_TOKEN"x GET /v1/calls
api 404 "$READ_TOKEN" GET /v1/nothing
problem 404
api 405 "$READ_TOKEN" DELETE /v1/calls
grep -qi '^allow: .*GET' "$RUN/head" || fail "405 tells what is allowed"
api 400 "$READ_TOKEN" GET '/v1/calls?limit=0'
problem 400
api 404 "$READ_TOKEN" GET /v1/calls/nobody
api 200 '' GET /v1/openapi.json
[ "$(jget "$RUN/body" '$.openapi')" = 3.0.3 ] || fail "the document is OpenAPI"
ok "tokens, paths and methods are checked"

mkfifo "$RUN/stream"
curl -sN -H "Authorization: Bearer $READ_TOKEN" "$(base)/v1/events?kind=turn,call.state,record.saved" > "$RUN/stream" 2>/dev/null &
exec 8<> "$RUN/stream"
read -r -t "$LIMIT" line <&8 || fail "the stream begins"
[ "$line" = ': callpipe' ] || fail "the stream begins with a comment: $line"

cat > "$RUN/s.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-end
hangup
S
call one --script "$RUN/s.script" || fail "the call holds: $(jget "$RUN/one.json" '$.reason')"
wait_row "select count(*) from v_calls where state = 'ended'" 1
wait_row "select count(*) from recordings" 1
id=$(sql "select id from calls")
# The stream told of it: the leg, the turn, the recording.
for want in '"status":"answered"' '"state":"done"' '"kind":"record.saved"'; do
	while :; do
		read -r -t "$LIMIT" line <&8 || fail "the stream tells $want"
		case $line in data:*"$want"*"$id"* | data:*"$id"*"$want"*) break ;; esac
	done
done
exec 8<&-
ok "facts come as server-sent events"

api 200 "$READ_TOKEN" GET '/v1/calls?limit=1'
[ "$(jget "$RUN/body" '$.calls[0].id')" = "$id" ] || fail "the call is listed: $(cat "$RUN/body")"
before=$(jget "$RUN/body" '$.before')
for plus in '' + %2B; do
	api 200 "$READ_TOKEN" GET "/v1/calls?caller=$plus$(sql "select caller from calls")"
	[ "$(jget "$RUN/body" '$.calls[0].id')" = "$id" ] || fail "the calls of ${plus}NUMBER: $(cat "$RUN/body")"
done
"$BIN/tools/callctl" -c "$CONF" --json calls --caller "+$(sql "select caller from calls")" | grep -q -F "$id" || fail "callctl finds them with +"
api 200 "$READ_TOKEN" GET "/v1/calls?before=$before"
[ "$(jget "$RUN/body" '$.calls[0]')" = '' ] || fail "nothing is before it: $(cat "$RUN/body")"
api 400 "$READ_TOKEN" GET "/v1/calls?before=$before/"
api 400 "$READ_TOKEN" GET '/v1/calls?before=soon'
# Five more of the same millisecond: the pages have each of the six once.
db() { sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "$1" > /dev/null || fail "$1"; }
for i in 1 2 3 4 5; do
	db "create temp table t as select * from calls where id = '$id'; update t set id = 'same-$i'; insert into calls select * from t"
done
listed='' page=
while api 200 "$READ_TOKEN" GET "/v1/calls?limit=2${page:+&before=$page}"; [ "$(jget "$RUN/body" '$.calls[0]')" != '' ]; do
	listed="$listed$(jget "$RUN/body" '$.calls[0].id') $(jget "$RUN/body" '$.calls[1].id') "
	page=$(jget "$RUN/body" '$.before')
	[ "$page" != '' ] || break
done
[ "$(printf '%s' "$listed" | tr ' ' '\n' | sort -u | wc -l)" = 6 ] || fail "pages of calls of one millisecond: $listed"
db "delete from calls where id like 'same-%'"
api 200 "$READ_TOKEN" GET '/v1/calls?state=open'
[ "$(jget "$RUN/body" '$.calls[0]')" = '' ] || fail "no call is open: $(cat "$RUN/body")"
api 200 "$ADMIN_TOKEN" GET "/v1/calls/$id"
[ "$(jget "$RUN/body" '$.turns[#-1].user_text')" != '' ] || fail "the transcript is there: $(cat "$RUN/body")"
[ "$(jget "$RUN/body" '$.turns[#-1].ear_ms')" -gt 0 ] || fail "the waterfall is there"
[ "$(jget "$RUN/body" '$.legs[1].type')" = websocket ] || fail "both legs are there: $(cat "$RUN/body")"
rec=$(jget "$RUN/body" '$.recordings[0].id')
ok "a call has its legs, its transcript and its waterfall"

file=$(sql "select path from recordings")
api 200 "$READ_TOKEN" GET "/v1/recordings/$rec"
cmp -s "$RUN/body" "$file" || fail "the recording is the file"
api 206 "$READ_TOKEN" GET "/v1/recordings/$rec" -H 'Range: bytes=0-3'
[ "$(cat "$RUN/body")" = RIFF ] || fail "a range is served"
api 206 "$READ_TOKEN" GET "/v1/recordings/$rec" -H 'Range: bytes=-10'
[ "$(stat -c %s "$RUN/body")" = 10 ] || fail "the end of a file is served"
api 416 "$READ_TOKEN" GET "/v1/recordings/$rec" -H "Range: bytes=999999999-"
api 401 '' GET "/v1/recordings/$rec"
rm "$file"
api 404 "$READ_TOKEN" GET "/v1/recordings/$rec"
api 404 "$READ_TOKEN" GET /v1/recordings/12345
ok "recordings are served, whole and by ranges"

# A call is touched while it goes on: bad requests, who may, keys as a job, the end.
cat > "$RUN/touch.sh" <<S
#!/bin/bash
id=\$(sqlite3 "$RUN/callpipe.db" "select id from calls where state <> 'ended'")
put() {	# STATUS TOKEN BODY
	local got
	got=\$(curl -s -o "$RUN/put" -w '%{http_code}' -X PUT -H "Authorization: Bearer \$2" -H 'Content-Type: application/json' -d "\$3" "$(base)/v1/calls/\$id")
	[ "\$got" = "\$1" ] || { echo "\$3: \$got instead of \$1: \$(cat "$RUN/put")" >> "$RUN/put.bad"; exit 1; }
}
put 403 "$READ_TOKEN" '{"action":"hangup"}'
put 400 "$OPERATE_TOKEN" '{"action":"jump"}'
put 400 "$OPERATE_TOKEN" '{"action":"hangup","why":1}'
put 400 "$OPERATE_TOKEN" '{"action":"dtmf","digits":"12x"}'
put 400 "$OPERATE_TOKEN" '{"action":"say"}'
put 400 "$OPERATE_TOKEN" '{"action":"transfer","to":"442079460000","url":"http://x"}'
put 400 "$OPERATE_TOKEN" '{"action":"transfer","to":"0123"}'
put 400 "$OPERATE_TOKEN" '{"action":"transfer","url":"file:///etc/passwd"}'
put 400 "$OPERATE_TOKEN" '{"action":"play","url":"httpx"}'
put 400 "$OPERATE_TOKEN" '{"action":"transfer","flow":"no-such-flow"}'
put 400 "$OPERATE_TOKEN" '{"action":"transfer","flow":"apology","vars":{"event_url":"http://x"}}'
put 400 "$OPERATE_TOKEN" '{"action":"transfer","ncco":[{"action":"talk","text":"a"},{"action":"talk","txt":"a"}]}'
grep -q 'ncco/1' "$RUN/put" || { echo "the place is told: \$(cat "$RUN/put")" >> "$RUN/put.bad"; exit 1; }
put 400 "$OPERATE_TOKEN" '{"action":"transfer","ncco":[{"action":"jump"}]}'
put 400 "$OPERATE_TOKEN" '{"action":"hangup","leg":5}'
put 400 "$OPERATE_TOKEN" '{"action":"transfer","flow":"apology","vars":[1]}'
put 400 "$OPERATE_TOKEN" '{"action":"play","url":"http://a b/"}'
put 202 "$OPERATE_TOKEN" '{"action":"say","text":"سلام","language":"fa-IR"}'
grep -q '"what":"stream".*/media/[0-9a-f]*\.wav?e=' "$RUN/put" || { echo "Farsi is spoken by our own voice: \$(cat "$RUN/put")" >> "$RUN/put.bad"; exit 1; }
put 202 "$OPERATE_TOKEN" '{"action":"mute","leg":null}'
[ "\$(sed 's/.*"id":\([0-9]*\).*/\1/' "$RUN/put")" = "\$(sqlite3 "$RUN/callpipe.db" "select max(id) from jobs where kind = 'control'")" ] ||
	{ echo "the job has its id: \$(cat "$RUN/put")" >> "$RUN/put.bad"; exit 1; }
put 400 "$OPERATE_TOKEN" 'nonsense'
put 202 "$OPERATE_TOKEN" '{"action":"hangup"}'
grep -q '"kind":"hangup"' "$RUN/put" || { echo "a job is told: \$(cat "$RUN/put")" >> "$RUN/put.bad"; exit 1; }
S
chmod +x "$RUN/touch.sh"
cat > "$RUN/s2.script" <<S
wait-connected
silence 300
run $RUN/touch.sh
wait-hangup
S
call two --api-base self --script "$RUN/s2.script" || fail "the call is hung up: $(jget "$RUN/two.json" '$.reason') $(cat "$RUN/put.bad")"
wait_row "select count(*) from jobs where kind = 'hangup' and state = 'done'" 1
id=$(jget "$RUN/two.json" '$.uuid')
[ -n "$id" ] || id=$(sql "select call from jobs where kind = 'hangup'")
wait_row "select state from calls where id = '$id'" ended
api 409 "$OPERATE_TOKEN" PUT "/v1/calls/$id" -d '{"action":"hangup"}'
ok "an operator hangs up, and what is wrong is refused with its reason"

# Calls are placed as dials: once for each idempotency key.
api 403 "$READ_TOKEN" POST /v1/calls -d '{"to":"447700900123"}'
api 400 "$OPERATE_TOKEN" POST /v1/calls -d '{"to":"12"}'
api 400 "$OPERATE_TOKEN" POST /v1/calls -d '{"to":"447700900123","vars":{"a":1}}'
api 422 "$OPERATE_TOKEN" POST /v1/calls -d '{"to":"447700900123","options":{"amd":"perhaps"}}'
api 202 "$OPERATE_TOKEN" POST /v1/calls -H 'Idempotency-Key: order-7' -d '{"to":"+447700900123","vars":{"when":"Monday"},"options":{"quiet_hours":"none"}}'
dial=$(jget "$RUN/body" '$.id')
grep -qi "^location: /v1/dials/$dial" "$RUN/head" || fail "the dial has an address: $(cat "$RUN/head")"
api 400 "$OPERATE_TOKEN" POST /v1/calls -d '{"to":"447700900123","flow":5}'
api 400 "$OPERATE_TOKEN" POST /v1/calls -d '{"to":"447700900123","options":"quiet_hours"}'
api 422 "$OPERATE_TOKEN" POST /v1/calls -d '{"to":"447700900123","vars":{"uuid":"customer-7"}}'
api 202 "$OPERATE_TOKEN" POST /make-call -H 'Idempotency-Key: order-7' -d '{"to_number":"447700900123"}'
[ "$(jget "$RUN/body" '$.id')" = "$dial" ] || fail "the same key is the same dial: $(cat "$RUN/body")"
api 422 "$OPERATE_TOKEN" POST /v1/calls -H 'Idempotency-Key: order-7' -d '{"to":"447700900124"}'
[ "$(sql "select count(*) from dials")" = 1 ] || fail "it is stored once"
api 200 "$READ_TOKEN" GET "/v1/dials/$dial"
[ "$(jget "$RUN/body" '$.vars.when')" = Monday ] || fail "its variables are kept: $(cat "$RUN/body")"
api 200 "$READ_TOKEN" GET /v1/dials
[ "$(jget "$RUN/body" '$.after')" = '' ] || fail "that was all: $(cat "$RUN/body")"
api 200 "$READ_TOKEN" GET '/v1/dials?limit=1'
[ "$(jget "$RUN/body" '$.after')" = "$dial" ] || fail "there may be more: $(cat "$RUN/body")"
api 200 "$READ_TOKEN" GET "/v1/dials?after=$dial"
[ "$(jget "$RUN/body" '$.dials')" = '[]' ] || fail "after the last there are none: $(cat "$RUN/body")"
api 404 "$READ_TOKEN" GET /v1/dials/999
api 200 "$READ_TOKEN" GET /v1/campaigns
api 404 "$ADMIN_TOKEN" PUT /v1/campaigns/1 -d '{"action":"pause"}'
api 403 "$OPERATE_TOKEN" PUT /v1/campaigns/1 -d '{"action":"pause"}'
ok "calls are placed once for a key"

# A token that is taken out ends what it let in.
curl -sN -H "Authorization: Bearer $READ_TOKEN" "$(base)/v1/events" > "$RUN/watched" 2> /dev/null &
watching=$!
curl -sN -H "Authorization: Bearer $ADMIN_TOKEN" "$(base)/v1/events" > "$RUN/kept" 2> /dev/null &
keeping=$!
until [ -s "$RUN/watched" ] && [ -s "$RUN/kept" ]; do kill -0 $watching $keeping || fail "the streams begin"; done
sed -i '/name = "watch"/d' "$CONF"
kill -HUP "$(pid webhookd)"
wait_log webhookd 0 'event=conf.loaded'
timeout "$LIMIT" tail --pid=$watching -f /dev/null || fail "the stream of a token that is gone ends"
kill -0 $keeping || fail "that of another token goes on"
api 401 "$READ_TOKEN" GET /v1/calls
kill $keeping
ok "a stream ends with its token"
