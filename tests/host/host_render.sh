#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: fieldiq-render keeps its promises to a user's files. Method: run it on small files made by
# sox, compare samples, names left behind, exit codes and messages with a table.
#   sh tests/host/host_render.sh [BUILD]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
cd "$work" || exit 1

# The plugin to use unless a check names another.
run() { "$render" --quiet --plugin "$effect" "$@"; }

# samples FILE: one line of integers a frame, exactly.
samples() { sox -D "$1" -t dat -L -b 32 - 2>/dev/null | grep -v '^;' | awk '{ $1 = ""; print }'; }

# peak_frame FILE: the frame of the largest sample.
peak_frame() {
  samples "$1" | awk '{ a = $1 < 0 ? -$1 : $1; if (a > m) { m = a; i = NR - 1 } } END { print i }'
}

same_audio() { [ "$(samples "$1" | md5sum)" = "$(samples "$2" | md5sum)" ]; }

n_frames() { soxi -s "$1"; }

make_inputs() {
  sox -D -n -r 48000 -c 2 -b 24 tone.wav synth 2 sine 440 sine 550 gain -6
  sox -D -n -r 48000 -c 2 -b 24 other.wav synth 2 pinknoise gain -12
  sox -D -n -r 44100 -c 1 -b 16 mono.wav synth 1 sine 300 gain -6
  sox -D -n -r 44100 -c 2 -b 16 long.wav synth 120 pinknoise gain -12
  sox -D -n -r 48000 -c 3 -b 16 three.wav synth 1 sine 300
  sox -D -n -r 4000 -c 1 -b 16 slow.wav synth 1 sine 300
  sox -D -n -r 48000 -c 1 -b 16 none.wav trim 0 0
  awk 'BEGIN { print "; Sample Rate 48000\n; Channels 2"
    for (i = 0; i < 30000; ++i) { x = i == 12345 ? 0.5 : 0; print i / 48000, x, x } }' >impulse.dat
  sox -D impulse.dat -b 24 impulse.wav
  : >empty.wav
  head -c 3000 /dev/urandom >garbage.wav
  head -c 100000 tone.wav >cut.wav
  sox -D tone.wav tone.flac && head -c 60000 tone.flac >cut.flac
  # A float WAV whose samples are NaN and infinity beside zeros.
  sox -D -n -r 48000 -c 1 -e floating-point -b 32 zeros.wav trim 0 4800s
  size=$(wc -c <zeros.wav)
  { head -c $((size - 16000)) zeros.wav; i=0
    while [ $i -lt 100 ]; do printf '\000\000\300\177\000\000\200\177'; i=$((i + 1)); done
    tail -c 15200 zeros.wav; } >nan.wav
}

test_alignment() {
  for block in 1 37 512 8192 random; do
    # shellcheck disable=SC2086
    run $null --block "$block" --encoding float impulse.wav aligned.wav
    check "impulse stays at frame 12345, block $block" [ "$(peak_frame aligned.wav)" -eq 12345 ]
  done
  # shellcheck disable=SC2086
  run $null --tail 0 impulse.wav short.wav
  check "--tail 0 keeps the length" [ "$(n_frames short.wav)" -eq 30000 ]
  # shellcheck disable=SC2086
  run $null --tail 0.5 impulse.wav longer.wav
  check "--tail 0.5 adds 24000 frames" [ "$(n_frames longer.wav)" -eq 54000 ]
  # shellcheck disable=SC2086
  run $null --metrics metrics.json impulse.wav auto.wav
  echo "   latency $(sed -n 's/.*"latency_frames": //p' metrics.json) frames, automatic tail \
$(($(n_frames auto.wav) - 30000)) frames"
}

test_repeatable() {
  for format in wav flac aiff; do
    # shellcheck disable=SC2086
    run --format "$format" $seed tone.wav "one.$format"
    sleep 1.1
    # shellcheck disable=SC2086
    run --format "$format" $seed tone.wav "two.$format"
    check "two renders to $format are the same bytes" cmp "one.$format" "two.$format"
  done
  run --encoding float tone.wav onef.wav
  run --encoding float --block random tone.wav twof.wav
  check "block length does not change the float render" cmp onef.wav twof.wav
  "$render" --quiet --plugin "$instrument" --chord C4,E4,G4 --length 1 --tail 1 three-a.wav
  "$render" --quiet --plugin "$instrument" --chord C4,E4,G4 --length 1 --tail 1 three-b.wav
  check "two renders of a chord are the same bytes" cmp three-a.wav three-b.wav
}

