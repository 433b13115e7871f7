#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: what a player needs of fieldiq-jack on stage: recording (also while the server freewheels), the transport, controllers that are learned, bypass, levels, another period,
# a server that is started again, sessions. Method: as host_jack.sh, with a session manager of our own; what is recorded is
# measured.
#   sh tests/host/host_jack_stage.sh [BUILD]        as root; status 77 when it cannot be tried here
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/jack_server.sh"
send_midi=$(dirname "$render")/../tests/send_midi
manager=$(dirname "$render")/../tests/session_manager

# peak FILE: the highest sample.
peak() { sox "$1" -n stat 2>&1 | sed -n 's/Maximum amplitude: *//p'; }

# rms_db FILE FROM SECONDS
rms_db() { sox "$1" -n trim "$2" "$3" stats 2>&1 | sed -n 's/^RMS lev dB *\([-0-9.inf]*\).*/\1/p'; }

# between LOW HIGH X
between() { awk "BEGIN { exit !($3 >= $1 && $3 <= $2) }" 2>/dev/null; }

test_record() {
  start --plugin swarm --set anneal=0.05 --record whole.wav --connect
  "$send_midi" fiq:midi_in 904564
  sleep 1
  "$send_midi" fiq:midi_in 804500
  check "the file does not stand under its name while it is recorded" [ ! -e whole.wav ]
  answers "cannot be the same file" "save $work/whole.wav"
  answers "saved $work/beside.ttl" "save $work/beside.ttl"
  tell quit
  ends 0
  check "--record has the note (peak $(peak whole.wav))" between 0.01 1 "$(peak whole.wav)"
  length=$(soxi -D whole.wav)
  check "   and all of the time ($length s)" between 1.2 10 "$length"
  check "   without lost frames" sh -c "! grep -q 'too slow' err"

  start --plugin swarm --set anneal=0.05
  answers "has to end in .wav or .flac" "record $work/part.mp3"
  answers "records" "record $work/part.flac"
  answers "is going on" "record $work/other.wav"
  answers "cannot be the same file" "save $work/part.flac"
  "$send_midi" fiq:midi_in 904564
  sleep 0.5
  answers "recorded $work/part.flac" record
  check "a recording ends on request (peak $(peak part.flac))" between 0.01 1 "$(peak part.flac)"
  answers "there is none" record
  answers "Not a directory" "record $work/part.flac/x.wav"
  tell quit
  ends 0
  echo old >kept.wav
  start --plugin swarm
  answers "records" "record $work/kept.wav"
  pid=$(pgrep -P "$client" fieldiq-jack)
  kill -9 "$pid"
  ends 137
  check "a kill leaves the older file" grep -q old kept.wav
}

test_controllers() {
  start --plugin swarm --midi-map map.json
  answers "no controller moves" learn
  answers "did you mean" "learn swarm_levl"
  answers "move a controller" "learn swarm_level"
  "$send_midi" fiq:midi_in b24a40
  wait_for "controller 74 of channel 3 moves swarm_level" out
  check "a controller is learned by moving it" grep -q "controller 74 of channel 3 moves swarm_level" out
  check "   and stands in the file at once" grep -q '"parameter": "swarm_level"' map.json
  "$send_midi" fiq:midi_in b24a00 b24a7f
  answers "swarm_level = 6 dB" "get swarm_level"
  "$send_midi" fiq:midi_in b24a00
  answers "swarm_level = -60 dB" "get swarm_level"
  "$send_midi" fiq:midi_in b14a7f
  answers "swarm_level = -60 dB" "get swarm_level"
  tell quit
  ends 0
  start --plugin swarm --midi-map map.json
  answers "controller 74 of channel 3 moves swarm_level" learn
  "$send_midi" fiq:midi_in b24a7f
  answers "swarm_level = 6 dB" "get swarm_level"
  answers "no controller moves swarm_level now" "forget swarm_level"
  answers "no controller moves swarm_level" "forget swarm_level"
  tell quit
  ends 0
  check "what is forgotten is forgotten in the file" sh -c "! grep -q swarm_level map.json"
  echo '{"plugin": "urn:other", "controllers": []}' >other.json
  refuses 1 "is a map for urn:other" "$jack" --plugin swarm --midi-map other.json
  echo '{"plugin"' >broken.json
  refuses 1 "broken.json: line" "$jack" --plugin swarm --midi-map broken.json
  refuses 2 "cannot be the same file" "$jack" --plugin swarm --midi-map map.json --trace map.json
}

