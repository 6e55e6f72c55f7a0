#!/bin/bash
# Legs of several calls meet in callsim: who hears whom, who is moved where, and what connect waits for.
. "$(dirname "$0")/lib.sh"
mkdir "$RUN/app"
python3 "$TOP/tests/run/actions-hooks.py" "$RUN/app" "$RUN/app.port" 2> "$RUN/hooks.log" &
echo $! > "$RUN/hooks.pid"
wait_file() {
	local left=$((LIMIT * 20))
	while [ ! -s "$1" ]; do
		[ $((left -= 1)) -gt 0 ] || fail "$1 comes"
		read -r -t 0.05 <> "$RUN/never" || :
	done
}
wait_file "$RUN/app.port"
APP=http://127.0.0.1:$(cat "$RUN/app.port")

# tone FILE HZ SECONDS
python3 - "$RUN" <<'EOT'
import math, struct, sys, wave
for name, hz, seconds in (("low", 500, 20), ("high", 1500, 20), ("app/tone", 700, 1)):
    w = wave.open("%s/%s.wav" % (sys.argv[1], name), "wb")
    w.setnchannels(1); w.setsampwidth(2); w.setframerate(16000)
    w.writeframes(b"".join(struct.pack("<h", int(6000 * math.sin(2 * math.pi * hz * i / 16000)))
        for i in range(16000 * seconds)))
    w.close()
EOT

# What a phone's script does by REST, to the leg whose uuid is in a file: put WHO ACTION|URL
cat > "$RUN/put" <<EOT
#!/bin/sh
case "\$2" in
http:*)	body="{\"action\":\"transfer\",\"destination\":{\"type\":\"ncco\",\"url\":[\"\$2\"]}}" ;;
*)	body="{\"action\":\"\$2\"}" ;;
esac
status=\$(curl -sS -m 10 -o "$RUN/put.out" -w '%{http_code}' -X PUT -H 'Authorization: Bearer x' \
    --data-binary "\$body" "http://127.0.0.1:\$(cat "$RUN/port")/v1/calls/\$(cat "$RUN/\$1.uuid")")
[ "\$status" = 204 ]
EOT
chmod +x "$RUN/put"

# ---- the phones: one number each ----
cat > "$RUN/phones" <<EOT
{"44770090010*": {"kind": "human", "answer_after_ms": 200, "greeting_file": "$RUN/low.wav"},
 "44770090011*": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["wait-reply-begin 10000", "silence 300", "hangup"]},
 "44770090012*": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["expect-silence 3000", "hangup"]},
 "447700900130": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": [
	"wait-reply-begin 10000", "run $RUN/put tone mute", "wait-reply-end", "expect-silence 400", "run $RUN/put tone unmute",
	"wait-reply-begin", "run $RUN/put ear earmuff", "wait-reply-end", "expect-silence 400", "run $RUN/put ear unearmuff",
	"wait-reply-begin", "hangup"]},
 "447700900140": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["wait-reply-begin 10000",
	"say-text \\"here is the target\\"", "silence 700", "hangup"]},
 "447700900141": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["wait-reply-begin 10000", "wait-hangup"]},
 "447700900142": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["silence 600",
	"say-text \\"who is there\\"", "wait-reply-begin 10000", "wait-hangup"]},
 "447700900150": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["wait-hangup 20000"]},
 "447700900151": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["say-text \\"one one one one one one\\"", "hangup"]},
 "447700900152": {"kind": "human", "answer_after_ms": 200, "greeting_file": "$RUN/high.wav"},
 "447700900160": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": [
	"run $RUN/put url $APP/none",
	"expect-text \\"not moved\\"",
	"run $RUN/put url $APP/moved",
	"expect-text \\"moved here\\"", "wait-hangup"]},
 "447700900161": {"kind": "human", "answer_after_ms": 200, "greeting": "", "script": ["run $RUN/put late $APP/late", "press 5",
	"expect-text \\"moved late\\"", "wait-hangup"]}}
EOT
echo '[{"action":"talk","text":"you were moved here"}]' > "$RUN/app/moved.json"
# an NCCO that comes while another is replaced: the transfer still happens
echo '[{"action":"notify","payload":{"n":1},"eventUrl":["@BASE@/replaced"]},{"action":"wait","timeout":20}]' > "$RUN/app/pressed.json"
echo /replaced > "$RUN/app/late.after"
echo '[{"action":"talk","text":"moved late"}]' > "$RUN/app/late.json"

