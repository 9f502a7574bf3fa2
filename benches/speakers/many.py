"""What 200 speakers cost a server: silent ones, five who speak, and connections that never say hello.

    python3 benches/speakers/many.py LIVECAP MODEL RECORDING...

LIVECAP: a release build; MODEL: weights; five RECORDINGs as WAV with 16 kHz and 16 bits. Needs the package `websockets`. Linux.
"""
import asyncio, collections, json, re, signal, socket, struct, subprocess, sys, tempfile, threading, time, wave
from pathlib import Path

import websockets

BLOCK = 320  # samples of 20 ms
PLACES = 200
PIPELINE = """
[browser.panel]
speakers = {places}
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
    def __init__(self, program, model, folder):
        Path(folder, "panel.toml").write_text(PIPELINE.format(places=PLACES, model=json.dumps(model)))
        command = [program, "run", "panel.toml", "--quiet", "--log", "json"]
        self.process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"listening on http://([0-9.:]+)", line):
                self.address = found.group(1)
            if "ready in" in line:
                break
        threading.Thread(target=lambda: collections.deque(self.process.stderr, 0), daemon=True).start()

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


async def main(server, recordings):
    nobody = await server.share(asyncio.sleep(10))
    before = server.memory()
    print(f"nobody connected: {100 * nobody:.2f} % of a core, {before // 1024} MiB")
    links = [await server.speaker() for _ in range(PLACES)]
    for link in links:
        await link.send(json.dumps({"type": "mute", "muted": True}))
    await asyncio.sleep(2)
    muted = await server.share(asyncio.sleep(15))
    each = (server.memory() - before) / PLACES
    print(f"{PLACES} connected and muted: {100 * muted:.2f} % of a core, {each:.0f} kB each")
    for name, peak in [("silence", 0), ("noise with peaks at -75 dB", 6), ("noise with peaks at -55 dB", 58)]:
        state, noise = 1, bytearray()
        for _ in range(16000 * 30):
            state = (1664525 * state + 1013904223) % 2**32
            noise += struct.pack("<h", round(peak * (state / 2**31 - 1)))
        await leave(links[0])
        links[0] = await server.speaker()
        cost = await server.share(speak(links[0], bytes(noise)))
        # It sends for 30 s of 36.
        print(f"one of them sends {name}: {100 * (cost - muted) * 36 / 30:.2f} % of a core more")
    for at, _ in enumerate(recordings):
        await leave(links[at])
        links[at] = await server.speaker()
    dropped = []

    async def all_speak():
        dropped.extend(await asyncio.gather(*[speak(links[at], it) for at, it in enumerate(recordings)]))

    cost = await server.share(all_speak())
    print(f"{PLACES} connected, {len(recordings)} speak: {cost:.2f} processor seconds a second, {server.memory() // 1024} MiB, dropped {dropped} ms")
    await leave(links[0])
    host, port = server.address.split(":")
    before, silent = server.memory(), []
    for _ in range(1000):
        silent.append(socket.create_connection((host, int(port))))
        silent[-1].send(f"GET /ingest/v1 HTTP/1.1\r\nHost: {server.address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    links[0] = await server.speaker()
    lost = await speak(links[0], recordings[0][: 32000 * 12])
    print(f"1000 connections without hello: {server.memory() - before} kB more; a speaker who came after them lost {lost} ms")


with tempfile.TemporaryDirectory() as folder:
    program, model, *paths = [sys.argv[1]] + [str(Path(it).resolve()) for it in sys.argv[2:]]
    server = Server(str(Path(program).resolve()), model, folder)
    try:
        asyncio.run(main(server, [recording(it, 60) for it in paths]))
    finally:
        server.process.send_signal(signal.SIGINT)
        server.process.wait(30)
    said, gaps = collections.Counter(), 0
    ages = []
    for line in Path(folder, "out.jsonl").read_text().splitlines():
        event = json.loads(line)
        gaps += event["type"] == "gap"
        if event["type"] == "final":
            said[event["track"]] += 1
            ages.append(event["at"]["recognised"])
    ages.sort()
    print(f"finals {dict(said)}, the newest sound of each was {ages[len(ages) // 2]} ms old (p50), {ages[-1]} at most; gaps {gaps}")
