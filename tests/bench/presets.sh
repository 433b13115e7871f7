#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Renders every factory preset of both plugins into OUT_DIR, with a spectrogram of each and a sheet of all:
# a four-note chord of 4 s by Swarm, a spoken word of Debian's alsa-utils through Realms.
#   sh tests/bench/presets.sh BUILD_DIR OUT_DIR
set -eu

build=${1:?the build folder}
out=${2:?the folder for the results}
render=$build/host-test/fieldiq-render
speech=/usr/share/sounds/alsa/Front_Center.wav
mkdir -p "$out"

slugs() {
  sed -n "s/^FIQ_PRESET($1, [^,]*, \"\([^\"]*\)\", \"\([^\"]*\)\".*/\1|\2/p" "$(dirname "$0")/../../plugin/presets.def"
}

picture() {
  sox "$1.wav" -n remix 1 rate 24k spectrogram -x 600 -y 257 -z 90 -t "$2" -o "$1.png"
}

sox "$speech" "$out/speech.wav" channels 2 gain -n -6 pad 0 1
slugs REALMS | while IFS='|' read -r slug label; do
  "$render" --quiet --seed 1 --bpm 120 --tail 2 --preset "$label" "$out/speech.wav" "$out/realms-$slug.wav" </dev/null
  picture "$out/realms-$slug" "$label"
done
slugs SWARM | while IFS='|' read -r slug label; do
  keys="--chord C3,G3,C4,E4"
  case $slug in drone | tanpura) keys= ;; esac # these play by themselves
  # shellcheck disable=SC2086
  "$render" --quiet --seed 1 --bpm 120 --plugin swarm --preset "$label" $keys --length 4 --tail 3 "$out/swarm-$slug.wav" </dev/null
  picture "$out/swarm-$slug" "$label"
done

if command -v montage >/dev/null; then
  for plugin in realms swarm; do
    montage "$out/$plugin"-*.png -tile 4x -geometry 480x+4+4 "$out/sheet-$plugin.png"
  done
fi
echo "Listen and look: $out"
