#!/bin/bash
# SPDX-License-Identifier: ISC
# A language that Vonage has no voice of: what a caller hears in Persian is sound of our own voice, as long
# as its file and as loud as speech, also when brokerd is killed before it is spoken.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_copy
cat > "$FLOW_DIR/farsi.json" <<'F'
{
  "description": "of this test",
  "language": "fa-IR",
  "ncco": [
    {"action": "talk", "text": "سلام، به این برنامه خوش آمدید."},
    {"action": "talk", "text": "لطفاً یک عدد را فشار دهید.", "bargeIn": true},
    {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1, "timeOut": 5}}
  ],
  "on": {"dtmf:*": "thanks"},
  "steps": {"thanks": {"ncco": [{"action": "talk", "text": "متشکرم. خداحافظ ${digits}."}]}}
}
F
flow_conf farsi 'language = "fa-IR";'
flow_start supervise
script farsi <<'S'
wait-input
press 3
wait-hangup
S
sim_call farsi --from 989120000001
sim_over farsi
# brokerd dies before a sentence that nobody has spoken yet
script killed <<S
wait-input
run kill -9 $(pid brokerd)
press 7
wait-hangup
S
was=$(pid brokerd)
sim_call killed --from 989120000002
sim_over killed
[ "$(pid brokerd)" != "$was" ] || fail "brokerd was killed"

for name in farsi killed; do
# The right channel is what was heard: loud while a stream played, for as long as the file is, else silent.
python3 - "$RUN/$name" "$RUN/media" <<'E' || fail "the caller hears our voice"
import array, json, math, os, sys, wave
leg = json.load(open(sys.argv[1] + ".json"))["legs"][0]
w = wave.open(sys.argv[1] + ".wav")
assert w.getnchannels() == 2
rate, s = w.getframerate(), array.array("h", w.readframes(w.getnframes()))
heard = s[1::2]
def db(a, b):
    x = heard[a * rate // 1000:b * rate // 1000]
    return 10 * math.log10(sum(v * v for v in x) / max(1, len(x)) / 32768.0 ** 2 + 1e-12)
assert len(leg["streams"]) == 3 and not leg["talks"], leg["streams"]
for t in leg["streams"]:
    f = wave.open(os.path.join(sys.argv[2], t["url"].split("?")[0].split("/")[-1]))
    ms = f.getnframes() * 1000 // f.getframerate()
    assert ms > 700, ("a sentence", ms)
    assert abs(t["end_ms"] - t["begin_ms"] - ms) < 60 and "cut" not in t, ("played to its end", t, ms)
    level = db(t["begin_ms"], t["end_ms"])
    assert level > -35, ("as loud as speech", level)
    parts = [db(m, m + 100) for m in range(t["begin_ms"], t["end_ms"] - 100, 100)]
    assert sum(p > -45 for p in parts) > len(parts) // 2, ("speech in more than half of it", parts)
    print("# heard %d ms at %.1f dB" % (ms, level))
assert leg["streams"][0]["begin_ms"] - leg["streams"][0]["ms"] < 3000, ("it begins soon", leg["streams"][0])
E
done
ok "a caller hears Persian, each sentence to its end, also when brokerd was killed before it was spoken"
[ "$(find "$RUN/media" -name '*.wav' | wc -l)" = 4 ] || fail "a sentence is spoken once: $(ls "$RUN/media")"
ok "what was spoken is spoken once"
