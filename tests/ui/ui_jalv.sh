#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: the windows live in jalv's windows, GTK 3 and Qt 5: what the engine does is seen, and a key of the window's
# keyboard sounds. Method: a private JACK and X server, xdotool for hands, colours and differences on the screen.
# Usage: ui_jalv.sh BUILD_DIR
set -eu

if [ "${FIQ_PRIVATE_SHM:-}" != yes ]; then
  # JACK keeps its registry in /dev/shm; a mount of our own keeps this server from all others.
  FIQ_PRIVATE_SHM=yes exec unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /dev/shm && exec sh "$0" "$@"' "$0" "$@"
fi

build=$(cd "$1" && pwd)
export LV2_PATH="$build/lv2:/usr/lib/lv2" QT_QPA_PLATFORM=xcb GDK_BACKEND=x11
. "$(dirname "$0")/../support/screen.sh"
start_screen
start_sound

# A chord for Realms, which rests in silence.
mkfifo "$work/quiet"
exec 7<>"$work/quiet"
jalv -n fiq-source -c chord=5 -c coupling=0 urn:fieldiq:swarm <"$work/quiet" >"$work/source.log" 2>&1 &
processes="$processes $!"
its_input() { jack_lsp | grep ":in_$1\$" | grep -v '^fiq-source:'; }
feed() { jack_connect "fiq-source:out_$1" "$(its_input "$1")"; }

window_is_drawn() { is_open && [ "$(colours 0 0 1120 720)" -ge 100 ]; }

bands_move() {
  import -window "$(ours)" -crop 600x300+60+150 +repage "$work/one.png"
  sleep 1
  import -window "$(ours)" -crop 600x300+60+150 +repage "$work/two.png"
  [ "$(differing one two)" -gt 100 ]
}

swarm_is_seen() { [ "$(colours 20 100 640 270)" -ge 150 ]; }

try_swarm() {
  echo "- $1: the Swarm's window is drawn"
  until_true window_is_drawn || fail "$1: no window"
  still=$(colours 20 100 640 270)
  echo "- $1: a key of its keyboard sounds, and the river shows it"
  put 400 690
  xdotool mousedown 1
  until_true swarm_is_seen || fail "$1: $still colours, then $(colours 20 100 640 270)"
  xdotool mouseup 1
}

try_realms() {
  echo "- $1: Realms' window is drawn, its bands move"
  until_true window_is_drawn || fail "$1: no window"
  for side in l r; do
    until_true feed $side || fail "$1: no sound reaches it"
  done
  until_true bands_move || fail "$1: $(differing one two) pixels differ after a second"
  echo "- $1: another realm is another picture"
  put 560 80
  xdotool click 1
  sleep 1
  import -window "$(ours)" -crop 600x300+60+150 +repage "$work/three.png"
  moved=$(differing two three)
  [ "$moved" -gt 2000 ] || fail "$1: $moved pixels differ in the other realm"
}

for jalv in jalv.gtk3 jalv.qt5; do
  for plugin in swarm realms; do
    timeout -k 2 120 "$jalv" "urn:fieldiq:$plugin" >"$work/jalv.log" 2>&1 &
    program=$!
    processes="$processes $program"
    "try_$plugin" "$jalv"
    kill "$program" 2>/dev/null || true
    wait "$program" 2>/dev/null || true
  done
done
echo "the windows live in jalv"
