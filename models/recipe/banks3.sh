#!/bin/bash
# The second generation of speech banks (training: bank3, tests: test). About 4 minutes on 2 cores.
# bank3 also uses what banks.sh made (bank/, bank2/). AN4 and FSDD, where set, are absolute paths.
cd "$(dirname "$0")" || exit 1
PY=${PY:-venv/bin/python}
set -e
mkdir -p bank3 test
for f in bank/espeak1 bank/espeak2 bank/slt bank/awb bank/kal bank2/espeak-us; do
  ln -sf ../$f.pkl bank3/$(basename $f).pkl
done
(
$PY data.py bank --dir bank3 --kind slt --n 1800 --seed 31 --salad 0.35 --name slt3
$PY data.py bank --dir bank3 --kind rms --n 1800 --seed 31 --salad 0.25 --wide --name rms3
$PY data.py bank --dir bank3 --kind awb --n 900  --seed 31 --salad 0.35 --wide --name awb3
) &
F=$!
$PY data.py bank --dir test --kind kal16 --n 60 --seed 13 --heldout --name unseen-flite-kal16
$PY data.py bank --dir bank3 --kind espeak --n 2500 --seed 31 --salad 0.35 --voices en-us --wide --name espeak-us3
$PY data.py bank --dir bank3 --kind espeak --n 6000 --seed 32 --salad 0.35 --wide --name espeak3
$PY data.py bank --dir bank3 --kind kal --n 700 --seed 31 --salad 0.35 --wide --name kal3
wait $F
$PY human.py
