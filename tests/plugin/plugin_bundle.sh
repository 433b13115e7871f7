#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: the bundle is described without fault, exports nothing but its entry point, keeps its ports,
# and runs in hosts that are not ours.
# Usage: plugin_bundle.sh BUILD_DIR SOURCE_DIR
set -eu

build=$(cd "$1" && pwd)
source=$(cd "$2" && pwd)
bundle=$build/lv2/fieldiq.lv2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The specification bundles must be on the path too, or hosts see no port properties.
export LV2_PATH="$build/lv2:/usr/lib/lv2"

fail() {
  echo "FAIL: $*" >&2
  exit 1
}

echo "- lv2_validate finds nothing"
lv2_validate "$bundle"/*.ttl >"$work/validate" 2>&1 || true
grep -q "Found 0 errors" "$work/validate" || { cat "$work/validate"; fail "lv2_validate did not say 'Found 0 errors'"; }
if grep -E -i '^(error|warning)|: (error|warning)' "$work/validate"; then fail "lv2_validate complains"; fi

echo "- the binary exports lv2_descriptor alone"
exported=$(nm -D --defined-only "$bundle/fieldiq.so" | awk '$2 != "A" { print $3 }')
[ "$exported" = lv2_descriptor ] || fail "exported: $exported"

echo "- the ports are those of the contract, or more"
contract=$source/tests/golden/ports.txt
diff "$contract" "$build/ports.txt" || fail "ports changed: symbols are frozen, append only"

echo "- the document of the parameters is the table's"
diff "$source/plugin/PARAMETERS.md" "$build/PARAMETERS.md" || fail "copy $build/PARAMETERS.md to plugin/"

echo "- lv2ls and lv2info know the plugins and their presets"
for plugin in realms swarm realms-stereo realms-mono; do
  lv2ls | grep -qx "urn:fieldiq:$plugin" || fail "lv2ls does not list $plugin"
  presets=$(lv2info "urn:fieldiq:$plugin" 2>/dev/null | awk "/Presets:/ { on = 1; next } /^\$/ { on = 0 } on { n++ } END { print n + 0 }")
  [ "$presets" -ge 8 ] || fail "$plugin has $presets presets"
done

echo "- lv2bench runs them"
for plugin in realms swarm realms-stereo realms-mono; do
  timeout -k 2 120 lv2bench -b 64 -n 96000 "urn:fieldiq:$plugin" >"$work/bench" 2>&1 || { cat "$work/bench"; fail "lv2bench $plugin"; }
  grep -q "urn:fieldiq:$plugin" "$work/bench" || { cat "$work/bench"; fail "lv2bench did not run $plugin"; }
done

echo "- ffmpeg's lv2 filter runs the effect"
timeout -k 2 120 ffmpeg -v error -nostdin -f lavfi -i "sine=frequency=440:sample_rate=48000:duration=3" \
  -af "aformat=channel_layouts=stereo,lv2=p=urn\\\\:fieldiq\\\\:realms:c=amount=80" -c:a pcm_f32le "$work/ffmpeg.wav" ||
  fail "ffmpeg"
level=$(sox "$work/ffmpeg.wav" -n stat 2>&1 | awk '/^RMS.*amplitude/ { print $3 }')
awk "BEGIN { exit !($level > 0.02 && $level < 1) }" || fail "ffmpeg's output has an rms of $level"

echo "bundle is sound"
