#!/bin/bash
# SPDX-License-Identifier: ISC
# Keys that a caller presses while the AI listens on a WebSocket: they are a turn of their own after a pause or "#", they
# stop the bot, they belong to what is said meanwhile, and those that are hidden are in no row and no log.
# shellcheck disable=SC2119
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

WEBHOOKD_EXTRA='routes = ( { called = "44207001"; assistant = "hides"; }, { called = "44207002"; assistant = "ignores"; },
	{ called = "44207003"; assistant = "waits"; } );'
BROKERD_EXTRA='assistants = ( { name = "default"; filler_ms = 0; }, { name = "hides"; keys = "hide"; filler_ms = 0; },
	{ name = "ignores"; keys = "ignore"; filler_ms = 0; }, { name = "waits"; keys_barge_in = false; filler_ms = 0; } );'
configure
start_all
wait_log brokerd 0 'event=phrases.ready'

# In a script of callsim: run bash $RUN/until QUERY, until that gives 1 (its shell has no read -t).
cat > "$RUN/until" <<U
until [ "\$(sqlite3 -readonly -cmd '.timeout 5000' "$RUN/callpipe.db" "\$1")" = 1 ]; do read -r -t 0.05 <> "$RUN/never" || :; done
U

# keyed NAME ARGS: a call with $RUN/NAME.script; its id is in $id
keyed() {
	local name=$1
	shift
	call "$name" --api-base self --script "$RUN/$name.script" "$@" || fail "$name: $(jget "$RUN/$name.json" '$.reason')"
	id=$(jget "$RUN/$name.json" '$.uuid')
	wait_row "select count(*) from v_calls where id = '$id' and state = 'ended'" 1
	sql "select turn, state, user_text, heard_text, interrupted from turns where call = '$id'" | sed 's/^/# /'
}
# turn_is TEXT HEARD: one turn of the call asks this and got that
turn_is() { [ "$(sql "select count(*) from turns where call = '$id' and user_text = '$1' and heard_text like '$2'")" = 1 ] || fail "a turn: $1 / $2"; }

cat > "$RUN/alone.script" <<'S'
wait-connected
silence 300
press 123
wait-reply-end
silence 200
press 45#
wait-reply-end
silence 200
press *
wait-reply-end
hangup
S
keyed alone
turn_is '[caller pressed 1 2 3]' 'You pressed 1 2 3.%'
turn_is '[caller pressed 4 5]' 'You pressed 4 5.%'
turn_is '[caller pressed *]' 'You pressed *.%'
[ "$(sql "select count(*) from turns where call = '$id'")" = 3 ] || fail "nothing else: $(sql "select * from turns where call = '$id'")"
ok "keys are a turn after a pause, and at once behind #"

cat > "$RUN/stops.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-begin
silence 600
press 7#
wait-reply-end
silence 1500
say-text "goodbye"
wait-hangup 20000
S
keyed stops
[ "$(sql "select count(*) from turns where call = '$id' and user_text = 'what are your opening hours' and interrupted = 1 and state = 'done'")" = 1 ] || fail "the bot was stopped"
turn_is '[caller pressed 7]' 'You pressed 7.%'
ok "a key stops the bot, which answers it"

cat > "$RUN/waits.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
wait-reply-begin
silence 600
press 7#
run bash RUN/until "select count(*) from turns where user_text like '%pressed 7%' and state = 'done' and heard_text like 'You%' and turn = 2 and interrupted = 0 and call = (select call from turns order by created_at desc limit 1)"
hangup
S
sed -i "s|RUN/|$RUN/|g" "$RUN/waits.script"
keyed waits --to 44207003
turn_is 'what are your opening hours' 'We are open every day from noon to ten in the evening.'
turn_is '[caller pressed 7]' 'You pressed 7.%'
ok "with keys_barge_in = false it is heard to its end first"

# pressed within the last words and the silence that ends them
cat > "$RUN/both.script" <<'S'
wait-connected
silence 300
say-text "what are your opening hours"
press 4
wait-reply-end
silence 200
hangup
S
keyed both
[ "$(sql "select count(*) from turns where call = '$id' and user_text like '%opening hours [caller pressed 4]'")" = 1 ] || fail "one turn"
[ "$(sql "select count(*) from turns where call = '$id' and user_text is not null")" = 1 ] || fail "only one"
ok "keys that come with words are one turn with them"

cat > "$RUN/hidden.script" <<'S'
wait-connected
silence 300
press 83947#
wait-reply-end
silence 200
hangup
S
keyed hidden --to 44207001
[ "$(sql "select user_text from turns where call = '$id'")" = '[caller pressed 5 keys]' ] || fail "they are counted"
[ "$(sql "select heard_text like 'You pressed 8 3 9 4 7.%' from turns where call = '$id'")" = 1 ] || fail "the engine knows them"
cp "$RUN/hidden.script" "$RUN/ignored.script"
sed -i 's/^wait-reply-end/expect-silence 3000/' "$RUN/ignored.script"
keyed ignored --to 44207002
[ "$(sql "select count(*) from turns where call = '$id'")" = 0 ] || fail "they are ignored"
grep -l '8 \?3 \?9 \?4 \?7' "$RUN"/brokerd.*.log "$RUN"/sockd.*.log && fail "no log has them"
ok "keys that are hidden are known to the engine and not stored; those that are ignored do nothing"
