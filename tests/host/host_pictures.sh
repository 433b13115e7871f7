#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: fieldiq-plot draws what there is and says what there is not. Method: run it on traces written
# by awk, look at sizes and kinds of the pictures, names left behind, exit codes and messages.
#   sh tests/host/host_pictures.sh [BUILD]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
cd "$work" || exit 1

# trace PLUGIN SECONDS: a trace in which everything moves; the swarm has carriers, Realms features.
trace() {
  awk -v plugin="$1" -v seconds="$2" 'BEGIN {
    printf "{\"format\":\"fieldiq-trace\",\"version\":1,\"plugin\":\"urn:fieldiq:%s\",", plugin
    print "\"sample_rate\":48000.0,\"file\":\"drawn.wav\"}"
    for (i = 0; i * 1024 / 48000 < seconds; ++i) {
      t = i * 1024 / 48000; r = 0.9 * (1 - exp(-t)) + 0.05 * sin(3 * t)
      printf "{\"frame\":%d,\"time\":%.6f,\"order\":%.4f,\"uncertainty\":%.4f,", i * 1024, t, r, 1 - r
      printf "\"zone_low\":0.8,\"zone_high\":0.95,\"coupling\":%.3f,\"coupling_ratio\":%.3f,", 2 + sin(t), 1.5
      printf "\"noise\":%.3f,\"action\":%d,\"tone\":%d,", 0.2 + 0.1 * cos(t), i / 40 % 3, r * 6
      printf "\"choice_entropy\":%.3f,\"choice_surprise\":0.5,\"choice_temperature\":1.1,", 0.5 + 0.1 * sin(t)
      printf "\"lyapunov\":%.3f,\"stability\":%d,\"warning\":%d", sin(t), (sin(t) > 0), (i % 100 < 5)
      if (plugin == "swarm") {
        printf ",\"carrier_hz\":[261.6,329.6],\"carrier_share\":[0.6,0.4]"
        printf ",\"histogram_low\":20,\"histogram_high\":20000,\"histogram\":[0"
        for (k = 1; k < 64; ++k) printf ",%d", 100 * exp(-(k - 24) ^ 2 / (2 + 60 * exp(-t)))
        printf "]"
      } else {
        printf ",\"rms\":%.2f,\"flatness\":0.3,\"entropy\":0.6,\"flux\":%.3f", -20 + 5 * sin(9 * t), 0.5 + 0.4 * sin(5 * t)
        printf ",\"spectral_share\":%.3f", 0.5 + 0.5 * sin(t)
      }
      print "}"
    }
  }'
}

# size_of PNG: width and height, from its header.
size_of() { od -A n -t u1 -j 16 -N 8 "$1" | awk '{ print $3 * 256 + $4, $7 * 256 + $8 }'; }

is_png() { [ "$(head -c 4 "$1" | od -A n -t x1 | tr -d ' \n')" = 89504e47 ]; }

is_svg() { grep -q '<svg ' "$1" && [ "$(tail -c 7 "$1" | tr -d '\n')" = "</svg>" ]; }

no_temporaries() { [ -z "$(find . -name '.*.??????' -type f)" ]; }

test_pictures() {
  check "draws a PNG" "$plot" --quiet swarm.jsonl swarm.png
  check "   which is one" is_png swarm.png
  check "   as wide as usual" [ "$(size_of swarm.png | cut -d ' ' -f 1)" -eq 1200 ]
  check "draws an SVG" "$plot" --quiet realms.jsonl realms.svg
  check "   which is one" is_svg realms.svg
  check "draws it twice alike" sh -c "'$plot' --quiet swarm.jsonl again.png && cmp swarm.png again.png"
  check "takes a size" "$plot" --quiet --width 800 --height 900 swarm.jsonl sized.png
  check "   and keeps to it" [ "$(size_of sized.png)" = "800 900" ]
  check "draws one panel" "$plot" --quiet --panels tone swarm.jsonl one.png
  check "   which is lower than all" [ "$(size_of one.png | cut -d ' ' -f 2)" -lt 300 ]
  check "draws what the partner plays" "$plot" --quiet --panels sequence swarm.jsonl partner.png
  check "draws a part of the time" "$plot" --quiet --from 1 --to 2 swarm.jsonl part.png
  check "   which is another picture" sh -c '! cmp -s part.png swarm.png'
  check "takes a title" "$plot" --quiet --title "Ünïcode & <tags>" swarm.jsonl title.svg
  check "   which does not break the file" is_svg title.svg
  check "reads stdin" sh -c "'$plot' --quiet - stdin.png <swarm.jsonl && cmp stdin.png swarm.png"
}

