# SPDX-License-Identifier: ISC
"""sources: where the speech comes from, who speaks, and which half each speaker is in.

A speaker (or a synthetic voice) is in one half only. README.md has the licences.
"""
import glob
import os
import random
import subprocess

import numpy as np

RATE = 8000
AST = "/usr/share/asterisk/sounds/"
KLETTRES = "/usr/share/klettres/"
POTATO = "/usr/share/ktuberling/sounds/"
FISH = "/usr/share/games/fillets-ng/sound/"

# klettres and ktuberling: one volunteer or a few for each language, so split by language, in both alike.
TRAIN_LANGS = ("en en_GB es fr de nds nb nn nl id it tn uk sr sv ca gl ga lt").split()
TEST_LANGS = ("ar cs da he hu ml pt pt_BR ru el fi ro sl wa").split()

DIGITS = {"train": ["jackson", "nicolas", "theo", "george"], "test": ["lucas", "yweweler"]}
FLITE = {"train": ["kal16", "rms"], "test": ["slt", "awb"]}
# One synthesizer is one speaker whatever its language: training only.
ESPEAK = ("en-us de fr-fr es it pt ru pl tr fa ar hi cmn ja ko vi sw fi hu el ka id bn ta").split()
ESPEAK_VARIANTS = ["", "+m3", "+m7", "+f2", "+f4", "+croak", "+klatt2"]

TEXTS = [
    "Good morning, I would like to book a table for four.", "Yes, please.", "No.", "Seven three five nine.",
    "Could you tell me when the next train leaves?", "I am not sure, let me think.", "That is fine, thank you very much.",
    "My address is twenty one Station Road.", "What does it cost?", "Hold on a second, somebody is at the door.",
    "I have been waiting for half an hour.", "Hello?", "Can I speak to a person?", "Friday would be better for us.",
    "Please send the invoice to my office.", "The heating has stopped working again.",
]


def _clips():
    """half -> speaker -> paths of recordings; the speaker's first word is its source."""
    out = {"train": {}, "test": {}}

    def add(half, speaker, paths):
        paths = sorted(p for p in paths if os.path.isfile(p))
        if paths:
            out[half][speaker] = paths

    # The same woman speaks English and Spanish.
    add("train", "asterisk allison", glob.glob(AST + "en_US_f_Allison/**/*.wav", recursive=True) +
        glob.glob(AST + "es_MX_f_Allison/**/*.wav", recursive=True))
    add("train", "asterisk june", glob.glob(AST + "fr_CA_f_June/**/*.wav", recursive=True))
    add("train", "asterisk menardi", glob.glob(AST + "it_IT_f_Menardi/**/*.wav", recursive=True))
    add("test", "asterisk carlo", glob.glob(AST + "it_IT_m_Carlo/**/*.wav", recursive=True))
    add("test", "asterisk ivrvoice", glob.glob(AST + "ru_RU_f_IvrvoiceRU/**/*.wav", recursive=True))
    add("test", "pocketsphinx cards", glob.glob("/usr/share/pocketsphinx/test/data/cards/*.wav"))
    for half, langs in (("train", TRAIN_LANGS), ("test", TEST_LANGS)):
        for lang in langs:
            add(half, "klettres " + lang, glob.glob(KLETTRES + lang + "/**/*.ogg", recursive=True))
            add(half, "ktuberling " + lang, glob.glob(POTATO + lang + "/*.ogg") + glob.glob(POTATO + lang + "/*.wav"))
    for half, lang in (("train", "nl"), ("test", "cs")):
        for fish in ("m", "v"):         # the little and the big fish
            add(half, "fillets %s %s" % (lang, fish), glob.glob(FISH + "*/%s/*-%s-*.ogg" % (lang, fish)))
    return out


def _digits(shared, work, out):
    tar = os.path.join(shared, "free-spoken-digits.tar.xz")
    if not os.path.exists(tar):
        print("data: %s is not there: without the spoken digits" % tar)
        return
    os.makedirs(work, exist_ok=True)
    subprocess.run(["tar", "-xJf", tar, "-C", work], check=True)
    for half, names in DIGITS.items():
        for name in names:
            out[half]["digits " + name] = sorted(glob.glob(work + "/recordings/*_%s_*.wav" % name))


