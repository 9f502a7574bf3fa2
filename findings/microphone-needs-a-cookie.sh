#!/usr/bin/env bash
# cpal 0.18.2 with its feature `pulseaudio` (crate pulseaudio 0.3.2), against PulseAudio 16.1 that lets in everybody.
# Expected: a server that asks for no authentication gives its inputs to whoever may open its socket.
# Seen: for a user without a cookie file, the host is not there ("failed to fill whole buffer"), and a program that falls back to
# ALSA says that there is no microphone. The crate sends an empty cookie; the protocol has 256 bytes, and the server hangs up. Any
# 256 bytes do, zeros too. PulseAudio's own library makes the file when it is first used, so no machine shows it on which a player
# or a mixer has run under that name.
# So: make ~/.config/pulse/cookie, 256 random bytes, where there is none. It needs cargo, pulseaudio and ALSA's header files.
set -euo pipefail
work=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$work"' EXIT
mkdir -p "$work/src" "$work/run" "$work/home"
cat >"$work/Cargo.toml" <<'TOML'
[package]
name = "inputs"
version = "0.0.0"
edition = "2024"
[dependencies]
cpal = { version = "=0.18.2", features = ["pulseaudio"] }
pulseaudio = "=0.3.2"
TOML
cat >"$work/src/main.rs" <<'RUST'
use cpal::traits::HostTrait;

fn main() {
    match "pulseaudio".parse().and_then(cpal::host_from_id) {
        Ok(host) => println!("{} input", host.input_devices().map_or(0, Iterator::count)),
        Err(error) => println!("no host: {error}"),
    }
}
RUST
cargo build --quiet --manifest-path "$work/Cargo.toml" --target-dir "$work/target"
cat >"$work/sound.pa" <<PA
load-module module-native-protocol-unix auth-anonymous=1 socket=$work/native
load-module module-null-sink sink_name=room
PA
export XDG_RUNTIME_DIR="$work/run" PULSE_SERVER="unix:$work/native"
HOME=$work pulseaudio -n -F "$work/sound.pa" --daemonize=no --exit-idle-time=-1 --realtime=no --high-priority=no --use-pid-file=no 2>"$work/log" &
server=$!
until HOME=$work pactl list short sources 2>/dev/null | grep -q room; do
  kill -0 "$server" || { cat "$work/log"; exit 1; }
  sleep 0.1
done
pulseaudio --version
without=$(HOME=$work/home "$work/target/debug/inputs")
mkdir -p "$work/home/.config/pulse"
head -c 256 /dev/zero >"$work/home/.config/pulse/cookie"
with=$(HOME=$work/home "$work/target/debug/inputs")
printf 'without a cookie file: %s\nwith 256 zeros in it:  %s\n' "$without" "$with"
if [[ $without != "no host"* || $with != "1 input" ]]; then
  echo "CHANGED"
  exit 1
fi
