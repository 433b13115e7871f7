#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: GStreamer offers Realms Stereo and Realms Mono with their channels and controls, and they sound there as in our own
# host, bit by bit. Realms itself has a second input and the Swarm groups its controls: those two it cannot offer.
# Usage: host_gstreamer.sh BUILD_DIR
set -eu
. "$(dirname "$0")/../support/other_hosts.sh"
export HOME="$work/home" GST_REGISTRY="$work/registry" GST_REGISTRY_FORK=no

# through ELEMENT SETTINGS IN OUT
through() {
  # shellcheck disable=SC2086
  timeout -k 2 60 gst-launch-1.0 -q filesrc "location=$3" ! wavparse ! audioconvert ! "$1" $2 ! wavenc ! \
    filesink "location=$4" >"$work/gst.log" 2>&1 || fail "gst-launch-1.0 with $1"
}

for plugin in realms-stereo=2 realms-mono=1; do
  element=urn-fieldiq-${plugin%=*}
  n=${plugin#*=}
  gst-inspect-1.0 "$element" >"$work/inspect.log" 2>&1 || fail "no element $element"
  channels=$(awk '$1 == "channels:" { print $2 }' "$work/inspect.log" | sort -u)
  [ "$channels" = "$n" ] || fail "$element has $channels channels"
  for control in amount rotate swarm-level window; do
    grep -q "^  $control  *:" "$work/inspect.log" || fail "$element has no $control"
  done
  through "$element" "$(echo "$turn" | tr _ -)" "$work/in$n.wav" "$work/gst$n.wav"
  equals "$work/turned$n.wav" "$work/gst$n.wav" 2352 0
  through "$element" "$(echo "$turn" | tr _ -) enabled=0" "$work/in$n.wav" "$work/off$n.wav"
  equals "$work/in$n.wav" "$work/off$n.wav" 2352 0
done
echo "GStreamer plays Realms Stereo and Realms Mono"
