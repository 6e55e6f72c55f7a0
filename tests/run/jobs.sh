#!/bin/bash
# Work that survives: parked, once more and dropped by callctl; a download through kill -9.
# shellcheck source=tests/run/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ctl() { timeout "$LIMIT" "$BIN/tools/callctl" -c "$CONF" --no-color "$@"; }
vonage_is() { echo "$1" > "$RUN/mode.new" && mv "$RUN/mode.new" "$RUN/mode"; }
asked() { grep -c -- "$1" "$RUN/vonage.log"; }
write() { sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "$1" || fail "sqlite3: $1"; }
state() { sql "SELECT state FROM jobs WHERE id = $1"; }
# A hang-up as brokerd leaves it.
add_hangup() {
	write "INSERT INTO jobs (kind, call, key, state, attempts, created_at, next_at, args)
	    VALUES ('hangup', '$1', '$1', 'waiting', 0, 1, 1, '{}')"
}
# Without the pauses between attempts, until the job's state is $2 (or a later one).
hurry_until() {
	local left=$((LIMIT * 20))
	until [ "$(sql "SELECT $2 FROM jobs WHERE id = $1")" = 1 ]; do
		[ $((left -= 1)) -gt 0 ] || fail "job $1: $2"
		write "UPDATE jobs SET next_at = 1 WHERE id = $1 AND state = 'waiting'"
		read -r -t 0.05 <> "$RUN/never" || :
	done
}

# a WAV of some 300 kB
{ printf 'RIFF....WAVEfmt '; head -c 300000 /dev/urandom; } > "$RUN/sent.wav"
vonage_is down
touch "$RUN/vonage.log"
mkfifo "$RUN/port"
python3 "$TOP/tests/run/sick-vonage.py" "$RUN/mode" "$RUN/port" "$RUN/vonage.log" "$RUN/sent.wav" 2> "$RUN/vonage.err.log" &
echo $! > "$RUN/vonage.pid"
read -r -t "$LIMIT" vport < "$RUN/port" || fail "the server of the test says its port"
configure
sed -i "s|http://127.0.0.1:9\"|http://127.0.0.1:$vport\"|" "$CONF"
start webhookd
sed -i "s/listen = \"127.0.0.1:0\"; flow_dir/listen = \"127.0.0.1:$(port)\"; flow_dir/" "$CONF"

add_hangup c1
hurry_until 1 "state = 'parked'"
[ "$(asked 'PUT /v1/calls/c1 503')" = 5 ] || fail "5 attempts, not $(asked 'PUT /v1/calls/c1')"
ctl jobs > "$RUN/jobs.out" || fail "callctl jobs"
grep -Eq '^ +1 hangup +parked +1\+5 .* c1 +status 503: Service Unavailable' "$RUN/jobs.out" ||
    fail "callctl jobs shows it: $(cat "$RUN/jobs.out")"
ctl --json jobs > "$RUN/jobs.json" && [ "$(jget "$RUN/jobs.json" '$[0].rounds')" = 1 ] || fail "--json too"
ok "a job of which 5 attempts failed is parked, and callctl shows it"

vonage_is well
ctl jobs retry 1 || fail "callctl jobs retry"
wait_row "SELECT state FROM jobs WHERE id = 1" "done"
[ "$(asked 'PUT /v1/calls/c1 204')" = 1 ] || fail "it was asked once more"
ctl jobs retry 1 2> "$RUN/err"
[ $? = 1 ] || fail "a job that is done is not retried"
ctl jobs retry x 2> "$RUN/err"
[ $? = 2 ] || fail "an id is a number"
ok "callctl jobs retry: once more, now"

vonage_is down
add_hangup c2
hurry_until 2 "attempts > 0 AND state = 'waiting'"
write "UPDATE jobs SET next_at = next_at + 60000 WHERE id = 2"
ctl jobs drop 2 || fail "callctl jobs drop"
n=$(asked 'PUT /v1/calls/c2')
add_hangup c3			# somebody else's turn after it
hurry_until 3 "attempts > 0 AND state = 'waiting'"
[ "$(state 2)" = dropped ] && [ "$(asked 'PUT /v1/calls/c2')" = "$n" ] || fail "it is dropped"
ok "callctl jobs drop: never"

