"""python-socketio's Client with handlers for connect, disconnect, one event and all others."""
import json
import sys
import threading

import socketio

url, transport = sys.argv[1:]
heard = threading.Semaphore(0)
client = socketio.Client(reconnection=False)


def tell(*what):
    def shown(value):
        return {"bytes": list(value)} if isinstance(value, bytes) else value

    # In one piece: each handler runs in a thread of its own.
    sys.stdout.write(json.dumps([shown(it) for it in what]) + "\n")
    sys.stdout.flush()
    heard.release()


@client.event
def connect():
    tell("connected")


@client.event
def disconnect(reason=None):
    tell("disconnected")


@client.on("demo")
def on_demo(counter):
    tell("on demo", counter)


@client.on("*")
def on_any(event, *args):
    tell("on any", event, *args)


client.connect(url, transports=transport.split(","))
client.emit("demo", 1467)
client.emit("several", ("one", 2, b"\x01\x02"))
client.emit("asked", "?", callback=lambda *answer: tell("answer", *answer))
client.emit("last")
for _ in ["connected", "demo", "several", "asked", "answer", "last"]:
    assert heard.acquire(timeout=20), "not everything came"
client.disconnect()
