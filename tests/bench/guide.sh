#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Draw the pictures of dsp/GUIDE.md: guide.sh BUILD_FOLDER [OUTPUT_FOLDER]
# What is drawn is measured now: sounds rendered by the plugin, and the figures that bench_learning and
# bench_adaptive print (some four minutes; LEARNING may name a file with what bench_learning printed before).
# Needs gnuplot (gnuplot-nox), and the sounds of hydrogen-data, lmms-common and alsa-utils.
set -eu

build=$1
out=${2:-$(dirname "$0")/../../dsp/guide}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kit=/usr/share/hydrogen/data/drumkits/GMRockKit
lmms=/usr/share/lmms/samples
mkdir -p "$out"

# render INPUT NAME ARGS...: to $work/NAME.au, stereo floats behind a header of 24 bytes, and its crest factor in dB
# to $work/NAME.crest
render() {
  input=$1
  name=$2
  shift 2
  "$build/host-test/fieldiq-render" --quiet --encoding float --metrics "$work/$name.json" "$@" \
    "$input" "$work/$name.au"
  sed -n 's/.*"crest_db": *\([-0-9.]*\).*/\1/p' "$work/$name.json" | head -n 1 > "$work/$name.crest"
}

crest() {
  printf 'crest %.1f dB' "$(cat "$work/$1.crest")"
}

# draw PICTURE HEIGHT: gnuplot commands from stdin
draw() {
  {
    echo "set terminal pngcairo size 900,$2 font 'sans,11'"
    echo "set output '$out/$1.png'"
    echo "set grid lc rgb '#dddddd'; set border lc rgb '#888888'; set tics textcolor rgb '#333333'"
    echo "wave = \"binary skip=24 endian=big format='%float%float'\""
    cat
  } > "$work/$1.gp"
  gnuplot "$work/$1.gp"
}

# panel NAME FROM_MS LENGTH_MS RANGE TITLE: commands that draw a stretch of a wave
panel() {
  echo "set title '$5' offset 0,-0.7; set yrange [-$4:$4]; set xrange [0:$3]"
  echo "plot '$work/$1.au' @wave using (\$0/44.1-$2):1 with lines lc rgb '#1f5fa8' notitle"
}

# 1. Headroom on a kick.
whole='--set objective=Headroom --set amount=100'
render "$kit/Kick-Hard.wav" kick --set amount=0
# shellcheck disable=SC2086
render "$kit/Kick-Hard.wav" kick24 --learn $whole
# shellcheck disable=SC2086
render "$kit/Kick-Hard.wav" kick48 --learn $whole --set bands=48 --set window=4096
{
  echo "set multiplot layout 3,1; set ylabel 'level'; set ytics 0.5"
  panel kick 0 200 1 "Kick as recorded, $(crest kick)"
  panel kick24 0 200 1 "Headroom at the defaults, 24 bands, window 2048: $(crest kick24)"
  echo "set xlabel 'ms'"
  panel kick48 0 200 1 "Drum Headroom, 48 bands, window 4096: $(crest kick48)"
} | draw headroom 620

# 2. Coherence, once it has come all the way: on a beat, and on a tone of the swarm.
tone() {
  name=$1
  shift
  "$build/host-test/fieldiq-render" --quiet --plugin swarm --chord A2 --length 4 --rate 44100 \
    --encoding float --set detune=0 --set scatter=0 --set stereo=0 --set noise=0 --set output=12 --velocity 127 "$@" \
    "$work/$name.wav"
}
tone rich --set oscillators=16 --set partials=16 --set tilt=0 --set coupling=0
render "$lmms/beats/electro_beat01.ogg" beat --set amount=0
render "$lmms/beats/electro_beat01.ogg" beat_low --set amount=0 --set coherence=-100
render "$work/rich.wav" rich --set amount=0
render "$work/rich.wav" rich_high --set amount=0 --set coherence=100
{
  echo "set multiplot layout 2,2; unset ytics; set xlabel 'ms'"
  panel beat 1364 40 1 'A beat, coherence 0'
  panel rich 3000 30 0.6 "A tone of 16 partials, coherence 0: $(crest rich)"
  panel beat_low 1364 40 1 'coherence -100'
  panel rich_high 3000 30 0.6 "coherence +100: $(crest rich_high)"
} | draw coherence 480

# 3. Drive on a sine.
tone sine --set oscillators=1 --set partials=1
{
  echo "set multiplot layout 2,2; set xlabel 'ms'; unset ytics"
  for drive in -12 6 18 30; do
    render "$work/sine.wav" "drive$drive" --set realm=Temporal --set amount=100 --set motion=0 \
      --set drive="$drive"
    panel "drive$drive" 2000 27 0.5 "A tone of 110 Hz, drive $drive dB"
  done
} | draw drive 480

# 4. Headroom on all files, and on second halves that it had not heard.
if [ -n "${LEARNING:-}" ]; then
  cp "$LEARNING" "$work/learning.txt"
else
  "$build/tests/bench_learning" > "$work/learning.txt" || true
fi
awk '/^second/ { exit } NF == 4 && $1 ~ /^-?[0-9.]+$/ { print }' "$work/learning.txt" |
  sort -n -k 2 > "$work/whole.txt"
awk '/^second/ { on = 1 } on && NF == 4 && $1 ~ /^-?[0-9.]+$/ { print }' "$work/learning.txt" |
  sort -n > "$work/halves.txt"
{
  echo "set multiplot layout 2,1; set style fill solid; set boxwidth 0.8; unset xtics"
  echo "set ylabel 'dB'; set key top left"
  echo "set title 'Crest factor lowered, $(wc -l < "$work/whole.txt") files heard as a whole'"
  echo "plot '$work/whole.txt' using 0:3 with boxes lc rgb '#9ec5e8' title '48 bands', \
    '' using 0:2 with boxes lc rgb '#1f5fa8' title '24 bands', \
    '' using 0:1 with boxes lc rgb '#e08a2e' title 'best rotation of phase'"
  echo "set title 'Second half of $(wc -l < "$work/halves.txt") loops and phrases, learned on the first, watched'"
  echo "set yrange [-1:]"
  echo "plot '$work/halves.txt' using 0:1 with boxes lc rgb '#1f5fa8' title '24 bands'"
} | draw learning 640

# 5. Where the adaptive realm goes.
"$build/tests/bench_adaptive" > "$work/adaptive.txt" || true
awk '/ drums / { print NR, $1 }' "$work/adaptive.txt" > "$work/drums.txt"
awk '/ chord / { print NR, $1 }' "$work/adaptive.txt" > "$work/chords.txt"
{
  echo "set style fill solid; set boxwidth 0.8; unset xtics; set yrange [0:105]"
  echo "set ylabel 'spectral share, %'; set key outside right top"
  echo "set title 'Adaptive realm: share of time on the spectral path'"
  echo "plot '$work/drums.txt' using 1:(\$2 + 1) with boxes lc rgb '#e08a2e' title 'drum loops', \
    '$work/chords.txt' using 1:(\$2 + 1) with boxes lc rgb '#1f5fa8' title 'held chords'"
} | draw adaptive 300
tail -n 1 "$work/adaptive.txt"
grep median "$work/learning.txt"