test_formats() {
  for format in wav:pcm16 wav:pcm24 wav:pcm32 wav:float flac:pcm16 flac:pcm24 ogg: opus: mp3: \
    aiff:pcm16 aiff:pcm24 aiff:float au:pcm24 caf:pcm24 w64:pcm24 rf64:pcm24; do
    name=out.${format%:*}
    encoding=${format#*:}
    # shellcheck disable=SC2086
    check "writes $format" run $null ${encoding:+--encoding $encoding} --tail 0 tone.wav "$name"
    check "reads $format" run --tail 0 "$name" again.wav
  done
  # shellcheck disable=SC2086
  check "mono in is stereo out" run $null --tail 0 mono.wav mono-out.wav
  check "   at the input's rate and length" \
    [ "$(soxi -r mono-out.wav) $(n_frames mono-out.wav) $(soxi -c mono-out.wav)" = "44100 44100 2" ]
  refuses 2 "cannot hold" "$render" --plugin "$effect" --format flac --encoding float tone.wav x.flac
  refuses 2 "cannot tell the format" "$render" --plugin "$effect" tone.wav x.xyz
  refuses 2 "no encoding" "$render" --plugin "$effect" --encoding pcm17 tone.wav x.wav
}

test_bad_inputs() {
  refuses 1 "No such file" "$render" --plugin "$effect" missing.wav x.wav
  refuses 1 "is empty" "$render" --plugin "$effect" empty.wav x.wav
  refuses 1 "not a readable sound file" "$render" --plugin "$effect" garbage.wav x.wav
  refuses 1 "is a folder" "$render" --plugin "$effect" . x.wav
  check "three channels stay three" sh -c "'$render' --quiet --plugin '$effect' three.wav three-out.wav && [ \"\$(soxi -c three-out.wav)\" = 3 ]"
  refuses 1 "sample rate of 4000" "$render" --plugin "$effect" slow.wav x.wav
  refuses 1 "0 frames" "$render" --plugin "$effect" none.wav x.wav
  refuses 1 "cut.flac" "$render" --plugin "$effect" cut.flac x.wav
  refuses 0 "cut short" "$render" --plugin "$effect" cut.wav cut-out.wav
  refuses 0 "NaN" "$render" --plugin "$effect" nan.wav nan-out.wav
  refuses 1 "No such file" "$render" --plugin "$effect" tone.wav nowhere/x.wav
  refuses 1 "is a folder" "$render" --plugin "$effect" --format wav tone.wav "$work"
  check "no failure left a file" [ ! -e x.wav ]
  check "no failure left a temporary file" no_temporaries
}

no_temporaries() { [ -z "$(find . -name '.*.??????' -type f)" ]; }

test_usage() {
  refuses 2 "no files" "$render"
  refuses 2 "needs INPUT and OUTPUT" "$render" --plugin "$effect" tone.wav
  refuses 2 "one file too many" "$render" --plugin "$effect" tone.wav x.wav y.wav
  refuses 2 "no plugin" "$render" --plugin nonsense tone.wav x.wav
  refuses 2 "no parameter" "$render" --plugin "$effect" --set "x$toggle=1" tone.wav x.wav
  refuses 2 "did you mean $toggle" "$render" --plugin "$effect" --set "x$toggle=1" tone.wav x.wav
  refuses 2 "is outside" "$render" --plugin "$effect" --set "$toggle=1e9" tone.wav x.wav
  refuses 2 "is not a number" "$render" --plugin "$effect" --set "$toggle=nan" tone.wav x.wav
  refuses 2 "is not a number" "$render" --plugin "$effect" --set "$toggle=" tone.wav x.wav
  refuses 2 "is not SYMBOL=VALUE" "$render" --plugin "$effect" --set "$toggle" tone.wav x.wav
  refuses 2 "no preset" "$render" --plugin "$effect" --preset nonsense tone.wav x.wav
  refuses 2 "not a number from" "$render" --plugin "$effect" --block 0 tone.wav x.wav
  refuses 2 "not a number from" "$render" --plugin "$effect" --tail -1 tone.wav x.wav
  refuses 2 "not a number from" "$render" --plugin "$effect" --rate 100 tone.wav x.wav
  refuses 2 "unrecognized option" "$render" --nonsense
  refuses 2 "nothing to play" "$render" --plugin "$instrument" x.wav
  refuses 2 "not a note" "$render" --plugin "$instrument" --chord C4,H4 x.wav
  refuses 2 "velocity" "$render" --plugin "$instrument" --chord C4:200 x.wav
  refuses 2 "no notes" "$render" --plugin "$instrument" --chord , x.wav
  refuses 2 "at most" "$render" --plugin "$instrument" --chord "$(seq -s , 0 127),$(seq -s , 0 127)" x.wav
  refuses 2 "neither a whole number nor" "$render" --plugin "$effect" --seed 1e3 tone.wav x.wav
  refuses 2 "neither a whole number nor" "$render" --plugin "$effect" --seed 99999999999999999999 tone.wav x.wav
  refuses 2 "not a number from" "$render" --plugin "$instrument" --chord C4 --velocity 0 x.wav
  refuses 1 "No such file" "$render" --plugin "$instrument" --midi nowhere.mid x.wav
  head -c 10 "$here/../../host-test/demo.mid" >cut.mid
  refuses 1 "not a readable MIDI file" "$render" --plugin "$instrument" --midi cut.mid x.wav
  printf 'MThd\0\0\0\6\0\0\0\1\1\340MTrk\0\0\0\4\0\377/\0' >silent.mid
  refuses 1 "has no notes" "$render" --plugin "$instrument" --midi silent.mid x.wav
  refuses 2 "exclude each other" "$render" --plugin "$instrument" --chord C4 --midi x.mid x.wav
  refuses 1 "not a MIDI file" "$render" --plugin "$instrument" --midi tone.wav x.wav
  refuses 0 "Exit status" "$render" --help
  refuses 0 "fieldiq-render" "$render" --version
  refuses 0 "$toggle" "$render" --plugin "$effect" --list-parameters
  refuses 0 "$instrument" "$render" --list-plugins
}

# interrupt SIGNAL: a render that is stopped in the middle leaves nothing and dies of the signal.
interrupt() {
  # Only our own plugins have something to trace.
  traced=
  [ "$ours" = no ] || traced="--trace stopped.jsonl"
  # shellcheck disable=SC2086
  "$render" --quiet --plugin "$effect" --block 16 $traced long.wav stopped.wav >said-signal 2>&1 &
  child=$!
  begun=no
  tries=0
  while [ $tries -lt 500 ] && [ $begun = no ]; do
    [ -z "$(find . -name '.stopped.wav.*')" ] || begun=yes
    tries=$((tries + 1))
    sleep 0.01
  done
  check "the render writes to a temporary file first" [ "$begun" = yes ]
  kill -s "$1" "$child"
  got=0
  wait "$child" || got=$?
  check "$1 ends it by that signal (status $got)" [ "$got" -gt 128 ]
  check "$1 leaves no file" [ ! -e stopped.wav ]
  check "$1 leaves no trace" [ ! -e stopped.jsonl ]
  check "$1 leaves no temporary file" no_temporaries
}

test_atomic() {
  for signal in TERM INT HUP; do
    interrupt "$signal"
  done
  echo old >kept.wav
  cp kept.wav kept.copy
  refuses 1 "cut.flac" "$render" --plugin "$effect" cut.flac kept.wav
  check "a failed render keeps the older file" cmp kept.wav kept.copy
  check "a complete render replaces it" run tone.wav kept.wav
  check "   by a sound file" soxi kept.wav
  (umask 027 && run tone.wav mode.wav)
  check "the output has the mode that the umask asks for" [ "$(stat -c %a mode.wav)" = 640 ]
}

test_full_disk() {
  refuses 1 "File too large" sh -c "ulimit -f 100; exec '$render' --plugin '$effect' long.wav big.wav"
  check "a file size limit leaves no file" [ ! -e big.wav ]
  mkdir -p small
  if mount -t tmpfs -o size=300k tmpfs small 2>/dev/null; then
    refuses 1 "No space left" "$render" --plugin "$effect" long.wav small/big.wav
    refuses 1 "No space left" "$render" --plugin "$effect" long.wav small/big.flac
    check "a full disk leaves no file" [ -z "$(ls -A small)" ]
    umount small
  else
    echo "   no right to mount a small disk: left out"
  fi
  refuses 1 "No space left" "$render" --plugin "$effect" --format wav tone.wav /dev/full
  check "devices are written to directly" run --format wav tone.wav /dev/null
  check "no temporary file is left" no_temporaries
}

test_state() {
  check "saves a state file" run --set "$toggle=0" --save-state state.ttl --tail 0 tone.wav a.wav
  check "loads it" run --state state.ttl --tail 0 tone.wav b.wav
  check "   and sounds the same" same_audio a.wav b.wav
  check "saves a preset folder" run --set "$toggle=0" --save-state saved.lv2 --tail 0 tone.wav a.wav
  check "names the preset by the folder, without its ending" grep -q 'rdfs:label "saved"' saved.lv2/state.ttl
  check "loads it" run --preset saved.lv2 --tail 0 tone.wav b.wav
  check "   and sounds the same" same_audio a.wav b.wav
  refuses 1 "holds no plugin state" "$render" --plugin "$effect" --state impulse.dat tone.wav x.wav
  refuses 1 "another plugin" "$render" --plugin "$instrument" --chord C4 --state state.ttl x.wav
  refuses 1 "No such file" "$render" --plugin "$effect" --state nowhere.ttl tone.wav x.wav
}

test_metrics() {
  # shellcheck disable=SC2086
  refuses 0 '"crest_db": 3.0' "$render" --plugin "$effect" $null --encoding float --tail 0 --metrics - tone.wav m.wav
  refuses 1 "cannot be written" "$render" --plugin "$effect" --metrics nowhere/m.json tone.wav m.wav
}

# A MIDI file of one note from beat 0.5 to 1.5, 96 ticks a beat, at 60 beats a minute until beat 1,
# then at 120: it sounds from 0.5 s to 1.25 s.
make_midi() {
  {
    printf 'MThd\000\000\000\006\000\000\000\001\000\140'
    printf 'MTrk\000\000\000\036'
    printf '\000\377\121\003\017\102\100'
    printf '\060\220\074\144'
    printf '\060\377\121\003\007\241\040'
    printf '\060\200\074\100'
    printf '\000\260\100\000'
    printf '\000\377\057\000'
  } >"$1"
}

test_midi() {
  make_midi song.mid
  check "plays a MIDI file" "$render" --quiet --plugin "$instrument" --midi song.mid --encoding float --tail 0 song.wav
  check "   for as long as its tempo map says" [ "$(n_frames song.wav)" -eq 60001 ]
  samples song.wav | head -n 23990 >early
  check "   silent before its first note" [ -z "$(awk '$1 > 1e-4 || $1 < -1e-4' early)" ]
  refuses 2 "no meaning" "$render" --plugin "$instrument" --midi song.mid --bpm 90 x.wav
  check "a length ends it" "$render" --quiet --plugin "$instrument" --midi song.mid --length 1 --tail 0 short.wav
  check "   to the sample" [ "$(n_frames short.wav)" -eq 48001 ]
  check "reads it from a pipe" sh -c "cat song.mid | '$render' --quiet --plugin '$instrument' --midi /dev/stdin --encoding float --tail 0 piped.wav"
  check "   and sounds the same" same_audio song.wav piped.wav
  # A controller at the end comes ten hours later: 480 ticks a quarter of 0.5 s.
  printf 'MThd\0\0\0\6\0\0\0\1\1\340MTrk\0\0\0\24\0\220\74\144\203\140\200\74\100\220\275\260\0\260\7\144\0\377\57\0' >late.mid
  refuses 0 "before an event at 10:00:00" "$render" --plugin "$instrument" --midi late.mid --tail 0 late.wav
  check "   half a second is played" [ "$(n_frames late.wav)" -eq 24001 ]
  printf 'MThd\0\0\0\6\0\0\0\1\1\340MTrk\0\0\0\21\0\220\74\144\203\140\377\121\0\0\200\74\100\0\377\57\0' >odd.mid
  refuses 0 "track 1, tick 480" "$render" --plugin "$instrument" --midi odd.mid --tail 0 odd.wav
}

# n_messages TRACE: lines that say when they are.
n_messages() { grep -c '^{.*"time":[0-9.e-]*,.*"frame":[0-9]*,.*}$' "$1"; }

# traced CLAIM OPTION...: the render is the same bytes with and without a trace, which is whole.
traced() {
  claim=$1
  shift
  "$render" --quiet "$@" untraced.wav
  check "$claim: traced" "$render" --quiet --trace t.jsonl "$@" traced.wav
  check "   the sound is the same bytes" cmp untraced.wav traced.wav
  check "   the trace begins with its head" sh -c "head -n 1 t.jsonl | grep -q '\"format\":\"fieldiq-trace\"'"
  n=$(n_messages t.jsonl)
  span=$(awk -F '"time":' 'NR > 1 { split($2, a, ","); print a[1] }' t.jsonl | sort -g | tail -n 1)
  echo "   $n messages in $span s"
  check "   all other lines are messages" [ "$n" -eq $(($(wc -l <t.jsonl) - 1)) ]
  check "   some 47 a second" sh -c "awk 'BEGIN { r = $n / ($span + 0.02); exit !(r > 40 && r < 100) }'"
  check "   and it can be drawn" "$plot" --quiet t.jsonl t.png
  check "   without a warning" [ ! -s "$work/said" ]
}

test_learning() {
  learns="--quiet --seed 1 --set objective=Headroom --set amount=100"
  # shellcheck disable=SC2086
  "$render" $learns --learn other.wav asked.wav
  # shellcheck disable=SC2086
  "$render" $learns other.wav unasked.wav
  check "an objective is learned for without --learn" cmp asked.wav unasked.wav
  # shellcheck disable=SC2086
  "$render" $learns --set learn=off other.wav once.wav
  check "   not with learn off" sh -c '! cmp -s asked.wav once.wav'
  "$render" --seed 1 --set objective=Headroom other.wav said.wav 2>said.txt
  check "   and says so" grep -q "played twice" said.txt
  "$render" --quiet --plugin "$instrument" --chord C4 --length 0.2 still.wav 2>said.txt
  check "an instrument is not asked for what it has not" [ ! -s said.txt ]
}

test_trace() {
  traced "Realms" --preset "Living Zone" tone.wav
  traced "Realms, adaptive" --set realm=Adaptive --block 100 other.wav
  traced "Realms after learning" --learn --set objective=Headroom --set amount=100 other.wav
  traced "Swarm" --plugin swarm --chord C4,E4:60,G4 --length 3
  tail -n +2 t.jsonl >expected
  for block in 1 37 8192 random; do
    "$render" --quiet --plugin swarm --chord C4,E4:60,G4 --length 3 --block $block --trace b.jsonl b.wav
    tail -n +2 b.jsonl >got
    check "block length $block tells the same, $(wc -l <got) lines" cmp expected got
  done
  check "traces to stdout" sh -c "'$render' --quiet --plugin '$effect' --trace - tone.wav o.wav | '$plot' --quiet - o.png"
  refuses 1 "Broken pipe" sh -c "{ '$render' --quiet --plugin '$effect' --trace - long.wav x.wav; echo \$? >status; } | true; exit \$(cat status)"
  refuses 2 "cannot be the same file" "$render" --plugin "$effect" --trace x.wav tone.wav x.wav
  refuses 2 "would be overwritten" "$render" --plugin "$effect" --trace ./tone.wav tone.wav x.wav
  refuses 2 "cannot be the same file" "$render" --plugin "$effect" --metrics - --trace - tone.wav x.wav
  refuses 1 "No such file" "$render" --plugin "$effect" --trace nowhere/t.jsonl tone.wav x.wav
  refuses 1 "is a folder" "$render" --plugin "$effect" --trace . tone.wav x.wav
  refuses 1 "could not be written" "$render" --plugin "$effect" --trace /dev/full long.wav x.wav
  echo old >kept.jsonl
  refuses 1 "cut.flac" "$render" --plugin "$effect" --trace kept.jsonl cut.flac x.wav
  check "a failed render keeps the older trace" [ "$(cat kept.jsonl)" = old ]
  check "no failure left a file" [ ! -e x.wav ]
  check "no failure left a temporary file" no_temporaries
}

# same_state OPTION...: what is saved behind the render does not depend on the length of a block.
same_state() {
  for block in 512 37 8192; do
    "$render" --quiet --block $block --save-state saved.ttl "$@" out.wav || return 1
    [ $block != 512 ] || mv saved.ttl first.ttl
    [ $block = 512 ] || cmp saved.ttl first.ttl || return 1
  done
}

test_states() {
  sox -D -n -r 48000 -c 2 -b 24 swell.wav synth 1 pinknoise gain -12 tremolo 3 60
  check "a state is the same at every block length after a tail that ends in silence" same_state swell.wav
  check "   without a tail" same_state --tail 0 --set realm=Adaptive swell.wav
  check "   after a tail of a given length" same_state --tail 0.1 swell.wav
  check "   after a part in a loop" same_state --start 0.21 --end 0.877 --loop 2 --tail 0 swell.wav
  check "   at another rate" same_state --resample 44100 --tail 0 swell.wav
  check "   while it learns" same_state --set objective=Headroom --set learn=on swell.wav
  check "   of a chord" same_state --plugin swarm --chord C4,E4 --length 0.51
  check "   of what is played on" same_state --plugin swarm --chord C4,E4 --length 0.5 --continue 0.7 --midi-out played.mid
}

test_ours() {
  refuses 1 "missing.wav" "$render" --sidechain missing.wav tone.wav x.wav
  check "takes a side chain" run --sidechain other.wav --tail 0 tone.wav side.wav
  refuses 1 "sample rate" "$render" --plugin "$effect" --sidechain mono.wav tone.wav x.wav
  "$render" --quiet --plugin swarm --chord C4 --length 1 --tail 0 --seed 1 seed1.wav
  "$render" --quiet --plugin swarm --chord C4 --length 1 --tail 0 --seed 2 seed2.wav
  check "another seed is another sound" sh -c '! cmp -s seed1.wav seed2.wav'
  "$render" --plugin "$effect" --list-presets >presets
  while read -r preset; do
    check "preset $preset" run --preset "$preset" --tail 0 mono.wav preset.wav
  done <presets
}

# make_tune FILE: sixteen quarters of a scale, at one tick a quarter.
make_tune() {
  keys="60 62 64 65 67 65 64 62 60 64 62 65 64 67 65 62"
  {
    printf 'MThd\000\000\000\006\000\000\000\001\000\001MTrk\000\000\000\204'
    for key in $keys; do
      octal=$(printf '%03o' "$key")
      # shellcheck disable=SC2059
      printf "\\000\\220\\$octal\\132\\001\\200\\$octal\\000"
    done
    printf '\000\377\057\000'
  } >"$1"
}

test_sequence() {
  mkdir -p tunes
  make_tune tunes/a.mid
  make_tune tunes/b.mid
  printf 'no music' >tunes/readme.txt
  check "studies a folder of MIDI files" "$render" --quiet --plugin swarm --study tunes --save-state learned.ttl
  check "a state keeps what was learned" grep -q 'urn:fieldiq:sequence' learned.ttl
  check "plays by what it learned" "$render" --quiet --plugin swarm --state learned.ttl --continue 8 \
    --midi-out played.mid --tail 0 played.wav
  check "for as long as asked" [ "$(n_frames played.wav)" -eq 384001 ]
  check "and one can hear it" sh -c '[ "$(sox played.wav -n stat 2>&1 | awk "/RMS.*amplitude/ { print (\$3 > 0.003) }")" = 1 ]'
  check "the notes are a MIDI file that plays" "$render" --quiet --plugin swarm --midi played.mid again.wav
  "$render" --quiet --plugin swarm --state learned.ttl --continue 8 --midi-out other.mid --tail 0 other_played.wav
  check "the same command plays the same notes" cmp -s played.mid other.mid
  check "continues a MIDI file" "$render" --quiet --plugin swarm --midi tunes/a.mid --continue 8 --midi-out more.mid more.wav
  check "with notes of its own" [ "$(wc -c <more.mid)" -gt 100 ]
  # Sixteen notes without words are the player's; the syllable after them is sung by what is played on alone.
  none=$(printf '[] %.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
  for last in "" laa; do
    "$render" --quiet --plugin swarm --midi tunes/a.mid --continue 8 --words "$none[${last:+l aa}]" --midi-out sung.mid \
      "sung$last.wav"
    check "the same notes with words" cmp -s more.mid sung.mid
  done
  check "continues with the words" sh -c 'cmp sung.wav sunglaa.wav | grep -q differ'
  mkdir -p bare
  refuses 1 "no MIDI file in" "$render" --plugin swarm --study bare --save-state x.ttl
  printf 'MThd' >tunes/cut.mid
  check "leaves out what it cannot read" "$render" --quiet --plugin swarm --study tunes --save-state x.ttl
  refuses 1 "No such file" "$render" --plugin swarm --study nowhere --save-state x.ttl
  refuses 2 "nothing is left of it" "$render" --plugin swarm --study tunes
}

# An A, alone, after program 13, and a quarter tone higher by a message.
test_programs() {
  head='MThd\0\0\0\6\0\0\0\1\1\340MTrk\0\0\0'
  note='\0\220\105\144\217\0\200\105\100\0\377\57\0'
  # shellcheck disable=SC2059
  {
    printf "$head\15$note" >plain.mid
    printf "$head\20\0\300\14$note" >program.mid
    printf "$head\33\0\360\13\177\177\10\2\0\1\105\105\100\0\367$note" >tuned.mid
  }
  for name in plain program tuned; do
    "$render" --quiet --plugin swarm --seed 1 --set partials=1 --midi $name.mid $name.wav
  done
  "$render" --quiet --plugin swarm --seed 1 --set partials=1 --set program_change=0 --midi program.mid off.wav
  check "a program change is heard" sh -c '! cmp -s plain.wav program.wav'
  check "and can be switched off" cmp -s plain.wav off.wav
  hertz() { sox "$1" -n remix 1 trim 1 1 stat 2>&1 | awk '/Rough/ { print $3 }'; }
  check "a key is tuned by a message in the file" [ $(($(hertz tuned.wav) - $(hertz plain.wav))) -ge 12 ]
}

# Four notes of half a second with a syllable each.
test_lyrics() {
  {
    printf 'MThd\0\0\0\6\0\0\0\1\1\340MTrk\0\0\0\104'
    for syllable in la lo mi mu; do
      printf '\0\377\5\3%s \0\220\105\144\203\140\200\105\100' $syllable
    done
    printf '\0\377\57\0'
  } >sung.mid
  sing() { "$render" --quiet --plugin swarm --set partials=80 --tail 0 --midi sung.mid "$@"; }
  sing --start 0.5 --end 1.5 --loop 2 part.wav
  sing --start 0.5 --end 1.5 --loop 2 --words "{lo} {mi}" given.wav
  sing --start 0.5 --end 1.5 --loop 2 --words "" unsung.wav
  check "a part in a loop sings the lyrics that stand there" cmp part.wav given.wav
  check "   which is heard" sh -c '! cmp -s part.wav unsung.wav'
  sing --set words_loop=off --start 0.5 --end 1.5 --loop 2 part.wav
  sing --set words_loop=off --start 0.5 --end 1.5 --loop 2 --words "{lo} {mi} {lo} {mi}" given.wav
  check "   in each turn, where words are not repeated, too" cmp part.wav given.wav
}

make_inputs
test_alignment
test_repeatable
test_formats
test_bad_inputs
test_usage
test_atomic
test_full_disk
test_state
test_metrics
test_midi
if [ "$ours" = yes ]; then
  test_learning
  test_trace
  test_states
  test_sequence
  test_programs
  test_lyrics
  test_ours
fi
cd / && conclude