touch "$RUN/sim.jsonl"
"$BIN/tools/callsim/callsim" serve --event "$APP/event" --rest-limits 0,0 --phones "$RUN/phones" --calls 15 \
    --recordings "$RUN/rec" --talk-voice kal --rest-port-file "$RUN/port" --log "$RUN/sim.jsonl" \
    --json "$RUN/sim.json" 2> "$RUN/sim.log" &
SIM=$!
echo $SIM > "$RUN/sim.pid"
wait_file "$RUN/port"

# create NAME NUMBER NCCO: its uuid is in NAME.uuid and $ID, its conversation in $CONV
create() {
	curl -sS -m 10 -o "$RUN/created" -H 'Authorization: Bearer x' "http://127.0.0.1:$(cat "$RUN/port")/v1/calls" --data-binary \
	    "{\"to\":[{\"type\":\"phone\",\"number\":\"$2\"}],\"from\":{\"type\":\"phone\",\"number\":\"442079460000\"},\"ncco\":$3}" ||
	    fail "$1 is called"
	ID=$(jget "$RUN/created" '$.uuid') CONV=$(jget "$RUN/created" '$.conversation_uuid')
	[ -n "$ID" ] || fail "$1 is called: $(cat "$RUN/created")"
	echo "$ID" > "$RUN/$1.uuid"
}
room() { echo "[{\"action\":\"conversation\",\"name\":\"$1\"${2:+,$2}}]"; }
answered() {
	timeout "$LIMIT" grep -m1 -q "\"uuid\":\"$1\".*\"status\":\"answered\"" <(timeout "$LIMIT" tail -n +1 -F "$RUN/sim.jsonl" 2> /dev/null) ||
	    fail "$1 is answered"
}

# REST mute and earmuff: tone speaks all the time
create ear 447700900130 "$(room muffs '"endOnExit":true')"
create tone 447700900100 "$(room muffs)"
# canHear: one hears the tone, the other nobody
create low 447700900101 "$(room hear)"
low=$ID
create hears 447700900110 "$(room hear "\"canHear\":[\"$low\"]")"
create deaf 447700900120 "$(room hear '"canHear":[],"endOnExit":true')"
# canSpeak: the tone is for one only
create chosen 447700900111 "$(room speak)"
chosen=$ID
create other 447700900121 "$(room speak '"endOnExit":true')"
create speaks 447700900102 "$(room speak "\"canSpeak\":[\"$chosen\"]")"
# mute of the action: nobody hears the tone
create quiet 447700900103 "$(room mute '"mute":true')"
create nothing 447700900122 "$(room mute '"endOnExit":true')"
# transfer: caller and callee of one call go into the conversation of another
create target 447700900140 '[{"action":"wait","timeout":30}]'
target=$ID
conv=$CONV
answered "$target"
create mover 447700900141 '[{"action":"connect","from":"442079460000","endpoint":[{"type":"phone","number":"447700900142"}]},
    {"action":"transfer","conversationId":"'"$conv"'"}, {"action":"talk","text":"never said"}]'
mover=$ID
# a recording of four channels: the caller, two who come and go, the talk
create split 447700900150 '[{"action":"record","format":"wav","split":"conversation","channels":4},
    {"action":"record","format":"wav","split":"conversation","channels":2},
    {"action":"connect","from":"442079460000","endpoint":[{"type":"phone","number":"447700900151"}]},
    {"action":"connect","from":"442079460000","limit":4,"endpoint":[{"type":"phone","number":"447700900152"}]},
    {"action":"wait","timeout":3},{"action":"talk","text":"good bye to all of you"}]'
split=$ID
# REST transfer by URL: one that fails, one that is there
create url 447700900160 '[{"action":"wait","timeout":1.5},{"action":"talk","text":"not moved","loop":0}]'
create late 447700900161 "[{\"action\":\"input\",\"type\":[\"dtmf\"],\"dtmf\":{\"maxDigits\":1},\"eventUrl\":[\"$APP/pressed\"]}]"

# ---- meanwhile, calls of their own: what connect waits for ----
cat > "$RUN/dialled" <<EOT
{"447700900001":{"kind":"busy","after_ms":100},
 "447700900002":{"kind":"unreachable","after_ms":100},
 "447700900003":{"kind":"human","answer_after_ms":600,"greeting":"","script":["silence 300","hangup"]},
 "447700900004":{"kind":"machine","answer_after_ms":200,"greeting":"","detect_after_ms":500,"beep_after_ms":1200,"script":["silence 1500","hangup"]},
 "447700900005":{"kind":"machine-no-beep","answer_after_ms":200,"greeting":"","detect_after_ms":500},
 "447700900006":{"kind":"human","answer_after_ms":1200,"greeting":"","detect_after_ms":400,"script":["expect-keys 7p1#","expect-text \"a whisper\"","wait-reply-end","hangup"]},
 "447700900007":{"kind":"human","answer_after_ms":200,"greeting":"","detect_after_ms":700,"script":["silence 1500","hangup"]},
 "sip:desk@example.com":{"kind":"human","answer_after_ms":1500,"greeting":"","script":["silence 300","hangup"]}}
