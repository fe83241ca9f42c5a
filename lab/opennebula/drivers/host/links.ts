// SPDX-License-Identifier: Apache-2.0

import ipaddr from "ipaddr.js";
import type { Host } from "./host";
import { proxyBridge, proxyDevice, unproxyBridge } from "./tproxy";

type Nic = Record<string, string>;

/** The device that carries a network's frames between hosts, and what `ip link add` makes it of. */
export interface Carrier {
  name: string;
  make: (host: Host) => string[];
}

const required = (nic: Nic, name: string): string => {
  const value = nic[name] ?? "";
  if (value === "") throw new Error(`NIC ${nic.NIC_ID ?? ""} has no ${name}: the virtual network must set it`);
  return value;
};

/** The multicast group of a VXLAN: the first group of the settings, counted on by the network's number. */
export function multicastGroup(first: string, vni: number): string {
  const octets = ipaddr.IPv4.parse(first).octets;
  const number = octets.reduce((sum, octet) => sum * 256 + octet, 0) + vni;
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}

/** By driver; one that is not here has no device of its own: its bridge stands on PHYDEV itself. */
export const CARRIERS: Record<string, (nic: Nic) => Carrier> = {
  vxlan: (nic) => {
    const [phydev, vni] = [required(nic, "PHYDEV"), required(nic, "VLAN_ID")];
    if ((nic.VXLAN_MODE ?? "multicast") !== "multicast") {
      throw new Error(`VXLAN_MODE ${nic.VXLAN_MODE}: the stand-in's driver has multicast alone`);
    }
    return {
      name: `${phydev}.${vni}`,
      make: ({ settings }) => {
        const group = multicastGroup(nic.VXLAN_MC ?? settings.vxlan_mc, Number(vni));
        return [
          "type",
          "vxlan",
          "id",
          vni,
          "group",
          group,
          "ttl",
          settings.vxlan_ttl,
          "dev",
          phydev,
          "dstport",
          "8472",
        ];
      },
    };
  },
  "802.1Q": (nic) => {
    const [phydev, vlan] = [required(nic, "PHYDEV"), required(nic, "VLAN_ID")];
    return { name: `${phydev}.${vlan}`, make: () => ["link", phydev, "type", "vlan", "id", vlan] };
  },
};

/** Makes a device unless it is there; another VM's start may be faster. */
async function ensureDevice(host: Host, name: string, make: string[]): Promise<void> {
  if (host.has(name)) return;
  try {
    await host.root(["ip", "link", "add", "name", name, ...make]);
  } catch (error) {
    if (!host.has(name)) throw error;
  }
}

/** Before the VM starts: its bridges, and in each what connects it to the other hosts. */
export async function connect(host: Host, driver: string, nics: Nic[]): Promise<void> {
  for (const nic of nics) {
    const bridge = required(nic, "BRIDGE");
    const carrier = CARRIERS[driver]?.(nic);
    await ensureDevice(host, bridge, ["type", "bridge"]);
    if (carrier !== undefined) {
      await ensureDevice(host, carrier.name, carrier.make(host));
      if (nic.MTU) await host.root(["ip", "link", "set", carrier.name, "mtu", nic.MTU]);
      await host.root(["ip", "link", "set", carrier.name, "up"]);
    }
    const port = carrier?.name ?? nic.PHYDEV ?? "";
    if (port !== "" && port !== bridge && !host.ports(bridge).includes(port)) {
      await host.root(["ip", "link", "set", port, "master", bridge]);
    }
    await host.root(["ip", "link", "set", bridge, "up"]);
    await proxyBridge(host, nic);
  }
}

/** A network has changed while the VM runs: what carried it before goes, or leaves the bridge. */
export async function reconnect(
  host: Host,
  driver: string,
  { nics, before }: { nics: Nic[]; before: Nic },
): Promise<void> {
  for (const nic of nics) {
    const [carrier, old] = [nic, { ...nic, ...before }].map((one) => CARRIERS[driver]?.(one).name ?? one.PHYDEV ?? "");
    if (old === undefined || old === "" || old === carrier || !host.has(old)) continue;
    await host.root(["ip", "link", ...(CARRIERS[driver] ? ["delete", old] : ["set", old, "nomaster"])]);
  }
  await connect(host, driver, nics);
}

/** After the VM has left: a bridge that nothing but its carrier and its proxy is in goes, with both. */
export async function disconnect(host: Host, driver: string, nics: Nic[]): Promise<void> {
  for (const nic of nics) {
    const bridge = nic.BRIDGE ?? "";
    const carrier = CARRIERS[driver]?.(nic).name;
    if (!host.has(bridge)) continue;
    // Whatever else is in the bridge, be it another VM or the host's own NIC, needs it.
    const own = [carrier, proxyDevice(bridge)];
    if (host.ports(bridge).some((port) => !own.includes(port))) continue;
    await unproxyBridge(host, bridge);
    if (host.settings.keep_empty_bridge) continue;
    for (const device of [carrier, bridge]) {
      if (device !== undefined && host.has(device)) await host.root(["ip", "link", "delete", device]);
    }
  }
}
