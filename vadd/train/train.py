#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""train: the weights of vadd/net.c, by learn.c, from the features that vadd/features.c computed.

    train.py --build DIR --root DIR [--seed N] [--epochs N]     train, tune, write vadd/weights.c
    train.py --root DIR --blank         only a table of zeros, so that the tools build after a change of shape

The threshold is set on the list `tune`, of the training half. `test` is not read.
"""
import argparse
import os
import subprocess

import numpy as np

FRAME = 160
HEAD = """/* SPDX-License-Identifier: ISC */
/*
 * Written by train/train.py, not by hand. %s
 *
 * Data: vadd/train/data.py, lists fit and tune: %s
 * Sources and licences: vadd/train/README.md. Speech of Debian's asterisk-core-sounds-{en,es,fr} (CC BY-SA 3.0),
 * asterisk-prompt-it-menardi (CC BY-SA 3.0 IT), asterisk-prompt-es-co (GPL 2), klettres-data and ktuberling-data
 * (GPL 2 or later, GFDL, CC BY, CC0), tuxpaint-stamps-default (GPL 2 or later), fillets-ng-data-nl (GPL 2 or later),
 * flight-of-the-amazon-queen (free to modify and distribute with notice), flite (BSD-like), espeak-ng (output of a GPL 3
 * program), and the Free Spoken Digit Dataset (CC BY-SA 4.0); sounds of lincity-ng-data (GPL 2 or later, CC BY-SA 2.0),
 * wesnoth-music (GPL 2 or later, CC BY-SA 4.0), drascula-music (free to modify and distribute with notice) and
 * sonic-pi-samples (CC0). No recording is in here.
 */
#include "vadd/net.h"

