"""A server that people speak to, and speakers at their own pace, for the scripts beside this one. Needs the package `websockets`. Linux."""
import asyncio, collections, json, re, signal, struct, subprocess, threading, time, wave
from pathlib import Path

import websockets

BLOCK = 320  # samples of 20 ms
PIPELINE = """
[browser.panel]
speakers = {places}
compatible-with = ["openai"]
[whisper.words]
from = "panel"
model = {model}
pool = 2
[broadcast.web]
from = "words"
listen = "127.0.0.1:0"
[lines.out]
from = "words"
path = "out.jsonl"
"""


class Server:
    """Runs in `folder`, where its captions are written to `out.jsonl`."""

    def __init__(self, program, model, folder, places):
        text = PIPELINE.format(places=places, model=json.dumps(str(Path(model).resolve())))
        Path(folder, "panel.toml").write_text(text)
        command = [str(Path(program).resolve()), "run", "panel.toml", "--quiet", "--log", "json"]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"listening on http://([0-9.:]+)", line):
                self.address = found.group(1)
            if "ready in" in line:
                break
        threading.Thread(target=lambda: collections.deque(self.process.stderr, 0), daemon=True).start()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def memory(self):
        """Resident, in kB."""
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text()).group(1))

    async def share(self, work):
        """Processor seconds a second while `work` is done."""
        cpu, begun = self.cpu(), time.monotonic()
        await work
        return (self.cpu() - cpu) / (time.monotonic() - begun)

    async def speaker(self):
        link = await websockets.connect(f"ws://{self.address}/ingest/v1")
        form = {"codec": "pcm_s16le", "rate": 16000}
        await link.send(json.dumps({"type": "hello", "protocol": 1, "format": form, "clock_ms": time.monotonic() * 1e3}))
        welcome = json.loads(await link.recv())
        assert welcome["type"] == "welcome", welcome
        return link


async def leave(link):
    await link.send(json.dumps({"type": "bye"}))
    await link.wait_closed()


async def speak(link, sound):
    """At its own pace. Returns the ms that were dropped."""
    dropped = 0

    async def read():
        nonlocal dropped
        async for message in link:
            dropped = json.loads(message).get("dropped_ms", dropped)

    reading, start = asyncio.create_task(read()), time.monotonic()
    for number, first in enumerate(range(0, len(sound) // 2, BLOCK)):
        part = sound[2 * first : 2 * (first + BLOCK)]
        due = start + (first + len(part) // 2) / 16000
        await asyncio.sleep(max(0, due - time.monotonic()))
        await link.send(struct.pack("<BBHIQd", 1, 0, 0, number, first, due * 1e3) + part)
    await link.send(json.dumps({"type": "mute", "muted": True}))
    await asyncio.sleep(6)
    reading.cancel()
    return dropped


def recording(path, seconds):
    with wave.open(path) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2), path
        return file.readframes(16000 * seconds)
