#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Goal: the recipes for several machines make what one machine makes, also after a kill. Method: GNU parallel over two
# sshd on two addresses of this machine, and Slurm with two nodes on it; the outputs are compared with those of one run. (Blocks of
# two frames take time enough to be killed in.)
#   sh tests/host/host_cluster.sh [BUILD]
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../support/host_common.sh"
. "$here/../support/wait.sh"
recipes=$(realpath "$here/../../host-test/render/recipes")
PATH=$(dirname "$render"):/usr/sbin:$PATH
LV2_PATH=$(realpath "$build/lv2"):/usr/lib/lv2
export PATH LV2_PATH
cd "$work" || exit 1
chmod 755 "$work"
port=$((20000 + $$ % 20000))
children=

same() { diff -r -x '.*' undisturbed "$1"; }

make_inputs() {
  mkdir in
  for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    sox -D -n -r 44100 -c 2 -b 16 "in/file $i.wav" synth 2 pluck $((100 + 20 * i)) gain -6
  done
  "$render" --quiet --batch in --preset "Living Zone" --seed 7 --tail 0 --block 2 'undisturbed/{path}.flac'
  check "one machine" [ "$(find undisturbed -name '*.flac' | wc -l)" -eq 12 ]
}

# ---- GNU parallel ----

# start_host ADDRESS: an sshd there, which takes our key alone.
start_host() {
  cat >"sshd.$1" <<CONFIG
ListenAddress $1
Port $port
HostKey $work/host_key
PidFile $work/sshd.$1.pid
AuthorizedKeysFile $work/key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
SetEnv PATH=$PATH LV2_PATH=$LV2_PATH
CONFIG
  "$(command -v sshd)" -D -f "$work/sshd.$1" -E "$work/sshd.$1.log" &
  children="$children $!"
}

test_hosts() {
  mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -f host_key
  ssh-keygen -q -t ed25519 -N '' -f key
  cat >ssh_config <<CONFIG
Host one
  HostName 127.0.0.1
Host two
  HostName 127.0.0.2
Host *
  Port $port
  User $(id -un)
  IdentityFile $work/key
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile $work/known
  LogLevel ERROR
CONFIG
  start_host 127.0.0.1
  start_host 127.0.0.2
  check "a first host answers" until_true ssh -F ssh_config one true
  check "a second host answers" until_true ssh -F ssh_config two true
  hosts="ssh -F $work/ssh_config one,ssh -F $work/ssh_config two"
  # It is ended in the middle, by force, and its shares are repeated.
  HOME=$work setsid sh "$recipes/hosts.sh" "$hosts" 6 --batch in --preset "Living Zone" --seed 7 --tail 0 --block 2 'by hosts/{path}.flac' >/dev/null 2>&1 &
  group=$!
  until_true sh -c "[ \"\$(find 'by hosts' -name '*.flac' ! -name '.*' | wc -l)\" -ge 1 ]"
  bash -c "kill -KILL -- -$group"
  wait $group 2>/dev/null
  echo "   killed after $(find 'by hosts' -name '*.flac' ! -name '.*' | wc -l) files"
  check "shares by GNU parallel on two hosts" env HOME="$work" \
    sh "$recipes/hosts.sh" "$hosts" 6 --batch in --preset "Living Zone" --seed 7 --tail 0 --block 2 'by hosts/{path}.flac'
  check "   make the bytes of one" same "by hosts"
  for host in 127.0.0.1 127.0.0.2; do
    check "   with work on $host" grep -q 'Accepted publickey' "sshd.$host.log"
  done
}

# ---- Slurm ----

start_slurm() {
  mkdir -p slurm/state
  name=$(hostname -s)
  SLURM_CONF=$work/slurm/slurm.conf
  export SLURM_CONF
  cat >"$SLURM_CONF" <<CONFIG
ClusterName=fieldiq
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$((port + 1))
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
StateSaveLocation=$work/slurm/state
SlurmdSpoolDir=$work/slurm/%n
SlurmctldPidFile=$work/slurm/slurmctld.pid
SlurmdPidFile=$work/slurm/%n.pid
SlurmctldLogFile=$work/slurm/slurmctld.log
SlurmdLogFile=$work/slurm/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
NodeName=one NodeHostname=$name NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=1
NodeName=two NodeHostname=$name NodeAddr=127.0.0.1 Port=$((port + 3)) CPUs=1
PartitionName=all Nodes=one,two Default=YES MaxTime=10 State=UP
CONFIG
  # Of the plugins that look after processes this one alone starts where there are no control groups, as in containers.
  echo CgroupPlugin=cgroup/v1 >slurm/cgroup.conf
  slurmctld -D -c >slurm/said 2>&1 &
  children="$children $!"
  until_true scontrol ping
  for node in one two; do
    mkdir -p "slurm/$node"
    slurmd -D -N $node >"slurm/$node/said" 2>&1 &
    children="$children $!"
  done
  until_true sh -c '[ "$(sinfo -h -N -t idle | wc -l)" -eq 2 ]'
}

array() { timeout 120 sbatch --wait --quiet -o 'slurm/share %a.log' "$@" --batch in --preset "Living Zone" --seed 7 --tail 0 --block 2 'by slurm/{path}.flac'; }

test_slurm() {
  check "Slurm has two idle nodes" start_slurm
  if [ "$(sinfo -h -N -t idle | wc -l)" -ne 2 ]; then
    tail -n 5 slurm/said slurm/one/said slurm/two/said
    return
  fi
  array --array=1-4 "$recipes/array.sh" 4 >/dev/null 2>&1 &
  waiting=$!
  until_true sh -c "[ \"\$(find 'by slurm' -name '*.flac' ! -name '.*' | wc -l)\" -ge 3 ]"
  scancel --signal=KILL --full --name=array.sh
  scancel --name=array.sh
  wait $waiting
  echo "   killed after $(find 'by slurm' -name '*.flac' ! -name '.*' | wc -l) files"
  check "shares as an array of jobs" array --array=1-4 "$recipes/array.sh" 4
  check "   make the bytes of one machine" same "by slurm"
  rm "by slurm/file 2.flac"
  check "one share is repeated alone" array --array=1 "$recipes/array.sh" 4
  check "   to the same bytes" same "by slurm"
  check "   on both nodes" sh -c 'grep -q "JobId.*NodeList=one" slurm/slurmctld.log && grep -q "JobId.*NodeList=two" slurm/slurmctld.log'
}

make_inputs
test_hosts
test_slurm
for child in $children; do
  kill "$child" 2>/dev/null
  wait "$child" 2>/dev/null
done
cd / && conclude
