# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests of fieldiq-jack, with $here set: a private server with the dummy driver that nobody else sees, one for each
# test, and a client with a console. Runs the script anew with a /dev/shm of its own.
# shellcheck disable=SC2034,SC2154

if [ "${FIQ_PRIVATE-}" != yes ]; then
  for tool in jackd jack_wait jack_lsp jack_bufsize jack_rec jack_midiseq unshare; do
    command -v $tool >/dev/null 2>&1 || { echo "left out: $tool is missing"; exit 77; }
  done
  unshare -m --propagation private mount -t tmpfs tmpfs /dev/shm 2>/dev/null ||
    { echo "left out: no right to make a private /dev/shm"; exit 77; }
  FIQ_PRIVATE=yes exec unshare -m --propagation private sh "$0" "$@"
fi
mount -t tmpfs tmpfs /dev/shm
. "$here/../support/host_common.sh"
. "$here/../support/wait.sh"
cd "$work" || exit 1
server=
client=
sequencer=

server_answers() { timeout -k 2 10 jack_lsp >/dev/null 2>&1; }

# A server that was killed leaves its memory behind, and its place among the few that JACK knows.
stop_server() {
  kill -9 "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  umount -l /dev/shm
  mount -t tmpfs tmpfs /dev/shm
}

start_server() {
  for _ in 1 2 3; do
    jackd -R -P 20 -S -d dummy -r 48000 -p 256 >jackd.log 2>&1 &
    server=$!
    timeout -k 2 30 jack_wait -w -t 20 >/dev/null 2>&1
    server_answers && return
    stop_server
  done
  cp jackd.log said
  fail "no JACK server starts"
  conclude
  exit 1
}

# with_server TEST: the test on a server of its own, with nothing left over from another.
with_server() {
  start_server
  "$1"
  for left in "$client" "$sequencer"; do
    [ -z "$left" ] || { kill "$left" && wait "$left"; } 2>/dev/null
  done
  client=
  sequencer=
  stop_server
}

# begin OPTION...: the client, with a console that stays open on descriptor 3; until it plays and is connected.
begin() {
  rm -f console
  mkfifo console
  # Emptied before, not by the client: the words of another one must not stand for its own.
  : >out
  : >err
  timeout -k 2 120 "$jack" --name fiq "$@" <console >>out 2>>err &
  client=$!
  exec 3>console
  wait_for "plays at" err
}

start() {
  begin "$@" && return
  cat out err >said
  fail "does not start: $*"
}

# begin_sequencer OPTION...: until other clients can see it.
begin_sequencer() {
  timeout -k 2 120 jack_midiseq seq "$@" >/dev/null 2>&1 &
  sequencer=$!
  until_true sh -c "jack_lsp | grep -q '^seq:'"
}

end_sequencer() {
  kill "$sequencer"
  wait "$sequencer"
  sequencer=
}

# wait_for WORDS FILE...: until one of the files holds the words; at most some 20 s, or until the client is gone.
wait_for() {
  awaited=$1
  shift
  tries=0
  until grep -qF -- "$awaited" "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || return 1
    # The last words of one that ends come before its end.
    kill -0 "$client" 2>/dev/null || tries=200
    sleep 0.1
  done
}

tell() { echo "$*" >&3; } 2>/dev/null

# answers WORDS COMMAND...: the console answers these words on either stream.
answers() {
  words=$1
  shift
  n_checks=$((n_checks + 1))
  : >out
  : >err
  tell "$*"
  if wait_for "$words" out err; then
    echo "ok: '$*' says '$words'"
  else
    cat out err >said
    fail "'$*' does not say '$words'"
  fi
}

# ends STATUS: the client ends, with this status.
ends() {
  got=0
  wait "$client" || got=$?
  client=
  exec 3>&-
  cat out err >said
  n_checks=$((n_checks + 1))
  if [ "$got" -eq "$1" ]; then echo "ok: ends with status $1"; else fail "ends with status $got, not $1"; fi
}

n_links() { jack_lsp -c 2>/dev/null | grep -c "^   fiq:"; }

# A client that died must be a failed check, not the end of this script.
trap '' PIPE
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null' EXIT
