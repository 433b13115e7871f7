#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: fieldiq-jack plays, follows the server through all its changes and ends in order. Method: a
# private server with the dummy driver that nobody else sees, one for each test, JACK's own tools, and the
# console. What takes time is waited for, so that a busy machine is only slower.
#   sh tests/host/host_jack.sh [BUILD]        as root; status 77 when it cannot be tried here
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

. "$here/../support/jack_server.sh"

test_console() {
  start --plugin "$effect" --connect
  check "connects to the sound card" [ "$(n_links)" -eq 4 ]
  answers "$toggle = " "set $toggle 1"
  answers "is outside" "set $toggle 1e9"
  answers "did you mean" "set x$toggle 1"
  answers "no command" "nonsense"
  answers "set SYMBOL VALUE" "set"
  answers "$toggle" controls
  answers "no preset" "preset nonsense"
  answers "saved $work/live.ttl" "save $work/live.ttl"
  answers "loaded $work/live.ttl" "load $work/live.ttl"
  answers "No such file" "load $work/nowhere.ttl"
  answers "status  " help
  answers "sequence = Hold" "partner start Hold"
  answers "sequence_register = 80" "partner goal brightness 80"
  answers "sequence_highest = 60" "partner goal range 48 60"
  answers "sequence_lowest = 48" "partner goal"
  answers "two MIDI notes" "partner goal range 48"
  answers "sequence_notes = 0" "partner status"
  answers "sequence_entropy = " "partner metrics"
  answers "sequence = Off" "partner stop"
  answers "partner start" "partner nonsense"
  tell quit
  ends 0
}

test_buffer_sizes() {
  start --plugin "$effect" --connect
  for size in 16 32 64 128 512 1024 2048 4096 8192 256; do
    timeout -k 2 10 jack_bufsize $size >/dev/null 2>&1
    answers "Hz, $size frames" status
  done
  answers "0 bad samples" status
  tell quit
  ends 0
}

test_end_of_input() {
  : >err
  timeout -k 2 60 "$jack" --name fiq --plugin "$effect" </dev/null >out 2>>err &
  client=$!
  exec 3>/dev/null
  wait_for "plays at" err
  sleep 0.5
  check "end of input does not end it" kill -0 "$client"
  pid=$(pgrep -P "$client" fieldiq-jack)
  kill -TERM "$pid"
  ends 0
  check "   and it says how it went" grep -q "xruns" err
  timeout -k 2 60 "$jack" --name fiq --plugin "$effect" --duration 1 </dev/null >out 2>err &
  client=$!
  ends 0
}

# knows_latency: JACK's range for what comes out is the period and the latency that the console tells.
knows_latency() {
  : >out
  tell status
  wait_for latency out
  own=$(sed -n 's/.*latency \([0-9]*\) frames.*/\1/p' out)
  range=$(jack_lsp -l 2>/dev/null | grep -A 2 '^fiq:out' | grep capture | head -n 1)
  echo "$range" | grep -q " $((256 + own)) "
}

test_latency() {
  start --plugin "$effect" --connect
  check "JACK knows the plugin's latency" until_true knows_latency
  echo "   plugin $own frames; JACK: $range"
  tell quit
  ends 0
}

# of_a_period WORDS: the figure after these words in what the console tells.
of_a_period() { sed -n "s/.*$1 \([0-9.]*\) %.*/\1/p" out; }

test_load() {
  start --plugin "$effect" --connect
  sleep 1
  answers ", 0 overran" status
  mean=$(of_a_period CPU)
  worst=$(of_a_period "at most")
  check "of a period it takes something, $mean %" between 0.1 100 "$mean"
  check "   and never all of it, at most $worst %" between "$mean" 100 "$worst"
  tell quit
  ends 0
  check "   which it says at the end as well" grep -q "xruns; CPU .*, 0 overran" err
}

# freewheel: seconds of sound against seconds of the clock, with one of it at full speed. The connections
# must stand before: what is connected to the sound card later stalls any JACK 2 server.
freewheel() {
  began=$(date +%s)
  played=0
  lasted=0
  got=0
  begin --plugin "$effect" --connect || { kill "$client"; return; }
  timeout -k 2 10 jack_freewheel y >/dev/null 2>&1
  tell connect
  wait_for "nothing can be connected" err
  sleep 1
  timeout -k 2 10 jack_freewheel n >/dev/null 2>&1
  tell status
  tell quit
  wait "$client" || got=$?
  client=
  exec 3>&-
  lasted=$(($(date +%s) - began + 1))
  played=$(sed -n 's/.*played \([0-9]*\).*/\1/p' err)
  echo "   played ${played:=0} s in less than $lasted s"
}

test_freewheel() {
  freewheel
  # What a server that got stuck or a machine that had no time for it did is no failure of ours.
  for _ in 1 2; do
    [ "$played" -lt 4 ] || [ "$played" -lt "$lasted" ] || break
    stop_server
    start_server
    freewheel
  done
  check "freewheeling is faster than real time" [ "$played" -ge "$lasted" ]
  check "   by far: 4 s at least" [ "$played" -ge 4 ]
  check "   ends with status 0" [ "$got" -eq 0 ]
  check "   the console answers" grep -q "256 frames" out
  check "   and connects nothing meanwhile" grep -q "nothing can be connected" err
  check "   and the server answers afterwards" server_answers
}

