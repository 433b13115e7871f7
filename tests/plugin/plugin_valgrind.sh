#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: a render of each plugin reads no memory that was not written and leaks nothing of ours.
# Usage: plugin_valgrind.sh BUILD_DIR
set -eu

build=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
render=$build/host-test/fieldiq-render
sox -n -r 48000 -c 2 -b 24 "$work/in.wav" synth 1 sine 300 sine 400 gain -6

check() {
  name=$1
  shift
  valgrind --quiet --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=none \
    --error-exitcode=9 --log-file="$work/$name.log" "$render" --quiet "$@" || {
    cat "$work/$name.log"
    echo "FAIL: $name" >&2
    exit 1
  }
  # A block is ours if one of our functions stands anywhere in its stack.
  if grep -q 'fiq_' "$work/$name.log"; then
    cat "$work/$name.log"
    echo "FAIL: $name leaks" >&2
    exit 1
  fi
  echo "$name: clean"
}

for realm in 0 1 2; do
  check "realms-$realm" --set "realm=$realm" --set swarm_level=-6 --set chord=3 --set rotate=30 "$work/in.wav" "$work/out.wav"
done
check swarm --plugin swarm --set oscillators=6000 --chord C4,E4,G4 --length 0.5 "$work/out.wav"
