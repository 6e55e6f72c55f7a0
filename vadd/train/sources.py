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
STAMPS = "/usr/share/tuxpaint/stamps/"
QUEEN = "/usr/share/scummvm/flight-of-the-amazon-queen/queen.1c"
CITY = "/usr/share/games/lincity-ng/sounds/"
WESNOTH = "/usr/share/games/wesnoth/1.16/data/core/music/"
DRASCULA = "/usr/share/scummvm/drascula/audio/"
SONIC = "/usr/share/sonic-pi/samples/"
BUCKLE = "/usr/share/buckle/wav/"
MOH = "/usr/share/asterisk/moh/"

# klettres, ktuberling, tuxpaint: one volunteer or a few for each language, so split by language, in all alike.
TRAIN_LANGS = ("en en_GB es fr de nds nb nn nl id it tn uk sr sv ca gl ga lt bg be ja ko zh_tw").split()
TEST_LANGS = ("ar cs da he hu ml pt pt_BR ru el fi ro sl wa").split()

# How often a source is heard: people who talk to each other more than single words, synthesizers less.
WEIGHTS = {"queen": 2.5, "tuxpaint": 2, "fillets": 2, "asterisk": 2, "flite": 0.5, "espeak": 0.7}
MOST = {"queen": 60}                    # recordings of one speaker; 160 elsewhere
# The sounds of a city without those of people.
NO_PEOPLE = ("Blacksmith Build CoalMine DirtTrack Farm Fire Green Harbor Industry Mill OreMine OrganicFarm Parkland "
             "Pottery Power Rail Raze Recycle Rocket Substation Tip Trafic Track Wind Water").split()

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
            add(half, "tuxpaint " + lang, glob.glob(STAMPS + "**/*_%s.ogg" % lang, recursive=True))
    for half, lang in (("train", "nl"), ("test", "cs")):
        for fish in ("m", "v"):         # the little and the big fish
            add(half, "fillets %s %s" % (lang, fish), glob.glob(FISH + "*/%s/*-%s-*.ogg" % (lang, fish)))
    return out


def _gsm(work, out):
    """Two women in the telephone's coding of GSM; sox decodes it."""
    os.makedirs(work, exist_ok=True)
    for half, speaker, lang in (("train", "asterisk esco", "es"), ("test", "asterisk armelle", "fr")):
        paths = []
        for p in sorted(glob.glob(AST + "**/%s/**/*.gsm" % lang, recursive=True)):
            if "_" in p[len(AST):].split("/")[0] or os.path.islink(p):
                continue                # of another package
            paths.append("%s/%s-%s.wav" % (work, lang, p[len(AST):-4].replace("/", "-")))
            if not os.path.exists(paths[-1]):
                subprocess.run(["sox", "-t", "gsm", p, paths[-1]], check=True)
        if paths:
            out[half][speaker] = paths


def _queen(work, out):
    """The actors of a game, from its one file: a table of names, places and lengths, then MP3."""
    if not os.path.exists(QUEEN):
        return
    os.makedirs(work, exist_ok=True)
    with open(QUEEN, "rb") as f:
        data = f.read()
    assert data[:4] == b"QTBL", QUEEN
    for i in range(int.from_bytes(data[13:15], "big")):
        row = data[15 + 21 * i:36 + 21 * i]
        name, at, size = row[:12].split(b"\0")[0].decode(), int.from_bytes(row[13:17], "big"), int.from_bytes(row[17:21], "big")
        if not name.endswith(".SB") or size < 1500:
            continue
        hero = name.startswith("JOE") or name[-5:-4] == "J"    # speaks in every dialogue
        speaker = "queen joe" if hero else "queen " + (name[:3] if name[0] == "C" else name[:2])
        path = "%s/%s.mp3" % (work, name[:-3])
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(data[at:at + size])
        out["train"].setdefault(speaker, []).append(path)


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
    """Sample ranges in one clean recording: speech, [] if it is too noisy to tell; clicks of the mouth; breath."""
    step = 40                           # 5 ms
    n = len(x) // step
    if n < 20:
        return [], [], []
    f = x[:n * step].astype(np.float64).reshape(n, step)
    power = np.convolve((f * f).mean(axis=1), np.ones(3) / 3, mode="same")
    db = 10 * np.log10(power / 32768.0 ** 2 + 1e-10)
    alive = db[db > -85]                # without the silence of editors
    if len(alive) < 20:
        return [], [], []
    top, bottom = np.percentile(db, 95), np.percentile(alive, 5)
    if top < -50 or (top - bottom < 28 and bottom > -60 and top - bottom > 12):
        return [], [], []
    thr = max(top - 33, bottom + 9 if top - bottom > 28 else -90, -70)
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
    speech, other, quiet = [], [], []
    for i, (a, b) in enumerate(runs):
        near = min(a - runs[i - 1][1] if i > 0 else 999, runs[i + 1][0] - b if i + 1 < len(runs) else 999)
        if not (b - a >= 20 or (b - a >= 8 and near < 40)):
            other.append((a * step, b * step))
            continue
        parts = without_breath(x, db, a, b, top - 22)
        speech += [(c * step, d * step) for c, d in parts]
        if not parts:
            quiet.append((a * step, b * step))
    return speech, other, quiet


