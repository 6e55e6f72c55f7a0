#!/bin/bash
# SPDX-License-Identifier: ISC
# vadd -f: sentences of a synthetic voice are found, as well over a quiet
# phone line; tones and silence are not speech; what is no recording is refused by name.
. "$(dirname "$0")/lib.sh"

vadd=$BIN/vadd/vadd

# segments FILE: "announced start announced end" of each utterance, one a line
segments() {
	"$vadd" -f "$1" | awk '
		$1 == "+" { begin = $2 " " $3 }
		$1 == "-" { print begin, $2, $3 }'
}

between() {
	[ "$2" -ge "$1" ] && [ "$2" -le "$3" ]
}

flite -voice slt -o "$RUN/a.wav" -t 'Good morning. I would like to book a table for four.' ||
    fail "flite speaks"
lines=$("$vadd" -f "$RUN/a.wav" | grep -c '^[01] ')
size=$(wc -c < "$RUN/a.wav")
# flite writes 16 kHz: 640 bytes a frame after a header of 44
[ "$lines" -eq $(((size - 44 + 639) / 640)) ] || fail "a line for each 20 ms: $lines for $size bytes"
ok "a line for each 20 ms"
if "$vadd" -f "$RUN/a.wav" | grep -vE '^([01] [01]\.[0-9]{3}|[+-] [0-9]+ [0-9]+)$'; then
	fail "only lines of the known forms"
fi
ok "only lines of the known forms"
n=$(segments "$RUN/a.wav" | wc -l)
between 1 "$n" 3 || fail "two sentences are one to three utterances: $n"
segments "$RUN/a.wav" | awk '
	$2 > $1 || $4 > $3 || $2 >= $4 || $2 < last { exit 1 }
	{ last = $4 }' || fail "utterances in order, without overlap"
ok "utterances in order, without overlap"

if command -v sox > /dev/null; then
	sox "$RUN/a.wav" -r 8000 "$RUN/quiet.wav" gain -n -32 highpass 300 lowpass 3400
	n=$(segments "$RUN/quiet.wav" | wc -l)
	between 1 "$n" 3 || fail "a quiet phone line is heard as well: $n"
	ok "a quiet phone line is heard as well"
	sox -n -r 8000 "$RUN/tone.wav" synth 5 sine 425 gain -12
	[ -z "$(segments "$RUN/tone.wav")" ] || fail "a tone is no speech"
	ok "a tone is no speech"
	sox -n -r 24000 "$RUN/silence.wav" trim 0 5
	[ -z "$(segments "$RUN/silence.wav")" ] || fail "silence is no speech"
	ok "silence is no speech"
fi

echo 'no recording' > "$RUN/text"
for f in "$RUN/text" "$RUN/none.wav"; do
	"$vadd" -f "$f" 2> "$RUN/vadd-file.log" && fail "${f##*/} is refused"
	grep -q "vadd: $f: " "$RUN/vadd-file.log" || fail "the refusal names ${f##*/}"
done
ok "what is no recording is refused by name"
