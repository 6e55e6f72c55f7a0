#!/bin/bash
# make bench: the figures, from real daemons and simulated calls on this machine.
#
#   CALLS=200 SECONDS_=60   the load; RATE=16000
#
# Everything is measured in one run beside the load generator, whose own use of
# the CPU is printed: above 70 % of a core it says little about us.
LIMIT=120
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
CALLS=${CALLS:-200} SECONDS_=${SECONDS_:-60} RATE=${RATE:-16000}
ENGINE=$(realpath "${ENGINE:?make bench sets it}")
HZ=$(getconf CLK_TCK)
HTTP=${HTTP:-20000}

cpu_ms() { awk -v hz="$HZ" '{print int(($14 + $15) * 1000 / hz)}' "/proc/$1/stat"; }
rss_kib() { awk '/^VmRSS/ {print $2}' "/proc/$1/status"; }
ratio() { awk -v a="$1" -v b="$2" -v m="${3:-1}" 'BEGIN {printf "%.2f", b ? a * m / b : 0}'; }

BROKERD_EXTRA="engines = (
  { name = \"i-stt\"; type = \"exec\"; service = \"stt\"; command = [\"$ENGINE\", \"stt\"]; instances = 4; queue = 1000; },
  { name = \"i-chat\"; type = \"exec\"; service = \"chat\"; command = [\"$ENGINE\", \"chat\"]; instances = 4; queue = 1000; },
  { name = \"i-tts\"; type = \"exec\"; service = \"tts\"; command = [\"$ENGINE\", \"tts\", \"4000\"]; instances = 4; queue = 1000; } );
  assistants = ( { name = \"default\"; stt = [\"i-stt\"]; chat = [\"i-chat\"]; tts = [\"i-tts\"]; idle_s = 0; filler_ms = 0; } );
  max_calls = 10000;"
WEBHOOKD_EXTRA='max_calls = 10000; greeting_unknown = "";'
SOCKD_EXTRA='max_calls = 10000;'
VADD_EXTRA='max_calls = 10000;'
configure
sed -i 's/record = true/record = false/' "$CONF"
start_all
flite -voice kal16 -t "what are your opening hours" -o "$RUN/say.wav" || fail "flite speaks"

echo "machine: $(nproc) cores, $(uname -m), load $(cut -d' ' -f1-3 /proc/loadavg)"
for d in sockd vadd brokerd; do
	eval "rss0_$d=$(rss_kib "$(pid $d)")"
done

# ---- speech ----
cat > "$RUN/load.script" <<S
wait-connected
say $RUN/say.wav
wait-reply-end
silence 500
S
for d in webhookd sockd vadd brokerd; do eval "cpu0_$d=$(cpu_ms "$(pid $d)")"; done
rss_peak() {
	local d r
	while [ ! -e "$RUN/load.done" ]; do
		for d in sockd vadd brokerd; do
			r=$(rss_kib "$(pid $d)") || continue
			[ "$r" -gt "$(cat "$RUN/rss.$d" 2> /dev/null || echo 0)" ] && echo "$r" > "$RUN/rss.$d"
		done
		read -r -t 1 <> "$RUN/never" || :
	done
}
rss_peak &
rss_job=$!
"$BIN/tools/callsim/callsim" load --base "$(base)" -n "$CALLS" -r 40 -d "$SECONDS_" --script "$RUN/load.script" > "$RUN/load.json" 2> "$RUN/load.log" ||
    echo "note: the load ended with $(jget "$RUN/load.json" '$.failed') failed calls"
touch "$RUN/load.done"
wait $rss_job
frames=$(sqlite3 :memory: "select json_extract(readfile('$RUN/load.json'), '\$.frames_out') + 0")
heard=$(sqlite3 :memory: "select json_extract(readfile('$RUN/load.json'), '\$.frames_in') + 0")
echo
echo "load: $CALLS calls for $SECONDS_ s at $RATE Hz"
echo "  generator's line: $(cat "$RUN/load.json")"
for d in webhookd sockd vadd brokerd; do
	v=cpu0_$d
	used=$(($(cpu_ms "$(pid $d)") - ${!v}))
	echo "  $d: CPU ${used} ms, $(ratio $used "$frames" 1000) us per frame of the caller ($frames in, $heard out)"
done
for d in sockd vadd brokerd; do
	v=rss0_$d
	echo "  $d: RSS $(cat "$RUN/rss.$d") KiB at its peak, $(ratio $(($(cat "$RUN/rss.$d") - ${!v})) "$CALLS") KiB a call"
done
late() { "$BIN/tools/calltap" -f "$CONF" --json --stat -k stat -t 3 2> /dev/null | grep '"from":"sockd.0"' | tail -n 1 > "$RUN/stat.json"; jget "$RUN/stat.json" "\$.body.$1"; }
echo "  sockd's own lateness of frames against their due time: p50 $(late late_p50_us) us, p99 $(late late_p99_us) us, max $(late late_max_us) us"
echo "  own share of a turn (engines answer at once; everything after the utterance was announced), ms:"
sqlite3 -readonly "$RUN/callpipe.db" "
    with own as (select ear_ms - endpoint_ms as ms, row_number() over (order by ear_ms - endpoint_ms) as r, count(*) over () as n
        from turns where ear_ms is not null and endpoint_ms is not null and state = 'done')
    select '    turns ' || max(n) || '  p50 ' || max(case when r = (n + 1) / 2 then ms end) || '  p99 ' || max(case when r = (n * 99 + 99) / 100 then ms end) || '  max ' || max(ms) from own"

# ---- barge-in ----
cat > "$RUN/barge.script" <<S
wait-connected
say $RUN/say.wav
interrupt $RUN/say.wav 1000
silence 2500
S
mkfifo "$RUN/tap.ready"
"$BIN/tools/calltap" -f "$CONF" --json -k speech.start -k play.paused --ready-fd 9 9> "$RUN/tap.ready" > "$RUN/tap.json" 2> /dev/null &
tap=$!
read -r -t "$LIMIT" _ < "$RUN/tap.ready"
"$BIN/tools/callsim/callsim" load --base "$(base)" -n 40 -r 10 -d 30 --script "$RUN/barge.script" > "$RUN/barge.json" 2>> "$RUN/load.log"
kill -INT $tap
wait $tap
echo
echo "decision of vadd to the pause at sockd (clear sent), ms of wall clock in their facts:"
cat > "$RUN/pause.sql" <<SQL
create table f (line);
.mode tabs
.import $RUN/tap.json f
.mode list
with e as (select json_extract(line, '\$.kind') as kind, json_extract(line, '\$.call') as call,
        julianday(json_extract(line, '\$.ts')) * 86400000.0 as ms from f),
    d as (select (select min(p.ms) from e p where p.kind = 'play.paused' and p.call = s.call and p.ms >= s.ms - 5 and p.ms < s.ms + 500) - s.ms as d
        from e s where s.kind = 'speech.start'),
    r as (select d, row_number() over (order by d) as r, count(*) over () as n from d where d is not null)
select '  pauses ' || max(n) || '  p50 ' || round(max(case when r = (n + 1) / 2 then d end), 1) ||
    '  p99 ' || round(max(case when r = (n * 99 + 99) / 100 then d end), 1) from r;
SQL
sqlite3 :memory: < "$RUN/pause.sql"
echo "barge-in, 40 calls: first loud sample of the caller to the last one of the bot, ms (waveform): $(jget "$RUN/barge.json" '$.stop_after_interrupt_ms')"

for d in webhookd sockd vadd brokerd; do
	kill -0 "$(pid $d)" 2> /dev/null || fail "$d is still there: $(tail -n 2 "$RUN/$d.0.log")"
done

# ---- webhooks ----
if command -v ab > /dev/null; then
	before=$(cpu_ms "$(pid webhookd)")
	ab -q -k -n "$HTTP" -c 16 "$(base)/webhooks/answer?from=447700900123&to=44&uuid=bench-1&conversation_uuid=CON-1" > "$RUN/ab.txt" 2>&1
	echo
	echo "answer webhook, asked again (ab -k -c 16): $(sed -n 's/^Requests per second: *//p' "$RUN/ab.txt"), p99 $(awk '$1 == "99%" {print $2}' "$RUN/ab.txt") ms, $(ratio $(($(cpu_ms "$(pid webhookd)") - before)) "$HTTP" 1000) us CPU each"
	before=$(cpu_ms "$(pid webhookd)")
	t0=$(date +%s%N)
	seq "$HTTP" | sed "s|.*|url = \"$(base)/webhooks/answer?from=447700900123\&to=44\&uuid=bench-x-&\&conversation_uuid=CON-&\"\noutput = /dev/null|" > "$RUN/urls"
	curl -s -K "$RUN/urls" -Z --parallel-max 16 > /dev/null 2>&1
	t1=$(date +%s%N)
	echo "answer webhook, new calls (curl -Z, 16 at once): $((HTTP * 1000 / ((t1 - t0) / 1000000))) a second, $(ratio $(($(cpu_ms "$(pid webhookd)") - before)) "$HTTP" 1000) us CPU each, rows and events written included"
fi
echo
echo "machine after: load $(cut -d' ' -f1-3 /proc/loadavg)"
