#!/bin/bash
# make demo: the four daemons, one simulated call with real speech, the
# conversation and its latencies on the screen, demo.wav to listen to.
#
#   SAY=my.wav   speak that recording instead of the built-in guest
#   KILL=1       kill vadd and brokerd with -9 in mid-call; the call goes on
#
# Everything happens in a scratch folder and on the loopback; no key is needed.
# What starts, supervises and waits for daemons is shared with the run tests.
LIMIT=60
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/../tests/run/lib.sh"

NVADD=1 NBROKERD=1
# Webhooks are signed, as Vonage does it.
SIGN=yes
printf 'the-signature-secret-of-this-demo' > "$RUN/signature"
chmod 600 "$RUN/signature"
WEBHOOKD_EXTRA="signature_secrets = [ \"\${file:$RUN/signature}\" ];"
how=start
[ -n "${KILL:-}" ] && how=supervise

echo "callpipe demo: a guest calls a restaurant; nobody is on either side of the line."
configure
cat >> "$RUN/contacts" <<'EOF'
447700900123 Ann en-US
EOF
start_all $how
echo "  daemons: webhookd, sockd, vadd, brokerd and three offline engines are up"
"$BIN/tools/callctl" -c "$CONF" contacts add 447700900123 Ann en-US > /dev/null || fail "callctl adds a contact"

script=$RUN/demo.script
if [ -n "${SAY:-}" ]; then
	[ -r "$SAY" ] || fail "SAY=$SAY cannot be read"
	printf 'wait-connected\nsilence 500\nsay "%s"\nwait-reply-end 20000\nexpect-reply\nhangup\n' "$(realpath "$SAY")" > "$script"
else
	kill_vadd='' kill_brokerd=''
	if [ -n "${KILL:-}" ]; then
		kill_vadd="run kill -9 \$(cat $RUN/vadd.0.pid)"
		kill_brokerd="run kill -9 \$(cat $RUN/brokerd.0.pid)"
	fi
	cat > "$script" <<-EOF
	wait-connected
	silence 600
	say-text "what are your opening hours"
	wait-reply-end
	$kill_vadd
	say-text "i would like to book a table for two"
	wait-reply-end
	$kill_brokerd
	say-text "tomorrow evening at eight"
	wait-reply-begin
	interrupt-text "that is right" 1200
	wait-reply-end
	say-text "what did i say"
	wait-reply-end
	say-text "goodbye"
	wait-hangup 20000
	EOF
fi

echo
mkfifo "$RUN/tap.ready"
"$BIN/tools/calltap" -f "$CONF" --turns --ready-fd 9 9> "$RUN/tap.ready" 2> "$RUN/tap.log" &
tap=$!
read -r -t "$LIMIT" _ < "$RUN/tap.ready" || fail "calltap listens"
call demo --sign-secret "$RUN/signature" --application-id 11111111-2222-3333-4444-555555555555 --api-base self --script "$script" --from 447700900123 --to 442079460000 2> "$RUN/callsim.log"
status=$?
kill -INT $tap 2> /dev/null
wait $tap 2> /dev/null

echo
echo "What the caller's ear measured (the simulator's own waveform, not our word):"
sqlite3 -column :memory: "
    select '  turn ' || (key + 1) as turn, printf('%5.0f ms', json_extract(value, '\$.ear_latency_ms')) as ear,
        coalesce('  stopped ' || cast(json_extract(value, '\$.stop_after_interrupt_ms') as int) || ' ms after the interruption', '') as note
    from json_each(readfile('$RUN/demo.json'), '\$.turns')"
mkdir -p demo
cp "$RUN/demo.wav" demo.wav
cp "$RUN/demo.json" "$RUN"/*.log demo/
sql "vacuum into '$RUN/copy.db'" > /dev/null 2>&1 || sqlite3 "$RUN/callpipe.db" "vacuum into '$RUN/copy.db'"
mv "$RUN/copy.db" demo/callpipe.db
sed "s|database = \"[^\"]*\"|database = \"$TOP/demo/callpipe.db\"|; s|\${file:[^}]*}||" "$CONF" > demo/callpipe.conf

replies=$(sqlite3 :memory: "select count(*) from json_each(readfile('$RUN/demo.json'), '\$.turns') where json_extract(value, '\$.reply_begin_ms') is not null")
if [ $status -ne 0 ] || [ "${replies:-0}" -lt 1 ]; then
	tail -n 20 "$RUN"/*.log
	fail "the demo call: $(jget "$RUN/demo.json" '$.result') $(jget "$RUN/demo.json" '$.reason')"
fi
if [ -z "${SAY:-}" ] && [ "$replies" -lt 5 ]; then
	fail "the bot answered only $replies times"
fi
[ -n "${KILL:-}" ] && echo "vadd and brokerd were killed with -9 in mid-call; the caller was answered all the same."
id=$(jget "$RUN/demo.json" '$.uuid')
echo
echo "ok: the bot was heard $replies times. Left here: demo.wav (left: caller, right: bot), demo/callpipe.db"
echo "Next:  aplay demo.wav"
echo "       tools/callctl -c demo/callpipe.conf show $id"
echo "       make demo SAY=my.wav      your own voice (English, about opening hours or a table)"
echo "       make demo KILL=1          the same with two daemons killed in mid-call"
