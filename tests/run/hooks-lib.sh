# shellcheck shell=bash
# Webhooks at a fixed rate while webhookd is restarted: what got a 2xx must be a row, once.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Built by make check and make bench; by hand the default build's.
HOOKLOAD=$([ "$BIN" = . ] && echo .build/default || echo "$BIN")/tests/bench/hookload
[ -x "$HOOKLOAD" ] || make -s "$HOOKLOAD" || fail "hookload is built"

# hooks_start: signed webhooks, one webhookd under a supervisor, a sockd to send calls to
hooks_start() {
	SIGN=yes
	printf 'the-secret-of-this-load' > "$RUN/secret"
	chmod 600 "$RUN/secret"
	WEBHOOKD_EXTRA="signature_secrets = [ \"\${file:$RUN/secret}\" ]; api_key = \"a1b2c3d4\"; max_calls = 1000000; source_per_second = 0;"
	configure
	start_all supervise
}

# hooks_load RATE SECONDS [ARG]...: the figures in $RUN/load.json
hooks_load() {
	local rate=$1 seconds=$2
	shift 2
	"$HOOKLOAD" -p "$(port)" -r "$rate" -s "$seconds" -k "$RUN/secret" -n a1b2c3d4 -o "$RUN/acked" "$@" > "$RUN/load.json" 2> "$RUN/load.err.log" ||
	    fail "the load is sent: $(tail -n 3 "$RUN/load.err.log")"
	[ "$(wc -l < "$RUN/acked")" = "$(jget "$RUN/load.json" '$.acked')" ] || fail "each 2xx is noted"
}

# Webhooks that got a 2xx and have no row; those that have more than one.
hooks_lost() {
	sqlite3 -readonly "$RUN/callpipe.db" -cmd '.timeout 20000' "with acked as (select trim(value) as what from
	    json_each('[\"' || replace(trim(cast(readfile('$RUN/acked') as text), char(10)), char(10), '\",\"') || '\"]'))
	    select count(*) from (select what from acked except select trim(leg || ' ' || kind || ' ' || ifnull(status, '')) from events)"
}
hooks_twice() { sql "select count(*) from (select 1 from events group by leg, kind, status having count(*) > 1)"; }
