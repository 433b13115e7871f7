#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: fieldiq-jack --ui opens the window in the same program: what is typed there the console knows, what the console sets
# is seen, a key of its keyboard sounds, a controller of MIDI is learned and a moment named there; closing it ends nothing. Method: a private JACK and X server, xdotool.
# Usage: ui_jack.sh BUILD_DIR
set -eu

if [ "${FIQ_PRIVATE_SHM:-}" != yes ]; then
  FIQ_PRIVATE_SHM=yes exec unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /dev/shm && exec sh "$0" "$@"' "$0" "$@"
fi

build=$(cd "$1" && pwd)
export LV2_PATH="$build/lv2:/usr/lib/lv2"
. "$(dirname "$0")/../support/screen.sh"
start_sound
jack=$(find "$build" -name fieldiq-jack -type f | head -1)
send_midi=$build/tests/send_midi

echo "- without an X server it says so"
status=0
env -u DISPLAY timeout 20 "$jack" --plugin swarm --ui </dev/null >"$work/jack.log" 2>&1 || status=$?
[ $status -eq 1 ] || fail "ended with $status"
grep -q 'X server' "$work/jack.log" || fail "does not say why"
start_screen

tell() { echo "$*" >&8; }
detune_is() {
  tell get detune
  sleep 0.1
  grep -q "detune.*$1" "$work/jack.log"
}
sounds() { [ "$(colours 20 100 640 270)" -ge 150 ]; }

mkfifo "$work/in"
"$jack" --plugin swarm --name fiq --ui <"$work/in" >"$work/jack.log" 2>&1 &
program=$!
processes="$processes $program"
exec 8>"$work/in"
until_true is_open || fail "no window"

echo "- what is typed in the window the console knows"
sleep 0.5
put 138 490
xdotool click 1
xdotool type 33
xdotool key Return
until_true detune_is 33 || fail "detune is not 33"

echo "- what the console sets is seen in the window"
import -window "$(ours)" -crop 70x90+103+445 +repage "$work/one.png"
tell set detune 80
sleep 0.5
import -window "$(ours)" -crop 70x90+103+445 +repage "$work/two.png"
moved=$(differing one two)
[ "$moved" -gt 50 ] || fail "$moved pixels of the knob differ"

echo "- a key of its keyboard sounds"
put 400 690
xdotool mousedown 1
until_true sounds || fail "no sound is seen"
xdotool mouseup 1

echo "- a controller that is learned in the window moves the knob, and is saved"
learn() { put 1062 404 && xdotool click 1; }
learn
sleep 0.3
put 138 490
xdotool click 1
sleep 0.3
"$send_midi" fiq:midi_in b24a00 || fail "no MIDI"
learn
put 600 700
sleep 0.5
import -window "$(ours)" -crop 70x90+103+445 +repage "$work/low.png"
"$send_midi" fiq:midi_in b24a7f || fail "no MIDI"
sleep 0.5
import -window "$(ours)" -crop 70x90+103+445 +repage "$work/high.png"
moved=$(differing low high)
[ "$moved" -gt 50 ] || fail "$moved pixels of the knob differ when the controller is moved"
tell save "$work/learned.ttl"
until_true grep -q '3 74 detune' "$work/learned.ttl" || fail "the controller is not in the saved state"

echo "- a program that MIDI picks is named in the window, and its values are seen"
import -window "$(ours)" -crop 205x26+235+11 +repage "$work/before.png"
"$send_midi" fiq:midi_in c207 || fail "no MIDI"
sleep 0.7
import -window "$(ours)" -crop 205x26+235+11 +repage "$work/after.png"
import -window "$(ours)" -crop 70x90+103+445 +repage "$work/program.png"
moved=$(differing before after)
[ "$moved" -gt 50 ] || fail "$moved pixels of the header differ"
moved=$(differing high program)
[ "$moved" -gt 50 ] || fail "$moved pixels of the knob differ"

echo "- a moment that is named in the window is the plugin's"
put 683 407
xdotool click 1
"$send_midi" fiq:midi_in 903064 || fail "no MIDI"
sleep 0.7
put 100 475
xdotool click 1
xdotool type dawn
xdotool key Return
"$send_midi" fiq:midi_in 803000 || fail "no MIDI"
is_named() {
  tell save "$work/named.ttl"
  sleep 0.3
  grep -q dawn "$work/named.ttl"
}
until_true is_named || fail "the name is not in the saved state"

echo "- closing it ends nothing"
xdotool windowclose "$(ours)"
until_true is_closed || fail "it stays open"
until_true grep -q 'window is closed' "$work/jack.log" || fail "its end is not said"
tell set detune 12
until_true detune_is 12 || fail "the console is gone"
tell quit
wait "$program" || fail "it ended with $?"
echo "the window and the console agree"
