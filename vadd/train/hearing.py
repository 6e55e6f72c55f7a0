#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hearing: does the noise suppressor help the recogniser? Makes the utterances, and the table of what was heard.

    hearing.py make --work DIR --shared DIR --topcm PROGRAM --out DIR [--half test] [--seed N]
    hearing.py table < what hearing printed

Sentences whose words are known, in noise at several distances, as on a phone: band, mu-law. Three sets: menu (sentences of
the built-in grammar of engine_asr, by flite), digits (strings of four, by people), prompts (recorded
sentences, one closed grammar of them all; test only). The tuning half has other voices and other noises.
The same seed gives the same bytes.
"""
import argparse
import glob
import os
import shutil
import subprocess
import sys

import numpy as np

RATE = 8000
BEFORE, AFTER = 3.0, 1.0                # seconds of noise around an utterance
ASTERISK = "/usr/share/asterisk/sounds/"
SPHINX = "/usr/share/pocketsphinx/test/data/"
NUMBERS = "zero one two three four five six seven eight nine".split()

MENU = """what are your opening hours
tell me your opening hours please
when do you open tomorrow
are you open tomorrow
are you open on sunday
i want to book a table for four
can i reserve a table for two tomorrow evening
i would like a table for six on friday at eight
book a table for seven people tonight please
a table for three at half past seven
could i change my booking
cancel my booking
please cancel the booking
for five people
for twelve persons on saturday
next wednesday at noon
tomorrow at quarter past six
seven thirty p m
eleven o'clock please
at nine forty five on thursday
transfer me to a person
please connect me to a human
can i speak to a person
repeat that please
say that again please
what did i say
what can you do
are you a robot
help
yes
yes please
yes that is right
no
no thank you
no that is wrong
thank you very much
hello
good morning
good evening are you open tonight
that is all thank you
goodbye
bye bye""".split("\n")

PROMPTS = {
    "agent-loggedoff": "agent logged off", "agent-loginok": "agent logged in",
    "agent-newlocation": "please enter a new extension followed by pound",
    "agent-pass": "please enter your password followed by the pound key", "auth-thankyou": "thank you",
    "conf-errormenu": "invalid choice", "conf-extended": "the conference has been extended",
    "conf-getconfno": "please enter your conference number followed by the pound key",
    "conf-getpin": "please enter the conference pin number", "conf-hasjoin": "is now in the conference",
    "conf-hasleft": "has left the conference", "conf-kicked": "you have been kicked from this conference",
    "conf-leaderhasleft": "the leader has left the conference", "conf-lockednow": "the conference is now locked",
    "conf-locked": "this conference is locked", "conf-muted": "you are now muted",
    "conf-noempty": "no empty conferences currently exist",
    "conf-nonextended": "the conference cannot be extended", "conf-now-recording": "the conference is now being recorded",
    "conf-onlyperson": "you are currently the only person in this conference",
    "conf-placeintoconf": "you will now be placed into the conference",
    "conf-unlockednow": "the conference is now unlocked",
    "conf-waitforleader": "the conference will begin when the leader arrives",
    "demo-echodone": "the echo test has been completed", "dir-nomatch": "no directory entries match your search",
    "dir-welcome": "welcome to the directory", "hello-world": "hello world",
    "pbx-transfer": "transfer", "privacy-prompt": "please enter your phone number starting with the area code",
    "priv-recordintro": "at the tone please say your name", "queue-less-than": "less than",
    "queue-thankyou": "thank you for your patience", "queue-thereare": "you are currently caller number",
    "transfer": "please hold while i try that extension",
    "tt-monkeysintro": "they have been carried away by monkeys", "tt-somethingwrong": "something is terribly wrong",
    "tt-weasels": "weasels have eaten our phone system", "vm-advopts": "press three for advanced options",
    "vm-calldiffnum": "press two to enter a different number", "vm-changeto": "change to which folder",
    "vm-deleted": "message deleted", "vm-delete": "press seven to delete this message",
    "vm-dialout": "please wait while i connect your call", "vm-enter-num-to-call": "please enter the number you wish to call",
}
OTHERS = {
    "cards/001.wav": "ten of clubs", "cards/002.wav": "four queen of clubs", "cards/003.wav": "seven of clubs",
    "cards/004.wav": "five five", "cards/005.wav": "eight of spades four of clubs seven of hearts",
    "librivox/sense_and_sensibility_01_austen_64kb-0870.wav": "and mister john dashwood had then leisure to consider"
    " how much there might be prudently in his power to do for them",
    "librivox/sense_and_sensibility_01_austen_64kb-0880.wav": "he was not an ill disposed young man",
    "librivox/sense_and_sensibility_01_austen_64kb-0890.wav": "unless to be rather cold hearted and rather selfish is to be"
    " ill disposed",
    "librivox/sense_and_sensibility_01_austen_64kb-0920.wav": "had he married a more amiable woman he might have been made"
    " still more respectable than he was",
    "librivox/sense_and_sensibility_01_austen_64kb-0930.wav": "he might even have been made amiable himself",
}
JFK = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"


# ---- noise ----

def shaped(rng, n, gain):
    """Noise of the spectrum gain(hz)."""
    return np.fft.irfft(np.fft.rfft(rng.standard_normal(n)) * gain(np.fft.rfftfreq(n, 1 / RATE)), n)


def tilted(rng, n, db_per_octave):
    return shaped(rng, n, lambda hz: 10 ** (db_per_octave / 20 * np.log2(np.maximum(hz, 40) / 1000)))


def swell(rng, n, hz_most, db):
    """A slow random gain."""
    e = shaped(rng, n, lambda hz: (hz < hz_most).astype(float))
    return 10 ** (db / 20 * np.clip(e / np.std(e), -2, 2))


def hum(n, hz):
    t = np.arange(n) / RATE
    return sum((1.0 if h % 2 else 0.3) / h * np.sin(2 * np.pi * hz * h * t + h) for h in range(1, 3500 // hz))


def engine(rng, n):
    phase = 2 * np.pi * np.cumsum(60 * swell(rng, n, 0.3, 0.6)) / RATE
    x = sum(np.sin(h * phase) / h for h in range(1, 30))
    return x / np.std(x) + tilted(rng, n, -4)


def car(rng, n):
    road = tilted(rng, n, -9) * swell(rng, n, 0.5, 2)
    return road / np.std(road) + 0.3 * shaped(rng, n, lambda hz: 1 / (1 + ((hz - 900) / 350) ** 2))


def babble(rng, n, voices):
    """Eight talkers: recordings of the voices one after the other, at eight speeds, levels within 6 dB."""
    x = np.zeros(n)
    for k in range(8):
        mine, at, parts = voices[k % len(voices)], 0, []
        while at < n + 4 * RATE:
            y = mine[rng.integers(len(mine))]
            parts.append(np.interp(np.arange(0, len(y) - 1, 0.86 + 0.04 * k), np.arange(len(y)), y))
            at += len(parts[-1])
        from_ = rng.integers(3 * RATE)
        x += np.concatenate(parts)[from_:from_ + n] * 10 ** (rng.uniform(-3, 3) / 20)
    return x


def room(rng, n):
    return tilted(rng, n, -3.5)


# half -> voices of flite, speakers of digits, strings of each, speakers of the babble, noises, distances in dB
HALVES = {
    "tune": (["kal16", "rms"], ["george", "jackson", "nicolas", "theo"], 10, ["fr_CA_f_June", "it_IT_f_Menardi"],
             {"slope": lambda rng, n: tilted(rng, n, -6), "hiss": lambda rng, n: tilted(rng, n, 2), "engine": engine,
              "hum60": lambda rng, n: hum(n, 60)}, (10, 5)),
    "test": (["slt", "awb"], ["lucas", "yweweler"], 30, ["it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU"],
             {"white": lambda rng, n: rng.standard_normal(n), "pink": lambda rng, n: tilted(rng, n, -3), "car": car,
              "hum50": lambda rng, n: hum(n, 50)}, (20, 10, 5, 0)),
}


# ---- the line ----

def ulaw_values():
    out = []
    for code in range(256):
        c = ~code & 0xff
        v = (((c & 0x0f) << 3) + 0x84 << ((c & 0x70) >> 4)) - 0x84
        out.append(-v if c & 0x80 else v)
    return np.unique(np.array(out, dtype=np.float64))


ULAW = ulaw_values()


def line(x):
    """300-3400 Hz, 4th order, zero phase, and mu-law there and back; x in samples of 16 bits."""
    hz = np.maximum(np.fft.rfftfreq(len(x), 1 / RATE), 1e-3)
    x = np.fft.irfft(np.fft.rfft(x) / np.sqrt((1 + (300 / hz) ** 8) * (1 + (hz / 3400) ** 8)), len(x))
    return ULAW[np.searchsorted((ULAW[1:] + ULAW[:-1]) / 2, x)].astype("<i2")


# ---- speech ----

def raw_of(work, path):
    """Where the samples of a recording are kept: a name that no other recording has."""
    return "%s/%s.pcm" % (work, path.strip("/.").replace("/", "-"))


def convert(jobs, topcm):
    """(recording, raw file) pairs; what is there already stays."""
    todo = "".join("%s\t%s\n" % j for j in jobs if not os.path.exists(j[1]))
    subprocess.run([topcm], input=todo.encode(), check=True)


def samples_of(path):
    x = np.fromfile(path, dtype="<i2").astype(np.float64)
    return x - np.mean(x)


def trimmed(path):
    """From the first to the last 10 ms within 35 dB of the loudest; what is within 20 dB has power 1."""
    x = samples_of(path)
    x = x[:len(x) // 80 * 80]
    power = (x.reshape(-1, 80) ** 2).mean(axis=1)
    on = np.flatnonzero(power > np.max(power) * 10 ** -3.5)
    loud = power[power > np.max(power) * 0.01]
    return x[on[0] * 80:(on[-1] + 1) * 80] / np.sqrt(np.mean(loud))


def menu(work, topcm, voices):
    jobs, out = [], []
    for voice in voices:
        for text in MENU:
            wav, raw = ["%s/menu-%s-%s.%s" % (work, voice, text.replace(" ", "-"), e) for e in ("wav", "pcm")]
            if not os.path.exists(raw):
                subprocess.run(["flite", "-voice", voice, "-t", text, "-o", wav], check=True)
            jobs.append((wav, raw))
            out.append(("menu", raw, text))
    convert(jobs, topcm)
    return [(s, trimmed(raw), text) for s, raw, text in out]


def digits(rng, work, shared, topcm, speakers, count):
    tar, out = shared + "/free-spoken-digits.tar.xz", []
    if not os.path.exists(tar):
        print("hearing: %s is not there: without the spoken digits" % tar)
        return out
    if not os.path.exists(work + "/recordings"):
        subprocess.run(["tar", "-xJf", tar, "-C", work], check=True)
    for who in speakers:
        chosen = [[(d, int(rng.integers(50))) for d in rng.integers(10, size=4)] for _ in range(count)]
        jobs = {(d, k): ("%s/recordings/%d_%s_%d.wav" % (work, d, who, k), "%s/digit-%s-%d-%d.pcm" % (work, who, d, k))
                for row in chosen for d, k in row}
        convert(jobs.values(), topcm)
        for row in chosen:
            parts = []
            for d, k in row:
                x = samples_of(jobs[d, k][1])
                parts += [x / np.sqrt(np.mean(x * x)), np.zeros(int(rng.uniform(0.06, 0.25) * RATE))]
            out.append(("digits", np.concatenate(parts[:-1]), " ".join(NUMBERS[d] for d, _ in row)))
    return out


def prompts(work, shared, topcm):
    paths = [(ASTERISK + "en_US_f_Allison/" + k + ".wav", v) for k, v in PROMPTS.items()]
    paths += [(SPHINX + k, v) for k, v in OTHERS.items()] + [(shared + "/jfk.wav", JFK)]
    there = [p for p in paths if os.path.exists(p[0])]
    if len(there) < len(paths):
        print("hearing: %d of %d prompts are not there" % (len(paths) - len(there), len(paths)))
    jobs = [(p, raw_of(work, p)) for p, _ in there]
    convert(jobs, topcm)
    return [("prompts", trimmed(raw), text) for (_, raw), (_, text) in zip(jobs, there)]


def talkers(work, topcm, names):
    out = []
    for name in names:
        paths = sorted(glob.glob(ASTERISK + name + "/*.wav"))[::4]
        jobs = [(p, raw_of(work, p)) for p in paths]
        convert(jobs, topcm)
        out.append([x for x in (trimmed(raw) for _, raw in jobs) if len(x) > RATE])
    if not all(out):
        sys.exit("hearing: no recordings of %s; make -C vadd/train deps" % " and ".join(names))
    return out


# ---- both together ----

def conditions(rng, x, noises, voices, distances):
    """(noise, dB, samples): speech of power 1 with a room around it."""
    def unit(y):
        return y / np.sqrt(np.mean(y * y))

    n = len(x)
    clean = x + unit(room(rng, n)) * 10 ** (-rng.uniform(38, 48) / 20)
    made = {k: unit(f(rng, n)) for k, f in noises.items()}
    made["babble"] = unit(babble(rng, n, voices))
    yield "clean", "-", clean
    for name in sorted(made):
        for db in distances:
            yield name, str(db), clean + made[name] * 10 ** (-db / 20)


def write_grammars(out, said):
    with open(out + "/digits.gram", "w") as f:
        f.write("#JSGF V1.0;\ngrammar digits;\npublic <string> = <digit>+;\n<digit> = %s;\n" % " | ".join(NUMBERS))
    with open(out + "/prompts.gram", "w") as f:
        f.write("#JSGF V1.0;\ngrammar prompts;\npublic <prompt> = %s;\n" %
                "\n    | ".join(sorted(t for s, _, t in said if s == "prompts") or ["none"]))


def make(a):
    voices, people, count, others, noises, distances = HALVES[a.half]
    os.makedirs(a.work, exist_ok=True)
    rng = np.random.default_rng([a.seed, 7])
    said = menu(a.work, a.topcm, voices) + digits(rng, a.work, a.shared, a.topcm, people, count)
    if a.half == "test":
        said += prompts(a.work, a.shared, a.topcm)
    crowd = talkers(a.work, a.topcm, others)
    shutil.rmtree(a.out, ignore_errors=True)
    os.makedirs(a.out)
    write_grammars(a.out, said)
    number, lines = 0, []
    for i, (name, speech, text) in enumerate(said):
        rng = np.random.default_rng([a.seed, 8, i])
        x = np.concatenate([np.zeros(int(BEFORE * RATE)), speech, np.zeros(int(AFTER * RATE))])
        level = rng.uniform(-28, -16)
        for noise, db, y in conditions(rng, x, noises, crowd, distances):
            path = "%s/%05d.pcm" % (a.out, number)
            number += 1
            line(y * 32768 * 10 ** (level / 20)).tofile(path)
            lines.append("%s\t%s\t%s\t%s\t%d\t%d\t%s\n" % (path, name, noise, db, BEFORE * RATE, BEFORE * RATE + len(speech), text))
    with open(a.out + "/list", "w") as f:       # last: it says that all is there
        f.writelines(lines)
    print("hearing: %d utterances, %d files in %s" % (len(said), number, a.out))


# ---- the table ----

def interval(rng, words, off, on):
    """95 % of the change of the word error rate, utterances drawn again 2,000 times."""
    pick = rng.integers(len(words), size=(2000, len(words)))
    change = (on[pick].sum(1) - off[pick].sum(1)) / words[pick].sum(1) * 100
    return np.percentile(change, 2.5), np.percentile(change, 97.5)


def table(rows):
    ways = list(dict.fromkeys(r[0] for r in rows))
    got = {}                            # way -> (set, noise, db, number) -> words, errors, accepted, right
    for r in rows:
        got.setdefault(r[0], {})[tuple(r[1:5])] = [int(v) for v in r[5:9]]
    keys = sorted(got["off"])
    groups = {}
    for k in keys:
        for name in ("all, %s" % k[0], "all, clean" if k[1] == "clean" else "all, %s dB" % k[2],
                     k[1] if k[1] == "clean" else "%s %s dB" % k[1:3], "all with noise" if k[1] != "clean" else ""):
            groups.setdefault(name, []).append(k)
    groups.pop("", None)
    order = sorted(groups, key=lambda g: (g.startswith("all"), g.split()[0], -float(g.split()[-2]) if g.endswith("dB") else 0, g))
    for way in ways[1:]:
        print("\nsuppress_db %-17swords   WER %%    with   change  95 %% of it       right %%   with   wrong %%   with" % way)
        for g in order:
            off, on = [np.array([got[w][k] for k in groups[g]]) for w in ("off", way)]
            words, n = off[:, 0], len(off)
            low, high = interval(np.random.default_rng(1), words, off[:, 1], on[:, 1])
            wer = [100 * v[:, 1].sum() / words.sum() for v in (off, on)]
            right = [100 * np.sum(v[:, 2] & v[:, 3]) / n for v in (off, on)]
            wrong = [100 * np.sum(v[:, 2] & (1 - v[:, 3])) / n for v in (off, on)]
            print("%-28s %7d %7.1f %7.1f %+8.1f  %+6.1f to %+6.1f %9.1f %6.1f %9.1f %6.1f" %
                  (g, words.sum(), wer[0], wer[1], wer[1] - wer[0], low, high, right[0], right[1], wrong[0], wrong[1]))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("what", choices=("make", "table"))
    p.add_argument("--work")
    p.add_argument("--shared")
    p.add_argument("--topcm")
    p.add_argument("--out")
    p.add_argument("--half", choices=sorted(HALVES), default="test")
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    if a.what == "table":
        table([line.rstrip("\n").split("\t") for line in sys.stdin])
    elif None in (a.work, a.shared, a.topcm, a.out):
        p.error("make needs --work, --shared, --topcm and --out")
    else:
        make(a)


if __name__ == "__main__":
    main()
