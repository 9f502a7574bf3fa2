#!/usr/bin/env bash
# A FLAC stream that was written where nothing can be rewritten (a pipe, a program that was killed) states 0 samples, which the format
# defines as "unknown". PyAV 18.1.0 (FFmpeg) writes one to a stream that cannot seek and reads it back; soundfile 0.14.0 (libsndfile 1.2.2),
# which librosa and most Python tools for speech read files with, is given the same bytes.
# Expected: as FFmpeg, it decodes to the end of the file; or it refuses to open it.
# Seen: it opens the file and calls it 2^63 - 1 samples long (18 million years at 16 kHz). `read` fails for want of memory. Reading by
# pieces works until one reaches the last sample, which ends with "Internal psf_fseek() failed": that piece is lost, whole.
# So: whoever records FLAC and may be killed has to rewrite the stated length as it goes, though the format does not ask for it; and a
# length in libsndfile's answer is no reason to allocate.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==2.3.5 soundfile==0.14.0
cat > "$work/probe.py" <<'PY'
import sys
import av, numpy, soundfile

path = sys.argv[1] + "/talk.flac"
sound = (numpy.sin(numpy.arange(32_000) / 20) * 8_000).astype("int16")


class Pipe:
    """What cannot seek."""

    def __init__(self, file):
        self.write = file.write


with open(path, "wb") as file, av.open(Pipe(file), "w", format="flac") as out:
    stream = out.add_stream("flac", rate=16_000, layout="mono")
    for part in [*numpy.split(sound, 4), None]:
        frame = None
        if part is not None:
            frame = av.AudioFrame.from_ndarray(part[None, :], format="s16", layout="mono")
            frame.sample_rate = 16_000
        for packet in stream.encode(frame):
            out.mux(packet)

with open(path, "rb") as file:
    stated = int.from_bytes(file.read(26)[18:26], "big") & (1 << 36) - 1
with av.open(path) as file:
    decoded = sum(frame.samples for frame in file.decode(audio=0))
print(f"stated {stated}; FFmpeg decodes {decoded} of {len(sound)} samples")
print(f"soundfile {soundfile.__version__}, {soundfile.__libsndfile_version__}: {soundfile.info(path).frames} samples")


def refused(read):
    try:
        return f"read {read()}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:40]}"


told = [
    refused(lambda: len(soundfile.read(path)[0])),
    refused(lambda: len(soundfile.read(path, frames=len(sound) - 1)[0])),
    refused(lambda: len(soundfile.read(path, frames=len(sound))[0])),
    refused(lambda: sum(map(len, soundfile.blocks(path, blocksize=4_000)))),
]
print(*told, sep="\n")
as_seen = (
    (stated, decoded) == (0, len(sound))
    and soundfile.info(path).frames == 2**63 - 1
    and told[0].startswith("ValueError")
    and told[1] == "read 31999"
    and all("psf_fseek() failed" in it for it in told[2:])
)
sys.exit(0 if as_seen else "CHANGED")
PY
"$work/venv/bin/python" "$work/probe.py" "$work"
