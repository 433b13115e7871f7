#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Prints a hash of every factory preset of both plugins and of a list of commands as rendered by one build. A change
# that is to leave the sound as it is leaves these lines as they are:
#   sh tests/bench/render_hashes.sh BUILD_BEFORE >before; sh tests/bench/render_hashes.sh BUILD_AFTER | diff before -
set -eu

render=$(realpath "${1:?the build folder}/host-test/fieldiq-render")
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
sox -n -r 48000 -c 2 -R -b 24 in.wav synth 2 pluck C3 pluck E3 remix 1 2 gain -6
sox -n -r 44100 -c 2 -R -b 24 hits.wav synth 1.5 pinknoise pinknoise gain -8 trim 0 0.1 pad 0 0.25 repeat 3

# hash NAME OPTIONS...: of the samples, not of the header.
hash() {
  name=$1
  shift
  "$render" --quiet --seed 1 "$@" out.wav </dev/null
  printf '%s %s\n' "$(sox out.wav -t f32 - | sha256sum | cut -c1-16)" "$name"
}

labels() {
  sed -n "s/^FIQ_PRESET($1, [^,]*, \"[^\"]*\", \"\([^\"]*\)\".*/\1/p" "$here/../../plugin/presets.def"
}

labels REALMS >realms
labels SWARM >swarm
while read -r label; do
  hash "realms $label" --tail 0.5 --preset "$label" in.wav
done <realms
while read -r label; do
  hash "swarm $label" --plugin swarm --preset "$label" --chord C3,G3,C4:60,E4 --length 2 --tail 0.5
done <swarm
for realm in Temporal Spectral Adaptive; do
  for rate in in hits; do
    hash "$realm $rate" --block random --set "realm=$realm" --set amount=100 --set swarm_level=-6 --chord C3,E3 $rate.wav
  done
done
for quality in 64 256 1024; do
  hash "quality $quality" --plugin swarm --set "quality=$quality" --set oscillators=10000 --chord C2,C3,G3 --length 1
done
hash "demo" --plugin swarm --preset Crystallise --midi "$here/../../host-test/demo.mid"
for objective in Headroom Mono; do
  hash "learn $objective" --learn --set "objective=$objective" --set amount=100 hits.wav
done
hash "analysis" --plugin realms --set source=Both --set swarm_level=0 --set recall=50 --set remember=1 in.wav
