// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, statSync } from "node:fs";

import { addresses, inNamespace, namespacePath } from "./layout";
import type { LabLayout } from "./layout";
import { run, tryRun } from "./run";

/** Bridge of the servers' public network, in the fabric. */
export const publicBridge = "br-public";

/** Bridge of a private network, in the fabric: one for each, without an address, so that only hosts are in it. */
export function privateBridge(privateNetworkId: string): string {
  return `pn-${privateNetworkId.replace(/-/g, "").slice(0, 12)}`;
}

async function hasNamespace(namespace: string): Promise<boolean> {
  const path = namespacePath(namespace);
  if (!existsSync(path)) return false;
  if (statSync(path).dev !== statSync("/run/netns").dev) return true;
  // A plain file: whoever made the namespace was killed between the file and the mount.
  await tryRun(["ip", "netns", "delete", namespace]);
  return false;
}

async function ensureNamespace(namespace: string): Promise<void> {
  if (await hasNamespace(namespace)) return;
  const made = await tryRun(["ip", "netns", "add", namespace]);
  if (made.code !== 0 && !made.stderr.includes("File exists")) {
    throw new Error(`network namespace ${namespace} cannot be made: ${made.stderr.trim()}`);
  }
}

async function hasLink(namespace: string, link: string): Promise<boolean> {
  return (await tryRun(["ip", "-n", namespace, "link", "show", "dev", link])).code === 0;
}

/** Lines for `ip -batch` in one namespace: every one may be run again. */
async function configure(namespace: string, lines: string[]): Promise<void> {
  await run(["ip", "-n", namespace, "-batch", "-"], { input: lines.map((line) => `${line}\n`).join("") });
}

async function setSysctls(namespace: string, values: Record<string, string>): Promise<void> {
  const writes = Object.entries(values).map(([key, value]) => `echo ${value} >/proc/sys/${key.replace(/\./g, "/")}`);
  await run(inNamespace(namespace, ["sh", "-ec", writes.join("\n")]));
}

/**
 * Makes the lab's namespaces: the fabric, which routes between the lab's subnets and nowhere else, the operator and a host in the
 * public zone. Nothing of it is connected to a network of the machine. Repairs what is missing; changes nothing that stands.
 */
export async function ensureNetworks(layout: LabLayout): Promise<void> {
  const { fabric, operator, publicZone } = layout.namespaces;
  for (const namespace of [fabric, operator, publicZone]) await ensureNamespace(namespace);
  await setSysctls(fabric, {
    "net.ipv6.conf.default.disable_ipv6": "1",
    "net.ipv4.ip_forward": "1",
  });
  if (!(await hasLink(fabric, publicBridge))) await configure(fabric, [`link add ${publicBridge} type bridge`]);
  await configure(fabric, [
    "link set lo up",
    `address replace ${addresses.publicGateway}/${addresses.publicPrefixLength} dev ${publicBridge}`,
    `address replace ${addresses.flexibleGateway}/32 dev ${publicBridge}`,
    `link set ${publicBridge} up`,
    // What is not in the lab is refused at once instead of timing out.
    "route replace unreachable default",
  ]);
  await connect(fabric, "to-op", {
    namespace: operator,
    address: addresses.operator,
    gateway: addresses.operatorGateway,
    others: [addresses.publicNetwork, addresses.flexibleNetwork, addresses.publicZoneNetwork],
  });
  await connect(fabric, "to-pub", {
    namespace: publicZone,
    address: addresses.publicZoneHost,
    gateway: addresses.publicZoneGateway,
    others: [addresses.publicNetwork, addresses.flexibleNetwork],
  });
}

interface Leaf {
  namespace: string;
  address: string;
  gateway: string;
  others: string[];
}

async function connect(fabric: string, port: string, leaf: Leaf): Promise<void> {
  if (!(await hasLink(fabric, port)) || !(await hasLink(leaf.namespace, "net0"))) {
    await tryRun(["ip", "-n", fabric, "link", "delete", port]);
    await run([
      "ip",
      "link",
      "add",
      "name",
      port,
      "netns",
      fabric,
      "type",
      "veth",
      "peer",
      "name",
      "net0",
      "netns",
      leaf.namespace,
    ]);
  }
  await configure(fabric, [`address replace ${leaf.gateway}/25 dev ${port}`, `link set ${port} up`]);
  await configure(leaf.namespace, [
    "link set lo up",
    `address replace ${leaf.address}/25 dev net0`,
    "link set net0 up",
    ...leaf.others.map((network) => `route replace ${network} via ${leaf.gateway}`),
  ]);
}

