#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""data: strings of speech as on a phone, with labels exact to the sample.

    data.py --build DIR --shared DIR --topcm PROGRAM [--seed N]

Writes DIR/{fit,tune,test}/NNNN.pcm (8 kHz, 16 bit, host order), beside each NNNN.lab (a line "FROM TO" in
samples for each stretch of speech) and DIR/{fit,tune,test}.list (lines "PATH<tab>CONDITION<tab>KIND").
fit and tune are the training half (weights, thresholds), test the other: other speakers, other kinds of sound.
The same seed gives the same files.
"""
import argparse
import os
import shutil

import numpy as np

import rooms as rooms_
import sounds
import sources

RATE = 8000
HALF_SECOND = RATE // 2


# ---- the line ----

def ulaw_values():
    out = []
    for code in range(256):
        c = ~code & 0xff
        v = (((c & 0x0f) << 3) + 0x84 << ((c & 0x70) >> 4)) - 0x84
        out.append(-v if c & 0x80 else v)
    return np.unique(np.array(out, dtype=np.float64))


ULAW = ulaw_values()
ULAW_EDGES = (ULAW[1:] + ULAW[:-1]) / 2


def band(x, low, high):
    """300-3400 Hz or so, 4th order, zero phase."""
    hz = np.maximum(np.fft.rfftfreq(len(x), 1 / RATE), 1e-3)
    return np.fft.irfft(np.fft.rfft(x) / np.sqrt((1 + (low / hz) ** 8) * (1 + (hz / high) ** 8)), len(x))


def line(x, low, high):
    """Band and mu-law; x in samples of 16 bits."""
    x = np.clip(band(x, low, high), -32768, 32767)
    return ULAW[np.searchsorted(ULAW_EDGES, x)].astype("<i2")


def holes(rng, x, share):
    """Packets that were lost: silence, or the last packet once more."""
    x = x.copy()
    for at in range(160, len(x) - 160, 160):
        if rng.random() < share / 2:
            for k in range(rng.integers(1, 4)):
                part = x[at + 160 * k:at + 160 * (k + 1)]
                part[:] = x[at - 160:at][:len(part)] if rng.random() < 0.4 else 0
    return x


def to_level(x, db):
    rms = np.sqrt(np.mean(x * x))
    return x * (32768 * 10 ** (db / 20) / rms) if rms > 0 else x


# ---- speech ----

def clip_of(rng, clips, spread, rate):
    x, ranges = clips[rng.integers(len(clips))]
    if rate != 1 and rng.random() < 0.15:      # hesitates, sings a vowel
        slow = rng.uniform(1.4, 4)
        if len(x) * slow < 5 * RATE:
            n = len(x) * slow
            x = rooms_.drawled(x, slow)
            ranges = [(int(a * slow), int(min(n, b * slow))) for a, b in ranges]
    if rate != 1:                       # higher and faster, or lower and slower: another speaker
        n = int(len(x) / rate)
        x = np.interp(np.arange(n) * rate, np.arange(len(x)), x)
        ranges = [(int(a / rate), min(n, int(b / rate))) for a, b in ranges]
    power = np.mean(np.concatenate([x[a:b] for a, b in ranges]) ** 2)
    return x / np.sqrt(power + 1e-9) * 10 ** (rng.uniform(-spread, spread) / 20), ranges


def string(rng, speakers, seconds, before=3.0, after=2.0, pauses=(0.7, 3.5), gaps=(0.02, 0.3), spread=3, rates=None):
    """Utterances and pauses; speech has power 1. Returns samples and ranges."""
    n = int(seconds * RATE)
    x, ranges = np.zeros(n), []
    names = sorted(speakers)
    sources_ = sorted({s.split()[0] for s in names})
    weights = np.array([sources.WEIGHTS.get(s, 1) for s in sources_])

    def someone():                      # by source, then by speaker: not each speaker alike
        s = rng.choice(sources_, p=weights / weights.sum())
        mine = [m for m in names if m.split()[0] == s]
        return speakers[mine[rng.integers(len(mine))]], rng.uniform(*rates) if rates else 1

    (clips, rate), at = someone(), int(before * RATE)
    while True:
        if rng.random() < 0.15:
            clips, rate = someone()
        gain = 10 ** (rng.uniform(-spread, spread) / 40)
        for _ in range(rng.integers(1, 5)):
            c, r = clip_of(rng, clips, spread / 2, rate)
            if at + len(c) > n - after * RATE:
                return x, ranges
            x[at:at + len(c)] += c * gain
            ranges += [(at + a, at + b) for a, b in r]
            at += len(c) + int(rng.uniform(*gaps) * RATE)
        at += int(rng.uniform(*pauses) * RATE)


def babble(rng, speakers, n, talkers):
    x = np.zeros(n + 4 * RATE)
    for _ in range(talkers):
        s, _ = string(rng, speakers, len(x) / RATE, rng.uniform(0, 0.5), 0, (0.05, 0.5))
        x += s * 10 ** (rng.uniform(-3, 3) / 20)
    return x[RATE:RATE + n]


class Writer:
    def __init__(self, build, part):
        self.dir, self.part, self.count = "%s/%s" % (build, part), part, 0
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        self.list = open(self.dir + ".list", "w")

    def put(self, pcm, ranges, condition, kind):
        path = "%s/%04d" % (self.dir, self.count)
        pcm.astype("<i2").tofile(path + ".pcm")
        with open(path + ".lab", "w") as f:
            f.writelines("%d %d\n" % r for r in ranges)
        self.list.write("%s.pcm\t%s\t%s\n" % (path, condition, kind))
        self.count += 1

    def close(self):
        self.list.close()


# ---- fit ----

def power_of(x):
    return np.mean(x * x) + 1e-12


def floor_of(rng, n, rooms):
    """The background of a room, power 1."""
    how = rng.random()
    if rooms and how < 0.4:
        return rooms_.texture(rng, n, rooms)
    if rooms and how < 0.55:
        return rooms_.looped(rng, n, rooms)
    y = sounds.TRAIN[["coloured", "crooked", "coloured"][rng.integers(3)]](rng, n)
    return y / np.sqrt(power_of(y))


def real_of(rng, n, recordings):
    """Recordings one after the other, some with silence between them."""
    x, at, gap = np.zeros(n), 0, rng.uniform(0, 1.5) if rng.random() < 0.5 else 0
    while at < n:
        y = recordings[rng.integers(len(recordings))]
        start = int(rng.integers(0, max(1, len(y) - 5 * RATE)))
        y = y[start:start + n - at]
        x[at:at + len(y)] = y / (np.sqrt(np.percentile(y * y, 97)) + 1e-9)
        at += len(y) + int(gap * rng.uniform(0.2, 1.8) * RATE)
    return x


def sound_of(rng, n, real, extra=()):
    """Any kind of the training half."""
    names = sorted(sounds.TRAIN) + sorted(real) * 2 + list(extra)
    name = names[rng.integers(len(names))]
    return sounds.TRAIN[name](rng, n) if name in sounds.TRAIN else real_of(rng, n, real[name])


def add_noise(rng, x, speakers, rooms, real):
    """One of many backgrounds under speech of power 1, at a random distance."""
    n = len(x)
    how = rng.random()
    x = x + floor_of(rng, n, rooms) * 10 ** (-rng.uniform(14, 60) / 20)
    if how < 0.35:
        return x
    if how < 0.6:
        y = sounds.TRAIN[sounds.TRAIN_STEADY[rng.integers(len(sounds.TRAIN_STEADY))]](rng, n)
        return x + y / np.sqrt(power_of(y)) * 10 ** (-rng.uniform(2, 28) / 20)
    if how < 0.78:
        y = babble(rng, speakers, n, int(rng.integers(4, 10)))
        return x + y / np.sqrt(power_of(y)) * 10 ** (-rng.uniform(4, 28) / 20)
    for _ in range(rng.integers(1, 3)):
        y = sound_of(rng, n, real)
        loud = np.sqrt(np.percentile(y * y, 95) + 1e-12)
        x = x + y / loud * 10 ** (-rng.uniform(-3, 25) / 20)
    return x


def spoken(rng, speakers, seconds):
    """Speech of power 1 in a room, through a microphone."""
    pauses = (0.6, 3) if rng.random() < 0.7 else (2, 12)
    x, ranges = string(rng, speakers, seconds, rng.uniform(0.2, 4), rng.uniform(0.2, 3), pauses, (0.02, rng.uniform(0.2, 0.6)),
                       rng.choice([2, 4, 8]), (0.82, 1.22) if rng.random() < 0.7 else None)
    if rng.random() < 0.35:
        rooms_.breaths_before(rng, x, ranges, rng.uniform(0.2, 0.9), (-38, -12))
    if rng.random() < 0.35:
        x = rooms_.reverb(rng, x)
    if rng.random() < 0.5:
        x = rooms_.microphone(rng, x)
    return x, ranges


# Heard more often, because they are easily taken for speech.
NEAR_SPEECH = ("any_tones signals signals yelps yelps puffs puffs hacks howl").split()


def heard_speech(rng, speakers, rooms, real, seconds):
    x, ranges = spoken(rng, speakers, seconds)
    x = add_noise(rng, x, speakers, rooms, real)
    how = rng.random()
    if how < 0.12:
        x = rooms_.automatic_gain(rng, x)
    elif how < 0.22:
        x = rooms_.suppressor(rng, x, ranges)
    elif how < 0.27:
        x = rooms_.overdriven(rng, x)
    return x, ranges


def heard_nobody(rng, rooms, real, seconds):
    x = np.zeros(seconds * RATE)
    for _ in range(rng.integers(1, 3)):
        y = sound_of(rng, len(x), real, NEAR_SPEECH)
        x += y / np.sqrt(np.percentile(y * y, 97) + 1e-12) * 10 ** (-rng.uniform(0, 20) / 20)
    if rng.random() < 0.2:
        x = rooms_.reverb(rng, x)
    if rng.random() < 0.3:
        x = rooms_.microphone(rng, x)
    if rng.random() < 0.7:
        x += floor_of(rng, len(x), rooms) * 10 ** (-rng.uniform(15, 60) / 20)
    return x


def before_speech(rng, rooms, real, seconds):
    """What can be on a line before somebody answers, or between: tones, silence, any sound, and what nobody meant."""
    n, how = seconds * RATE, rng.random()
    if how < 0.1:
        return np.zeros(n)
    if how < 0.4:
        return sounds.signals(rng, n) + floor_of(rng, n, rooms) * 10 ** (-rng.uniform(30, 70) / 20)
    if how < 0.5:
        return floor_of(rng, n, rooms)
    if how < 0.6:                       # full scale: noise, a square wave
        return np.sign(floor_of(rng, n, rooms)) if rng.random() < 0.5 else np.sign(sounds.tones(n, [rng.uniform(60, 3000)]))
    return heard_nobody(rng, rooms, real, seconds)


def on_the_line(rng, x, low, high):
    pcm = line(x, low, high) if low > 0 else np.clip(x, -32768, 32767).astype("<i2")
    if rng.random() < 0.08:
        pcm = rooms_.gsm(pcm)
    if rng.random() < 0.15:
        pcm = holes(rng, pcm, rng.uniform(0.005, 0.05))
    return pcm


def fit_string(rng, speakers, rooms, real):
    seconds = int(rng.integers(30, 51))     # whole ones: lengths that the FFT likes
    level = rng.uniform(-58, -12)
    edges = (rng.uniform(50, 400), rng.uniform(2900, 3900)) if rng.random() < 0.85 else (0, 0)

    def put(x, db):
        return on_the_line(rng, x * 32768 * 10 ** (db / 20), *edges)

    how = rng.random()
    if how < 0.4:
        x, ranges = heard_speech(rng, speakers, rooms, real, seconds)
        return put(x, level), ranges
    if how < 0.68:
        return put(heard_nobody(rng, rooms, real, seconds), level), []
    # Nobody for a while, then somebody, and what came before must be forgotten; or the other way round.
    first = int(rng.integers(3, seconds - 11))
    other = before_speech(rng, rooms, real, first)
    other = put(other / (np.std(other) + 1e-9), np.clip(level + rng.uniform(-15, 30), -58, 0))
    x, ranges = heard_speech(rng, speakers, rooms, real, seconds - first)
    pcm = put(x, level)
    if rng.random() < 0.75:
        return np.concatenate([other, pcm]), [(a + len(other), b + len(other)) for a, b in ranges]
    return np.concatenate([pcm, other]), ranges


# ---- tune and test: named conditions ----

def conditions(rng, kinds, x, speakers):
    """name -> (samples of power 1 with noise, offset in dB, share lost, edges)."""
    n = len(x)
    room = kinds["room"](rng, n)
    clean = x + room / np.sqrt(power_of(room)) * 10 ** (-rng.uniform(35, 50) / 20)
    noise = {k: f(rng, n) for k, f in kinds.items() if k != "room"}
    noise["babble"] = babble(rng, speakers, n, 8)

    def with_(k, db):
        return clean + noise[k] / np.sqrt(power_of(noise[k])) * 10 ** (-db / 20)

    phone, edges = (300, 3400), (rng.uniform(80, 400), rng.uniform(3000, 3800))
    return {
        "clean": (clean, 0, 0, phone), "pink-20": (with_("pink", 20), 0, 0, phone),
        "pink-10": (with_("pink", 10), 0, 0, phone), "white-10": (with_("white", 10), 0, 0, phone),
        "babble-20": (with_("babble", 20), 0, 0, phone), "babble-10": (with_("babble", 10), 0, 0, phone),
        "car-5": (with_("car", 5), 0, 0, phone), "down-30": (clean, -30, 0, phone),
        "gaps-3": (clean, 0, 0.03, phone), "edges": (clean, 0, 0, edges),
    }


def natural(rng, x, ranges, rooms):
    """As somebody at home or in an office: breath, walls, a microphone, that room's noise 12 to 30 dB below."""
    x = x.copy()
    rooms_.breaths_before(rng, x, ranges, 0.5, (-34, -18))
    if rng.random() < 0.5:
        x = rooms_.reverb(rng, x, rng.uniform(0.15, 0.6))
    x = rooms_.microphone(rng, x)
    y = rooms_.texture(rng, len(x), rooms) if rng.random() < 0.6 else rooms_.looped(rng, len(x), rooms)
    return x + y * 10 ** (-rng.uniform(12, 30) / 20)


