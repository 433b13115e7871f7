#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The README's pictures of the windows, taken in jalv from the running plugins: a chord that the Swarm has flown onto, and
# Realms learning headroom from it.
# Usage: screenshots.sh BUILD_DIR OUTPUT_DIR
set -eu

if [ "${FIQ_PRIVATE_SHM:-}" != yes ]; then
  FIQ_PRIVATE_SHM=yes exec unshare -m --propagation private sh -c 'mount -t tmpfs tmpfs /dev/shm && exec sh "$0" "$@"' "$0" "$@"
fi

build=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)
export LV2_PATH="$build/lv2:/usr/lib/lv2" GDK_BACKEND=x11
. "$(dirname "$0")/../support/screen.sh"
start_screen
start_sound

take() {
  put 560 55
  sleep 0.3
  import -window "$(ours)" "$work/shot.png"
  convert "$work/shot.png" -strip -define png:compression-level=9 "$output/$1.png"
}

jalv.gtk3 -c anneal=5 -c scatter=5 -c noise=120 -c oscillators=900 -c partials=24 -c filter_type=1 -c filter_cutoff=1800 -c filter_resonance=40 urn:fieldiq:swarm >"$work/swarm.log" 2>&1 &
swarm=$!
processes="$processes $swarm"
until_true is_open
sleep 2
# The window's keyboard takes the computer's keys after a click on a wheel.
put 40 700
xdotool click 1 keydown a keydown g keydown k keydown p
sleep 7
take swarm
xdotool keyup a keyup g keyup k keyup p
kill "$swarm"
wait "$swarm" 2>/dev/null || true

mkfifo "$work/quiet"
exec 7<>"$work/quiet"
jalv -n fiq-source -c chord=5 -c partials=16 -c detune=15 -c coupling=0 urn:fieldiq:swarm <"$work/quiet" >"$work/source.log" 2>&1 &
processes="$processes $!"
jalv.gtk3 --jack-name fiq-realms -c objective=1 -c amount=100 urn:fieldiq:realms >"$work/realms.log" 2>&1 &
processes="$processes $!"
until_true is_open
until_true jack_connect fiq-source:out_l fiq-realms:in_l
until_true jack_connect fiq-source:out_r fiq-realms:in_r
sleep 12
take realms
