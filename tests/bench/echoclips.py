#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""echoclips: who speaks in echobench. Writes wav files at 8 kHz and a list: kind, first sample of the voice, path.

Speakers and halves are those of vadd/train (its README.md has sources and licences): thresholds were chosen on
the training half, figures come from the test half. Kinds: bot (75 s of replies), music, caller (an interruption
with 0.7 s of speech or more), uhuh (words of a listener), brief (a real syllable or word, at most 300 ms), cough (coughs,
throats, puffs, breaths), click.
"""
import argparse
import glob
import os
import random
import subprocess
import sys
import wave

import numpy as np

RATE = 8000
UHUH = ["uh huh", "mm hm", "mhm", "okay", "yeah", "hm", "right", "aha", "yes"]
BOTS = {
    "train": ["asterisk allison", "asterisk june", "asterisk menardi", "flite kal16", "flite rms", "fillets nl m", "fillets nl v", "espeak en-us",
              "espeak fa"],
    "test": ["asterisk carlo", "asterisk ivrvoice", "flite slt", "flite awb", "fillets cs m", "fillets cs v"],
}
VOICES = {
    "train": [("flite", "kal16"), ("flite", "rms"), ("espeak", "en-us+m3"), ("espeak", "en+f2"), ("espeak", "de+m1")],
    "test": [("flite", "slt"), ("flite", "awb"), ("espeak", "en-gb+f4"), ("espeak", "en-us+m7"), ("espeak", "fr+f5")],
}


def write(path, x):
    with wave.open(path, "wb") as w:
        w.setparams((1, 2, RATE, 0, "NONE", ""))
        w.writeframes(np.clip(np.rint(x), -32000, 32000).astype("<i2").tobytes())


def even(x, ranges):
    """To -20 dB of full scale while there is speech."""
    voice = np.concatenate([x[a:b] for a, b in ranges])
    return x * 3277 / (np.sqrt(np.mean(voice ** 2)) + 1e-9)


def onset(x, first):
    """Where the voice begins: 25 dB below the loudest, for 20 ms."""
    f = x[first:first + RATE * 2]
    f = np.convolve(f * f, np.ones(80) / 80, mode="same")
    on = np.convolve(f > np.max(f) * 10 ** -2.5, np.ones(160) / 160)[159:]
    at = np.flatnonzero(on > 0.95)
    return first + (int(at[0]) if len(at) else 0)


def replies(rng, clips, seconds):
    parts, n = [], 0
    while n < seconds * RATE:
        x, ranges = rng.choice(clips)
        pause = rng.uniform(0.1, 0.5) if rng.random() < 0.75 else rng.uniform(0.8, 2.5)
        parts += [even(x, ranges), np.zeros(int(pause * RATE))]
        n += len(parts[-2]) + len(parts[-1])
    return np.concatenate(parts)


def say(voice, words, path):
    program, name = voice
    if program == "flite":
        subprocess.run(["flite", "-voice", name, "-t", words, "-o", path], check=True)
    else:
        subprocess.run(["espeak-ng", "-v", name, "-w", path, words], check=True)


def raw(args, path):
    out = args.out + "/tmp.pcm"
    subprocess.run([args.topcm], input=("%s\t%s\n" % (path, out)).encode(), check=True)
    return np.fromfile(out, dtype="<i2").astype(np.float64)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--root", required=True)
    p.add_argument("--build", required=True)
    p.add_argument("--shared", required=True)
    p.add_argument("--topcm", required=True)
    p.add_argument("--half", required=True, choices=["train", "test"])
    p.add_argument("--out", required=True)
    args = p.parse_args()
    sys.path.insert(0, args.root + "/vadd/train")
    import sounds
    import sources

    os.makedirs(args.out, exist_ok=True)
    rng = random.Random(11)
    nrng = np.random.default_rng(11)
    rows = []

    def put(kind, name, x, onset=0):
        path = "%s/%s-%s.wav" % (args.out, kind, name.replace(" ", "-"))
        write(path, x)
        rows.append("%s %d %s" % (kind, onset, path))

    speakers = sources.load(args.build, args.shared, args.topcm, 7, 160)[args.half]
    for name in BOTS[args.half]:
        if name in speakers:
            put("bot", name, replies(rng, speakers[name], 75))
    for i, path in enumerate(sorted(glob.glob("/usr/share/asterisk/moh/*.wav"))[:5]):
        if (i % 2 == 0) == (args.half == "test"):
            x = raw(args, path)[:75 * RATE]
            put("music", str(i), even(x, [(0, len(x))]))
    for name in sorted(speakers):
        n = {"caller": 0, "brief": 0}
        for i, (x, ranges) in enumerate(rng.sample(speakers[name], len(speakers[name]))):
            spoken, first = ranges[-1][1] - ranges[0][0], ranges[0][1] - ranges[0][0]
            kind = "brief" if spoken <= 0.3 * RATE and len(ranges) == 1 else \
                "caller" if spoken >= 0.7 * RATE and first >= 0.3 * RATE and not name.startswith("klettres") else None
            if kind is not None and n[kind] < (8 if kind == "caller" else 2):
                n[kind] += 1
                put(kind, "%s-%d" % (name, i), even(x, ranges), onset(x, ranges[0][0]))
    for k, voice in enumerate(VOICES[args.half]):
        for i, words in enumerate(UHUH):
            path = args.out + "/tmp.wav"
            say(voice, words, path)
            x = raw(args, path)
            ranges, _ = sources.speech_of(x)
            if ranges:
                put("uhuh", "%d-%d" % (k, i), even(x, ranges), onset(x, ranges[0][0]))
    kinds = ["hacks", "puffs", "pops", "thuds"] if args.half == "train" else ["coughs", "breaths", "clicks", "keyboard"]
    for kind in kinds:
        for i in range(8):
            x = getattr(sounds, kind)(nrng, 40 * RATE)
            on = np.flatnonzero(np.abs(x) > np.max(np.abs(x)) * 0.02)
            gaps = np.flatnonzero(np.diff(on) > 0.35 * RATE)
            x = x[on[0]:(on[gaps[0]] if len(gaps) else on[-1]) + 80]
            put("cough" if kind in ("hacks", "puffs", "coughs", "breaths") else "click", "%s-%d" % (kind, i),
                x * 12000 / (np.max(np.abs(x)) + 1e-9))
    with open(args.out + "/list", "w") as f:
        f.write("\n".join(rows) + "\n")
    print("echoclips: %s: %d files" % (args.half, len(rows)))


main()
