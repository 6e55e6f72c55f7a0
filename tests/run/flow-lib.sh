# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Sourced by the tests of flows: the real daemons and callsim on both sides of a call, webhooks
# signed, tokens checked. After lib.sh's variables are set by the test (WEBHOOKD_EXTRA, NSOCKD, ...):
#
#   flow_conf FLOW [EXTRA]     writes the configuration: the flow, signed webhooks, media, SMS off
#   flow_start [HOW]           starts all daemons (HOW: start or supervise); api_base is a simulator's
#                              that runs already, as calls that we place need it (phones first, see below)
#   phones < JSON              what outbound calls reach, callsim(1) PHONES
#   script NAME < STEPS        $RUN/NAME.script, what a caller does
#   sim NAME ARGS...           callsim serve in the background: log $RUN/NAME.jsonl, summary $RUN/NAME.json.
#                              Calls come in by  --inbound "FROM,$OURS,$RUN/X.script[,AFTER_MS]"  (daemons first);
#                              who is called is in phones. Ends with --calls N or by sim_stop.
#   seen NAME RE [N]           waits for N lines (1) of its log that match; they are in $RUN/seen
#   sim_over NAME              waits for its end; fails with the reason if a script or a call failed
#   sim_stop NAME              ends it (TERM) and waits, as sim_over
#   heard NAME NUMBER          all that the person of that number was told by talk, one a line
#   transcript NAME            who heard, said and pressed what, from the log, into the output
#   flow_copy; flow_var FLOW NAME VALUE   own flows, before flow_conf
#
# Inbound calls: flow_conf, flow_start, sim. Outbound: flow_conf, phones, sim, flow_start, callctl dial.
# Inbound calls reach webhookd by --base; their REST requests go back by region_url.
LIMIT=${LIMIT:-30}
# shellcheck source=tests/run/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# shellcheck disable=SC2034	# of the tests
OURS=442079460000
FLOW_APP=11111111-2222-3333-4444-555555555555
FLOW_REST=''			# REST address of the simulator that runs

flow_conf() {
	SIGN=yes
	app_key
	[ -e "$RUN/app.pub" ] || openssl pkey -in "$RUN/app.key" -pubout -out "$RUN/app.pub" 2> /dev/null || fail "the public key"
	printf 'the-signature-secret-of-this-run' > "$RUN/secret"
	chmod 600 "$RUN/secret"
	mkdir -p "$RUN/media"
	WEBHOOKD_EXTRA="flow = \"$1\"; signature_secrets = [ \"\${file:$RUN/secret}\" ]; api_key = \"a1b2c3d4\";
		media_dir = \"$RUN/media\"; audio_dir = \"$TOP/etc/audio\"; ${2:-}
		$WEBHOOKD_EXTRA"
	configure
	[ -z "${FLOW_DIR:-}" ] || sed -i "s|flow_dir = \"[^\"]*\"|flow_dir = \"$FLOW_DIR\"|" "$CONF"
}

flow_start() {
	[ -z "$FLOW_REST" ] || sed -i "s|api_base = \"[^\"]*\"|api_base = \"$FLOW_REST\"|" "$CONF"
	start_all "${1:-start}"
	# talks of ours and turns of recordings are brokerd's
	wait_log webhookd 0 'event=peer.up .*peer=brokerd'
}

phones() { cat > "$RUN/phones.json"; }
script() { cat > "$RUN/$1.script"; }

sim() {
	local name=$1
	shift
	[ -e "$RUN/phones.json" ] || echo '{}' > "$RUN/phones.json"
	: > "$RUN/$name.jsonl"
	# Without daemons there is nobody yet who could be called: port 1 refuses.
	"$BIN/tools/callsim/callsim" serve --base "$([ -e "$RUN/webhookd.0.log" ] && base || echo http://127.0.0.1:1)" \
	    --phones "$RUN/phones.json" --sign-secret "$RUN/secret" --api-key a1b2c3d4 --application-id $FLOW_APP \
	    --public-key "$RUN/app.pub" --rest-port-file "$RUN/$name.port" --talk-voice kal \
	    --log "$RUN/$name.jsonl" --json "$RUN/$name.json" "$@" 2> "$RUN/callsim.$name.log" &
	echo $! > "$RUN/callsim.$name.pid"
	seen "$name" '"log":"ready"'
	# shellcheck disable=SC2034
	FLOW_REST=http://127.0.0.1:$(cat "$RUN/$name.port")
}

seen() {
	timeout "$LIMIT" grep -m"${3:-1}" -E -- "$2" <(timeout "$LIMIT" tail -n +1 -F "$RUN/$1.jsonl" 2> /dev/null) \
	    > "$RUN/seen"
	[ "$(wc -l < "$RUN/seen")" -ge "${3:-1}" ] || {
		transcript "$1"
		fail "callsim's log has ${3:-1} of: $2"
	}
}

sim_over() {
	local status
	timeout "$LIMIT" tail --pid="$(cat "$RUN/callsim.$1.pid")" -f /dev/null || {
		transcript "$1"
		fail "the calls of $1 end"
	}
	wait "$(cat "$RUN/callsim.$1.pid")"
	status=$?
	rm -f "$RUN/callsim.$1.pid"
	transcript "$1"
	[ $status = 0 ] || fail "$1: $(sqlite3 :memory: "select group_concat(coalesce(json_extract(value, '\$.reason'), '?'), '; ')
	    from json_each(readfile('$RUN/$1.json'), iif(json_type(readfile('$RUN/$1.json'), '\$.calls') is null, '\$', '\$.calls')) where json_extract(value, '\$.result') <> 'ok'") $(tail -n 3 "$RUN/callsim.$1.log")"
}

