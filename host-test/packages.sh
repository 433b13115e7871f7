# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by scripts: install the Debian packages that are missing, and no others.

# need_packages PACKAGE... : return 0 when all are installed, installing as root or by sudo.
need_packages() {
  missing=
  for package in "$@"; do
    case $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) in
      installed) ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0

  if [ "$(id -u)" -eq 0 ]; then
    as_root=
  elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
  else
    echo "These Debian packages are missing and only root can install them:$missing" >&2
    return 1
  fi
  echo "Installing:$missing" >&2
  # Words of $missing and an empty $as_root are meant to be split. Lists are fetched only when
  # what is there does not suffice.
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing \
    >/dev/null 2>&1 && return 0
  # shellcheck disable=SC2086
  $as_root apt-get update >/dev/null &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing \
      >/dev/null && return 0
  echo "Could not install:$missing" >&2
  return 1
}

# What it takes to build FieldIQ and its hosts.
# shellcheck disable=SC2034
build_packages="gcc libc6-dev cmake ninja-build pkg-config lv2-dev liblilv-dev libserd-dev libfftw3-dev \
libjack-jackd2-dev liblo-dev libsndfile1-dev libsoxr-dev flite1-dev libjansson-dev libcairo2-dev \
libxcb1-dev libxcb-shm0-dev libxcb-cursor-dev libxkbcommon-dev libxkbcommon-x11-dev fonts-inter fonts-dejavu-core"
