#!/bin/bash
# Networks, proxies, and how often somebody may come.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

WEBHOOKD_EXTRA='allow_networks = [ "203.0.113.0/24", "2001:db8::/32" ]; trusted_proxies = [ "127.0.0.1" ];
	source_per_second = 5; caller_per_minute = 3;'
configure
start_all
event='{"uuid":"leg-%s","conversation_uuid":"CON-1","status":"started","timestamp":"2026-11-20T12:00:00.000Z"}'
# from ADDRESS...: the status of an event whose X-Forwarded-For is that
from() {
	local a args=()
	for a; do args+=(-H "X-Forwarded-For: $a"); done
	# shellcheck disable=SC2059
	curl -s -D "$RUN/head" -o /dev/null -w '%{http_code}' "${args[@]}" -d "$(printf "$event" "$(date +%s%N)")" "$(base)/webhooks/event"
}
# is TEXT WANT GOT
is() {
	[ "$2" = "$3" ] || fail "$1: $2, not $3"
	ok "$1: $2"
}
is "from an allowed network" 204 "$(from 203.0.113.7)"
is "IPv6 as well" 204 "$(from 2001:db8::7)"
is "from elsewhere" 403 "$(from 198.51.100.1)"
is "who only says that he is there" 403 "$(from 203.0.113.7 198.51.100.1)"
is "without a word of the proxy" 403 "$(from)"
is "X-Real-IP is no word" 403 "$(curl -s -o /dev/null -w '%{http_code}' -H 'X-Real-IP: 203.0.113.7' -d '{}' "$(base)/webhooks/event")"
is "health is for all" 200 "$(curl -s -o /dev/null -w '%{http_code}' "$(base)/health")"
[ "$(sql "select count(*) from events")" = 2 ] || fail "what was refused is not stored"
ok "what was refused is not stored"

# One curl, or a slow machine would be within the limit.
codes=$(curl -s -D "$RUN/head" -o /dev/null -w ' %{http_code}' -H 'X-Forwarded-For: 203.0.113.8' -d '{"uuid":"many"}' "$(base)/webhooks/event?x=[1-200]")
case $codes in
*' 429'*) ok "too many from one address are refused" ;;
*) fail "too many from one address are refused: $codes" ;;
esac
case $codes in
' 204 204 204 204 204'*) ok "a burst of a second passes" ;;
*) fail "a burst of a second passes: $codes" ;;
esac
grep -q -i '^Retry-After: 1' "$RUN/head" || fail "429 tells when to come again: $(cat "$RUN/head")"
ok "429 tells when to come again"
codes=$(curl -s -o /dev/null -w ' %{http_code}' -H 'X-Forwarded-For: 203.0.113.10' "$(base)/v1/calls?x=[1-200]")
case $codes in
*' 429'*) ok "guessing at the operator's tokens is slowed down" ;;
*) fail "guessing at the operator's tokens is slowed down: $codes" ;;
esac
is "others are not held up by it" 204 "$(from 203.0.113.9)"
is "one that was asked for too often is let in again" 204 "$(until got=$(from 203.0.113.8); [ "$got" = 204 ]; do :; done; echo "$got")"

# answer CALLER ADDRESS: the status; what was said is in answer.json
answer() {
	local n
	n=$(date +%s%N)
	curl -s -o "$RUN/answer.json" -w '%{http_code}' -H "X-Forwarded-For: $2" "$(base)/webhooks/answer?uuid=call-$n&conversation_uuid=CON-$n&from=$1&to=442079460000"
}
for i in 1 2 3; do
	[ "$(answer 447700900123 203.0.113.2$i)" = 200 ] || fail "call $i of a number is taken"
	grep -q '"connect"' "$RUN/answer.json" || fail "call $i of a number is connected: $(cat "$RUN/answer.json")"
done
# an error would send Vonage to the fallback URL
is "one number that calls too often" 200 "$(answer 447700900123 203.0.113.30)"
grep -q '"talk"' "$RUN/answer.json" || fail "it hears that all are busy: $(cat "$RUN/answer.json")"
! grep -q '"connect"' "$RUN/answer.json" || fail "it is not connected: $(cat "$RUN/answer.json")"
ok "it hears that all are busy"
is "another number" 200 "$(answer 447700900124 203.0.113.31)"
for i in 1 2 3 4 5; do
	[ "$(answer '' 203.0.113.4$i)" = 200 ] || fail "withheld numbers are not counted together"
done
ok "withheld numbers are not counted together"
[ "$(sql "select count(*) from calls where caller = '447700900123'")" = 3 ] || fail "a call that was refused has no row"
[ "$(stat_of webhookd limited_caller)" = 1 ] || fail "limited_caller is counted"
[ "$(stat_of webhookd limited_source)" -ge 2 ] || fail "limited_source is counted"
[ "$(stat_of webhookd refused_network)" = 4 ] || fail "refused_network is counted"
ok "each is counted"

sed -i 's/allow_networks = [^;]*;/allow_networks = [ ];/; s/caller_per_minute = 3/caller_per_minute = 0/' "$CONF"
kill -HUP "$(pid webhookd)"
wait_log webhookd 0 'event=conf.loaded'
is "networks are read again on HUP" 204 "$(from 198.51.100.1)"
is "no limit of callers" 200 "$(answer 447700900123 203.0.113.30)"
sed -i 's/allow_networks = \[ \];/allow_networks = [ "198.51.100.1\/24" ];/' "$CONF"
"$(program webhookd)" -n -c "$CONF" 2> "$RUN/bad.log" && fail "a network with bits behind its mask is refused"
grep -q '198.51.100.1/24' "$RUN/bad.log" || fail "it is named: $(cat "$RUN/bad.log")"
ok "a network with bits behind its mask is refused, by name"
