#!/bin/bash
# make bench-vadd: many streams in one vadd, over the bus, in real time (vaddload.c).
#
#   STREAMS=1000 SECONDS_=30
#   PRIO=10        real-time priority for vadd and generator: when others use the machine too
#
# Four runs: speech for at most 4 s of 10, and noise; the same with the bot speaking, whose echo is searched; at 16 kHz; and all streams'
# frames at the same moment, which no network does but shows the worst case. The figures are those of this machine, with
# the generator beside it; of the two times the first is vadd's own (its stat), the second has both ways over the bus in it.
LIMIT=120
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
STREAMS=${STREAMS:-1000} SECONDS_=${SECONDS_:-30}
LOAD=$(realpath "${LOAD:?make bench-vadd sets it}")
HZ=$(getconf CLK_TCK)

cpu_ms() { awk -v hz="$HZ" '{print int(($14 + $15) * 1000 / hz)}' "/proc/$1/stat"; }
rss_kib() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }

VADD_EXTRA="max_calls = $((STREAMS + 10)); keep_total_mb = 1024;"
COMMON_EXTRA='mailbox_messages = 10000;'
configure
flite -voice kal16 -t "what are your opening hours on saturday, and may i bring a dog with me" -o "$RUN/say.wav" || fail "flite speaks"
mkfifo "$RUN/done" "$RUN/go"
echo "machine: $(nproc) cores, $(uname -m), load $(cut -d' ' -f1-3 /proc/loadavg)"

# one WHAT RATE ARGS...
one() {
	local what=$1 rate=$2 vadd rss0 cpu0 us
	shift 2
	start vadd
	vadd=$(pid vadd)
	[ -z "${PRIO:-}" ] || chrt -a -f -p "$PRIO" "$vadd" || fail "vadd gets its priority"
	rss0=$(rss_kib "$vadd")
	${PRIO:+chrt -f "$PRIO"} "$LOAD" -r "$RUN" -f "$RUN/say.wav" -n "$STREAMS" -t "$SECONDS_" -R "$rate" "$@" < "$RUN/go" > "$RUN/done" &
	load=$!
	exec 8> "$RUN/go" 7< "$RUN/done"
	cpu0=$(cpu_ms "$vadd")
	read -r -t $((SECONDS_ + 60)) _ <&7 || fail "the generator runs"
	us=$((($(cpu_ms "$vadd") - cpu0) * 1000))
	rss=$(rss_kib "$vadd")
	stat_of vadd frames > "$RUN/frames"
	echo
	echo "$what: $STREAMS streams for $SECONDS_ s at $rate Hz"
	echo "  vadd: $((us / SECONDS_ / 10000)) % of a core, $(awk -v a=$us -v b="$(cat "$RUN/frames")" 'BEGIN {printf "%.1f", a / b}') us a frame, bus and system included; RSS $rss KiB, $(awk -v a=$((rss - rss0)) -v b="$STREAMS" 'BEGIN {printf "%.1f", a / b}') KiB a stream"
	echo "  vadd's own, from the mailbox to all sent: p50 $(stat_of vadd decide_p50_us) us, p99 $(stat_of vadd decide_p99_us) us, max $(stat_of vadd decide_max_us) us"
	echo "  frames heard $(cat "$RUN/frames"), filled in $(stat_of vadd frames_lost), late $(stat_of vadd frames_late), refused $(stat_of vadd frames_bad)"
	echo >&8
	sed 's/^/  /' <&7
	exec 8>&- 7<&-
	wait "$load" || fail "every frame was sent and every message understood"
	kill "$vadd"
	timeout 20 tail --pid="$vadd" -f /dev/null
	rm "$RUN/vadd.0.pid"
}

one "spread over 20 ms" 8000
one "the bot speaks as well" 8000 -p
one "spread, 16 kHz" 16000
one "all at once" 8000 -b
echo
echo "machine after: load $(cut -d' ' -f1-3 /proc/loadavg)"
