#!/usr/bin/env bash
# jiwer 4.0.0 with its default transforms.
# Expected: words are what white space of any kind separates, and the error rate of an empty reference is an error or undefined.
# Seen: only U+0020 separates. A reference that is wrapped at a line's end, or holds a no-break space (usual in French before
# ? ! : ;), makes one long word of two: the score of two texts that read the same is 100 % or 200 %. Doubled spaces do no harm.
# Against an empty reference the "rate" is the COUNT of inserted words, as a whole number: 2, where nothing was said and two
# words were made up. Averaged over files, such a value swamps the rest; as part of a list of files it counts correctly.
# So: split and join on white space yourself first, and keep files without speech out of the mean: report their insertions.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check jiwer==4.0.0
"$work/venv/bin/python" - <<'PY'
import sys
import jiwer

wrong = 0
for reference, heard, expected in [
    ("the cat", "the cat", 0.0),
    ("the  cat", "the cat", 0.0),
    ("the\ncat", "the cat", 2.0),
    ("vraiment\u00a0?", "vraiment ?", 2.0),
    ("the\u00a0cat sat", "the cat sat", 1.0),
    ("", "hello there", 2),
    (["", "one two"], ["hello there", "one two"], 1.0),
]:
    seen = jiwer.wer(reference, heard)
    print(f"{reference!r:22} {heard!r:30} WER {seen!r}")
    if seen != expected or type(seen) is not type(expected):
        print(f"  CHANGED: was {expected!r}")
        wrong += 1
sys.exit(1 if wrong else 0)
PY