"""


def tool(args, name, *argv, show=False):
    path = "%s/.build/vad/%s" % (args.root, name)
    subprocess.run(["make", "-s", "--no-print-directory", "-C", args.root, path], check=True)
    return subprocess.run([path, *argv], check=True, stdout=None if show else subprocess.PIPE, text=True).stdout


def shape_of(root):
    """FEATURES_VERSION, FEATURES_COUNT, NET_UNITS as the headers have them."""
    c = '#include <stdio.h>\n#include "vadd/net.h"\nint main(void) { printf("%d %d %d", FEATURES_VERSION, FEATURES_COUNT, NET_UNITS); }'
    out = root + "/.build/vad/shape"
    os.makedirs(os.path.dirname(out), exist_ok=True)
    subprocess.run(["cc", "-I", root, "-x", "c", "-", "-o", out], input=c.encode(), check=True)
    return [int(x) for x in subprocess.run([out], check=True, capture_output=True).stdout.split()]


def rows(name, a):
    text = ["%sf" % np.format_float_scientific(np.float32(v), unique=True) for v in np.asarray(a).reshape(-1)]
    lines = [", ".join(text[i:i + 8]) for i in range(0, len(text), 8)]
    return "\t.%s = {\n\t\t%s\n\t},\n" % (name, ",\n\t\t".join(lines))


def write(args, shape, w, head, sum_="0", trial="0"):
    with open(args.root + "/vadd/weights.c.new", "w") as f:
        f.write(head)
        f.write("const struct net_weights net_weights = {\n\t.version = %d, .inputs = %d, .units = %d,\n" % tuple(shape))
        for name in ("dense", "dense_bias", "input", "input_bias", "hidden", "hidden_bias", "out"):
            a = w[name]
            if a.ndim == 2:
                f.write("\t.%s = {\n" % name)
                for row in a:
                    text = ["%sf" % np.format_float_scientific(np.float32(v), unique=True) for v in row]
                    f.write("\t\t{ %s },\n" % ",\n\t\t  ".join(", ".join(text[i:i + 8]) for i in range(0, len(text), 8)))
                f.write("\t},\n")
            else:
                f.write(rows(name, a))
        f.write("\t.out_bias = %sf,\n\t.sum = %s,\n\t.trial = %s\n};\n" %
                (np.format_float_scientific(np.float32(w["out_bias"]), unique=True), sum_, trial))
    os.rename(args.root + "/vadd/weights.c.new", args.root + "/vadd/weights.c")


def write_checked(args, shape, w, head):
    write(args, shape, w, head)
    sum_, trial = tool(args, "trial").split()[:2]
    write(args, shape, w, head, sum_, trial)
    said = tool(args, "trial").split()[2]
    assert said == "right", said


def load(args, name, nfeatures):
    """[(features, label)] of a list; a label is the share of the frame that is speech."""
    out = []
    for line in open("%s/%s.list" % (args.build, name)):
        path, condition, kind = line.rstrip("\n").split("\t")
        x = np.fromfile(path[:-4] + ".feat", "<f4").reshape(-1, nfeatures)
        y = np.zeros(len(x) * FRAME, np.float32)
        for r in open(path[:-4] + ".lab"):
            a, b = (int(v) for v in r.split())
            y[a:b] = 1
        out.append((x, y.reshape(-1, FRAME).mean(axis=1), condition, kind))
    return out


SHAPES = (("dense", "nu"), ("dense_bias", "u"), ("input", "ug"), ("input_bias", "g"), ("hidden", "ug"), ("hidden_bias", "g"),
          ("out", "u"), ("out_bias", ""))


def read_weights(path, n, units):
    flat, at, out = np.fromfile(path, "<f4").astype(np.float64), 0, {}
    size = {"n": n, "u": units, "g": 3 * units}
    for name, dims in SHAPES:
        shape = [size[d] for d in dims]
        k = int(np.prod(shape, dtype=int))
        out[name] = flat[at:at + k].reshape(shape)
        at += k
    assert at == len(flat), path
    return out


def scaled(w, mean, std, bias):
    """For features as they come: their scaling is folded into the first layer."""
    dense = w["dense"] / std[:, None]
    return {**w, "dense": dense, "dense_bias": w["dense_bias"] - mean @ dense, "out_bias": w["out_bias"] - bias}


def squash(x):
    return 1 / (1 + np.exp(-np.clip(x, -30, 30)))


def answers(w, data, mean, std):
    """The output of the network for each string, all strings beside each other."""
    units, longest = len(w["out"]), max(len(x) for x, *_ in data)
    x = np.zeros((longest, len(data), len(mean)), np.float32)
    for i, (a, *_) in enumerate(data):
        x[:len(a), i] = (a - mean) / std
    h, z = np.zeros((len(data), units)), np.zeros((longest, len(data)))
    for t in range(longest):
        g = np.tanh(x[t] @ w["dense"] + w["dense_bias"]) @ w["input"] + w["input_bias"]
        p = h @ w["hidden"] + w["hidden_bias"]
        r, u = squash(g[:, :units] + p[:, :units]), squash(g[:, units:2 * units] + p[:, units:2 * units])
        new = np.tanh(g[:, 2 * units:] + r * p[:, 2 * units:])
        h = new + u * (h - new)
        z[t] = h @ w["out"] + w["out_bias"]
    return [z[:len(a), i] for i, (a, *_) in enumerate(data)]


def fit(args, data, mean, std):
    path = args.build + "/fit.bin"
    with open(path, "wb") as f:
        np.array([len(data)], "<u4").tofile(f)
        for x, y, *_ in data:
            np.array([len(x)], "<u4").tofile(f)
            ((x - mean) / std).astype("<f4").tofile(f)
            y.astype("<f4").tofile(f)
            weight_of(y, args.still).astype("<f4").tofile(f)
    tool(args, "learn", path, args.build + "/fit.weights", str(args.seed), str(args.epochs), show=True)
    os.remove(path)


def weight_of(y, still):
    """Onsets count more (late is worse than a hole), and where nobody speaks for long."""
    w = np.ones(len(y), np.float32)
    on = np.flatnonzero((y[1:] > 0) & (y[:-1] == 0)) + 1
    for i in on:
        if y[max(0, i - 25):i].max(initial=0) == 0:
            w[i:i + 5] = 2.5
    spoken = np.convolve(y > 0, np.ones(401), mode="same") > 0.5 if len(y) > 401 else y > 0
    w[~spoken] *= still                 # 4 s from any speech
    return w


def tune(args, data, w, mean, std):
    """The bias at which recall in speech and quiet outside of it are worth most, over the conditions of `tune`."""
    pos, neg, quiet = [], [], []
    for (x, y, condition, _), z in zip(data, answers(w, data, mean, std)):
        if condition == "no-speech":
            quiet.append(z)
        elif not condition.startswith("babble-10"):
            pos.append(z[y > 0.5])
            neg.append(z[y <= 0.5])
    pos, neg, quiet = (np.concatenate(v) for v in (pos, neg, quiet))
    best = max(np.arange(-2, 3, 0.1), key=lambda b: (pos > b).mean() - (neg > b).mean() - args.quiet * (quiet > b).mean())
    print("tune: bias %.1f: recall %.3f, false %.3f, in no speech %.4f" %
          (best, (pos > best).mean(), (neg > best).mean(), (quiet > best).mean()))
    return float(best)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build")
    p.add_argument("--root", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--epochs", type=int, default=20)
    p.add_argument("--quiet", type=float, default=0.5, help="what a frame of no-speech is worth")
    p.add_argument("--still", type=float, default=2.0, help="what a frame counts where nobody speaks for long")
    p.add_argument("--blank", action="store_true")
    p.add_argument("--retune", action="store_true", help="only the threshold, with the model of the last time")
    args = p.parse_args()
    args.root, args.build = os.path.abspath(args.root), os.path.abspath(args.build or ".")
    shape = shape_of(args.root)
    n, units = shape[1], shape[2]
    if args.blank:
        w = {"dense": np.zeros((n, units)), "dense_bias": np.zeros(units), "input": np.zeros((units, 3 * units)),
             "input_bias": np.zeros(3 * units), "hidden": np.zeros((units, 3 * units)),
             "hidden_bias": np.zeros(3 * units), "out": np.zeros(units), "out_bias": 0.0}
        write(args, shape, w, HEAD % ("Zeros.", "none."))
        return
    for name in ("fit", "tune"):
        tool(args, "dump", "%s/%s.list" % (args.build, name))
    saved = args.build + "/scale.npz"
    if not args.retune:
        data = load(args, "fit", n)
        every = np.concatenate([x for x, *_ in data])
        mean, std = every.mean(axis=0).astype(np.float64), every.std(axis=0).astype(np.float64) + 1e-3
        hours = len(every) / 50 / 3600
        del every
        fit(args, data, mean, std)
        np.savez(saved, mean=mean, std=std, hours=hours)
    keep = np.load(saved)
    mean, std, hours = keep["mean"], keep["std"], float(keep["hours"])
    w = read_weights(args.build + "/fit.weights", n, units)
    bias = tune(args, load(args, "tune", n), w, mean, std)
    write_checked(args, shape, scaled(w, mean, std, bias),
                  HEAD % ("Seed %d, %d epochs." % (args.seed, args.epochs), "%.1f hours, threshold at %.1f." % (hours, bias)))


if __name__ == "__main__":
    main()
