#!/usr/bin/env bash
# whisper-normalizer 0.1.15, BasicTextNormalizer (the one for all languages but English), jiwer 4.0.0.
# Expected: it removes punctuation and symbols and leaves letters alone.
# Seen: it replaces every character of category M (marks) by a space. Vowel signs and tone marks of Hindi and Thai are marks, so
# words fall into pieces ("น้ำ" -> "น า") and different words become equal: the Thai for forest, aunt and dad, the Hindi for
# day, poor and gift. Precomposed accents (é) survive, since those are letters.
# Source: whisper_normalizer/basic.py, remove_symbols: any category that begins with M, S or P.
# So: for languages that write vowels as marks, strip categories P and S only, or the error rate is too low and of no words.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check whisper-normalizer==0.1.15 jiwer==4.0.0
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
import jiwer
from whisper_normalizer.basic import BasicTextNormalizer

normal = BasicTextNormalizer()
wrong = 0
for group in (("ป่า", "ป้า", "ป๋า"), ("दिन", "दीन", "दान"), ("café", "cafe")):
    seen = [normal(word).strip() for word in group]
    scores = [jiwer.cer(normal(group[0]), normal(word)) for word in group]
    print(" ".join(group), "->", seen, "character error rate against the first:", scores)
    equal = len(set(seen)) == 1
    if equal != (group[0] != "café"):
        print("  CHANGED")
        wrong += 1
pieces = normal("น้ำ").split()
print("น้ำ ->", pieces)
if len(pieces) != 2:
    print("  CHANGED: was two pieces")
    wrong += 1
sys.exit(1 if wrong else 0)
PY
