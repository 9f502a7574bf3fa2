"""OpenAI's own client, unchanged: a realtime transcription session with a WAV file of 24 kHz; prints the events, one JSON value a line."""
import base64
import json
import sys
import wave

from openai import OpenAI

url, key, turns, path = sys.argv[1:]


def tell(*value):
    print(json.dumps(value), flush=True)


client = OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)
with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
    for event in connection:
        if event.type == "error":
            tell("error", event.error.code, event.error.message)
            sys.exit(0)
        if event.type == "session.created":
            tell(event.type, event.session.type)
            break
    detection = None if turns == "manual" else {"type": "server_vad"}
    sound = {"format": {"type": "audio/pcm", "rate": 24000}, "transcription": {"model": "whisper-1"}, "turn_detection": detection}
    connection.session.update(session={"type": "transcription", "audio": {"input": sound}})
    with wave.open(path) as file:
        while block := file.readframes(24000):
            connection.input_audio_buffer.append(audio=base64.b64encode(block).decode())
    if turns == "manual":
        connection.input_audio_buffer.commit()
    text = {}
    for event in connection:
        if event.type.endswith("transcription.delta"):
            text[event.item_id] = text.get(event.item_id, "") + event.delta
        elif event.type.endswith("transcription.completed"):
            tell("completed", event.item_id, event.transcript, text.get(event.item_id, ""), event.usage.type)
            if turns == "manual" or "listening" in event.transcript:
                break
        elif event.type == "error":
            tell("error", event.error.code, event.error.message)
            break
        else:
            tell(event.type, getattr(event, "item_id", None))
