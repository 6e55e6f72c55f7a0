#!/bin/bash
# Recordings of callsim are downloaded through a server that fails, stalls and resets
# (spec/vonage.md 8): what is put together from pieces is the whole file.
. "$(dirname "$0")/lib.sh"

cat > "$RUN/plan.json" <<'EOT'
{"/webhooks/answer": [{"body": [
	{"action": "record", "format": "wav", "timeOut": 3, "eventUrl": ["@BASE@/recorded"]},
	{"action": "wait", "timeout": 60}]}]}
EOT
python3 "$TOP/tests/run/nasty-hooks.py" "$RUN/plan.json" "$RUN/port" "$RUN/hooks" 2> "$RUN/hooks.log" &
echo $! > "$RUN/hooks.pid"
deadline=$((SECONDS + LIMIT))
until [ -e "$RUN/port" ]; do
	[ $SECONDS -lt $deadline ] || fail "the webhook server is up"
	read -r -t 0.05 _ <> <(:)
done

# What the application does when it was told of the recording: here, curl.
cat > "$RUN/fetch.sh" <<-'EOT'
	cd "$1" || exit 1
	n=0
	until url=$(sed -n 's/.*"recording_url": *"\([^"]*\)".*/\1/p' hooks | head -1) && [ -n "$url" ]; do
		[ $((n += 1)) -lt 400 ] || exit 1
		read -r -t 0.05 _ <> <(:)
	done
	get() { curl -s -o "$1" -w '%{http_code} %{exitcode}\n' -H "Authorization: Bearer x" "${@:2}" "$url"; }
	curl -s -o none -w '%{http_code}\n' "$url" > token
	get none > missing
	get none > broken
	get part --max-time 1 > stalled
	rounds=0
	until get part -C - > round; do
		[ $((rounds += 1)) -lt 50 ] || exit 1
	done
	echo $rounds > rounds
	exit 0
EOT
cat > "$RUN/script" <<-EOT
	say-text "This is to be recorded, every word of it."
	silence 2500
	run bash $RUN/fetch.sh $RUN
	hangup
EOT
"$BIN/tools/callsim/callsim" call --base "http://127.0.0.1:$(cat "$RUN/port")" --script "$RUN/script" \
    --files-fault 404-first:1 --files-fault 500-first:1 --files-fault stall:5000,1 --files-fault reset-at:20000 \
    --max-seconds 60 --json "$RUN/call.json" 2> "$RUN/callsim.log" || fail "the call goes through"

[ "$(cat "$RUN/token")" = 401 ] || fail "without a token there is no file"
ok "without a token there is no file"
[ "$(cat "$RUN/missing")" = "404 0" ] && [ "$(cat "$RUN/broken")" = "500 0" ] || fail "the first answers are errors"
ok "the first answers are errors"
[ "$(cat "$RUN/stalled")" = "200 28" ] || fail "then one stalls: $(cat "$RUN/stalled")"
ok "then one stalls"
[ "$(cat "$RUN/rounds")" -ge 2 ] || fail "then they are reset: $(cat "$RUN/rounds")"
ok "then they are reset, $(cat "$RUN/rounds") times"
python3 - "$RUN/part" <<-'EOT' || fail "the pieces make a whole WAV file"
	import sys, wave
	w = wave.open(sys.argv[1])
	data = w.readframes(w.getnframes())
	assert w.getframerate() == 16000 and w.getsampwidth() == 2, w.getparams()
	assert len(data) == w.getnframes() * 2 * w.getnchannels() and len(data) > 60000, len(data)
	assert any(data)
EOT
ok "the pieces make a whole WAV file"
