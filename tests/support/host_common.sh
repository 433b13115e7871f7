# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by host_*.sh: where the programs are, a folder of one's own, and checks that say what failed.
# $null makes the effect pass its input on, $toggle is one of its parameters.
# The build is $1, or $FIQ_BUILD_DIR, or ./build/release. Without the bundle in it other plugins of
# Debian (x42-plugins, mda-lv2) stand in, so that the hosts can be tested alone.
# shellcheck disable=SC2034

build=${1:-${FIQ_BUILD_DIR:-build/release}}
render=$build/host-test/fieldiq-render
jack=$build/host-test/fieldiq-jack
plot=$build/host-test/fieldiq-plot
for program in "$render" "$jack" "$plot"; do
  if [ ! -x "$program" ]; then
    echo "$program is not there; give the build folder as the first argument" >&2
    exit 1
  fi
done
render=$(realpath "$render")
jack=$(realpath "$jack")
plot=$(realpath "$plot")

if [ -f "$build/lv2/fieldiq.lv2/manifest.ttl" ]; then
  ours=yes
  effect=realms instrument=swarm
  null="--set mix=0"
  toggle=mix
  seed="--seed 7"
else
  ours=no
  effect="http://gareus.org/oss/lv2/phaserotate#stereo" instrument=http://drobilla.net/plugins/mda/Piano
  null="--set angleL=0 --set angleR=0"
  toggle=angleL
  seed=
fi

work=$(mktemp -d)
n_checks=0
n_failed=0

fail() {
  n_failed=$((n_failed + 1))
  echo "FAIL: $1"
  [ ! -f "$work/said" ] || sed 's/^/    /' "$work/said" | head -n 5
}

# check CLAIM COMMAND...: the command succeeds.
check() {
  claim=$1
  shift
  n_checks=$((n_checks + 1))
  if "$@" >"$work/said" 2>&1; then
    echo "ok: $claim"
  else
    fail "$claim"
  fi
}

# refuses STATUS WORDS COMMAND...: the command ends with this status and says these words.
refuses() {
  status=$1
  words=$2
  shift 2
  n_checks=$((n_checks + 1))
  got=0
  timeout -k 2 60 "$@" >"$work/said" 2>&1 || got=$?
  if [ "$got" -eq "$status" ] && grep -qiF -- "$words" "$work/said"; then
    echo "ok: status $status, says '$words'"
  else
    fail "status $got (not $status) or without the words '$words': $*"
  fi
}

conclude() {
  rm -rf "$work"
  echo "$n_checks checks, $n_failed failed (bundle: $ours)"
  [ "$n_failed" -eq 0 ]
}
