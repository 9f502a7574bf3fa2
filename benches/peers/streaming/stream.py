"""whisper.cpp's `stream` on a recording, at the recording's own pace and without a sound card.

SDL's `disk` driver reads what a microphone would give from a file. Here that is a pipe, into which the sound is written as it would come:
a sample at `t` seconds no earlier than `t` seconds after the first one. Behind the recording comes digital silence, until `stream` has
written the line in which it heard the recording's end.
"""
import codecs
import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import numpy
import soundfile

RATE = 16_000
# Sound that is written at once, in samples: 20 ms.
FRAME = 320
# `stream` decodes so often, in seconds, if it can.
STEP = 3.0
# How much silence it is given at most, in seconds.
SILENCE = 20.0
# What it writes before each state of a line: the line is emptied, twice.
EMPTIED = "\33[2K\r"
REWRITTEN = EMPTIED + " " * 100 + EMPTIED
BEGUN = "[Start speaking]"
TICKS = os.sysconf("SC_CLK_TCK")


def samples(recording):
    """Mono, as `stream` asks for it: 32-bit floats at 16 kHz."""
    sound, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    if rate != RATE:
        raise ValueError(f"{recording}: it has to be at 16 kHz")
    return sound.mean(axis=1, dtype=numpy.float32)


def processor_seconds(pid):
    """User and system time of a process that lives."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Feeder:
    """Writes sound into the pipe at its pace, from `start` on."""

    def __init__(self, path, sound):
        self.sound = sound
        self.file = None
        self.first, self.first_at = threading.Event(), None
        self.stopped = threading.Event()
        # Waits until `stream` has opened the other end.
        self.thread = threading.Thread(target=self.run, args=(path,), daemon=True)
        self.thread.start()

    def run(self, path):
        with open(path, "wb", buffering=0) as pipe:
            self.first.wait()
            silence, number = numpy.zeros(FRAME, dtype=numpy.float32), 0
            while not self.stopped.is_set():
                frame = self.sound[number * FRAME:(number + 1) * FRAME]
                number += 1
                wait = self.first_at + number * FRAME / RATE - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                try:
                    pipe.write((frame if len(frame) == FRAME else numpy.concatenate([frame, silence[len(frame):]])).tobytes())
                except BrokenPipeError:
                    return

    def start(self):
        self.first_at = time.monotonic()
        self.first.set()


class Screen:
    """What stands on the terminal, and since when."""

    def __init__(self):
        self.written = ""
        self.decodes = 0
        # Until where the newest decode had sound, in seconds.
        self.heard, self.printed = 0.0, 0.0
        # (seconds since the first sample, sound heard, words on the screen), one for each state.
        self.states = []

    def take(self, text, at):
        self.written += text
        decodes = self.written.count(REWRITTEN)
        if decodes > self.decodes:
            # It takes sound when the decode before is done, and not before a step of it is there.
            self.heard = max(self.heard + STEP, self.printed)
            self.decodes, self.printed = decodes, at
        words = self.words()
        if not self.states or words != self.states[-1][2]:
            self.states.append((at, self.heard, words))

    def words(self):
        lines = (it.rpartition(EMPTIED)[2] for it in self.written.split("\n"))
        # A sound annotation, in brackets, is no word.
        return [word for it in lines for word in re.sub(r"\[[^\]]*\]|\([^)]*\)", " ", it).split()]

    def lines(self):
        return self.written.count("\n")

    def log(self, path, recording):
        """In the shape in which `livecap bench --event-log` writes it, for simulstream."""
        with open(path, "w") as out:
            print(json.dumps({"id": 0, "metadata": {"wav_name": recording.name}}), file=out)
            shown = []
            for at, heard, words in self.states:
                kept = next((it for it, (old, new) in enumerate(zip(shown, words)) if old != new), min(len(shown), len(words)))
                line = {"id": 0, "total_audio_processed": heard, "computation_time": max(0.0, at - heard), "generated_tokens": words[kept:],
                        "deleted_tokens": shown[kept:]}
                print(json.dumps(line), file=out)
                shown = words


def run(program, model, recording, folder, threads=None):
    """Writes `stream.jsonl` and what else it said into `folder`; returns processor seconds, seconds of sound, and the most memory in MB."""
    sound = samples(recording)
    length = len(sound) / RATE
    with tempfile.TemporaryDirectory() as place, open(folder / "stream.err", "wb") as errors:
        pipe = Path(place) / "microphone"
        os.mkfifo(pipe)
        feeder = Feeder(pipe, sound)
        microphone = {"SDL_AUDIODRIVER": "disk", "SDL_DISKAUDIOFILEIN": str(pipe), "SDL_DISKAUDIODELAY": "0"}
        command = [str(program), "-m", str(model), *(["-t", str(threads)] if threads else [])]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=os.environ | microphone)
        try:
            screen, spent = listen(child, feeder, length)
        finally:
            # As Ctrl-C, which is ignored by what a shell started in the background.
            os.kill(child.pid, signal.SIGTERM)
            # Sound goes on until then: a read that waits for it would hold the process.
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            feeder.stopped.set()
    (folder / "stream.txt").write_text(screen.written)
    screen.log(folder / "stream.jsonl", recording)
    return {"processor_s": spent, "audio_s": length, "memory_mb": usage.ru_maxrss * 1024 / 1e6, "decodes": screen.decodes}


def listen(child, feeder, length):
    """The screen when the recording's end was heard, and the processor seconds from the recording's first sample to its last."""
    screen, decoder = Screen(), codecs.getincrementaldecoder("utf-8")("replace")
    opening, before, meter = "", 0.0, {}

    def at_end():
        meter["end"] = processor_seconds(child.pid)

    while True:
        text = decoder.decode(os.read(child.stdout.fileno(), 65536))
        if not text:
            raise RuntimeError("`stream` ended by itself: see stream.err")
        if not feeder.first.is_set():
            opening += text
            if BEGUN in opening:
                before = processor_seconds(child.pid)
                feeder.start()
                end = threading.Timer(length, at_end)
                end.daemon = True
                end.start()
            continue
        at, lines = time.monotonic() - feeder.first_at, screen.lines()
        screen.take(text, at)
        if (screen.lines() > lines and screen.heard >= length) or at > length + SILENCE:
            end.join()
            return screen, meter["end"] - before
