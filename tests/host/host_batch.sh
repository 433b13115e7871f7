#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: a batch makes the same bytes however it is run, loses nothing, and trusts nothing that is not complete. Method:
# forty short files by one process, by several, in shares, and with kills in between; plugins that end their host.
#   sh tests/host/host_batch.sh [BUILD]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
. "$here/../support/wait.sh"
LV2_PATH=$(realpath "$build/probe"):/usr/lib/lv2
export LV2_PATH
cd "$work" || exit 1
probe=urn:fieldiq:test:probe

# batch OPTION... OUTPUT: of the folder in/, by Realms with a seed.
batch() { "$render" --quiet --batch in --preset "Living Zone" --seed 7 --tail 0 "$@"; }

# same FOLDER: it has what one process made, and nothing else.
same() { diff -r -x '.*' undisturbed "$1"; }

n_temporaries() { find "$1" -name '.*.??????' ! -name '.*.fieldiq' -type f | wc -l; }

make_inputs() {
  mkdir -p in/below/further
  i=0
  while [ $i -lt 40 ]; do
    folder=in
    [ $((i % 3)) -ne 1 ] || folder=in/below
    [ $((i % 7)) -ne 1 ] || folder=in/below/further
    sox -D -n -r 44100 -c $((1 + i % 2)) -b 16 "$folder/file $i.wav" synth 0.$((1 + i % 5)) pluck $((100 + 10 * i)) gain -6
    i=$((i + 1))
  done
  echo text >in/readme.txt
}

test_workers() {
  start=$(date +%s%N)
  check "one process" batch --jobs 1 undisturbed
  span=$((($(date +%s%N) - start) / 1000))
  check "   makes all files" [ "$(find undisturbed -name '*.wav' | wc -l)" -eq 40 ]
  check "   with a record of each" [ "$(find undisturbed -name '.*.fieldiq' | wc -l)" -eq 40 ]
  for jobs in 2 7; do
    check "$jobs processes" batch --jobs $jobs "by$jobs"
    check "   make the same bytes" same "by$jobs"
  done
  "$render" --quiet --preset "Living Zone" --seed 7 --tail 0 "in/below/file 4.wav" alone.wav
  check "a file alone is the same bytes" cmp alone.wav "undisturbed/below/file 4.wav"
  for k in 3 1 2; do
    check "share $k of 3" batch --share $k/3 shares
  done
  check "   shares make the same bytes" same shares
  find in -name '*.wav' | sort -r | sed 's/^/.\//' >list.txt
  check "a list in another order" "$render" --quiet --batch list.txt --preset "Living Zone" --seed 7 --tail 0 'listed/{path}.{ext}'
  check "   makes the same bytes" same listed/in
  check "a list from a pipe, numbered" sh -c "head -n 3 list.txt | '$render' --quiet --batch - --tail 0 'numbered/{n} {name}.flac'"
  check "   is numbered" [ "$(find numbered -name '0000[123] file *.flac' | wc -l)" -eq 3 ]
}

# n_made FOLDER: files that are complete.
n_made() { find "$1" -name '.*.fieldiq' 2>/dev/null | wc -l; }

# kill_after SECONDS N COMMAND...: start it in the background and kill it then, and when killed/ has more than N files, its
# processes left to themselves.
kill_after() {
  pause=$1
  n=$2
  shift 2
  "$@" >/dev/null 2>&1 &
  victim=$!
  sleep "$pause"
  [ "$n" -lt 0 ] || until_true sh -c "[ \"\$(find killed -name '.*.fieldiq' | wc -l)\" -gt $n ]"
  kill -KILL $victim 2>/dev/null
  wait $victim 2>/dev/null
}

