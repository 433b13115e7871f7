#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: no command of the three programs changes or cuts a file that it was not told to write, and what it was
# told to write is the old file or the whole new one. Method: every option that writes is pointed at every file that
# is read or written, by each kind of name; then full disks, folders that may not be written, and kills.
#   sh tests/host/host_files.sh [BUILD] [KILLS]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
if [ "${FIQ_PRIVATE-}" != yes ] && [ "$(id -u)" -eq 0 ]; then
  # Disks of our own, that nobody else sees and that go when we do.
  FIQ_PRIVATE=yes exec unshare -m --propagation private sh "$0" "$@"
fi
. "$here/../support/host_common.sh"
n_kills=${2:-30}
cd "$work" || exit 1

make_inputs() {
  mkdir in
  sox -D -n -r 48000 -c 2 -b 24 in/in.wav synth 0.2 sine 440 gain -6
  sox -D -n -r 48000 -c 2 -b 24 in/side.wav synth 0.2 pinknoise gain -12
  sox -D -n -r 48000 -c 2 -b 16 long.wav synth 20 pinknoise gain -12
  cp "$here/../../host-test/demo.mid" in/song.mid
  printf '! scale.scl\n!\na fifth\n 2\n!\n 3/2\n 2/1\n' >in/scale.scl
  printf '0\n0\n127\n60\n69\n440.0\n0\n' >in/scale.kbm
  "$render" --quiet --save-state in/state.ttl --tail 0 in/in.wav made.wav
  "$render" --quiet --save-state in/folder.lv2 --tail 0 --trace in/trace.jsonl in/in.wav made.wav
  "$render" --quiet --plugin swarm --chord C4 --length 0.1 --save-state in/swarm.ttl made.wav
  rm made.wav
}

# names FILE: other names of it, made beside it: another spelling, links of both kinds, a link to a link.
names() {
  base=$(basename "$1")
  ln -f "$1" "other/hard-$base" 2>/dev/null
  ln -sf "../$1" "other/soft-$base"
  ln -sf "soft-$base" "other/soft2-$base"
  echo "$1 ./in/../$1 $work/$1 other/soft-$base other/soft2-$base"
  [ -d "$1" ] || echo "other/hard-$base"
}

fingerprint() { find in -type f -exec md5sum {} + | sort; find in | sort; }

# refused PROGRAM OPTION...: a wrong command, which changes nothing and writes nothing.
refused() {
  n_checks=$((n_checks + 1))
  got=0
  timeout -k 2 60 "$@" >said 2>&1 </dev/null || got=$?
  if [ $got -ne 2 ] || ! grep -q 'overwritten\|cannot be the same file' said; then
    fail "status $got, not refused: $*"
  elif [ "$(fingerprint)" != "$before" ] || [ -e out.wav ]; then
    fail "something was written: $*"
  fi
}

test_overwriting() {
  mkdir other
  ln -s ../in other/dir
  before=$(fingerprint)
  n_before=$n_failed
  for file in in/in.wav in/side.wav in/song.mid in/scale.scl in/scale.kbm in/state.ttl in/swarm.ttl in/folder.lv2 \
    in/folder.lv2/state.ttl in/folder.lv2/manifest.ttl in/trace.jsonl; do
    for name in $(names "$file") "other/dir/${file#in/}"; do
      # OUTPUT, where it is not INPUT itself.
      case $file in
      in/side.wav) refused "$render" --format wav --sidechain in/side.wav in/in.wav "$name" ;;
      in/song.mid) refused "$render" --format wav --plugin swarm --midi in/song.mid "$name" ;;
      in/scale.*) refused "$render" --format wav --plugin swarm --chord C4 --tuning in/scale.scl "$name" ;;
      in/state.ttl) refused "$render" --format wav --state in/state.ttl in/in.wav "$name" ;;
      in/folder.lv2*) refused "$render" --format wav --preset in/folder.lv2 in/in.wav "$name" ;;
      in/swarm.ttl) refused "$render" --format wav --plugin swarm --chord C4 --preset in/swarm.ttl "$name" ;;
      esac
      for option in --metrics --trace --save-state; do
        case $file in
        in/trace.jsonl) ;;
        in/song.mid | in/scale.* | in/swarm.ttl)
          refused "$render" $option "$name" --plugin swarm --midi in/song.mid --tuning in/scale.scl \
            --state in/swarm.ttl out.wav
          refused "$render" --plugin swarm --midi in/song.mid --tuning in/scale.scl --preset in/swarm.ttl \
            $option "$name" out.wav
          ;;
        *)
          refused "$render" $option "$name" --sidechain in/side.wav --state in/state.ttl --preset in/folder.lv2 \
            in/in.wav out.wav
          refused "$render" --sidechain in/side.wav --state in/folder.lv2 --preset in/state.ttl in/in.wav out.wav \
            $option "$name"
          ;;
        esac
      done
      case $file in
      in/scale.* | in/state.ttl | in/folder.lv2*)
        refused "$jack" --state in/state.ttl --trace "$name" --preset in/folder.lv2 --tuning in/scale.scl
        ;;
      in/trace.jsonl)
        ln -sf "../$name" other/picture.png
        [ "${name#/}" = "$name" ] || ln -sf "$name" other/picture.png
        refused "$plot" in/trace.jsonl other/picture.png
        ;;
      esac
    done
  done
  check "what is read is not written over" [ $n_failed -eq $n_before ]
}

