#!/bin/bash
# SPDX-License-Identifier: ISC
# The noise suppressor: what the recogniser gets has less noise, at its place; the recording has all of it. Off, the recogniser
# gets what the caller said, to the bit. A profile turns it on for itself.
# shellcheck disable=SC2034	# of lib.sh
RATE=16000
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

cat > "$RUN/say.script" <<'S'
wait-connected
silence 1500
say-text "what are your opening hours"
wait-reply-begin 8000
wait-reply-end
hangup
S

# one NAME HEADER on|off: a call in noise, listened to with this profile
one() {
	call "$1" --noise-db -42 --script "$RUN/say.script" --api-base self || fail "the call's script holds: $(jget "$RUN/$1.json" '$.reason')"
	id=$(jget "$RUN/$1.json" '$.uuid')
	wait_row "select count(*) from recordings where call = '$id'" 1
	python3 "$TOP/tests/run/suppress.py" "$RUN/$1.wav" "$(sql "select path from recordings where call = '$id'")" "$RUN/requests" "$2" > "$RUN/$1.facts" 2>&1 ||
	    fail "$1: $(cat "$RUN/$1.facts")"
	while read -r fact; do ok "$1: $fact"; done < "$RUN/$1.facts"
	: > "$RUN/requests"
}

engine="tee -a $RUN/requests | $TOP/brokerd/engines/engine_asr"
assistants() {
	BROKERD_EXTRA="engines = ( { name = \"tee\"; service = \"stt\"; type = \"exec\"; instances = 1; command = [ \"/bin/sh\", \"-c\", \"$engine\" ]; } );
	  assistants = ( { name = \"default\"; stt = [ \"tee\" ]; filler_ms = 0; idle_s = 0; profile = \"$1\"; } );"
}
VADD_EXTRA='profiles = ( { name = "noisy"; suppress_db = 18; } );'
assistants ''
configure
start_all
one off off
assistants noisy
sed -i 's/profile = ""; } );/profile = "noisy"; } );/' "$CONF"
kill -HUP "$(pid brokerd 0)"
wait_log brokerd 0 'event=conf.loaded'
one on on
