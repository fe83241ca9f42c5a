// SPDX-License-Identifier: Apache-2.0

/** What says how the network is, once it is ours. */
export const NETPLAN_FILE = "/etc/netplan/60-opennebula-scaleway.yaml";

const FORMER = "/var/lib/opennebula-scaleway/former-network";

/** Configurations of the systems that own the network of a fresh installation: ifupdown or cloud-init on Debian, netplan on Ubuntu. */
const FORMER_OWNERS = [
  "/etc/network/interfaces.d/50-cloud-init",
  "/etc/netplan/50-cloud-init.yaml",
  "/etc/netplan/00-installer-config.yaml",
];

/**
 * Shell text that makes netplan the owner of the network: the former owner's files are set aside, its service is switched off
 * for the next boot without taking interfaces down now, and the new files take effect in one step.
 */
export function activateNetwork(bridge: string): string {
  return `install -d -m 0700 ${FORMER}
for file in ${FORMER_OWNERS.join(" ")}; do
  if [ -e "$file" ]; then mv -f "$file" "${FORMER}/$(basename "$file")"; fi
done
if [ -e /etc/network/interfaces ] && grep -Eq '^[[:space:]]*(auto|allow-hotplug|iface)[[:space:]]+[^l]' /etc/network/interfaces; then
  mv -f /etc/network/interfaces ${FORMER}/interfaces
  printf 'auto lo\\niface lo inet loopback\\n' > /etc/network/interfaces
fi
if systemctl is-enabled --quiet networking.service 2>/dev/null; then
  systemctl disable --quiet networking.service
  touch ${FORMER}/networking-enabled
fi
netplan generate
systemctl enable --quiet systemd-networkd.service systemd-resolved.service
systemctl start systemd-resolved.service
# A DHCP client of the former owner would put its address back.
for pid in $(pgrep -x dhclient || true); do kill "$pid" || true; done
for nic in $(ip -o route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | sort -u); do
  [ "$nic" = "${bridge}" ] || ip addr flush dev "$nic" scope global
done
netplan apply
for _ in $(seq 1 60); do
  if ip -o route show default | grep -q 'dev ${bridge}'; then exit 0; fi
  sleep 0.5
done
echo "no default route over ${bridge} after 30 s" >&2
exit 1`;
}

/**
 * Shell text that puts the network back after the files were: into what our own file said before, or, where there was none, to its
 * former owner.
 */
export function restoreNetwork(bridge: string): string {
  return `if [ -e ${NETPLAN_FILE} ]; then
  netplan apply
  exit 0
fi
if ip link show ${bridge} >/dev/null 2>&1; then ip link del ${bridge}; fi
for file in ${FORMER_OWNERS.join(" ")}; do
  if [ -e "${FORMER}/$(basename "$file")" ]; then mv -f "${FORMER}/$(basename "$file")" "$file"; fi
done
if [ -e ${FORMER}/interfaces ]; then mv -f ${FORMER}/interfaces /etc/network/interfaces; fi
if [ -e ${FORMER}/networking-enabled ]; then
  rm -f ${FORMER}/networking-enabled
  systemctl enable --quiet networking.service
  systemctl restart networking.service
fi
if command -v netplan >/dev/null && ls /etc/netplan/*.yaml >/dev/null 2>&1; then netplan apply; fi`;
}
