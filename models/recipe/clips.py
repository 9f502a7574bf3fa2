#!/usr/bin/env python3
"""Make the recordings: 16 kHz mono s16 FLAC + JSON with sentence and word times (python clips.py FOLDER).

Each clip names its voice and whether the model was trained on it.  Sentences are
synthesised one by one, so their offsets are exact; word starts are the engine's
own, a word ends where the next begins (the last with the sentence).
"""
import json, os, random, sys
import numpy as np
import soundfile
import data

OUT = sys.argv[1] if len(sys.argv) > 1 else "clips"
MEETING = """Good morning everyone. Welcome to the open meeting. My name is Anna. Can you hear me?
This is a test of the live captions. We will start in five minutes. Our first speaker is Peter.
Please close the door. The first slide shows the plan. Thank you for listening.""".replace("\n", " ")
STATION = """The train to Amsterdam leaves from platform five at ten thirty. The bus to Utrecht is twenty minutes late.
The next train to London leaves from platform twelve at nine fifteen. Please go to platform seven.
It will rain in Rotterdam on Monday. The temperature is eighteen degrees.""".replace("\n", " ")


TALK = [(0, "Good morning everyone. Welcome to the open meeting. My name is Anna."), (1, "Good morning Anna. Can you hear me?"),
        (0, "This is a test of the live captions."), (1, "The first slide shows the plan."),
        (0, "The train to Amsterdam leaves from platform five at ten thirty. It will rain in Rotterdam on Monday."), (1, "Thank you for listening.")]


def sentences(text):
    out, cur = [], []
    for w in text.split():
        cur.append(w)
        if w[-1] in ".?":
            out.append(" ".join(cur))
            cur = []
    return out


def clip(name, texts, say, voice, seed, lead=0.5, gaps=(0.5, 1.1), min_len=None, noise=0.0):
    r = random.Random(seed)
    parts, pos, meta = [np.zeros(int(lead * 16000), np.float32)], lead, []
    for i, t in enumerate(texts):
        who = say[i % len(say)] if isinstance(say, list) else say
        pcm, s, e = data.finish(*who(t), t.split())
        x = pcm.astype(np.float32) / 32767
        ws = [dict(word=w, start=round(float(pos + a), 3), end=round(float(pos + b), 3)) for w, a, b in zip(t.split(), s, e)]
        meta.append(dict(text=t, start=ws[0]["start"], end=ws[-1]["end"], words=ws))
        g = int(r.uniform(*gaps) * 16000)
        parts += [x, np.zeros(g, np.float32)]
        pos += (len(x) + g) / 16000
        if min_len and pos >= min_len:
            break
    x = np.concatenate(parts)
    if noise:
        x = x + noise * np.random.default_rng(seed).standard_normal(len(x)).astype(np.float32)
    save(name, x, dict(voice=voice, text=" ".join(m["text"] for m in meta), sentences=meta))


def save(name, x, meta):
    pcm = (np.clip(x, -1, 1) * 32767).astype(np.int16)
    soundfile.write(os.path.join(OUT, name + ".flac"), pcm, 16000, subtype="PCM_16")
    d = dict(file=name + ".flac", sample_rate=16000, duration=round(len(x) / 16000, 3), **meta)
    with open(os.path.join(OUT, name + ".json"), "w") as f:
        json.dump(d, f, indent=1)
        f.write("\n")
    print(name, d["duration"], len(d["text"].split()), "words")


def main():
    os.makedirs(OUT, exist_ok=True)
    slt, es = data.Flite("slt"), data.Espeak()
    a = lambda t: slt.say(t, 1.05, 167)
    b = lambda t: es.say(t, "en-us", 160, 50, 50)
    clip("meeting-slt", sentences(MEETING), a, "flite slt (trained on)", 1)
    clip("station-slt", sentences(STATION), a, "flite slt (trained on)", 2)
    clip("meeting-us", sentences(MEETING), b, "espeak-ng en-us (trained on)", 3)
    clip("station-us-noisy", sentences(STATION), b, "espeak-ng en-us (trained on), white noise at about 30 dB SNR", 4, noise=0.003)
    f4 = lambda t: es.say(t, "en-us+f4", 155, 50, 50)
    said = [(who, t) for who, text in TALK for t in sentences(text)]
    clip("demo", [t for _, t in said], [(a, b)[who] for who, _ in said], "flite slt and espeak-ng en-us (trained on), in turn", 11, gaps=(0.45, 0.9))
    r = random.Random(78)
    held = [data.sentence(r, True) for _ in range(200)]
    clip("bench", held, [a] * 4 + [b] * 4 + [f4] * 2, "flite slt, espeak-ng en-us (trained on), espeak-ng en-us+f4 (never trained on); sentences never trained on", 12,
         gaps=(0.4, 1.6), min_len=239, noise=0.001)
    r = random.Random(77)
    held = [data.sentence(r, True) for _ in range(100)]     # sentences never trained on
    clip("two-minutes-slt", held, a, "flite slt (trained on), sentences never trained on", 5, gaps=(0.4, 1.6), min_len=119)
    clip("short-3s-slt", ["Good morning everyone.", "Can you hear me?"], a, "flite slt (trained on)", 6, lead=0.2, gaps=(0.3, 0.4))
    clip("ten-seconds-slt", sentences(STATION)[:2], a, "flite slt (trained on)", 7, lead=0.2, gaps=(0.3, 0.5))
    rms = data.Flite("rms")
    clip("meeting-rms", sentences(MEETING), lambda t: rms.say(t, 1.05, 95), "flite rms (trained on)", 8)
    clip("meeting-f4", sentences(MEETING), f4, "espeak-ng en-us+f4 (never trained on)", 9)
    clip("station-m5", sentences(STATION), lambda t: es.say(t, "en+m5", 150, 50, 50), "espeak-ng en+m5 (never trained on)", 10)
    g = np.random.default_rng(3)
    t = np.arange(16000 * 4) / 16000
    x = np.concatenate([np.zeros(16000 * 4), 0.01 * g.standard_normal(16000 * 4), 0.1 * g.standard_normal(16000 * 4),
                        0.2 * np.sin(2 * np.pi * 440 * t), 0.1 * sum(np.sin(2 * np.pi * f * t) for f in (262, 330, 392))])
    save("silence-noise", x.astype(np.float32), dict(voice=None, text="", sentences=[],
         parts=["silence 0-4 s", "white noise -40 dBFS 4-8 s", "white noise -20 dBFS 8-12 s", "440 Hz tone 12-16 s", "chord 16-20 s"]))


if __name__ == "__main__":
    main()
