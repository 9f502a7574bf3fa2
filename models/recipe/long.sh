#!/bin/bash
# long.sh start|resume MINUTES [OUT]: trains, starting again where it stopped if a process dies
cd "$(dirname "$0")" || exit 1
PY=${PY:-venv/bin/python}
OUT=${3:-run}; MIN=${2:-140}
mkdir -p $OUT
[ "$1" = start ] && [ -e $OUT/state.npz ] && { echo "$OUT/state.npz is there: resume, or name another folder"; exit 1; }
for try in $(seq 20); do
  $PY train.py --minutes $MIN --lr 2e-3 ${INIT:+--init $INIT} --bank bank3 --out $OUT --resume >> $OUT/train.log 2>&1 && break
  echo "stopped with $?; trying again" >> $OUT/train.log; sleep 5
done
[ -e $OUT/final.bin ] && whisper-quantize $OUT/final.bin $OUT/final-q8_0.bin q8_0
