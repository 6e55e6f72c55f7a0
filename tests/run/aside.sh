#!/bin/bash
# SPDX-License-Identifier: ISC
# A sound over the bot that is too short to interrupt it: the reply goes on to its end, and nobody asks what the caller
# meant, also when it is known only after the reply that there were no words.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
python3 -c '' 2> /dev/null || { echo "ok - skipped: no python3"; exit 0; }

BROKERD_EXTRA="engines = ( { name = \"a-stt\"; type = \"exec\"; service = \"stt\"; command = [\"python3\", \"$TOP/tests/run/aside.py\"]; instances = 1; } );
    assistants = ( { name = \"default\"; stt = [\"a-stt\"]; idle_s = 0; filler_ms = 0; greeting = \"Good morning, this is the little shop on the corner of the market.\"; } );"
VADD_EXTRA='profiles = ( { name = "listening"; confirm_ms = 2000; } );'	# a word is short
WEBHOOKD_EXTRA='greeting_unknown = "";'
configure
start_all

cat > "$RUN/aside.script" <<'S'
wait-connected
wait-reply-begin
silence 1200
say-text "yes"
silence 7000
hangup
S
for n in 1 2; do
	call aside --noise-db -65 --script "$RUN/aside.script" || fail "the call holds: $(jget "$RUN/aside.json" '$.reason')"
	id=$(jget "$RUN/aside.json" '$.uuid')
	wait_row "select count(*) from v_calls where id = '$id' and state = 'ended'" 1
	turns=$(sql "select turn,state,bot_text,error,interrupted from turns where call = '$id'" | tr '\n' ' ')
	[ "$(stat_of vadd barge_short)" = $n ] || fail "it is short: $turns"
	[ "$(sql "select count(*) from turns where call = '$id' and interrupted")" = 0 ] || fail "the greeting is not cut: $turns"
	[ "$(sql "select count(*) from turns where call = '$id' and utt > 0")" = 1 ] || fail "it is an utterance: $turns"
	[ "$(stat_of brokerd not_caught)" = 0 ] || fail "nobody asks what it was: $turns"
	[ "$(stat_of brokerd coughs)" = $n ] || fail "it counts once: $(stat_of brokerd coughs)"
	[ $n = 1 ] && ok "a short sound does not cut the bot"
done
ok "and is not asked about when the bot has finished"
