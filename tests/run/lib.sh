# shellcheck shell=bash
# Sourced by the run tests: real daemons in a fresh directory, no fixed ports, no sleeping.
#
#   ok TEXT            a fact that held            fail TEXT     one that did not; ends the test
#   configure          writes $RUN/callpipe.conf; see the variables below
#   start D [I]        starts daemon D (instance I) and waits until it is ready
#   supervise D [I]    the same, and restarts it when it dies
#   start_all          the whole set: NVADD, NBROKERD, NSOCKD, one webhookd
#   pid D [I]          its process id now
#   wait_log D I RE    waits until its log has a line with RE
#   SIGN               empty: webhooks are unsigned (insecure_dev); else the test sets signature_secrets in WEBHOOKD_EXTRA
#   call NAME ARGS...  callsim call, summary in $RUN/NAME.json, audio in $RUN/NAME.wav
set -u

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$TOP" || exit 1
BIN=${BIN:-.}
RUN=$(mktemp -d "${TMPDIR:-/tmp}/callpipe.XXXXXX")
CONF=$RUN/callpipe.conf
LIMIT=${LIMIT:-60}		# seconds that any wait may take
NVADD=1 NBROKERD=1 NSOCKD=1 RATE=16000
WEBHOOKD_EXTRA='' SOCKD_EXTRA='' VADD_EXTRA='' BROKERD_EXTRA='' COMMON_EXTRA=''
export CALLPIPE_TOKEN_SECRET=a-secret-of-this-test-run

ok() { echo "ok - $*"; }
fail() {
	echo "not ok - $*"
	exit 1
}

cleanup() {
	local status=$? p
	touch "$RUN/stopping"
	for p in "$RUN"/*.pid; do
		[ -e "$p" ] && kill "$(cat "$p")" 2>/dev/null
	done
	# shellcheck disable=SC2046
	[ -n "$(jobs -p)" ] && { kill $(jobs -p) 2>/dev/null; timeout 10 tail --pid="$(jobs -p | tail -1)" -f /dev/null; }
	for p in "$RUN"/*.pid; do
		[ -e "$p" ] && kill -9 "$(cat "$p")" 2>/dev/null
	done
	wait 2>/dev/null
	if [ "$status" -ne 0 ] || [ -n "${KEEP:-}" ]; then
		for p in "$RUN"/*.log; do
			[ -e "$p" ] && { echo "--- ${p##*/}"; tail -n 40 "$p"; }
		done
		[ -n "${KEEP:-}" ] && echo "kept: $RUN" && return
	fi
	rm -rf "$RUN"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

app_key() {
	[ -e "$RUN/app.key" ] || openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$RUN/app.key" 2>/dev/null ||
	    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$RUN/app.key" 2>/dev/null || fail "openssl makes a key"
	chmod 600 "$RUN/app.key"
}

configure() {
	app_key
	mkdir -p "$RUN/rec"
	cat > "$CONF" <<-EOF
	common = {
		run_dir = "$RUN"; database = "$RUN/callpipe.db"; stop_ms = 3000;
		vadds = $NVADD; brokerds = $NBROKERD; sockds = $NSOCKD;
		$COMMON_EXTRA
	};
	webhookd = {
		listen = "127.0.0.1:0"; flow_dir = "$TOP/etc/flows"; rate_hz = $RATE;
		token_secret = "\${env:CALLPIPE_TOKEN_SECRET}";
		api_base = "http://127.0.0.1:9"; application_id = "11111111-2222-3333-4444-555555555555";
		private_key = "\${file:$RUN/app.key}"; record_dir = "$RUN/rec";
		$([ -n "${SIGN:-}" ] || echo 'insecure_dev = true;') $WEBHOOKD_EXTRA
	};
	sockd = {
		listen = "127.0.0.1:0"; token_secret = "\${env:CALLPIPE_TOKEN_SECRET}";
		record = true; record_dir = "$RUN/rec";
		$SOCKD_EXTRA
	};
	vadd = { $VADD_EXTRA };
	brokerd = { $BROKERD_EXTRA };
	EOF
}

program() { echo "$BIN/$1/$1"; }