# Two files that are written, which do not exist yet.
test_same_target() {
  n_before=$n_failed
  mkdir -p new
  ln -s new new-link
  ln -s new/w.wav dangling.wav
  for name in new/w.wav ./new/w.wav "$work/new/../new/w.wav" new-link/w.wav dangling.wav; do
    for option in --metrics --trace --save-state; do
      refused "$render" $option "$name" in/in.wav new/w.wav
      refused "$render" $option new/w.wav in/in.wav "$name"
    done
    refused "$render" --metrics "$name" --trace new/w.wav in/in.wav out.wav
    refused "$render" --metrics "$name" --save-state new/w.wav in/in.wav out.wav
    refused "$render" --trace "$name" --save-state new/w.wav in/in.wav out.wav
  done
  refused "$render" --save-state new/s.lv2 --metrics new/s.lv2/m.json in/in.wav out.wav
  refused "$render" --metrics - --trace - in/in.wav out.wav
  refused "$render" --format wav --trace /dev/stdout in/in.wav -
  check "two files are not written to one" [ $n_failed -eq $n_before ]
  check "   nor anything left" [ -z "$(ls -A new)" ]
}

test_replacing() {
  cp in/in.wav both.wav
  ln both.wav kept.wav
  ln -s both.wav by-link.wav
  check "OUTPUT may be INPUT" "$render" --quiet --learn --set objective=Headroom both.wav by-link.wav
  check "   which is replaced whole" soxi both.wav
  check "   behind its link" [ -L by-link.wav ]
  check "   while its other name keeps the old one" cmp in/in.wav kept.wav
  check "   and is another file now" sh -c '! cmp -s both.wav kept.wav'
  ln -s new/made.wav ahead.wav
  check "a link to what is not there yet" "$render" --quiet in/in.wav ahead.wav
  check "   leads there" [ -L ahead.wav -a -f new/made.wav ]
}

no_temporaries() { [ -z "$(find . -name '.*.??????')" ]; }

