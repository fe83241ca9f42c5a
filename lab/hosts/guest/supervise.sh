#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Keeps one lab host running: makes its network namespace and NICs, boots it, and boots it again when it reboots itself.
# Runs in the mount namespace of the machine (named network namespaces must be visible to all); only the boot has its own.
#
# supervise.sh HOST-DIRECTORY
#   host.conf  NAME=value lines: namespace, fabric, machine, hostname, cgroup, base
#   nics       one NIC a line: name mac fabric-port bridge
#   routed     MACs that the fabric delivers to this host besides its own, one a line
set -euo pipefail

directory=$1
here=$(dirname "$(readlink -f "$0")")
declare -A conf
while IFS='=' read -r key value; do conf[$key]=$value; done <"$directory/host.conf"
namespace=${conf[namespace]} fabric=${conf[fabric]}

remove_network() {
  local port
  while read -r _ _ port _; do ip -n "$fabric" link delete dev "$port" 2>/dev/null || true; done <"$directory/nics"
  ip netns delete "$namespace" 2>/dev/null || true
}

make_network() {
  local name mac port bridge routed
  remove_network
  ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  while read -r name mac port bridge; do
    # Deleting a namespace takes its devices down a moment later: the port may still be there.
    for _ in {1..50}; do
      ip link add name "$port" netns "$fabric" type veth peer name "$name" address "$mac" netns "$namespace" \
        2>"$directory/error" && break
      sleep 0.1
    done
    ip -n "$fabric" link set dev "$port" master "$bridge" up || { cat "$directory/error" >&2; return 1; }
    [[ $name == eno1 ]] || continue
    while read -r routed; do bridge -n "$fabric" fdb replace "$routed" dev "$port" master static; done <"$directory/routed"
  done <"$directory/nics"
}

# The former supervisor was killed and the host lives on: take over where it stopped. How the host will end is told to nobody
# but its parent, so it is taken for a reboot; whoever switches a host off ends the supervisor first.
pid=$(cat "$directory/nspawn.pid" 2>/dev/null || echo none)
# A dead process that nobody has reaped has no command line.
while grep -qza -- "^--machine=${conf[machine]}$" "/proc/$pid/cmdline" 2>/dev/null; do sleep 0.2; done

while :; do
  make_network
  status=0
  # slave: the copies of other namespaces' mounts go away when their originals do.
  unshare --mount --propagation slave "$here/boot.sh" "$directory" || status=$?
  echo "$(date --iso-8601=seconds) ${conf[machine]} ended with $status"
  # 133 is how systemd-nspawn says that the host rebooted.
  [[ $status == 133 ]] || break
done
remove_network
rm -f "$directory/nspawn.pid"
