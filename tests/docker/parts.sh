#!/usr/bin/env bash
# The real parts of the tests: a Docker engine with base images, and a registry that wants a login.
#
#   parts.sh up             starts what does not run yet, and prints the variables for a shell
#   parts.sh down           stops it; the images stay for the next time
#   parts.sh run COMMAND    runs a command with the variables; then stops what nobody else uses
#
# All of them live below target/docker and know nothing of another engine on this machine. Where they
# cannot run, a line says why, the variables stay unset, and the tests report themselves as skipped.
set -euo pipefail
here=$(cd -- "$(dirname "${BASH_SOURCE[0]}")" && pwd)
parts=$(cd -- "$here/../.." && pwd)/target/docker
# Also where the shell of root has no folders of the system's programs.
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=process.sh
source "$here/process.sh"
# shellcheck source=network.sh
source "$here/network.sh"
# shellcheck source=engine.sh
source "$here/engine.sh"
# shellcheck source=images.sh
source "$here/images.sh"
# shellcheck source=registry.sh
source "$here/registry.sh"

main() {
  case "${1:-}" in
    up) up ;;
    down) down ;;
    start) with_lock start ;;
    run) shift; run "$@" ;;
    *) say "usage: $0 up | down | run COMMAND"; exit 2 ;;
  esac
}

# Who starts the parts by hand keeps them until «down».
up() {
  if root && able; then
    mkdir -p "$parts"
    touch "$parts/keep"
    with_lock start
  elif ! answers; then
    able
    exit 1
  fi
  printf 'export MODELGATE_TEST_DOCKER=%q\n' "unix://$engine_socket"
  printf 'export MODELGATE_TEST_REGISTRY=%q\n' "$(cat "$registry_address")"
}

down() {
  [[ -d $parts ]] || return 0
  root || { say 'only root can stop the parts'; exit 1; }
  rm -f "$parts/keep"
  with_lock stop
}

# The exit code is that of the command, whatever becomes of the parts.
run() {
  # With an engine that the caller names there is nothing to do.
  [[ -z ${MODELGATE_TEST_DOCKER:-} ]] || exec "$@"
  if answers || able; then
    if root; then
      # The command hears of an interrupt, too: it ends, and then the parts are stopped.
      trap 'exit 130' INT
      trap 'exit 143' TERM
      trap 'exit 129' HUP
      trap 'leave || true' EXIT
      enter
      # A process of its own: what fails in it does not end the tests.
      bash "${BASH_SOURCE[0]}" start 9>&- || true
    fi
    if answers; then
      MODELGATE_TEST_DOCKER="unix://$engine_socket"
      MODELGATE_TEST_REGISTRY=$(cat "$registry_address")
      export MODELGATE_TEST_DOCKER MODELGATE_TEST_REGISTRY
    fi
  fi
  "$@" 9>&-
}

# Whether this machine can have the parts; says why not.
able() {
  local why=
  # A socket's path has room for 107 bytes.
  local longest="$parts/exec/containerd/containerd-debug.sock.ttrpc"
  if [[ $(uname) != Linux ]]; then
    why='it needs Linux'
  elif ! root; then
    why='it needs root'
  elif ! { command -v apt-get && command -v dpkg-deb; } > /dev/null; then
    why='its images are made of the packages of Debian or Ubuntu'
  elif ((${#longest} > 107)); then
    why="the path of this folder is too long for a socket in it: $longest"
  fi
  [[ -z $why ]] || { say "no Docker engine for the tests: $why"; return 1; }
}

root() { ((EUID == 0)); }

answers() { engine_answers && registry_answers; }

# Starts what does not run.
start() {
  install_missing
  engine_answers || start_engine
  make_images
  registry_answers || start_registry
}

stop() {
  stop_registry
  stop_engine
}

# One at a time starts or stops parts. A lock ends with its process, however that ends.
with_lock() {
  mkdir -p "$parts"
  exec 8> "$parts/lock"
  flock 8
  "$@"
  exec 8>&-
}

# Those that use the parts share a second lock: who gets it alone was the last.
enter() {
  mkdir -p "$parts"
  exec 9> "$parts/users"
  flock --shared 9
}

leave() {
  trap '' INT TERM HUP
  [[ -e $parts/keep ]] || with_lock stop_unless_used
}

stop_unless_used() {
  if flock --exclusive --nonblock 9; then stop; fi
}

# Installs the programs that this machine lacks. Their services are not needed.
install_missing() {
  local missing=()
  command -v dockerd > /dev/null || missing+=(docker.io)
  command -v docker-registry > /dev/null || missing+=(docker-registry)
  command -v iptables > /dev/null || missing+=(iptables)
  command -v ip > /dev/null || missing+=(iproute2)
  command -v curl > /dev/null || missing+=(curl)
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  apt install --yes --no-install-recommends "${missing[@]}"
}

main "$@"
