// SPDX-License-Identifier: Apache-2.0

import { randomBytes } from "node:crypto";
import type { Operation, Target } from "./acl";
import type { CallContext } from "./call";
import { authorized } from "./acl";
import { targetOf } from "./call";
import type { OnedConfig } from "./config";
import type { AddressRange, Entity, Holder } from "./entities";
import { Code, Failure } from "./failure";
import type { Prefix, Wanted } from "./network/ranges";
import { addressAt, freeRun, giveBack, heldBy, indexOf, isFree, ruleTarget, take } from "./network/ranges";
import { forgetVm, idList } from "./network/updates";
import type { State } from "./state";
import { get, vectors } from "./template";

/**
 * How VMs, virtual routers and reservations take addresses from networks and give them back. All errors are oned's
 * refusals ({@link Failure}); nothing is changed when one is thrown.
 */

/** A NIC's attributes by name, as in a template. */
export type Nic = Record<string, string>;

const refuse = (message: string): Failure => new Failure(Code.INTERNAL, message);

export const macSettings = (config: OnedConfig): Prefix => ({
  macPrefix: config.get("MAC_PREFIX") ?? "00:01",
  random: () => randomBytes(4).readUInt32BE(),
});

/**
 * The network that a NIC names by NETWORK_ID, or by NETWORK among those of NETWORK_UID, NETWORK_UNAME or the user.
 * Undefined when it names none. Throws oned's refusal when there is no such network.
 */
export function networkOf(state: State, nic: Nic, uid: number): Entity<"vn"> | undefined {
  if ((nic.NETWORK_ID ?? "") !== "") {
    const found = state.find("vn", Number.parseInt(nic.NETWORK_ID ?? "", 10));
    if (found === undefined) throw refuse(`Virtual network with ID: ${nic.NETWORK_ID} does not exist`);
    return found;
  }
  if ((nic.NETWORK ?? "") === "") return undefined;
  const owner = networkOwner(state, nic, uid);
  const found = state.all("vn").find((network) => network.name === nic.NETWORK && network.uid === owner);
  if (found !== undefined) return found;
  throw refuse(
    `User ${owner} does not own a network with name: ${nic.NETWORK} . ` +
      "Set NETWORK_UNAME or NETWORK_UID of owner in NIC.",
  );
}

function networkOwner(state: State, nic: Nic, uid: number): number {
  if ((nic.NETWORK_UID ?? "") !== "") {
    const id = Number.parseInt(nic.NETWORK_UID ?? "", 10);
    if (Number.isNaN(id)) throw refuse("Cannot get user in NETWORK_UID");
    return id;
  }
  if ((nic.NETWORK_UNAME ?? "") === "") return uid;
  const user = state.byName("user", nic.NETWORK_UNAME ?? "");
  if (user === undefined) throw refuse("User set in NETWORK_UNAME does not exist");
  return user.id;
}

/** Rights that using a NIC needs: its network's, and those of all security groups that come with it. */
export function nicNeeds(context: CallContext, nic: Nic): [Operation, Target][] {
  if ((nic.NETWORK_MODE ?? "").toUpperCase() === "AUTO") return [];
  let network: Entity<"vn"> | undefined;
  try {
    network = networkOf(context.state, nic, context.user.id);
  } catch (error) {
    // A network that is not there is refused when its address is to be taken.
    if (!(error instanceof Failure)) throw error;
  }
  const groups = new Set(idList(nic.SECURITY_GROUPS));
  if (network !== undefined) {
    for (const id of idList(get(network.template, "SECURITY_GROUPS"))) groups.add(id);
    for (const range of network.data.ranges) idList(range.attributes.SECURITY_GROUPS).forEach((id) => groups.add(id));
  }
  const needs: [Operation, Target][] = network === undefined ? [] : [["USE", targetOf("vn", network)]];
  for (const id of [...groups].sort((a, b) => a - b)) {
    const group = context.state.find("secgroup", id);
    if (group !== undefined) needs.push(["USE", targetOf("secgroup", group)]);
  }
  return needs;
}

/**
 * Takes an address for a VM's NIC and answers the NIC with everything that it has from its network; a NIC that names
 * none comes back as it is. The address is the one that IP, IP6 or MAC asks for (one of them), else the lowest free
 * one. `nic` must have its NIC_ID.
 */
