# shellcheck shell=bash
# A registry on the loopback interface, empty at each start. Its only user is «modelgate».

registry_pid=$parts/registry.pid
registry_log=$parts/registry.log
registry_address=$parts/registry.address
# As htpasswd -nbBC 4 writes it; the password is let+me/in, which some encodings of base64 break.
# shellcheck disable=SC2016 # nothing is to be expanded
registry_login='modelgate:$2y$04$E5HXrexNZPtmpL1iiqvhp.iHDbLg9sMmBs5z0myzH80b1eshQADWa'

# Without a login it says 401.
registry_answers() {
  process "$registry_pid" > /dev/null && [[ -s $registry_address ]] &&
    [[ $(curl --silent --max-time 10 --noproxy '*' --output /dev/null --write-out '%{http_code}' \
      "http://$(cat "$registry_address")/v2/") == 401 ]]
}

start_registry() {
  stop_registry
  printf '%s\n' "$registry_login" > "$parts/htpasswd"
  registry_settings > "$parts/registry.yml"
  launch "$registry_log" "$registry_pid" docker-registry serve "$parts/registry.yml"
  until_true 30 registry_up || fail 'the registry does not answer' "$registry_log"
  registry_answers || fail 'the registry has ended' "$registry_log"
}

# The system gives the port, and the registry says which.
registry_up() {
  gone "$(cat "$registry_pid")" && return
  sed -nE 's/.*listening on (127\.0\.0\.1:[0-9]+).*/\1/p' "$registry_log" > "$registry_address"
  registry_answers
}

registry_settings() {
  cat << END
version: 0.1
log: { level: info, accesslog: { disabled: true } }
storage: { filesystem: { rootdirectory: "$parts/registry" }, delete: { enabled: true } }
http: { addr: "127.0.0.1:0", secret: none }
auth: { htpasswd: { realm: modelgate-test, path: "$parts/htpasswd" } }
END
}

stop_registry() {
  end "$registry_pid"
  rm -rf "$parts/registry" "$registry_address"
}
