#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: in ffmpeg, which sets the controls after activation, the first frame already sounds as they say.
# Usage: host_ffmpeg.sh BUILD_DIR
set -eu
. "$(dirname "$0")/../support/other_hosts.sh"

# through PLUGIN SETTINGS IN OUT
through() {
  timeout -k 2 60 ffmpeg -v error -nostdin -y -i "$3" -af "lv2=p=urn\\\\:fieldiq\\\\:$1:c=$2" -c:a pcm_f32le "$4" \
    >"$work/ffmpeg.log" 2>&1 || fail "ffmpeg with $1"
}

for plugin in realms-stereo=2 realms-mono=1; do
  n=${plugin#*=}
  through "${plugin%=*}" "amount=0|rotator_4_amount=100|motion=0" "$work/in$n.wav" "$work/ffmpeg$n.wav"
  equals "$work/turned$n.wav" "$work/ffmpeg$n.wav" 2352 0
  through "${plugin%=*}" "mix=0" "$work/in$n.wav" "$work/dry$n.wav"
  equals "$work/in$n.wav" "$work/dry$n.wav" 2352 0
done
echo "ffmpeg plays from the first frame on"