export function leaseNic(
  context: Pick<CallContext, "state" | "config">,
  nic: Nic,
  vm: { id: number; uid: number },
): Nic {
  const { state, config } = context;
  const network = networkOf(state, nic, vm.uid);
  if (network === undefined) return nic;
  const { data } = network;
  const filled: Nic = { ...nic, NETWORK: network.name, NETWORK_ID: String(network.id), BRIDGE: data.bridge };
  const own: [string, string][] = [
    ["VN_MAD", data.vnMad],
    ["PHYDEV", data.phydev],
    ["VLAN_ID", data.vlanId],
    ["OUTER_VLAN_ID", data.outerVlanId],
    ["PARENT_NETWORK_ID", data.parent < 0 ? "" : String(data.parent)],
    ["BRIDGE_TYPE", data.bridgeType],
  ];
  for (const [name, value] of own) if (value !== "") filled[name] = value;
  if ((filled.TARGET ?? "") === "") filled.TARGET = `one-${vm.id}-${nic.NIC_ID ?? ""}`;
  filled.CLUSTER_ID = data.clusters.join(",");
  const range = isFloatingOnly(nic)
    ? randomMac(filled, config)
    : leaseAddress(config, network, filled, { kind: "vm", id: vm.id });
  inherit(config, network, filled);
  const groups = [
    ...idList(nic.SECURITY_GROUPS),
    ...idList(get(network.template, "SECURITY_GROUPS")),
    ...idList(range?.attributes.SECURITY_GROUPS),
  ];
  filled.SECURITY_GROUPS = [...new Set(groups)].sort((a, b) => a - b).join(",");
  if (!data.updated.includes(vm.id)) data.updated = [...data.updated, vm.id].sort((a, b) => a - b);
  state.touch("vn", network);
  return filled;
}

/** A virtual router's NIC: only one with FLOATING_IP takes an address. */
export function leaseRouterNic(
  context: Pick<CallContext, "state" | "config">,
  nic: Nic,
  router: { id: number; uid: number },
): Nic {
  const network = networkOf(context.state, nic, router.uid);
  if (network === undefined) return nic;
  const filled: Nic = { ...nic, NETWORK: network.name, NETWORK_ID: String(network.id) };
  if (isYes(nic.FLOATING_IP)) leaseAddress(context.config, network, filled, { kind: "vrouter", id: router.id });
  const { data } = network;
  if (!data.vrouters.includes(router.id)) data.vrouters = [...data.vrouters, router.id].sort((a, b) => a - b);
  context.state.touch("vn", network);
  return filled;
}

/** A boolean attribute as oned reads it. */
export const isYes = (text: string | undefined): boolean => /^(yes|true|y|1)$/i.test(text ?? "");

const isFloatingOnly = (nic: Nic): boolean => isYes(nic.FLOATING_IP) && isYes(nic.FLOATING_ONLY);

function randomMac(nic: Nic, config: OnedConfig): undefined {
  const { macPrefix, random } = macSettings(config);
  nic.MAC = [macPrefix, ...(random().toString(16).padStart(8, "0").match(/../g) ?? [])].join(":");
  for (const name of ["IP", "IP6_LINK", "IP6_ULA", "IP6_GLOBAL"]) delete nic[name];
}

const RANGE_FIELDS = ["VN_MAD", "BRIDGE", "PHYDEV", "VLAN_ID"];

/** Takes the address into the NIC; answers the range that it is from. */
function leaseAddress(config: OnedConfig, network: Entity<"vn">, nic: Nic, holder: Holder): AddressRange {
  const noLease = refuse(`Cannot get IP/MAC lease from virtual network ${network.id}.`);
  const given = (["IP", "IP6", "MAC"] as const).filter((name) => (nic[name] ?? "") !== "");
  if (given.length > 1) throw noLease;
  const [name] = given;
  const wanted: Wanted | undefined = name && { [name.toLowerCase()]: nic[name] };
  for (const range of network.data.ranges) {
    const index = wanted === undefined ? freeRun(range, 1) : indexOf(range, wanted);
    if (index === undefined || !isFree(range, index)) continue;
    take(range, index, holder);
    Object.assign(nic, addressAt(range, index), { AR_ID: String(range.id) });
    for (const field of RANGE_FIELDS)
      if ((range.attributes[field] ?? "") !== "") nic[field] = range.attributes[field] ?? "";
    for (const field of config.all("INHERIT_VNET_ATTR")) fill(nic, field, range.attributes[field]);
    return range;
  }
  throw noLease;
}