test_kills() {
  # By the time that one process took for all; the seed of the pauses is fixed.
  pauses=$(awk -v span=$span 'BEGIN { srand(18); for (i = 0; i < 20; ++i) printf "%.3f ", span / 1e6 * (0.02 + 0.07 * rand()) }')
  # Some wait for a file besides, since a busy machine may not have made one by then.
  for pause in $pauses; do
    [ "$(n_made killed)" -lt 4 ] && more=$(n_made killed) || more=-1
    kill_after "$pause" "$more" "$render" --quiet --batch in --preset "Living Zone" --seed 7 --tail 0 --resume --jobs 2 killed
  done
  n_there=$(find killed -name '*.wav' | wc -l)
  # What was killed last may be on its way out.
  sleep 0.5
  batch --resume --json killed >told.jsonl
  check "after twenty kills ($n_there files were there) it goes on" [ "$(wc -l <told.jsonl)" -eq 40 ]
  check "   keeps some" grep -q '"result":"kept"' told.jsonl
  check "   to the bytes of an undisturbed run" same killed
  check "   and leaves nothing behind" [ "$(n_temporaries killed)" -eq 0 ]
}

# results FILE: how many were rendered, kept, failed.
results() { for r in rendered kept failed; do grep -c "\"result\":\"$r\"" "$1"; done | tr '\n' ' '; }

test_resume() {
  batch --resume --json undisturbed >told.jsonl
  check "all is kept" [ "$(results told.jsonl)" = "0 40 0 " ]
  printf 'x' >>"undisturbed/file 0.wav"
  head -c 1000 "undisturbed/file 2.wav" >cut && cp cut "undisturbed/file 2.wav"
  rm "undisturbed/file 3.wav" "undisturbed/.file 6.wav.fieldiq"
  sox -D in/file\ 5.wav -b 16 other.wav gain -1 && cp other.wav "in/file 5.wav"
  batch --resume --json undisturbed >told.jsonl
  check "what is damaged, gone, without a record, or of another input is made" [ "$(results told.jsonl)" = "5 35 0 " ]
  batch --resume --json --set mix=50 undisturbed >told.jsonl
  check "with other settings all is" [ "$(results told.jsonl)" = "40 0 0 " ]
  printf '0,mix,50\n' >mix.csv
  batch --resume --automation mix.csv automated
  printf '0,mix,60\n' >mix.csv
  batch --resume --automation mix.csv --json automated >told.jsonl
  check "with another file of automation too" [ "$(results told.jsonl)" = "40 0 0 " ]
}

test_failures() {
  mkdir bad
  cp "in/file 0.wav" bad/a.wav
  echo nonsense >bad/b.wav
  : >bad/c.wav
  cp "in/file 2.wav" bad/d.wav
  refuses 1 "bad/b.wav: not a readable sound file" "$render" --batch bad --tail 0 out
  refuses 1 "bad/c.wav: is empty" "$render" --batch bad --tail 0 --resume out
  check "   the others are there" [ "$(find out -name '*.wav' | wc -l)" -eq 2 ]
  for end in Abort Exit Segfault; do
    refuses 1 "bad/a.wav: the plugin ended the process" "$render" --batch bad --plugin $probe --set end=$end --tail 0 "out$end"
    check "   $end leaves nothing behind" [ "$(find "out$end" -type f | wc -l)" -eq 0 ]
  done
  mkdir good
  cp "in/file 0.wav" good/a.wav
  refuses 0 "good/a.wav: the plugin failed when it was released" "$render" --batch good --plugin $probe --set end=Released --tail 0 released
  check "one that wants a display does without" env -u DISPLAY -u WAYLAND_DISPLAY -u QT_QPA_PLATFORM "$render" --quiet --batch good --plugin $probe --set end=Displayless --tail 0 unseen
  check "   both are whole" cmp released/a.wav unseen/a.wav
  refuses 1 "bad/a.wav: no parameter" "$render" --batch bad --set nonsense=1 out
  refuses 2 "No such file" "$render" --batch nowhere out
}