def _synthetic(work, out):
    os.makedirs(work, exist_ok=True)
    for half, voices in FLITE.items():
        for voice in voices:
            paths = []
            for i, text in enumerate(TEXTS):
                paths.append("%s/flite-%s-%d.wav" % (work, voice, i))
                if not os.path.exists(paths[-1]):
                    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", paths[-1]], check=True)
            out[half]["flite " + voice] = paths
    for n, lang in enumerate(ESPEAK):
        voice = lang + ESPEAK_VARIANTS[n % len(ESPEAK_VARIANTS)]
        paths = []
        for i, text in enumerate(TEXTS[n % 4::4]):
            paths.append("%s/espeak-%s-%d.wav" % (work, lang, i))
            if not os.path.exists(paths[-1]):
                subprocess.run(["espeak-ng", "-v", voice, "-s", str(130 + 12 * (n % 5)), "-w", paths[-1], text], check=True)
        out["train"]["espeak " + lang] = paths


def speech_of(x):
    """Sample ranges of speech in one clean recording, [] if it is too noisy to tell; and those of clicks of the mouth."""
    step = 40                           # 5 ms
    n = len(x) // step
    if n < 20:
        return [], []
    f = x[:n * step].astype(np.float64).reshape(n, step)
    power = np.convolve((f * f).mean(axis=1), np.ones(3) / 3, mode="same")
    db = 10 * np.log10(power / 32768.0 ** 2 + 1e-10)
    top, bottom = np.percentile(db, 95), np.percentile(db, 5)
    if top < -50 or (top - bottom < 28 and bottom > -60 and top - bottom > 12):
        return [], []
    thr = max(top - 35, bottom + 9 if top - bottom > 28 else -90, -72)
    on = db > thr
    runs = []
    i = 0
    while i < n:
        if not on[i]:
            i += 1
            continue
        j = i
        while j < n and on[j]:
            j += 1
        if runs and i - runs[-1][1] < 20:       # shorter than 100 ms: a closure of the mouth
            runs[-1][1] = j
        else:
            runs.append([i, j])
        i = j
    speech, other = [], []
    for i, (a, b) in enumerate(runs):
        near = min(a - runs[i - 1][1] if i > 0 else 999, runs[i + 1][0] - b if i + 1 < len(runs) else 999)
        (speech if b - a >= 20 or (b - a >= 8 and near < 40) else other).append((a * step, b * step))
    return speech, other


def load(build, shared, topcm, seed, most):
    """half -> speaker -> list of (samples as float, speech ranges), at most `most` clips of a speaker."""
    paths = _clips()
    _digits(shared, build + "/digits", paths)
    _synthetic(build + "/synthetic", paths)
    rng = random.Random(seed)
    jobs = []
    for half in paths:
        for speaker in sorted(paths[half]):
            chosen = paths[half][speaker]
            chosen = rng.sample(chosen, most) if len(chosen) > most else chosen
            for i, p in enumerate(chosen):
                name = "%s/pcm/%s-%s-%d.pcm" % (build, half, speaker.replace(" ", "-"), i)
                jobs.append((half, speaker, p, name))
    os.makedirs(build + "/pcm", exist_ok=True)
    todo = "".join("%s\t%s\n" % (p, name) for _, _, p, name in jobs if not os.path.exists(name))
    subprocess.run([topcm], input=todo.encode(), check=True)
    out = {"train": {}, "test": {}}
    for half, speaker, _, name in jobs:
        if not os.path.exists(name):
            continue                    # topcm has said why
        x = np.fromfile(name, dtype="<i2").astype(np.float64)
        x = x[:RATE * 8]
        ranges, other = speech_of(x)
        for a, b in other:
            x[max(0, a - 80):b + 80] = 0
        if ranges:
            a, b = max(0, ranges[0][0] - 240), min(len(x), ranges[-1][1] + 240)
            x = x[a:b] - np.mean(x[a:b])
            ramp = np.minimum(1, np.arange(1, len(x) + 1) / 160.0)
            out[half].setdefault(speaker, []).append((x * ramp * ramp[::-1], [(s - a, e - a) for s, e in ranges]))
    for half in out:
        out[half] = {s: c for s, c in out[half].items() if len(c) >= 3}
        print("data: %s: %d speakers, %d recordings" % (half, len(out[half]), sum(len(c) for c in out[half].values())))
    assert not set(out["train"]) & set(out["test"])
    return out