function fill(nic: Nic, name: string, value: string | undefined): void {
  if ((nic[name] ?? "") === "" && value !== undefined && value !== "") nic[name] = value;
}

/** Attributes that the configuration says NICs have from networks; of a vector all its parts. */
function inherit(config: OnedConfig, network: Entity<"vn">, nic: Nic): void {
  for (const name of config.all("INHERIT_VNET_ATTR")) {
    const [vector] = vectors(network.template, name);
    if (vector === undefined) fill(nic, name, get(network.template, name));
    else for (const [key, value] of Object.entries(vector)) fill(nic, key, value);
  }
}

/** Gives a NIC's address back. Nothing happens when the network or the lease is gone. */
export function releaseNic(state: State, nic: Nic, holder: Holder): void {
  const network = state.find("vn", Number.parseInt(nic.NETWORK_ID ?? "", 10));
  if (network === undefined) return;
  if ((nic.MAC ?? "") !== "") {
    for (const range of network.data.ranges) {
      if (nic.AR_ID !== undefined && Number(nic.AR_ID) !== range.id) continue;
      const index = indexOf(range, { mac: nic.MAC });
      if (index !== undefined) giveBack(range, holder, [index]);
    }
  }
  if (holder.kind === "vm") forgetVm(network.data, holder.id);
  else network.data.vrouters = network.data.vrouters.filter((id) => id !== holder.id);
  state.touch("vn", network);
}

/** Gives everything back that a holder has of a network; answers how many addresses. */
export function releaseAll(state: State, networkId: number, holder: Holder): number {
  const network = state.find("vn", networkId);
  if (network === undefined) return 0;
  state.touch("vn", network);
  return network.data.ranges.reduce((sum, range) => sum + giveBack(range, holder, heldBy(range, holder)), 0);
}

/** What a NIC's address range, else its network, says about an attribute; empty when neither does. */
export function networkAttribute(state: State, nic: Nic, name: string): string {
  const network = state.find("vn", Number.parseInt(nic.NETWORK_ID ?? "", 10));
  const range = network?.data.ranges.find(({ id }) => id === Number(nic.AR_ID ?? "-1"));
  return (range?.attributes[name] ?? "") || (get(network?.template ?? [], name) ?? "");
}

/** Clusters that a NIC's network is in. */
export const networkClusters = (state: State, nic: Nic): number[] =>
  state.find("vn", Number.parseInt(nic.NETWORK_ID ?? "", 10))?.data.clusters ?? [];

/** The rules of security groups as a VM has them: a rule for a network becomes one for each of its ranges. */
export function securityGroupRules(state: State, groups: number[]): Record<string, string>[] {
  return groups.flatMap((id) => {
    const group = state.find("secgroup", id);
    if (group === undefined) return [];
    return vectors(group.template, "RULE").flatMap((rule) => {
      const own = { ...rule, SECURITY_GROUP_ID: String(group.id), SECURITY_GROUP_NAME: group.name };
      if (rule.NETWORK_ID === undefined) return [own];
      const ranges = state.find("vn", Number(rule.NETWORK_ID))?.data.ranges ?? [];
      return ranges.map((range) => ({ ...own, ...ruleTarget(range) }));
    });
  });
}

/** Remembers that a VM has the rules of security groups, or no longer. */
export function noteSecurityGroups(state: State, vm: number, groups: number[], has: boolean): void {
  for (const id of groups) {
    const group = state.find("secgroup", id);
    if (group === undefined) continue;
    if (!has) forgetVm(group.data, vm);
    else if (!group.data.updated.includes(vm)) group.data.updated = [...group.data.updated, vm].sort((a, b) => a - b);
    state.touch("secgroup", group);
  }
}

/** Whether the user may see who holds an address of a network. */
export function leaseViewer(context: CallContext, network: Entity<"vn">): (holder: Holder) => boolean {
  if (authorized(context.state, context.user, "MANAGE", targetOf("vn", network))) return () => true;
  return (holder) => {
    const held = context.state.find(holder.kind as "vn", holder.id);
    return held !== undefined && authorized(context.state, context.user, "USE", targetOf(holder.kind, held));
  };
}