# A render alone is no batch: the plugin ends the process that writes.
test_alone() {
  for end in Abort Exit Segfault; do
    mkdir "alone$end"
    echo old >"alone$end/kept.wav"
    got=0
    "$render" --plugin $probe --set end=$end "bad/a.wav" "alone$end/x.wav" >/dev/null 2>said.txt || got=$?
    check "$end in a render alone is a failure (status $got)" [ $got -ne 0 ]
    case $end in Exit) words="it called exit()" ;; Abort) words=aborted ;; *) words="segmentation fault" ;; esac
    check "   which says so" grep -qF "error: the plugin ended the process: $words" said.txt
    "$render" --plugin $probe --set end=$end "bad/a.wav" "alone$end/kept.wav" >/dev/null 2>&1
    check "   and leaves nothing but the older file" [ "$(ls -A "alone$end") $(cat "alone$end/kept.wav")" = "kept.wav old" ]
  done
  refuses 0 "failed when it was released" "$render" --plugin $probe --set end=Released --tail 0 good/a.wav aloneAbort/kept.wav
  check "   and the file is there" cmp aloneAbort/kept.wav released/a.wav
  mkdir saving
  refuses 134 "ended the process: aborted" "$render" --plugin $probe --set end=Saving --tail 0 --save-state saving/s.lv2 good/a.wav saving/x.wav
  check "a plugin that aborts as it is saved leaves the sound alone" [ "$(ls -A saving)" = x.wav ]
  sox -D -n -r 44100 -c 2 -b 16 long.wav synth 120 pinknoise gain -12
  mkdir alone
  "$render" --quiet --block 16 long.wav alone/x.wav &
  victim=$!
  until_true sh -c '[ -n "$(ls -A alone)" ]'
  check "while one writes, another does not take it for a killed one" "$render" --quiet --tail 0 bad/a.wav alone/x.wav
  check "   whose temporary file stays" [ "$(n_temporaries alone)" -eq 1 ]
  kill -KILL $victim
  wait $victim 2>/dev/null
  check "the next render removes what a killed one left" "$render" --quiet --tail 0 bad/a.wav alone/x.wav
  check "   and leaves nothing behind" [ "$(n_temporaries alone)" -eq 0 ]
}

test_usage() {
  refuses 2 "is an input and would be written over" "$render" --batch in 'in/{path}.{ext}'
  refuses 2 "would be the output of two files" "$render" --batch in 'out/x.wav{ext}'
  refuses 2 "needs one OUTPUT" "$render" --batch in
  refuses 2 "need a pattern" "$render" --batch in --metrics m.json out
  refuses 2 "is not K/N" "$render" --batch in --share 3/2 out
  refuses 2 "are for --batch" "$render" --resume a.wav b.wav
  check "metrics of each" batch --metrics 'logs/{path}.json' --jobs 3 measured
  check "   are there" [ "$(find logs -name '*.json' | wc -l)" -eq 40 ]
  mkdir songs
  cp "$here/../../host-test/demo.mid" songs/a.mid
  cp songs/a.mid songs/b.mid
  check "an instrument plays MIDI files" "$render" --quiet --batch songs --plugin swarm --end 2 --tail 0 played
  check "   the same" cmp played/a.wav played/b.wav
  check "so does one with audio inputs" "$render" --quiet --batch songs --plugin $probe-listener --end 2 --tail 0 heard
  check "   with sound" sh -c '[ "$(sox heard/a.wav -n stat 2>&1 | awk "/Maximum amplitude/ { print \$3 }")" = 0.500000 ]'
  check "outputs within the inputs are not inputs" batch 'in/wet/{path}.wav'
  batch --resume --json 'in/wet/{path}.wav' >told.jsonl
  check "   nor later" [ "$(results told.jsonl)" = "0 40 0 " ]
}

test_stop() {
  sox -D -n -r 44100 -c 2 -b 16 in/long.wav synth 300 pinknoise gain -12
  "$render" --quiet --batch in --jobs 2 stopped >/dev/null 2>said.txt &
  child=$!
  sleep 1
  kill -TERM $child
  got=0
  wait $child || got=$?
  check "a signal ends a batch (status $got)" [ $got -eq 143 ]
  check "   which says how to go on" grep -q -- '--resume goes on' said.txt
  check "   and leaves nothing behind" [ "$(n_temporaries stopped)" -eq 0 ]
}

make_inputs
test_workers
test_kills
test_resume
test_failures
test_alone
test_usage
test_stop
cd / && conclude
