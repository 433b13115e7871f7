#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: the Debian package has what it should, works from where it is unpacked, and is the same file wherever it is built.
# Method: it is built twice from copies in folders of different names; lintian, desktop-file-validate and appstreamcli read
# it; its programs play its bundle. With "bare" it is also installed in a Debian that has nothing else, which takes root,
# mmdebstrap and a minute.
#   sh tests/host/host_package.sh [BUILD] [bare]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
root=$(realpath "$here/../..")
bare=${2-}

# build_in FOLDER: a package from a copy of the sources.
build_in() {
  mkdir "$1" &&
    cp -r "$root/CMakeLists.txt" "$root/CMakePresets.json" "$root/NEWS" "$root/README.md" "$root/dsp" "$root/plugin" "$root/ttl" \
      "$root/host-test" "$1" &&
    (
      cd "$1" && cmake --preset package && cmake --build --preset package && cpack --preset package
    ) >"$1.log" 2>&1 || { tail -n 20 "$1.log"; return 1; }
  mv "$1"/build/package/fieldiq_*.deb "$1.deb" && rm -r "$1"
}

# finds_nothing TOOL...: it says nothing of errors or warnings.
finds_nothing() {
  "$@" >"$work/found" 2>&1
  ! grep -E '^(E|W):|error|warning' "$work/found"
}

check "the package is built" build_in "$work/one"
check "and built again elsewhere" build_in "$work/another-folder"
check "both are the same file" cmp "$work/one.deb" "$work/another-folder.deb"
cp "$work/one.deb" "$work/fieldiq.deb"
# Which bug asked for a first package only Debian's own archive wants to know.
check "lintian finds nothing" finds_nothing lintian --allow-root --suppress-tags initial-upload-closes-no-bugs "$work/fieldiq.deb"
check "it can be unpacked" dpkg-deb -x "$work/fieldiq.deb" "$work/system"
for entry in realms swarm; do
  check "the desktop entry of $entry is well formed" desktop-file-validate "$work/system/usr/share/applications/fieldiq-$entry.desktop"
done
check "the metadata are well formed" appstreamcli validate --no-net "$work/system/usr/share/metainfo/org.fieldiq.FieldIQ.metainfo.xml"
for file in man/man1/fieldiq-render.1.gz bash-completion/completions/fieldiq-jack zsh/vendor-completions/_fieldiq-plot \
  icons/hicolor/scalable/apps/fieldiq.svg doc/fieldiq/copyright doc/fieldiq/changelog.gz; do
  check "it has $file" test -s "$work/system/usr/share/$file"
done

export LV2_PATH="$work/system/usr/lib/lv2"
check "its renderer plays its instrument" "$work/system/usr/bin/fieldiq-render" --quiet --plugin swarm --chord C4 --length 0.2 "$work/note.wav"
check "and its effect" "$work/system/usr/bin/fieldiq-render" --quiet --trace "$work/t.jsonl" "$work/note.wav" "$work/effect.wav"
check "its plotter draws" "$work/system/usr/bin/fieldiq-plot" --quiet "$work/t.jsonl" "$work/t.png"
check "its JACK host knows its plugins" "$work/system/usr/bin/fieldiq-jack" --list-plugins

if [ "$bare" = bare ]; then
  check "a bare Debian is made" mmdebstrap --variant=minbase bookworm "$work/bare"
  cp "$work/fieldiq.deb" "$work/bare/tmp/"
  check "the package is installed there" chroot "$work/bare" sh -c \
    'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends /tmp/fieldiq.deb'
  check "it plays there" env -u LV2_PATH chroot "$work/bare" fieldiq-render --quiet --plugin swarm --chord C4 --length 0.2 /tmp/note.wav
  check "with the same sound" cmp "$work/note.wav" "$work/bare/tmp/note.wav"
  check "it is removed" chroot "$work/bare" dpkg -P fieldiq
  check "and leaves nothing" test -z "$(find "$work/bare/usr" "$work/bare/etc" -name '*fieldiq*')"
fi
conclude
