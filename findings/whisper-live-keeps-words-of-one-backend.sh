#!/usr/bin/env bash
# A server of WhisperLive's protocol sends one completed segment to the client of whisper-live 0.10.0.
# Expected: the client has it in its transcript, and in the SRT file that it writes at the end.
# Seen: only where the server has called its backend "faster_whisper". With "tensorrt" or "openvino", the two other backends of the
# same project, the segment is printed and passed to the callback, but the transcript stays empty and no SRT file is written. Nothing says so.
# So: a server that takes these clients has to call itself faster_whisper, whatever it is, or its users lose their files.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
# Its other dependencies (models, sound cards) are not used here.
"$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps whisper-live==0.10.0 websocket-client==1.9.0 websockets==15.0.1 numpy==2.3.5
cat > "$work/probe.py" <<'PY'
import asyncio, importlib.machinery, json, os, sys, types

# No sound card, no file formats: modules of these names are enough to import the client.
for name in ["pyaudio", "av", "scipy", "scipy.io", "scipy.io.wavfile"]:
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    sys.modules[name] = module

import websockets
from whisper_live.client import Client

SEGMENT = {"start": "0.000", "end": "1.000", "text": " good morning", "completed": True}


async def seen(backend):
    async def serve(link):
        uid = json.loads(await link.recv())["uid"]
        for message in [{"message": "SERVER_READY", "backend": backend}, {"segments": [SEGMENT]}, {"message": "DISCONNECT"}]:
            await link.send(json.dumps({"uid": uid, **message}))

    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        callback = []
        client = Client("127.0.0.1", port, lang="en", log_transcription=False, transcription_callback=lambda text, _: callback.append(text))
        await asyncio.to_thread(client.ws_thread.join, 30)
    path = f"{backend}.srt"
    client.write_srt_file(path)
    return callback, [it["text"] for it in client.transcript], os.path.exists(path)


async def main():
    good = True
    for backend, wanted in [("faster_whisper", ([" good morning"], True)), ("tensorrt", ([], False)), ("openvino", ([], False))]:
        callback, transcript, has_file = await seen(backend)
        print(f"{backend}: callback {callback}, transcript {transcript}, SRT file {has_file}")
        good = good and callback == ["good morning"] and (transcript, has_file) == wanted
    print("as described" if good else "CHANGED")
    os._exit(0 if good else 1)


os.chdir(sys.argv[1])
asyncio.run(main())
PY
"$work/venv/bin/python" "$work/probe.py" "$work" | grep -Ev '^\[(INFO|ERROR)\]'
