#!/bin/bash
# callsim delivers webhooks as Vonage does (spec/vonage.md 1.2, 1.3, 2.5, 2.6, 6): one more attempt
# where it is due and no more, the fallback URL, error events, signatures; and odd events on request.
. "$(dirname "$0")/lib.sh"

export SECRET=signature-secret-of-this-test
APP=aaaaaaaa-bbbb-cccc-dddd-0123456789ab

cat > "$RUN/plan.json" <<'EOT'
{
"/reset/webhooks/answer": [{"reset": true}, {"body": [{"action": "talk", "text": "Hi"}]}],
"/reset2/webhooks/answer": [{"reset": true}],
"/s429/webhooks/answer": [{"status": 429}, {"body": [{"action": "talk", "text": "Hi"}]}],
"/s503/webhooks/answer": [{"status": 503}, {"body": [{"action": "talk", "text": "Hi"}]}],
"/s504/webhooks/answer": [{"status": 504}, {"body": [{"action": "talk", "text": "Hi"}]}],
"/s500/webhooks/answer": [{"status": 500}, {"body": [{"action": "talk", "text": "Hi"}]}],
"/s401/webhooks/answer": [{"status": 401}, {"body": [{"action": "talk", "text": "Hi"}]}],
"/down/webhooks/answer": [{"status": 500}],
"/slow/webhooks/answer": [{"delay_ms": 3000}, {"body": [{"action": "talk", "text": "Hi"}]}],
"/good/webhooks/answer": [{"body": [{"action": "talk", "text": "Hi"}]}],
"/good/webhooks/event": [{"status": 503}, {"status": 204}],
"/ev/webhooks/answer": [{"body": [{"action": "talk", "text": "Hi"}]}],
"/bad/webhooks/answer": [{"body": [{"action": "talk", "text": "Hi", "speed": 2}]}],
"/html/webhooks/answer": [{"type": "text/html", "body": "[]"}],
"/mid/webhooks/answer": [{"body": [{"action": "connect", "eventType": "synchronous",
	"endpoint": [{"type": "websocket", "uri": "ws://127.0.0.1:1/", "content-type": "audio/l16;rate=8000"}]},
	{"action": "talk", "text": "Went on"}]}],
"/mid/webhooks/event": [{"status": 204}, {"status": 204}, {"status": 204}, {"status": 500}],
"/midbad/webhooks/answer": [{"body": [{"action": "connect", "eventType": "synchronous", "eventUrl": ["@BASE@/midbad/leg"],
	"endpoint": [{"type": "websocket", "uri": "ws://127.0.0.1:1/", "content-type": "audio/l16;rate=8000"}]},
	{"action": "talk", "text": "Went on"}]}],
"/midbad/leg": [{"body": [{"action": "jump"}]}],
"/midhtml/webhooks/answer": [{"body": [{"action": "connect", "eventType": "synchronous", "eventUrl": ["@BASE@/midhtml/leg"],
	"endpoint": [{"type": "websocket", "uri": "ws://127.0.0.1:1/", "content-type": "audio/l16;rate=8000"}]},
	{"action": "talk", "text": "Went on"}]}],
"/midhtml/leg": [{"type": "text/html", "body": [{"action": "talk", "text": "Never heard"}]}],
"/fallback": [{"body": [{"action": "talk", "text": "Safe"}]}],
"/fallback-twice": [{"status": 503}, {"body": [{"action": "talk", "text": "Safe"}]}],
"/fallback-bad": [{"status": 500}]
}
EOT

python3 "$TOP/tests/run/nasty-hooks.py" "$RUN/plan.json" "$RUN/port" "$RUN/hooks" 2> "$RUN/hooks.log" &
echo $! > "$RUN/hooks.pid"
deadline=$((SECONDS + LIMIT))
until [ -e "$RUN/port" ]; do
	[ $SECONDS -lt $deadline ] || fail "the webhook server is up"
	read -r -t 0.05 _ <> <(:)
