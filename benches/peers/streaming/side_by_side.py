"""livecap and whisper.cpp's `stream` on the same recordings at their own pace, in turn: one table.

    target/peers/streaming/venv/bin/python benches/peers/streaming/side_by_side.py FOLDER --model PATH [--only NAME,NAME] [--stream-threads N]

FOLDER holds recordings at 16 kHz with references whose words have times, as `align.py` writes them. Both programs get the same file of
weights; livecap one thread, `stream` as many as it takes by itself, or `--stream-threads`. What both showed, and when, is written down in the same form and measured by the same program (`measure.rs`), with
livecap's own normaliser of texts.

CPU: user and system time of the process for each second of the recording, without loading the model. Of livecap that is all that the bench
takes, its viewer too, less what `livecap transcribe` takes for half a second of silence. Memory: the most that was resident.
"""
import argparse
import json
import os
import subprocess
import sys
import wave
from pathlib import Path

import stream

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PROGRAMS = ("livecap", "stream")


def livecap(program, model, recording, folder, threads):
    """As `stream.run`."""
    logs = folder / "livecap"
    command = [program, "bench", ROOT / "pipelines/bench.toml", "--input", recording, "--reference", recording.with_suffix(".json"),
               "--speed", "1", "--model", model, "--threads", str(threads), "--event-log", logs, "--json"]
    with open(folder / "livecap.json", "wb") as out, open(folder / "livecap.err", "wb") as errors:
        child = subprocess.Popen(command, stdout=out, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"livecap failed: see {folder}/livecap.err")
    told = json.loads((folder / "livecap.json").read_text())
    (log,) = logs.glob("*.simulstream.jsonl")
    log.rename(folder / "livecap.jsonl")
    processor = usage.ru_utime + usage.ru_stime - loading(program, model, folder, threads)
    return {"processor_s": processor, "audio_s": told["audio_s"], "memory_mb": usage.ru_maxrss * 1024 / 1e6, "told": told}


def loading(program, model, folder, threads):
    """Processor seconds until the model can decode: those of a run in which nobody says anything."""
    silence = folder / "silence.wav"
    with wave.open(str(silence), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        out.writeframes(bytes(16_000))
    before = os.times()
    subprocess.run([program, "transcribe", silence, "--model", model, "--threads", str(threads)], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def rtf(told):
    """Processor seconds of the recogniser for each second of sound; `english` is its name in the pipeline file."""
    return next(it["rtf"] for it in told["stages"] if it["name"] == "english")


def measured(pairs):
    """What `measure.rs` says of (reference, log) pairs: one object each, then one of all."""
    # The profile of the tests: nothing here is timed, and it is built already.
    command = ["cargo", "bench", "--quiet", "--profile", "dev", "--bench", "peers", "--", *(str(it) for pair in pairs for it in pair)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(it) for it in done.stdout.splitlines()]


def row(piece, program, figures, costs):
    errors = figures["substituted"] + figures["deleted"] + figures["inserted"]
    sound = sum(it["audio_s"] for it in costs)
    processor = sum(it["processor_s"] for it in costs) / sound
    memory = max(it["memory_mb"] for it in costs)
    settled = figures["settled_ms"]
    kinds = f"{figures['substituted']} / {figures['deleted']} / {figures['inserted']}"
    print(f"| {piece} | {program} | {100 * errors / figures['words']:.1f} ({kinds}) | {settled['p50'] / 1000:.2f} / {settled['p95'] / 1000:.2f} "
          f"| {figures['erasure']:.2f} | {processor:.3f} | {memory:.0f} |", flush=True)
    return processor


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--model", type=Path, required=True)
    asked.add_argument("--only", default="")
    asked.add_argument("--livecap", type=Path, default=ROOT / "target/release/livecap")
    asked.add_argument("--stream", type=Path, default=ROOT / "target/peers/streaming/build/bin/whisper-stream")
    asked.add_argument("--stream-threads", type=int)
    asked.add_argument("--out", type=Path, default=ROOT / "target/peers/streaming/runs")
    asked = asked.parse_args()
    recordings = [it for it in sorted(asked.folder.glob("*.flac")) if any(name in it.stem for name in asked.only.split(","))]
    logs, costs = {it: [] for it in PROGRAMS}, {it: [] for it in PROGRAMS}
    for recording in recordings:
        folder = asked.out / recording.stem
        folder.mkdir(parents=True, exist_ok=True)
        for name, run, threads in (("livecap", livecap, 1), ("stream", stream.run, asked.stream_threads)):
            print(recording.stem, name, file=sys.stderr)
            costs[name].append(run(getattr(asked, name), asked.model, recording.absolute(), folder, threads))
            logs[name].append((recording.with_suffix(".json").absolute(), folder / f"{name}.jsonl"))
        (folder / "costs.json").write_text(json.dumps({it: costs[it][-1] for it in PROGRAMS}, indent=1))
    figures = {it: measured(logs[it]) for it in PROGRAMS}
    print("| recording | program | WER % (sub / del / ins) | settled p50 / p95 s | erasure | CPU s/s | MB |\n|---|---|---|---|---|---|---|")
    for number, recording in enumerate(recordings):
        for name in PROGRAMS:
            row(recording.stem, name, figures[name][number], costs[name][number:number + 1])
    ours, theirs = (row("all", it, figures[it][-1], costs[it]) for it in PROGRAMS)
    # Without the voice activity detector, the recording's decoder, the broadcast and the bench's own viewer.
    recogniser = sum(rtf(it["told"]) * it["audio_s"] for it in costs["livecap"]) / sum(it["audio_s"] for it in costs["livecap"])
    print(f"\nCPU, livecap / stream: {ours / theirs:.2f}; livecap's recogniser alone: {recogniser:.3f} s/s")


main()
