#!/bin/bash
# callsim runs every NCCO action with its timing and its events: no daemon, a small application instead.
. "$(dirname "$0")/lib.sh"
mkdir "$RUN/app"
python3 "$TOP/tests/run/actions-hooks.py" "$RUN/app" "$RUN/port" 2> "$RUN/hooks.log" &
echo $! > "$RUN/hooks.pid"
wait_file() {
	local left=$((LIMIT * 20))
	while [ ! -e "$1" ]; do
		[ $((left -= 1)) -gt 0 ] || fail "$1 comes"
		read -r -t 0.05 <> "$RUN/never" || :
	done
}
wait_file "$RUN/port"
URL=http://127.0.0.1:$(cat "$RUN/port")

# play NAME: the files of the application are there; the script is on standard input.
play() {
	cat > "$RUN/$1.script"
	rm -f "$RUN/app/requests"
	timeout $((LIMIT * 2)) "$BIN/tools/callsim/callsim" call --answer "$URL/answer" --event "$URL/event" \
	    --script "$RUN/$1.script" --json "$RUN/$1.json" --out "$RUN/$1.wav" --talk-voice kal \
	    --recordings "$RUN/$1.rec" "${@:2}" > "$RUN/$1.out" 2> "$RUN/$1.log" ||
	    fail "$1: $(jget "$RUN/$1.json" '$.reason')"
	cp "$RUN/app/requests" "$RUN/$1.requests"
	rm -f "$RUN"/app/*.json
}
ncco() { cat > "$RUN/app/$1.json"; }

# holds NAME FACT EXPRESSION: python over s (summary), leg (the first one), at(path): bodies of requests
holds() {
	python3 - "$RUN/$1" "$3" <<-'EOT' || fail "$1: $2"
	import json, sys
	s = json.load(open(sys.argv[1] + ".json"))
	leg = s["legs"][0]
	reqs = [json.loads(l) for l in open(sys.argv[1] + ".requests")]
	def at(path): return [r["body"] for r in reqs if r["path"] == path]
	def near(x, want, tolerance=200): return abs(x - want) <= tolerance
	if not eval(sys.argv[2]):
	    print("# not so:", sys.argv[2], file=sys.stderr)
	    print("#", json.dumps(s["legs"])[:3000], file=sys.stderr)
	    print("#", json.dumps(reqs)[:3000], file=sys.stderr)
	    sys.exit(1)
	EOT
	ok "$1: $2"
}

# talk with loop, stream of a file twice, wait, notify whose answer replaces the NCCO
python3 - "$RUN/app/tone.wav" <<'EOT'
import math, struct, sys, wave
w = wave.open(sys.argv[1], "wb")
w.setnchannels(1); w.setsampwidth(2); w.setframerate(16000)
w.writeframes(b"".join(struct.pack("<h", int(9000 * math.sin(i / 5))) for i in range(8000)))
w.close()
EOT
ncco answer <<'J'
[{"action":"talk","text":"one two","loop":2,"level":0.5},
 {"action":"stream","streamUrl":["@BASE@/tone.wav"],"loop":3},
 {"action":"wait","timeout":0.6},
 {"action":"notify","payload":{"step":"waited"},"eventUrl":["@BASE@/notify"]},
 {"action":"talk","text":"this is never said"}]
J
ncco notify <<'J'
[{"action":"talk","text":"good bye"}]
J
play plain <<'S'
expect-text "one two"
wait-talk-end
wait-talk-end
expect-text "good bye"
wait-hangup
S
holds plain "talk and stream are played in order and as often as asked" \
    "[t['text'] for t in leg['talks']] == ['one two', 'good bye'] and near(leg['streams'][0]['end_ms'] - leg['streams'][0]['begin_ms'], 1500, 60)"
holds plain "the stream begins after the talk" "leg['streams'][0]['ms'] >= leg['talks'][0]['end_ms']"
holds plain "wait lasts as long as it says, and notify follows" \
    "near([e['ms'] for e in leg['events'] if 'payload' in e['event']][0] - leg['streams'][0]['end_ms'], 600, 60)"
holds plain "the notify event has payload and conversation, and no uuid" \
    "at('/notify')[0]['payload'] == {'step': 'waited'} and at('/notify')[0]['conversation_uuid'] == s['conversation_uuid'] and 'uuid' not in at('/notify')[0]"
holds plain "the platform ends the call when no action is left" "s['ended_by'] == 'platform' and leg['status'] == 'completed'"

# input by keys: bargeIn, timeOut, maxDigits, submitOnHash; its answer replaces the NCCO
ncco answer <<'J'
[{"action":"talk","text":"press four keys please, and do take your time for it","bargeIn":true,"loop":0},
 {"action":"input","type":["dtmf"],"dtmf":{"maxDigits":4},"eventUrl":["@BASE@/first"]}]
J
ncco first <<'J'
[{"action":"input","type":["dtmf"],"dtmf":{"timeOut":1},"eventUrl":["@BASE@/second"]},
 {"action":"input","type":["dtmf"],"dtmf":{"submitOnHash":true,"timeOut":10},"eventUrl":["@BASE@/third"]},
 {"action":"input","type":["dtmf"],"dtmf":{"timeOut":1},"eventUrl":["@BASE@/fourth"]}]
J
play keys <<'S'
expect-text "press four"
silence 300
press 1234
wait-input
press 56
wait-input
press 7#
wait-input
wait-hangup
S
holds keys "a key stops a talk with bargeIn" "leg['talks'][0]['cut'] == 'stopped' and leg['talks'][0]['end_ms'] < 1500"
holds keys "maxDigits ends an input at once" \
    "at('/first')[0]['dtmf'] == {'digits': '1234', 'timed_out': False} and near(leg['inputs'][0]['end_ms'], leg['keys'][3]['ms'], 40)"
holds keys "timeOut runs from the last key" \
    "at('/second')[0]['dtmf'] == {'digits': '56', 'timed_out': True} and near(leg['inputs'][1]['end_ms'] - leg['keys'][5]['ms'], 1000, 60)"
holds keys "the hash submits and is no digit" "at('/third')[0]['dtmf'] == {'digits': '7', 'timed_out': False}"
holds keys "no key at all times out" \
    "at('/fourth')[0]['dtmf'] == {'digits': None, 'timed_out': True} and near(leg['inputs'][3]['end_ms'] - leg['inputs'][3]['ms'], 1000, 60)"

# input by speech: what the script says is recognised
ncco answer <<'J'
[{"action":"input","type":["speech","dtmf"],"speech":{"endOnSilence":0.8,"saveAudio":true,"language":"en-US"},"eventUrl":["@BASE@/said"]},
 {"action":"input","type":["speech"],"speech":{"startTimeout":1},"eventUrl":["@BASE@/silent"]},
 {"action":"input","type":["dtmf"],"mode":"asynchronous","eventUrl":["@BASE@/key"]},
 {"action":"wait","timeout":2}]
J
play speech <<'S'
wait-input
silence 200
say-text "sales please"
wait-input
wait-input
silence 1200
press 5#
wait-hangup
S
holds speech "the words of the script are recognised" \
    "at('/said')[0]['speech']['results'][0]['text'] == 'sales please' and isinstance(at('/said')[0]['speech']['results'][0]['confidence'], str)"
holds speech "endOnSilence ends the input, the audio is saved" \
    "at('/said')[0]['speech']['timeout_reason'] == 'end_on_silence_timeout' and '/v1/files/' in at('/said')[0]['speech']['recording_url']"
holds speech "silence is start_timeout with no results" \
    "at('/silent')[0]['speech'] == {'timeout_reason': 'start_timeout', 'results': []} and near(leg['inputs'][1]['end_ms'] - leg['inputs'][1]['ms'], 1000, 60)"
holds speech "mode asynchronous sends one event a key" "[b['dtmf']['digits'] for b in at('/key')] == ['5', '#']"

# record: blocking by silence, by key and by time; asynchronous in two channels until the end; transcription
ncco answer <<'J'
[{"action":"record","format":"wav","split":"conversation","channels":2,"eventUrl":["@BASE@/whole"]},
 {"action":"talk","text":"say something"},
 {"action":"record","endOnSilence":3,"beepStart":true,"eventUrl":["@BASE@/silence"],
  "transcription":{"language":"en-US","eventUrl":["@BASE@/transcribed"]}},
 {"action":"record","format":"ogg","endOnKey":"#","eventUrl":["@BASE@/hash"]},
 {"action":"record","format":"mp3","timeOut":3,"eventUrl":["@BASE@/timeout"]}]
J
play record <<'S'
wait-beep
say-text "please call me back"
silence 3400
press #
wait-hangup
S
holds record "endOnSilence ends it three seconds after the speech" \
    "near(leg['recordings'][0]['length_ms'], 3000 + s['turns'][0]['speech_end_ms'] - s['turns'][0]['speech_begin_ms'], 700)"
holds record "the key ends the next" "len(at('/hash')) == 1 and leg['recordings'][1]['length_ms'] < 1500"
holds record "timeOut ends the third" "near(leg['recordings'][2]['length_ms'], 3000, 40)"
holds record "each event has what Vonage's has" \
    "all(set(b) == {'start_time','recording_url','size','recording_uuid','end_time','conversation_uuid','timestamp'} and b['size'] > 0 for p in ('/whole','/silence','/hash','/timeout') for b in at(p))"
holds record "the transcription says what was said" \
    "at('/transcribed')[0]['status'] == 'transcribed' and at('/transcribed')[0]['recording_uuid'] == at('/silence')[0]['recording_uuid']"
python3 - "$RUN/record.json" "$RUN/record.rec" <<'EOT' || fail "record: the files are what their events say"
import json, os, sys, wave
recs = json.load(open(sys.argv[1]))["legs"][0]["recordings"]
whole = recs[3]["file"]
w = wave.open(whole)
assert (w.getnchannels(), w.getframerate(), w.getsampwidth()) == (2, 16000, 2), w.getparams()
assert all(os.path.getsize(r["file"]) == r["size"] for r in recs)
mp3 = open(recs[0]["file"], "rb").read()
# 32 kbit/s: 4000 bytes a second
assert recs[0]["file"].endswith(".mp3") and abs(len(mp3) - recs[0]["length_ms"] * 4) < 1500, (len(mp3), recs[0])
assert open(recs[1]["file"], "rb").read(4) == b"OggS"
words = json.load(open(recs[0]["file"] + ".json"))["channels"][0]["transcript"]
assert [t["sentence"] for t in words] == ["please call me back"], words
EOT
ok "record: the files are what their events say"

# connect: a phone that is busy, with a reply that replaces; one that is unanswered; one that answers
cat > "$RUN/phones" <<'J'
{"447700900001":{"kind":"busy"},
 "447700900002":{"kind":"no-answer"},
 "447700900003":{"kind":"human","answer_after_ms":400,"greeting":"","script":["expect-keys 12p3","expect-text \"for your ears\" 5000","say-text \"here is the sales department\"","press 9","silence 300","hangup"]}}
J
ncco answer <<'J'
[{"action":"connect","eventType":"synchronous","eventUrl":["@BASE@/busy"],"from":"442079460000","endpoint":[{"type":"phone","number":"447700900001"}]},
 {"action":"talk","text":"this is never said"}]
J
ncco busy <<'J'
[{"action":"connect","timeout":1,"eventUrl":["@BASE@/late"],"from":"442079460000","endpoint":[{"type":"phone","number":"447700900002"}]},
 {"action":"connect","eventUrl":["@BASE@/human"],"from":"442079460000",
  "endpoint":[{"type":"phone","number":"447700900003","dtmfAnswer":"12p3","onAnswer":{"url":"@BASE@/whisper"}}]}]
J
ncco whisper <<'J'
[{"action":"talk","text":"for your ears only"}]
J
play connect --phones "$RUN/phones" <<'S'
wait-reply-begin 15000
wait-reply-end
wait-hangup
S
holds connect "busy is told, and its answer goes on" "[b['status'] for b in at('/busy')][:3] == ['started', 'ringing', 'busy'] and 'this is never said' not in s['talks']"
holds connect "timeout ends the ringing" "[b['status'] for b in at('/late')] == ['started', 'ringing', 'timeout', 'completed']"
holds connect "a phone that answers hears its own NCCO first" "[t['text'] for t in s['legs'][3]['talks']] == ['for your ears only'] and len(leg['talks']) == 0"
holds connect "the call ends with the callee" "s['legs'][3]['ended_by'] == 'user' and s['ended_by'] == 'platform'"
holds connect "the callee is called from our number" "s['legs'][3]['from'] == '442079460000' and s['legs'][3]['status'] == 'completed'"

# conversation: music on hold until somebody with startOnEnter comes; a transfer event tells of the move
ncco answer <<'J'
[{"action":"conversation","name":"room","startOnEnter":false,"musicOnHoldUrl":["@BASE@/tone.wav"],"eventUrl":["@BASE@/room"]}]
J
play room <<'S'
silence 1500
hangup
S
holds room "the leg is moved and told of" \
    "at('/room')[0]['type'] == 'transfer' and at('/room')[0]['conversation_uuid_to'] == leg['conversation_uuid'] and at('/room')[0]['conversation_uuid_from'] != leg['conversation_uuid']"
holds room "music plays while it has not started" "leg['streams'][0]['loop'] == 0 and 'begin_ms' in leg['streams'][0]"
holds room "its completed event has the new conversation" \
    "[b for b in at('/event') if b.get('status') == 'completed'][0]['conversation_uuid'] == leg['conversation_uuid']"

# transfer to a conversation that does not exist is an error event, and the NCCO goes on
ncco answer <<'J'
[{"action":"transfer","conversationId":"CON-11111111-2222-3333-4444-555555555555"},{"action":"talk","text":"still here"}]
J
play nowhere <<'S'
expect-text "still here"
wait-hangup
S
holds nowhere "a transfer to nowhere is an error event" "any('transfer' in b.get('reason', '') for b in at('/event'))"

# four callers meet in a conversation; with the first who leaves it ends for all
ncco answer <<'J'
[{"action":"conversation","name":"meeting","record":true,"endOnExit":true,"eventUrl":["@BASE@/meeting"]}]
J
printf 'silence 300\nsay-text "hello all"\nsilence 200\npress 1\nsilence 500\n' > "$RUN/meeting.script"
rm -f "$RUN/app/requests"
# load counts a call without a socket as failed: its status says nothing here
timeout "$LIMIT" "$BIN/tools/callsim/callsim" load -n 4 -r 20 -d 3 --script "$RUN/meeting.script" \
    --answer "$URL/answer" --event "$URL/event" > "$RUN/meeting.out" 2> "$RUN/meeting.log"
[ $? -ne 124 ] || fail "a meeting ends"
cp "$RUN/app/requests" "$RUN/meeting.requests"
echo '{"legs":[null]}' > "$RUN/meeting.json"
holds meeting "all four are moved into one conversation" \
    "len([b for b in at('/meeting') if b.get('type') == 'transfer']) == 4 and len(set(b['conversation_uuid_to'] for b in at('/meeting') if 'type' in b)) == 1"
holds meeting "it is recorded once and ends for all" \
    "len([b for b in at('/meeting') if 'recording_url' in b]) == 1 and len([b for b in at('/event') if b.get('status') == 'completed']) == 4"
