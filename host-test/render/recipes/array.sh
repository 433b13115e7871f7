#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Render a batch as an array of jobs in Slurm. Inputs and outputs are in a folder that all nodes share.
#   sbatch --array=1-16 --cpus-per-task=4 array.sh 16 --batch recordings --preset "Warm Bank" 'warm/{path}.flac'
# The first number is how many shares there are in all. A task that was killed may be queued again, by Slurm itself or
# alone (--array=3,7 with the same 16): it makes only what is missing.
#SBATCH --requeue
#SBATCH --open-mode=append
set -eu
n=${1:?number of shares}
shift
exec fieldiq-render --quiet --resume --jobs "${SLURM_CPUS_PER_TASK:-1}" --share "$SLURM_ARRAY_TASK_ID/$n" "$@"
