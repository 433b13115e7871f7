#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: what 100 000 oscillators cost live, in blocks of 64 frames, and whether they ever come late.
# Method: a private JACK server with the dummy driver; the CPU time of fieldiq-jack and of its busiest thread
# from /proc over the measured time; then what it says at its end of every period since its start: the share that
# its CPU time took on average, in 99.9 % of them and at most, the largest share by the clock, the periods that
# overran by their own CPU time, and JACK's xruns. Most of those are the machine's own: the row with one
# oscillator has them too. A virtual machine that is put aside counts that as CPU time, which the same row shows.
#   sh tests/bench/bench_live.sh [BUILD [SECONDS [OSCILLATORS]]]   (build/release, 60, 100000); as root; status 77 when it cannot be tried
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

if [ "${FIQ_PRIVATE-}" != yes ]; then
  for tool in jackd jack_wait unshare getconf; do
    command -v $tool >/dev/null 2>&1 || { echo "left out: $tool is missing"; exit 77; }
  done
  unshare -m --propagation private mount -t tmpfs tmpfs /dev/shm 2>/dev/null ||
    { echo "left out: no right to make a private /dev/shm"; exit 77; }
  FIQ_PRIVATE=yes exec unshare -m --propagation private sh "$0" "$@"
fi
mount -t tmpfs tmpfs /dev/shm
. "$here/../support/host_common.sh"
seconds=${2:-60}
oscillators=${3:-100000}
ticks=$(getconf CLK_TCK)
cd "$work" || exit 1

jackd -R -P 20 -S -d dummy -r 48000 -p 64 >jackd.log 2>&1 &
server=$!
client=
trap '[ -z "$client" ] || kill "$client" 2>/dev/null; kill -9 "$server" 2>/dev/null; rm -rf "$work"' EXIT
jack_wait -w -t 10 >/dev/null 2>&1

# ticks_of FILE: user and system time of /proc/.../stat; the name in it may hold blanks.
ticks_of() { sed 's/.*) //' "$1" 2>/dev/null | awk '{ print $12 + $13 }'; }

# threads_of PID: "ID TICKS" of every thread.
threads_of() { sed 's/ (.*) / /' /proc/"$1"/task/*/stat 2>/dev/null | awk '{ print $1, $13 + $14 }'; }

# busiest BEFORE AFTER: the ticks of the thread that used most in between.
busiest() { awk 'NR == FNR { before[$1] = $2; next } { used = $2 - before[$1]; if (used > most) most = used } END { print most + 0 }' "$1" "$2"; }

share() { awk "BEGIN { printf \"%.1f\", 100 * ($1) / ($2 * $ticks) }"; }

# play NAME OPTION...: one row of the table.
play() {
  row=$1
  shift
  "$jack" --name fiq --plugin "$instrument" --connect \
    --set "oscillators=$oscillators" --set chord=3 "$@" </dev/null >out 2>err &
  client=$!
  sleep 3
  before=$(ticks_of /proc/$client/stat)
  threads_of $client >first
  began=$(date +%s.%N)
  sleep "$seconds"
  after=$(ticks_of /proc/$client/stat)
  threads_of $client >last
  ended=$(date +%s.%N)
  status=0
  kill -TERM $client
  wait $client || status=$?
  client=
  lasted=$(awk "BEGIN { print $ended - $began }")
  if [ -z "$before" ] || [ -z "$after" ] || [ "$status" -ne 0 ]; then
    echo "| $row | failed with status $status: $(tail -n 1 err) |"
    return
  fi
  said=$(sed -n 's/.*played .* s, \(.*\) xruns; CPU \(.*\) of a period, 99.9 % of them within \(.*\), at most \(.*\) (\(.*\) by the clock), \(.*\) overran/\2 | \3 | \4 | \5 | \6 | \1/p' err)
  echo "| $row | $(share "$after - $before" "$lasted") % | $(share "$(busiest first last)" "$lasted") % | $said |"
}

has_quality() {
  "$jack" --plugin "$instrument" --list-parameters 2>/dev/null | grep -q "^ *quality"
}

echo "$oscillators oscillators on a chord, blocks of 64 frames at 48 kHz, $seconds s each"
echo
echo "| | process, of one core | its audio thread | CPU of a period | of 99.9 % of them | at most | by the clock | overran | xruns |"
echo "|---|---|---|---|---|---|---|---|---|"
play "1 oscillator: host and machine" --set oscillators=1
if has_quality; then
  for quality in 64 256 1024; do
    play "step $quality, at rest" --set anneal=0.05 --set quality=$quality
    play "step $quality, in flight" --set anneal=30 --set quality=$quality
  done
else
  play "at rest" --set anneal=0.05
  play "in flight" --set anneal=30
fi
