# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests that run the plugins in hosts that are not ours: a folder of one's own, sounds, and what our own renderer
# makes of them: an all-pass section takes no seed and no worker, so that each host must give the same. Usage: . other_hosts.sh BUILD_DIR
# shellcheck disable=SC2034

build=$(cd "$1" && pwd)
work=$(mktemp -d)
compare=$build/tests/compare_sound
pids=

# Newest first, one at a time: clients before their server.
clean_up() {
  for pid in $pids; do
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$work"
}
trap clean_up EXIT

fail() {
  echo "FAIL: $*" >&2
  for log in "$work"/*.log; do
    [ ! -s "$log" ] || { echo "--- $log"; tail -n 20 "$log"; } >&2
  done
  exit 1
}

# Remember the last background process, to be ended at the end.
keep() { pids="$! $pids"; }

# A private copy of the bundle, and of the specifications, without which hosts see no port properties; no other plugins.
mkdir "$work/lv2" "$work/home"
cp -r "$build/lv2/fieldiq.lv2" "$work/lv2/"
for specification in atom buf-size core data-access dynmanifest event instance-access log midi morph options parameters \
  patch port-groups port-props presets resize-port schemas state time ui units uri-map urid worker; do
  [ ! -d "/usr/lib/lv2/$specification.lv2" ] || cp -r "/usr/lib/lv2/$specification.lv2" "$work/lv2/"
done
export LV2_PATH="$work/lv2"

# Three seconds of noise that ends in silence, since some players drop their last block.
sox -n -r 48000 -c 2 -e float -b 32 "$work/in2.wav" synth 3 whitenoise vol 0.25 pad 0 1
sox "$work/in2.wav" "$work/in1.wav" remix 1
turn="amount=0 rotator_4_amount=100 motion=0"
for n in 1 2; do
  plugin=realms-stereo
  [ $n -eq 2 ] || plugin=realms-mono
  "$build/host-test/fieldiq-render" --quiet --plugin $plugin --set amount=0 --set rotator_4_amount=100 --set motion=0 \
    --encoding float "$work/in$n.wav" "$work/turned$n.wav" 2>/dev/null || fail "fieldiq-render"
done

# is_equal WANTED GOT LAG MOST: GOT is WANTED, LAG frames late (? is any), and nowhere further off than MOST.
is_equal() {
  lag=$3
  [ "$lag" != "?" ] || lag=
  # shellcheck disable=SC2086
  found=$("$compare" "$1" "$2" $lag) || fail "$2 cannot be compared"
  echo "  $(basename "$2"): $found"
  echo "$found" | awk -v most="$4" '{ exit !($4 <= most && $8 >= 100000) }'
}

equals() { is_equal "$@" || fail "$2 is not what our own host makes"; }