EOT
# play NAME SCRIPT: the NCCO is NAME.json of the application; in the background
play() {
	printf '%s\n' "${@:2}" > "$RUN/$1.script"
	timeout "$LIMIT" "$BIN/tools/callsim/callsim" call --answer "$APP/$1" --event "$APP/$1-event" --phones "$RUN/dialled" \
	    --script "$RUN/$1.script" --json "$RUN/$1.json" --talk-voice kal > "$RUN/$1.out" 2> "$RUN/$1.log" &
	PLAYS+=("$1 $!")
}
PLAYS=()
ncco() { cat > "$RUN/app/$1.json"; }
PHONE='"from":"442079460000","endpoint":[{"type":"phone","number":'

ncco twice <<EOT
[{"action":"connect","eventType":"synchronous","eventUrl":["@BASE@/first"],$PHONE"447700900001"}]}]
EOT
ncco first <<EOT
[{"action":"connect","eventType":"synchronous","eventUrl":["@BASE@/second"],$PHONE"447700900002"}]}]
EOT
ncco second <<EOT
[{"action":"connect","eventType":"synchronous","eventUrl":["@BASE@/third"],$PHONE"447700900003"}]},{"action":"wait","timeout":3}]
EOT
play twice wait-hangup
ncco alone <<EOT
[{"action":"connect","eventType":"synchronous","eventUrl":["@BASE@/alone-connect"],$PHONE"447700900001"}]},
 {"action":"wait","timeout":1}]
EOT
play alone wait-hangup

# machine detection: the beep is waited for and its answer speaks; a machine is hung up on
ncco beep <<EOT
[{"action":"connect","eventUrl":["@BASE@/beep-amd"],"advancedMachineDetection":{"behavior":"continue","mode":"detect_beep"},
  $PHONE"447700900004"}]},{"action":"talk","text":"too early"}]
EOT
ncco beep-amd <<EOT
[{"action":"talk","text":"after the beep"}]
EOT
play beep wait-hangup
ncco machine <<EOT
[{"action":"connect","eventUrl":["@BASE@/machine-amd"],"machineDetection":"hangup",$PHONE"447700900005"}]},
 {"action":"wait","timeout":2},{"action":"talk","text":"nobody there"}]
EOT
play machine 'expect-text "nobody there"' wait-hangup

ncco default <<EOT
[{"action":"connect","eventUrl":["@BASE@/default-amd"],"advancedMachineDetection":{"behavior":"continue","mode":"default"},
  $PHONE"447700900004"}]},{"action":"talk","text":"at once"},{"action":"wait","timeout":4}]
EOT
ncco default-amd <<EOT
[{"action":"talk","text":"a message"},{"action":"wait","timeout":1}]
EOT
play default wait-hangup
ncco detect <<EOT
[{"action":"connect","eventUrl":["@BASE@/detect-amd"],"advancedMachineDetection":{"behavior":"continue","mode":"detect"},
  $PHONE"447700900007"}]},{"action":"talk","text":"a human"}]
EOT
play detect wait-hangup

# onAnswer with its tone, dtmfAnswer and detection; the tone of connect is for others than phones
ncco whispers <<EOT
[{"action":"connect","eventUrl":["@BASE@/whispers-amd"],"ringbackTone":"@BASE@/none.wav","from":"442079460000",
  "advancedMachineDetection":{"behavior":"continue","mode":"detect"},
  "endpoint":[{"type":"phone","number":"447700900006","dtmfAnswer":"7p1#",
    "onAnswer":{"url":"@BASE@/whisper","ringbackTone":"@BASE@/tone.wav"}}]}]
EOT
ncco whisper <<EOT
[{"action":"talk","text":"a whisper for you"}]
EOT
play whispers "silence 2200" 'say-text "hello hello hello"' wait-hangup
ncco tone <<EOT
[{"action":"connect","ringbackTone":"@BASE@/tone.wav","from":"442079460000","endpoint":[{"type":"sip","uri":"sip:desk@example.com"}]}]
EOT
play tone wait-hangup

