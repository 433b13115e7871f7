#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Two minutes for nine instances of the Swarm: each channel of piece.mid is rendered with a preset of its own, two parts go
# through Realms, and all are mixed.
#   sh host-test/piece.sh RENDERER OUTPUT
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
render=${1:?the path of fieldiq-render}
output=${2:?the sound file}
parts=$(mktemp -d)
trap 'rm -rf "$parts"' EXIT

# part CHANNEL GAIN_DB OPTION...: one channel, as loud as the mix wants it.
part() {
  channel=$1
  gain=$2
  shift 2
  "$render" --quiet --plugin swarm --midi "$here/piece.mid" --set midi_channel="$channel" --seed "$channel" "$@" "$parts/raw.wav"
  sox "$parts/raw.wav" "$parts/$channel.wav" gain "$gain"
}

# through CHANNEL OPTION...: that part through Realms.
through() {
  channel=$1
  shift
  "$render" --quiet --seed 1 "$@" "$parts/$channel.wav" "$parts/through.wav"
  mv "$parts/through.wav" "$parts/$channel.wav"
}

part 1 -4 --preset "Rubber Bass"
part 2 -5 --preset "Dawn"
part 3 -5 --preset "Swarm Harp"
part 4 -9 --preset "Celesta"
part 5 -5 --preset "Hollow Flute"
part 6 -8 --preset "Aah Choir"
part 7 -9 --preset "Great Rise"
part 8 -6 --preset "Swarm Drum"
part 9 -11 --preset "Dry Ticks"
through 2 --preset "Breathing Sides"
through 3 --preset "Slow Wash" --set mix=40
sox -m -v 1 "$parts/1.wav" -v 1 "$parts/2.wav" -v 1 "$parts/3.wav" -v 1 "$parts/4.wav" -v 1 "$parts/5.wav" -v 1 "$parts/6.wav" \
  -v 1 "$parts/7.wav" -v 1 "$parts/8.wav" -v 1 "$parts/9.wav" "$output" gain -n -1 fade t 0 -0 1
