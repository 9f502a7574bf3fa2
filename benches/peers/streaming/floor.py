"""What the weights themselves can do: whisper.cpp's own program on each reference sentence by itself, with the whole context.

    target/peers/streaming/venv/bin/python benches/peers/streaming/floor.py FOLDER --model PATH [--only NAME,NAME] [--language CODE]

FOLDER holds recordings at 16 kHz with references that name the times of their sentences. Greedy, one thread, no second try at another
temperature. Errors are counted by jiwer behind the texts' normaliser of OpenAI (`whisper-normalizer`), not by livecap's.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import jiwer
import soundfile
from whisper_normalizer.basic import BasicTextNormalizer
from whisper_normalizer.english import EnglishTextNormalizer

ROOT = Path(__file__).resolve().parents[3]
# So much of the sound around a sentence is heard with it, in seconds; as `cargo bench --bench policy -- --floor`.
AROUND = 0.3
PROGRAM = ROOT / "target/peers/streaming/build/bin/whisper-cli"


def heard(recording, sentences, model, language):
    """What the program hears in each sentence."""
    samples, rate = soundfile.read(recording, dtype="int16")
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, sentence in enumerate(sentences):
            files.append(Path(folder) / f"{number:04}.wav")
            begin, end = max(0, int((sentence["start"] - AROUND) * rate)), int((sentence["end"] + AROUND) * rate)
            soundfile.write(files[-1], samples[begin:end], rate)
        greedy = ["--beam-size", "1", "--best-of", "1", "--no-fallback"]
        command = [PROGRAM, "--model", model, "--threads", "1", "--language", language, *greedy, "--output-txt", *files]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return [Path(f"{file}.txt").read_text().strip() for file in files]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--model", type=Path, required=True)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--language", default="en")
    asked = arguments.parse_args()
    normalise = EnglishTextNormalizer() if asked.language == "en" else BasicTextNormalizer()
    only = [it for it in asked.only.split(",") if it]
    said, answered = [], []
    for reference in sorted(asked.folder.glob("*.json")):
        sentences = json.loads(reference.read_text()).get("sentences", [])
        (recording,) = [it for it in reference.parent.glob(f"{reference.stem}.*") if it.suffix in (".wav", ".flac")] or [None]
        if not sentences or recording is None or (only and reference.stem not in only):
            continue
        texts = [normalise(it["text"]) for it in sentences]
        words = [normalise(it) for it in heard(recording, sentences, asked.model, asked.language)]
        print(f"{reference.stem:24} {100 * jiwer.wer(texts, words):6.2f} % of {sum(len(it.split()) for it in texts)} words", flush=True)
        said += texts
        answered += words
    print(f"{'total':24} {100 * jiwer.wer(said, answered):6.2f} % of {sum(len(it.split()) for it in said)} words")


if __name__ == "__main__":
    main()