# bargeIn by speech: it lasts until the input, over the second talk too
ncco barge <<EOT
[{"action":"talk","text":"please say it","bargeIn":true},
 {"action":"talk","text":"we are all ears for what you may wish to tell us today","loop":0},
 {"action":"input","type":["speech"],"speech":{"endOnSilence":0.5},"eventUrl":["@BASE@/barge-said"]}]
EOT
play barge 'expect-text "all ears"' "silence 400" 'say-text "my order"' wait-hangup

for one in "${PLAYS[@]}"; do
	wait "${one#* }" || fail "${one% *}: $(jget "$RUN/${one% *}.json" '$.reason')"
done
ok "every call of its own ended well"
timeout "$LIMIT" tail --pid="$SIM" -f /dev/null || fail "the calls that meet end: $(tail -n 3 "$RUN/sim.log")"
wait "$SIM"	# one call is rejected: its status is in the summary

python3 - "$RUN" "$mover" "$target" "$conv" "$split" <<'EOT' || fail "what happened"
import cmath, json, math, struct, sys, wave
run, mover, target, conv, split = sys.argv[1:6]
reqs = [json.loads(l) for l in open(run + "/app/requests")]
sim = json.load(open(run + "/sim.json"))
log = [json.loads(l) for l in open(run + "/sim.jsonl")]
bad = 0
def holds(what, yes, *shown):
    global bad
    print("ok -" if yes else "not ok -", what)
    if not yes:
        bad += 1
        print("#", *shown, file=sys.stderr)
def at(path): return [r["body"] for r in reqs if r["path"] == path]
def summary(name): return json.load(open("%s/%s.json" % (run, name)))
def events(uuid): return [l["event"] for l in log if l["log"] == "event" and l["event"].get("uuid") == uuid]

# ---- legs that meet ----
for c in sim["calls"]:
    url = c["legs"][0]["to"] == "447700900160"
    holds("what runs goes on when a transfer's URL has no NCCO, and the result tells" if url else
        "the script of %s held" % c["legs"][0]["to"], c["result"] == "rejected" and c["reason"].startswith("transfer: ") and
        c["talks"] == ["not moved", "you were moved here"] if url else c["result"] == "ok", c["reason"], json.dumps(c["legs"][0])[:1500])
moves = [l["event"] for l in log if l["log"] == "event" and l["event"].get("conversation_uuid_to") == conv]
call = [c for c in sim["calls"] if c["uuid"] == mover][0]
holds("transfer moves caller and callee, each with its event",
    {m["uuid"] for m in moves} == {l["uuid"] for l in call["legs"]} and len(moves) == 2, moves)
holds("after it the target's NCCO controls: all end with it, and what followed transfer is never said",
    call["talks"] == [] and all(l["ended_by"] == "platform" for l in call["legs"]) and
    [c for c in sim["calls"] if c["uuid"] == target][0]["ended_by"] == "user", json.dumps(call)[:2000])
holds("their last events have the conversation they were moved into",
    all(events(l["uuid"])[-1]["conversation_uuid"] == conv for l in call["legs"]), [events(l["uuid"])[-1] for l in call["legs"]])

both = [c for c in sim["calls"] if c["uuid"] == split][0]["legs"][0]["recordings"]
rec = both[0]
w = wave.open(both[1]["file"])
data = w.readframes(w.getnframes())
left, right = (struct.unpack("<%dh" % w.getnframes(), b"".join(data[i + 2 * k:i + 2 * k + 2] for i in range(0, len(data), 4))) for k in (0, 1))
holds("of two channels the left is what the leg says, the right what it hears", max(map(abs, left)) == 0 and max(map(abs, right)) > 4000)
w = wave.open(rec["file"])
holds("a split recording has as many channels as asked", (w.getnchannels(), rec["channels"], w.getframerate()) == (4, 4, 16000))
data = w.readframes(w.getnframes())
chan = [struct.unpack("<%dh" % w.getnframes(), b"".join(data[i + 2 * k:i + 2 * k + 2] for i in range(0, len(data), 8))) for k in range(4)]
def rms(x): return math.sqrt(sum(v * v for v in x) / max(1, len(x)))
def tone(x, hz, rate=16000):      # amplitude of one frequency
    return 2 * abs(sum(v * cmath.exp(-2j * math.pi * hz * i / rate) for i, v in enumerate(x))) / max(1, len(x))
