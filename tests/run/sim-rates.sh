#!/bin/bash
# Websockets of 8, 16 and 24 kHz in one conversation of callsim: each hears the others, at its own rate.
. "$(dirname "$0")/lib.sh"
mkdir "$RUN/app"
python3 "$TOP/tests/run/actions-hooks.py" "$RUN/app" "$RUN/app.port" 2> "$RUN/hooks.log" &
echo $! > "$RUN/hooks.pid"
python3 "$TOP/tests/run/tone-sockets.py" "$RUN" "$RUN/socket.port" 2> "$RUN/sockets.log" &
echo $! > "$RUN/sockets.pid"
wait_file() {
	local left=$((LIMIT * 20))
	while [ ! -e "$1" ]; do
		[ $((left -= 1)) -gt 0 ] || fail "$1 comes"
		read -r -t 0.05 <> "$RUN/never" || :
	done
}
wait_file "$RUN/app.port"
wait_file "$RUN/socket.port"
APP=http://127.0.0.1:$(cat "$RUN/app.port")

# connect NAME RATE HZ
connect() {
	printf '{"action":"connect","endpoint":[{"type":"websocket","uri":"ws://127.0.0.1:%s/%s/%s/%s","content-type":"audio/l16;rate=%s"}]}' \
	    "$(cat "$RUN/socket.port")" "$1" "$2" "$3" "$2"
}
RECORD='{"action":"record","format":"wav","split":"conversation","channels":5}'
echo "[$RECORD,$(connect wide16 16000 500),$(connect wide8 8000 1500),$(connect wide24 24000 2500)]" > "$RUN/app/wide.json"
echo "[$RECORD,$(connect narrow8 8000 500),$(connect narrow16 16000 1500),$(connect narrow24 24000 2500)]" > "$RUN/app/narrow.json"
printf 'wait-connected\nsilence 700\ndtmf 5\nsilence 2000\nhangup\n' > "$RUN/script"
for name in wide narrow; do
	timeout "$LIMIT" "$BIN/tools/callsim/callsim" call --answer "$APP/$name" --event "$APP/event" --script "$RUN/script" \
	    --json "$RUN/$name.json" --out "$RUN/$name.wav" --recordings "$RUN/rec" > "$RUN/$name.out" 2> "$RUN/$name.log" &
	echo $! > "$RUN/$name.pid"
done
for name in wide narrow; do
	wait "$(cat "$RUN/$name.pid")" || fail "$name: $(jget "$RUN/$name.json" '$.reason')"
	rm "$RUN/$name.pid"
	for rate in 8 16 24; do wait_file "$RUN/$name$rate.heard"; done
done
ok "both calls end well"

python3 - "$RUN" <<'EOT' || fail "what was heard"
import cmath, json, math, struct, sys, wave
run = sys.argv[1]
TONES = (500, 1500, 2500)
bad = 0
def holds(what, yes, *shown):
    global bad
    print("ok -" if yes else "not ok -", what)
    if not yes:
        bad += 1
        print("#", *shown, file=sys.stderr)
# The amplitude of each tone in the second before the last 300 ms.
def tones(x, rate):
    x = x[-rate * 13 // 10:-rate * 3 // 10]
    return [round(2 * abs(sum(v * cmath.exp(-2j * math.pi * hz * i / rate) for i, v in enumerate(x))) / max(1, len(x)))
        for hz in TONES]
def only(got, want):      # 5000 is what each socket sends
    return all(abs(a - 5000) < 500 if hz in want else a < 100 for hz, a in zip(TONES, got))
for name, rate, order in (("wide", 16000, (16, 8, 24)), ("narrow", 8000, (8, 16, 24))):
    own = dict(zip(order, TONES))
    for k in order:
        with open("%s/%s%d.heard" % (run, name, k), "rb") as f:
            data = f.read()
        x = struct.unpack("<%dh" % (len(data) // 2), data)
        got = tones(x, k * 1000)
        holds("%s: the socket of %d kHz hears the others and not itself" % (name, k), only(got, set(TONES) - {own[k]}), got)
        with open("%s/%s%d.texts" % (run, name, k)) as f:
            texts = f.read()
        holds("%s: and the key, and no frame of another size" % name, '"digit":"5"' in texts and "a frame" not in texts, texts)
    s = json.load(open("%s/%s.json" % (run, name)))
    with wave.open("%s/%s.wav" % (run, name)) as w:
        data = w.readframes(w.getnframes())
        holds("%s: the line has the rate of the first socket" % name, w.getframerate() == rate == s["rate_hz"], w.getframerate())
    got = tones(struct.unpack("<%dh" % (len(data) // 2), data)[1::2], rate)
    holds("%s: the caller hears all" % name, only(got, set(TONES)), got)
    with wave.open(s["legs"][0]["recordings"][0]["file"]) as w:
        hz, data = w.getframerate(), w.readframes(w.getnframes())
    x = struct.unpack("<%dh" % (len(data) // 2), data)
    got = [tones(x[i::5], hz) for i in range(1, 4)]
    holds("%s: each has its channel of the recording, at 16 kHz" % name,
        hz == 16000 and all(only(g, {t}) for g, t in zip(got, TONES)), hz, got)
    # (gaps are not looked at: on a busy machine the sockets of this test send late)
    holds("%s: no frame is of a wrong size or thrown away" % name, s["overflows"] == 0 and s["bad_frames"] == 0, s)
sys.exit(bad > 0)
EOT
