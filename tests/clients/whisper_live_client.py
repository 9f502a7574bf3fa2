"""WhisperLive's own client, unchanged: sends a WAV file at its own pace, and prints what it has understood, one JSON value a line."""
import json
import os
import sys
import threading
import time
import types
import wave

# Its sound card, its decoders and its arrays of numbers are not used by what connects, sends and receives.
for name in ("pyaudio", "av", "numpy", "scipy"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["numpy"].ndarray = object
# It tells people what it does on standard output.
told, sys.stdout = sys.stdout, sys.stderr

from whisper_live.client import Client  # noqa: E402

host, port, path = sys.argv[1:]
statuses = []


class Watched(Client):
    """Remembers what it is told, which it forgets when it is closed."""

    def handle_status_messages(self, message):
        statuses.append(message["status"])
        super().handle_status_messages(message)


client = Watched(host, port, lang="en", use_vad=False, log_transcription=True, srt_file_path=os.devnull)


def tell(*value):
    print(json.dumps(value), file=told, flush=True)


until = time.monotonic() + 60
while not client.recording:
    if statuses or client.server_error or time.monotonic() > until:
        tell("not let in", *statuses)
        sys.exit(0)
    time.sleep(0.01)
tell("ready", client.server_backend)
with wave.open(path) as sound:
    begun, sent = time.monotonic(), 0
    while block := sound.readframes(4096):
        numbers = memoryview(block).cast("h")
        floats = memoryview(bytearray(4 * len(numbers))).cast("f")
        for at, number in enumerate(numbers):
            floats[at] = number / 32768.0
        client.send_packet_to_server(floats.tobytes())
        sent += len(numbers)
        time.sleep(max(0, begun + sent / 16000 - time.monotonic()))
client.send_packet_to_server(Client.END_OF_AUDIO.encode("utf-8"))
client.ws_thread.join(60)
tell("disconnected", client._server_disconnect)
tell("transcript", [(float(it["start"]), float(it["end"]), it["text"]) for it in client.transcript])
