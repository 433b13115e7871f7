#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: the manual pages, and what bash and zsh complete, are those of --help, and are well formed. Method: every option
# of --help is looked for in each; groff, mandoc and both shells read them; completions are asked for as a user would.
#   sh tests/host/host_manual.sh [BUILD]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
manual=$(realpath "$build/manual")
LV2_PATH=$(realpath "$build/lv2")
PATH=$(dirname "$render"):$PATH
export LV2_PATH PATH

# options PROGRAM: those that --help tells of, one a line.
options() {
  "$1" --help | sed -n 's/^  \(--[a-z-]*\)/\1/p' | sed 's/  .*//' | tr ' ,' '\n\n' | grep '^--' | sort -u
}

# has_all FILE OPTION...: FILE has each as a word.
has_all() {
  text=$1
  shift
  for option in "$@"; do
    tr -c 'a-zA-Z0-9-' '\n' <"$text" | grep -qx -- "$option" || { echo "no $option in $text"; return 1; }
  done
}

# silent COMMAND...: it succeeds and says nothing to stderr.
silent() {
  "$@" >/dev/null 2>"$work/stderr" && [ ! -s "$work/stderr" ] || { cat "$work/stderr"; return 1; }
}

# bash_offers WORD LINE...: bash completes the last word of this line to WORD, among others.
bash_offers() {
  expected=$1
  shift
  bash -c '
    . "$1" || exit
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    "_${1//-/_}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$manual/$1.bash" "$@" >"$work/offered" 2>/dev/null
  grep -qxF -- "$expected" "$work/offered" || { head -n 5 "$work/offered"; return 1; }
}

for program in fieldiq-render fieldiq-jack fieldiq-plot; do
  page=$manual/$program.1
  check "$program has a page that groff has nothing to say of" silent groff -ww -man -Tutf8 "$page"
  check "and that mandoc finds no fault in" mandoc -T lint -W error "$page"
  groff -man -Tascii -P-cbou -rLL=400n "$page" 2>/dev/null >"$work/page"
  # The list is meant to be split.
  # shellcheck disable=SC2046
  check "its page tells of every option" has_all "$work/page" $(options $program)
  # shellcheck disable=SC2046
  check "bash knows every option" has_all "$manual/$program.bash" $(options $program)
  # shellcheck disable=SC2046
  check "zsh knows every option" has_all "$manual/_$program" $(options $program)
  check "bash reads its completions" bash -n "$manual/$program.bash"
  check "zsh reads its completions" zsh -n "$manual/_$program"
  check "its page has the exit status" grep -q 'EXIT STATUS' "$work/page"
done
check "the page has what can be typed" grep -q 'load a preset' "$manual/fieldiq-jack.1"

check "bash completes options" bash_offers --plugin fieldiq-render --pl
check "bash completes the plugin's name" bash_offers swarm fieldiq-jack --plugin s
check "bash completes presets of the plugin on the line" bash_offers 'Glass\ Organ' fieldiq-render --plugin swarm --preset Gl
check "bash completes parameters" bash_offers amount= fieldiq-render --set am
check "bash completes parameters of the plugin on the line" bash_offers partials= fieldiq-render --plugin swarm --set par
check "bash completes choices" bash_offers pcm24 fieldiq-render --encoding pcm2
check "bash completes choices after '='" bash_offers flac fieldiq-render --format = fl
touch "$work/a sound.wav"
check "bash completes files" bash_offers "$work/a sound.wav" fieldiq-render --midi "$work/a"

# Only a terminal makes zsh complete; -T and friends of its own completion system want none to be loaded.
cat >"$work/ask.zsh" <<'ASK'
zmodload zsh/zpty
zpty asked zsh -f -i
zpty -w asked "PS1='> '; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' list-prompt ''; LISTMAX=0"
zpty -w -n asked "$2"$'\t\t'
sleep 2
zpty -r -t asked heard
while zpty -r -t asked more; do heard+=$more; done
zpty -d asked
print -r -- $heard
ASK
zsh_offers() {
  zsh -f "$work/ask.zsh" "$manual" "$2" >"$work/offered" 2>&1
  grep -qF -- "$1" "$work/offered" || { tail -n 5 "$work/offered"; return 1; }
}
check "zsh completes options" zsh_offers --plugin 'fieldiq-render --plu'
check "zsh completes presets" zsh_offers 'Glass\ Organ' 'fieldiq-render --plugin swarm --preset Glass'

conclude
