#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Install what is missing from Debian, build with warnings as errors, run every test.
set -eu
cd "$(dirname "$0")/.."
. host-test/packages.sh

# What the tests run besides our own programs: other hosts, validators, measuring tools, sounds.
test_packages="libcmocka-dev libebur128-dev lilv-utils sordi jalv jackd2 ffmpeg sox alsa-utils hydrogen-data valgrind binutils xvfb xdotool x11-utils imagemagick libqt5x11extras5 \
audacity dbus gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad \
pipewire pipewire-jack wireplumber groff-base mandoc bash zsh parallel openssh-server openssh-client slurm-wlm \
lintian dpkg-dev desktop-file-utils appstream"

# The lists are meant to be split.
# shellcheck disable=SC2086
need_packages $build_packages $test_packages ${FIQ_EXTRA_PACKAGES:-}
cmake --preset ci
cmake --build --preset ci
ctest --preset ci -j2
