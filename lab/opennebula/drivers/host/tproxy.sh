#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# STAND-IN of OpenNebula's transparent proxy for guests, on the hypervisor, as root:
#   tproxy up BRIDGE PORT:ADDRESS:PORT...   guests of the bridge reach 169.254.16.9:PORT, which is ADDRESS:PORT
#   tproxy down BRIDGE                      takes it away again
# Like the real one it listens in a network namespace of its own on the bridge and connects from the host's; what carries the bytes
# is systemd-socket-proxyd, which runs only while a guest talks.
set -eu
action=$1 bridge=$2
shift 2
namespace=one_tproxy_$bridge

exec 9>/run/lock/one-tproxy
flock 9

there() { ip link show dev "$1" >/dev/null 2>&1; }

end() {
  systemctl stop "$1.socket" "$1.service" 2>/dev/null || true
  systemctl reset-failed "$1.socket" "$1.service" 2>/dev/null || true
}

connect() {
  there "${bridge}b" || ip link add "${bridge}b" type veth peer name "${bridge}a"
  ip link set "${bridge}b" master "$bridge" up
  [ -e "/run/netns/$namespace" ] || ip netns add "$namespace"
  if there "${bridge}a"; then ip link set "${bridge}a" netns "$namespace"; fi
  ip -n "$namespace" address replace 169.254.16.9/32 dev "${bridge}a"
  ip -n "$namespace" link set "${bridge}a" up
  ip -n "$namespace" route replace default dev "${bridge}a"
}

serve() {
  port=${1%%:*} remote=${1#*:}
  unit=one_tproxy-$bridge-$port
  if systemctl is-active --quiet "$unit.socket" &&
    [ "$(systemctl show --value --property=Description "$unit.socket")" = "$remote" ]; then return; fi
  end "$unit"
  systemd-run --quiet --collect --unit="$unit" --description="$remote" \
    --socket-property=ListenStream="169.254.16.9:$port" \
    --socket-property=NetworkNamespacePath="/run/netns/$namespace" \
    /lib/systemd/systemd-socket-proxyd --exit-idle-time=10s "$remote"
}

case $action in
up)
  connect
  for endpoint; do serve "$endpoint"; done
  ;;
down)
  for unit in $(systemctl list-units --all --plain --no-legend "one_tproxy-$bridge-*.socket" | cut -d' ' -f1); do
    end "${unit%.socket}"
  done
  if there "${bridge}b"; then ip link delete "${bridge}b"; fi
  if [ -e "/run/netns/$namespace" ]; then ip netns delete "$namespace"; fi
  ;;
*)
  echo "tproxy: no action $action" >&2
  exit 2
  ;;
esac
