# shellcheck shell=bash
# Processes, and what the scripts say. Standard output belongs to the variables.

say() { printf '%s\n' "$*" >&2; }

# Ends the script with the end of a log.
fail() {
  say "no Docker engine for the tests: $1"
  [[ ! -e ${2:-} ]] || tail -n 15 -- "$2" >&2
  exit 1
}

# apt-get, with new lists where the old ones do not do; it says nothing unless it fails.
apt() {
  local log=$parts/apt.log
  local get=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o APT::Sandbox::User=root)
  "${get[@]}" "$@" > "$log" 2>&1 < /dev/null 8>&- 9>&- && return
  { "${get[@]}" update && "${get[@]}" "$@"; } > "$log" 2>&1 < /dev/null 8>&- 9>&- ||
    fail "apt-get $* failed" "$log"
}

# Starts a program that outlives this script and hears no interrupt of the terminal: LOG PIDFILE COMMAND
launch() {
  local log=$1 pidfile=$2
  shift 2
  setsid "$@" > "$log" 2>&1 < /dev/null 8>&- 9>&- &
  echo $! > "$pidfile"
}

# The process of a pidfile, if it is still the one that was started here: its number may have gone to another.
process() {
  local pid
  pid=$(cat "$1" 2> /dev/null) || return 1
  grep -qaF -- "$parts/" "/proc/$pid/cmdline" 2> /dev/null || return 1
  printf '%s' "$pid"
}

# Ends the process of a pidfile and waits until it is gone.
end() {
  local pid
  if pid=$(process "$1"); then
    kill "$pid" 2> /dev/null || true
    until_true 20 gone "$pid" || kill -KILL "$pid" 2> /dev/null || true
  fi
  rm -f "$1"
}

# A process that nobody has waited for yet is gone, too.
gone() { ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }

# Asks until the answer is yes: SECONDS COMMAND
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.05
  done
}
