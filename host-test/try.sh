#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From a fresh Debian to the first sounds: installs what is missing, builds, renders speech
# through Realms, a chord by Swarm, that chord through Realms and a short piece, draws a spectrogram of each, and what
# went on inside the Swarm while it played the piece.
#   sh host-test/try.sh [FOLDER]        FOLDER for the results, ./fieldiq-try unless given
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=$(dirname "$here")
. "$here/packages.sh"

case ${1-} in
  -h | --help)
    sed -n '3,6s/^# //p' "$0"
    exit 0
    ;;
esac
mkdir -p "${1:-fieldiq-try}"
out=$(CDPATH='' cd -- "${1:-fieldiq-try}" && pwd)

# $build_packages is a list.
# shellcheck disable=SC2086
need_packages $build_packages sox alsa-utils

echo "Building (the first time takes a few minutes) ..." >&2
(
  cd "$root"
  cmake --preset release >"$out/build.log" 2>&1 &&
    cmake --build --preset release >>"$out/build.log" 2>&1
) || {
  tail -n 20 "$out/build.log" >&2
  echo "The build failed; all of it is in $out/build.log" >&2
  exit 1
}
render=$root/build/release/host-test/fieldiq-render

say=/usr/share/sounds/alsa
sox "$say/Front_Left.wav" "$say/Front_Center.wav" "$say/Front_Right.wav" \
  "$say/Rear_Right.wav" "$say/Rear_Left.wav" "$out/speech.wav" channels 2 gain -n -3

"$render" "$out/speech.wav" "$out/speech-realms.wav"
"$render" --plugin swarm --chord C3,G3,C4,E4,G4 --length 8 "$out/chord-swarm.wav"
"$render" "$out/chord-swarm.wav" "$out/chord-swarm-realms.wav"
"$render" --plugin swarm --preset Crystallise --midi "$here/demo.mid" --trace "$out/demo.jsonl" "$out/demo.wav"
"$root/build/release/host-test/fieldiq-plot" "$out/demo.jsonl" "$out/demo-inside.png"

for name in speech speech-realms chord-swarm chord-swarm-realms demo; do
  sox "$out/$name.wav" -n remix - rate 16k spectrogram -x 900 -y 400 -z 100 -t "$name" -o "$out/$name.png"
done

echo "Listen and look:"
for name in speech speech-realms chord-swarm chord-swarm-realms demo; do
  printf '  %s\n  %s\n' "$out/$name.wav" "$out/$name.png"
done
printf '  %s\n' "$out/demo-inside.png"
echo "More: $render --help"
