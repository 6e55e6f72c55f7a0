# SPDX-License-Identifier: ISC
"""sounds: everything that is not speech, made here. TRAIN and TEST have no kind in common.

Each maker takes (rng, n) and returns n samples at 8 kHz of any scale; the mixer sets the level.
"""
import numpy as np

RATE = 8000


def shaped(rng, n, gain):
    """Noise of the spectrum gain(hz)."""
    spec = np.fft.rfft(rng.standard_normal(n))
    hz = np.fft.rfftfreq(n, 1 / RATE)
    return np.fft.irfft(spec * gain(hz), n)


def tilted(rng, n, db_per_octave):
    return shaped(rng, n, lambda hz: 10 ** (db_per_octave / 20 * np.log2(np.maximum(hz, 40) / 1000)))


def resonance(hz, centre, width):
    return 1 / (1 + ((hz - centre) / width) ** 2)


def envelope(rng, n, low_hz, depth_db):
    """A slow random gain."""
    e = shaped(rng, n, lambda hz: (hz < low_hz).astype(float))
    e /= np.std(e) + 1e-12
    return 10 ** (depth_db / 20 * np.clip(e, -2, 2))


def tones(n, hz, weights=None):
    t = np.arange(n) / RATE
    weights = weights or [1.0] * len(hz)
    return sum(w * np.sin(2 * np.pi * f * t + i) for i, (f, w) in enumerate(zip(hz, weights)))


def cadence(n, on_s, off_s):
    """on, off, on ... with edges of 5 ms; on_s and off_s are functions, called for each."""
    out = np.zeros(n)
    at = int(off_s() * RATE * 0.7)
    while at < n:
        k = min(int(on_s() * RATE), n - at)
        ramp = np.minimum(1, np.arange(1, k + 1) / 40.0)
        out[at:at + k] = ramp * ramp[::-1]
        at += k + int(off_s() * RATE)
    return out


def events(rng, n, per_second, make):
    out = np.zeros(n)
    at = rng.exponential(RATE / per_second)
    while at < n:
        e = make()
        k = min(len(e), n - int(at))
        out[int(at):int(at) + k] += e[:k]
        at += max(rng.exponential(RATE / per_second), len(e) * 0.5)
    return out


def const(x):
    return lambda: x


# ---- training ----

def coloured(rng, n):
    lo, hi = [(-8, -4.2), (-1.9, -0.8), (1.5, 5)][rng.integers(3)]
    return tilted(rng, n, rng.uniform(lo, hi))


def crooked(rng, n):
    c, w, a = rng.uniform(150, 3600, 3), rng.uniform(60, 800, 3), rng.uniform(0.3, 5, 3)
    return shaped(rng, n, lambda hz: 0.1 + sum(a[i] * resonance(hz, c[i], w[i]) for i in range(3)))


def stepping(rng, n):
    x = crooked(rng, n)
    at = 0
    while at < n:
        k = int(rng.uniform(0.3, 4) * RATE)
        x[at:at + k] *= 10 ** (rng.uniform(-18, 0) / 20)
        at += k
    return x


def gusts(rng, n):
    return coloured(rng, n) * envelope(rng, n, rng.uniform(0.3, 3), rng.uniform(2, 7))


def engine(rng, n):
    f = rng.uniform(25, 90) * (1 + 0.1 * np.cumsum(shaped(rng, n, lambda hz: (hz < 0.3).astype(float))) / n)
    phase = 2 * np.pi * np.cumsum(f) / RATE
    x = sum(rng.uniform(0.2, 1) / h * np.sin(h * phase) for h in range(1, 30))
    return x + rng.uniform(0.3, 2) * np.std(x) * coloured(rng, n) / 2


def any_tones(rng, n):
    """One to three frequencies, any cadence; the tones of exchanges themselves are kept for the test."""
    x = np.zeros(n)
    at = 0
    on, off = rng.uniform(0.04, 2.5), rng.uniform(0.04, 3)
    single = rng.random() < 0.4
    hz = rng.uniform(300, 3000, rng.integers(1, 4))
    while at < n:
        k = int(on * RATE)
        if not single:
            hz = rng.uniform(300, 3000, rng.integers(1, 4))
        e = tones(k, list(hz), list(rng.uniform(0.4, 1, len(hz)))) * cadence(k, const(10), const(0))
        m = min(k, n - at)
        x[at:at + m] = e[:m]
        at += k + int(off * RATE * rng.uniform(0.8, 1.2))
    return x


