#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From a fresh Debian to the first sounds: installs what is missing, builds, renders speech
# through Realms, a chord by Swarm, that chord through Realms, a short piece and a song with words, draws a spectrogram of
# each, and what went on inside the Swarm while it played the piece.
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

sh "$here/piece.sh" "$render" "$out/piece.wav"

# The song: its lyrics are in the file, for the voice on channel 1; choir and bass have no words.
"$render" --plugin swarm --midi "$here/song.mid" --set midi_channel=1 --set oscillators=512 --set partials=80 --set detune=4 \
  --set scatter=0 --set anneal=0.05 --set noise=0 --set attack=0.005 --set sustain=100 --set release=0.08 --set stereo=20 \
  --set words_ahead=1 --set voice_ring=30 --set sway=12 --set core_rate=5.2 "$out/song-voice.wav"
"$render" --plugin swarm --midi "$here/song.mid" --set midi_channel=2 --words "" --preset "Ooh Choir" "$out/song-choir.wav"
"$render" --plugin swarm --midi "$here/song.mid" --set midi_channel=3 --words "" --preset "Still Pad" "$out/song-bass.wav"
sox -m -v 1 "$out/song-voice.wav" -v 0.5 "$out/song-choir.wav" -v 0.7 "$out/song-bass.wav" "$out/song.wav" gain -n -1
rm -f "$out/song-voice.wav" "$out/song-choir.wav" "$out/song-bass.wav"

for name in speech speech-realms chord-swarm chord-swarm-realms demo piece song; do
  sox "$out/$name.wav" -n remix - rate 16k spectrogram -x 900 -y 400 -z 100 -t "$name" -o "$out/$name.png"
done

echo "Listen and look:"
for name in speech speech-realms chord-swarm chord-swarm-realms demo piece song; do
  printf '  %s\n  %s\n' "$out/$name.wav" "$out/$name.png"
done
printf '  %s\n' "$out/demo-inside.png"
echo "More: $render --help"
