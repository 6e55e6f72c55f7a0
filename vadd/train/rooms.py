# SPDX-License-Identifier: ISC
"""rooms: what stands between a mouth and the line: walls, microphones, breath, automatic gain, codecs.

Samples are floats at 8 kHz; speech has a power of about 1 unless said otherwise.
"""
import subprocess
import tempfile

import numpy as np

import sounds

RATE = 8000


def convolved(x, h):
    n = len(x) + len(h) - 1
    size = 1 << (n - 1).bit_length()
    return np.fft.irfft(np.fft.rfft(x, size) * np.fft.rfft(h, size), size)[:len(x)]


def reverb(rng, x, seconds=None):
    """Direct sound, a few early echoes, a tail that falls by 60 dB in `seconds` and gets darker."""
    seconds = seconds or rng.uniform(0.12, 0.8)
    n = int(seconds * RATE)
    t = np.arange(n) / RATE
    h = rng.standard_normal(n) * 10 ** (-3 * t / seconds)
    dark = rng.uniform(0.0, 0.8)
    h[1:] += dark * h[:-1]
    h[:int(rng.uniform(0.002, 0.02) * RATE)] = 0
    for _ in range(rng.integers(2, 8)):
        h[int(rng.uniform(0.001, 0.03) * RATE)] += rng.uniform(-1, 1) * 6
    h *= 10 ** (-rng.uniform(-3, 15) / 20) / np.sqrt(np.sum(h * h))
    h[0] = 1
    y = convolved(x, h)
    return y / np.sqrt(1 + np.sum(h[1:] ** 2))


def microphone(rng, x):
    """A crooked frequency response."""
    hz = np.fft.rfftfreq(len(x), 1 / RATE)
    at = np.array([0, 150, 300, 600, 1200, 2000, 3000, 4000.0])
    db = np.cumsum(rng.normal(0, 1.5, len(at)))
    db += rng.uniform(-3, 3) * np.log2(np.maximum(at, 100) / 1000)
    return np.fft.irfft(np.fft.rfft(x) * 10 ** (np.interp(hz, at, db - np.mean(db[2:7])) / 20), len(x))


def drawled(x, factor):
    """The same pitch, but factor times as long: by pieces of 40 ms that are laid where they fit (WSOLA)."""
    n, hop, most = len(x), 160, 100
    window = np.hanning(2 * hop)
    out = np.zeros(int(n * factor) + 4 * hop)
    at, last = 0, 0
    while at + 2 * hop < len(out):
        want = int(at / factor)
        if want + 2 * hop + most >= n:
            break
        if at > 0:
            low = max(0, want - most)
            fit = np.correlate(x[low:want + most + hop], x[last + hop:last + 2 * hop], mode="valid")
            want = low + int(np.argmax(fit))
        out[at:at + 2 * hop] += x[want:want + 2 * hop] * window
        last = want
        at += hop
    return out[:int(n * factor)]


def texture(rng, n, backgrounds):
    """Steady noise with the spectrum of a place where somebody recorded; power 1."""
    x = backgrounds[rng.integers(len(backgrounds))]
    parts = x[:len(x) // 256 * 256].reshape(-1, 256) if len(x) >= 256 else x[None, :]
    power = np.sqrt(np.mean(np.abs(np.fft.rfft(parts * np.hanning(parts.shape[1]), axis=1)) ** 2, axis=0))
    hz = np.linspace(0, RATE / 2, len(power))
    y = sounds.shaped(rng, n, lambda f: np.interp(f, hz, power))
    if rng.random() < 0.3:
        y *= sounds.envelope(rng, n, rng.uniform(0.1, 1), rng.uniform(0.5, 2))
    return y / (np.std(y) + 1e-9)


def looped(rng, n, backgrounds):
    """A piece of such a place over and over, faded into itself; power 1."""
    x = backgrounds[rng.integers(len(backgrounds))]
    fade = min(400, len(x) // 4)
    ramp = np.sqrt(np.linspace(0, 1, fade))
    out = np.zeros(n + 2 * len(x))
    at = 0
    while at < n:
        y = x.copy() if rng.random() < 0.5 else x[::-1].copy()
        y[:fade] *= ramp
        y[-fade:] *= ramp[::-1]
        out[at:at + len(y)] += y
        at += len(y) - fade
    return out[:n] / (np.std(out[:n]) + 1e-9)


def breath(rng):
    """Air drawn in through the mouth before a sentence; power 1 at its height."""
    k = int(rng.uniform(0.15, 0.6) * RATE)
    t = np.arange(k) / k
    c, w = rng.uniform(700, 2200), rng.uniform(400, 1500)
    y = sounds.shaped(rng, k, lambda hz: 0.05 + sounds.resonance(hz, c, w) + rng.uniform(0, 0.5) * sounds.resonance(hz, 2.3 * c, w))
    return y / (np.std(y) + 1e-9) * t ** rng.uniform(0.3, 1.5) * np.minimum(1, (1 - t) * rng.uniform(5, 30))


def breaths_before(rng, x, ranges, share, db):
    """Breaths before some of the utterances: no speech, whatever the ear makes of it."""
    last = 0
    for a, b in ranges:
        y = breath(rng) * 10 ** (rng.uniform(*db) / 20)
        start = a - len(y) - int(rng.uniform(0.0, 0.15) * RATE)
        if rng.random() < share and start > last + 800:
            x[start:start + len(y)] += y
        last = b


def automatic_gain(rng, x):
    """Slow: the pauses rise, the first words after them are loud."""
    step = 80
    n = len(x) // step
    level = np.sqrt((x[:n * step].reshape(n, step) ** 2).mean(axis=1) + 1e-8)
    up, down, most = rng.uniform(0.003, 0.02), rng.uniform(0.05, 0.4), 10 ** (rng.uniform(6, 18) / 20)
    e, gain = 0.5, np.empty(n)
    for i in range(n):
        e += (down if level[i] > e else up) * (level[i] - e)
        gain[i] = min(most, 1 / (e + 1e-3))
    g = np.interp(np.arange(len(x)), np.arange(n) * step, gain)
    return x * g


def suppressor(rng, x, ranges):
    """A telephone that turns its noise down, or sends comfort noise, where it finds no speech."""
    n = len(x)
    keep = np.zeros(n)
    for a, b in ranges:
        keep[max(0, a - int(rng.uniform(0, 0.06) * RATE)):b + int(rng.uniform(0.05, 0.4) * RATE)] = 1
    smooth = np.ones(240) / 240
    keep = np.convolve(keep, smooth, mode="same")
    low = 10 ** (-rng.uniform(6, 40) / 20)
    y = x * (low + (1 - low) * keep)
    if rng.random() < 0.4:
        comfort = sounds.crooked(rng, n)
        y += comfort / np.std(comfort) * 10 ** (-rng.uniform(35, 60) / 20) * (1 - keep)
    return y


def overdriven(rng, x):
    top = np.percentile(np.abs(x), rng.uniform(97, 99.8))
    return np.clip(x, -top, top)


def gsm(pcm):
    """16-bit samples through the coding of GSM and back, by sox."""
    with tempfile.TemporaryDirectory() as d:
        raw = ["-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1"]
        subprocess.run(["sox", "-D", "-V1", *raw, "-", "-t", "gsm", d + "/x"], input=pcm.astype("<i2").tobytes(), check=True)
        out = subprocess.run(["sox", "-D", "-V1", "-t", "gsm", d + "/x", *raw, "-"], capture_output=True, check=True).stdout
    y = np.frombuffer(out, "<i2")[:len(pcm)]
    return np.concatenate([y, np.zeros(len(pcm) - len(y), "<i2")])
