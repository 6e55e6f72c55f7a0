#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""train: the weights of vadd/net.c from the features that vadd/features.c computed.

    train.py --build DIR --root DIR [--seed N] [--epochs N]     train, tune, write vadd/weights.c
    train.py --root DIR --blank         only a table of zeros, so that the tools build after a change of shape

The threshold is set on the list `tune`, of the training half. `test` is not read.
"""
import argparse
import os
import subprocess
import time

import numpy as np

FRAME = 160
HEAD = """/* SPDX-License-Identifier: ISC */
/*
 * Written by train/train.py, not by hand. %s
 *
 * Data: vadd/train/data.py, lists fit and tune: %s
 * Sources and licences: vadd/train/README.md; speech of Debian's asterisk-core-sounds-{en,es,fr} (CC BY-SA 3.0),
 * asterisk-prompt-it-menardi (CC BY-SA 3.0 IT), klettres-data and ktuberling-data (GPL 2 or later, GFDL, CC BY, CC0),
 * fillets-ng-data-nl (GPL 2 or later), flite (BSD-like), espeak-ng (output of a GPL 3 program); and of the
 * Free Spoken Digit Dataset (CC BY-SA 4.0). No recording is in here.
 */
#include "vadd/net.h"

"""


def tool(args, name, *argv):
    path = "%s/.build/vad/%s" % (args.root, name)
    subprocess.run(["make", "-s", "--no-print-directory", "-C", args.root, path], check=True)
    return subprocess.run([path, *argv], check=True, capture_output=True, text=True).stdout


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


def model_of(torch, n, units):
    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.dense = torch.nn.Linear(n, units)
            self.gru = torch.nn.GRU(units, units, batch_first=True)
            self.out = torch.nn.Linear(units, 1)

        def forward(self, x, h=None):
            y, h = self.gru(torch.tanh(self.dense(x)), h)
            return self.out(y).squeeze(-1), h
    return Net()


def weights_of(model, mean, std, bias):
    """As net.c wants them: the scaling of the features folded into the first layer."""
    p = {k: v.detach().numpy().astype(np.float64) for k, v in model.named_parameters()}
    dense = p["dense.weight"].T / std[:, None]
    return {
        "dense": dense, "dense_bias": p["dense.bias"] - mean @ dense,
        "input": p["gru.weight_ih_l0"].T, "input_bias": p["gru.bias_ih_l0"],
        "hidden": p["gru.weight_hh_l0"].T, "hidden_bias": p["gru.bias_hh_l0"],
        "out": p["out.weight"][0], "out_bias": p["out.bias"][0] - bias,
    }


def fit(torch, args, data, model, mean, std):
    rng = np.random.default_rng(args.seed)
    chunk, batch = 300, 40
    rounds = max(1, len(data) // batch)
    steps = args.epochs * rounds * -(-max(len(x) for x, *_ in data) // chunk)
    opt = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-3)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, 6e-3, total_steps=steps, pct_start=0.1)
    loss_of = torch.nn.BCEWithLogitsLoss(reduction="none")
    for epoch in range(args.epochs):
        order, total, count, t = rng.permutation(len(data)), 0.0, 0, time.time()
        for r in range(rounds):
            mine = [data[i] for i in order[r * batch:(r + 1) * batch]]
            longest = max(len(x) for x, *_ in mine)
            x = np.zeros((len(mine), longest, len(mean)), np.float32)
            y, w = np.zeros(x.shape[:2], np.float32), np.zeros(x.shape[:2], np.float32)
            for i, (a, b, *_) in enumerate(mine):
                x[i, :len(a)] = (a - mean) / std
                y[i, :len(a)] = b
                w[i, :len(a)] = weight_of(b)
            x, y, w = torch.from_numpy(x), torch.from_numpy(y), torch.from_numpy(w)
            h = None
            for at in range(0, longest, chunk):
                z, h = model(x[:, at:at + chunk], h)
                part = w[:, at:at + chunk]
                loss = (loss_of(z, y[:, at:at + chunk]) * part).sum() / (part.sum() + 1)
                opt.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
                opt.step()
                sched.step()
                h = h.detach()
                total += float(loss)
                count += 1
        print("train: epoch %d loss %.4f, %.0f s" % (epoch + 1, total / count, time.time() - t), flush=True)


def weight_of(y):
    """Onsets count more (late is worse than a hole), and sounds in strings without speech."""
    w = np.ones(len(y), np.float32)
    on = np.flatnonzero((y[1:] > 0) & (y[:-1] == 0)) + 1
    for i in on:
        if y[max(0, i - 25):i].max(initial=0) == 0:
            w[i:i + 5] = 2.5
    if y.max(initial=0) == 0:
        w *= 1.5
    return w


def tune(torch, args, data, model, mean, std):
    """The bias at which recall in speech and quiet outside of it are worth most, over the conditions of `tune`."""
    pos, neg, quiet = [], [], []
    with torch.no_grad():
        for x, y, condition, _ in data:
            z = model(torch.from_numpy((x - mean) / std).float()[None])[0][0].numpy()
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
    p.add_argument("--epochs", type=int, default=16)
    p.add_argument("--quiet", type=float, default=0.5, help="what a frame of no-speech is worth")
    p.add_argument("--blank", action="store_true")
    p.add_argument("--retune", action="store_true", help="only the threshold, with the model of the last time")
    args = p.parse_args()
    shape = shape_of(args.root)
    n, units = shape[1], shape[2]
    if args.blank:
        w = {"dense": np.zeros((n, units)), "dense_bias": np.zeros(units), "input": np.zeros((units, 3 * units)),
             "input_bias": np.zeros(3 * units), "hidden": np.zeros((units, 3 * units)),
             "hidden_bias": np.zeros(3 * units), "out": np.zeros(units), "out_bias": 0.0}
        write(args, shape, w, HEAD % ("Zeros.", "none."))
        return
    import torch
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    for name in ("fit", "tune"):
        tool(args, "dump", "%s/%s.list" % (args.build, name))
    model = model_of(torch, n, units)
    saved = args.build + "/model.pt"
    if args.retune:
        keep = torch.load(saved)
        model.load_state_dict(keep["model"])
        mean, std = keep["mean"], keep["std"]
    else:
        data = load(args, "fit", n)
        every = np.concatenate([x for x, *_ in data])
        mean, std = every.mean(axis=0).astype(np.float64), every.std(axis=0).astype(np.float64) + 1e-3
        hours = len(every) / 50 / 3600
        del every
        fit(torch, args, data, model, mean, std)
        torch.save({"model": model.state_dict(), "mean": mean, "std": std, "hours": hours}, saved)
    bias = tune(torch, args, load(args, "tune", n), model, mean, std)
    hours = torch.load(saved)["hours"]
    write_checked(args, shape, weights_of(model, mean, std, bias),
                  HEAD % ("Seed %d, %d epochs, torch %s." % (args.seed, args.epochs, torch.__version__),
                          "%.1f hours, threshold at %.1f." % (hours, bias)))


if __name__ == "__main__":
    main()
