"""python-socketio's AsyncClient: a burst of numbered events, of which each comes back once and in order."""
import asyncio
import json
import sys

import socketio

url, transport = sys.argv[1:]
COUNT = 1000


async def main():
    client = socketio.AsyncClient(reconnection=False)
    heard, done = [], asyncio.Event()

    @client.on("number")
    async def on_number(number, data):
        heard.append(number)
        assert data == bytes([number % 256])
        if len(heard) == COUNT:
            done.set()

    await client.connect(url, transports=transport.split(","))
    for number in range(COUNT):
        await client.emit("number", (number, bytes([number % 256])))
    await asyncio.wait_for(done.wait(), 60)
    answer = await client.call("asked", timeout=20)
    print(json.dumps(["in order", heard == list(range(COUNT)), answer]))
    await client.disconnect()


asyncio.run(main())
