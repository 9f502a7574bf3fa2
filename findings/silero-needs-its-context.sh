#!/usr/bin/env bash
# The ONNX models in silero-vad 6.2.3, run by onnxruntime 1.26.0 on 11 s of clear speech (the recording comes with pywhispercpp).
# Expected: the model takes 512 samples at 16 kHz (32 ms), the size of piece that its wrapper is called with, or refuses what it cannot take.
# Seen: a piece must be 576 samples: the last 64 of the piece before, then 512 new ones. With 512 alone there is no error, and the
# probability never rises above 0.01, on speech. 256 new samples: no error, below 0.1. silero_vad_op18_ifless.onnx takes
# 1024 new ones too without a word and finds a few per cent of the speech; silero_vad.onnx refuses that.
# The package's own wrapper (utils_vad.py, OnnxWrapper) adds the context; whoever calls the model from another language must.
# So: a voice detector that hears nothing is the sign of it; test with a recording of speech, not with silence.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" "$@" --quiet --disable-pip-version-check; }
pip install onnxruntime==1.26.0 numpy==2.3.5
pip download --no-deps --dest "$work" silero-vad==6.2.3
pip download --no-deps --no-binary pywhispercpp --dest "$work" pywhispercpp==1.5.1
"$work/venv/bin/python" - "$work" <<'PY'
import io
import sys
import tarfile
import wave
import zipfile
import numpy
import onnxruntime

work = sys.argv[1]
with tarfile.open(f"{work}/pywhispercpp-1.5.1.tar.gz") as tar:
    recording = tar.extractfile("pywhispercpp-1.5.1/whisper.cpp/samples/jfk.wav").read()
with wave.open(io.BytesIO(recording)) as file:
    assert (file.getframerate(), file.getnchannels()) == (16000, 1)
    sound = numpy.frombuffer(file.readframes(file.getnframes()), "<i2").astype("float32") / 32768
models = zipfile.ZipFile(f"{work}/silero_vad-6.2.3-py3-none-any.whl")


def speech(session, context, size):
    """The probabilities of speech, of pieces of `size` new samples behind `context` old ones."""
    state, before, out = numpy.zeros((2, 1, 128), "float32"), numpy.zeros(context, "float32"), []
    for at in range(0, len(sound) - size + 1, size):
        piece = numpy.concatenate([before, sound[at : at + size]])
        given = {"input": piece[None], "state": state, "sr": numpy.array(16000, "int64")}
        probability, state = session.run(None, given)
        out.append(probability.item())
        before = sound[at + size - context : at + size]
    return numpy.array(out)


wrong = 0
quiet = onnxruntime.SessionOptions()
quiet.log_severity_level = 4
for name in ("silero_vad.onnx", "silero_vad_op18_ifless.onnx"):
    session = onnxruntime.InferenceSession(models.read(f"silero_vad/data/{name}"), quiet)
    for context, size, least, most in [(64, 512, 0.9, 1), (0, 512, 0, 0.01), (64, 256, 0, 0.1), (64, 1024, 0, 1)]:
        try:
            seen = speech(session, context, size)
        except Exception as error:
            print(f"{name}: {context} + {size} samples: refused ({type(error).__name__})")
            as_stated = (name, size) == ("silero_vad.onnx", 1024)
        else:
            share = (seen > 0.5).mean()
            print(f"{name}: {context} + {size} samples: highest {seen.max():.3f}, above 0.5 in {share:.0%} of the pieces")
            as_stated = least <= seen.max() <= most and (share > 0.6) == ((context, size) == (64, 512))
            as_stated &= (name, size) != ("silero_vad.onnx", 1024)
        if not as_stated:
            print("  CHANGED")
            wrong += 1
sys.exit(1 if wrong else 0)
PY
