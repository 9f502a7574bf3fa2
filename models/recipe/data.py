#!/usr/bin/env python3
"""Synthetic speech data for the demo model: grammar, TTS bank, log-mel, samples.

Everything here is seeded.  Three parts:

1. a closed-vocabulary generative GRAMMAR of caption-like English sentences;
2. a BANK of single sentences spoken by many TTS voices, each with word
   timings (espeak-ng and flite are driven in-process through ctypes, because
   their C API reports where every word starts);
3. the SAMPLER that glues 1..n sentences into an audio window, augments it,
   optionally cuts it in the middle of the speech, and returns whisper.cpp's
   log-mel plus decoder targets.

    python data.py bank --dir bank --seed 1          # build the TTS bank
    python data.py show                              # print example sentences
"""
import argparse, ctypes, hashlib, json, os, pickle, random, struct, sys, time
import numpy as np

SR = 16000
HOP = 160
N_FFT = 400
N_MELS = 80

# ---------------------------------------------------------------- vocabulary
UNITS = "zero one two three four five six seven eight nine".split()
TEENS = ("ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
         "eighteen nineteen").split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
ORD = ("first second third fourth fifth sixth seventh eighth ninth tenth "
       "twentieth thirtieth").split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = ("January February March April May June July August September "
          "October November December").split()
CITIES = "Amsterdam Utrecht London Paris Berlin Rotterdam Brussels".split()
NAMES = "Anna Peter Maria Thomas Emma David".split()
COLOURS = "red blue green yellow white black".split()
THINGS = "book table chair door window cup phone key bag car".split()
PLACES = "house garden room kitchen station office school".split()
DRINKS = "coffee water tea bread".split()
WEATHER = "cold warm sunny cloudy windy dry".split()
EVENTS = "meeting lecture class workshop demo talk".split()


def number(r, lo=0, hi=99):
    n = r.randint(lo, hi)
    return num_words(n)


