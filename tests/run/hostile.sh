#!/bin/bash
# Malformed and hostile webhooks (tests/hostile/): on every path, by POST and GET, beside two calls that go on.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

WEBHOOKD_EXTRA='caller_per_minute = 0;'
BROKERD_EXTRA='assistants = ( { name = "default"; idle_s = 0; } );'
HOSTILE=$TOP/tests/hostile
python3 "$HOSTILE/hostile.py" make | cmp - "$HOSTILE/bodies.txt" || fail "bodies.txt is what hostile.py makes"
n=$(sort -u "$HOSTILE/bodies.txt" | wc -l)
[ "$n" -ge 500 ] || fail "500 different ones, not $n"
ok "$n different bodies"
configure
start_all

# A call that is open, answered by curl, and one that talks.
OPEN=Open-Call-aBcDeF-0123
curl -fsS -o /dev/null -d "{\"uuid\":\"$OPEN\",\"conversation_uuid\":\"CON-$OPEN\",\"from\":\"447700900999\",\"to\":\"442079460000\"}" "$(base)/webhooks/answer" &&
    curl -fsS -o /dev/null -d "{\"uuid\":\"$OPEN\",\"conversation_uuid\":\"CON-$OPEN\",\"status\":\"answered\",\"timestamp\":\"2026-11-20T12:00:00.000Z\"}" "$(base)/webhooks/event" ||
    fail "a call is answered"
# shellcheck disable=SC2329
rows() { # the rows of the two calls, but for legs that others invented
	local t="'$LIVE', '$OPEN'"
	sql "select * from calls where id in ($t) order by id; select * from legs where uuid in ($LEGS) order by uuid;
	    select * from turns where call in ($t) order by call, turn; select * from flow_states where call in ($t) order by call;
	    select * from conversations where call in ($t) order by id;" || echo "no rows: $?"
}
cat > "$RUN/s.script" <<S
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-end
silence 1500
run echo > $RUN/talked; read -r _ < $RUN/go_on
say-text "i would like to book a table for two tomorrow at seven"
wait-reply-end
say-text "goodbye"
wait-hangup 30000
S
mkfifo "$RUN/talked" "$RUN/go_on"
exec 8<> "$RUN/go_on"			# a call that fails does not leave us waiting
call live --api-base self --script "$RUN/s.script" &
caller=$!
read -r -t "$LIMIT" _ < "$RUN/talked" || fail "the first turn is answered"
LIVE=$(sql "select id from calls where id <> '$OPEN'")
wait_row "select count(*) from turns where call = '$LIVE' and user_text is not null and state = 'done'" 1
LEGS=$(sql "select group_concat('''' || uuid || '''') from legs where call in ('$LIVE', '$OPEN')")
con=$(sql "select conversation from calls where id = '$LIVE'")
[ -n "$con" ] && [ "$LIVE" != "${LIVE^^}" ] || fail "the call has ids: $LIVE $con"
rows > "$RUN/rows.before"
[ "$(wc -l < "$RUN/rows.before")" -ge 6 ] || fail "there are rows to compare: $(cat "$RUN/rows.before")"
for d in webhookd sockd vadd brokerd; do pid $d; done > "$RUN/pids"

python3 "$HOSTILE/hostile.py" send "$(port)" "$LIVE,$con,$OPEN,CON-$OPEN" "$RUN" > "$RUN/faults" || fail "each is answered in time, refused with a cause, and never 5xx: $(cat "$RUN/faults")"
echo "sent: $(cat "$RUN/sent.json")"
ok "$(jget "$RUN/sent.json" '$.requests') requests were answered in time, none with 5xx, each refusal with its cause"
rows > "$RUN/rows.after"
cmp "$RUN/rows.before" "$RUN/rows.after" || fail "the other calls are as they were: $(diff "$RUN/rows.before" "$RUN/rows.after")"
ok "no row of another call was changed"
for d in webhookd sockd vadd brokerd; do kill -0 "$(pid $d)" || fail "$d lives"; done
[ "$(curl -fsS "$(base)/health")" = '{"status":"ok"}' ] || fail "webhookd is well"
[ "$(grep -c 'event=listen ' "$RUN/webhookd.0.log")" = 1 ] || fail "webhookd was started once"
ok "no daemon ended"

# What was accepted is there byte by byte.
sort -u "$RUN/taken" > "$RUN/want"
sql "select distinct hex(cast(body as blob)) from events" | sort -u > "$RUN/have"
missing=$(comm -23 "$RUN/want" "$RUN/have")
[ -z "$missing" ] || fail "what was accepted is stored as it came; $(echo "$missing" | wc -l) of $(wc -l < "$RUN/want") are not: $(echo "$missing" | head -n 5 | while read -r h; do echo "$h" | xxd -r -p | head -c 300; echo; done)"
ok "$(wc -l < "$RUN/want") different bodies that were accepted are stored as they came"
# To a simulator on 127.0.0.1, as api_base is here, a download may go.
[ "$(sql "select count(*) from jobs where kind = 'fetch' and json_extract(args, '\$.url') not like 'http://127.0.0.1:%'")" = 0 ] ||
    fail "nothing is fetched from elsewhere: $(sql "select args from jobs where kind = 'fetch'")"
[ "$(sql "select count(*) from jobs where kind not in ('fetch')")" = 0 ] || fail "no request to Vonage but downloads: $(sql "select kind, args from jobs where kind <> 'fetch'")"
# What could not be had has left an empty part, in its folder, whatever it is named.
[ -z "$(find "$RUN" -type f -name '*.part' ! -path "$RUN/rec/vonage/*" ! -path "$RUN/rec/$LIVE*")$(find "$RUN/rec/vonage" -type f -size +0 ! -name '*.tag')" ] ||
    fail "nothing was downloaded: $(find "$RUN" -name '*.part') $(find "$RUN/rec/vonage" -type f -size +0)"
ok "nothing is asked of anybody else"

echo on >&8
wait $caller || fail "the call goes on: $(jget "$RUN/live.json" '$.reason')"
wait_row "select count(*) from turns where call = '$LIVE' and user_text like '%table for two%' and state = 'done'" 1
wait_row "select state from calls where id = '$LIVE'" ended
ok "the call that went on was answered, and ended by itself"
