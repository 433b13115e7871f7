#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: what 100 000 oscillators cost live, in blocks of 64 frames, and whether they ever come late.
# Method: a private JACK server with the dummy driver; the CPU time of fieldiq-jack and of each of its
# threads from /proc over the measured time, and the xruns and bad samples that it reports itself. A server
# of the same kind without the plugin says how many xruns are the machine's own.
#   sh tests/bench_live.sh [BUILD [SECONDS [OSCILLATORS]]]   (build/release, 60, 100000); as root; status 77 when it cannot be tried
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
. "$here/host_common.sh"
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

# busiest PID: "TICKS NAME" of the thread that has used most.
busiest() {
  for task in /proc/"$1"/task/*; do
    echo "$(ticks_of "$task/stat") $(cat "$task/comm" 2>/dev/null)"
  done | sort -rn | head -n 1
}

share() { awk "BEGIN { printf \"%.1f\", 100 * ($1) / ($2 * $ticks) }"; }

# play NAME OPTION...: one row of the table.
play() {
  row=$1
  shift
  # The time limit is not in between, so that the process is our own child.
  "$jack" --name fiq --plugin "$instrument" --connect --duration $((seconds + 4)) \
    --set "oscillators=$oscillators" --set chord=3 "$@" </dev/null >out 2>err &
  client=$!
  sleep 3
  before=$(ticks_of /proc/$client/stat)
  first=$(busiest $client)
  began=$(date +%s.%N)
  sleep "$seconds"
  after=$(ticks_of /proc/$client/stat)
  last=$(busiest $client)
  ended=$(date +%s.%N)
  status=0
  wait $client || status=$?
  client=
  lasted=$(awk "BEGIN { print $ended - $began }")
  if [ -z "$before" ] || [ -z "$after" ] || [ "$status" -ne 0 ]; then
    echo "| $row | failed with status $status: $(tail -n 1 err) |"
    return
  fi
  said=$(grep -i "xrun" err out | tail -n 1 | sed 's/^[a-z]*://')
  echo "| $row | $(share "$after - $before" "$lasted") % | $(share "${last%% *} - ${first%% *}" "$lasted") % | $said |"
}

has_quality() {
  "$jack" --plugin "$instrument" --list-parameters 2>/dev/null | grep -q "^ *quality"
}

echo "$oscillators oscillators on a chord, blocks of 64 frames at 48 kHz, $seconds s each"
echo
echo "| | process, of one core | its audio thread | fieldiq-jack says |"
echo "|---|---|---|---|"
play "1 oscillator: host and machine" --set oscillators=1
play "at rest" --set anneal=0.05
play "in flight" --set anneal=30
if has_quality; then
  for quality in 0 1 2; do
    play "quality $quality, at rest" --set anneal=0.05 --set quality=$quality
    play "quality $quality, in flight" --set anneal=30 --set quality=$quality
  done
else
  echo "| quality | the plugin has no such parameter: its step is 64 frames |"
fi