done
URL=http://127.0.0.1:$(cat "$RUN/port")
echo wait-hangup > "$RUN/script"

# sim NAME ARGS...: a call to /NAME/webhooks/...; its requests alone are in $RUN/NAME.hooks
sim() {
	local name=$1
	shift
	: > "$RUN/hooks"
	"$BIN/tools/callsim/callsim" call --base "$URL/$name" --script "$RUN/script" --talk-voice kal \
	    --max-seconds 30 --json "$RUN/$name.json" "$@" 2> "$RUN/$name.log"
	RC=$?
	cp "$RUN/hooks" "$RUN/$name.hooks"
}

# holds NAME FACT EXPRESSION: python over r (requests), s (summary), of(path)
holds() {
	python3 - "$RUN/$1.hooks" "$RUN/$1.json" "$3" <<-'EOT' || fail "$1: $2"
	import json, sys
	r = [json.loads(line) for line in open(sys.argv[1])]
	s = json.load(open(sys.argv[2]))
	def of(path):
	    return [x for x in r if x["path"].endswith(path)]
	def status(name):
	    return [x["body"] for x in of("/event") if (x["body"] or {}).get("status") == name]
	ok = eval("(" + sys.argv[3] + ")")
	if not ok:
	    print("not so:", sys.argv[3], file=sys.stderr)
	    for x in r:
	        print(json.dumps(x), file=sys.stderr)
	    print(json.dumps(s), file=sys.stderr)
	sys.exit(not ok)
	EOT
	ok "$2"
}

# --- one more attempt, and no more
for name in reset s429 s503 s504; do
	sim $name
	[ $RC -eq 0 ] || fail "$name: the second attempt is taken"
	holds $name "$name is tried once more" 'len(of("/answer")) == 2 and s["result"] == "ok" and s["talks"] == ["Hi"]'
done
for name in s500 s401; do
	sim $name
	[ $RC -eq 1 ] || fail "$name ends the call"
	holds $name "$name is not tried again" 'len(of("/answer")) == 1 and s["result"] == "rejected"'
done
sim reset2
holds reset2 "two attempts are all" 'len(of("/answer")) == 2 and s["result"] == "rejected"'
sim slow --answer-timeouts 300,300
holds slow "a read time-out is tried once more" 'len(of("/answer")) == 2 and s["result"] == "ok"'
sim good
holds good "so are events, each alike" 'of("/event")[0]["body"] == of("/event")[1]["body"] and s["events_failed"] == 0'

# --- the fallback URL
sim down --fallback "$URL/fallback"
holds down "the fallback URL saves the call" 's["result"] == "ok" and s["talks"] == ["Safe"] and s["webhooks"]["fallbacks"] == 1'
holds down "it is told the reason and the original request" '(lambda a, f: "500" in f["reason"] and
  f["original_request"] == {"url": "'"$URL"'/down/webhooks/answer", "type": "answer"} and
  all(f[k] == v for k, v in a.items()))(of("/answer")[0]["body"], of("/fallback")[0]["body"])'
sim reset2 --fallback "$URL/fallback-twice" --fallback-get
holds reset2 "by GET as well, and with one more attempt" 'len(of("/fallback-twice")) == 2 and s["talks"] == ["Safe"] and
  of("/fallback-twice")[0]["method"] == "GET" and "answer" in of("/fallback-twice")[0]["query"]["original_request"]'
sim html --fallback "$URL/fallback"
holds html "text/html is a bad reply" 's["talks"] == ["Safe"] and "text/html" in of("/fallback")[0]["body"]["reason"]'
sim down --fallback "$URL/fallback-bad"
holds down "a call whose fallback fails is ended" 's["result"] == "rejected" and len(of("/fallback-bad")) == 1'

sim bad --fallback "$URL/fallback"
holds bad "an NCCO with an error is told by an error event, and the fallback goes on" 's["talks"] == ["Safe"] and
  [e["body"]["reason"] for e in of("/event") if "reason" in e["body"]] ==
  ["Syntax error in NCCO. action 0: unknown member \"speed\""]'
