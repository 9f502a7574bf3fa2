"""WhisperLive's own client, unchanged: sends a sound file as it does, and prints what it has understood, one JSON value a line."""
import json
import os
import sys
import tempfile
import types


class PyAudio:
    """As on a machine without a sound card: no microphone can be opened. Its package is no more than a way to one."""

    def open(self, **_):
        raise OSError("no microphone")


sys.modules["pyaudio"] = types.SimpleNamespace(PyAudio=PyAudio, paInt16=8)
# Imported, and never used by the client.
sys.modules["scipy"] = types.ModuleType("scipy")
# It tells people what it does on standard output.
told, sys.stdout = sys.stdout, sys.stderr

from whisper_live.client import Client, TranscriptionTeeClient  # noqa: E402

host, port, path = sys.argv[1:]
path = os.path.abspath(path)
statuses = []


class Watched(Client):
    """Remembers what it is told, which it forgets when it is closed."""

    def handle_status_messages(self, message):
        statuses.append(message["status"])
        super().handle_status_messages(message)


def tell(*value):
    print(json.dumps(value), file=told, flush=True)


with tempfile.TemporaryDirectory() as folder:
    # The resampled sound is put where it runs.
    os.chdir(folder)
    client = Watched(host, port, lang="en", use_vad=False, log_transcription=True, srt_file_path="out.srt")
    # In silence: what it plays would need a loudspeaker.
    TranscriptionTeeClient([client], mute_audio_playback=True)(path)
    if not os.path.exists("out.srt"):
        tell("not let in", *statuses)
    else:
        tell("ready", client.server_backend)
        tell("subtitles", open("out.srt").read())
        tell("transcript", [(float(it["start"]), float(it["end"]), it["text"]) for it in client.transcript])
    os.chdir("/")