def signals(rng, n):
    """Machines that call: one or two tones in a regular cadence, near to those of exchanges but none of them."""
    def hz():
        while True:
            f = rng.uniform(280, 900)
            if min(abs(f - g) for g in (350, 400, 425, 440, 450, 480, 620)) > 8:
                return f
    x = tones(n, [hz() for _ in range(rng.integers(1, 3))])
    if rng.random() < 0.15:
        return x
    on, off = rng.uniform(0.1, 2.2), rng.uniform(0.1, 4)
    return x * cadence(n, const(on), const(off))


def howl(rng, n):
    """A resonance that moves: air in a pipe, a chair that is pulled."""
    out = []
    c, w = rng.uniform(150, 1500), rng.uniform(30, 300)
    while len(out) * 4000 < n:
        c = np.clip(c * 2 ** rng.uniform(-0.3, 0.3), 120, 3000)
        y = shaped(rng, 4000, lambda hz: resonance(hz, c, w))
        out.append(y / np.std(y))
    return np.concatenate(out)[:n] * envelope(rng, n, rng.uniform(0.3, 4), rng.uniform(2, 8))


def hum60(rng, n):
    w = [rng.uniform(0.1, 1) / h for h in range(1, 30)]
    return tones(n, [60 * h for h in range(1, 30)], w) + 0.02 * tilted(rng, n, -1.5)


def plucked(rng, n):
    scale = 220 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16]) / 12 + rng.uniform(-0.7, 0.7))

    def note():
        k = int(rng.uniform(0.3, 1.2) * RATE)
        f = rng.choice(scale)
        t = np.arange(k) / RATE
        return sum(np.exp(-t * (2 + h)) / h * np.sin(2 * np.pi * f * h * t) for h in range(1, 9)) * \
            np.minimum(1, t * 200) * rng.uniform(0.4, 1)
    return events(rng, n, rng.uniform(2, 7), note)


def lead(rng, n):
    """A melody with vibrato over a chord: reeds and strings."""
    x = np.zeros(n)
    at = 0
    while at < n:
        k = int(rng.choice([0.15, 0.25, 0.4, 0.8]) * RATE)
        f = 262 * 2 ** (rng.integers(-5, 14) / 12)
        t = np.arange(k) / RATE
        ph = 2 * np.pi * f * t + rng.uniform(0, 3) * np.sin(2 * np.pi * 5.5 * t)
        e = sum(np.sin(h * ph) / h ** rng.uniform(0.8, 1.6) for h in range(1, 10)) * np.minimum(1, np.minimum(t, t[::-1]) * 40)
        m = min(k, n - at)
        x[at:at + m] = e[:m]
        at += k
    return x + rng.uniform(0, 1) * plucked(rng, n)


def pops(rng, n):
    def pop():
        k = rng.integers(8, 240)
        return rng.standard_normal(k) * np.exp(-np.arange(k) / (k / 4)) * rng.uniform(0.1, 1)
    return events(rng, n, rng.uniform(0.5, 9), pop)


def thuds(rng, n):
    def thud():
        k = rng.integers(400, 1600)
        t = np.arange(k) / RATE
        return np.sin(2 * np.pi * rng.uniform(80, 500) * t) * np.exp(-t * rng.uniform(20, 60)) * rng.uniform(0.2, 1)
    return events(rng, n, rng.uniform(0.3, 3), thud)


def puffs(rng, n):
    """Air on the microphone and breaths through the nose."""
    def puff():
        k = int(rng.uniform(0.15, 1.0) * RATE)
        c, w = rng.uniform(300, 1800), rng.uniform(200, 1200)
        return shaped(rng, k, lambda hz: resonance(hz, c, w)) * np.sin(np.pi * np.arange(k) / k) ** rng.uniform(0.7, 2.5)
    return events(rng, n, rng.uniform(0.3, 1.0), puff)


def hacks(rng, n):
    """Throats cleared: bursts of noise with resonances, one to three in a row."""
    def hack():
        parts = []
        for _ in range(rng.integers(1, 4)):
            k = int(rng.uniform(0.06, 0.3) * RATE)
            c = rng.uniform(400, 1600)
            t = np.arange(k) / k
            parts.append(shaped(rng, k, lambda hz: 0.15 + resonance(hz, c, 400) + resonance(hz, 2.6 * c, 500)) *
                         np.minimum(1, t * 20) * np.exp(-t * rng.uniform(2, 6)))
            parts.append(np.zeros(int(rng.uniform(0.03, 0.25) * RATE)))
        return np.concatenate(parts)
    return events(rng, n, rng.uniform(0.2, 0.7), hack)


def rustle(rng, n):
    return tilted(rng, n, 2) * np.maximum(0, envelope(rng, n, 12, 10) - 1.2)


