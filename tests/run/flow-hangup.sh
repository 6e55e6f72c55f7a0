#!/bin/bash
# SPDX-License-Identifier: ISC
# A flow that hangs up: the job is on the disk before the call is marked as ending. A call that we placed, and that falls
# back before it was answered, stays an outbound call of that person.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
mkdir "$RUN/flows"
cp etc/flows/*.json "$RUN/flows/"
cat > "$RUN/flows/ends.json" <<'F'
{
  "description": "of this test",
  "ncco": [{"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}],
  "on": {"dtmf:*": {"hangup": true}}
}
F
WEBHOOKD_EXTRA='flow = "ends";'
configure
sed -i "s|flow_dir = \"[^\"]*\"|flow_dir = \"$RUN/flows\"|" "$CONF"
start_all
post() {
	code=$(curl -s -o "$RUN/reply" -w '%{http_code}' -H 'Content-Type: application/json' -d "$2" "$(base)$1")
	[ "$code" = "$3" ] || fail "$1 with $2 is answered $3, not $code: $(cat "$RUN/reply")"
}
db() { sqlite3 "$RUN/callpipe.db" -cmd '.timeout 5000' "$1" || fail "sqlite3 $1"; }

# ---- the order ----
db "create trigger of_this_test before update of ending on calls when new.ending = 1 and not exists
	(select 1 from jobs where kind = 'hangup' and call = new.id) begin select raise(abort, 'marked before its job'); end"
post /webhooks/answer '{"uuid":"one","conversation_uuid":"CON-1","from":"447700900001","to":"442079460000"}' 200
url=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["eventUrl"][0].split("/webhooks/")[1])' "$RUN/reply")
post "/webhooks/$url" '{"uuid":"one","conversation_uuid":"CON-1","from":"447700900001","to":"442079460000","dtmf":{"digits":"1","timed_out":false},"timestamp":"2026-11-20T12:00:00.000Z"}' 200
wait_row "select count(*) from jobs where kind = 'hangup' and call = 'one'" 1
wait_row "select ending from calls where id = 'one'" 1
grep 'marked before its job' "$RUN"/*.log && fail "the job was there first"
ok "the hang-up is a job before the call is marked as ending"

# ---- a dial that falls back ----
db "insert into dials (id, number, flow, state, serial, call, created_at, updated_at) values
	(1, '447700900001', 'ends', 'calling', 1, 'out-1', 1, unixepoch() * 1000), (2, '447700900002', 'ends', 'waiting', 0, null, 1, 1);
    update dials set next_at = 4000000000000;
    insert into attempts (dial, n, number, at, owner, state) values (2, 1, '447700900002', unixepoch() * 1000, 'webhookd.9', 'unknown')"
fall() { # fall UUID ADDRESS MEMBERS
	post /webhooks/fallback "{$3\"uuid\":\"$1\",\"conversation_uuid\":\"CON-$1\",\"reason\":\"x\",\"original_request\":{\"url\":\"https://b/webhooks/answer$2\",\"type\":\"answer\"}}" 200
}
fall out-1 '' '"from":"442079460000","to":"447700900001",'
fall out-2 '?d=2&n=1' '"from":"442079460000","to":"447700900002",'
fall in-3 '' '"from":"+447700900003","to":"442079460000",'
row() { sql "select direction || ' ' || caller || ' ' || called || ' ' || coalesce(dial, 0) from calls where id = '$1'"; }
wait_row "select count(*) from calls where id in ('out-1', 'out-2', 'in-3')" 3
[ "$(row out-1)" = 'outbound 442079460000 447700900001 1' ] || fail "known by dials.call: $(row out-1)"
[ "$(row out-2)" = 'outbound 442079460000 447700900002 2' ] || fail "known by its address: $(row out-2)"
[ "$(row in-3)" = 'inbound 447700900003 442079460000 0' ] || fail "one that came in: $(row in-3)"
wait_row "select state || ' ' || call from dials where id = 2" 'calling out-2'
ok "a call that we placed stays an outbound one of that person when it falls back"