sim_stop() {
	kill -TERM "$(cat "$RUN/callsim.$1.pid")"
	sim_over "$1"
}

# Both read the log: lines of a leg have its uuid, events tell whose leg that is.
flow_log() {
	python3 - "$RUN/$1.jsonl" "$2" "${3:-}" <<-'EOT'
	import datetime, json, sys, urllib.parse
	rows = []
	for line in open(sys.argv[1], encoding="utf-8"):
	    try:
	        rows.append(json.loads(line))
	    except ValueError:
	        pass			# the last one, being written
	who = {}
	for r in rows:
	    e = r.get("event") if r["log"] == "event" else r.get("body") if r["log"] == "answer" else None
	    if isinstance(e, dict) and e.get("uuid") and e.get("from") is not None and e.get("direction"):
	        who.setdefault(e["uuid"], e["from"] if e["direction"] == "inbound" else e.get("to"))
	    if r["log"] == "call":
	        for leg in r.get("legs") or []:
	            who.setdefault(leg["uuid"], leg["from"] if leg.get("direction") == "inbound" else leg.get("to"))
	def name(uuid):
	    text = str(who.get(uuid) or uuid)
	    return "the socket" if text.startswith("ws:") else text
	if sys.argv[2] == "heard":
	    for r in rows:
	        if r["log"] == "talk" and name(r["uuid"]) == sys.argv[3]:
	            print(r["text"])
	    sys.exit(0)
	first = None
	for r in rows:
	    t = datetime.datetime.fromisoformat(r["ts"].replace("Z", "+00:00"))
	    if r["log"] == "ready":
	        continue
	    first = first or t
	    k, text = r["log"], None
	    if k in ("talk", "stream", "say", "key", "keys-heard"):
	        verb = {"talk": "hears", "stream": "hears the file", "say": "says", "key": "presses", "keys-heard": "hears keys"}[k]
	        text = "%s %s: %s" % (name(r["uuid"]), verb, r["text"].split("?")[0] if k == "stream" else r["text"])
	    elif k == "event" and isinstance(r["event"], dict):
	        e = r["event"]
	        if e.get("status") and e.get("uuid"):
	            text = "%s is %s" % (name(e["uuid"]), e["status"])
	        elif "dtmf" in e or "speech" in e:
	            text = "input: " + json.dumps({"dtmf": e.get("dtmf"), "speech": [x.get("text") for x in (e.get("speech") or {}).get("results") or []]}, ensure_ascii=False)
	        elif "recording_url" in e:
	            text = "recorded: %s bytes" % e.get("size")
	        elif "payload" in e:
	            text = "notify: " + json.dumps(e["payload"])
	        elif e.get("type") == "transfer":
	            text = "%s is moved to another conversation" % name(e.get("uuid"))
	        else:
	            text = "event: " + json.dumps(e)[:200]
	    elif k == "rest" and r.get("path", "").startswith("/v1/calls"):
	        text = "REST: %s %s %s -> %s" % (r.get("method"), r["path"].split("/")[-1][:8] if len(r["path"]) > 12 else "call", r.get("action") or "", r.get("status"))
	    elif k == "sms":
	        text = "SMS to %s: %s" % (r.get("to"), r.get("text"))
	    elif k == "call":
	        text = "over: %s%s" % (r.get("result"), ", " + r["reason"] if r.get("reason") else "")
	    if text is not None:
	        print("# %7.2f  %s" % ((t - first).total_seconds(), text))
	EOT
}
heard() { flow_log "$1" heard "$2"; }
transcript() { flow_log "$1" all; }

# flow_copy: the shipped flows in $RUN/flows, for a test that sets what an operator sets in them
flow_copy() {
	FLOW_DIR=$RUN/flows
	cp -r "$TOP/etc/flows" "$FLOW_DIR"
}
# flow_var FLOW NAME VALUE: the default of a variable in that copy
flow_var() {
	grep -q "^    \"$2\": \"" "$FLOW_DIR/$1.json" || fail "$1 has the variable $2"
	sed -i "s|^    \"$2\": \"[^\"]*\"|    \"$2\": \"$3\"|" "$FLOW_DIR/$1.json"
}

# sim_call NAME ARGS...: callsim call, one caller with $RUN/NAME.script, in the background; the line is in
# $RUN/NAME.wav (left said, right heard), else as sim. Ends with the call: sim_over NAME.
sim_call() {
	local name=$1
	shift
	[ -e "$RUN/phones.json" ] || echo '{}' > "$RUN/phones.json"
	: > "$RUN/$name.jsonl"
	"$BIN/tools/callsim/callsim" call --base "$(base)" --api-base self --to "$OURS" --script "$RUN/$name.script" \
	    --phones "$RUN/phones.json" --sign-secret "$RUN/secret" --api-key a1b2c3d4 --application-id $FLOW_APP \
	    --public-key "$RUN/app.pub" --talk-voice kal --out "$RUN/$name.wav" --max-seconds 120 \
	    --log "$RUN/$name.jsonl" --json "$RUN/$name.json" "$@" 2> "$RUN/callsim.$name.log" &
	echo $! > "$RUN/callsim.$name.pid"
}
