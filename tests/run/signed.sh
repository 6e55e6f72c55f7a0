#!/bin/bash
# Signed webhooks: what is not Vonage's is refused, counted and leaves nothing behind.
# The tokens are made with openssl, not with our own code.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

SIGN=yes NSOCKD=1 APP=11111111-2222-3333-4444-555555555555
printf 'the-secret-of-today' > "$RUN/secret.new"
printf 'the-secret-of-before' > "$RUN/secret.old"
chmod 600 "$RUN"/secret.*
WEBHOOKD_EXTRA="signature_secrets = [ \"\${file:$RUN/secret.new}\" ]; api_key = \"a1b2c3d4\";"
configure

b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# token SECRET-FILE CLAIMS [HEADER]
token() {
	local head payload
	head=$(printf %s "${3:-{\"alg\":\"HS256\",\"typ\":\"JWT\"\}}" | b64)
	payload=$(printf %s "$2" | b64)
	printf '%s.%s.%s' "$head" "$payload" \
	    "$(printf %s "$head.$payload" | openssl dgst -sha256 -mac HMAC -macopt "key:$(cat "$1")" -binary | b64)"
}
# claims [NAME VALUE-AS-JSON]...: those of a good token for $body, with changes; a value of "" leaves one out
claims() {
	local out='' k
	declare -A c=([iss]='"Vonage"' [api_key]='"a1b2c3d4"' [application_id]="\"$APP\"" [iat]=$(date +%s)
	    [jti]="\"jti-$(date +%s%N)\"" [payload_hash]="\"$(printf %s "$body" | sha256sum | cut -d ' ' -f 1)\"")
	while [ $# -gt 0 ]; do
		c[$1]=$2
		shift 2
	done
	for k in "${!c[@]}"; do
		[ -n "${c[$k]}" ] && out="$out${out:+,}\"$k\":${c[$k]}"
	done
	printf '{%s}' "$out"
}
n=0
event() { n=$((n + 1)); body="{\"uuid\":\"leg-$n\",\"conversation_uuid\":\"CON-$n\",\"status\":\"answered\",\"timestamp\":\"2026-11-20T12:00:00.000Z\"}"; }
# post TOKEN [PATH]: the status
post() { curl -s -o "$RUN/reply" -w '%{http_code}' -H 'Content-Type: application/json' ${1:+-H "Authorization: Bearer $1"} --data-binary "$body" "$(base)${2:-/webhooks/event}"; }
stored() { sql "select count(*) from events where leg = 'leg-$n'"; }
# accepted TEXT TOKEN; refused TEXT TOKEN COUNTER
accepted() {
	local got
	got=$(post "$2")
	[ "$got" = 204 ] || fail "$1: accepted, not $got $(cat "$RUN/reply")"
	[ "$(stored)" = 1 ] || fail "$1: stored"
	ok "$1: accepted and stored"
}
declare -A refusals
refused() {
	local got
	got=$(post "$2" "${4:-}")
	[ "$got" = 401 ] || fail "$1: 401, not $got"
	[ "$(stored)" = "${5:-0}" ] || fail "$1: not stored"
	refusals[$3]=$((${refusals[$3]:-0} + 1))
	ok "$1: 401, nothing stored"
}

# ---- it does not start without a secret ----
sed 's/signature_secrets = [^;]*;//' "$CONF" > "$RUN/none.conf"
"$(program webhookd)" -c "$RUN/none.conf" 2> "$RUN/none.log"
[ $? = 2 ] || fail "webhookd without a secret leaves with 2"
grep -q 'signature_secrets' "$RUN/none.log" || fail "it says what lacks: $(cat "$RUN/none.log")"
sed 's/signature_secrets = [^;]*;/insecure_dev = true;/; s/127.0.0.1:0"; flow_dir/0.0.0.0:0"; flow_dir/' "$CONF" > "$RUN/public.conf"
"$(program webhookd)" -n -c "$RUN/public.conf" 2> /dev/null && fail "insecure_dev does not listen publicly"
sed 's/insecure_dev = true;/insecure_dev = true; allow_public = true;/' "$RUN/public.conf" > "$RUN/told.conf"
"$(program webhookd)" -n -c "$RUN/told.conf" || fail "unless allow_public is set"
sed 's/signature_secrets/insecure_dev = true; signature_secrets/' "$CONF" > "$RUN/both.conf"
"$(program webhookd)" -n -c "$RUN/both.conf" 2> /dev/null && fail "insecure_dev and secrets together are refused"
ok "without a secret it does not start; insecure_dev is for loopback, unless told otherwise"

start_all
grep -q 'event=webhooks.unsigned' "$RUN/webhookd.0.log" && fail "with a secret nothing is shouted"

# ---- good ones ----
event
accepted "a good token" "$(token "$RUN/secret.new" "$(claims)")"
event
accepted "a hash in capitals" "$(token "$RUN/secret.new" "$(claims payload_hash "\"$(printf %s "$body" | sha256sum | cut -d ' ' -f 1 | tr a-f A-F)\"")")"
event
accepted "a token without an application" "$(token "$RUN/secret.new" "$(claims application_id '')")"
body=''
got=$(curl -s -o "$RUN/reply" -w '%{http_code}' -H "Authorization: Bearer $(token "$RUN/secret.new" "$(claims payload_hash '')")" "$(base)/webhooks/answer?uuid=get-1&conversation_uuid=CON-g&from=447700900123&to=442079460000")
[ "$got" = 200 ] || fail "a GET without a hash: 200, not $got"
ok "a GET needs signature and claims only"

# ---- bad ones, each for one reason ----
event
refused "no token" "" missing
event
refused "a token of another secret" "$(token "$RUN/secret.old" "$(claims)")" forged
event
refused "alg none" "$(printf %s '{"alg":"none","typ":"JWT"}' | b64).$(claims | b64)." algorithm
event
refused "HS512 in the header" "$(token "$RUN/secret.new" "$(claims)" '{"alg":"HS512","typ":"JWT"}')" algorithm
event
openssl pkey -in "$RUN/app.key" -pubout -out "$RUN/app.pub" 2> /dev/null
head=$(printf %s '{"alg":"RS256","typ":"JWT"}' | b64).$(claims | b64)
refused "RS256 by the application's own key" "$head.$(printf %s "$head" | openssl dgst -sha256 -sign "$RUN/app.key" -binary | b64)" algorithm
event
refused "HS256 keyed with the public key" "$(token "$RUN/app.pub" "$(claims)")" forged
event
refused "a stale token" "$(token "$RUN/secret.new" "$(claims iat $(($(date +%s) - 305)))")" stale
event
refused "a token of the future" "$(token "$RUN/secret.new" "$(claims iat $(($(date +%s) + 90)))")" early
event
refused "an expired token" "$(token "$RUN/secret.new" "$(claims exp $(($(date +%s) - 60)))")" stale
event
refused "the hash of another body" "$(token "$RUN/secret.new" "$(body=x claims)")" hash
event
refused "no hash" "$(token "$RUN/secret.new" "$(claims payload_hash '')")" hash
event
refused "another application" "$(token "$RUN/secret.new" "$(claims application_id '"99999999-2222-3333-4444-555555555555"')")" application
event
refused "another account" "$(token "$RUN/secret.new" "$(claims api_key '"ffffffff"')")" api_key
event
refused "another issuer" "$(token "$RUN/secret.new" "$(claims iss '"Mallory"')")" issuer
event
refused "no jti" "$(token "$RUN/secret.new" "$(claims jti '')")" claim
event
refused "no token at all" "rubbish" malformed

# ---- used again ----
event
t=$(token "$RUN/secret.new" "$(claims)")
accepted "a token, for the first time" "$t"
[ "$(post "$t")" = 204 ] || fail "the same request once more passes: Vonage tries again"
[ "$(stored)" = 1 ] || fail "and is stored once"
ok "Vonage's second try passes and is stored once"
refused "the third time" "$t" replayed '' 1
event
t=$(token "$RUN/secret.new" "$(claims)")
[ "$(post "$t")" = 204 ] || fail "a token passes"
refused "the same token at another address" "$t" replayed '/webhooks/event?c=get-1&f=menu&s=1' 1

# ---- the call of a refused webhook is untouched ----
body='{"uuid":"get-1","conversation_uuid":"CON-g","status":"completed","timestamp":"2026-11-20T12:00:09.000Z"}'
[ "$(post '')" = 401 ] || fail "an end without a signature is refused"
refusals[missing]=$((refusals[missing] + 1))
wait_row "select state from calls where id = 'get-1'" new
ok "a forged end does not end the call"
for reason in "${!refusals[@]}"; do
	got=$(stat_of webhookd "refused_$reason")
	[ "$got" = "${refusals[$reason]}" ] || fail "refused_$reason is ${refusals[$reason]}, not $got"
done
ok "each refusal is counted by its reason"
[ "$(grep -c 'event=webhook.refused cause=forged' "$RUN/webhookd.0.log")" -le 2 ] || fail "the log is not flooded"
grep -q 'event=webhook.refused cause=forged.*peer=127.0.0.1' "$RUN/webhookd.0.log" || fail "the log tells of it"
ok "the log tells of it, rarely"
grep -q -e 'the-secret-of' "$RUN/webhookd.0.log" && fail "no secret in the log"

# ---- a secret is changed while webhooks come ----
sed -i "s|signature_secrets = \[|signature_secrets = [ \"\${file:$RUN/secret.old}\",|" "$CONF"
kill -HUP "$(pid webhookd)"
wait_log webhookd 0 'event=conf.loaded'
event
accepted "the other secret while both are good" "$(token "$RUN/secret.old" "$(claims)")"
event
accepted "the first one still" "$(token "$RUN/secret.new" "$(claims)")"

# ---- insecure_dev is shouted ----
kill -TERM "$(pid webhookd)"
wait_log webhookd 0 'event=stop'
sed -i 's/signature_secrets = [^;]*;/insecure_dev = true;/' "$CONF"
: > "$RUN/webhookd.0.log"
start webhookd
wait_log webhookd 0 'level=warn .*event=webhooks.unsigned .*ANYBODY'
event
[ "$(post '')" = 204 ] || fail "with insecure_dev everybody is believed"
ok "insecure_dev believes everybody, and says so"
