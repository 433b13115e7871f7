#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: whether vectors pay on 64-bit ARM. Method: the plugins built as they are, without what the compiler vectorises by
# itself, and without vectors at all; the instructions that qemu-user executes for the last tenths of a second of a render,
# and whether the three are the same bytes. Needs what `sh tests/cross.sh` has built. Takes a quarter of an hour.
#   sh tests/bench/bench_neon.sh
set -eu
cd "$(dirname "$0")/../.."
FIQ_SYSROOT="$PWD/build/arm64-system"
export FIQ_SYSROOT
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -shared -fPIC -o "$work/count.so" tests/bench/count_instructions.c

# build NAME FLAGS: the renderer with the plugins built by these, in $work/NAME; it takes the bundle that it stands beside.
build() {
  [ -f "build/arm64-$1/build.ninja" ] ||
    cmake -S . -B "build/arm64-$1" -G Ninja -DCMAKE_TOOLCHAIN_FILE=host-test/package/aarch64.cmake -DCMAKE_BUILD_TYPE=Release \
      -DFIQ_TESTS=OFF -DFIQ_JACK=OFF -DFIQ_PLOT=OFF "-DCMAKE_C_FLAGS=$2" >/dev/null
  ninja -C "build/arm64-$1" lv2/fieldiq.lv2/fieldiq.so >/dev/null
  mkdir -p "$work/$1/host-test" "$work/$1/lv2"
  cp build/arm64/host-test/fieldiq-render "$work/$1/host-test"
  cp -r build/arm64/lv2/fieldiq.lv2 "$work/$1/lv2"
  cp "build/arm64-$1/lv2/fieldiq.lv2/fieldiq.so" "$work/$1/lv2/fieldiq.lv2"
}

# count NAME OPTION...: "ALL VECTOR" of a render.
count() {
  built=$1
  shift
  LV2_PATH=/usr/lib/lv2 qemu-aarch64 -L "$FIQ_SYSROOT" -plugin "$work/count.so,to=$work/counts" \
    "$work/$built/host-test/fieldiq-render" --quiet --seed 1 --tail 0 "$@"
  tail -n 1 "$work/counts"
}

# row NAME SHORTER LONGER OPTION...: both are options, of one word each.
row() {
  name=$1
  shorter=$2
  longer=$3
  shift 3
  line="| $name |"
  for which in vectors types none; do
    # They are meant to be split.
    # shellcheck disable=SC2086
    before=$(count $which "$@" $shorter "$work/out.wav")
    # shellcheck disable=SC2086
    after=$(count $which "$@" $longer "$work/$which.wav")
    line="$line $(echo "$before $after" | awk '{ all = $3 - $1; printf "%.1f M, %.0f %% of vectors |", all / 1e6, 100 * ($4 - $2) / all }')"
  done
  same=no
  cmp -s "$work/vectors.wav" "$work/none.wav" && cmp -s "$work/vectors.wav" "$work/types.wav" && same=yes
  echo "$line $same |"
}

build vectors ""
build types "-fno-tree-vectorize -fno-tree-slp-vectorize"
build none "-march=armv8-a+nosimd"
for length in 0.1 0.5; do
  sox -D -n -R -r 48000 -c 2 -b 24 "$work/in$length.wav" synth $length pinknoise gain -10
done
echo "| | as it is | vector types alone | no vectors | same bytes |"
echo "|---|---|---|---|---|"
row "Swarm, a chord, 0.4 s" "--length 0.1" "--length 0.5" --plugin swarm --chord C3,E3,G3
row "Swarm, 10 000 oscillators, 0.4 s" "--length 0.1" "--length 0.5" --plugin swarm --set oscillators=10000 --chord C3,E3,G3
for realm in Spectral Temporal Adaptive; do
  row "Realms, $realm, 0.4 s" "$work/in0.1.wav" "$work/in0.5.wav" --set realm=$realm
done
