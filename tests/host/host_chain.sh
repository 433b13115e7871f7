#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: parameters change, plugins follow each other, and parts of files are played, to the sample. Method: plugins of
# tests/host/probe, whose output can be foretold, and the same renders with blocks of every length.
#   sh tests/host/host_chain.sh [BUILD]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
LV2_PATH=$(realpath "$build/probe"):/usr/lib/lv2
export LV2_PATH
cd "$work" || exit 1
probe=urn:fieldiq:test:probe

# run OPTION...: a render whose samples are not rounded.
run() { "$render" --quiet --encoding float --tail 0 "$@"; }

# samples FILE: one line of numbers a frame.
samples() {
  channels=$(soxi -c "$1" 2>/dev/null)
  tail -c $((4 * channels * $(n_frames "$1"))) "$1" | od -An -v -f -w$((4 * channels))
}

n_frames() { soxi -s "$1" 2>/dev/null; }

# is_like FILE AWK: the value of frame n (from 0) of channel 1 is what AWK sets e to, to float.
is_like() {
  samples "$1" | awk '{ n = NR - 1; '"$2"'; d = $1 - e; if (d < 0) d = -d
    if (d > 2e-7 * (1 + (e < 0 ? -e : e))) { print "frame " n ": " $1 " is not " e; exit 1 } }'
}

make_inputs() {
  awk 'BEGIN { print "; Sample Rate 48000\n; Channels 1"; for (i = 0; i < 48000; ++i) print i / 48000, 0.5 }' >half.dat
  sox -D half.dat -e floating-point -b 32 half.wav
  awk 'BEGIN { print "; Sample Rate 48000\n; Channels 2"
    for (i = 0; i < 48000; ++i) printf "%.9g %.9g %.9g\n", i / 48000, i / 65536, (48000 - i) / 65536 }' >slope.dat
  sox -D slope.dat -e floating-point -b 32 slope.wav
  awk 'BEGIN { print "; Sample Rate 48000\n; Channels 1"
    for (i = 0; i < 30000; ++i) { x = i == 12345 || i == 12344 ? 0.5 : 0; print i / 48000, x } }' >impulse.dat
  sox -D impulse.dat -e floating-point -b 32 impulse.wav
}

test_automation() {
  printf '# a comment\ntime,symbol,value,shape\n0,gain,0\n0.5,gain,2,linear\n0.75,gain,1\n"0.9","gain",3,linear\n' >gain.csv
  for ramp in 1 16 100; do
    for block in 1 7 64 512 4096 random; do
      run --plugin $probe --automation gain.csv --ramp $ramp --block $block half.wav "b$block.wav"
      [ $block = 1 ] || check "ramp of $ramp frames, block $block: the same bytes" cmp b1.wav "b$block.wav"
    done
    check "ramp of $ramp frames is right to the sample" is_like b1.wav "
      g = int(n / $ramp) * $ramp; h = g < 36000 ? 36000 : g
      e = n < 24000 ? g / 24000 : n < 36000 ? 1 : n < 43200 ? 0.5 * (1 + 2 * (h - 36000) / 7200) : 1.5"
  done
  echo '[{"time": 0, "symbol": "gain", "value": 0}, {"time": 0.5, "symbol": "gain", "value": 2, "shape": "linear"},
    {"time": "1:2.5", "symbol": "gain", "value": 1}, {"time": 0.9, "symbol": "gain", "value": 3, "shape": "linear"}]' >gain.json
  run --plugin $probe --automation gain.json --ramp 100 half.wav json.wav
  check "the same as JSON, a time by bar and beat" cmp json.wav b1.wav
  printf '1:2,gain,2\n1:3,gain,0.5\n2:1,gain,4\n' >bars.csv
  run --plugin $probe --automation bars.csv --bpm 240 half.wav bars.wav
  check "bars by --bpm" is_like bars.wav 'e = n < 12000 ? 0.5 : n < 24000 ? 1 : 0.25'
  printf '0.25,gain,3,linear\n' >from.csv
  run --plugin $probe --set gain=1 --automation from.csv --ramp 1 half.wav from.wav
  check "a first line begins at the setting" is_like from.wav 'e = n < 12000 ? 0.5 * (1 + 2 * n / 12000) : 1.5'
  for line in 'x,gain,1' '0,gian,1' '0,gain,99' '0,gain' '0,gain,1,curve' '1:9,gain,1' '0:1,gain,1' '-1,gain,1' '0,end,1,linear'; do
    printf '0,gain,1\n%s\n' "$line" >bad.csv
    refuses 2 "bad.csv: 2:" "$render" --plugin $probe --automation bad.csv half.wav x.wav
  done
  refuses 1 "No such file" "$render" --plugin $probe --automation nowhere.csv half.wav x.wav
  echo '[{"time": 0]' >bad.json
  refuses 2 "bad.json" "$render" --plugin $probe --automation bad.json half.wav x.wav
}

