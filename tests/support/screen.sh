# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests of windows: private X and JACK servers, a folder that goes at the end, and where our window is.
. "$(dirname "$0")/../support/wait.sh"

work=$(mktemp -d)
export HOME="$work" XDG_CONFIG_HOME="$work/config"
processes=

end_screen() {
  exec 8>&- 2>/dev/null || true
  for p in $processes; do kill "$p" 2>/dev/null || true; done
  rm -rf "$work"
}
trap end_screen EXIT

fail() {
  echo "FAIL: $*" >&2
  tail -n 20 "$work"/*.log >&2 || true
  exit 1
}

# start_screen : an X server of our own. It must outlive its last client, or the next one finds it starting anew.
start_screen() {
  Xvfb -displayfd 9 -screen 0 1280x1000x24 -nolisten tcp -noreset 9>"$work/display" 2>"$work/xvfb.log" &
  processes="$processes $!"
  until_true test -s "$work/display" || fail "Xvfb does not start"
  DISPLAY=:$(cat "$work/display")
  export DISPLAY
}

# start_sound : a JACK server of our own.
start_sound() {
  export JACK_NO_AUDIO_RESERVATION=1 JACK_DEFAULT_SERVER="fiqui$$"
  jackd -n "fiqui$$" -R -P 20 -S -d dummy -r 48000 -p 1024 >"$work/jackd.log" 2>&1 &
  processes="$processes $!"
  timeout -k 2 30 jack_wait -w -t 20 >"$work/wait.log" 2>&1 || fail "no JACK server"
}

# ours : id of our window; it is the one of the page's size
ours() { xwininfo -root -tree | awk '$0 ~ / 1120x720\+/ { print $1; exit }'; }
is_open() { [ -n "$(ours)" ]; }
is_closed() { ! is_open; }

# put X Y : the pointer at a place of our window
put() { xdotool mousemove --window "$(ours)" "$1" "$2"; }

# colours X Y W H : number of colours in that part of our window
colours() {
  import -window "$(ours)" -crop "$3x$4+$1+$2" +repage "$work/look.png"
  identify -format %k "$work/look.png"
}

# differing ONE TWO : pixels that differ between two pictures
differing() {
  n=$(compare -metric AE "$work/$1.png" "$work/$2.png" null: 2>&1 || true)
  echo "${n%%.*}"
}