def num_words(n):
    if n < 10:
        return UNITS[n]
    if n < 20:
        return TEENS[n - 10]
    return TENS[n // 10 - 2] + ("" if n % 10 == 0 else " " + UNITS[n % 10])


def clock(r):
    h = num_words(r.randint(1, 12))
    k = r.random()
    if k < 0.3:
        return h
    if k < 0.4:
        return "half past " + h
    return h + " " + r.choice([num_words(m) for m in range(10, 60)] + ["thirty", "fifteen", "forty five"] * 4)


def date(r):
    return "the " + r.choice(ORD) + " of " + r.choice(MONTHS)


def when(r):
    return r.choice(["today", "tomorrow", "tonight", "now",
                     "on " + r.choice(DAYS), "on " + r.choice(DAYS), "on " + r.choice(DAYS),
                     "in " + r.choice(MONTHS), "next week", "this " + r.choice(["morning", "afternoon", "evening", "week"]),
                     "at " + clock(r), "on " + date(r)])


def minutes(r):
    return number(r, 2, 59) + " minutes"


GRAMMAR = []
HOMOPHONES = {"for", "four", "to", "two"}  # only context tells them apart


def rule(weight):
    def deco(f):
        GRAMMAR.append((weight, f))
        return f
    return deco


@rule(5)
def greet(r):
    return r.choice([
        "good " + r.choice(["morning", "afternoon", "evening", "night"]) + r.choice(["", " everyone", " " + r.choice(NAMES), " everyone"]) + ".",
        "hello " + r.choice(["everyone", r.choice(NAMES)]) + ".",
        "welcome to " + r.choice(["the", "our", "this"]) + " " + r.choice(["open ", "first ", "next ", "new ", ""]) + r.choice(EVENTS) + ".",
        "welcome to " + r.choice(CITIES) + ".",
        "my name is " + r.choice(NAMES) + ".",
        "goodbye " + r.choice(["everyone", r.choice(NAMES)]) + ".",
        "see you " + when(r) + ".",
    ])


@rule(6)
def meeting(r):
    return r.choice([
        "can you hear me" + r.choice(["", " now"]) + "?",
        "can you see the " + r.choice(["screen", "slide", "captions", r.choice(THINGS)]) + "?",
        "thank you for " + r.choice(["listening", "coming", "your time", "your question", "your help"]) + ".",
        "thank you " + r.choice(["everyone", r.choice(NAMES), "very much"]) + ".",
        "the " + r.choice(EVENTS) + " " + r.choice(["starts", "begins", "ends"]) + " " + when(r) + ".",
        "the " + r.choice(EVENTS) + " " + r.choice(["starts", "begins", "ends"]) + " at " + clock(r) + ".",
        "we will " + r.choice(["start", "begin", "stop"]) + " in " + minutes(r) + ".",
        "the next " + r.choice(["speaker", "question"]) + " is from " + r.choice(NAMES + CITIES) + ".",
        "our " + r.choice(["next", "first", "last"]) + " speaker is " + r.choice(NAMES) + ".",
        "please " + r.choice(["open", "close"]) + " the " + r.choice(["door", "window", "book", "bag"]) + ".",
        "please turn " + r.choice(["on", "off"]) + " the " + r.choice(["light", "camera", "microphone", "phone"]) + ".",
        "this slide shows the " + r.choice(["plan", "results", "time", "new " + r.choice(["plan", "results"])]) + ".",
        "do you have " + r.choice(["a question", "time " + when(r), "the key", "more questions"]) + "?",
        "I have " + r.choice(["a", number(r, 2, 9) + " more", number(r, 2, 20)]) + " question" + "s" * 1 + "." if r.random() < .5 else "I have a question for " + r.choice(NAMES) + ".",
        "please speak " + r.choice(["slowly", "now", "in the microphone", "after the break"]) + ".",
        "we will have a break at " + clock(r) + ".",
        "let us " + r.choice(["start", "begin"]) + " with the " + r.choice(["first", "next", "last"]) + " " + r.choice(["question", "slide", "talk"]) + ".",
    ])


@rule(4)
def counting(r):
    k = r.random()
    if k < 0.25:
        n = r.randint(1, 6)
        return " ".join(num_words(n + i) for i in range(r.randint(2, 5))) + r.choice([" testing", "", ""]) + "."
    if k < 0.6:
        return r.choice(["the code is ", "my number is ", "the number is ", ""]) + " ".join(r.choice(UNITS) for _ in range(r.randint(2, 6))) + "."
    if k < 0.75:
        return r.choice(["testing ", "this is a test "]) + " ".join(num_words(i + 1) for i in range(r.randint(1, 4))) + "."
    return r.choice(["the number is ", "page ", "room ", "we have "]) + number(r) + "."


@rule(5)
def station(r):
    c = r.choice(CITIES)
    v = r.choice(["train", "train", "bus"])
    return r.choice([
        "the " + r.choice(["", "next ", "last ", "first "]) + v + " to " + c + " leaves from platform " + number(r, 1, 20) + " at " + clock(r) + ".",
        "the " + r.choice(["", "next ", "last ", "first "]) + v + " to " + c + " leaves at " + clock(r) + ".",
        "the " + r.choice(["", "next "]) + v + " from " + c + " arrives at " + clock(r) + ".",
        "the " + v + " from " + c + " arrives in " + minutes(r) + ".",
        "the " + v + " to " + c + " is " + minutes(r) + " late.",
        "the " + v + " to " + c + " stops in " + r.choice(CITIES) + ".",
        "platform " + number(r, 1, 20) + " is closed " + when(r) + ".",
        "please go to platform " + number(r, 1, 20) + ".",
        "there is no " + v + " to " + c + " " + when(r) + ".",
    ])


@rule(5)
def weather(r):
    c = r.choice(CITIES)
    return r.choice([
        "it will " + r.choice(["rain", "snow"]) + " in " + c + " " + when(r) + ".",
        "it will be " + r.choice(WEATHER) + " in " + c + " " + when(r) + ".",
        "it is " + r.choice(WEATHER) + " and " + r.choice(WEATHER) + " in " + c + " " + r.choice(["today", "now", "this morning"]) + ".",
        "the temperature is " + number(r, 0, 40) + " degrees.",
        "the temperature in " + c + " is " + number(r, 0, 40) + " degrees.",
        "the weather in " + c + " is " + r.choice(WEATHER) + " " + r.choice(["today", "now", "this week"]) + ".",
        r.choice(["tomorrow", "tonight"] + DAYS) + " will be " + r.choice(WEATHER) + ".",
    ])


@rule(3)
def dates(r):
    return r.choice([
        "today is " + r.choice(DAYS) + ".",
        "today is " + r.choice(DAYS) + " " + date(r) + ".",
        "tomorrow is " + date(r) + ".",
        "the time is " + clock(r) + ".",
        "it is " + clock(r) + " now.",
        "the " + r.choice(EVENTS) + " is on " + date(r) + ".",
        "the " + r.choice(EVENTS + ["office", "school", "station"]) + " is closed " + when(r) + ".",
        "we will be in " + r.choice(CITIES) + " on " + date(r) + ".",
        r.choice(["we", "you", "I"]) + " will see " + r.choice(NAMES) + " " + when(r) + ".",
    ])


@rule(5)
def things(r):
    return r.choice([
        "the " + r.choice(COLOURS) + " " + r.choice(THINGS) + " is " + r.choice(["on", "in", "by", "behind"]) + " the " + r.choice(THINGS + PLACES) + ".",
        "where is the " + r.choice(COLOURS + ["new", "old", "small", "big"]) + " " + r.choice(THINGS + PLACES) + "?",
        r.choice(NAMES) + " has a " + r.choice(COLOURS + ["new", "old", "small", "big"]) + " " + r.choice(THINGS + PLACES) + ".",
        r.choice(NAMES) + " wants " + r.choice(["a cup of ", "more ", "some "]) + r.choice(DRINKS) + ".",
        r.choice(["we", "you", "I"]) + " " + r.choice(["need", "want", "have"]) + " " + r.choice(["more", "some", "no"]) + " " + r.choice(DRINKS + ["time", "help"]) + ".",
        r.choice(NAMES) + " and " + r.choice(NAMES) + " are in the " + r.choice(PLACES) + ".",
        "there are " + number(r, 2, 40) + " " + r.choice(["books", "chairs", "people", "questions", "minutes"]) + " " + r.choice(["in the " + r.choice(PLACES), "here", "today"]) + ".",
        "the " + r.choice(THINGS + PLACES) + " is " + r.choice(COLOURS + ["new", "old", "small", "big"]) + ".",
        r.choice(NAMES) + " will go to " + r.choice(CITIES + ["the " + r.choice(PLACES)]) + " " + when(r) + ".",
        r.choice(["yes", "no"]) + " " + r.choice(NAMES) + " is " + r.choice(["here", "late", "in " + r.choice(CITIES), "in the " + r.choice(PLACES)]) + ".",
    ])


LETTERS = [chr(65 + i) for i in range(26)]
ORD_MORE = ("eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth").split()
CONTROL = "erase rubout repeat enter help start stop go yes no".split()


@rule(4)
def census(r):
    """What the speakers of AN4 say: spelled words, control words, numbers, dates.
    A letter is a capital word of its own."""
    k = r.random()
    num = lambda: r.choice([r.choice(UNITS), "oh", number(r, 10), number(r, 10)])
    nums = lambda lo, hi: " ".join(num() for _ in range(r.randint(lo, hi)))
    let = lambda lo, hi: " ".join(r.choice(LETTERS) for _ in range(r.randint(lo, hi)))
    if k < 0.22:
        return " ".join(r.choice(NAMES + CITIES + WEATHER + THINGS + PLACES).upper()) + "."
    if k < 0.4:
        return let(2, 7) + "."
    if k < 0.5:
        return r.choice(CONTROL) + "."
    if k < 0.68:
        return r.choice(CONTROL[:4]) + " " + r.choice([let(1, 5), let(1, 5) + " " + nums(1, 2), nums(1, 5)]) + "."
    if k < 0.76:
        return let(1, 5) + " " + nums(1, 3) + "."
    if k < 0.86:
        return nums(2, 7) + "."
    if k < 0.96:
        return r.choice(MONTHS) + " " + r.choice(ORD + ORD_MORE) + " nineteen " + number(r, 10) + "."
    return r.choice(["area code " + nums(3, 3), "apostrophe " + let(1, 3), "one hundred " + nums(1, 1),
                     r.choice(UNITS[1:]) + " thousand " + nums(1, 1), r.choice(UNITS[1:]) + " and a half"]) + "."


@rule(1)
def demo(r):
    return r.choice([
        "this is a test of the live captions.",
        "live captions are very " + r.choice(["new", "small", "late", "big"]) + ".",
        "these are the live captions for the " + r.choice(EVENTS) + ".",
        "the captions are " + r.choice(["on", "off", "here", "live", "late"]) + " " + r.choice(["now", "today"]) + ".",
    ])


_VOCAB = None


def vocabulary():
    """The closed vocabulary: every word the grammar can say (by sampling it)."""
    global _VOCAB
    if _VOCAB is None:
        r = random.Random(12345)
        w = set()
        for _ in range(60000):
            w.update(plain_words(_grammar(r)))
        _VOCAB = sorted(w, key=lambda s: (s.lower(), s))
    return _VOCAB


def plain_words(s):
    return s.rstrip(".?").split()


def _grammar(r):
    fs = [f for _, f in GRAMMAR]
    ws = [w for w, _ in GRAMMAR]
    return r.choices(fs, ws)[0](r)


def cap(s):
    return s[0].upper() + s[1:]


def is_heldout(text):
    """5 % of all possible sentences are never trained on (by hash of the text)."""
    h = hashlib.sha1(text.lower().encode()).digest()
    return h[0] < 13


def sentence(r, heldout=False, salad=0.20):
    """One capitalised sentence; `salad` of the training ones are random words."""
    while True:
        if not heldout and r.random() < salad:
            v = [w for w in vocabulary() if w not in HOMOPHONES]
            s = " ".join(r.choice(v) for _ in range(r.randint(1, 7))) + "."
        else:
            s = _grammar(r)
        s = cap(s)
        if is_heldout(s) == heldout:
            return s


# ---------------------------------------------------------------- TTS engines
LIB = "/usr/lib/x86_64-linux-gnu/"


class EspeakEvent(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("uid", ctypes.c_uint), ("text_position", ctypes.c_int),
                ("length", ctypes.c_int), ("audio_position", ctypes.c_int), ("sample", ctypes.c_int),
                ("user_data", ctypes.c_void_p), ("id", ctypes.c_char * 8)]


class Espeak:
    """espeak-ng through its library API; gives the start of every word."""

    def __init__(self):
        self.l = ctypes.CDLL(LIB + "libespeak-ng.so.1")
        self.rate = self.l.espeak_Initialize(2, 0, None, 0)  # AUDIO_OUTPUT_SYNCHRONOUS
        CB = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(EspeakEvent))
        self.buf, self.ev = [], []

        def cb(wav, n, ev):
            if wav and n > 0:
                self.buf.append(np.ctypeslib.as_array(wav, (n,)).copy())
            i = 0
            while ev[i].type != 0:
                if ev[i].type == 1:
                    self.ev.append((ev[i].text_position - 1, ev[i].audio_position / 1000.0))
                i += 1
            return 0
        self.cb = CB(cb)
        self.l.espeak_SetSynthCallback(self.cb)

    def say(self, text, voice, rate=170, pitch=50, rng=50):
        self.buf, self.ev = [], []
        if self.l.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError("no voice " + voice)
        self.l.espeak_SetParameter(1, int(rate), 0)
        self.l.espeak_SetParameter(3, int(pitch), 0)
        self.l.espeak_SetParameter(4, int(rng), 0)
        b = text.encode() + b"\0"
        self.l.espeak_Synth(b, ctypes.c_size_t(len(b)), 0, 1, 0, 1, None, None)
        self.l.espeak_Synchronize()
        pcm = np.concatenate(self.buf).astype(np.float32) / 32768
        from scipy.signal import resample_poly
        pcm = resample_poly(pcm, 320, 441).astype(np.float32)
        # map events (character offsets) to words
        words = text.split()
        offs, p = [], 0
        for w in words:
            p = text.index(w, p)
            offs.append(p)
            p += len(w)
        starts = [None] * len(words)
        for pos, t in self.ev:
            k = max(i for i in range(len(words)) if offs[i] <= max(pos, 0))
            if starts[k] is None:
                starts[k] = t
        return pcm, starts


