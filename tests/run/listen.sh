#!/bin/bash
# SPDX-License-Identifier: ISC
# How vadd listens is chosen for a flow, for an assistant, and for the answer to the bot's last question: a slow speaker is
# not cut off, a "yes" is not waited on. The same speech and the default show that it would be otherwise.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
python3 -c '' 2> /dev/null || { echo "ok - skipped: no python3"; exit 0; }

engine() { echo "{ name = \"l-$1\"; type = \"exec\"; service = \"$1\"; command = [\"python3\", \"$TOP/tests/run/listen.py\", \"$1\"]; instances = 2; }"; }
assistant() { echo "{ name = \"$1\"; stt = [\"l-stt\"]; chat = [\"l-chat\"]; tts = [\"l-tts\"]; idle_s = 0; filler_ms = 0; greeting = \"$2\"; $3 }"; }
BROKERD_EXTRA="engines = ( $(engine stt), $(engine chat), $(engine tts) );
    assistants = ( $(assistant plain 'Hello there.' 'moments = false;'), $(assistant digits 'What is your order number?' ''),
	$(assistant deaf 'What is your order number?' 'moments = false;'), $(assistant yesno 'A table for two. Is that right?' ''),
	$(assistant writer 'Hello there.' 'profile = "dictation";'), $(assistant told 'Hello there.' '') );"
NBROKERD=2
mkdir "$RUN/flows"
cp etc/flows/*.json "$RUN/flows/"
cat > "$RUN/flows/diary.json" <<'F'
{ "ncco": [ { "action": "connect", "endpoint": [ { "type": "websocket", "headers": { "profile": "dictation" } } ] } ] }
F
WEBHOOKD_EXTRA='greeting_unknown = ""; routes = ( { called = "44207001"; flow = "diary"; } );'
configure
sed -i "s|flow_dir = \"[^\"]*\"|flow_dir = \"$RUN/flows\"|" "$CONF"
start_all
n=0
for a in plain digits deaf yesno writer told; do
	n=$((n + 1))
	sqlite3 -cmd '.timeout 5000' "$RUN/callpipe.db" "insert into contacts (number, name, language, assistant) values ('44$n', 'Ann', 'en-US', '$a')"
done

# With the silence in front of and behind the words themselves 1.2 to 1.3 s.
cat > "$RUN/slow.script" <<'S'
wait-connected
silence 1500
say-text "four one"
silence 900
say-text "seven two"
silence 900
say-text "nine"
silence 3500
hangup
S
cat > "$RUN/yes.script" <<'S'
wait-connected
silence 1500
say-text "yes"
silence 2500
hangup
S
# After a first turn, the answer to which says how to listen.
(
	echo wait-connected
	echo silence 1500
	echo 'say-text "good morning"'
	echo silence 2500
	sed 1,2d "$RUN/slow.script"
) > "$RUN/told.script"

# talk NAME NUMBER SCRIPT [ARGS]: a call; its id to $id
talk() {
	local name=$1 from=$2 script=$3
	shift 3
	call "$name" --from "$from" --noise-db -65 --script "$RUN/$script.script" "$@" || fail "the call $name holds: $(jget "$RUN/$name.json" '$.reason')"
	id=$(jget "$RUN/$name.json" '$.uuid')
	wait_row "select count(*) from v_calls where id = '$id' and state = 'ended'" 1
}
turns() { sql "select count(*) from turns where call = '$id' and utt > 0"; }
# The silence before the end of the utterance was sure, ms
waited() { sql "select endpoint_ms from turns where call = '$id' and utt > 0 order by turn limit 1"; }

jobs=
one() {		# one NAME NUMBER SCRIPT TURNS WHAT [ARGS]: a call of so many utterances ("more" than one), beside the others
	local name=$1 from=$2 script=$3 want=$4 what=$5
	shift 5
	(
		talk "$name" "$from" "$script" "$@"
		n=$(turns)
		[ "$n" = "$want" ] || { [ "$want" = more ] && [ "$n" -gt 1 ]; } || fail "$what: $(sql "select turn,state,utt,endpoint_ms from turns where call = '$id'" | tr '\n' ' ')"
		waited > "$RUN/$name.ms"
		ok "$what"
	) &
	jobs="$jobs $!"
}
one digits 442 slow 1 "who was asked for a number and says it in groups is not cut off"
one deaf 443 slow more "with moments off it is cut as ever"
one writer 445 slow 1 "an assistant listens as its profile says"
one diary 441 slow 1 "a flow's header says how to listen" --to 44207001
one told 446 told 2 "an engine's answer says how to listen"
one plain 441 yes 1 "a yes to nothing is an utterance"
one yesno 444 yes 1 "a yes to a question is one as well"
for j in $jobs; do
	wait "$j" || fail "all calls are as they should be"
done
plain=$(cat "$RUN/plain.ms") yesno=$(cat "$RUN/yesno.ms")
[ "$plain" -ge 450 ] || fail "a yes waits for the silence of the default: $plain ms"
[ "$yesno" -le $((plain - 150)) ] || fail "a yes to a question is not waited on: $yesno ms, else $plain ms"
ok "a yes to a question is answered after $yesno ms, else after $plain ms"
grep -q 'event=route .*profile=expecting_yes_no' "$RUN/vadd.0.log" || fail "vadd was told"
! grep -q 'event=profile.unknown' "$RUN/vadd.0.log" || fail "all names are known"
ok "vadd was told by name"

# A new owner knows what was asked.
cat > "$RUN/wait.script" <<'S'
wait-connected
silence 9000
hangup
S
call taken --from 442 --uuid 7a7a7a7a-0000-4000-8000-000000000001 --noise-db -65 --script "$RUN/wait.script" &
calls=$!
wait_log vadd 0 'call=7a7a7a7a-0000-4000-8000-000000000001 event=route .*profile=expecting_digits'
owner=$(sed -n 's/.*call=7a7a7a7a-0000-4000-8000-000000000001 event=route .*owner="brokerd\.\([01]\)".*/\1/p' "$RUN/vadd.0.log" | tail -n 1)
kill -9 "$(pid brokerd "$owner")"
wait_log brokerd $((1 - owner)) 'call=7a7a7a7a-0000-4000-8000-000000000001 event=call.taken .*resume=1'
wait $calls || fail "the call goes on"
grep 'call=7a7a7a7a-0000-4000-8000-000000000001 event=route' "$RUN/vadd.0.log" | tail -n 1 | grep -q "owner=\"brokerd.$((1 - owner))\".*profile=expecting_digits" ||
    fail "the new owner listens to the same answer: $(grep 'event=route' "$RUN/vadd.0.log" | tail -n 2)"
ok "a new owner listens to the answer that the old one asked for"
