#!/bin/bash
# SPDX-License-Identifier: ISC
# What comes late of a person who was forgotten is not written again, neither as it came nor out of webhookd's memory;
# a new call of that person is a call.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
configure
start_all
them=447700900001
ctl() { "$BIN/tools/callctl" -c "$CONF" "$@"; }
hook() { # hook PATH BODY STATUS
	code=$(curl -s -o "$RUN/reply" -w '%{http_code}' -H 'Content-Type: application/json' -d "$2" "$(base)$1")
	[ "$code" = "$3" ] || fail "$1 with $2 is answered $3, not $code"
}
at() { date -u -d "$1" +%Y-%m-%dT%H:%M:%S.000Z; }
status() { # status UUID CONVERSATION STATUS WHEN
	hook /webhooks/event "{\"uuid\":\"$1\",\"conversation_uuid\":\"$2\",\"from\":\"$them\",\"to\":\"442079460000\",\"direction\":\"inbound\",\"status\":\"$3\",\"timestamp\":\"$(at "$4")\"}" 204
}
nothing_left() {
	local t
	for t in calls legs recordings events conversations flow_states; do
		[ "$(sql "select count(*) from $t")" = 0 ] || fail "after $1 nothing is in $t: $(sql "select * from $t")"
	done
	[ "$(sql "select count(*) from jobs where kind = 'fetch'")" = 0 ] || fail "after $1 nothing is downloaded"
}

hook /webhooks/answer "{\"uuid\":\"one\",\"conversation_uuid\":\"CON-1\",\"from\":\"$them\",\"to\":\"442079460000\"}" 200
status one CON-1 answered '1 minute ago'
status one CON-1 completed '30 seconds ago'
hook /webhooks/event '{"conversation_uuid_from":"CON-1","conversation_uuid_to":"CON-9","uuid":"one","timestamp":"2026-11-20T12:00:00.000Z"}' 204
wait_row "select state from calls where id = 'one'" ended
wait_row "select count(*) from jobs where state in ('waiting', 'running')" 0
ctl forget +$them yes > "$RUN/list" || fail "a person is forgotten: $(cat "$RUN/list")"
nothing_left forgetting

rec='"recording_url":"https://api.nexmo.com/v1/files/1","recording_uuid":"r-1","size":9,"start_time":"2026-11-20T12:00:00Z","end_time":"2026-11-20T12:01:00Z"'
status one CON-1 completed now
nothing_left "a late completed of a call in memory"
status one CON-1 completed '20 seconds ago'
nothing_left "a late completed of a call that is nowhere"
hook '/webhooks/record?c=one&f=voicemail&s=start&n=1' "{\"conversation_uuid\":\"CON-1\",$rec}" 204
nothing_left "a late record by its address"
for c in CON-1 CON-9; do
	hook /webhooks/record "{\"conversation_uuid\":\"$c\",$rec}" 204
	nothing_left "a late record by its conversation"
	hook /webhooks/event "{\"conversation_uuid\":\"$c\",\"status\":\"transcribed\",\"recording_uuid\":\"r-1\",\"transcription_url\":\"https://api.nexmo.com/v1/t/1\"}" 204
	nothing_left "a late transcription"
done
status other CON-2 completed '1 minute ago'
nothing_left "an event of a leg that nobody knew, by its number"
hook /webhooks/answer "{\"uuid\":\"one\",\"conversation_uuid\":\"CON-1\",\"from\":\"$them\",\"to\":\"442079460000\"}" 200
[ "$(cat "$RUN/reply")" = '[]' ] || fail "an answer asked for again leads nowhere: $(cat "$RUN/reply")"
hook /webhooks/fallback "{\"uuid\":\"one\",\"conversation_uuid\":\"CON-1\",\"reason\":\"x\",\"original_request\":{\"type\":\"event\",\"url\":\"http://x/event\"}}" 200
nothing_left "a late answer and a fallback"
[ "$(grep -c 'event=event.forgotten' "$RUN/webhookd.0.log")" = 10 ] || fail "each is told: $(grep forgotten "$RUN/webhookd.0.log")"
grep -v 'level=debug' "$RUN/webhookd.0.log" | grep 'event=event.forgotten' | grep $them && fail "nobody is named"
ok "nothing of a forgotten call is written again by ten late webhooks"

status new CON-3 started '10 seconds'
hook /webhooks/answer "{\"uuid\":\"new\",\"conversation_uuid\":\"CON-3\",\"from\":\"$them\",\"to\":\"442079460000\"}" 200
status new CON-3 answered '11 seconds'
status new CON-3 completed '12 seconds'
wait_row "select state from calls where id = 'new'" ended
[ "$(sql "select count(*) from events where leg = 'new'")" = 4 ] || fail "its events are stored: $(sql "select * from events")"
[ "$(sql "select status from legs where uuid = 'new'")" = completed ] || fail "its leg is stored"
ok "a new call of that person is a call"
