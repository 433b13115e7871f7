#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: the window lives in a host's window: pictures arrive, input comes out, unused keys reach the parent, and neither
# a parent that goes nor a server that goes ends more than the window.
# Usage: ui_window.sh PROBE
set -eu

probe=$1
work=$(mktemp -d)
server=
program=
cleanup() {
  exec 8>&- 2>/dev/null || true
  [ -z "$program" ] || kill "$program" 2>/dev/null || true
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  echo "FAIL: $*" >&2
  cat "$work/log" >&2 || true
  exit 1
}

# wait_for PATTERN : until the probe has written it, at most ten seconds.
wait_for() {
  i=0
  until grep -q -- "$1" "$work/log"; do
    i=$((i + 1))
    [ $i -le 200 ] || fail "never seen: $1"
    sleep 0.05
  done
}

start_server() {
  : >"$work/display"
  Xvfb -displayfd 9 -screen 0 800x600x24 -nolisten tcp -noreset 9>"$work/display" 2>"$work/xvfb" &
  server=$!
  i=0
  until [ -s "$work/display" ]; do
    i=$((i + 1))
    [ $i -le 200 ] || fail "Xvfb does not start"
    sleep 0.05
  done
  DISPLAY=:$(cat "$work/display")
  export DISPLAY
}

start_probe() {
  rm -f "$work/in"
  mkfifo "$work/in"
  : >"$work/log"
  "$probe" "$@" <"$work/in" >"$work/log" 2>&1 &
  program=$!
  exec 8>"$work/in"
  wait_for '^ready'
  window=$(awk '/^ready/ { print $2 }' "$work/log")
}

tell() { echo "$*" >&8; }

end_probe() {
  exec 8>&-
  wait "$program" || fail "the probe ended with $?"
  program=
}

# pixel X Y : colour on the screen
pixel() { import -window root -crop "1x1+$1+$2" -depth 8 txt:- 2>/dev/null | awk 'END { print $3 }'; }

# wait_pixel X Y COLOUR
wait_pixel() {
  i=0
  until [ "$(pixel "$1" "$2")" = "$3" ]; do
    i=$((i + 1))
    [ $i -le 40 ] || fail "at $1,$2 is $(pixel "$1" "$2") and not $3"
    sleep 0.05
  done
}

start_server

for how in shared sent; do
  echo "- a picture arrives ($how)"
  start_probe "$how"
  wait_pixel 100 60 '#0000FF'
  tell draw
  wait_pixel 100 60 '#FF00FF'
  tell quit
  end_probe
done

echo "- the host reads size hints; the pointer and keys come out"
start_probe embed
xprop -id "$window" WM_NORMAL_HINTS >"$work/hints"
grep -q 'minimum size: 100 by 50' "$work/hints" || fail "$(cat "$work/hints")"
grep -q 'base size: 200 by 100' "$work/hints" || fail "$(cat "$work/hints")"
xdotool mousemove 60 60 click 1
wait_for 'window press button 1 clicks 1'
xdotool click --repeat 2 --delay 30 1
wait_for 'window press button 1 clicks 2'
xdotool click 4
wait_for 'window scroll .*dy 1'
xdotool key a
wait_for 'window key-down .*text \[a\]'
xdotool key Left
wait_for 'window key-down .*key 1 text \[\]'
xdotool key shift+Tab
wait_for 'window key-down .*key 9 .*modifiers 1'
xdotool key ctrl+c
wait_for 'window key-down .*text \[c\] repeated 0 modifiers 2'
if grep -q '^parent' "$work/log"; then fail "a used key went to the parent"; fi

echo "- an unused key is the parent's, press and release"
xdotool key l
wait_for '^parent press'
wait_for '^parent release'

echo "- a key that another program made up is not passed on"
n=$(grep -c '^parent' "$work/log")
# With the focus elsewhere xdotool sends the event instead of pressing the key.
xdotool windowfocus "$(awk '/^ready/ { print $4 }' "$work/log")"
wait_for 'window blur'
xdotool key --window "$window" l
wait_for 'window key-up .*text \[l\]'
sleep 0.3
[ "$(grep -c '^parent' "$work/log")" -eq "$n" ] || fail "a synthetic key was passed on"

xdotool windowfocus "$window"

echo "- a held key is told from new ones"
xdotool keydown a sleep 1.5 keyup a
wait_for 'text \[a\] repeated 1'

echo "- another size"
tell size 320 200
wait_pixel 300 180 '#0000FF'

echo "- what is copied can be pasted"
tell copy forty-two
sleep 0.2
tell paste
wait_for 'paste \[forty-two\]'

echo "- hidden and seen again"
xdotool windowunmap "$window"
wait_for 'window hidden'
xdotool windowmap "$window"
wait_for 'window visible'

echo "- the parent goes, and the program stays"
tell parent
wait_for '^gone'
end_probe

echo "- fifty times opened and closed, two at once"
"$probe" cycles 50 >"$work/log" 2>&1 || fail "cycles"
left=$(ipcs -m | awk -v owner="$(id -un)" '$3 == owner && $5 == 80000' | wc -l)
[ "$left" -eq 0 ] || fail "$left pieces of shared memory are left"

echo "- a frame of its own can be given another size"
start_probe frame
xdotool windowsize "$window" 260 140
wait_for 'window size 260 140'

echo "- the server goes, and the program stays"
kill "$server"
server=
wait_for '^gone'
end_probe

echo "- without a server there is no window"
status=0
"$probe" frame </dev/null >"$work/log" 2>&1 || status=$?
[ $status -eq 2 ] || fail "ended with $status"
echo "the window behaves"