def named(rng, out, kinds, signal, speakers, rooms, count, seconds):
    for _ in range(count):
        x, ranges = string(rng, speakers, seconds)
        level = rng.uniform(-28, -14)
        made = conditions(rng, kinds, x, speakers)
        made["natural"] = (natural(rng, x, ranges, rooms), 0, 0, (300, 3400))
        for name, (y, db, lost, edges) in made.items():
            pcm = line(y * 32768 * 10 ** ((level + db) / 20), *edges)
            out.put(holes(rng, pcm, lost) if lost else pcm, ranges, name, "speech")
            if name == "clean":         # the same after 15 s of a loud signal
                x = line(to_level(signal(rng, 15 * RATE), -14), 300, 3400)
                out.put(np.concatenate([x, pcm]), [(a + len(x), b + len(x)) for a, b in ranges], "after", "speech")


def typing(rng, n, keys):
    """Recorded keys at the pace of somebody who writes."""
    return sounds.events(rng, n, 5, lambda: keys[rng.integers(len(keys))] * rng.uniform(0.5, 1))


def no_speech(rng, out, kinds, seconds, music, more):
    """Each kind at three levels; each piece of music once; recordings of `more`, name -> maker."""
    n = int(seconds * RATE)
    for kind, make in sorted(list(kinds.items()) + list(more.items())):
        for db in (-40, -26, -14):
            x = to_level(make(rng, n), db) + to_level(kinds.get("room", sounds.coloured)(rng, n), -66 if kind != "nothing" else -300)
            out.put(line(x, 300, 3400), [], "no-speech", kind)
    for i, x in enumerate(music):
        at = int(rng.integers(0, max(1, len(x) - seconds * RATE)))
        out.put(line(to_level(x[at:at + n], (-40, -26, -14)[i % 3]), 300, 3400), [], "no-speech", "music_real")


