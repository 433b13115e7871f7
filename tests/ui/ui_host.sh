#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: through the LV2 interface and a real X server every control of every plugin can be changed by keys alone, each
# write arriving at its port, every touch let go; windows open and close without leaks, and a parent or a server that goes
# ends the window alone. Method: a host of our own, xdotool's keys, ports.txt for what must have come.
# Usage: ui_host.sh BUILD_DIR HOST
set -eu

build=$(cd "$1" && pwd)
host=$2
binary=$build/lv2/fieldiq.lv2/fieldiq_ui.so
. "$(dirname "$0")/../support/screen.sh"
start_screen
server=${processes# }

start() {
  rm -f "$work/in"
  mkfifo "$work/in"
  : >"$work/host.log"
  "$host" "$binary" "urn:fieldiq:$1" <"$work/in" >"$work/host.log" 2>&1 &
  program=$!
  processes="$processes $program"
  exec 8>"$work/in"
  until_true grep -q '^ready' "$work/host.log" || fail "$1 does not open"
  until_true is_open || fail "$1 has no window"
}

# The inputs that the plugin's window must reach: those of ports.txt that are not the host's, and no meters.
inputs() {
  awk -v plugin="# urn:fieldiq:$1:" '
    /^#/ { on = index($0, plugin) == 1; next }
    on { print $1, $2 }' "$build/ports.txt"
}

is_input() {
  awk -v symbol="$2" '
    /a lv2:InputPort/ { input = 1 } /a lv2:OutputPort/ { input = 0 }
    /lv2:symbol/ && index($0, "\"" symbol "\"") { found = input; control = 1 }
    END { exit !found }' "$build/lv2/fieldiq.lv2/$1.ttl"
}

for plugin in swarm realms realms-stereo realms-mono; do
  echo "- $plugin: every control by keys alone"
  start "$plugin"
  put 700 54
  xdotool click 1
  # One walk over all stops of a tab: up and down at each; then the next tab.
  walk=
  for _ in $(seq 60); do
    walk="$walk Tab Up Down"
  done
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    # The words of the walk are meant to be split.
    # shellcheck disable=SC2086
    xdotool key --delay 1 $walk ctrl+Next Escape
  done
  # The power button is pressed: it is the last of the header.
  xdotool key --delay 2 Escape Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab Tab Return
  sleep 1
  missing=
  inputs "$plugin" >"$work/inputs"
  while read -r port symbol; do
    case $symbol in freewheel) continue ;; esac
    is_input "$plugin" "$symbol" || continue
    grep -q "^write $port " "$work/host.log" || missing="$missing $symbol"
  done <"$work/inputs"
  [ -z "$missing" ] || fail "$plugin: never written:$missing"
  taken=$(grep -c '^touch .* 1$' "$work/host.log")
  let_go=$(grep -c '^touch .* 0$' "$work/host.log")
  [ "$taken" -gt 50 ] && [ "$taken" -eq "$let_go" ] || fail "$plugin: $taken touches, $let_go let go"
  echo "- $plugin: the parent goes, and the host stays"
  echo parent >&8
  until_true grep -q '^gone' "$work/host.log" || fail "$plugin: idle does not say that it is gone"
  exec 8>&-
  wait "$program" || fail "$plugin: the host ended with $?"
done

echo "- zoom asks the host for another size"
start swarm
put 700 54
xdotool click 1
xdotool key ctrl+plus
until_true grep -q '^resize 1400 900' "$work/host.log" || fail "no resize"
exec 8>&-
wait "$program" || fail "the host ended with $?"
echo "- and is remembered"
rm -f "$work/in"
"$host" "$binary" urn:fieldiq:realms </dev/null >"$work/host.log" 2>&1 || fail "realms"
grep -q '^resize 1400 900' "$work/host.log" || fail "the zoom was forgotten"

echo "- a window that closes ends the note that it holds"
rm -rf "$XDG_CONFIG_HOME" # and with it the zoom
start swarm
put 600 690
xdotool mousedown 1
until_true grep -q '^midi 90 ' "$work/host.log" || fail "no note"
exec 8>&-
wait "$program" || fail "the host ended with $?"
xdotool mouseup 1
grep -q '^midi 80 ' "$work/host.log" || fail "the note goes on"

echo "- fifty times opened and closed, two at once"
"$host" "$binary" urn:fieldiq:swarm cycles 50 >"$work/host.log" 2>&1 || fail "cycles"
echo "- the server goes, and the host stays"
start swarm
kill "$server"
until_true grep -q '^gone' "$work/host.log" || fail "idle does not say that the server is gone"
exec 8>&-
wait "$program" || fail "the host ended with $? when the server went"
echo "the windows do what hosts expect"
