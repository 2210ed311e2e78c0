# shellcheck shell=bash
# The engine.

engine_socket=$parts/docker.sock
engine_pid=$parts/dockerd.pid
engine_log=$parts/dockerd.log
# Builds fill a disk: past this many MiB the engine starts empty. Its cache holds itself to less.
engine_most=6000

engine() {
  local path=$1
  shift
  curl --silent --show-error --fail --max-time 120 --unix-socket "$engine_socket" "$@" "http://engine$path"
}

engine_answers() { [[ -S $engine_socket ]] && engine /_ping > /dev/null 2>&1; }

start_engine() {
  stop_engine
  if (($(du --summarize --one-file-system --block-size=1M "$parts/data" 2> /dev/null | cut -f 1) + 0 > engine_most)); then
    rm -rf "$parts/data"
  fi
  make_bridge
  # A containerd of the system, if one runs, is shared: hence the namespaces.
  engine_settings > "$parts/daemon.json"
  launch "$engine_log" "$parts/launched.pid" dockerd --config-file "$parts/daemon.json" \
    --containerd-namespace "$bridge" --containerd-plugins-namespace "$bridge-plugins"
  until_true 60 engine_up || fail 'the engine does not answer' "$engine_log"
  engine_answers || fail 'the engine has ended' "$engine_log"
}

# It answers, or it will never.
engine_up() { engine_answers || gone "$(cat "$parts/launched.pid")"; }

# With sudo, the group of who called it may use the socket.
engine_settings() {
  cat << END
{
  "hosts": ["unix://$engine_socket"],
  "group": "${SUDO_GID:-0}",
  "data-root": "$parts/data",
  "exec-root": "$parts/exec",
  "pidfile": "$engine_pid",
  "bridge": "$bridge",
  "iptables": false,
  "ip6tables": false,
  "ip-masq": false,
  "builder": { "gc": { "enabled": true, "defaultKeepStorage": "2GB" } },
  "log-level": "warn"
}
END
}

stop_engine() {
  local container
  # An engine that ends first asks each of its containers to, and waits ten seconds.
  if engine_answers; then
    for container in $(engine '/containers/json?all=1' | grep -o '"Id":"[0-9a-f]*"' | cut -d '"' -f 4); do
      engine "/containers/$container?force=1&v=1" --request DELETE || true
    done
  fi
  end "$engine_pid"
  end "$parts/launched.pid"
  clear_remains
  rm -f "$engine_socket"
  remove_bridge
}

# What an engine leaves that was killed, and the mounts that keep a folder from being deleted.
clear_remains() {
  local shim mount
  end "$parts/exec/containerd/containerd.pid"
  for shim in /proc/[0-9]*; do
    [[ $(cat "$shim/comm" 2> /dev/null) == containerd-shim ]] || continue
    ! grep -qaF -- "$parts/exec/" "$shim/cmdline" 2> /dev/null || end_shim "${shim#/proc/}"
  done
  # The innermost first; a space in a path is written \040.
  cut -d ' ' -f 5 /proc/self/mountinfo | sort --reverse | while read -r mount; do
    mount=$(printf '%b' "${mount//\\/\\0}")
    [[ $mount != "$parts"/* ]] || umount --lazy "$mount" || true
  done
}

# Each container is the child of a program that would outlive its engine.
end_shim() {
  local children=()
  read -ra children < "/proc/$1/task/$1/children" || true
  kill -KILL "${children[@]}" "$1" 2> /dev/null || true
}
