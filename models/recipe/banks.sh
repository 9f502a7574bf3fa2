#!/bin/bash
# The first generation of speech banks: bank/ and bank2/. PY is a Python with numpy and scipy. About 2 minutes on 2 cores.
cd "$(dirname "$0")" || exit 1
PY=${PY:-venv/bin/python}
set -e
$PY data.py bank --kind espeak --n 5000 --seed 1 --name espeak1
$PY data.py bank --kind kal    --n 800  --seed 1
$PY data.py bank --kind slt    --n 2000 --seed 1
$PY data.py bank --kind awb    --n 2000 --seed 1
$PY data.py bank --kind espeak --n 9000 --seed 2 --name espeak2
mkdir -p bank2
ln -sf ../bank/slt.pkl bank2/slt1.pkl
$PY data.py bank --dir bank2 --kind espeak --voices en-us --n 3500 --seed 3 --name espeak-us