/** Makes the bridge of a private network, if need be. */
export async function ensurePrivateBridge(layout: LabLayout, bridge: string): Promise<void> {
  const { fabric } = layout.namespaces;
  if (!(await hasLink(fabric, bridge))) {
    const made = await tryRun(["ip", "-n", fabric, "link", "add", bridge, "type", "bridge"]);
    if (made.code !== 0 && !made.stderr.includes("File exists")) throw new Error(made.stderr.trim());
  }
  await configure(fabric, [`link set ${bridge} up`]);
}

/** Takes a private network's bridge away once no host is on it. */
export async function removeUnusedBridge(layout: LabLayout, bridge: string): Promise<void> {
  const ports = await tryRun(["ip", "-n", layout.namespaces.fabric, "-o", "link", "show", "master", bridge]);
  if (ports.code === 0 && ports.stdout.trim() === "") {
    await tryRun(["ip", "-n", layout.namespaces.fabric, "link", "delete", bridge]);
  }
}

/** A NIC of a host and its other end in the fabric. */
export interface Nic {
  /** In the host: `eno1`, `pn<vlan>`. */
  name: string;
  mac: string;
  /** In the fabric; at most 15 characters. */
  port: string;
  bridge: string;
}

/** Plugs a NIC into a running host. */
export async function plugNic(layout: LabLayout, hostNamespace: string, nic: Nic): Promise<void> {
  const { fabric } = layout.namespaces;
  if (!(await hasLink(hostNamespace, nic.name)) || !(await hasLink(fabric, nic.port))) {
    await unplugNic(layout, nic);
    const host = ["name", nic.name, "address", nic.mac, "netns", hostNamespace];
    await run(["ip", "link", "add", "name", nic.port, "netns", fabric, "type", "veth", "peer", ...host]);
  }
  await configure(fabric, [`link set ${nic.port} master ${nic.bridge} up`]);
}

/** Pulls a NIC out of a host. Nothing happens if it is out already. */
export async function unplugNic(layout: LabLayout, nic: Nic): Promise<void> {
  await tryRun(["ip", "-n", layout.namespaces.fabric, "link", "delete", nic.port]);
}

/**
 * Sends a flexible IP's packets to one host, as the provider's switch does: by the IP's virtual MAC (or the host's own), and to
 * that host's port only. `undefined` takes the route away.
 */
export async function routeAddress(
  layout: LabLayout,
  address: string,
  to: { mac: string; port: string | undefined } | undefined,
): Promise<void> {
  const { fabric } = layout.namespaces;
  if (to === undefined) {
    await tryRun(["ip", "-n", fabric, "route", "delete", `${address}/32`]);
    await tryRun(["ip", "-n", fabric, "neighbour", "delete", address, "dev", publicBridge]);
    return;
  }
  await configure(fabric, [
    `route replace ${address}/32 dev ${publicBridge}`,
    `neighbour replace ${address} lladdr ${to.mac} dev ${publicBridge} nud permanent`,
  ]);
  if (to.port !== undefined) {
    await run(["bridge", "-n", fabric, "fdb", "replace", to.mac, "dev", to.port, "master", "static"]);
  }
}

/** Removes every namespace of the lab, hosts' included, with all links in them. */
export async function removeNetworks(layout: LabLayout): Promise<void> {
  if (!existsSync("/run/netns")) return;
  const mine = readdirSync("/run/netns").filter((entry) => entry.startsWith(`${layout.id}-`));
  for (const namespace of mine) await tryRun(["ip", "netns", "delete", namespace]);
  // The directory is a mount of its own since the first namespace; without any it is a leftover. Fails while one is in use.
  if (readdirSync("/run/netns").length === 0) await tryRun(["umount", "/run/netns"]);
}