def sweeps(rng, n):
    f = 800 * 2 ** (rng.uniform(0.3, 1) * np.sin(2 * np.pi * rng.uniform(0.1, 4) * np.arange(n) / RATE))
    return np.sin(2 * np.pi * np.cumsum(f) / RATE) * cadence(n, lambda: rng.uniform(0.1, 3), lambda: rng.uniform(0.1, 2))


def yelps(rng, n):
    """Birds, cats, hinges: short harmonic sounds that glide."""
    base, many = rng.uniform(250, 1800), rng.integers(1, 12)

    def yelp():
        k = int(rng.uniform(0.06, 0.5) * RATE)
        t = np.arange(k) / k
        f = base * 2 ** (rng.uniform(-0.3, 0.3) + rng.uniform(-0.8, 0.8) * t + rng.uniform(-0.3, 0.3) * np.sin(2 * np.pi * rng.uniform(1, 6) * t))
        ph = 2 * np.pi * np.cumsum(f) / RATE
        x = sum(np.sin(h * ph) / h ** rng.uniform(0.3, 1.5) for h in range(1, many + 1) if h * base < 3000)
        return (x + rng.uniform(0, 0.6) * rng.standard_normal(k)) * np.minimum(1, np.minimum(t, t[::-1]) * rng.uniform(4, 20))
    return events(rng, n, rng.uniform(0.3, 2), yelp)


def flutter(rng, n):
    """Hiss and roar through an opening, in fits."""
    return crooked(rng, n) * envelope(rng, n, rng.uniform(0.5, 6), rng.uniform(3, 8))


def ensemble(rng, n):
    """Several voices of instruments, and something that beats."""
    x = sum(rng.uniform(0.3, 1) * lead(rng, n) for _ in range(rng.integers(2, 4)))
    y = thuds(rng, n) + pops(rng, n)
    return x / np.std(x) + rng.uniform(0, 1.5) * y / (np.std(y) + 1e-9)


TRAIN = {f.__name__: f for f in (coloured, crooked, stepping, gusts, engine, any_tones, hum60, plucked, lead,
                                 pops, thuds, puffs, hacks, rustle, sweeps, yelps, flutter, ensemble,
                                 signals, howl)}
TRAIN_STEADY = ["coloured", "coloured", "crooked", "gusts", "engine", "stepping"]


# ---- test ----

def white(rng, n):
    return rng.standard_normal(n)


def pink(rng, n):
    return tilted(rng, n, -3)


def car(rng, n):
    road = tilted(rng, n, -9) * envelope(rng, n, 0.5, 2)
    return road / np.std(road) + 0.3 * shaped(rng, n, lambda hz: resonance(hz, 900, 350)) + 0.4 * tones(n, [33, 66, 99, 132])


