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
. "$(dirname "$0")/../support/wait.sh"
export LV2_PATH="$build/lv2:/usr/lib/lv2" JACK_NO_AUDIO_RESERVATION=1 QT_QPA_PLATFORM=xcb GDK_BACKEND=x11
work=$(mktemp -d)
export HOME="$work" XDG_CONFIG_HOME="$work/config"
processes=
cleanup() {
  for p in $processes; do kill "$p" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "FAIL: $*" >&2
  tail -20 "$work"/*.log >&2 || true
  exit 1
}

Xvfb -displayfd 9 -screen 0 1280x1000x24 -nolisten tcp -noreset 9>"$work/display" 2>"$work/xvfb.log" &
processes="$processes $!"
until_true test -s "$work/display" || fail "Xvfb does not start"
DISPLAY=:$(cat "$work/display")
export DISPLAY
jackd -n "fiqui$$" -R -P 20 -S -d dummy -r 48000 -p 1024 >"$work/jackd.log" 2>&1 &
processes="$processes $!"
export JACK_DEFAULT_SERVER="fiqui$$"
timeout -k 2 30 jack_wait -w -t 20 >"$work/wait.log" 2>&1 || fail "no JACK server"

shot() { import -window root "$work/$1.png"; }

# ours : id of our window; it is the one of the page's size
ours() { xwininfo -root -tree | awk '$0 ~ / 1120x720\+/ { print $1; exit }'; }

# colours NAME X Y W H : number of colours in that part of our window
colours() {
  import -window "$(ours)" -crop "$4x$5+$2+$3" +repage "$work/$1.png"
  identify -format %k "$work/$1.png"
}

window_is_drawn() { [ -n "$(ours)" ] && [ "$(colours look 0 0 1120 720)" -ge 100 ]; }

# put X Y : the pointer at a place of our window
put() { xdotool mousemove --window "$(ours)" "$1" "$2"; }

swarm_is_seen() { [ "$(colours river 20 100 640 270)" -ge 150 ]; }

try_swarm() {
  echo "- $1: the Swarm's window is drawn"
  until_true window_is_drawn || { shot failed; fail "$1: no window"; }
  still=$(colours river 20 100 640 270)
  echo "- $1: a key of its keyboard sounds, and the river shows it"
  put 400 690
  xdotool mousedown 1
  until_true swarm_is_seen || fail "$1: $still colours, then $(colours river 20 100 640 270)"
  xdotool mouseup 1
}

try_realms() {
  echo "- $1: Realms' window is drawn, its bands move"
  until_true window_is_drawn || fail "$1: no window"
  import -window "$(ours)" -crop 600x300+60+150 +repage "$work/one.png"
  sleep 1
  import -window "$(ours)" -crop 600x300+60+150 +repage "$work/two.png"
  moved=$(compare -metric AE "$work/one.png" "$work/two.png" null: 2>&1 || true)
  [ "${moved%%.*}" -gt 100 ] || fail "$1: $moved pixels differ after a second"
  echo "- $1: another realm is another picture"
  put 560 80
  xdotool click 1
  sleep 1
  import -window "$(ours)" -crop 600x300+60+150 +repage "$work/three.png"
  moved=$(compare -metric AE "$work/two.png" "$work/three.png" null: 2>&1 || true)
  [ "${moved%%.*}" -gt 2000 ] || fail "$1: $moved pixels differ in the other realm"
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
