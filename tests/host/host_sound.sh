#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: sound files as other programs write them are read whole and without a false alarm, cut ones with a warning;
# tags, broadcast chunks and the places of channels are carried over; any number of channels, pipes and descriptors
# work. Method: files of sox and ffmpeg, and the same with their headers changed; frames and samples are compared.
#   sh tests/host/host_sound.sh [BUILD]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
cd "$work" || exit 1

# The input itself comes out.
pass() { "$render" --quiet --plugin "$effect" $null --tail 0 "$@"; }

samples() { sox -D "$1" -t s24 - 2>/dev/null | md5sum; }

frames() { soxi -s "$1" 2>/dev/null; }

# poke FILE OFFSET OCTAL...: change bytes.
poke() {
  file=$1 at=$2
  shift 2
  # shellcheck disable=SC2059
  printf "$(printf '\\%s' "$@")" | dd of="$file" bs=1 seek="$at" conv=notrunc 2>/dev/null
}

# whole FILE FRAMES: it is read to its end without a word.
whole() {
  pass "$1" whole.wav >words 2>&1
  check "$1: all $2 frames" [ "$(frames whole.wav)" = "$2" ]
  check "$1: no warning" [ ! -s words ]
}

# cut FILE FRAMES: what is there is read, with a warning.
cut_short() {
  refuses 0 "cut short; its first $2 frames" "$render" --plugin "$effect" --tail 0 "$1" cut-out.wav
  check "$1: its $2 frames" [ "$(frames cut-out.wav)" = "$2" ]
}

make_inputs() {
  sox -D -n -r 48000 -c 2 -b 24 tone.wav synth 14401s sine 440 sine 550 gain -6
  sox -D tone.wav -b 16 tone16.wav
}

test_no_false_alarm() {
  sox -D -n -r 48000 -c 1 -b 24 odd24.wav synth 4801s sine 440 gain -6
  sox -D -n -r 48000 -c 1 -b 8 odd8.wav synth 4801s sine 440 gain -6
  sox -D -n -r 48000 -c 1 -b 8 odd8.aiff synth 4801s sine 440 gain -6
  sox -D -n -r 48000 -c 1 -b 24 odd24.aiff synth 4801s sine 440 gain -6
  for file in odd24.wav odd8.wav odd8.aiff odd24.aiff; do
    whole $file 4801
    # The byte that makes the length even is left out, or more of them stand there.
    cp $file "padded-$file" && printf '\0\0\0' >>"padded-$file" && whole "padded-$file" 4801
  done
  head -c -1 odd24.wav >unpadded.wav && whole unpadded.wav 4801
  for to in w64 rf64 caf au aiff flac; do
    pass tone.wav own.$to && whole own.$to 14401
  done
  ffmpeg -v error -i tone.wav -c:a pcm_s24le -rf64 always ff-rf64.wav && whole ff-rf64.wav 14401
  ffmpeg -v error -i tone.wav -c:a pcm_s24le ff.w64 && whole ff.w64 14401
  ffmpeg -v error -i tone.wav -c:a pcm_s24be ff.caf && whole ff.caf 14401
}

# Programs that write to a pipe do not know the length; the files are what they leave behind.
test_unknown_length() {
  ffmpeg -v error -i tone.wav -c:a pcm_s24le -f wav - | cat >pipe-ff.wav && whole pipe-ff.wav 14401
  ffmpeg -v error -i tone.wav -c:a pcm_s24le -rf64 always -f wav - | cat >pipe-rf64.wav && whole pipe-rf64.wav 14401
  ffmpeg -v error -i tone.wav -c:a pcm_s24be -f au - | cat >pipe.au && whole pipe.au 14401
  sox -D tone.wav -t wav - 2>/dev/null | cat >pipe-sox.wav && whole pipe-sox.wav 14401
  sox -D tone.wav -t aiff - 2>/dev/null | cat >pipe-sox.aiff && whole pipe-sox.aiff 14401
  # "data" and its length stand at 36 in the plain header.
  for length in "0 0 0 0" "377 377 377 377" "377 377 377 177" "0 360 377 177" "0 0 0 200"; do
    cp tone16.wav length.wav
    # shellcheck disable=SC2086
    poke length.wav 40 $length && whole length.wav 14401
  done
  pass length.wav whole.wav && pass tone16.wav known.wav
  check "   the same samples" [ "$(samples whole.wav)" = "$(samples known.wav)" ]
  # An empty one is still empty, although chunks follow.
  { head -c 40 tone16.wav; printf '\0\0\0\0LIST\4\0\0\0INFO'; } >empty.wav
  refuses 1 "0 frames" "$render" --plugin "$effect" empty.wav x.wav
}

