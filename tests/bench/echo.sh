#!/bin/bash
# SPDX-License-Identifier: ISC
# make bench-echo: the bot's own echo against real interruptions (echobench.c). The bot is
# flite and espeak-ng; those who interrupt are other voices of them and, where Debian's pocketsphinx-testdata is
# installed, recordings of people.
set -eu
prog=${1:?usage: echo.sh ECHOBENCH DIR}
dir=${2:?}
mkdir -p "$dir"

text='Good morning, you have reached the city library. We are open on weekdays from nine to half past seven. On Saturdays we close
at two, and on Sundays the reading room is open in the afternoon. If you want to renew a book, please tell me the number on its
back. You may keep a book for four weeks. For films and records it is one week. There is a new exhibition about the harbour on the second floor.
Parking is behind the building, and the entrance with the ramp is on the left side. Would you like to hear about our courses for children?'
if [ ! -e "$dir/done" ]; then
	for v in slt rms awb; do
		flite -voice "$v" -t "$text $text" -o "$dir/bot-$v.wav"
	done
	espeak-ng -v en -s 150 -w "$dir/bot-espeak.wav" "$text $text"
	i=0
	while read -r words; do
		i=$((i + 1))
		flite -voice kal16 -t "$words" -o "$dir/caller-kal-$i.wav"
		espeak-ng -v en-us+f3 -w "$dir/caller-f3-$i.wav" "$words"
		espeak-ng -v de+m4 -w "$dir/caller-m4-$i.wav" "$words"
	done <<-'W'
		excuse me, I have another question
		stop please, that is not what I meant
		wait a moment
		when do you open tomorrow
		I only want to talk to a person
		hello, can you hear me
		no thank you, that is enough
	W
	i=0
	for words in 'uh huh' 'mm hm' 'okay' 'yeah' 'hm' 'right'; do
		i=$((i + 1))
		flite -voice kal16 -t "$words" -o "$dir/aside-kal-$i.wav"
		flite -voice rms -t "$words" -o "$dir/aside-rms-$i.wav"
		espeak-ng -v en-us+f3 -w "$dir/aside-f3-$i.wav" "$words"
	done
	# A cough: two bursts of noise that fade; a click.
	python3 - "$dir" <<-'P'
		import math, random, struct, sys, wave
		random.seed(5)
		def write(name, x):
		    with wave.open(sys.argv[1] + "/aside-" + name + ".wav", "wb") as w:
		        w.setparams((1, 2, 8000, 0, "NONE", ""))
		        w.writeframes(b"".join(struct.pack("<h", int(max(-32000, min(32000, v)))) for v in x))
		def burst(ms, gap):
		    out, low = [], 0
		    for i in range(ms * 8):
		        low += .5 * (random.gauss(0, 1) - low)
		        out.append(low * 9000 * min(1, i / 80) * math.exp(-4 * i / (ms * 8)))
		    return out + [0] * (gap * 8)
		for i, (a, b) in enumerate([(160, 120), (220, 180), (280, 200), (200, 400)]):
		    write("cough-%d" % i, [0] * 400 + burst(a, b) + burst(a - 60, 200))
		write("click", [0] * 800 + [20000, -20000, 12000, -9000] + [0] * 1600)
	P
	for f in /usr/share/pocketsphinx/test/data/cards/00*.wav /usr/share/pocketsphinx/test/data/librivox/*.wav; do
		[ ! -e "$f" ] || cp "$f" "$dir/caller-$(basename "$f")"
	done
	: > "$dir/done"
fi
exec "$prog" "$dir"/bot-*.wav -- "$dir"/caller-*.wav -- "$dir"/aside-*.wav
