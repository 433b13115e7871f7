#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Build everything for 64-bit ARM, warnings being errors, and run the modules' tests by qemu-user. The libraries come from
# Debian's arm64 packages, unpacked into a folder of their own; nothing else of the machine changes but the cross
# compiler, which is installed if it is missing. Takes an hour; a regular expression chooses tests.
#   sh tests/cross.sh [TESTS]        as root
set -eu
cd "$(dirname "$0")/.."
. host-test/packages.sh
need_packages mmdebstrap gcc-aarch64-linux-gnu qemu-user cmake ninja-build pkg-config

export FIQ_SYSROOT="$PWD/build/arm64-system"
# The libraries of build_packages, and what the tests link.
libraries=$(echo "$build_packages libcmocka-dev libebur128-dev libgcc-12-dev" | tr ' ' '\n' | grep -E -- '-dev$' | paste -sd,)
[ -d "$FIQ_SYSROOT/usr" ] || mmdebstrap --architectures=arm64 --variant=extract --include="$libraries" bookworm "$FIQ_SYSROOT"
cmake -S . -B build/arm64 -G Ninja -DCMAKE_TOOLCHAIN_FILE=host-test/package/aarch64.cmake -DCMAKE_BUILD_TYPE=Release \
  -DFIQ_WERROR=ON -DFIQ_ASSERT=ON
cmake --build build/arm64
ctest --test-dir build/arm64 -j2 -L unit -E layers -R "${1:-.}" --output-on-failure