vonage_is stall
body='{"start_time":"2026-11-20T12:00:00Z","end_time":"2026-11-20T12:00:09Z","size":300016,"recording_uuid":"rec-1",
    "conversation_uuid":"CON-1","timestamp":"2026-11-20T12:00:10.000Z","recording_url":"http://127.0.0.1:'$vport'/v1/files/f1"}'
curl -fsS -o "$RUN/answer" -H 'Content-Type: application/json' -d "$body" "$(base)/webhooks/event" || fail "the event is taken"
left=$((LIMIT * 20))
until [ "$(stat -c %s "$RUN/rec/vonage/rec-1.part" 2> /dev/null || echo 0)" -ge 50000 ]; do
	[ $((left -= 1)) -gt 0 ] || fail "the download begins"
	read -r -t 0.05 <> "$RUN/never" || :
done
[ "$(sql "SELECT state FROM jobs WHERE kind = 'fetch'")" = running ] || fail "the download is under way"
[ ! -e "$RUN/rec/vonage/rec-1.wav" ] || fail "what is not whole has no name"
kill -9 "$(pid webhookd)"
wait "$(pid webhookd)" 2> /dev/null
vonage_is well
write "UPDATE jobs SET next_at = 1 WHERE kind = 'hangup' AND state = 'waiting'"
sed -i 's/webhookd = {/webhookd = { job_retry_s = 1;/' "$CONF"
start webhookd
wait_row "SELECT state FROM jobs WHERE kind = 'fetch'" "done"
cmp "$RUN/sent.wav" "$RUN/rec/vonage/rec-1.wav" || fail "the recording is what was sent"
grep -Eq '^GET /v1/files/f1 206 bytes=[1-9][0-9]*-$' "$RUN/vonage.log" || fail "the rest was asked for: $(grep GET "$RUN/vonage.log")"
[ "$(sql "SELECT sha256 || ' ' || format || ' ' || duration_ms FROM recordings WHERE uuid = 'rec-1'")" = \
    "$(sha256sum < "$RUN/sent.wav" | cut -d ' ' -f 1) wav 9000" ] || fail "its row tells of it"
[ "$(find "$RUN/rec/vonage" -type f | wc -l)" = 1 ] || fail "nothing is left beside it"
ok "a download goes on after kill -9 where it was, and is whole"

wait_row "SELECT state FROM jobs WHERE id = 3" "done"
ok "the hang-up that webhookd died with is done"

vonage_is cut
curl -fsS -o "$RUN/answer" -d "${body//rec-1/rec-2}" -H 'Content-Type: application/json' "$(base)/webhooks/event" || fail "the event is taken"
wait_row "SELECT attempts > 0 AND state = 'waiting' FROM jobs WHERE key = 'rec-2'" 1
vonage_is well
wait_row "SELECT state FROM jobs WHERE key = 'rec-2'" "done"
cmp "$RUN/sent.wav" "$RUN/rec/vonage/rec-2.wav" || fail "the recording is what was sent"
ok "a download that was reset goes on by itself"

vonage_is down
add_hangup c4
hurry_until "(SELECT id FROM jobs WHERE call = 'c4')" 'rounds > 0'
vonage_is well
wait_row "SELECT state FROM jobs WHERE call = 'c4'" "done"
ok "a parked job is tried again by itself"

# An event that was taken is not sent again: its download must be queued, or it is not taken.
record() { curl -s -o "$RUN/answer" -w '%{http_code}' -d "${body//rec-1/rec-3}" -H 'Content-Type: application/json' "$(base)/webhooks/event"; }
write "CREATE TRIGGER no_fetch BEFORE INSERT ON jobs WHEN new.kind = 'fetch' BEGIN SELECT raise(ABORT, 'no'); END"
got=$(record)
[ "$got" = 503 ] || fail "a recording whose download cannot be queued: $got"
write "DROP TRIGGER no_fetch"
got=$(record)
[ "$got" = 204 ] || fail "the same event again: $got"
wait_row "SELECT state FROM jobs WHERE key = 'rec-3'" "done"
[ "$(sql "SELECT count(*) FROM events WHERE body LIKE '%rec-3%'")" = 1 ] || fail "the event is stored once"
got=$(record)
[ "$got" = 204 ] || fail "and once more: $got"
ok "a recording whose download cannot be queued is offered again"
