#!/bin/sh
# Makes the fixtures of this folder anew.
set -eu
tone() {
    rate=$1 channels=$2
    shift 2
    wave="0.5*sin(2*PI*440*t)"
    [ "$channels" = 1 ] || wave="$wave|$wave"
    ffmpeg -hide_banner -loglevel error -y -f lavfi -i "aevalsrc=$wave:d=1:s=$rate" -bitexact "$@"
}
tone 22050 1 -c:a flac -sample_fmt s16 tone.flac
tone 44100 2 -c:a libmp3lame -b:a 64k tone.mp3
tone 44100 1 -c:a libmp3lame -b:a 32k -write_xing 0 tone-bare.mp3
tone 44100 2 -c:a libvorbis -q:a 2 -page_duration 100000 tone.ogg
tone 44100 2 -c:a aac -b:a 64k tone.m4a
tone 44100 2 -c:a aac -b:a 64k -movflags +faststart tone-front.m4a
# Made by version 9.
tone 48000 1 -c:a libopus -b:a 48k tone.opus
tone 48000 2 -c:a libopus -b:a 64k tone-opus.webm
tone 48000 1 -c:a libopus -b:a 48k tone-opus.mp4
tone 8000 1 -c:a alac tone-alac.m4a
tone 48000 1 -c:a libopus -b:a 48k -output_ts_offset 0.5 late.webm
tone 32000 1 -c:a ac3 -b:a 32k tone-ac3.mp4
tone 48000 1 -af "asetpts=PTS+gte(T\,0.5)*0.5/TB" -c:a libopus -b:a 48k hole.webm
