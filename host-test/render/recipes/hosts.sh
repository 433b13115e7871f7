#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Render a batch on several hosts by GNU parallel and ssh. Inputs, outputs and this folder's path are the same on all.
#   sh hosts.sh HOST,HOST... N OPTION... OUTPUT
#   sh hosts.sh studio1,studio2 16 --batch recordings --preset "Warm Bank" 'warm/{path}.flac'
# The files are dealt out in N shares, some per host, so that a fast one does more. A share whose host went away is done by
# another; after an interruption the same command goes on. Each host's shell must find fieldiq-render.
set -eu
hosts=${1:?hosts, with commas between} n=${2:?number of shares}
shift 2
# %share% stands for itself nowhere else, and what the batch's own patterns have in braces is left alone.
seq "$n" | parallel --will-cite --quote -I %share% --sshlogin "$hosts" --jobs 1 --workdir "$PWD" --retries 3 \
  fieldiq-render --quiet --resume --share "%share%/$n" "$@"
