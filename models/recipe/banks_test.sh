#!/bin/bash
# Sentences and voices that are only measured with, never trained on: test/.
cd "$(dirname "$0")" || exit 1
PY=${PY:-venv/bin/python}
set -e
$PY data.py bank --dir test --kind espeak --n 80 --seed 9 --heldout --name seen-espeak
$PY data.py bank --dir test --kind slt    --n 60 --seed 9 --heldout --name seen-slt
$PY data.py bank --dir test --kind awb    --n 60 --seed 9 --heldout --name seen-awb
$PY data.py bank --dir test --kind espeak --n 60 --seed 10 --heldout --voices en-us+f4 --name unseen-espeak-f4
$PY data.py bank --dir test --kind espeak --n 60 --seed 11 --heldout --voices en+m5 --name unseen-espeak-m5
$PY data.py bank --dir test --kind espeak --n 60 --seed 12 --heldout --voices en-us --name seen-us