def voiced(x):
    """Share of 20 ms pieces that repeat themselves within 2.5 to 14 ms."""
    n, count = len(x) // 160, 0
    for i in range(n):
        f = np.fft.rfft(x[160 * i:160 * i + 160] * np.hanning(160), 512)
        r = np.fft.irfft(np.abs(f) ** 2)
        count += r[20:112].max() > 0.45 * r[0]
    return count / max(1, n)


def without_breath(x, db, a, b, loud_db):
    """
    The stretches of [a, b), in steps of 5 ms, around what is loud: 80 ms before it and 120 after. What is quiet
    for longer is breath. If nothing is loud, it is speech if it has a pitch.
    """
    loud = a + np.flatnonzero(db[a:b] > loud_db)
    if len(loud) == 0:
        return [(a, b)] if voiced(x[a * 40:b * 40]) > 0.3 else []
    cuts = np.flatnonzero(np.diff(loud) >= 60)
    first = np.concatenate([loud[:1], loud[cuts + 1]])
    last = np.concatenate([loud[cuts], loud[-1:]]) + 1
    return [(max(a, int(c) - 16), min(b, int(d) + 24)) for c, d in zip(first, last)]


def backgrounds_of(x, ranges):
    """What a recording has where nobody speaks, of 200 ms and more."""
    out, at = [], 0
    for a, b in list(ranges) + [(len(x), len(x))]:
        part = x[at + 640:a - 640]      # 80 ms from any speech
        if len(part) >= 1600 and 1.5 < np.std(part) < 400:
            power = (part[:len(part) // 160 * 160].reshape(-1, 160) ** 2).mean(axis=1)
            if power.max() < 6 * np.median(power):
                out.append(part - np.mean(part))
        at = b
    return out


def _jobs(build, shared, seed, most):
    paths = _clips()
    _digits(shared, build + "/digits", paths)
    _synthetic(build + "/synthetic", paths)
    _gsm(build + "/gsm", paths)
    _queen(build + "/queen", paths)
    rng = random.Random(seed)
    jobs = []
    for half in paths:
        for speaker in sorted(paths[half]):
            chosen, limit = paths[half][speaker], MOST.get(speaker.split()[0], most)
            chosen = rng.sample(chosen, limit) if len(chosen) > limit else chosen
            for p in chosen:
                jobs.append((half, speaker, p, "%s/pcm/%s.pcm" % (build, p.strip("/").replace("/", "-"))))
    return jobs


def _convert(build, topcm, pairs):
    os.makedirs(build + "/pcm", exist_ok=True)
    todo = "".join("%s\t%s\n" % (p, name) for p, name in pairs if not os.path.exists(name))
    subprocess.run([topcm], input=todo.encode(), check=True)
    for p, name in pairs:
        if os.path.exists(name):        # else topcm has said why not
            yield p, np.fromfile(name, dtype="<i2").astype(np.float64)


def load(build, shared, topcm, seed, most):
    """half -> speaker -> list of (samples as float, speech ranges), at most `most` clips of a speaker; half -> backgrounds."""
    jobs = _jobs(build, shared, seed, most)
    out, rooms = {"train": {}, "test": {}}, {"train": [], "test": []}
    sound = dict(_convert(build, topcm, [(p, name) for _, _, p, name in jobs]))
    for half, speaker, path, _ in jobs:
        if path not in sound:
            continue
        x = sound.pop(path)[:RATE * 8]
        ranges, other, quiet = speech_of(x)
        if ranges and speaker.split()[0] not in ("espeak", "flite"):
            rooms[half] += backgrounds_of(x, sorted(ranges + other + quiet))
        for a, b in other:
            x[max(0, a - 80):b + 80] = 0
        if ranges:
            a, b = max(0, ranges[0][0] - 240), min(len(x), ranges[-1][1] + 240)
            x = x[a:b] - np.mean(x[a:b])
            ramp = np.minimum(1, np.arange(1, len(x) + 1) / 160.0)
            out[half].setdefault(speaker, []).append((x * ramp * ramp[::-1], [(s - a, e - a) for s, e in ranges]))
    for half in out:
        out[half] = {s: c for s, c in out[half].items() if len(c) >= 3}
        print("data: %s: %d speakers, %d recordings, %d backgrounds" %
              (half, len(out[half]), sum(len(c) for c in out[half].values()), len(rooms[half])))
    assert not set(out["train"]) & set(out["test"])
    return out, rooms


def real_sounds(build, topcm):
    """kind -> recordings of what is no speech; the kinds of training and test are told apart by the caller."""
    paths = {
        "city": [p for p in glob.glob(CITY + "*.wav") if os.path.basename(p).startswith(tuple(NO_PEOPLE))],
        "tunes": glob.glob(DRASCULA + "*.ogg") + glob.glob(WESNOTH + "*.ogg"),
        "struck": [p for p in glob.glob(SONIC + "*.flac") if "choir" not in p and "voxy" not in p and "robot" not in p],
        "music_real": glob.glob(MOH + "*.wav"), "keys_real": glob.glob(BUCKLE + "*.wav"),
    }
    out = {}
    for kind, mine in paths.items():
        pairs = [(p, "%s/pcm/%s.pcm" % (build, p.strip("/").replace("/", "-"))) for p in sorted(mine)]
        out[kind] = [x[:90 * RATE] for _, x in _convert(build, topcm, pairs) if len(x) > 400 and np.std(x) > 20]
    print("data: recordings of sounds: %s" % ", ".join("%s %d" % (k, len(v)) for k, v in out.items()))
    return out
