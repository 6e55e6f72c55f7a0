#!/bin/bash
# SPDX-License-Identifier: ISC
# The shipped flows: checked without error or warning, each begins a call that callsim takes as it is, in English and
# in Farsi, of which nobody who chose the other hears a word; what is wrong in a flow is told with file and line by webhookd -n and callctl check, and nothing starts.
# shellcheck source=tests/run/flow-lib.sh
. "$(dirname "$0")/flow-lib.sh"

flow_copy
# In what an operator has to set
flow_var forward forward_number 447700900099
flow_var conference moderator_pin 4711
n=0 routes='' inbound=()
for f in "$FLOW_DIR"/*.json; do
	name=$(basename "$f" .json)
	n=$((n + 1))
	routes="$routes${routes:+,} { called = \"44207946$((1000 + n))\"; flow = \"$name\"; }, { called = \"44207946$((2000 + n))\"; flow = \"$name\"; language = \"fa-IR\"; }"
	inbound+=(--inbound "4477009$((10000 + n)),44207946$((1000 + n)),$RUN/short.script" --inbound "4477009$((20000 + n)),44207946$((2000 + n)),$RUN/short.script")
done
COMMON_EXTRA='debug = true;'
flow_conf assistant "routes = ( $routes );"

# ---- checked ----
"$(program webhookd)" -n -c "$CONF" 2> "$RUN/check.log" || fail "webhookd -n takes them: $(cat "$RUN/check.log")"
grep -v 'level=debug' "$RUN/check.log" && fail "without a warning"
"$BIN/tools/callctl" -c "$CONF" check > "$RUN/check.out"
grep -q '^ok .*configuration of webhookd' "$RUN/check.out" || fail "callctl check takes them: $(cat "$RUN/check.out")"
ok "$n shipped flows are checked without error or warning"

# bad NAME SED-SCRIPT CAUSE: the flow changed so is refused with that cause
bad() {
	cp "$FLOW_DIR/$1.json" "$RUN/good.json"
	sed -i -E "$2" "$FLOW_DIR/$1.json"
	cmp -s "$FLOW_DIR/$1.json" "$RUN/good.json" && fail "$1 was changed by $2"
	"$(program webhookd)" -n -c "$CONF" 2> "$RUN/check.log" && fail "webhookd -n refuses $1 with $2"
	grep -E "flows/$1\.json:[0-9]+: .*$3" "$RUN/check.log" > /dev/null || fail "it says where and why ($3): $(cat "$RUN/check.log")"
	"$BIN/tools/callctl" -c "$CONF" check > "$RUN/check.out"
	[ $? = 2 ] || fail "callctl check fails on $1 with $2"
	grep -E "^fail .*$1\.json:[0-9]+: .*$3" "$RUN/check.out" > /dev/null || fail "callctl check says where and why: $(cat "$RUN/check.out")"
	cp "$RUN/good.json" "$FLOW_DIR/$1.json"
	echo "# $(grep -o -E "$1\.json:[0-9]+: .*" "$RUN/check.log" | head -n 1)"
}
bad voicemail 's|"action": "record"|"action": "records"|' 'unknown action'
bad voicemail 's/"endOnSilence"/"endOnSilense"/' 'unknown option'
bad voicemail 's/"endOnSilence": 5/"endOnSilence": 50/' 'endOnSilence'
bad forward 's/flow:menu/flow:menus/' 'no '
bad survey 's/"to": "thanks"/"to": "thank"/' 'no step'
bad conference 's/\$\{room\}/${rooms}/' 'unknown variable'
bad outbound-reminder 's/"human": "ask"/"humans": "ask"/' 'humans'
ok "what is wrong is told with file and line, by webhookd -n and callctl check"

# ---- in Farsi ----
python3 - "$FLOW_DIR" "$TOP/man/callpipe.conf.5" <<'E' || fail "who chose Farsi hears Farsi, and an answer is waited for"
import glob, json, os, re, sys
failed = 0
def bad(*what):
    global failed
    failed = 1
    print("#", *what)
def holds(when):
    for w in [when] if isinstance(when, str) else when or []:
        if w.startswith("language") and w not in ("language=fa-IR", "language"):
            return False
    return True
for path in sorted(glob.glob(sys.argv[1] + "/*.json")):
    name = os.path.basename(path)[:-5]
    flow = json.load(open(path, encoding="utf-8"))
    def fill(text):
        for _ in range(4):
            text = re.sub(r"\$\{(\w+)\}", lambda m: flow.get("vars", {}).get(m.group(1), m.group(0)), text)
        return text
    for step, s in [("start", flow)] + sorted(flow.get("steps", {}).items()):
        before = False
        for a in s["ncco"]:
            if not holds(a.get("when")):
                continue
            if a["action"] == "input" and "speech" in a and a["speech"].get("language", flow.get("language")) != "fa-IR" and name != "menu":
                bad(name, step, "is understood in another language:", a["speech"])
            if a["action"] != "talk":
                before = False
                continue
            text, language = fill(a["text"]), a.get("language", flow.get("language"))
            if text in ("${reply}", "${greeting}"):	# of the AI; nothing in Farsi
                continue
            if any("\u0600" <= c <= "\u06ff" for c in text):
                before = True
                if language != "fa-IR":
                    bad(name, step, "is spoken in another language:", text)
            elif not (before and language == "en-US") and (name, step) != ("menu", "english"):	# behind it, for want of our own voice
                bad(name, step, "is no Farsi:", text)
flow = json.load(open(sys.argv[1] + "/record-turns.json", encoding="utf-8"))
def default(option):
    return int(re.search(r"\.It Va %s\ninteger, [^\n]*default (\d+)" % option, open(sys.argv[2]).read()).group(1))
for step, s in [("start", flow)] + list(flow["steps"].items()):
    waits = [a["timeout"] for a in s["ncco"] if a["action"] == "wait"]
    if waits and sum(waits) < max(default("turn_max_s"), 2 * default("ask_turn_ms") / 1000 + 15):
        bad("record-turns", step, "waits for %d s only" % sum(waits))
    if waits and max(waits) > 40:
        bad("record-turns", step, "is silent for %d s" % max(waits))
sys.exit(failed)
E
ok "all steps speak Farsi to who chose it, record-turns waits as long as an answer may take"

# ---- taken by callsim ----
flow_start
script short <<'S'
silence 300
hangup
S
sim all --calls $((2 * n)) "${inbound[@]}"
sim_over all > "$RUN/transcript"
[ "$(grep -c 'over: ok' "$RUN/transcript")" = $((2 * n)) ] || fail "each begins a call: $(cat "$RUN/transcript")"
grep 'ncco.left_out' "$RUN/webhookd.0.log" && fail "no action was left out"
[ "$(sql "select count(distinct flow || language) from calls")" = $((2 * n)) ] || fail "each flow was played in both languages"
sort -k 3 "$RUN/transcript" | grep hears
ok "each flow begins a call in English and in Farsi that Vonage takes"
grep 'event=media.talk .*language="fa-IR"' "$RUN/webhookd.0.log" > "$RUN/spoken"
[ "$(wc -l < "$RUN/spoken")" -ge 9 ] || fail "Farsi was spoken: $(cat "$RUN/spoken")"
LC_ALL=C grep -v 'text=.*[^ -~]' "$RUN/spoken" && fail "our voice was given English to speak in Farsi"
ok "nothing but Farsi is spoken in Farsi"
