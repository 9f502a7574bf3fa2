"""python-socketio's AsyncClient with no idea of corrections: prints each final that it gets, until somebody says that it is over."""
import asyncio
import json
import sys

import socketio

url, transport = sys.argv[1:3]
auth = json.loads(sys.argv[3]) if len(sys.argv) > 3 else None


async def main():
    client, over = socketio.AsyncClient(reconnection=False), asyncio.Event()

    def final(text):
        print(json.dumps(text), flush=True)
        if text == "it is over":
            over.set()

    client.on("final", final)
    client.on("caption", lambda it: final(it["text"]) if it["kind"] == "final" else None)
    await client.connect(url, auth=auth, transports=transport.split(","))
    await asyncio.wait_for(over.wait(), 60)
    await client.disconnect()


asyncio.run(main())
