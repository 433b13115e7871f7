#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: every arrow between folders points down, and no file stands on one that stands on it. Method: floors of folders
# below, against the includes of the sources and against the symbols that the linker finds in the objects; tsort for circles.
#   sh tests/unit/layers.sh BUILD_DIR SOURCE_DIR
set -eu

build=$(cd "$1" && pwd)
source=$(cd "$2" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "FAIL: $*" >&2
  failed=1
}

# One floor a line, from the ground up; folders of one floor do not know each other.
cat >"$work/floors" <<'FLOORS'
dsp/base
dsp/transform dsp/filter dsp/notes dsp/phase dsp/anneal dsp/tone
dsp/voice
dsp/analysis dsp/swarm
dsp/learn dsp/goals dsp/sequence
dsp/realm
dsp/engine
plugin
plugin/ui/window
plugin/ui/widget
plugin/ui/page
plugin/ui/glue
ttl
FLOORS
# The hosts know the bundle by its description alone.
cat >"$work/host_floors" <<'FLOORS'
host-test/common
host-test/lv2
host-test/render host-test/jack host-test/plot
FLOORS

# arrows_down FLOORS <PAIRS: pairs "from to" of files; complains of those that do not go down, or leave the house.
arrows_down() {
  awk -v floors="$1" '
    function folder(path) { sub(/\/[^\/]*$/, "", path); return path }
    BEGIN {
      while ((getline line < floors) > 0) {
        ++floor
        n = split(line, names, " ")
        for (i = 1; i <= n; ++i) height[names[i]] = floor
      }
    }
    {
      from = folder($1); to = folder($2)
      if (!(from in height)) { print "no floor for " from; next }
      if (!(to in height)) { print $1 " reaches out to " $2; next }
      if (from != to && height[from] <= height[to]) print $1 " -> " $2
    }' | sort -u
}

includes() {
  (cd "$source" && grep -rE '^#[[:space:]]*include[[:space:]]+"' --include='*.[ch]' "$@") |
    sed -E 's/^([^:]*):.*"([^"]*)".*/\1 \2/'
}

# Objects of the build as "source-file symbol" of what they define (T) and want (U).
symbols() {
  for part in "$@"; do
    find "$build/$part" -name '*.c.o' | sort | while read -r object; do
      file=$(echo "${object#"$build/$part/"}" | sed -E 's,(^|.*/)CMakeFiles/[^/]*\.dir/,\1,; s,\.o$,,')
      file=$(echo "$part/$file" | sed -E ':again; s,[^/]+/__/,,; t again')
      [ -f "$source/$file" ] || continue # left over of a source that has gone
      nm "$object" | awk -v file="$file" '
        NF == 3 && $2 ~ /^[TDRBVW]$/ { print "T", file, $3 }
        NF == 2 && $1 == "U" { print "U", file, $2 }'
    done
  done | sort -u
}

# uses <SYMBOLS: pairs "user definer" of files.
uses() {
  awk '
    $1 == "T" { home[$3] = $2; next }
    { user[++n] = $2; symbol[n] = $3 }
    END {
      for (i = 1; i <= n; ++i)
        if (symbol[i] in home && home[symbol[i]] != user[i]) print user[i], home[symbol[i]]
    }' | sort -u
}

check() {
  floors=$1
  shift
  includes "$@" >"$work/includes"
  symbols "$@" >"$work/symbols"
  uses <"$work/symbols" >"$work/uses"
  [ -s "$work/includes" ] && [ -s "$work/uses" ] || fail "nothing was found to check in $*"
  up=$(arrows_down "$floors" <"$work/includes")
  [ -z "$up" ] || fail "includes that do not point down:
$up"
  up=$(arrows_down "$floors" <"$work/uses")
  [ -z "$up" ] || fail "symbols that do not come from below:
$up"
  tsort "$work/uses" >/dev/null 2>"$work/circles" || fail "files that stand on each other:
$(cat "$work/circles")"
  awk '{ print $1, $2 }' "$work/includes" | tsort >/dev/null 2>"$work/circles" || fail "headers that include each other:
$(cat "$work/circles")"
  echo "$*: $(wc -l <"$work/includes") includes, $(wc -l <"$work/uses") uses"
}

check "$work/floors" dsp plugin ttl
check "$work/host_floors" host-test

# The test must see what it is there for.
echo "dsp/base/arena.c dsp/engine/engine.h" | arrows_down "$work/floors" | grep -q . || fail "an arrow upward was not seen"
[ "$failed" -eq 0 ]