test_chain() {
  three="--plugin $probe --set delay=100 --plugin $probe --set delay=333 --plugin $probe --set delay=1000"
  for block in 1 64 512 4096 random; do
    # shellcheck disable=SC2086
    run $three --block $block impulse.wav three.wav
    check "an impulse stays in place behind three latencies, block $block" is_like three.wav 'e = n == 12344 || n == 12345 ? 0.5 : 0'
  done
  awk 'BEGIN { printf "0,gain,0\n%.9f,gain,2\n", 12345 / 48000 }' >open.csv
  for block in 1 512 4096; do
    # shellcheck disable=SC2086
    run $three --automation open.csv --block $block impulse.wav opened.wav
    check "automation of the last opens with the impulse, block $block" is_like opened.wav 'e = n == 12345 ? 1 : 0'
  done
  run --plugin $probe --set gain=0.5 --plugin $probe --set gain=0.25 half.wav eighth.wav
  check "each --plugin has its own settings" is_like eighth.wav 'e = 0.0625'
  run --set gain=0.5 --plugin $probe half.wav quarter.wav
  check "what stands before the first --plugin is its own" is_like quarter.wav 'e = 0.25'
  run --plugin swarm --chord C4 --length 0.5 alone.wav
  run --plugin swarm --plugin $probe --set gain=2 --chord C4 --length 0.5 doubled.wav
  samples alone.wav >alone
  samples doubled.wav >doubled
  check "an instrument into an effect" sh -c "paste alone doubled | awk '{ d = 2 * \$1 - \$3; e = 2 * \$2 - \$4
    if (d * d > 1e-13 || e * e > 1e-13) exit 1; n++ } END { exit n != 24001 }'"
  run --plugin $probe-transpose --plugin swarm --chord C4 --length 0.5 high.wav
  run --plugin swarm --chord C5 --length 0.5 octave.wav
  check "a MIDI plugin plays the instrument after it" cmp high.wav octave.wav
  run --plugin $probe-transpose --plugin $probe --set gain=0.5 half.wav past.wav
  check "sound passes a MIDI plugin by" is_like past.wav 'e = 0.25'
  check "a MIDI plugin alone writes its notes" run --plugin $probe-transpose --chord C4 --length 0.5 --midi-out up.mid
  run --plugin swarm --midi up.mid --length 0.5 by_file.wav
  check "which are those" cmp high.wav by_file.wav
  refuses 2 "takes no sound" "$render" --plugin $probe --plugin swarm half.wav x.wav
  refuses 2 "no parameter" "$render" --plugin $probe --plugin realms --set gain=1 half.wav x.wav
  refuses 2 "no audio outputs" "$render" --plugin $probe-transpose --chord C4 x.wav
}

# An instrument may have inputs that are not said to be optional or a side chain, as synthv1 and padthv1 have.
test_instrument() {
  run --plugin $probe-listener --chord C4 --length 0.5 played.wav
  check "an instrument with inputs plays a chord" is_like played.wav 'e = n < 24000 ? 0.5 : 0'
  run --plugin $probe-listener --chord C4 --length 0.5 --sidechain half.wav heard.wav
  check "   and hears the side chain" is_like heard.wav 'e = n < 24000 ? 1 : 0.5'
  run --plugin $probe-listener --plugin $probe --set gain=0.5 --chord C4 --length 0.5 chained.wav
  check "   and begins a chain" is_like chained.wav 'e = n < 24000 ? 0.25 : 0'
  refuses 2 "--sidechain FILE is what it hears" "$render" --plugin $probe-listener --chord C4 half.wav x.wav
  refuses 2 "takes no sound" "$render" --plugin $probe --plugin $probe-listener half.wav x.wav
}

test_channels() {
  run --plugin $probe --set gain=0.5 slope.wav two.wav
  check "stereo through two of a mono plugin" [ "$(soxi -c two.wav 2>/dev/null)" = 2 ]
  samples two.wav | awk '{ d = $1 + $2 - 48000 / 65536 / 2; if (d * d > 1e-12) exit 1 }'
  check "each channel its own" is_like two.wav 'e = n / 65536 / 2'
  run --set mix=0 half.wav wide.wav
  check "mono through a stereo plugin is in both" [ "$(samples wide.wav | awk '$1 == $2 && $1 > 0.49' | wc -l)" -gt 40000 ]
  run --set mix=0 --plugin $probe --set gain=2 slope.wav both.wav
  check "stereo into two of a mono plugin in a chain" is_like both.wav 'e = n / 32768'
}

test_part() {
  run --plugin $probe --start 0.25 --end 0.5 --loop 3 slope.wav part.wav
  check "a part, three times" [ "$(n_frames part.wav)" -eq 36000 ]
  check "   is that part" is_like part.wav 'e = (12000 + n % 12000) / 65536'
  printf '0.25,gain,1\n0.375,gain,2\n' >step.csv
  for block in 1 512 random; do
    run --plugin $probe --automation step.csv --start 0.25 --end 0.5 --loop 2 --block $block half.wav turn.wav
    check "automation goes with the music, block $block" is_like turn.wav 'e = n % 12000 < 6000 ? 0.5 : 1'
  done
  refuses 1 "there is nothing from" "$render" --plugin $probe --start 3 half.wav x.wav
  refuses 2 "--end comes before" "$render" --plugin $probe --start 0.5 --end 0.2 half.wav x.wav
  run --plugin swarm --midi "$here/../../host-test/demo.mid" --start 2 --end 3 --loop 2 music.wav
  check "a part of a MIDI file" [ "$(n_frames music.wav)" -eq 96001 ]
}