sim bad
[ $RC -eq 1 ] || fail "without a fallback the call drops"
holds bad "without a fallback the call drops, after the error event" 's["result"] == "bad-ncco" and len(of("/answer")) == 1 and
  of("/event")[0]["body"]["reason"].startswith("Syntax error in NCCO.") and "uuid" not in of("/event")[0]["body"]'

# --- in the middle of the call
sim midbad --fallback "$URL/fallback"
holds midbad "a bad NCCO from an event: the fallback replaces it" 's["talks"] == ["Safe"] and
  of("/fallback")[0]["body"]["original_request"]["type"] == "event" and of("/fallback")[0]["body"]["status"] == "failed"'
sim midhtml --fallback "$URL/fallback-bad"
holds midhtml "when it fails too the NCCO goes on" 's["talks"] == ["Went on"] and s["result"] == "ok"'
sim midhtml
holds midhtml "text/html is never played" 's["talks"] == ["Went on"]'

# --- signatures
SIGN=(--sign-secret "$SECRET" --api-key a1b2c3d4 --application-id "$APP")
sim good "${SIGN[@]}"
holds good "every request is signed, with the hash of its body" 'len(r) >= 5 and all(x["signed"] and x["hash"] == "right" and
  x["header"]["alg"] == "HS256" and x["token"]["iss"] == "Vonage" and x["token"]["api_key"] == "a1b2c3d4" and
  x["token"]["application_id"] == "'$APP'" for x in r) and len({x["token"]["jti"] for x in r}) == len(r)'
printf '%s\n' "$SECRET" > "$RUN/secret"
sim good --sign-secret "$RUN/secret" --get
holds good "a GET is signed without a hash; the secret may be a file" '(lambda a: a["method"] == "GET" and a["signed"] and
  a["hash"] == "none" and a["query"]["endpoint_type"] == "phone")(of("/answer")[0])'
sim down "${SIGN[@]}" --fallback "$URL/fallback"
holds down "the fallback request is signed too" 'of("/fallback")[0]["signed"] and of("/fallback")[0]["hash"] == "right"'
while read -r fault expression; do
	sim good "${SIGN[@]}" --sign-fault "$fault"
	holds good "fault $fault" "$expression"
done <<'EOT'
missing all("token" not in x for x in r)
missing:1 "token" not in r[0] and all(x["signed"] for x in r[1:])
wrong-hash all(x["signed"] and x["hash"] == "wrong" for x in r)
no-hash all(x["signed"] and x["hash"] == "none" for x in r)
stale all(x["signed"] and x["token"]["iat"] < __import__("time").time() - 3000 for x in r)
alg-none all(not x["signed"] and x["header"]["alg"] == "none" for x in r)
wrong-secret all(not x["signed"] and x["header"]["alg"] == "HS256" for x in r)
other-app all(x["signed"] and x["token"]["application_id"] != "aaaaaaaa-bbbb-cccc-dddd-0123456789ab" for x in r)
no-jti all(x["signed"] and "jti" not in x["token"] for x in r)
replay all(x["signed"] for x in r) and len({x["token"]["jti"] for x in r}) == 1
EOT

# --- odd events
sim ev --lose-events 1
holds ev "all events can be lost" 'len(of("/event")) == 0 and s["result"] == "ok" and s["events_sent"] == 0'
sim ev --number-events
holds ev "numbers can be numbers" 'isinstance(status("completed")[0]["duration"], int) and isinstance(status("completed")[0]["price"], float)'
sim ev --null-events --extra-events
holds ev "members can be null or unknown" 'status("completed")[0]["network"] is None and status("completed")[0]["duration"] is None and
  status("completed")[0]["uuid"] == s["uuid"] and status("completed")[0]["media_info"]["path"][1] is None'
"$BIN/tools/callsim/callsim" call --sign-fault nonsense 2> "$RUN/usage.log"
[ $? -eq 2 ] || fail "an unknown fault is a usage error"
ok "an unknown fault is a usage error"