def held_out(real, every):
    """The recordings of sounds for tune, and the others."""
    tune = {k: v[2::every] for k, v in real.items()}
    return tune, {k: [x for i, x in enumerate(v) if i % every != 2] for k, v in real.items()}


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", required=True)
    p.add_argument("--shared", required=True)
    p.add_argument("--topcm", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--fit-strings", type=int, default=1200)
    p.add_argument("--test-strings", type=int, default=48)
    a = p.parse_args()
    speech, rooms = sources.load(a.build, a.shared, a.topcm, a.seed, 160)
    real = sources.real_sounds(a.build, a.topcm)
    music, keys = real.pop("music_real"), real.pop("keys_real")
    real_tune, real = held_out({k: v for k, v in real.items() if v}, 6)
    names = sorted(speech["train"])
    tune = {s: speech["train"][s] for s in names[3::6]}
    fit = {s: speech["train"][s] for s in names if s not in tune}

    out = Writer(a.build, "test")
    kinds = {k: sounds.TEST[k] for k in ("room", "pink", "white", "car")}
    named(np.random.default_rng([a.seed, 3]), out, kinds, sounds.ringback_us, speech["test"], rooms["test"], a.test_strings, 35)
    more = {"keys_real": lambda r, n: typing(r, n, keys)} if keys else {}
    no_speech(np.random.default_rng([a.seed, 4]), out, sounds.TEST, 40, music, more)
    out.close()
    out = Writer(a.build, "tune")
    kinds = {"room": sounds.coloured, "pink": sounds.coloured, "white": sounds.crooked, "car": sounds.engine}
    named(np.random.default_rng([a.seed, 5]), out, kinds, sounds.signals, tune, rooms["train"][::6], a.test_strings // 2, 35)
    more = {k: lambda r, n, v=v: real_of(r, n, v) for k, v in real_tune.items()}
    no_speech(np.random.default_rng([a.seed, 6]), out, sounds.TRAIN, 40, [], more)
    out.close()
    out = Writer(a.build, "fit")
    fit_rooms = [r for i, r in enumerate(rooms["train"]) if i % 6]
    for i in range(a.fit_strings):
        out.put(*fit_string(np.random.default_rng([a.seed, 100 + i]), fit, fit_rooms, real), "fit", "mixed")
    out.close()
    print("data: fit: %d speakers: %s" % (len(fit), ", ".join(sorted(fit))))
    print("data: tune: %d speakers: %s" % (len(tune), ", ".join(sorted(tune))))
    print("data: test: %d speakers: %s" % (len(speech["test"]), ", ".join(sorted(speech["test"]))))


if __name__ == "__main__":
    main()
