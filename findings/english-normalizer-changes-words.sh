#!/usr/bin/env bash
# whisper-normalizer 0.1.15 (the English normaliser of OpenAI's whisper, as used for published word error rates), jiwer 4.0.0.
# Expected: texts that say different things do not score 0, and normalising a text twice is the same as doing it once.
# Seen: what stands in round brackets is deleted whole, so "(not) guilty" is "guilty"; "ten four" is 104; a possessive becomes
# a verb ("the dog's bone" -> "the dog is bone"); "oh no" is "0 no"; the interjection in "uh huh" is halved.
# One dollar loses its currency: "it costs $1" -> "it costs one". A half is glued: "one and a half hours" -> "one.5 hours".
# A second pass changes the result of the first: "five 1" -> "5 one" -> "51".
# A digit 1 that stands alone becomes the word: "1 2 3" -> "one 2 3", yet the spoken "one two three" -> "123".
# So: a WER with it is only comparable to one made with the same version on both sides, and a 0 does not mean equal words.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check whisper-normalizer==0.1.15 jiwer==4.0.0
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
import jiwer
from whisper_normalizer.english import EnglishTextNormalizer

normal = EnglishTextNormalizer()
wrong = 0


def check(what, seen, expected):
    global wrong
    print(f"{what:58} {seen!r}")
    if seen != expected:
        print(f"  CHANGED: was {expected!r}")
        wrong += 1


for text, expected in [
    ("the dog's bone", "the dog is bone"),
    ("oh no", "0 no"),
    ("uh huh", "huh"),
    ("one two three", "123"),
    ("1 2 3", "one 2 3"),
    ("one and a half hours", "one.5 hours"),
    ("it costs $1", "it costs one"),
    ("five 1", "5 one"),
]:
    check(text, normal(text), expected)
check("the last one a second time", normal(normal("five 1")), "51")
for said, heard, expected in [
    ("he is (not) guilty", "he is guilty", 0.0),
    ("ten four", "one hundred and four", 0.0),
    ("numbers one two three", "numbers 1 2 3", 1.5),
]:
    check(f"WER of {said!r} and {heard!r}", round(jiwer.wer(normal(said), normal(heard)), 2), expected)
sys.exit(1 if wrong else 0)
PY
