#!/usr/bin/env bash
# The same two seconds of AAC in an MP4 file and as a bare stream (ADTS), decoded by PyAV 18.1.0 (FFmpeg) and by symphonia 0.6.1.
# Expected: both decoders give the sound at its place, 32000 samples, in both files; MP3 and Vorbis do work like that.
# Seen: an AAC encoder puts 1024 samples before the sound. FFmpeg drops them in the MP4 file (its edit list says so) but leaves 768
# samples after the end; in the bare stream nothing says so and all comes 1024 samples late. symphonia does not apply the edit
# list: MP4 is 1024 samples late there too, and the decoded length (33792) is not the one it announces (33024).
# So: 64 ms at 16 kHz between captions of the same recording, by container and decoder. Times that matter want WAV, FLAC,
# MP3 with its encoder's tag, or the first 1024 samples dropped by hand; and a stated length is no test for a whole file.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check av==18.1.0 numpy==2.3.5
mkdir -p "$work/probe/src"
cat > "$work/probe/Cargo.toml" <<'TOML'
[package]
name = "probe"
version = "0.1.0"
edition = "2021"
[dependencies.symphonia]
version = "=0.6.1"
default-features = false
features = ["aac", "isomp4"]
TOML
cat > "$work/probe/src/main.rs" <<'RUST'
use std::{env, fs::File};
use symphonia::core::{
    codecs::{audio::AudioDecoderOptions, CodecParameters},
    formats::{probe::Hint, FormatOptions, TrackType},
    io::MediaSourceStream,
    meta::MetadataOptions,
};

/// Prints the announced length and then every decoded sample, one a line.
fn main() {
    let path = env::args().nth(1).unwrap();
    let source = MediaSourceStream::new(Box::new(File::open(&path).unwrap()), Default::default());
    let mut hint = Hint::new();
    hint.with_extension(path.rsplit('.').next().unwrap());
    let (format, meta) = (FormatOptions::default(), MetadataOptions::default());
    let mut reader = symphonia::default::get_probe().probe(&hint, source, format, meta).unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap().clone();
    println!("{}", track.num_frames.unwrap());
    let Some(CodecParameters::Audio(codec)) = &track.codec_params else { panic!("no codec") };
    let options = AudioDecoderOptions::default().gapless(true);
    let mut decoder = symphonia::default::get_codecs().make_audio_decoder(codec, &options).unwrap();
    let mut samples: Vec<f32> = Vec::new();
    while let Ok(Some(packet)) = reader.next_packet() {
        let decoded = decoder.decode(&packet).unwrap();
        decoded.copy_to_vec_interleaved(&mut samples);
        for sample in &samples {
            println!("{sample}");
        }
    }
}
RUST
cargo build --quiet --manifest-path "$work/probe/Cargo.toml" --target-dir "$work/target"
"$work/venv/bin/python" - "$work" <<'PY'
import subprocess
import sys
import av
import numpy

work = sys.argv[1]
RATE, LENGTH = 16000, 32000
# Noise in the band of speech, whose place a correlation finds to the sample.
spectrum = numpy.fft.rfft(numpy.random.default_rng(1).standard_normal(LENGTH))
spectrum[: 300 * 2], spectrum[3000 * 2 :] = 0, 0
sound = numpy.fft.irfft(spectrum)
sound = (0.5 * sound / abs(sound).max()).astype("float32")


def encode(path, container):
    with av.open(path, "w", format=container) as out:
        stream = out.add_stream("aac", rate=RATE, layout="mono")
        for at in range(0, LENGTH, 1024):
            frame = av.AudioFrame.from_ndarray(sound[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, at
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


def ffmpeg(path):
    with av.open(path) as file:
        return numpy.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])


def symphonia(path):
    out = subprocess.run([f"{work}/target/debug/probe", path], check=True, capture_output=True, text=True).stdout.split()
    print(f"symphonia announces {out[0]} samples")
    return numpy.array(out[1:], "float32")


def late(heard):
    size = 2 * LENGTH
    place = int(numpy.argmax(numpy.fft.irfft(numpy.fft.rfft(heard[:LENGTH], size) * numpy.fft.rfft(sound, size).conj())))
    return place if place < LENGTH else place - size


wrong = 0
for container, ending, expected in [
    ("mp4", "m4a", {"FFmpeg": (0, 32768), "symphonia": (1024, 33792)}),
    ("adts", "aac", {"FFmpeg": (1024, 33792), "symphonia": (1024, 33792)}),
]:
    path = f"{work}/sound.{ending}"
    encode(path, container)
    for name, decode in (("FFmpeg", ffmpeg), ("symphonia", symphonia)):
        heard = decode(path)
        seen = (late(heard), len(heard))
        print(f"{container} by {name}: {seen[0]} samples late, {seen[1]} in all of {LENGTH}")
        if seen != expected[name]:
            print(f"  CHANGED: was {expected[name]}")
            wrong += 1
sys.exit(1 if wrong else 0)
PY
