#!/usr/bin/env python3
"""Measure an exported model with whisper-cli; the same clips every time.

    python eval.py --bin run/final.bin            # the whole table, about 4 minutes on 2 cores
    python eval.py --bin run/last.bin --quick     # 40 clips in one line, 10 seconds
    python eval.py --bin x.bin --only unseen,an4   # some rows

seen, unseen   one sentence never trained on, by voices trained on / never trained on
an4, fsdd      recorded speakers that are never trained on (AN4: of the train split)
partial        the audio cut at a random moment; reference = the words wholly spoken
multi          two or three sentences with pauses
long           windows of 15 s filled with sentences
full           as seen, but audio_ctx 1500 (whisper's 30 s)
noise          silence, noise, hum, tones, chords, melodies, clicks, babble: inserted words (should be 0)

Everything but "full" runs with -ac = ceil(samples / 320) + 8.
Greedy, no fallback, no flash attention (see the README): -bs 1 -bo 1 -nf -nfa.
"""
import argparse, concurrent.futures as cf, math, os, pickle, random, re, subprocess, tempfile, wave
import numpy as np

CLI = os.environ.get("WHISPER_CLI", "whisper-cli")
SR = 16000
SEEN, UNSEEN = ["seen-us", "seen-slt"], ["unseen-espeak-f4", "unseen-espeak-m5", "unseen-flite-kal16"]


def write_wav(path, x):
    with wave.open(path, "wb") as w:
        w.setnchannels(1), w.setsampwidth(2), w.setframerate(SR)
        w.writeframes((np.clip(x, -1, 1) * 32767).astype(np.int16).tobytes())


def norm(s):
    return re.sub(r"[^a-z' ]", " ", s.lower()).split()


def edits(ref, hyp):
    """(edits, substitutions, deletions, insertions) of the best alignment"""
    d = [(j, 0, 0, j) for j in range(len(hyp) + 1)]
    for i in range(1, len(ref) + 1):
        n = [(i, 0, i, 0)]
        for j in range(1, len(hyp) + 1):
            a, b, c = d[j - 1], d[j], n[j - 1]
            if ref[i - 1] == hyp[j - 1]:
                best = a
            else:
                best = min((a[0] + 1, a[1] + 1, a[2], a[3]), (b[0] + 1, b[1], b[2] + 1, b[3]), (c[0] + 1, c[1], c[2], c[3] + 1))
            n.append(best)
        d = n
    return d[-1]


def AC(n):
    """audio_ctx for n samples: 20 ms a position, and 8 positions to spare"""
    return min(1500, math.ceil(n / 320) + 8)


def pcm(u):
    return u["pcm"].astype(np.float32) / 32767


def z(s):
    return np.zeros(int(s * SR), np.float32)


def load(d, s):
    return pickle.load(open(os.path.join(d, s + ".pkl"), "rb"))


def clips(kind, us, n):
    """n clips of (samples, reference), the same for the same arguments"""
    r = random.Random("%s-%d" % (kind, len(us)))
    out = []
    for i in range(n):
        u = us[i % len(us)]
        lead = r.uniform(0.05, 0.4)
        if kind == "partial":
            x, words = pcm(u), u["text"].split()
            cut = lead + r.uniform(0.35, 0.95) * len(x) / SR
            out.append((np.concatenate([z(lead), x])[:int(cut * SR)], " ".join(w for w, e in zip(words, u["e"]) if e + lead <= cut)))
        elif kind in ("multi", "long", "fsdd"):
            same = [v for v in us if v["voice"] == u["voice"]]
            parts, text, sec = [z(lead)], [], lead
            want = r.randint(3, 7) if kind == "fsdd" else r.randint(2, 3) if kind == "multi" else 99
            while len(text) < want:
                v = u if not text else r.choice(same)
                gap = r.uniform(0.05, 0.25) if kind == "fsdd" else r.uniform(0.25, 0.9)
                if kind == "long" and sec + len(v["pcm"]) / SR + 0.1 > 15:
                    break
                parts += [pcm(v), z(gap)]
                sec += len(v["pcm"]) / SR + gap
                text.append(v["text"])
            x = np.concatenate(parts + [z(15)])[:15 * SR] if kind == "long" else np.concatenate(parts)
            out.append((x, " ".join(text)))
        else:
            out.append((np.concatenate([z(lead), pcm(u), z(r.uniform(0.1, 0.5))]), u["text"]))
    return out


def noises(test, lengths):
    """Sounds made here, by other code than the training's"""
    g, out = np.random.default_rng(5), []
    from scipy.signal import butter, lfilter
    us = load(test, "seen-slt")
    for sec in lengths:
        n = sec * SR
        t = np.arange(n) / SR
        wn = g.standard_normal(n)
        fan = lfilter(*butter(2, [80 / 8000, 900 / 8000], "band"), wn)
        keys = np.zeros(n)
        for p in g.integers(0, n - 400, 6 * sec):
            keys[p:p + 400] += g.standard_normal(400) * np.exp(-np.arange(400) / 50) * g.uniform(.1, .4)
        clap = np.zeros(n)
        for p in g.integers(0, n - 700, 90 * sec):
            clap[p:p + 700] += g.standard_normal(700) * np.exp(-np.arange(700) / 90) * g.uniform(.02, .1)
        bab = np.zeros(n)
        for k in range(5):
            y = np.concatenate([pcm(us[(7 * k + j) % len(us)])[::-1] for j in range(2 + sec)])[:n]
            bab[:len(y)] += y * 0.03
        mel = np.array([262, 294, 330, 349, 392, 440, 494, 523])[(t * 3).astype(int) % 8]
        out += [("silence", 0 * t), ("white-40", 0.01 * wn), ("white-20", 0.1 * wn), ("fan", 0.05 * fan / fan.std()), ("tone", 0.3 * np.sin(6.28318 * 440 * t)),
                ("hum", 0.05 * np.sin(6.28318 * 50 * t) + 0.02 * np.sin(6.28318 * 150 * t) + 0.003 * wn),
                ("chord", 0.1 * sum(np.sin(6.28318 * f * t) for f in (262, 330, 392))), ("melody", 0.3 * np.sin(6.28318 * np.cumsum(mel) / SR)),
                ("keys", keys), ("applause", clap), ("babble", bab)]
    return [(x.astype(np.float32), "", name) for name, x in out]