# What a program change plays is what is saved.
test_program() {
  start --plugin swarm
  "$send_midi" fiq:midi_in c000
  answers "saved $work/first.ttl" "save $work/first.ttl"
  tell quit
  ends 0
  "$render" --quiet --plugin swarm --chord C4 --length 0.5 --seed 7 --state first.ttl by_number.wav
  "$render" --quiet --plugin swarm --chord C4 --length 0.5 --seed 7 --preset "Crystallise" by_name.wav
  check "program 0 is the first preset" cmp by_number.wav by_name.wav
}

test_bypass_and_levels() {
  start --plugin swarm --set anneal=0.05 --record bypass.wav
  answers "out [" levels
  "$send_midi" fiq:midi_in 904564
  sleep 1
  answers "out [####" levels
  answers "bypass on|off" bypass
  answers "bypass on" "bypass on"
  sleep 1
  : >out
  tell levels
  wait_for dBFS out
  : >out
  sleep 0.3
  answers "out [..........] -99.9" levels
  answers "bypass off" "bypass off"
  answers "levels on" "levels on"
  : >out
  sleep 2.5
  check "levels are told again and again" [ "$(grep -c dBFS out)" -ge 2 ]
  answers "levels off" "levels off"
  answers "512 frames" "buffer 512"
  answers "Hz, 512 frames" status
  answers "buffer FRAMES" "buffer 0"
  tell quit
  ends 0
}

# beats FILE BPM: how much of the level's rise and fall is in time with a quarter at this tempo, 0..1: the level in steps of
# 10 ms, correlated with a turn of that length.
beats() {
  sox "$1" -t f32 -c 1 - trim 1 4 2>/dev/null | od -An -v -tf4 -w4 | awk -v bpm="$2" '
    { sum += $1 * $1; if (++n == 480) { level[m++] = sqrt(sum); mean += sqrt(sum); sum = 0; n = 0 } }
    END {
      mean /= m
      for (i = 0; i < m; i++) {
        angle = 6.283185307 * i * 0.01 * bpm / 60
        x = level[i] - mean; c += x * cos(angle); s += x * sin(angle); all += x * x
      }
      print (all > 0 ? sqrt(2 * (c * c + s * s) / (m * all)) : 0)
    }'
}

# A level that turns once a quarter of the transport is heard to do so.
test_transport() {
  set -- --plugin swarm --set anneal=0.05 --set lfo_1_sync=1/4 --set matrix_1_source="LFO 1" --set matrix_1_target=Level \
    --set matrix_1_amount=30 --set lfo_1_common=on
  rm -f timebase
  mkfifo timebase
  jack_transport <timebase >/dev/null 2>&1 &
  sequencer=$!
  exec 4>timebase
  for tempo in 150 90; do
    printf 'master\ntempo %s\nlocate 0\nplay\n' $tempo >&4
    start "$@" --record tempo$tempo.wav
    "$send_midi" fiq:midi_in 904564
    sleep 6
    tell quit
    ends 0
    for other in 150 90; do
      share=$(beats tempo$tempo.wav $other)
      if [ $tempo = $other ]; then
        check "at $tempo beats a minute the level turns so often ($share)" between 0.7 1 "$share"
      else
        check "   and not $other times ($share)" between 0 0.3 "$share"
      fi
    done
  done
  exec 4>&-
}

# While the server freewheels, what is recorded has every frame, in order.
test_freewheel() {
  start --plugin swarm --set anneal=0.05 --record fast.wav --connect
  "$send_midi" fiq:midi_in 904564
  sleep 1
  timeout -k 2 10 jack_freewheel y >/dev/null 2>&1
  sleep 1
  timeout -k 2 10 jack_freewheel n >/dev/null 2>&1
  sleep 0.5
  tell quit
  ends 0
  length=$(soxi -D fast.wav 2>/dev/null)
  played=$(sed -n 's/.*played \([0-9.]*\).*/\1/p' err)
  silent=$(sed -n 's/.*too slow for \([0-9]*\) frames.*/\1/p' err)
  check "what was recorded while it freewheels is as long as what was played ($length of $played s)" \
    between $((${played%.*} - 1)) $((${played%.*} + 1)) "$length"
  echo "   ${silent:-0} frames found no room"
  check "   and the note is heard to the end ($(rms_db fast.wav -1 1) dB)" between -60 0 "$(rms_db fast.wav -1 1)"
}

