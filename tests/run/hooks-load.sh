#!/bin/bash
# Webhooks go on while webhookd is ended by SIGTERM and by kill -9: none that was accepted is lost.
# shellcheck source=tests/run/hooks-lib.sh
. "$(dirname "$0")/hooks-lib.sh"
hooks_start
hooks_load 300 6 -w 500 -x "30:kill -TERM \$(cat $RUN/webhookd.0.pid)" -x "65:kill -9 \$(cat $RUN/webhookd.0.pid)"
echo "load: $(cat "$RUN/load.json")"
[ "$(jget "$RUN/load.json" '$.sent')" = 1536 ] || fail "all were sent"
[ "$(jget "$RUN/load.json" '$.acked')" -gt 500 ] || fail "most were accepted"
[ "$(jget "$RUN/load.json" '$.acked_by_retry')" -gt 0 ] || fail "some met a webhookd that was not there, and came again"
[ "$(jget "$RUN/load.json" '$.refused')" = 0 ] || fail "none was refused: $(cat "$RUN/load.err.log")"
ok "webhooks were sent through a SIGTERM and a kill -9"
[ "$(grep -c 'event=listen ' "$RUN/webhookd.0.log")" = 3 ] || fail "webhookd was started three times"
lost=$(hooks_lost)
[ "$lost" = 0 ] || fail "none that was accepted is lost, not $lost"
ok "each that was accepted is a row"
twice=$(hooks_twice)
[ "$twice" = 0 ] || fail "none is a row twice, not $twice"
ok "one that was sent twice is one row"
# The proof can fail:
leg=$(head -n 1 "$RUN/acked" | cut -d ' ' -f 1)
sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "delete from events where leg = '$leg' and kind = 'answer'"
[ "$(hooks_lost)" = 1 ] || fail "a row that is taken away is seen to be lost: $(hooks_lost)"
ok "a lost one would be seen"
