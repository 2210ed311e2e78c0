# shellcheck shell=bash
# A bridge of our own. The engine leaves the firewall alone, since a second engine on one machine
# empties the chains of the first as it starts; three rules that name our bridge do instead. Ports
# are published by the engine's proxy, which needs no rule.

# An interface's name has room for 15 bytes: one bridge for each checkout.
bridge=mg$(printf '%s' "$parts" | cksum | cut -d ' ' -f 1)

make_bridge() {
  remove_bridge
  local net
  net=$(free_net) || fail 'no free subnet in 10.213.0.0/16'
  {
    ip link add name "$bridge" type bridge
    ip address add "$net.1/24" dev "$bridge"
    ip link set "$bridge" up
  } || fail "the bridge $bridge cannot be made"
  echo "$net.0/24" > "$parts/subnet"
  rules -I || say 'the firewall takes no rules: containers reach this machine only'
}

remove_bridge() {
  # Not all may be there.
  rules -D 2> /dev/null || true
  ip link delete "$bridge" 2> /dev/null || true
}

# Adds (-I) or deletes (-D) what lets the containers out, and the answers in.
rules() {
  local subnet code=0
  subnet=$(cat "$parts/subnet" 2> /dev/null) || return 1
  iptables -w "$1" FORWARD -i "$bridge" -j ACCEPT || code=1
  iptables -w "$1" FORWARD -o "$bridge" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT || code=1
  iptables -w -t nat "$1" POSTROUTING -s "$subnet" ! -o "$bridge" -j MASQUERADE || code=1
  return "$code"
}

# Three numbers of a subnet that no interface and no route has. Each checkout begins elsewhere.
free_net() {
  local taken start n net
  taken=$(ip -4 route show table all; ip -4 address show)
  start=${bridge#mg}
  for n in {0..255}; do
    net=10.213.$(((start + n) % 256))
    [[ $taken == *" $net."* || $taken == *$'\n'"$net."* ]] || { printf '%s' "$net"; return; }
  done
  return 1
}
