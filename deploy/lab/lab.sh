#!/usr/bin/env bash
# A cluster on one machine, for tests and demonstrations: sshd behind a jump host, Slurm with accounting, LAMMPS, Quantum ESPRESSO.
#
#   lab.sh up | stop [service...] | down | status        (as root on Debian 12 or later; systemd is neither needed nor used)
#
# Everything lives under one folder: PEIERLS_LAB_STATE (default /var/lib/peierls-lab). `up` may be repeated: what runs is left alone.
# `stop` stops the services, or only those named after it, and keeps the folder.
# `down` stops what `up` started, by process id, and removes the folder and the user. Ports (all on loopback) are variables, see below.
set -euo pipefail

STATE=${PEIERLS_LAB_STATE:-/var/lib/peierls-lab}
LAB_USER=${PEIERLS_LAB_USER:-peierls-lab}
SSH_PORT=${PEIERLS_LAB_SSH_PORT:-22022}
JUMP_PORT=${PEIERLS_LAB_JUMP_PORT:-22023}
CTLD_PORT=${PEIERLS_LAB_SLURMCTLD_PORT:-26817}
SLURMD_PORT=${PEIERLS_LAB_SLURMD_PORT:-26818}
DBD_PORT=${PEIERLS_LAB_SLURMDBD_PORT:-26819}
SQL_PORT=${PEIERLS_LAB_SQL_PORT:-23306}
# Cores that Slurm believes in. Two are what a laptop spares; 64 lets many tiny jobs start at once, for throughput measurements.
CPUS=${PEIERLS_LAB_CPUS:-2}
# Address of the two SSH servers; anything but loopback only inside a container.
LISTEN=${PEIERLS_LAB_LISTEN:-127.0.0.1}
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/lab/configuration.sh
. "$HERE/configuration.sh"

