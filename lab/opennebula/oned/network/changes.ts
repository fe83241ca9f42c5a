// SPDX-License-Identifier: Apache-2.0

/** How VMs get a network's changed attributes: one after the other, as they run, with their host's driver. */
import type { Work } from "../background";
import type { Entity } from "../entities";
import type { State } from "../state";
import type { Template } from "../template";
import { get, vectors, without } from "../template";
import { closeRecord } from "../vm/history";
import { begin } from "../vm/machine";
import { CHANGE, noteChange } from "../vm/network-change";
import { lcmName, VmState } from "../vm/states";
import { VnState } from "./definition";
import { commitSome, commitUpdates, judgeOutdated } from "./updates";

/** Attributes of which a change concerns the NICs of VMs. */
const ATTRIBUTES = [
  ...["PHYDEV", "MTU", "VLAN_ID", "QINQ_TYPE", "CVLANS", "VLAN_TAGGED_ID", "OUTER_VLAN_ID", "INBOUND_AVG_BW"],
  ...["INBOUND_PEAK_BW", "INBOUND_PEAK_KB", "OUTBOUND_AVG_BW", "OUTBOUND_PEAK_BW", "OUTBOUND_PEAK_KB", "SPOOFCHK"],
  "TRUST",
];

/** Life-cycle states in which a NIC cannot be changed. */
const BUSY =
  /^(BOOT(_MIGRATE|_SUSPENDED|_STOPPED|_UNDEPLOY|_POWEROFF|_UNKNOWN)?|BOOT_(MIGRATE_|UNDEPLOY_|STOPPED_)?FAILURE|MIGRATE|HOTPLUG(_NIC|_NIC_POWEROFF|_SNAPSHOT|_SAVEAS|_RESIZE)?|DISK_(SNAPSHOT|SNAPSHOT_DELETE|RESIZE)|UNKNOWN)$/;

type Network = Entity<"vn">;
type Values = Record<string, string>;
type Changing = Pick<Work, "state" | "now">;

/** The old values of what a template had otherwise. */
function changeOf(before: Template, now: Template): Values {
  const names = ATTRIBUTES.filter((name) => (get(before, name) ?? "") !== (get(now, name) ?? ""));
  return Object.fromEntries(names.map((name) => [name, get(before, name) ?? ""]));
}

/** After an update of the network's template: VMs get what they had from it. */
export function networkChanged(work: Changing, network: Network, before: Template): void {
  const change = changeOf(before, network.template);
  network.template = without(network.template, CHANGE);
  if (Object.keys(change).length === 0) return;
  commitUpdates(network.data, false);
  spread(work, network, change);
}

/** After an update of one of its ranges: those that have addresses of it get what NICs inherit. */
export function rangeChanged(
  work: Changing,
  network: Network,
  { before, now, inherited }: { before: Values; now: Values; inherited: string[] },
): void {
  const names = inherited.filter((name) => before[name] !== now[name]);
  if (names.length === 0) return;
  const range = network.data.ranges.find(({ attributes }) => attributes === now);
  const vms = Object.values(range?.leases ?? {}).flatMap(({ kind, id }) => (kind === "vm" && id >= 0 ? [id] : []));
  commitSome(network.data, [...new Set(vms)]);
  spread(work, network, Object.fromEntries(names.map((name) => [name, before[name] ?? ""])));
}

function spread(work: Changing, network: Network, change: Values): void {
  network.template = [...without(network.template, CHANGE), { name: CHANGE, value: change }];
  if (network.data.state === VnState.UPDATE_FAILURE) network.data.state = VnState.READY;
  tellNetwork(work, network);
}

/** Goes on with the VMs that do not know a network's change yet, up to the first whose host has to be told. */
export function tellNetwork(work: Changing, network: Network): boolean {
  const { state } = work;
  const waiting = judgeOutdated(network.data, (id) => {
    const vm = state.find("vm", id);
    if (vm === undefined) return undefined;
    const lcm = lcmName(vm.data.lcm);
    const active = vm.data.state === VmState.ACTIVE;
    if (active && BUSY.test(lcm)) return "error";
    renewNics(network, vm);
    state.touch("vm", vm);
    if (!active || lcm !== "RUNNING" || vectors(vm.template, CHANGE).length === 0) return "updated";
    closeRecord(vm, "nic-update", { uid: vm.uid, gid: vm.gid, requestId: 0 }, work.now());
    begin(work, vm, "update-network", { networkId: network.id });
    return "updating";
  });
  const over = network.data.updating.length === 0 && vectors(network.template, CHANGE).length > 0;
  if (over) network.template = without(network.template, CHANGE);
  if (waiting || over) state.touch("vn", network);
  return waiting;
}

/** Takes up VMs that are left over, also after a restart. */
export const networksToTell = (work: Work): boolean =>
  work.state.all("vn").reduce((changed, network) => tellNetwork(work, network) || changed, false);

function renewNics(network: Network, vm: Entity<"vm">): void {
  const change = vectors(network.template, CHANGE)[0];
  if (change === undefined) return;
  const nics = vectors(vm.template, "NIC").filter(({ NETWORK_ID }) => NETWORK_ID === String(network.id));
  for (const nic of nics) {
    const range = network.data.ranges.find(({ id }) => String(id) === nic.AR_ID);
    for (const [name, old] of Object.entries(change)) {
      // A value of the NIC's own stays.
      if (nic[name] !== undefined && nic[name] !== old) continue;
      const value = range?.attributes[name] ?? get(network.template, name) ?? "";
      if (value === "") delete nic[name];
      else nic[name] = value;
    }
  }
  if (nics.length > 0) noteChange(vm, change);
}

/** VMs whose recovery was forced count as told. */
export function allTold(state: State, network: Network): void {
  network.data.updated = [...new Set([...network.data.updated, ...network.data.outdated])].sort((a, b) => a - b);
  network.data.outdated = [];
  state.touch("vn", network);
}