sec = 16000
second = chan[2]
begin = next(i for i, v in enumerate(second) if abs(v) > 2000)
holds("the caller who is silent has a silent channel", rms(chan[0]) < 10, rms(chan[0]))
holds("the first callee speaks in the second channel only", rms(chan[1]) > 300 and tone(chan[1][begin:begin + sec], 1500) < 300, rms(chan[1]))
holds("the second callee keeps the third when the first has gone",
    all(tone(second[begin + k * sec // 2:begin + k * sec // 2 + 4000], 1500) > 5000 for k in range(7)))
holds("the talk is in the last", rms(chan[3]) > 300 and tone(chan[3][begin:begin + sec], 1500) < 300, rms(chan[3]))

posts = [r["path"] for r in reqs]
holds("a transfer by URL asks with GET", [r["body"] for r in reqs if r["path"] == "/moved"] == [None], posts)

# ---- connect ----
s = summary("twice")
order = [(r["path"], r["body"].get("status")) for r in reqs if r["path"] in ("/first", "/second", "/third")]
rang = order.index(("/third", "ringing"))
holds("completed of the failed ones comes after the last attempt",
    order.index(("/first", "completed")) > rang and order.index(("/second", "completed")) > rang, order)
holds("each is told once", all(order.count((p, "completed")) == 1 for p in ("/first", "/second", "/third")), order)
order = [(r["path"], r["body"].get("status")) for r in reqs if r["path"] in ("/alone-connect", "/alone-event")]
holds("without another attempt it comes at once", order.index(("/alone-connect", "completed")) <
    order.index(("/alone-event", "completed")), order)

s = summary("beep")
holds("detect_beep tells of the beep only, and the call waits for it", [(e["status"], e.get("sub_state")) for e in at("/beep-amd")] ==
    [("started", None), ("ringing", None), ("answered", None), ("machine", "beep_start"), ("completed", None)], at("/beep-amd"))
holds("its answer replaces what would have followed", s["talks"] == ["after the beep"], s["talks"])
said = s["legs"][0]["talks"][0]["ms"]
holds("after the beep", said >= 1400, said)
s = summary("default")
t = s["legs"][0]["talks"]
holds("mode default begins at once, and both machine events may replace the NCCO",
    s["talks"] == ["at once", "a message", "a message"] and t[0]["ms"] < 600 and 650 < t[1]["ms"] < 1300 and t[2]["ms"] >= 1400 and
    [(e["status"], e.get("sub_state")) for e in at("/default-amd")][3:5] == [("machine", None), ("machine", "beep_start")], t, at("/default-amd"))
s = summary("detect")
holds("mode detect holds the NCCO until the human is told", s["talks"] == ["a human"] and s["legs"][0]["talks"][0]["ms"] >= 900 and
    [e["status"] for e in at("/detect-amd")] == ["started", "ringing", "answered", "human", "completed"], s["legs"][0]["talks"])
s = summary("machine")
holds("machineDetection hangup ends the machine, the NCCO goes on", [e["status"] for e in at("/machine-amd")] ==
    ["started", "ringing", "answered", "machine", "completed"] and s["legs"][1]["ended_by"] == "platform" and s["talks"] == ["nobody there"],
    at("/machine-amd"))
s = summary("whispers")
holds("the tone of onAnswer is played, that of connect is not for phones",
    [x["url"].rpartition("/")[2] for x in s["legs"][0]["streams"]] == ["tone.wav"], s["legs"][0]["streams"])
tone_end = s["legs"][0]["streams"][0]["end_ms"]
holds("it lasts until the callee joins", tone_end > 1200 + s["legs"][1]["talks"][0]["end_ms"] - 300, tone_end, s["legs"][1])
holds("detection does not end the whisper", s["legs"][1]["talks"][0].get("cut") is None and
    "human" in [e["status"] for e in at("/whispers-amd")], s["legs"][1])
s = summary("tone")
x = s["legs"][0]["streams"][0]
holds("ringbackTone plays until the answer", x["loop"] == 0 and x["cut"] == "stopped" and 1300 < x["end_ms"] < 2200, x)
s = summary("barge")
t, i = s["legs"][0]["talks"], s["legs"][0]["inputs"]
holds("speech stops a talk after one with bargeIn", t[1]["cut"] == "stopped" and t[0].get("cut") is None, t)
holds("the input begins with what was said", i[0]["text"] == "my order" and i[0]["reason"] == "end_on_silence_timeout" and
    abs(i[0]["ms"] - t[1]["end_ms"]) <= 40, i)
holds("and tells the application", at("/barge-said")[0]["speech"]["results"][0]["text"] == "my order", at("/barge-said"))
sys.exit(bad > 0)
EOT
