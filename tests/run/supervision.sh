#!/bin/bash
# SPDX-License-Identifier: ISC
# The units of systemd are clean; a service of runit starts its daemon, and again
# after kill -9. What is not installed is not tested.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

daemons='webhookd sockd vadd brokerd'

if command -v systemd-analyze > /dev/null; then
	mkdir "$RUN/units"
	cp "$TOP"/etc/systemd/* "$RUN/units"
	# The programs are not installed here: any will do.
	sed -i 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$RUN"/units/*.service
	cd "$RUN/units" || exit 1
	# It says 0 for an unknown key: what counts is that it says nothing.
	for d in $daemons; do
		systemd-analyze verify --man=no "./callpipe-$d@0.service" ./callpipe.target
	done > "$RUN/said" 2>&1 || echo "exit status $?" >> "$RUN/said"
	cd "$TOP" || exit 1
	[ -s "$RUN/said" ] && { cat "$RUN/said"; fail "systemd-analyze finds nothing in the units"; }
	ok "systemd-analyze finds nothing in the units"
fi

for d in $daemons; do
	for f in run log/run; do
		[ -x "$TOP/etc/runit/$d/$f" ] || fail "etc/runit/$d/$f can be run"
		sh -n "$TOP/etc/runit/$d/$f" || fail "etc/runit/$d/$f is a script"
	done
done
ok "a script for each daemon and its log"

if command -v runsv > /dev/null && [ "$(id -u)" -eq 0 ]; then
	configure
	program=$(cd "$(dirname "$(program vadd)")" && pwd)/vadd
	service=$RUN/callpipe-vadd-1
	cp -r "$TOP/etc/runit/vadd" "$service"
	sed -i "s|callpipe:callpipe|root:root|; s|-o callpipe -g callpipe|-o root -g root|; s|/run/callpipe|$RUN/ipc|
		s|/var/log/callpipe|$RUN/logs|; s|/usr/local/libexec/callpipe/vadd|$program -c $CONF|" \
		"$service/run" "$service/log/run"
	runsv "$service" &
	echo $! > "$RUN/runsv.pid"
	mkdir -p "$RUN/logs/callpipe-vadd-1"
	log=$RUN/logs/callpipe-vadd-1/current
	touch "$log"
	times_ready() {
		local n
		n=$(timeout "$LIMIT" grep -m "$1" -c 'prog=vadd.1 event=ready' \
		    <(timeout "$LIMIT" tail -n +1 -F "$log" 2> /dev/null))
		[ "$n" = "$1" ] || fail "vadd.1 became ready $1 times"
	}
	times_ready 1
	ok "runit starts instance 1 as its folder is called"
	kill -9 "$(cat "$service/supervise/pid")"
	times_ready 2
	ok "runit starts it again after kill -9"
	sv -w 20 force-shutdown "$service" > /dev/null || fail "runit stops it"
	grep -q 'event=stop ' "$log" || fail "it stops in order"
	ok "it stops in order"
fi
