"""Whether files that are sent to be transcribed delay the captions of somebody who speaks.

    python3 benches/speakers/upload.py LIVECAP MODEL RECORDING FILE [ROUNDS]

LIVECAP: a release build; MODEL: weights; RECORDING: what is spoken, as WAV with 16 kHz and 16 bits; FILE: what is sent, over and over.
In turn the recording is spoken alone, and while files are sent. Needs the package `websockets`. Linux.
"""
import asyncio, json, sys, tempfile, urllib.request
from pathlib import Path

from server import Server, leave, recording, speak

SECONDS = 60


def send(address, file):
    edge = "a-line-between-the-parts"
    body = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'.encode()
    body += file.read_bytes() + f"\r\n--{edge}--\r\n".encode()
    head = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    with urllib.request.urlopen(urllib.request.Request(f"http://{address}/v1/audio/transcriptions", body, head)) as answer:
        return json.load(answer)["text"]


async def send_until(stopped, address, file):
    """How many were answered."""
    count = 0
    while not stopped.is_set():
        assert await asyncio.to_thread(send, address, file)
        count += 1
    return count


async def spoken(server, sound):
    link = await server.speaker()
    dropped = await speak(link, sound)
    await leave(link)
    return dropped


async def main(server, sound, file, rounds):
    for _ in range(rounds):
        for sends in (False, True):
            first, stopped = len(captions()), asyncio.Event()
            sending = asyncio.create_task(send_until(stopped, server.address, file)) if sends else None
            dropped = await spoken(server, sound)
            stopped.set()
            sent = await sending if sending else 0
            lags[sends].extend(captions()[first:])
            print(f"{sent} files were transcribed meanwhile; {dropped} ms of the speaker were dropped")


def captions():
    lines = Path(folder, "out.jsonl").read_text().splitlines() if Path(folder, "out.jsonl").exists() else []
    return [it for it in map(json.loads, lines) if it["type"] in ("intermediate", "final")]


def told(events, kind):
    ages = sorted(it["at"]["recognised"] for it in events if it["kind"] == kind)
    return f"{kind}s {len(ages)}, p50 {ages[len(ages) // 2]} ms, p95 {ages[int(0.95 * (len(ages) - 1))]} ms"


lags = {False: [], True: []}
with tempfile.TemporaryDirectory() as folder:
    program, model, speech, file, *rest = sys.argv[1:]
    server = Server(program, model, folder, 2)
    try:
        asyncio.run(main(server, recording(speech, SECONDS), Path(file), int(rest[0]) if rest else 2))
    finally:
        server.stop()
    for sends, events in lags.items():
        print(f"{'while files come' if sends else 'alone'}: age of the newest sound when it was recognised: {told(events, 'partial')}; {told(events, 'final')}")
