#!/usr/bin/env bash
# soxr 1.1.0 (Python, libsoxr), ResampleStream fed with 10 ms of sound at a time, as a microphone does, to 16 kHz.
# Expected: a filter's delay of a few milliseconds, and about 160 samples for every chunk.
# Seen: at 44.1 kHz the best quality (VHQ) answers 6 or 7 chunks in a row with nothing, then with 76 ms at once: up to 84 ms are held
# back. The default (HQ) does so in steps of 34 ms (40 ms held back); from 8 kHz it is 104 ms (115 ms held back).
# "QQ" gives all at once, but it hardly filters. The sum of the samples is right, so no test of lengths shows it.
# So: count the resampler's bursts as latency; a voice detector behind it gets several frames at the same instant and then none.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check soxr==1.1.0 numpy==2.3.5
"$work/venv/bin/python" - <<'PY'
import sys
import numpy
import soxr

CHUNKS = 200
wrong = 0
for rate, quality, burst_ms, held_ms in [(44100, "VHQ", 75, 80), (44100, "HQ", 33, 35), (8000, "HQ", 100, 110), (44100, "QQ", 0, 0)]:
    stream = soxr.ResampleStream(rate, 16000, 1, dtype="float32", quality=quality)
    fed, given, held, sizes = 0.0, 0.0, [], []
    for i in range(CHUNKS):
        out = stream.resample_chunk(numpy.zeros(rate // 100, "float32"), last=i == CHUNKS - 1)
        fed += rate // 100 / rate * 1000
        given += len(out) / 16
        if 20 < i < CHUNKS - 1:  # settled, and not the flush at the end
            held.append(fed - given)
            sizes.append(len(out) / 16)
    silent = sum(size == 0 for size in sizes)
    print(f"{rate} Hz {quality:3}: {silent} of {len(sizes)} chunks gave nothing, most at once {max(sizes):.0f} ms, held back "
          f"{min(held):.0f} to {max(held):.0f} ms; in all {given:.0f} of {fed:.0f} ms")
    bursts = max(sizes) >= burst_ms and max(held) >= held_ms and silent > len(sizes) / 2
    if bursts != (quality != "QQ") or abs(given - fed) > 1:
        print("  CHANGED")
        wrong += 1
sys.exit(1 if wrong else 0)
PY
