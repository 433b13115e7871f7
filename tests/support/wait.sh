# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests of what takes time on a busy machine.

# until_true COMMAND...: until the command succeeds, at most some 20 s.
until_true() {
  tries=0
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || return 1
    sleep 0.1
  done
}