test_cut() {
  pass tone.wav c.w64 && pass tone.wav c.caf && pass tone.wav c.au && pass tone.wav c.aiff && pass tone.wav c.rf64
  cp tone16.wav c.wav
  for file in c.wav c.aiff c.w64 c.caf c.au c.rf64; do
    head -c 50000 $file >cut-$file
    frame=6
    [ $file = c.wav ] && frame=4
    # All that is there counts but for the header, some 40 to 5000 bytes of it.
    "$render" --plugin "$effect" --tail 0 "cut-$file" cut-out.wav >words 2>&1
    check "cut-$file: warns" grep -q 'cut short' words
    check "cut-$file: what is there" [ "$(frames cut-out.wav)" -gt $((45000 / frame)) -a "$(frames cut-out.wav)" -lt $((50000 / frame)) ]
  done
  cut_short cut-c.wav 12489
}

test_channels() {
  for n in 1 2 3 4 5 6 8; do
    synth=
    for k in $(seq $n); do synth="$synth sine ${k}00"; done
    # shellcheck disable=SC2086
    sox -D -n -r 48000 -c $n -b 24 $n.wav synth 4800s $synth gain -12
    pass $n.wav $n-out.wav
    [ $n -eq 1 ] || check "$n channels pass" [ "$(samples $n.wav)" = "$(samples $n-out.wav)" ]
  done
  check "mono comes out in stereo" [ "$(soxi -c 1-out.wav)" = 2 ]
  [ "$ours" = yes ] || return
  sox -D 6.wav pair.wav remix 3 4
  "$render" --quiet --tail 0 --encoding float 6.wav wet6.wav
  "$render" --quiet --tail 0 --encoding float pair.wav wet2.wav
  check "a pair sounds as it does alone" \
    [ "$(sox -D wet6.wav -t f32 - remix 3 4 2>/dev/null | md5sum)" = "$(sox -D wet2.wav -t f32 - | md5sum)" ]
  for n in 1 2 3; do
    check "a mono plugin, $n channels" "$render" --quiet --plugin realms-mono --tail 0 $n.wav m.wav
    check "   give $n" [ "$(soxi -c m.wav)" = $n ]
  done
  check "each pair has its side chain" "$render" --quiet --sidechain 6.wav --tail 0 6.wav s.wav
  check "or all have one" "$render" --quiet --sidechain 2.wav --tail 0 6.wav s.wav
  refuses 1 "the side chain takes 2" "$render" --sidechain 3.wav 6.wav s.wav
  refuses 2 "mp3 files cannot hold 6 channels" "$render" 6.wav s.mp3
  check "learns on all pairs" "$render" --quiet --learn --set objective=Headroom --tail 0 6.wav s.wav
}

# Which of two comments is shown depends on the order of the chunks.
tags() { ffprobe -v error -show_format -show_streams "$1" | tr -d '\r' | grep -i '^TAG\|^channel_layout' | grep -v 'encoder\|comment'; }

