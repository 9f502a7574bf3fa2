#!/usr/bin/env bash
# pysubs2 1.8.1, subtitles of a stream that runs for hours or days.
# Expected: WebVTT's hours have no upper end (two digits or more), so a cue at 100 h survives reading and writing.
# Seen: it is read rightly and written as 99:59:59.999 --> 99:59:59.999: begin and end are clamped, so every later cue gets the same
# instant and no length.
# As ASS the same happens from 10 hours on, at 9:59:59.99 (only a warning is issued); and ASS has hundredths, so that a cue
# of 1.234 to 1.239 s comes back as 1.230 to 1.240.
# Source: MAX_REPRESENTABLE_TIME in pysubs2/formats/subrip.py and substation.py.
# So: cut a long stream's captions into files of some hours that each begin at 0, before any such tool sees them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pysubs2==1.8.1
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
import pysubs2

HOUR = 3_600_000
wrong = 0


def check(what, seen, expected):
    global wrong
    print(f"{what:34} {seen}")
    if seen != expected:
        print(f"  CHANGED: was {expected}")
        wrong += 1


def times(file):
    return [(line.start, line.end) for line in file]


text = "WEBVTT\n\n100:00:00.000 --> 100:00:02.000\na\n\n123:00:00.000 --> 123:00:02.000\nb\n"
read = pysubs2.SSAFile.from_string(text)
check("WebVTT read", times(read), [(100 * HOUR, 100 * HOUR + 2000), (123 * HOUR, 123 * HOUR + 2000)])
last = 100 * HOUR - 1
check("WebVTT written", times(pysubs2.SSAFile.from_string(read.to_string("vtt"))), [(last, last)] * 2)
short = pysubs2.SSAFile()
short.append(pysubs2.SSAEvent(start=1234, end=1239, text="a"))
short.append(pysubs2.SSAEvent(start=10 * HOUR, end=10 * HOUR + 2000, text="b"))
last = 10 * HOUR - 10
check("ASS written", times(pysubs2.SSAFile.from_string(short.to_string("ass"))), [(1230, 1240), (last, last)])
sys.exit(1 if wrong else 0)
PY
