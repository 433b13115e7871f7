#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: Audacity finds the effects and their presets, and applies them in time: it takes the delay away. Method: Audacity with
# a display, a home, a /tmp and plugin folders of its own, driven through the pipes of its mod-script-pipe.
# Usage: host_audacity.sh BUILD_DIR
set -eu
. "$(dirname "$0")/../support/wait.sh"
. "$(dirname "$0")/../support/other_hosts.sh"
"$build/host-test/fieldiq-render" --quiet --plugin realms --preset "On Air" --encoding float "$work/in2.wav" \
  "$work/preset2.wav" 2>/dev/null || fail "fieldiq-render"
"$build/host-test/fieldiq-render" --quiet --plugin realms-mono --preset "On Air" --encoding float "$work/in1.wav" \
  "$work/preset1.wav" 2>/dev/null || fail "fieldiq-render"

module=/usr/lib/audacity/modules/mod-script-pipe.so
mkdir -p "$work/home/.audacity-data" "$work/empty" "$work/here"
cat >"$work/home/.audacity-data/audacity.cfg" <<END
PrefsVersion=1.1.1r1
WantAssociateFiles=0
[Module]
mod-script-pipe=1
[ModulePath]
mod-script-pipe=$module
[ModuleDateTime]
mod-script-pipe=$(date -u -r $module +%FT%T)
[GUI]
ShowSplashScreen=0
[Version]
Major=3
Minor=2
Micro=4
[Update]
DefaultUpdatesChecking=0
UpdateNoticeShown=1
[FileFormats]
CopyOrEditUncompressedDataAsk=0
[Directories]
TempDir=/var/tmp/audacity-fieldiq
END

# What runs where /mnt is the work folder and /tmp nobody else's. Audacity scans all plugins that it can see, so it sees
# few; a folder called lv2 must not be the current one.
cat >"$work/inside.sh" <<'END'
set -eu
. "$1/wait.sh"
mount --bind "$2" /mnt
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /var/tmp
mount --bind /mnt/lv2 /usr/lib/lv2
for folder in /usr/lib/vst /usr/lib/vst3 /usr/lib/ladspa; do
  [ ! -d $folder ] || mount --bind /mnt/empty $folder
done
unset LV2_PATH
export HOME=/mnt/home XDG_RUNTIME_DIR=/tmp
cd /mnt/here
Xvfb -displayfd 5 -screen 0 1280x900x24 -nolisten tcp 5>/mnt/display >/mnt/xvfb.log 2>&1 &
xvfb=$!
trap 'kill $xvfb 2>/dev/null || true' EXIT
until_true test -s /mnt/display
DISPLAY=:$(cat /mnt/display)
export DISPLAY
audacity >/mnt/audacity.log 2>&1 &
audacity=$!
trap 'kill $audacity $xvfb 2>/dev/null || true' EXIT
pipe=/tmp/audacity_script_pipe
until_true test -p "$pipe.from.$(id -u)"
exec 3>"$pipe.to.$(id -u)"
cat <"$pipe.from.$(id -u)" >/mnt/said.log &
answers() { grep -c "BatchCommand finished" /mnt/said.log || true; }
has_answered() { [ "$(answers)" -gt "$n" ]; }
# What is sent while it looks for plugins is lost.
n=0
greet() { echo "Message: Text=hello" >&3; sleep 1; has_answered; }
until_true greet
sleep 1
while read -r command; do
  n=$(answers)
  echo "$command" >&3
  until_true has_answered || { echo "no answer to $command" >>/mnt/said.log; exit 1; }
done </mnt/commands
END

# Stereo through Realms, whose second input stays empty, and through Realms Stereo; mono through Realms Mono.
{
  for run in FieldiqRealms=2 FieldiqRealmsStereo=2 FieldiqRealmsMono=1; do
    n=${run#*=}
    echo "Import2: Filename=/mnt/in$n.wav"
    echo "SelectAll:"
    echo "${run%=*}: Use_Preset=\"Factory Preset:On Air\""
    echo "SelectAll:"
    echo "Export2: Filename=/mnt/${run%=*}.wav NumChannels=$n"
    echo "SelectAll:"
    echo "RemoveTracks:"
  done
} >"$work/commands"
timeout -k 5 180 unshare -m --propagation private sh "$work/inside.sh" \
  "$(cd "$(dirname "$0")/../support" && pwd)" "$work" >"$work/inside.log" 2>&1 || fail "Audacity does not answer"

# It exports 16 bits, with dither.
for run in FieldiqRealms=2 FieldiqRealmsStereo=2 FieldiqRealmsMono=1; do
  [ -f "$work/${run%=*}.wav" ] || fail "no sound from ${run%=*}"
  equals "$work/preset${run#*=}.wav" "$work/${run%=*}.wav" 0 1e-3
done
echo "Audacity applies Realms in time"
