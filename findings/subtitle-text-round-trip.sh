#!/usr/bin/env bash
# webvtt-py 0.6.0, pysubs2 1.8.1, srt 3.5.3: what is left of a cue's text after writing and reading it with the same library.
# Expected: a library reads back what it wrote.
# Seen: webvtt-py writes < and & as they are and, when it reads, takes all between < and > for a tag: "a < b & c > d" comes back
# as "a  d". Neither it nor pysubs2 turns the entities &lt; and &amp; of a WebVTT file into characters, though the format demands it.
# pysubs2 takes curly brackets of SubRip text for ASS commands and drops them: "say {this} now" -> "say  now"; and a
# backslash with N becomes a line break. srt.compose leaves out cues without text or with no length, and renumbers the rest.
# So: escape & < > yourself when you write WebVTT, unescape after reading, and keep curly brackets out of what pysubs2 converts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check webvtt-py==0.6.0 pysubs2==1.8.1 srt==3.5.3
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
import pysubs2
import srt
import webvtt

wrong = 0


def check(what, seen, expected):
    global wrong
    print(f"{what:42} {seen!r}")
    if seen != expected:
        print(f"  CHANGED: was {expected!r}")
        wrong += 1


file = webvtt.WebVTT()
file.captions.append(webvtt.Caption("00:00:00.000", "00:00:01.000", "a < b & c > d"))
check("webvtt-py, 'a < b & c > d' written, read", webvtt.from_string(file.content)[0].text, "a  d")
escaped = "WEBVTT\n\n00:00.000 --> 00:01.000\n1 &lt; 2 &amp; 3\n"
check("webvtt-py, '1 &lt; 2 &amp; 3' read", webvtt.from_string(escaped)[0].text, "1 &lt; 2 &amp; 3")
check("pysubs2, the same", pysubs2.SSAFile.from_string(escaped)[0].plaintext, "1 &lt; 2 &amp; 3")
braces = pysubs2.SSAFile.from_string("1\n00:00:00,000 --> 00:00:01,000\nsay {this} now, C:\\Notes\n")
check("pysubs2, 'say {this} now, C:\\Notes'", braces[0].plaintext, "say  now, C:\notes")
check("the same, written as SubRip", braces.to_string("srt").split("\n", 2)[2].strip(), "say  now, C:\notes")
cues = "1\n00:00:01,000 --> 00:00:01,000\nno length\n\n2\n00:00:02,000 --> 00:00:03,000\nkept\n\n"
check("srt, a cue of no length first", srt.compose(srt.parse(cues)), "1\n00:00:02,000 --> 00:00:03,000\nkept\n\n")
sys.exit(1 if wrong else 0)
PY
