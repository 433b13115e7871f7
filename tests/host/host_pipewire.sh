#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: PipeWire's filter chain runs Realms Stereo and Realms Mono without being told their ports, and they sound there as
# in our own host, bit by bit. Method: a server, a session manager and a bus of their own; a JACK client plays a file into
# the chain and records what leaves it, in periods long enough for a busy machine.
# Usage: host_pipewire.sh BUILD_DIR
set -eu
if [ -z "${FIQ_PRIVATE_BUS:-}" ]; then
  FIQ_PRIVATE_BUS=yes exec dbus-run-session -- sh "$0" "$@"
fi
. "$(dirname "$0")/../support/wait.sh"
. "$(dirname "$0")/../support/other_hosts.sh"
mkdir -m 700 "$work/run"
export HOME="$work/home" XDG_RUNTIME_DIR="$work/run" PIPEWIRE_RUNTIME_DIR="$work/run" \
  XDG_CONFIG_HOME="$work/home/config" XDG_STATE_HOME="$work/home/state"

pipewire >"$work/pipewire.log" 2>&1 &
keep
until_true pw-link -io || fail "no PipeWire server"
wireplumber >"$work/wireplumber.log" 2>&1 &
keep

# chain PLUGIN CHANNELS POSITION CONTROLS NAME: a filter chain of that name.
chain() {
  cat >"$work/$5.conf" <<END
context.properties = { log.level = 2 }
context.spa-libs = { audio.convert.* = audioconvert/libspa-audioconvert support.* = support/libspa-support }
context.modules = [
  { name = libpipewire-module-rt args = { nice.level = -11 } flags = [ ifexists nofail ] }
  { name = libpipewire-module-protocol-native }
  { name = libpipewire-module-client-node }
  { name = libpipewire-module-adapter }
  { name = libpipewire-module-filter-chain args = {
      node.description = "$5" media.name = "$5"
      filter.graph = { nodes = [ { type = lv2 name = p plugin = "urn:fieldiq:$1" control = { $4 } } ] }
      audio.channels = $2 audio.position = [ $3 ]
      capture.props = { node.name = "$5_in" media.class = Audio/Sink }
      playback.props = { node.name = "$5_out" media.class = Audio/Source } } }
]
END
  pipewire -c "$work/$5.conf" >"$work/$5.log" 2>&1 &
  keep
  until_true is_there "$5_out:" || fail "the chain refuses $1"
}

is_there() { pw-link -io | grep -q "$1"; }

# through NAME CHANNELS WANTED
through() {
  PIPEWIRE_LATENCY=2048/48000 timeout -k 2 120 pw-jack "$build/tests/play_through" "$work/in$2.wav" "$work/$1.wav" "$1:playback_" "$1:capture_" \
    >"$work/play.log" 2>&1 || fail "nothing comes out of $1"
  equals "$3" "$work/$1.wav" "?" 0
}

for plugin in realms-stereo=2 realms-mono=1; do
  n=${plugin#*=}
  position="FL FR"
  [ "$n" -eq 2 ] || position=MONO
  chain "${plugin%=*}" "$n" "$position" '"amount" = 0 "rotator_4_amount" = 100 "motion" = 0' "turn$n"
  through "turn$n" "$n" "$work/turned$n.wav"
done
chain realms-stereo 2 "FL FR" '"mix" = 0' dry
through dry 2 "$work/in2.wav"
echo "PipeWire's filter chain plays Realms Stereo and Realms Mono"