test_panels() {
  # The panels of Swarm and of Realms are not the same: each has one of its own.
  check "Realms has no carriers" sh -c "'$plot' --panels carriers realms.jsonl x.png 2>&1 | grep -q 'holds nothing'"
  refuses 1 "holds nothing that these panels show" "$plot" --panels features swarm.jsonl x.png
  refuses 0 "left out" "$plot" --panels features,tone swarm.jsonl some.png
  refuses 2 "did you mean coherence" "$plot" --panels coherense swarm.jsonl x.png
  refuses 2 "no panel ''" "$plot" --panels "" swarm.jsonl x.png
}

test_bad_traces() {
  head -c 20000 swarm.jsonl >cut.jsonl
  refuses 0 "cut off" "$plot" cut.jsonl cut.png
  check "a cut trace is drawn as far as it goes" is_png cut.png
  { head -n 5 swarm.jsonl; echo nonsense; tail -n 5 swarm.jsonl; } >spoilt.jsonl
  refuses 0 "line 6" "$plot" spoilt.jsonl spoilt.png
  head -n 1 swarm.jsonl >head.jsonl
  refuses 1 "holds no telemetry" "$plot" head.jsonl x.png
  { head -n 1 swarm.jsonl; echo '{"time":0,"frame":0}'; } >bare.jsonl
  refuses 1 "nothing that can be drawn" "$plot" bare.jsonl x.png
  : >empty.jsonl
  refuses 1 "is empty" "$plot" empty.jsonl x.png
  head -c 3000 /dev/urandom >garbage.jsonl
  refuses 1 "is not a trace" "$plot" garbage.jsonl x.png
  refuses 1 "is not a trace" "$plot" /dev/zero x.png
  echo '{"format":"fieldiq-trace","version":99}' >later.jsonl
  refuses 1 "later version" "$plot" later.jsonl x.png
  refuses 1 "No such file" "$plot" missing.jsonl x.png
  refuses 1 "Is a directory" "$plot" . x.png
  refuses 1 "between --from and --to" "$plot" --from 100 swarm.jsonl x.png
  check "no failure left a file" [ ! -e x.png ]
}

test_usage() {
  refuses 2 "TRACE and PICTURE" "$plot"
  refuses 2 "TRACE and PICTURE" "$plot" swarm.jsonl
  refuses 2 "named .png or .svg" "$plot" swarm.jsonl x.gif
  refuses 2 "not a whole number from" "$plot" --width 10 swarm.jsonl x.png
  refuses 2 "not a whole number from" "$plot" --width 1e3 swarm.jsonl x.png
  refuses 2 "need at least" "$plot" --height 300 swarm.jsonl x.png
  refuses 2 "before --to" "$plot" --from 2 --to 1 swarm.jsonl x.png
  refuses 2 "not a number" "$plot" --from x swarm.jsonl x.png
  refuses 2 "unrecognized option" "$plot" --nonsense
  cp swarm.jsonl own.png
  refuses 2 "would be overwritten" "$plot" own.png ./own.png
  refuses 0 "Exit status" "$plot" --help
  refuses 0 "fieldiq-plot" "$plot" --version
}

test_atomic() {
  refuses 1 "No such file" "$plot" swarm.jsonl nowhere/x.png
  mkdir folder.png
  refuses 1 "is a folder" "$plot" swarm.jsonl folder.png
  for type in png svg; do
    ln -s /dev/full full.$type
    refuses 1 "No space left" "$plot" swarm.jsonl full.$type
    echo old >kept.$type
    cp kept.$type kept.copy
    refuses 1 "File too large" sh -c "ulimit -f 8; exec '$plot' swarm.jsonl kept.$type"
    check "a picture that fails keeps the older $type" cmp kept.$type kept.copy
  done
  check "no temporary file is left" no_temporaries
}

trace swarm 6 >swarm.jsonl
trace realms 6 >realms.jsonl
test_pictures
test_panels
test_bad_traces
test_usage
test_atomic
cd / && conclude