def transcribe(binf, xs, extra, full=False, jobs=2):
    with tempfile.TemporaryDirectory() as d:
        def one(i):
            w = os.path.join(d, "%d.wav" % i)
            write_wav(w, xs[i])
            subprocess.run([CLI, "-m", binf, "-t", "1", "-np", "-otxt", "-bs", "1", "-bo", "1", "-nf", "-nfa"]
                           + ([] if full else ["-ac", str(AC(len(xs[i])))]) + extra + ["-f", w], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            return open(w + ".txt").read().replace("\n", " ").strip() if os.path.exists(w + ".txt") else "<fail>"
        with cf.ThreadPoolExecutor(jobs) as ex:
            return list(ex.map(one, range(len(xs))))


def score(refs, hyps, verbose=False):
    tot = [0] * 5
    for ref, h in zip(refs, hyps):
        e = edits(norm(ref), norm(h))
        tot = [p + q for p, q in zip(tot, (len(norm(ref)),) + e)]
        if verbose and e[0]:
            print("   REF", ref, "\n   HYP", h)
    return tot


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--bin", required=True)
    ap.add_argument("--test", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "test"))
    ap.add_argument("--only", default="")
    ap.add_argument("--n", type=int, default=30, help="clips a voice")
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--extra", default="", help="more whisper-cli options")
    ap.add_argument("--quick", action="store_true")
    ap.add_argument("--label", default="")
    ap.add_argument("-v", action="store_true")
    a = ap.parse_args()
    extra, n = a.extra.split(), a.n
    if a.quick:
        parts = []
        for name, kind, sets, k in (("seen", "one", SEEN, 4), ("unseen", "one", UNSEEN, 3), ("an4", "one", ["dev-an4"], 8), ("fsdd", "fsdd", ["dev-fsdd"], 4),
                                    ("partial", "partial", SEEN, 2), ("multi", "multi", SEEN, 2)):
            cs = [c for s in sets for c in clips(kind, load(a.test, s)[::9 if "dev" in s else 1], k)]
            t = score([c[1] for c in cs], transcribe(a.bin, [c[0] for c in cs], extra, jobs=1))
            parts.append("%s %.0f" % (name, 100 * t[1] / t[0]))
        cs = noises(a.test, [3])[3:]
        parts.append("noise words %d" % sum(len(norm(h)) for h in transcribe(a.bin, [c[0] for c in cs], extra, jobs=1)))
        print("WER %s  %%: %s" % (a.label, "  ".join(parts)), flush=True)
        return
    rows = [("seen", "one", SEEN, n), ("unseen", "one", UNSEEN, n), ("an4", "one", ["dev-an4"], 95), ("fsdd", "fsdd", ["dev-fsdd"], 40),
            ("partial", "partial", SEEN + UNSEEN[:1], n), ("multi", "multi", SEEN + UNSEEN[:1], n // 2),
            ("long", "long", SEEN, n // 3), ("full", "one", SEEN, n // 3)]
    print("| row | set | clips | words | WER % | sub | del | ins |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, kind, sets, k in rows:
        if a.only and name not in a.only.split(","):
            continue
        total, count = [0] * 5, 0
        for s in sets:
            us = load(a.test, s)
            if s == "dev-fsdd":      # both speakers by turns
                h = len(us) // 2
                us = [sorted(us, key=lambda u: u["voice"])[(i % 2) * h + (i // 2 * 37) % h] for i in range(len(us))]
            cs = clips(kind, us, k)
            t = score([c[1] for c in cs], transcribe(a.bin, [c[0] for c in cs], extra, name == "full", a.jobs), a.v)
            print("| %s | %s | %d | %d | %.1f | %d | %d | %d |" % (name, s, len(cs), t[0], 100 * t[1] / t[0], *t[2:]), flush=True)
            total, count = [p + q for p, q in zip(total, t)], count + len(cs)
        if len(sets) > 1:
            print("| **%s** | all | %d | %d | **%.1f** | %d | %d | %d |" % (name, count, total[0], 100 * total[1] / total[0], *total[2:]), flush=True)
    if not a.only or "noise" in a.only.split(","):
        cs = noises(a.test, [1, 3, 8, 15])
        hyp = transcribe(a.bin, [c[0] for c in cs], extra, jobs=a.jobs)
        bad = ["%s %d s: %s" % (c[2], len(c[0]) // SR, h) for c, h in zip(cs, hyp) if norm(h)]
        print("| noise | 11 kinds x 1, 3, 8, 15 s | %d | 0 | - | - | - | %d |" % (len(cs), sum(len(norm(h)) for h in hyp)))
        for b in bad:
            print("  ", b)


if __name__ == "__main__":
    main()
