#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: both plugins live through jalv, which finds no fault with their description, in a JACK server whose
# buffer size changes from 16 to 4096 while they run. Method: a private server with the dummy driver; jalv must
# still answer afterwards, line by line so that its answer can be waited for.
# Usage: plugin_jalv.sh BUILD_DIR
set -eu

if [ "${FIQ_PRIVATE_SHM:-}" != yes ]; then
  # JACK keeps its registry in /dev/shm; a mount of our own keeps this server from all others.
  FIQ_PRIVATE_SHM=yes exec unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /dev/shm && exec sh "$0" "$@"' "$0" "$@"
fi

build=$(cd "$1" && pwd)
. "$(dirname "$0")/../support/wait.sh"
export LV2_PATH="$build/lv2:/usr/lib/lv2"
export JACK_NO_AUDIO_RESERVATION=1
server=fiq$$
work=$(mktemp -d)
jackd=
trap '[ -z "$jackd" ] || kill "$jackd" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
  echo "FAIL: $*" >&2
  cat "$work"/*.log >&2 || true
  exit 1
}

has_ports() { timeout -k 2 10 jack_lsp | grep -q "fiq-$plugin:out_l"; }

jackd -n "$server" -R -P 20 -S -d dummy -r 48000 -p 256 >"$work/jackd.log" 2>&1 &
jackd=$!
export JACK_DEFAULT_SERVER="$server"
timeout -k 2 30 jack_wait -w -t 20 >"$work/wait.log" 2>&1 || fail "no JACK server"

for plugin in realms swarm; do
  mkfifo "$work/in"
  timeout -k 2 120 stdbuf -oL jalv -n "fiq-$plugin" "urn:fieldiq:$plugin" <"$work/in" >"$work/jalv.log" 2>&1 &
  jalv=$!
  exec 7>"$work/in"
  until_true has_ports || fail "$plugin: jalv does not start"
  for frames in 16 64 1024 4096 16 256; do
    timeout -k 2 10 jack_bufsize "$frames" >>"$work/bufsize.log" 2>&1 || fail "jack_bufsize $frames"
    sleep 0.3
    kill -0 "$jalv" 2>/dev/null || fail "$plugin: jalv is gone at $frames frames"
  done
  has_ports || fail "$plugin: ports are gone"
  echo "controls" >&7
  until_true grep -q "output" "$work/jalv.log" || fail "$plugin: jalv did not list the controls"
  if grep -i -E "unknown|ignored|unsupported" "$work/jalv.log"; then fail "$plugin: jalv complains of the description"; fi
  exec 7>&-
  kill "$jalv" 2>/dev/null || true
  wait "$jalv" 2>/dev/null || true
  rm "$work/in"
  echo "$plugin: survives 16 .. 4096 frames"
done
