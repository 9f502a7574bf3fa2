#!/usr/bin/env bash
# text2num 3.1.0 (Python), number words to digits, run on a sentence as it grows word by word.
# Expected: a longer sentence keeps the start that the shorter one had, since the earlier words are the same.
# Seen: a small number stays a word alone and becomes a digit when the NEXT word is a number too ("one" -> "1 2"), and an
# ordinal likewise, two words later ("at first" -> "at 1st and 2nd"). In one sentence "two" stays and "three" becomes 3
# (the threshold is 3). "thousands" is read as 1000, so that "thousands of people" are "1000 of people".
# So: never run it on a caption's newest words and call the result final. Hold back a trailing number word, or convert
# whole sentences only; and run it on both sides of a word error rate, never on one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check text2num==3.1.0
"$work/venv/bin/python" - <<'PY'
import sys
from text_to_num import alpha2digit

wrong = 0
for text, expected in [
    ("one", "one"),
    ("one two", "1 2"),
    ("we met at first", "we met at first"),
    ("we met at first and", "we met at first and"),
    ("we met at first and second street", "we met at 1st and 2nd street"),
    ("i have two and you have three", "i have two and you have 3"),
    ("thousands of people", "1000 of people"),
]:
    seen = alpha2digit(text, "en")
    print(f"{text!r:40} -> {seen!r}")
    if seen != expected:
        print(f"  CHANGED: was {expected!r}")
        wrong += 1
sys.exit(1 if wrong else 0)
PY
