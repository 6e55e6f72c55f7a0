# SPDX-License-Identifier: ISC
# What suppress.sh asks of three recordings of one call.
#   suppress.py SAID.wav RECORDED.wav REQUESTS off|on
# SAID: callsim's, left what the caller sent, from before the socket was open on. RECORDED: sockd's, left what it heard. REQUESTS: what an stt engine got.
# Prints a line for each fact, or why it is none and exits 1.
import array
import json
import operator
import sys
import wave

PIECE = 400


def left(path):
    with wave.open(path) as w:
        samples = array.array("h", w.readframes(w.getnframes()))
        return samples[::w.getnchannels()], w.getframerate()


def utterances(path):
    with open(path, "rb") as f:
        for line in f:
            request = json.loads(line)
            pcm = f.read(request.get("bytes", 0))
            if request.get("op") == "stt":
                yield array.array("h", pcm), request["rate_hz"]


def need(fact, true):
    if not true:
        sys.exit(fact)
    print(fact)


def where(piece, samples):
    """Where samples are most like the piece."""
    best, at = 0, -1
    for i in range(len(samples) - PIECE):
        like = sum(map(operator.mul, piece, samples[i:i + PIECE]))
        if like > best:
            best, at = like, i
    return at


def loudest(samples):
    steps = range(0, len(samples) - PIECE, PIECE)
    return max(steps, key=lambda i: sum(map(operator.mul, samples[i:i + PIECE], samples[i:i + PIECE])))


def power(samples):
    return sum(map(operator.mul, samples, samples)) / len(samples) + 1e-9


said, rate = left(sys.argv[1])
recorded, rate_recorded = left(sys.argv[2])
heard = list(utterances(sys.argv[3]))
need("there are utterances", len(heard) > 0)
heard, rate_heard = heard[0]
need("all have one rate", rate == rate_recorded == rate_heard)
need("the recording is what the caller said, to the bit", recorded[:-rate // 5].tobytes() in said.tobytes())
exact = heard.tobytes() in said.tobytes()
if sys.argv[4] == "off":
    need("the utterance is what the caller said, to the bit", exact)
    sys.exit(0)
need("the utterance is not what the caller said", not exact)
a, half = loudest(heard), len(heard) // 2
b = half + loudest(heard[half:]) if a < half else loudest(heard[:half])
from_, other = where(heard[a:a + PIECE], said) - a, where(heard[b:b + PIECE], said) - b
need("the voice is where it was, early and late", from_ == other and from_ >= 0)
same = said[from_:from_ + len(heard)]
quiet = rate // 5                       # of the 300 ms before the voice
need("the noise before it is lower by 8 dB", power(same[:quiet]) > 6.3 * power(heard[:quiet]))
need("the voice is as loud as it was", 0.8 < power(same) / power(heard) < 1.6)
