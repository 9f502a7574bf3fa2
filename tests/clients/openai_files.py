"""OpenAI's own client, unchanged: has a sound file transcribed in each format; prints the answers, one JSON value a line."""
import json
import sys

import openai

url, key, path = sys.argv[1:]


def tell(*value):
    print(json.dumps(value), flush=True)


client = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def asked(**more):
    with open(path, "rb") as file:
        return client.audio.transcriptions.create(model="whisper-1", file=file, **more)


try:
    tell("json", asked(language="en").text)
except openai.OpenAIError as error:
    tell("error", type(error).__name__, getattr(error, "status_code", None), str(error))
    sys.exit(0)
for form in ("text", "srt", "vtt"):
    tell(form, asked(response_format=form))
verbose = asked(response_format="verbose_json", timestamp_granularities=["segment", "word"])
tell("verbose_json", verbose.text, [(it.start, it.end, it.text) for it in verbose.segments], len(verbose.words))
for more in ({"response_format": "srt2"}, {"language": "Klingon"}, {"stream": True}):
    try:
        asked(**more)
        tell("no error", more)
    except openai.BadRequestError as error:
        tell("refused", error.message)