# A server that is killed takes its memory with it, as one that crashes does.
restart_server() {
  kill -9 "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  wait_for "waiting for another" err
  rm -rf /dev/shm/*
  jackd -R -P 20 -S -d dummy -r "$1" -p 256 >jackd.log 2>&1 &
  server=$!
  timeout -k 2 30 jack_wait -w -t 20 >/dev/null 2>&1
}

test_reconnect() {
  start --plugin swarm --set partials=7 --reconnect --connect --record before.wav
  sleep 1.5
  linked=$(n_links)
  restart_server 48000
  wait_for "plays again" err
  check "a new server is taken" grep -q "plays again, at 48000 Hz" err
  check "   with the same connections ($linked)" until_true sh -c "[ \$(jack_lsp -c | grep -c '^   fiq:') -eq $linked ]"
  answers "partials = 7" "get partials"
  answers "Hz, 256 frames" status
  "$send_midi" fiq:midi_in 904564
  sleep 0.5
  answers "out [###" levels
  sleep 1.5
  : >err
  restart_server 44100
  wait_for "plays again" err
  check "one of another rate too" grep -q "plays again, at 44100 Hz" err
  answers "partials = 7" "get partials"
  "$send_midi" fiq:midi_in 904564
  sleep 0.5
  answers "out [###" levels
  check "what was recorded before is complete (peak $(peak before.wav))" between 0.01 1 "$(peak before.wav)"
  kill -9 "$server"
  wait_for "waiting for another" err
  answers "there is no JACK server" status
  tell quit
  ends 0
}

# manage COMMAND...: under a session manager, to which descriptor 3 leads; what it heard is in out.
manage() {
  rm -f console
  mkfifo console
  : >out
  : >err
  timeout -k 2 120 "$manager" "$project" "$@" <console >out 2>err &
  client=$!
  exec 3>console
}

test_session() {
  mkdir session
  project=$work/session/n1234
  manage FieldIQ.nABCD "$jack" --plugin swarm
  wait_for "/reply /nsm/client/open OK" out
  check "it is announced" grep -q "/nsm/server/announce FieldIQ :dirty:optional-gui: fieldiq-jack 1 2" out
  check "it opens a project" grep -q "/reply /nsm/client/open OK" out
  check "   as the client of the name that it is given" until_true sh -c "jack_lsp | grep -q '^FieldIQ.nABCD:'"
  tell console set partials 9
  wait_for is_dirty out
  check "a change makes it dirty" grep -q is_dirty out
  tell save
  wait_for "/reply /nsm/client/save OK" out
  check "it saves" [ -s "$project.ttl" ]
  wait_for is_clean out
  check "   and is clean then" grep -q is_clean out
  tell console learn swarm_level
  sleep 0.3
  "$send_midi" FieldIQ.nABCD:midi_in b04a40
  wait_for "controller 74" out
  tell quit
  ends 0
  # The project knows its plugin; the command line's counts for new ones.
  manage FieldIQ.nABCD "$jack"
  wait_for "/reply /nsm/client/open OK" out
  tell console get partials
  wait_for "partials = 9" out
  check "the project comes back, with its plugin" grep -q "partials = 9" out
  tell console learn
  wait_for "controller 74 of channel 1 moves swarm_level" out
  check "   and its controllers" grep -q "controller 74 of channel 1 moves swarm_level" out
  tell quit
  ends 0
  project=refuse
  manage x "$jack"
  ends 1
  check "one that refuses says why" grep -q "no session is open" err
  n_checks=$((n_checks + 1))
  if NSM_URL=osc.udp://127.0.0.1:9/ timeout 20 "$jack" 2>unanswered; then fail "no manager answers"; else echo "ok: no manager answers"; fi
  check "   which is said" grep -q "no session manager answers" unanswered
}

for one in record controllers program bypass_and_levels transport freewheel reconnect session; do
  with_server test_$one
done
cd / && conclude