# residue FILE FREQUENCY RATE: RMS of what is left beside the sine, in the middle.
residue() {
  samples "$1" | awk -v f="$2" -v r="$3" 'NR > 4000 && NR < 40000 { w = 2 * 3.14159265358979 * f / r * (NR - 1)
      n++; d = $1 - 0.5 * sin(w); sum += d * d } END { print sqrt(sum / n) }'
}

test_rates() {
  awk 'BEGIN { print "; Sample Rate 44100\n; Channels 1"
    for (i = 0; i < 44100; ++i) printf "%f %.12f\n", i / 44100, 0.5 * sin(6.28318530717959 * 1000 * i / 44100) }' >sine.dat
  sox -D sine.dat -e floating-point -b 32 sine.wav
  for block in 1 512 4096; do
    run --plugin $probe --rate 48000 --block $block sine.wav "out$block.wav"
    run --plugin $probe --resample 48000 --block $block sine.wav "in$block.wav"
  done
  check "OUTPUT at another rate" [ "$(soxi -r out1.wav) $(n_frames out1.wav)" = "48000 48000" ]
  check "   nothing but the sine, in time" sh -c "awk 'BEGIN { exit !($(residue out1.wav 1000 48000) < 3e-8) }'"
  check "   whatever the blocks" cmp out1.wav out4096.wav
  check "plugins at another rate" [ "$(soxi -r in1.wav) $(n_frames in1.wav)" = "48000 48000" ]
  check "   nothing but the sine, in time" sh -c "awk 'BEGIN { exit !($(residue in1.wav 1000 48000) < 3e-8) }'"
  check "   whatever the blocks" cmp in1.wav in4096.wav
  run --resample 96000 --rate 44100 --plugin $probe --set delay=777 sine.wav there.wav
  check "there and back, through a latency" sh -c "awk 'BEGIN { exit !($(residue there.wav 1000 44100) < 3e-8) }'"
  check "   as long as before" [ "$(n_frames there.wav)" -eq 44100 ]
  run --plugin realms --sidechain sine.wav --resample 48000 half.wav side.wav
  check "a side chain at another rate" [ "$(n_frames side.wav)" -eq 48000 ]
}

test_dither() {
  sox -D -n -r 48000 -c 1 -e floating-point -b 32 silence.wav trim 0 4800s
  for i in 1 2; do
    "$render" --quiet --plugin $probe --tail 0 --encoding pcm16 --dither silence.wav "d$i.wav"
  done
  "$render" --quiet --plugin $probe --tail 0 --encoding pcm16 silence.wav plain.wav
  check "dither is the same every time" cmp d1.wav d2.wav
  check "silence without it is silence" [ "$(sox -D plain.wav -t s16 - | od -An -v -d -w2 | sort -u | wc -l)" -eq 1 ]
  # A triangle of +-1 step rounds to 0 three times of four.
  sox -D d1.wav -t s16 - | od -An -v -t d2 -w2 | awk '{ c[$1 + 0]++ } END { exit !(c[0] > 3450 && c[0] < 3750 &&
    c[1] > 500 && c[-1] > 500 && c[0] + c[1] + c[-1] == 4800) }'
  check "dither is a triangle of one step" [ $? -eq 0 ]
  refuses 2 "--dither" "$render" --plugin $probe --encoding float --dither silence.wav x.wav
  refuses 2 "--dither" "$render" --plugin $probe --dither silence.wav x.ogg
}

test_properties() {
  echo 0.125 >number.txt
  run --plugin $probe --set "$probe#file=number.txt" half.wav file.wav
  check "a property that is a file is there from the first frame on" is_like file.wav 'e = 0.625'
  run --plugin $probe-default half.wav default.wav
  check "the default state of a plugin is loaded" is_like default.wav 'e = 0.75'
  refuses 2 "no property" "$render" --plugin $probe --set "$probe#none=1" half.wav x.wav
  refuses 2 "No such file" "$render" --plugin $probe --set "$probe#file=nowhere" half.wav x.wav
}

test_listing() {
  refuses 0 "$probe#file=path" "$render" --plugin $probe --list-parameters
  refuses 0 '"uri": "urn:fieldiq:test:probe#file"' "$render" --plugin $probe --list-parameters --json
  refuses 0 '"uri": "urn:fieldiq:swarm"' "$render" --list-plugins --json
  refuses 0 '"label": "Glass Organ"' "$render" --plugin swarm --list-presets --json
  refuses 0 'duration_s      1' "$render" --info slope.wav
  refuses 0 '"channels": 2' "$render" --info slope.wav --json
  refuses 0 '"notes": ' "$render" --info "$here/../../host-test/demo.mid" --json
  refuses 1 "No such file" "$render" --info nowhere.wav
}

make_inputs
test_automation
test_chain
test_instrument
test_channels
test_part
test_rates
test_dither
test_properties
test_listing
cd / && conclude