test_tags() {
  ffmpeg -v error -f lavfi -i sine=440:duration=0.2 -ac 6 -ar 48000 -channel_layout 5.1 -metadata title="A title" \
    -metadata artist=Somebody -metadata genre=Noise -metadata date=1999 -metadata comment=Words -write_bext 1 \
    -metadata description="A scene" -metadata originator=Recorder -metadata time_reference=123456 \
    -metadata coding_history=A=PCM tagged.wav
  tags tagged.wav | sort >wanted
  for to in wav rf64; do
    pass tagged.wav out.$to
    tags out.$to | sort >got
    check "tags, broadcast chunk and places in $to" diff wanted got
    check "   and both comments" grep -qa 'A scene.*' out.$to
    check "   in their chunks" grep -qa Words out.$to
  done
  for to in flac ogg opus caf aiff; do
    pass tagged.wav out.$to
    check "the title in $to" sh -c "ffprobe -v error -show_format -show_streams out.$to | grep -qi 'title=A title'"
    pass out.$to back.wav
    check "   and back" sh -c "ffprobe -v error -show_format back.wav | grep -qi 'title=A title'"
  done
}

test_pipes() {
  pass tone.wav wanted.wav
  check "- is stdin and stdout" sh -c "cat tone.wav | '$render' --quiet --plugin '$effect' $null --tail 0 - - | cat >got.wav"
  check "   the same bytes" cmp wanted.wav got.wav
  check "into a file" sh -c "'$render' --quiet --plugin '$effect' $null --tail 0 - got.wav <tone.wav && cmp wanted.wav got.wav"
  mkfifo in.fifo out.fifo
  cat tone.wav >in.fifo &
  cat out.fifo >got.wav &
  check "named pipes" pass --format wav in.fifo out.fifo
  wait
  check "   the same bytes" cmp wanted.wav got.wav
  check "descriptors" sh -c "'$render' --quiet --plugin '$effect' $null --tail 0 /dev/fd/3 /dev/fd/4 3<tone.wav 4>got.wav && cmp wanted.wav got.wav"
  check "what stood in the file before stays" sh -c \
    "{ echo before; '$render' --quiet --plugin '$effect' $null --tail 0 tone.wav /dev/stdout; } >both && head -n 1 both | grep -q before"
  check "flac from a pipe" sh -c "sox -D tone.wav -t flac - | '$render' --quiet --plugin '$effect' $null --tail 0 - - >got.wav"
  check "   the same samples" [ "$(samples got.wav)" = "$(samples wanted.wav)" ]
  refuses 1 "is a device" "$render" --plugin "$effect" /dev/zero x.wav
  refuses 1 "is empty" sh -c ": | '$render' --plugin '$effect' - x.wav"
  refuses 1 "Broken pipe" sh -c "{ '$render' --quiet --plugin '$effect' tone.wav -; echo \$? >status; } | true; exit \$(cat status)"
  [ "$ours" = yes ] || return
  check "learns from a pipe" sh -c "cat tone.wav | '$render' --quiet --learn --set objective=Headroom - - >learned.wav"
}

# Two bytes changed in ten kinds of WAV file, here and there (damage_files can do it more often).
test_damage() {
  n=0
  for kind in "-r 8000 -c 1 -b 8" "-r 8000 -c 2 -b 16" "-r 48000 -c 2 -b 24" "-r 44100 -c 1 -b 32" "-r 22050 -c 3 -b 16" \
    "-r 48000 -c 2 -e floating-point -b 32" "-r 48000 -c 1 -e floating-point -b 64" "-r 8000 -c 1 -e u-law -b 8" \
    "-r 8000 -c 1 -e a-law -b 8" "-r 16000 -c 1 -e ima-adpcm"; do
    # shellcheck disable=SC2086
    sox -D -n $kind small$n.wav synth 0.05 sine 440 2>/dev/null
    n=$((n + 1))
  done
  check "damaged files are rendered or refused" "${render%/host-test/*}/tests/damage_files" "$render" 300 1 small?.wav
}

make_inputs
test_no_false_alarm
test_unknown_length
test_cut
test_channels
test_tags
test_pipes
test_damage
cd / && conclude
