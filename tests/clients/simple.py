"""python-socketio's SimpleClient: emits to the relay, and prints what it hears, one JSON list a line."""
import json
import sys

import socketio

url, transport = sys.argv[1:]


def shown(value):
    if isinstance(value, bytes):
        return {"bytes": list(value)}
    if isinstance(value, (list, tuple)):
        return [shown(it) for it in value]
    if isinstance(value, dict):
        return {name: shown(it) for name, it in value.items()}
    return value


with socketio.SimpleClient() as client:
    client.connect(url, transports=transport.split(","))
    client.emit("demo", 1467)
    client.emit("several", ("one", {"two": [2, None]}))
    client.emit("nothing")
    client.emit("bytes", {"inside": [b"\x00\xff"], "text": "é"})
    print(json.dumps(["answer", shown(client.call("asked", "?", timeout=20))]))
    while True:
        event = client.receive(timeout=20)
        print(json.dumps(shown(event), ensure_ascii=False), flush=True)
        if event[0] == "asked":
            break