start() {
	local d=$1 i=${2:-0}
	rm -f "$RUN/ready.$d.$i"
	mkfifo "$RUN/ready.$d.$i"
	"$(program "$d")" -c "$CONF" -i "$i" -N 9 9> "$RUN/ready.$d.$i" 2>> "$RUN/$d.$i.log" &
	echo $! > "$RUN/$d.$i.pid"
	if ! read -r -t "$LIMIT" _ < "$RUN/ready.$d.$i"; then
		fail "$d.$i becomes ready"
	fi
}

supervise() {
	local d=$1 i=${2:-0}
	rm -f "$RUN/ready.$d.$i"
	mkfifo "$RUN/ready.$d.$i"
	(
		trap - EXIT
		"$(program "$d")" -c "$CONF" -i "$i" -N 9 9> "$RUN/ready.$d.$i" 2>> "$RUN/$d.$i.log" &
		while :; do
			echo $! > "$RUN/$d.$i.pid"
			wait $!
			[ -e "$RUN/stopping" ] && exit 0
			"$(program "$d")" -c "$CONF" -i "$i" 2>> "$RUN/$d.$i.log" &
		done
	) 2> /dev/null &		# bash would tell of each that was killed
	if ! read -r -t "$LIMIT" _ < "$RUN/ready.$d.$i"; then
		fail "$d.$i becomes ready"
	fi
}

start_all() {
	local how=${1:-start} i
	for ((i = 0; i < NBROKERD; i++)); do $how brokerd $i; done
	for ((i = 0; i < NVADD; i++)); do $how vadd $i; done
	for ((i = 0; i < NSOCKD; i++)); do $how sockd $i; done
	$how webhookd 0
	wait_ready
	# One that is restarted must be found where it was.
	sed -i "s/listen = \"127.0.0.1:0\"; flow_dir/listen = \"127.0.0.1:$(port)\"; flow_dir/" "$CONF"
}

pid() { cat "$RUN/$1.${2:-0}.pid"; }

wait_log() {
	local file=$RUN/$1.$2.log
	touch "$file"
	timeout "$LIMIT" grep -m1 -q -E -- "$3" <(timeout "$LIMIT" tail -n +1 -F "$file" 2>/dev/null) ||
	    fail "log of $1.$2 has: $3"
}

port() { sed -n 's/.*event=listen .*port=\([0-9]*\).*/\1/p' "$RUN/webhookd.0.log" | tail -n 1; }
base() { echo "http://127.0.0.1:$(port)"; }

# Ready means that webhookd sees a live sockd, and that sees the others.
wait_ready() {
	local i
	for ((i = 0; i < NSOCKD; i++)); do
		wait_log sockd $i 'event=peer.up .*peer=vadd'
		wait_log sockd $i 'event=peer.up .*peer=brokerd'
		wait_log webhookd 0 "event=peer.up .*peer=sockd.$i"
	done
}

call() {
	local name=$1
	shift
	timeout $((LIMIT * 2)) "$BIN/tools/callsim/callsim" call --base "$(base)" \
	    --json "$RUN/$name.json" --out "$RUN/$name.wav" "$@"
}

# A number or text out of a JSON summary, by sqlite3's JSON functions: jget FILE '$.path'
jget() { sqlite3 :memory: "select json_extract(readfile('$1'), '$2')"; }
sql() { sqlite3 -readonly -cmd '.timeout 5000' "$RUN/callpipe.db" "$1"; }

# Wait until a query gives a value: rows come some ms after what they tell of.
wait_row() {
	local left=$((LIMIT * 20)) got
	while got=$(sql "$1"); [ "$got" != "$2" ]; do
		[ $((left -= 1)) -gt 0 ] || fail "$1 gives $2, not $got"
		read -r -t 0.05 <> "$RUN/never" || :
	done
}
mkfifo "$RUN/never"

# A counter out of the live stat of daemon $1 (instance 0): stat_of sockd frames_bad
stat_of() {
	"$BIN/tools/calltap" -f "$CONF" --json --stat -k stat -t 3 2> /dev/null | grep "\"from\":\"$1.0\"" | tail -n 1 > "$RUN/stat.json"
	jget "$RUN/stat.json" "\$.body.$2"
}
