#!/bin/bash
# SPDX-License-Identifier: ISC
# The engine programs by hand, as callpipe-engine(7) shows them: first line, answers, end.
. "$(dirname "$0")/lib.sh"

E=$BIN/brokerd/engines

# ask PROGRAM LINE...: what it answers to these lines; its status must be 0
ask() {
	local prog=$1
	shift
	printf '%s\n' "$@" | "$E/$prog" 2> "$RUN/err" || fail "$prog ends with status 0: $(cat "$RUN/err")"
}

# status WANT PROGRAM ARGS...
status() {
	local want=$1 got=0
	shift
	"$E/$1" "${@:2}" > "$RUN/out" 2> "$RUN/err" < /dev/null || got=$?
	[ "$got" -eq "$want" ] || fail "$*: status $got instead of $want"
}

for p in engine_asr engine_tts engine_dialogue; do
	status 0 "$p" -h
	grep -q "^usage: $p" "$RUN/out" || fail "$p -h prints its usage"
	status 0 "$p" -V
	status 2 "$p" -Z
	status 2 "$p" stray
	status 0 "$p"
	head -n 1 "$RUN/out" | grep -q '^{"hello":"callpipe-engine","version":1,"kind":"[a-z]*","name":' ||
	    fail "$p begins with its first line"
	ask "$p" '{"op":"ping","id":3}' | tail -n 1 | grep -qx '{"id":3,"done":true}' || fail "$p answers a ping"
done
ok "options, first line and ping of the three programs"

status 2 engine_asr -m "$RUN/nothing"
grep -q 'no model in' "$RUN/err" || fail "a missing model is named"
echo 'rubbish' > "$RUN/bad.gram"
status 2 engine_asr -g "$RUN/bad.gram"
grep -q 'grammar is not correct' "$RUN/err" || fail "a bad grammar is named"
status 2 engine_asr -r 5
status 2 engine_dialogue -o 22:00 -c 12:00
"$E/engine_asr" -p > "$RUN/menu.gram" || fail "the built-in grammar is printed"
status 0 engine_asr -g "$RUN/menu.gram"
ok "wrong options are refused with a cause, the printed grammar can be given back"

text=$(ask engine_dialogue '{"op":"chat","id":1,"messages":[{"role":"user","content":"what are your opening hours"}]}' |
    sed -n 's/.*"delta":"\([^"]*\)".*/\1/p' | tr -d '\n')
[ "$text" = 'We are open every day from noon to ten in the evening.' ] || fail "the dialogue answers: $text"
ask engine_dialogue '{"op":"chat","id":1,"messages":[{"role":"user","content":"goodbye"}]}' |
    tail -n 1 | grep -q '"action":"hangup"' || fail "goodbye hangs up"
ok "the dialogue answers and hangs up"

got=0
printf 'hello\n{"op":"ping","id":1}\n' | "$E/engine_dialogue" > "$RUN/out" 2> /dev/null || got=$?
[ "$got" -eq 1 ] || fail "a line that is no JSON ends the program with status 1, not $got"
grep -q '"error":"request is not a JSON object' "$RUN/out" || fail "it says why"
ok "a line that is no JSON ends the program and says why"

flite -voice kal16 -o "$RUN/a.wav" -t 'what did i say' || fail "flite speaks"
tail -c +45 "$RUN/a.wav" > "$RUN/a.raw"
{
	printf '{"op":"stt","id":7,"rate_hz":16000,"language":"en","bytes":%d}\n' "$(wc -c < "$RUN/a.raw")"
	cat "$RUN/a.raw"
} | "$E/engine_asr" 2> /dev/null | tail -n 1 | grep -q '"text":"what did i say"' || fail "a sentence is recognised"
ok "a sentence through a pipe is recognised"

ask engine_tts '{"op":"tts","id":9,"language":"de","text":"Guten Tag."}' | tr -d '\0' |
    grep -a -q '"rate_hz":22050' || fail "German is spoken"
printf '{"op":"tts","id":9,"language":"de","text":"Guten Tag."}\n' | "$E/engine_tts" -e "$RUN/nothing" 2> /dev/null |
    tail -n 1 | grep -q '"error":"cannot run .*","retry":true' || fail "a missing espeak-ng is an error of that request"
ok "espeak-ng speaks German; without it the request fails and the program goes on"