def rain(rng, n):
    x = np.zeros(n)
    at = rng.integers(0, n, n // 60)
    x[at] = rng.standard_normal(len(at)) ** 3
    return np.convolve(x, np.exp(-np.arange(24) / 5.0) * np.cos(np.arange(24)), mode="same") + 0.02 * rng.standard_normal(n)


def wind(rng, n):
    return shaped(rng, n, lambda hz: resonance(hz, 320, 120)) * envelope(rng, n, 0.7, 6)


def comfort(rng, n):
    """Comfort noise as a codec makes it: another spectrum every 160 ms."""
    out = []
    while len(out) * 1280 < n:
        c = rng.uniform(300, 1500)
        y = shaped(rng, 1280, lambda hz: 0.3 + resonance(hz, c, 900))
        out.append(y / np.std(y) * 10 ** (rng.normal(0, 1) / 20))
    return np.concatenate(out)[:n]


def organ(rng, n):
    x = np.zeros(n)
    at = 0
    while at < n:
        k = min(int(rng.uniform(1.0, 2.5) * RATE), n - at)
        root = 131 * 2 ** (rng.integers(0, 12) / 12)
        ramp = np.minimum(1, np.arange(1, k + 1) / 800.0)
        for step in (0, 4, 7, 12):
            f = root * 2 ** (step / 12)
            x[at:at + k] += tones(k, [f, 2 * f, 3 * f, 4 * f], [1, 0.6, 0.4, 0.3]) * ramp * ramp[::-1]
        at += k
    return x


def drums(rng, n):
    x = np.zeros(n)
    beat = int(RATE * 60 / rng.uniform(80, 140) / 2)
    for i, at in enumerate(range(0, n - 2000, beat)):
        t = np.arange(2000) / RATE
        if i % 4 == 0:
            x[at:at + 2000] += 2 * np.sin(2 * np.pi * (60 + 120 * np.exp(-t * 40)) * t) * np.exp(-t * 15)
        elif i % 4 == 2:
            x[at:at + 2000] += rng.standard_normal(2000) * np.exp(-t * 25)
        x[at:at + 2000] += 0.3 * np.diff(rng.standard_normal(2001)) * np.exp(-t * 80)
    return x


def clicks(rng, n):
    def click():
        k = rng.integers(16, 120)
        return np.exp(-np.arange(k) / rng.uniform(4, 25)) * np.cos(np.arange(k) * rng.uniform(0.3, 2.5))
    return events(rng, n, 1.5, click)


def keyboard(rng, n):
    def key():
        k = int(rng.uniform(0.05, 0.12) * RATE)
        e = np.zeros(k)
        for at in (0, k - 200):
            e[at:at + 200] += np.diff(rng.standard_normal(201)) * np.exp(-np.arange(200) / 40.0)
        return e
    return events(rng, n, 5, key)


def breaths(rng, n):
    """In and out, in turn, every three seconds."""
    def breath():
        k1, k2 = int(rng.uniform(0.3, 0.6) * RATE), int(rng.uniform(0.5, 0.9) * RATE)
        x1 = tilted(rng, k1, -1) * (np.arange(k1) / k1) ** 1.5
        x2 = tilted(rng, k2, -4) * np.exp(-3 * np.arange(k2) / k2) * np.minimum(1, np.arange(k2) / 800.0)
        return np.concatenate([x1 / (np.std(x1) + 1e-9), np.zeros(int(0.2 * RATE)), 0.6 * x2 / (np.std(x2) + 1e-9)])
    return events(rng, n, 0.35, breath)


def coughs(rng, n):
    def cough():
        k = int(rng.uniform(0.2, 0.45) * RATE)
        t = np.arange(k) / RATE
        burst = shaped(rng, k, lambda hz: 0.3 + 2 * resonance(hz, 700, 300) + resonance(hz, 1500, 500) + resonance(hz, 2700, 600))
        return burst * (np.exp(-t * 30) * 2 + np.exp(-((t - 0.12) / 0.06) ** 2))
    return events(rng, n, 0.6, cough)


def hum50(rng, n):
    return tones(n, [50 * h for h in range(1, 40)], [1.0 / h if h % 2 else 0.3 / h for h in range(1, 40)])


def dtmf(rng, n):
    x = np.zeros(n)
    at = 2000
    while at + 1600 < n:
        k = int(rng.choice([0.08, 0.1, 0.2]) * RATE)
        x[at:at + k] = tones(k, [rng.choice([697, 770, 852, 941]), rng.choice([1209, 1336, 1477, 1633])], [0.8, 1])
        at += k + int(rng.choice([0.08, 0.12, 0.3, 1.0]) * RATE)
    return x


def ringback_eu(rng, n):
    return tones(n, [425]) * cadence(n, const(1), const(4))


def ringback_us(rng, n):
    return tones(n, [440, 480]) * cadence(n, const(2), const(4))


def ringback_uk(rng, n):
    return tones(n, [400, 450]) * cadence(n, const(0.4), lambda: rng.choice([0.2, 2.0]))


def busy_eu(rng, n):
    return tones(n, [425]) * cadence(n, const(0.5), const(0.5))


def busy_us(rng, n):
    return tones(n, [480, 620]) * cadence(n, const(0.5), const(0.5))


def dial(rng, n):
    return tones(n, [350, 440])


def fax(rng, n):
    return tones(n, [1100]) * cadence(n, const(0.5), const(3)) + tones(n, [2100]) * cadence(n, const(3), const(5))


def information(rng, n):
    """Special information tone: three rising tones, a second of silence."""
    one = np.concatenate([tones(2640, [950]), tones(2640, [1400]), tones(2640, [1800]), np.zeros(8000)])
    return np.tile(one, n // len(one) + 1)[:n]


def barks(rng, n):
    def bark():
        k = int(rng.uniform(0.12, 0.25) * RATE)
        t = np.arange(k) / k
        ph = 2 * np.pi * np.cumsum(rng.uniform(350, 600) * (1 + 0.5 * np.sin(np.pi * t))) / RATE
        return (sum(np.sin(h * ph) / h for h in range(1, 6)) + 0.5 * rng.standard_normal(k)) * np.sin(np.pi * t)
    return events(rng, n, 0.8, bark)


def nothing(rng, n):
    return np.zeros(n)


def room(rng, n):
    return tilted(rng, n, -3.5)


TEST = {f.__name__: f for f in (nothing, room, white, pink, car, rain, wind, comfort, organ, drums, clicks, keyboard,
                                breaths, coughs, hum50, dtmf, ringback_eu, ringback_us, ringback_uk, busy_eu, busy_us,
                                dial, fax, information, barks)}
assert not set(TRAIN) & set(TEST)
