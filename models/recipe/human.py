#!/usr/bin/env python3
"""Recorded speech into the banks' format: AN4 (training speakers only) and FSDD.

    python human.py          # writes bank3/an4.pkl, bank3/fsdd.pkl, test/dev-an4.pkl, test/dev-fsdd.pkl

An utterance is dict(text, voice, pcm, s, e); s and e (word times) are None for AN4.
Development speakers are never trained on; AN4's test split is not read at all.
"""
import csv, os, pickle
import numpy as np
import soundfile

AN4 = os.environ.get("AN4", "an4")      # folder with manifest.csv
FSDD = os.environ.get("FSDD", "fsdd/recordings")    # of the Free Spoken Digit Dataset; left out where absent
AN4_DEV = "fash fsaf2 mbmg mdxn mjdr mjes mmsh msmn".split()
FSDD_DEV = ["theo", "yweweler"]
DIGITS = "zero one two three four five six seven eight nine".split()


def read(path):
    x, rate = soundfile.read(path, dtype="float32")
    assert x.ndim == 1
    return x, rate


def onset(x):
    """first and last moment (s) of speech: 10 ms energy over a mark between floor and peak"""
    n = len(x) // 160
    e = 10 * np.log10((x[:n * 160].reshape(n, 160) ** 2).mean(1) + 1e-9)
    floor, top = np.percentile(e, 10), np.percentile(e, 97)
    on = np.nonzero(e > min(floor + 0.35 * (top - floor), top - 15))[0]
    return max(0, on[0] * 0.01 - 0.04), min(len(x) / 16000, (on[-1] + 1) * 0.01 + 0.05)


def an4_text(t):
    """letters stay capital words; the rest is lower case, then a capital and a full stop"""
    w = [x if len(x) == 1 else x.lower() for x in t.split()]
    w = [x.capitalize() if x in ("january february march april may june july august september october november december").split() else x for x in w]
    return " ".join([w[0][0].upper() + w[0][1:]] + w[1:]) + "."


def item(text, voice, x, timed):
    pk = np.abs(x).max()
    a, b = onset(x)
    lo, hi = max(0.0, a - 0.12), min(len(x) / 16000, b + 0.15)
    y = x[int(lo * 16000):int(hi * 16000)] * (0.5 / pk)
    # t0, t1: when the speech starts and ends within pcm
    d = dict(text=text, voice=voice, pcm=(y * 32767).astype(np.int16), s=None, e=None, t0=a - lo, t1=b - lo)
    if timed:
        d["s"], d["e"] = np.array([d["t0"]], np.float32), np.array([d["t1"]], np.float32)
    return d


def main():
    os.makedirs("bank3", exist_ok=True), os.makedirs("test", exist_ok=True)
    tr, dv = [], []
    for r in csv.DictReader(open(AN4 + "/manifest.csv")):
        if r["split"] == "test":
            continue
        x, sr = read(os.path.join(AN4, r["file"]))
        assert sr == 16000
        (dv if r["speaker"] in AN4_DEV else tr).append(item(an4_text(r["text"]), "an4-" + r["speaker"], x, False))
    out = {"bank3/an4.pkl": tr, "test/dev-an4.pkl": dv}
    from scipy.signal import resample_poly
    tr, dv = [], []
    for f in sorted(os.listdir(FSDD)) if os.path.isdir(FSDD) else []:
        if f.endswith(".wav"):
            d, who, k = f[:-4].split("_")
            x, sr = read(os.path.join(FSDD, f))
            (dv if who in FSDD_DEV else tr).append(item(DIGITS[int(d)], "fsdd-" + who, resample_poly(x, 16000, sr).astype(np.float32), True))
    out["bank3/fsdd.pkl"], out["test/dev-fsdd.pkl"] = tr, dv
    for p, us in out.items():
        pickle.dump(us, open(p + ".tmp", "wb"), protocol=4)
        os.rename(p + ".tmp", p)
        print(p, len(us), "utterances", "%.0f s" % (sum(len(u["pcm"]) for u in us) / 16000), sorted({u["voice"] for u in us})[:12])
    print([u["text"] for u in out["bank3/an4.pkl"][:12]])


if __name__ == "__main__":
    main()
