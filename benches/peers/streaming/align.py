"""Gives each word of a reference its time, by forced alignment with pocketsphinx.

    python align.py OUT RECORDING...

Beside each RECORDING (16 kHz, FLAC or WAV) lies its reference, a JSON file with the same stem whose `sentences` have `text`, `start` and
`end` in seconds (docs/measures.md). OUT gets a link to the recording and a copy of the reference in which each sentence has `words`. All
other fields are kept. Needs numpy, soundfile and pocketsphinx 5.1 (`./setup` installs them). English only: the acoustic model is the one
that pocketsphinx brings.
"""
import itertools
import json
import re
import sys
from pathlib import Path

import numpy
import soundfile
from pocketsphinx import Decoder, get_model_path

RATE = 16_000
# Seconds of sound around a sentence, so that its first and last word are not cut off; never more than half of the way to the next one.
# The search now and then ends beside the last word: then it is done again with other limits.
AROUND = (0.5, 0.25, 0.1)
BEAMS = (1e-64, 1e-80, 1e-100)
# No word lies further than this, in seconds, outside its sentence: the last one may else take the silence behind it.
OUTSIDE = 0.1
# pocketsphinx's frames, per second.
FRAMES = 100

# How a word that the dictionary lacks is spelled in sounds: roughly, the longest match first. It has to come out about as long as the
# word is; the words around it, which the dictionary has, hold it in its place.
SOUNDS = {
    "tch": "CH", "sch": "SH", "sh": "SH", "ch": "CH", "th": "TH", "ph": "F", "wh": "W", "ck": "K", "qu": "K W", "ng": "NG", "kn": "N",
    "wr": "R", "ee": "IY", "ea": "IY", "oo": "UW", "ou": "AW", "ow": "OW", "oa": "OW", "ai": "EY", "ay": "EY", "au": "AO", "aw": "AO",
    "oi": "OY", "oy": "OY", "ie": "IY", "ei": "EY", "er": "ER", "ir": "ER", "ur": "ER", "ar": "AA R", "or": "AO R", "a": "AE", "b": "B",
    "c": "K", "d": "D", "e": "EH", "f": "F", "g": "G", "h": "HH", "i": "IH", "j": "JH", "k": "K", "l": "L", "m": "M", "n": "N", "o": "AA",
    "p": "P", "q": "K", "r": "R", "s": "S", "t": "T", "u": "AH", "v": "V", "w": "W", "x": "K S", "y": "IY", "z": "Z",
}


def sounds(word):
    # Twice the same letter is one sound, and an `e` at the end is none.
    rest, found = re.sub(r"([^aeiou])\1", r"\1", word.replace("'", "")), []
    rest = rest[:-1] if re.search(r"[aeiou].*[^aeiou]e$", rest) else rest
    while rest:
        length = next(it for it in (3, 2, 1) if rest[:it] in SOUNDS)
        found.append(SOUNDS[rest[:length]])
        rest = rest[length:]
    return " ".join(found)


def bare(word):
    """The word as the dictionary writes it; empty where nothing of it is a letter."""
    return re.sub(r"[^a-z']", "", word.lower().replace("\u2019", "'")).strip("'")


def aligned(pcm, spelled, beam):
    """Start and end of each word, seconds in `pcm`; nothing where the search did not reach the last one."""
    decoder = Decoder(hmm=get_model_path("en-us/en-us"), dict=get_model_path("en-us/cmudict-en-us.dict"), lm=None, samprate=RATE,
                      beam=beam, wbeam=beam, pbeam=beam, loglevel="FATAL")
    for word in spelled:
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, sounds(word), True)
    decoder.set_align_text(" ".join(spelled))
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()
    # `word(2)` is the second way to say it; `<sil>` and `[NOISE]` lie between words.
    told = [(re.sub(r"\(\d+\)$", "", it.word), it.start_frame / FRAMES, (it.end_frame + 1) / FRAMES) for it in decoder.seg() or []]
    told = [it for it in told if not it[0].startswith(("<", "["))]
    return [it[1:] for it in told] if [it[0] for it in told] == spelled else None


def words(sentence, before, behind, sound):
    """The words of a sentence with their times. `before`: where the one before it ends; `behind`: where the next one begins."""
    texts = [it for it in sentence["text"].split() if bare(it)]
    spelled = [bare(it) for it in texts]
    for around, beam in itertools.product(AROUND, BEAMS):
        start = sentence["start"] - min(around, max(0.0, sentence["start"] - before) / 2)
        end = sentence["end"] + min(around, max(0.0, behind - sentence["end"]) / 2)
        times = aligned(sound[int(start * RATE):int(end * RATE)], spelled, beam)
        if times:
            break
    else:
        raise ValueError(f"not aligned: {sentence['text']}")

    def inside(at):
        return round(min(max(start + at, sentence["start"] - OUTSIDE), sentence["end"] + OUTSIDE), 2)

    return [{"word": text, "start": inside(first), "end": inside(last)} for text, (first, last) in zip(texts, times)]


def align(recording, out):
    reference = json.loads(recording.with_suffix(".json").read_text())
    sound, rate = soundfile.read(recording, dtype="int16", always_2d=True)
    if rate != RATE:
        raise ValueError(f"{recording}: it has to be at 16 kHz")
    sound = sound.astype(numpy.int32).mean(axis=1).astype(numpy.int16)
    sentences = reference["sentences"]
    for number, sentence in enumerate(sentences):
        before = sentences[number - 1]["end"] if number else 0.0
        behind = sentences[number + 1]["start"] if number + 1 < len(sentences) else len(sound) / RATE
        sentence["words"] = words(sentence, before, behind, sound)
    link = out / recording.name
    link.unlink(missing_ok=True)
    link.symlink_to(recording.resolve())
    (out / recording.name).with_suffix(".json").write_text(json.dumps(reference, ensure_ascii=False, indent=1) + "\n")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for recording in map(Path, sys.argv[2:]):
        align(recording, out)
        print(out / recording.name)


main()