# Every file that can be written, on a disk that has room for SIZE kB.
on_full_disk() {
  size=$1
  mkdir -p small
  mount -t tmpfs -o "size=${size}k" tmpfs small || { fail "no small disk"; return; }
  echo old >small/state.ttl
  echo old >small/m.json
  mkdir small/kept.lv2
  cp in/folder.lv2/*.ttl small/kept.lv2
  dd if=/dev/zero of=small/filler bs=1k 2>/dev/null
  refuses 1 "No space left" "$render" --tail 0 --save-state small/state.ttl in/in.wav out.wav
  check "the old state stays" [ "$(cat small/state.ttl)" = old ]
  refuses 1 "No space left" "$render" --tail 0 --save-state small/new.lv2 in/in.wav out.wav
  check "no half of a folder" [ ! -e small/new.lv2 ]
  refuses 1 "No space left" "$render" --tail 0 --save-state small/kept.lv2 in/in.wav out.wav
  check "the old folder stays" diff -r small/kept.lv2 in/folder.lv2
  refuses 1 "No space left" "$render" --tail 0 --metrics small/m.json in/in.wav out.wav
  check "the old metrics stay" [ "$(cat small/m.json)" = old ]
  refuses 1 "No space left" "$render" --tail 0 --trace small/t.jsonl in/in.wav out.wav
  refuses 1 "No space left" "$plot" in/trace.jsonl small/p.png
  refuses 1 "No space left" "$plot" in/trace.jsonl small/p.svg
  check "nothing else is left" \
    [ "$(ls -A small | sort | tr '\n' ' ')" = "filler kept.lv2 m.json state.ttl " ]
  # A few kB of room, that the first of two files takes: a folder is whole or not there.
  for room in 4 8 12 16 20 24 28 32 36 40; do
    rm -rf small/filler small/new.lv2
    dd if=/dev/zero of=small/filler bs=1k count=$((size - 12 - room - 8)) 2>/dev/null
    if "$render" --quiet --tail 0 --save-state small/new.lv2 in/in.wav out.wav 2>/dev/null; then
      check "room for $room kB: whole" "$render" --quiet --state small/new.lv2 --tail 0 in/in.wav out.wav
    else
      check "room for $room kB: nothing" [ "$(ls -A small | grep -c new.lv2)" -eq 0 ]
    fi
  done
  umount small
}

test_full_disk() {
  on_full_disk 200
  # Of a kind that says so at each write: a limit of the file's length.
  echo old >old.ttl
  refuses 1 "File too large" sh -c "ulimit -f 8; exec '$render' --tail 0 --save-state old.ttl in/in.wav /dev/null --format wav"
  check "the old state stays" [ "$(cat old.ttl)" = old ]
  refuses 1 "No space left" "$render" --metrics /dev/full in/in.wav out.wav
  refuses 1 "No space left" "$render" --save-state /dev/full in/in.wav out.wav
  check "no temporary file is left" no_temporaries
}

test_read_only() {
  mkdir shut
  echo old >shut/old.wav
  cp in/trace.jsonl shut
  mount --bind shut shut && mount -o remount,bind,ro shut || { fail "no read-only folder"; return; }
  refuses 1 "Read-only" "$render" in/in.wav shut/new.wav
  refuses 1 "Read-only" "$render" in/in.wav shut/old.wav
  refuses 1 "Read-only" "$render" --metrics shut/m.json in/in.wav out.wav
  refuses 1 "Read-only" "$render" --trace shut/t.jsonl in/in.wav out.wav
  refuses 1 "Read-only" "$render" --save-state shut/s.ttl in/in.wav out.wav
  refuses 1 "Read-only" "$render" --save-state shut/s.lv2 in/in.wav out.wav
  refuses 1 "Read-only" "$plot" shut/trace.jsonl shut/p.png
  check "nothing has changed there" [ "$(cat shut/old.wav) $(ls -A shut | wc -l)" = "old 2" ]
  umount shut
}

# One kill, after some ms: each file is the old one or the whole new one.
kill_after() {
  rm -rf k && mkdir k
  for name in o.wav s.ttl m.json t.jsonl; do cp "old/$name" k; done
  cp -r old/s.lv2 k
  "$render" --quiet --tail 0 --block 64 --metrics k/m.json --trace k/t.jsonl --save-state "k/$2" in/in.wav k/o.wav &
  child=$!
  sleep "$1"
  kill -9 $child 2>/dev/null
  wait $child 2>/dev/null
  for name in o.wav s.ttl t.jsonl s.lv2/state.ttl s.lv2/manifest.ttl; do
    cmp -s "k/$name" "old/$name" || cmp -s "k/$name" "new/$name" || fail "half a file: $name, after $1 s"
  done
  # How fast it went is never the same twice.
  cmp -s k/m.json old/m.json || tail -n 1 k/m.json | grep -q '^}$' || fail "half a file: m.json, after $1 s"
}

test_kill() {
  rm -rf new && mkdir old new
  n_before=$n_failed
  for to in old new; do
    [ $to = old ] && set -- --set mix=30 in/side.wav || set -- in/in.wav
    "$render" --quiet --tail 0 --block 64 --metrics $to/m.json --trace $to/t.jsonl --save-state $to/s.ttl "$@" $to/o.wav
    "$render" --quiet --tail 0 --block 64 --save-state $to/s.lv2 "$@" out.wav
  done
  # The sound stands under one name in the trace.
  mkdir -p k && (cp -r old/. k && "$render" --quiet --tail 0 --block 64 --trace k/t.jsonl in/in.wav k/o.wav && cp k/t.jsonl new)
  # The label of a state is its name, which is the same in all folders.
  start=$(date +%s%N)
  "$render" --quiet --tail 0 --block 64 --save-state k/s.ttl in/in.wav k/o.wav
  span=$((($(date +%s%N) - start) / 1000))
  n=0
  while [ $n -lt "$n_kills" ]; do
    n=$((n + 1))
    moment=$(awk -v span=$span -v seed=$n 'BEGIN { srand(seed); printf "%.4f", rand() * span * 1.3 / 1e6 }')
    [ $((n % 2)) -eq 0 ] && kill_after "$moment" s.ttl || kill_after "$moment" s.lv2
  done
  check "killed $n_kills times, all files are old or whole" [ $n_failed -eq $n_before ]
  find . -name '.*.??????' -exec rm -rf {} +
}

# A state that is cut off or damaged is refused whole.
test_states() {
  size=$(wc -c <in/state.ttl)
  n_before=$n_failed
  for percent in 1 5 20 40 60 80 95 99; do
    head -c $((size * percent / 100)) in/state.ttl >cut.ttl
    refuses 1 "holds no plugin state that is whole" "$render" --state cut.ttl in/in.wav out.wav
    refuses 1 "holds no plugin state that is whole" "$render" --state cut.ttl --quiet in/in.wav out.wav
  done
  grep -v appliesTo in/state.ttl >lost.ttl
  refuses 1 "does not name the plugin" "$render" --state lost.ttl in/in.wav out.wav
  cp -r in/folder.lv2 lost.lv2
  grep -v appliesTo in/folder.lv2/state.ttl >lost.lv2/state.ttl
  refuses 1 "does not name the plugin" "$render" --state lost.lv2 in/in.wav out.wav
  sed 's/"mix" ;/"mix" ; pset:valve 3 ; #/' in/state.ttl >noval.ttl
  sed '/lv2:symbol "mix"/d' in/state.ttl >nosym.ttl
  refuses 1 "lacks its symbol" "$render" --state nosym.ttl in/in.wav out.wav
  sed 's/\^\^xsd:float/x&/' in/state.ttl >number.ttl
  refuses 1 "line " "$render" --state number.ttl in/in.wav out.wav
  sed '0,/"[0-9.]*"^^xsd:float/s//"1.5q"^^xsd:float/' in/state.ttl >number.ttl
  refuses 1 "numbers is damaged" "$render" --state number.ttl in/in.wav out.wav
}

# silent COMMAND...: it succeeds without a word.
silent() { "$@" >words 2>&1 && [ ! -s words ] || { cat words; false; }; }

# no_complaint COMMAND...: it succeeds, and no library complains of a plugin that it knows already.
no_complaint() { "$@" >words 2>&1 && ! grep -i 'reloading\|duplicate' words; }

# The programs in the build tree and installed, with their bundles on LV2_PATH once, twice, and copied by hand.
test_quiet() {
  tree=${render%/host-test/*}
  mkdir -p inst/bin inst/lib/lv2 copies spoilt/spoilt.lv2 spoilt/damaged.lv2
  cp "$render" inst/bin
  cp -r "$tree/lv2/fieldiq.lv2" inst/lib/lv2
  cp -r "$tree/lv2/fieldiq.lv2" copies/older-fieldiq.lv2
  echo '<urn:nowhere> a <http://lv2plug.in/ns/lv2core#Plugin> ; nonsense .' >spoilt/spoilt.lv2/manifest.ttl
  echo '<urn:nowhere> a <http://lv2plug' >spoilt/damaged.lv2/manifest.ttl
  spec=/usr/lib/lv2
  for program in "$render" inst/bin/fieldiq-render; do
    for path in "$tree/lv2:$spec" "$work/inst/lib/lv2:$spec" "$tree/lv2:$work/inst/lib/lv2:$work/copies:$spec" \
      "$work/copies:$tree/lv2/:$spec:$tree/lv2:$spec"; do
      check "nothing is there twice" no_complaint env LV2_PATH="$path" "$program" in/in.wav out.wav
    done
    check "   by the default path" no_complaint "$program" in/in.wav out.wav
    check "--quiet, whatever lies about" silent env LV2_PATH="$work/spoilt:$work/copies:$tree/lv2:$spec" \
      "$program" --quiet --plugin swarm --tuning in/scale.scl --chord C4 --length 0.1 --save-state out.ttl out.wav
  done
  refuses 1 "is a folder" "$render" --quiet in/folder.lv2 out.wav
}

make_inputs
test_overwriting
test_same_target
test_replacing
test_full_disk
test_read_only
test_kill
test_states
test_quiet
cd / && conclude
