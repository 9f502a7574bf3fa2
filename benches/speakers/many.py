"""What 200 speakers cost a server: silent ones, five who speak, and connections that never say hello.

    python3 benches/speakers/many.py LIVECAP MODEL RECORDING...

LIVECAP: a release build; MODEL: weights; five RECORDINGs as WAV with 16 kHz and 16 bits. Needs the package `websockets`. Linux.
"""
import asyncio, collections, json, socket, struct, sys, tempfile
from pathlib import Path

from server import Server, leave, recording, speak

PLACES = 200


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
    program, model, *paths = sys.argv[1:]
    server = Server(program, model, folder, PLACES)
    try:
        asyncio.run(main(server, [recording(it, 60) for it in paths]))
    finally:
        server.stop()
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
