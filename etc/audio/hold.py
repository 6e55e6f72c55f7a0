#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Makes the music on hold: an original loop of 16 seconds, four chords played as
# soft arpeggios. usage: hold.py OUT.wav (16 kHz, 16 bit, mono)
import array
import math
import sys
import wave

RATE = 16000
BEAT = 0.5                      # seconds
CHORDS = [(220.00, 261.63, 329.63, 440.00), (174.61, 220.00, 261.63, 349.23),
          (196.00, 246.94, 293.66, 392.00), (164.81, 196.00, 246.94, 329.63)]
PATTERN = [0, 1, 2, 3, 2, 1, 2, 1]

total = int(len(CHORDS) * len(PATTERN) * BEAT * RATE)
sound = [0.0] * total


def note(at_s, freq, length_s, level):
    begin = int(at_s * RATE)
    for i in range(int(length_s * RATE)):
        t = i / RATE
        envelope = min(t / 0.02, 1.0) * math.exp(-2.2 * t)
        tone = math.sin(2 * math.pi * freq * t) + 0.35 * math.sin(4 * math.pi * freq * t) * math.exp(-3 * t)
        sound[(begin + i) % total] += level * envelope * tone   # what rings on goes into the loop's beginning


for c, chord in enumerate(CHORDS):
    start = c * len(PATTERN) * BEAT
    note(start, chord[0] / 2, 3.5, 0.16)
    for k, n in enumerate(PATTERN):
        note(start + k * BEAT, chord[n], 1.6, 0.13)

peak = max(abs(v) for v in sound)
pcm = array.array('h', (int(v / peak * 9000) for v in sound))
if sys.byteorder == 'big':
    pcm.byteswap()
with wave.open(sys.argv[1], 'wb') as out:
    out.setnchannels(1)
    out.setsampwidth(2)
    out.setframerate(RATE)
    out.writeframes(pcm.tobytes())