class Flite:
    """flite through its library API; word ends come from its segment relation."""

    def __init__(self, voice):
        self.l = ctypes.CDLL(LIB + "libflite.so.1", ctypes.RTLD_GLOBAL)
        for m in ("libflite_usenglish.so.1", "libflite_cmulex.so.1"):
            ctypes.CDLL(LIB + m, ctypes.RTLD_GLOBAL)
        v = ctypes.CDLL(LIB + "libflite_cmu_us_%s.so.1" % voice, ctypes.RTLD_GLOBAL)
        L = self.l
        L.flite_init()
        reg = getattr(v, "register_cmu_us_" + voice)
        reg.restype = ctypes.c_void_p
        reg.argtypes = [ctypes.c_char_p]
        self.v = reg(None)
        for f in ("flite_synth_text", "utt_relation", "relation_head", "item_next", "utt_wave"):
            getattr(L, f).restype = ctypes.c_void_p
        L.flite_synth_text.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
        L.utt_relation.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        L.relation_head.argtypes = [ctypes.c_void_p]
        L.item_next.argtypes = [ctypes.c_void_p]
        L.utt_wave.argtypes = [ctypes.c_void_p]
        L.ffeature_float.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        L.ffeature_float.restype = ctypes.c_float
        L.ffeature_string.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        L.ffeature_string.restype = ctypes.c_char_p
        L.delete_utterance.argtypes = [ctypes.c_void_p]
        L.feat_set_float.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float]
        self.feats = ctypes.cast(self.v, ctypes.POINTER(ctypes.c_void_p))[1]

    def say(self, text, stretch=1.0, f0=None):
        L = self.l
        L.feat_set_float(self.feats, b"duration_stretch", stretch)
        if f0:
            L.feat_set_float(self.feats, b"int_f0_target_mean", f0)
        u = L.flite_synth_text(text.encode(), self.v)
        w = L.utt_wave(u)

        class Wave(ctypes.Structure):
            _fields_ = [("type", ctypes.c_char_p), ("rate", ctypes.c_int), ("n", ctypes.c_int),
                        ("ch", ctypes.c_int), ("s", ctypes.POINTER(ctypes.c_short))]
        wv = ctypes.cast(w, ctypes.POINTER(Wave)).contents
        pcm = np.ctypeslib.as_array(wv.s, (wv.n,)).astype(np.float32) / 32768
        rate = wv.rate
        words = text.split()
        names, starts, ends = [], [], []
        it = L.relation_head(L.utt_relation(u, b"Word"))
        while it:
            names.append(L.ffeature_string(it, b"name").decode())
            starts.append(L.ffeature_float(it, b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"))
            ends.append(L.ffeature_float(it, b"R:SylStructure.daughtern.daughtern.R:Segment.end"))
            it = L.item_next(it)
        L.delete_utterance(u)
        if rate != SR:
            from scipy.signal import resample_poly
            pcm = resample_poly(pcm, SR, rate).astype(np.float32)
        if len(names) != len(words):
            return None
        return pcm, starts


def lexicon(path):
    """{word: [(phone, relative duration)...]} from flite, cached in a file: the
    frame labels of the auxiliary phone head stretch it over the word's interval."""
    if os.path.exists(path):
        return json.load(open(path))
    f = Flite("kal")
    L = f.l
    lex = {}
    for w in sorted({w.lower() for w in vocabulary()}):
        u = L.flite_synth_text(w.encode(), f.v)
        it, t, ph = L.relation_head(L.utt_relation(u, b"Segment")), 0.0, []
        while it:
            n, e = L.ffeature_string(it, b"name").decode(), L.ffeature_float(it, b"end")
            if n != "pau":
                ph.append((n, round(e - t, 4)))
            t = e
            it = L.item_next(it)
        # flite draws out the end of a lone word: even it out a little
        d = np.sqrt([x for _, x in ph])
        lex[w] = [(n, float(x / d.sum())) for (n, _), x in zip(ph, d)]
    json.dump(lex, open(path + ".%d" % os.getpid(), "w"))
    os.rename(path + ".%d" % os.getpid(), path)
    return lex


def finish(pcm, starts, words):
    """Trim silence; complete the word starts; return (int16 pcm, starts, ends)."""
    n = len(pcm) // 80
    e = np.abs(pcm[:n * 80]).reshape(n, 80).max(1)
    pk = e.max()
    if pk < 1e-3:
        return None
    on = np.nonzero(e > pk * 0.02)[0]
    a, b = max(0, on[0] * 80 - 160), min(len(pcm), (on[-1] + 1) * 80 + 240)
    s = list(starts)
    s[0] = a / SR + 0.01
    end = b / SR
    # interpolate words the engine merged with a neighbour ("of the")
    i = 0
    while i < len(s):
        if s[i] is None:
            j = i
            while j < len(s) and s[j] is None:
                j += 1
            t1 = s[j] if j < len(s) else end
            ws = [len(words[k]) for k in range(i - 1, j)]
            tot, acc = sum(ws), 0
            for k in range(i, j):
                acc += ws[k - i]
                s[k] = s[i - 1] + (t1 - s[i - 1]) * acc / tot
            i = j
        i += 1
    s = np.maximum.accumulate(np.clip(np.array(s) - a / SR, 0, None))
    x = pcm[a:b] * (0.5 / pk)
    dur = len(x) / SR
    if (s > dur).any():
        return None
    ends = np.append(s[1:], dur - 0.015)
    return (x * 32767).astype(np.int16), s.astype(np.float32), np.maximum(ends, s + 0.02).astype(np.float32)


# ("en-gb" by that name is refused by Debian 12's espeak-ng and so skipped)
ACCENTS = ["en-us", "en-us", "en-us", "en", "en", "en-gb-x-rp", "en-gb-scotland", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-029"]
VARIANTS = ["", "", "+m1", "+m2", "+m3", "+m4", "+m6", "+m7", "+m8", "+f1", "+f2", "+f3", "+f5",
            "+klatt", "+klatt2", "+klatt3", "+klatt4", "+Andy", "+Annie", "+Michael", "+Gene", "+Gene2", "+Jacky", "+Lee",
            "+linda", "+steph", "+belinda", "+quincy", "+Hugo", "+Diogo", "+adam", "+rob", "+max", "+victor", "+zac",
            "+paul", "+norbert", "+michel", "+ed", "+edward", "+ian", "+iven", "+iven2", "+john", "+kaukovalta", "+marcelo",
            "+sandro", "+shelby", "+tweaky", "+travis", "+rob", "+robert", "+mike2", "+david", "+aunty", "+Alicia", "+Nguyen"]
# never trained on:
HELD_ESPEAK = ["en-us+f4", "en+m5"]     # every accent with +f4 and +m5
HELD_FLITE = ["kal16"]
TRAIN_FLITE = ["slt", "awb", "kal", "rms"]


def good_variants():
    d = "/usr/lib/x86_64-linux-gnu/espeak-ng-data/voices/!v"
    have = {x for x in os.listdir(d)}
    return [v for v in VARIANTS if v == "" or v[1:] in have]


def speakable(text):
    """espeak-ng says the letter A as the article: write it as it sounds."""
    w = text.split()
    one = lambda x: len(x.rstrip(".?")) == 1 and x[0].isupper()
    return " ".join("eigh" + x[1:] if x[0] == "A" and one(x) and (i or (len(w) > 1 and one(w[1]))) else x for i, x in enumerate(w))


def make_bank(kind, n, seed, heldout_text, path, voices=None, salad=0.2, wide=False):
    """Speak n sentences with one engine; write a pickle of utterances."""
    r = random.Random("%s-%d-%s" % (kind, seed, heldout_text))
    out, t0 = [], time.time()
    if kind == "espeak":
        tts, var = Espeak(), good_variants()
    else:
        tts = Flite(kind)
    while len(out) < n:
        text = sentence(r, heldout_text, salad)
        say = speakable(text) if kind == "espeak" else text
        if kind == "espeak":
            voice = r.choice(voices) if voices else r.choice(ACCENTS) + r.choice(var)
            try:
                pcm, st = (tts.say(say, voice, r.randint(110, 250), r.randint(10, 95), r.randint(15, 90)) if wide
                           else tts.say(say, voice, r.randint(135, 200), r.randint(30, 70), r.randint(30, 65)))
            except RuntimeError:  # a variant this espeak-ng build refuses
                continue
        else:
            voice = "flite-" + kind
            f0 = {"slt": 167, "awb": 120, "rms": 95, "kal": 105, "kal16": 105}[kind]
            res = (tts.say(say, r.uniform(0.72, 1.45), f0 * r.uniform(0.75, 1.35)) if wide
                   else tts.say(say, r.uniform(0.85, 1.25), f0 * r.uniform(0.85, 1.2)))
            if res is None:
                continue
            pcm, st = res
        f = finish(pcm, st, text.split())
        if f is None:
            continue
        out.append(dict(text=text, voice=voice, pcm=f[0], s=f[1], e=f[2]))
        if len(out) % 500 == 0:
            print(kind, len(out), "%.0fs" % (time.time() - t0), flush=True)
    with open(path + ".tmp", "wb") as fh:
        pickle.dump(out, fh, protocol=4)
    os.rename(path + ".tmp", path)
    d = sum(len(u["pcm"]) for u in out) / SR
    print(path, len(out), "utterances", "%.0f s audio in %.0f s" % (d, time.time() - t0), flush=True)


# ---------------------------------------------------------------- ggml assets
EOT, SOT, PREV, NOSP, NOT, BEG = 50256, 50257, 50360, 50361, 50362, 50363
N_VOCAB = 51864
N_TS = 1501


class Assets:
    """Mel filters and GPT-2 vocabulary out of a ggml Whisper model (English-only),
    and the compact numbering of the tokens this model uses:
    0..n_text-1 text and special tokens, then N_TS timestamps."""

    def __init__(self, path=os.environ.get("ASSETS", "../demo.bin")):
        f = open(path, "rb")
        assert struct.unpack("i", f.read(4))[0] == 0x67676d6c
        self.hparams = struct.unpack("11i", f.read(44))
        n_mel, n_fft = struct.unpack("2i", f.read(8))
        self.filters = np.frombuffer(f.read(4 * n_mel * n_fft), np.float32).reshape(n_mel, n_fft)
        n = struct.unpack("i", f.read(4))[0]
        self.tokens = []
        for _ in range(n):
            k = struct.unpack("i", f.read(4))[0]
            self.tokens.append(f.read(k))
        self.rank = {t: i for i, t in enumerate(self.tokens)}
        self.cache = {}
        used = set()
        for w in vocabulary():
            for v in (w, cap(w)):
                used.update(self.bpe(" " + v))
        used.update(self.bpe(".") + self.bpe("?"))
        self.used = [EOT, SOT, PREV, NOSP, NOT] + sorted(used)
        self.n_text = len(self.used)
        self.compact = {t: i for i, t in enumerate(self.used)}
        self.n_unused = N_VOCAB - self.n_text - N_TS

    def bpe(self, word):
        if word in self.cache:
            return self.cache[word]
        p = [bytes([b]) for b in word.encode()]
        while len(p) > 1:
            best = min(range(len(p) - 1), key=lambda i: self.rank.get(p[i] + p[i + 1], 1 << 30))
            if p[best] + p[best + 1] not in self.rank:
                break
            p[best:best + 2] = [p[best] + p[best + 1]]
        r = self.cache[word] = [self.rank[x] for x in p]
        return r

    def word_tokens(self, word):
        """compact ids of " word" with its punctuation split off, as GPT-2 does"""
        core = word.rstrip(".?")
        ids = list(self.bpe(" " + core))
        if len(core) < len(word):
            ids += self.bpe(word[len(core):])
        return [self.compact[i] for i in ids]


HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)).astype(np.float32)


def log_mel(x, n_frames, filters_t, eq=None, max_extra=0.0):
    """whisper.cpp's log_mel_spectrogram: reflect 200 samples on the left, zeros on
    the right, the clamp at (maximum - 8), (v + 4) / 4.  Returns [n_frames, 80]."""
    from scipy.fft import rfft
    need = (n_frames - 1) * HOP + N_FFT
    p = np.zeros(max(need, len(x) + 400), np.float32)
    k = min(200, max(0, len(x) - 1))
    p[200:200 + len(x)] = x
    p[200 - k:200] = x[1:1 + k][::-1]
    live = min(n_frames, (len(x) + 200) // HOP + 1)
    fr = np.lib.stride_tricks.as_strided(p, (live, N_FFT), (p.strides[0] * HOP, p.strides[0]))
    sp = rfft(fr * HANN, axis=1)
    m = (sp.real ** 2 + sp.imag ** 2) @ filters_t
    if eq is not None:
        m = m * eq
    out = np.full((n_frames, N_MELS), -10.0, np.float32)
    out[:live] = np.log10(np.maximum(m, 1e-10))
    mx = out.max() + max_extra
    return (np.maximum(out, mx - 8.0) + 4.0) / 4.0


# ---------------------------------------------------------------- sampler
class Sampler:
    def __init__(self, bank_files, assets, seed=1, accents=None, clean=False):
        self.clean = clean    # for development loss: no corruption, no silence, no prompt
        self.a = assets
        self.rng = np.random.default_rng(seed)
        self.r = random.Random(seed)
        self.utts, self.groups = [], {}
        self.accents = accents
        self.strength = 1.0   # of the augmentation; the trainer ramps it up
        self.pool = self.rng.standard_normal(SR * 95).astype(np.float32)
        for f in bank_files:
            self.add(f)
        self.ft = np.ascontiguousarray(assets.filters.T)
        self.word_id = {w.lower(): i + 1 for i, w in enumerate(sorted({w.lower() for w in vocabulary()}))}
        self.word_id = {w: i + 1 for i, w in enumerate(sorted(self.word_id))}
        self.n_words = len(self.word_id) + 1
        self.lex = lexicon(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lexicon.json"))
        names = sorted({p for v in self.lex.values() for p, _ in v})
        self.phone_id = {p: i + 1 for i, p in enumerate(names)}

    def add(self, f):
        us = pickle.load(open(f, "rb"))
        if self.accents:
            us = [u for u in us if u["voice"].startswith(self.accents)]
        b = os.path.basename(f)
        g = ("espeak-us" if "espeak-us" in b or "seen-us" in b else "espeak" if "espeak" in b
             else "an4" if "an4" in b else "fsdd" if "fsdd" in b else us[0]["voice"])
        for v in sorted({u["voice"] for u in us}):
            self.groups.setdefault("voices-" + g, []).append(v)
        for u in us:
            u["g"] = g
            self.groups.setdefault(g, []).append(u)
            self.groups.setdefault(u["voice"], []).append(u)
            self.utts.append(u)

    # how often each engine is heard (espeak has many voices, flite few)
    WEIGHTS = {"flite-slt": 0.27, "espeak-us": 0.27, "espeak": 0.26, "flite-awb": 0.08, "flite-rms": 0.08, "flite-kal": 0.04}
    SILENT = 0.08    # share of windows without speech
    HUMAN = 0.27     # share of recorded speech among the windows with speech
    AN4 = 0.7        # of which
    CORRUPT = 0.10   # of the decoder's input words are replaced

    def noise(self, n, level):
        k = self.r.random()
        o = self.r.randrange(len(self.pool) - n)   # a slice of one long random pool
        g = self.pool[o:o + n]
        if k < 0.4:
            x = g
        elif k < 0.85:  # coloured
            a = self.r.uniform(0.5, 0.97)
            from scipy.signal import lfilter
            x = lfilter([1 - a], [1, -a], g).astype(np.float32)
        else:  # hum
            t = np.arange(n, dtype=np.float32) / SR
            f0 = self.r.choice([50, 60, 100, 120, self.r.uniform(40, 400)])
            x = sum(np.sin(2 * np.pi * f0 * (h + 1) * t + h) / (h + 1) for h in range(4)).astype(np.float32) + 0.1 * g
        return x * (level / (np.sqrt(np.mean(x * x)) + 1e-9))

    def tones(self, n):
        """tones, chords, melodies"""
        x = np.zeros(n, np.float32)
        t = np.arange(n, dtype=np.float32) / SR
        p, r = 0, self.r
        scale = [f * r.uniform(0.9, 1.1) for f in (262, 294, 330, 349, 392, 440, 494, 523)]
        kind = r.random()
        once = r.uniform(0.1, 0.6)
        while p < n:
            q = min(n, p + int(SR * (once if kind < 0.4 else n if kind > 0.8 else r.choice([r.uniform(0.08, 0.6), r.uniform(0.5, 4)]))))
            if r.random() < 0.9:
                for _ in range(r.choice([1, 1, 2, 3, 4])):
                    f = r.choice(scale) * r.choice([0.5, 1, 1, 2]) if kind < 0.5 or r.random() < 0.3 else 10 ** r.uniform(1.9, 3.6)
                    ph = 6.2832 * f * t[:q - p] + r.random() * 6
                    if r.random() < 0.15:
                        ph = ph + r.uniform(0, 3) * np.sin(6.2832 * r.uniform(3, 8) * t[:q - p])
                    y = np.sin(ph)
                    if r.random() < 0.3:
                        y = sum(np.sin(h * ph) / h for h in range(1, r.randint(3, 7)))
                    elif r.random() < 0.15:
                        y = np.sign(y)
                    if r.random() < 0.5:
                        y = y * np.exp(-t[:q - p] * r.uniform(1, 8))
                    x[p:q] += y * r.uniform(0.1, 1)
            p = q
        return x

    def clicks(self, n):
        """keyboard, taps, bursts; many of them at once are applause"""
        x = np.zeros(n, np.float32)
        many = self.r.random() < 0.35
        ln = self.r.randint(30, 900)
        for _ in range(int(n / SR * (self.r.uniform(30, 150) if many else self.r.uniform(0.5, 9))) + 1):
            p = self.r.randrange(n)
            q = min(n, p + (self.r.randint(60, 500) if many else int(ln * self.r.uniform(0.5, 2))))
            o = self.r.randrange(len(self.pool) - (q - p))
            x[p:q] += self.pool[o:o + q - p] * np.exp(-np.arange(q - p) / (5 + (q - p) / 4)) * self.r.uniform(0.3, 1)
        return x

    def babble(self, n):
        """reversed, overlapped speech"""
        x = np.zeros(n, np.float32)
        for _ in range(self.r.randint(3, 6)):
            p = 0
            while p < n:
                u = self.r.choice(self.utts)["pcm"][::-1]
                k = min(n - p, len(u))
                x[p:p + k] += u[:k] / np.float32(32767)
                p += k
        return x

    def nonspeech(self, n, silence=True):
        r = self.r
        k = r.random()
        if k < 0.12 and silence:
            return np.zeros(n, np.float32)
        top = 10 ** r.uniform(-2.5, -0.2)
        if k < 0.35:
            return self.noise(n, 10 ** r.uniform(-4, -0.7))
        if k < 0.72:
            x = self.tones(n)
        elif k < 0.88:
            x = self.clicks(n)
        else:
            x = self.babble(n)
            top = min(top, 0.12)
        x *= top / (np.abs(x).max() + 1e-9)
        if r.random() < 0.5:
            x += self.noise(n, 10 ** r.uniform(-4, -1.5))
        return x

    def pick(self):
        g = self.r.choices(list(self.WEIGHTS), list(self.WEIGHTS.values()))[0]
        us = self.groups.get(g) or self.utts
        return self.r.choice(us)

    def sample(self, T, L):
        """One training sample for an encoder window of T positions (20 ms each).
        Returns dict(mel, inp, tgt, tw, prev_iv, next_iv, words)."""
        r, a = self.r, self.a
        W = T * 0.02
        ts_mode = r.random() < 0.6
        if not self.clean and r.random() < self.SILENT:
            n = int(SR * W * r.choice([1.0, r.uniform(0.1, 1.0)]))
            x, segs, D = self.nonspeech(n), [], n / SR
        else:
            if ("an4" in self.groups or "fsdd" in self.groups) and (r.random() < self.HUMAN or not set(self.WEIGHTS) & set(self.groups)):
                x, segs, D = self.human(W)
            else:
                x, segs, D = self.assemble(W)
            k = r.random()
            if k < 0.05 * self.strength:    # a room
                m = int(SR * r.uniform(0.1, 0.5))
                o = r.randrange(len(self.pool) - m)
                h = self.pool[o:o + m] * np.exp(-np.arange(m) / (m / 6.9)).astype(np.float32)
                h *= r.uniform(0.2, 0.9) / np.sqrt((h * h).sum())
                h[0] = 1
                from scipy.signal import oaconvolve
                x = oaconvolve(x, h)[:len(x)].astype(np.float32)
                x *= 0.5 / (np.abs(x).max() + 1e-6)
            if 0.05 < k < 0.05 + 0.2 * self.strength and len(x) > SR // 2:  # other sounds where nobody speaks, and faintly under the speech
                m = np.ones(len(x), np.float32)
                for g in segs:
                    m[max(0, int((g[2] - 0.03) * SR)):int((g[3] + 0.03) * SR) if not g[1] else len(x)] = 0
                m = np.maximum(m, r.choice([0, 0, 0.03, 0.1]))
                x = x + m * self.nonspeech(len(x), False)
            peak = 0.5 * 10 ** r.uniform(-1.3, 0.25)
            x = x * np.float32(peak / 0.5)
            if r.random() < 0.65 * self.strength:
                x = x + self.noise(len(x), peak * 0.2 * 10 ** (-r.uniform(8 + 14 * (1 - self.strength), 42) / 20))
            x = np.clip(x, -1, 1)
        eq = None
        band = None
        if r.random() < 0.12 * self.strength:   # telephone, old recordings
            band = r.choice([(0, 62), (5, 62), (0, 70), (8, 80), (5, 58)])
        if r.random() < 0.6 * self.strength:
            j = np.arange(N_MELS) / N_MELS
            eq = (r.uniform(-0.7, 0.7) * (j - 0.5) + r.uniform(0, 0.25) * np.sin(6.28 * (j * r.uniform(0.5, 3) + r.random())))
            eq = (10 ** eq).astype(np.float32)
        if band:
            g = np.full(N_MELS, 1e-4, np.float32)
            g[band[0]:band[1]] = 1
            eq = g if eq is None else eq * g
        mel = log_mel(x, 2 * T, self.ft, eq, r.uniform(0, 0.6) if r.random() < 0.2 else 0.0)
        if r.random() < 0.5 * self.strength:  # SpecAugment
            lo = mel.min()
            for _ in range(r.randint(0, 2)):
                w = r.randint(2, 10)
                f = r.randrange(N_MELS - w)
                mel[:, f:f + w] = lo
            for _ in range(r.randint(0, 1 + T // 150)):
                w = r.randint(2, 7)
                f = r.randrange(2 * T - w)
                mel[f:f + w] = lo
        return dict(mel=mel, **self.targets(segs, D, T, L, ts_mode))

    def assemble(self, W):
        """Glue sentences of one voice into at most W seconds.  Returns
        (samples, segments, duration); a segment is a list of (word, start, end)
        of the words wholly spoken, with .cut telling an unfinished sentence."""
        r = self.r
        cut_mode = r.random() < 0.45
        D = r.uniform(0.3, 1.0) * W if r.random() < 0.6 else W
        u = self.pick()
        speed = r.uniform(1 - 0.13 * self.strength, 1 + 0.16 * self.strength) if r.random() < 0.6 * self.strength else 1.0
        chunks, segs = [], []
        lead = r.choice([0.0, r.uniform(0, 0.25), r.uniform(0, 0.9)])
        pos = lead
        chunks.append(np.zeros(int(lead * SR), np.float32))
        nmax = r.choice([1, 2, 3] if W < 6 else [1, 2, 3, 4, 5, 6]) if W < 15 else r.randint(1, 12)
        for i in range(nmax if not cut_mode else 40):
            if i:
                us = self.groups[u["voice"]] if len(self.groups[u["voice"]]) >= 30 and r.random() < 0.9 else self.groups[u["g"]]
                u = r.choice(us)
            if not cut_mode:
                tries = 0
                while pos + len(u["pcm"]) / SR / speed > W - 0.02 and tries < 12 and i == 0:
                    u = self.pick()
                    tries += 1
                if pos + len(u["pcm"]) / SR / speed > W - 0.02:
                    if i == 0:
                        cut_mode, D = True, W
                    else:
                        break
            p, s, e, words = u["pcm"], u["s"], u["e"], u["text"].split()
            if i == 0 and len(words) > 2 and r.random() < 0.12:  # start in mid-sentence
                k = r.randrange(1, len(words) - 1)
                o = max(0, int((s[k] + r.uniform(-0.03, 0.02)) * SR))
                p, s, e, words = p[o:], np.maximum(s[k:] - o / SR, 0), e[k:] - o / SR, words[k:]
            x = p.astype(np.float32) / 32767
            if speed != 1.0:
                n = int(len(x) / speed)
                x = np.interp(np.arange(n) * speed, np.arange(len(x)), x).astype(np.float32)
            segs.append([(w, pos + a / speed, pos + b / speed) for w, a, b in zip(words, s, e)])
            chunks.append(x)
            pos += len(x) / SR
            if cut_mode and pos >= D:
                break
            gap = r.choice([r.uniform(0.05, 0.4), r.uniform(0.2, 1.0)])
            chunks.append(np.zeros(int(gap * SR), np.float32))
            pos += int(gap * SR) / SR
        x = np.concatenate(chunks)
        end = D if cut_mode else min(W, r.choice([W, max(segs[-1][-1][2] + 0.02, r.uniform(0.3, 1) * W)]))
        end = max(end, 0.12)
        n = int(end * SR)
        x = x[:n] if len(x) >= n else np.concatenate([x, np.zeros(n - len(x), np.float32)])
        out = []
        for g in segs:
            k = [w for w in g if w[2] <= end + 0.015]
            if k:
                out.append((k, len(k) < len(g), k[0][1], k[-1][2]))
        return x, out, end

    def human(self, W):
        """1-4 recorded utterances of one speaker with pauses; never cut inside an
        AN4 utterance, whose word times are not known."""
        r = self.r
        g = "an4" if ("fsdd" not in self.groups or r.random() < self.AN4) and "an4" in self.groups else "fsdd"
        us = self.groups[r.choice(self.groups["voices-" + g])]
        k = self.strength
        speed = r.uniform(1 - 0.15 * k, 1 + 0.2 * k) if r.random() < 0.8 * k else 1.0
        pos = r.choice([0.0, r.uniform(0, 0.3), r.uniform(0, 0.9)])
        chunks, segs = [np.zeros(int(pos * SR), np.float32)], []
        pos = len(chunks[0]) / SR
        floor = 0.0
        for i in range(r.randint(1, 4) if W > 3 else r.randint(1, 2)):
            if g == "an4":
                part, gaps = [r.choice(us)], [0.0]
                for _ in range(20):
                    if pos + len(part[0]["pcm"]) / SR / speed <= W - 0.02:
                        break
                    part = [r.choice(us)]
            else:
                part = [r.choice(us) for _ in range(r.choice([1, 2, 3, 4, 5, 6]))]
                hop = r.uniform(0.0, 0.3)
                gaps = [hop * r.uniform(0.5, 1.5) for _ in part]
                while len(part) > 1 and pos + sum(len(u["pcm"]) / SR / speed + h for u, h in zip(part, gaps)) > W - 0.02:
                    part.pop()
            if pos + sum(len(u["pcm"]) / SR / speed + h for u, h in zip(part, gaps)) > W - 0.02:
                break
            words, t0, t1 = [], None, None
            for j, (u, h) in enumerate(zip(part, gaps)):
                x = u["pcm"].astype(np.float32) / 32767
                if g == "fsdd" and len(part) > 1:
                    x = x * np.float32(10 ** r.uniform(-0.15, 0))
                if speed != 1.0:
                    n = int(len(x) / speed)
                    x = np.interp(np.arange(n) * speed, np.arange(len(x)), x).astype(np.float32)
                if t0 is None:
                    t0 = pos + u["t0"] / speed
                t1 = pos + u["t1"] / speed
                if u["s"] is None:
                    words += [(w, None, None) for w in u["text"].split()]
                else:
                    words.append((u["text"] if j else cap(u["text"]), pos + u["s"][0] / speed, t1))
                chunks += [x, np.zeros(int(h * SR), np.float32)]
                pos += (len(x) + len(chunks[-1])) / SR
            if words[-1][0][-1] not in ".?":
                words[-1] = (words[-1][0] + ".",) + words[-1][1:]
            segs.append((words, False, t0, t1))
            gap = np.zeros(int(r.choice([r.uniform(0.05, 0.5), r.uniform(0.2, 1.4)]) * SR), np.float32)
            chunks.append(gap)
            pos += len(gap) / SR
        if not segs:      # nothing fits into so short a window
            if set(self.WEIGHTS) & set(self.groups):
                return self.assemble(W)
            return np.zeros(int(W * SR), np.float32), [], W
        x = np.concatenate(chunks)
        end = min(W, r.choice([W, max(segs[-1][3] + 0.05, r.uniform(0.3, 1) * W)]))
        n = int(end * SR)
        x = x[:n] if len(x) >= n else np.concatenate([x, np.zeros(n - len(x), np.float32)])
        return x, segs, end

    def targets(self, segs, D, T, L, ts_mode):
        """Decoder input, soft targets (5 ids and weights a position), loss
        weights, and the encoder frames of the words for the guided attention."""
        a, r = self.a, self.r
        c = a.compact
        beg = a.n_text
        seq = []  # (token, interval, weight)
        if not self.clean and r.random() < 0.2:
            k = self.pick()["text"].split()
            seq.append((c[PREV], None, 0))
            for w in k:
                seq += [(t, None, 0) for t in a.word_tokens(w)]
        n_prev = len(seq)
        seq.append((c[SOT], None, 0))
        if not ts_mode:
            seq.append((c[NOT], None, 0))
        frames = np.zeros(T, np.int32)
        phones = np.zeros(T, np.int32)
        fr = lambda t: int(round(t / 0.02))
        tsid = lambda t: beg + min(N_TS - 1, max(0, fr(t)))
        if not segs:
            # nospeech first; whisper.cpp masks it and then has to find <|0.00|> <eot>
            if ts_mode:
                seq.append((("nosp",), None, 1))
                seq.append((c[EOT], None, 1))
            else:
                seq.append((c[NOSP], None, 1))
        if any(g[0][0][1] is None for g in segs):
            frames[:], phones[:] = -1, -1     # no word times: no frame labels
        for words, cut, t0, t1 in segs:
            timed = words[0][1] is not None
            ivs = [(max(0, fr(s)), min(T, max(fr(s) + 1, fr(e)))) if timed else None for _, s, e in words]
            if ts_mode:
                seq.append((tsid(t0), ivs[0], 1))
            for (w, s, e), iv in zip(words, ivs):
                if not timed:
                    seq += [(t, None, 1) for t in a.word_tokens(w)]
                    continue
                frames[iv[0]:iv[1]] = self.word_id[w.rstrip(".?").lower()]
                b = s
                for ph, rel in self.lex[w.rstrip(".?").lower()]:
                    phones[fr(b):fr(b + rel * (e - s))] = self.phone_id[ph]
                    b += rel * (e - s)
                seq += [(t, iv, 1) for t in a.word_tokens(w)]
            if ts_mode:
                seq.append((tsid(D if cut else t1), ivs[-1], 1))
        if segs:
            seq.append((c[EOT], None, 1))
        if len(seq) > L + 1:  # does not fit: drop the prompt, then the tail
            seq = seq[n_prev:][:L + 1]
        n = len(seq) - 1
        bad = 0.0 if self.clean or r.random() < 0.4 else self.CORRUPT / 0.6
        inp = np.full(L, c[EOT], np.int32)
        tgt = np.zeros((L, 5), np.int32)
        tw = np.zeros((L, 5), np.float32)
        w = np.zeros(L, np.float32)
        piv = np.full((L, 2), -1, np.int32)
        niv = np.full((L, 2), -1, np.int32)
        for i in range(n):
            t, iv, _ = seq[i]
            inp[i] = beg if isinstance(t, tuple) else t
            if iv:
                piv[i] = iv
            if bad and not isinstance(t, tuple) and 5 <= t < beg and r.random() < bad:
                inp[i] = r.randrange(5, beg)     # a wrong word in the input; the target stays
                piv[i] = -1
            t, iv, k = seq[i + 1]
            w[i] = k
            if iv:
                niv[i] = iv
            if isinstance(t, tuple):
                tgt[i, :2], tw[i, :2] = [c[NOSP], beg], [0.95, 0.05]
            elif t >= beg:
                tgt[i] = np.clip(np.arange(t - 2, t + 3), beg, beg + N_TS - 1)
                tw[i] = [0.07, 0.2, 0.46, 0.2, 0.07]
            else:
                tgt[i, 0], tw[i, 0] = t, 1
        return dict(inp=inp, tgt=tgt, tw=tw, w=w, piv=piv, niv=niv, frames=frames, phones=phones)

    def batch(self, B, T, L):
        s = [self.sample(T, L) for _ in range(B)]
        return {k: np.stack([x[k] for x in s]) for k in s[0]}


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("cmd", choices=["bank", "show", "vocab"])
    ap.add_argument("--dir", default="bank")
    ap.add_argument("--kind")
    ap.add_argument("--n", type=int, default=1000)
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--heldout", action="store_true")
    ap.add_argument("--voices")
    ap.add_argument("--salad", type=float, default=0.2, help="share of random-word sentences")
    ap.add_argument("--wide", action="store_true", help="wide range of speed and pitch")
    ap.add_argument("--name")
    a = ap.parse_args()
    if a.cmd == "show":
        r = random.Random(a.seed)
        for _ in range(40):
            print(sentence(r))
    elif a.cmd == "vocab":
        v = vocabulary()
        print(len(v), " ".join(v))
    else:
        os.makedirs(a.dir, exist_ok=True)
        make_bank(a.kind, a.n, a.seed, a.heldout, os.path.join(a.dir, (a.name or a.kind) + ".pkl"),
                  a.voices.split(",") if a.voices else None, a.salad, a.wide)