test_instrument() {
  begin_sequencer 24000 0 60 12000 12000 67 12000
  start --plugin "$instrument" --connect system seq --midi-thru
  check "MIDI arrives from a client" sh -c "jack_lsp -c | grep -A 3 '^fiq:midi_in' | grep -q seq:"
  check "has a MIDI output for --midi-thru" sh -c "jack_lsp | grep -q '^fiq:midi_out'"
  outs=$(jack_lsp -p | awk '/^fiq:/ { port = $1 } /properties: output/ { if (port !~ /midi|notify|control/ && port != "") print port; port = "" } /properties: input/ { port = "" }')
  # shellcheck disable=SC2086
  timeout -k 2 20 jack_rec -f heard.wav -d 2 -b 16 $outs >/dev/null 2>&1
  peak=$(sox heard.wav -n stat 2>&1 | sed -n 's/Maximum amplitude: *//p')
  echo "   recorded peak $peak"
  check "is heard" sh -c "awk 'BEGIN { exit !($peak > 0.001) }'"
  tell quit
  ends 0
  end_sequencer
}

# heard: the pitch of what the client plays, in Hz, if that is one sine. The filter is steep, because a busy
# machine leaves gaps in a recording, and the clicks at their ends would count as high tones.
heard() {
  timeout -k 2 20 jack_rec -f pitch.wav -d 2 -b 16 fiq:out_l >/dev/null 2>&1
  sox pitch.wav -n trim 0.5 1 sinc 200-400 stat 2>&1 | sed -n 's/^Rough *frequency: *//p'
}

# between LOW HIGH X
between() { awk "BEGIN { exit !($3 >= $1 && $3 <= $2) }" 2>/dev/null; }

# sings LOW HIGH: until the pitch lies between these, in six recordings at most; it is in $got.
sings() {
  for _ in 1 2 3 4 5 6; do
    got=$(heard)
    between "$1" "$2" "$got" && return
  done
}

test_tuning() {
  printf 'five equal\n 5\n 240.\n 480.\n 720.\n 960.\n 2/1\n' >five.scl
  printf 'broken\n 5\n 240.\n oops\n' >broken.scl
  begin_sequencer 96000 0 61 95000
  start --plugin swarm --set partials=1 --set anneal=0.05 --tuning five.scl --connect system seq
  sleep 2.5
  sings 294 307
  check "--tuning: key 61 is 240 cents above C4, 300.5 Hz ($got)" between 294 307 "$got"
  answers "tuning equal" tuning
  sleep 0.5
  sings 271 283
  check "   equal again: 277.2 Hz ($got)" between 271 283 "$got"
  answers "line 4: not a pitch" "tuning $work/broken.scl"
  answers "No such file" "tuning $work/nowhere.scl"
  answers "tuning five.scl" "tuning five.scl"
  sleep 0.5
  sings 294 307
  check "   and tuned again, while it plays: 300.5 Hz ($got)" between 294 307 "$got"
  answers "0 bad samples" status
  tell quit
  ends 0
  end_sequencer
  refuses 1 "No such file" "$jack" --plugin swarm --tuning nowhere.scl
}

test_trace() {
  echo old >live.jsonl
  start --plugin swarm --trace live.jsonl --connect
  sleep 2
  timeout -k 2 10 jack_bufsize 4096 >/dev/null 2>&1
  sleep 1
  timeout -k 2 10 jack_bufsize 256 >/dev/null 2>&1
  check "the trace does not stand under its name while it plays" [ "$(cat live.jsonl)" = old ]
  tell quit
  ends 0
  n=$(grep -c '^{.*"time":.*}$' live.jsonl)
  played=$(sed -n 's/.*played \([0-9.]*\).*/\1/p' err)
  rate=$(awk "BEGIN { print $n / $played }")
  echo "   $n messages in $played s"
  check "it does at the end, with a message some 47 times a second ($rate)" between 42 52 "$rate"
  check "   each of them whole" [ "$n" -eq $(($(wc -l <live.jsonl) - 1)) ]
  check "   and it can be drawn" "$plot" --quiet live.jsonl live.png
  check "   without a warning" [ ! -s "$work/said" ]
  start --plugin realms --trace killed.jsonl
  pid=$(pgrep -P "$client" fieldiq-jack)
  sleep 1
  kill -INT "$pid"
  ends 0
  check "Ctrl-C completes the trace as well" "$plot" --quiet killed.jsonl killed.png
  refuses 2 "belongs to the console" "$jack" --plugin swarm --trace -
  refuses 1 "No such file" "$jack" --plugin swarm --trace nowhere/t.jsonl
  start --plugin swarm --trace /dev/full
  wait_for "could not be written" err
  check "a full disk does not stop the sound" kill -0 "$client"
  tell quit
  ends 1
}

test_refusals() {
  refuses 2 "no plugin" "$jack" --plugin nonsense
  refuses 2 "no parameter" "$jack" --plugin "$effect" --set nonsense=1
  refuses 2 "is not SYMBOL=VALUE" "$jack" --plugin "$effect" --set "$toggle"
  refuses 2 "is not a whole number" "$jack" --plugin "$effect" --seed 1e3
  refuses 2 "is not a whole number" "$jack" --plugin "$effect" --seed 99999999999999999999
  refuses 2 "is not a number of seconds" "$jack" --plugin "$effect" --duration soon
  refuses 2 "is not a number of seconds" "$jack" --plugin "$effect" --duration nan
  refuses 2 "is not an option" "$jack" nonsense
  refuses 1 "has no client 'nobody'" "$jack" --plugin "$effect" --connect nobody
  refuses 0 "Exit status" "$jack" --help
}

test_server_death() {
  start --plugin "$effect" --connect
  answers "frames" status
  kill -9 "$server"
  ends 1
  check "it says that the server ended" grep -q "server ended" err
  refuses 1 "no JACK server" "$jack" --plugin "$effect"
}

for one in console buffer_sizes end_of_input latency load freewheel instrument; do
  with_server test_$one
done
if [ "$ours" = yes ]; then
  with_server test_tuning
  with_server test_trace
fi
with_server test_refusals
with_server test_server_death
cd / && conclude