say() { printf 'lab: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

running() { # <name>: true while the process of run/<name>.pid lives
  local pid
  # A zombie, where nobody collects orphans, is not alive.
  [ -s "$STATE/run/$1.pid" ] && read -r pid < "$STATE/run/$1.pid" && kill -0 "$pid" 2>/dev/null && ! grep -qs '^State:.*Z' "/proc/$pid/status"
}

wait_for() { # <seconds> <what> <command...>: polls a condition
  local seconds=$1 what=$2 tries deadline=$((SECONDS + $1))
  shift 2
  for ((tries = seconds * 5; tries > 0; tries--)); do
    "$@" >/dev/null 2>&1 && return 0
    ((SECONDS < deadline)) || break
    sleep 0.2
  done
  say "$what did not come up within $seconds s; see $STATE/log"
  return 1
}

stop() { # <name>
  local pid tries
  running "$1" || { rm -f "$STATE/run/$1.pid"; return 0; }
  read -r pid < "$STATE/run/$1.pid"
  kill -TERM "$pid" 2>/dev/null || true
  for ((tries = 100; tries > 0; tries--)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
  rm -f "$STATE/run/$1.pid"
  say "stopped $1"
}

install_packages() {
  local missing=() package
  for package in slurm-wlm slurmdbd munge mariadb-server openssh-server openssh-client lammps quantum-espresso quantum-espresso-data; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  # Codes that are already there, from wherever, are as good as the packages.
  command -v lmp >/dev/null && missing=("${missing[@]/#lammps/}")
  command -v pw.x >/dev/null && missing=("${missing[@]/#quantum-espresso*/}")
  read -r -a missing <<< "${missing[*]}"
  [ "${#missing[@]}" = 0 ] && return
  say "installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

make_user() {
  id "$LAB_USER" >/dev/null 2>&1 || useradd --home-dir "$STATE/home" --no-create-home --shell /bin/bash "$LAB_USER"
  # A locked password (!) would also forbid keys; * only means that no password fits.
  usermod --password '*' --home "$STATE/home" "$LAB_USER"
  mkdir -p "$STATE"/{etc,run,log,spool/ctld,spool/d,mysql,home,work,keys}
  # An empty home: profiles that start version managers make every remote command slow.
  chown "$LAB_USER" "$STATE/home" "$STATE/work"
  chmod 755 "$STATE"
}

make_keys() {
  local key
  for key in host_ed25519 jump_host_ed25519 id_ed25519; do
    [ -s "$STATE/keys/$key" ] || ssh-keygen -q -t ed25519 -N '' -C "peierls-lab $key" -f "$STATE/keys/$key"
  done
  # In a container the folder is that of a user outside, who must be able to read the key.
  chown --reference="$STATE" "$STATE/keys/id_ed25519"
  install -m 644 "$STATE/keys/id_ed25519.pub" "$STATE/etc/authorized_keys"
  {
    printf '[127.0.0.1]:%s %s\n' "$SSH_PORT" "$(cut -d' ' -f1,2 "$STATE/keys/host_ed25519.pub")"
    printf '[127.0.0.1]:%s %s\n' "$JUMP_PORT" "$(cut -d' ' -f1,2 "$STATE/keys/jump_host_ed25519.pub")"
  } > "$STATE/known_hosts"
}

start_sshd() { # <name> <port> <host key>
  running "$1" && return
  write_sshd_conf "$@"
  mkdir -p /run/sshd
  /usr/sbin/sshd -f "$STATE/etc/$1.conf" -E "$STATE/log/$1.log"
  wait_for 10 "$1" running "$1"
}

start_munge() {
  running munged && return
  if [ ! -s "$STATE/etc/munge.key" ]; then
    head -c 1024 /dev/urandom > "$STATE/etc/munge.key"
    chmod 400 "$STATE/etc/munge.key"
  fi
  munged --force --key-file="$STATE/etc/munge.key" --socket="$STATE/run/munge.socket" --pid-file="$STATE/run/munged.pid" \
    --log-file="$STATE/log/munged.log" --seed-file="$STATE/run/munge.seed" 2>>"$STATE/log/munged.log"
  wait_for 10 munged munge -n -S "$STATE/run/munge.socket"
}

sql() { mariadb --protocol=socket --socket="$STATE/run/mysql.socket" -u root "$@"; }

start_accounting() { # returns 1, with the reason said, where accounting cannot be had
  local password
  command -v mariadbd >/dev/null && command -v slurmdbd >/dev/null || { say 'no accounting: mariadbd or slurmdbd is missing'; return 1; }
  if ! running mariadbd; then
    chown -R mysql "$STATE/mysql"
    chmod 1777 "$STATE/run"
    [ -d "$STATE/mysql/mysql" ] || mariadb-install-db --user=mysql --datadir="$STATE/mysql" --auth-root-authentication-method=normal \
      >"$STATE/log/mariadb-install.log" 2>&1 || { say "no accounting: mariadb-install-db failed, see $STATE/log"; return 1; }
    setsid mariadbd --no-defaults --user=mysql --datadir="$STATE/mysql" --socket="$STATE/run/mysql.socket" --port="$SQL_PORT" --bind-address=127.0.0.1 \
      --pid-file="$STATE/run/mariadbd.pid" --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 </dev/null >"$STATE/log/mariadbd.log" 2>&1 &
    wait_for 60 mariadbd sql -e 'select 1' || { say 'no accounting: the database did not start'; return 1; }
  fi
  [ -s "$STATE/etc/sql.password" ] || (umask 077 && head -c 18 /dev/urandom | base64 > "$STATE/etc/sql.password")
  read -r password < "$STATE/etc/sql.password"
  printf "create database if not exists slurm; create or replace user slurm@'127.0.0.1' identified by '%s'; grant all on slurm.* to slurm@'127.0.0.1';" "$password" | sql
  running slurmdbd && return
  write_slurmdbd_conf "$password"
  SLURM_CONF=$STATE/etc/slurm.conf slurmdbd
  wait_for 30 slurmdbd env SLURM_CONF="$STATE/etc/slurm.conf" sacctmgr -n list cluster || { say 'no accounting: slurmdbd did not start'; return 1; }
  SLURM_CONF=$STATE/etc/slurm.conf sacctmgr -i -Q add cluster peierls-lab >/dev/null 2>&1 || true
}

start_slurm() {
  export SLURM_CONF=$STATE/etc/slurm.conf
  start_munge
  # One that was stopped on its own comes back.
  if running slurmctld && grep -q '^AccountingStorageType=' "$STATE/etc/slurm.conf"; then start_accounting || true; fi
  if ! running slurmctld; then
    write_slurm_conf accounting
    start_accounting || write_slurm_conf jobcomp
    slurmctld
    wait_for 20 slurmctld running slurmctld
  fi
  if ! running slurmd; then
    slurmd
    wait_for 20 slurmd running slurmd
  fi
  wait_for 30 'the Slurm node' sh -c 'sinfo -h -o %t | grep -qE "idle|mix|alloc"'
}

up() {
  [ "$(id -u)" = 0 ] || fail 'run this as root: it makes a user and starts slurmd'
  install_packages
  make_user
  make_keys
  start_sshd sshd "$SSH_PORT" host_ed25519
  start_sshd sshd-jump "$JUMP_PORT" jump_host_ed25519
  start_slurm
  write_computers
  status
}

stop_all() { # [service...]: keeps the state
  local name
  [ "$#" -gt 0 ] || set -- slurmd slurmctld slurmdbd mariadbd munged sshd sshd-jump
  for name; do stop "$name"; done
}

down() {
  [ -d "$STATE" ] || { say 'nothing to take down'; return 0; }
  [ -f "$STATE/etc/slurm.conf" ] && running slurmctld && SLURM_CONF=$STATE/etc/slurm.conf scancel --user="$LAB_USER" 2>/dev/null || true
  stop_all
  # What jobs have left behind keeps their user from going.
  id "$LAB_USER" >/dev/null 2>&1 && { pkill -KILL -u "$LAB_USER" || true; userdel "$LAB_USER" || { sleep 1; userdel "$LAB_USER"; }; }
  rm -rf -- "${STATE:?}"
  say "removed $STATE"
}

status() {
  local name all=0
  local names=(sshd sshd-jump munged mariadbd slurmdbd slurmctld slurmd)
  # Where accounting could not be had, which `up` has said, the rest is a lab all the same.
  grep -qs '^AccountingStorageType=' "$STATE/etc/slurm.conf" || names=(sshd sshd-jump munged slurmctld slurmd)
  for name in "${names[@]}"; do
    if running "$name"; then say "$name runs ($(cat "$STATE/run/$name.pid"))"; else say "$name does not run"; all=1; fi
  done
  [ "$all" = 0 ] && say "ready: PEIERLS_COMPUTERS=$STATE/computers.yaml, computers lab and lab-jump"
  return "$all"
}

case ${1:-} in
  up | down | status) "$1" ;;
  stop) shift; stop_all "$@" ;;
  *) fail 'usage: lab.sh up | stop [service...] | down | status' ;;
esac
