#!/bin/bash
# A part of make bench: webhooks at a fixed rate through a deploy (SIGTERM) and a crash (kill -9) of webhookd.
#
#   HOOKS_RATE=1000 HOOKS_SECONDS=30 tests/bench/hooks.sh
#
# Latencies are from the moment a webhook was due to its answer, of those that
# were answered at the first try. The load generator is on the same machine.
# shellcheck source=tests/run/hooks-lib.sh
. "$(dirname "$0")/../run/hooks-lib.sh"
rate=${HOOKS_RATE:-1000} seconds=${HOOKS_SECONDS:-30}
echo
echo "webhooks: $rate a second for $seconds s, signed; webhookd is ended with SIGTERM and with kill -9; load $(cut -d' ' -f1-3 /proc/loadavg)"
hooks_start
hooks_load "$rate" "$seconds" -x "33:kill -TERM \$(cat $RUN/webhookd.0.pid)" -x "66:kill -9 \$(cat $RUN/webhookd.0.pid)"
f() { jget "$RUN/load.json" "\$.$1"; }
echo "  sent $(f sent), accepted $(f acked) ($(f acked_by_retry) of them at the second try), refused $(f refused), given up after two tries $(f given_up)"
echo "  $(f rate) accepted a second; answered after p50 $(f p50_ms) ms, p99 $(f p99_ms) ms, max $(f max_ms) ms; most that waited for a connection $(f waited_max)"
echo "  rows of events: $(sql 'select count(*) from events'); accepted without a row (lost): $(hooks_lost); with two: $(hooks_twice)"
echo "  machine after: load $(cut -d' ' -f1-3 /proc/loadavg)"
[ "$(hooks_lost)" = 0 ] || fail "no webhook is lost"
