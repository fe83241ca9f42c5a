// SPDX-License-Identifier: Apache-2.0

import type { CallContext } from "./call";
import type { Entity, Quotas } from "./entities";
import { Code, Failure } from "./failure";
import { sizeOf } from "./network/ranges";
import { clusterQuota, defaultQuotas, QUOTA_METRICS } from "./quotas";
import { totalSize } from "./snapshots";
import type { State } from "./state";
import type { Template } from "./template";
import { get, vectors } from "./template";
import { lastRecord } from "./vm/history";
import { VmState } from "./vm/states";

type Section = keyof typeof QUOTA_METRICS;

/** Amounts by section, resource id (`""` for VM) and metric. */
export type Usage = Partial<Record<Section, Record<string, Record<string, number>>>>;

const DEFAULT = -1;
const UNLIMITED = -2;

/** What the objects of a user or group use. oneadmin's are not counted. */
export function usageOf(state: State, kind: "user" | "group", id: number): Usage {
  const usage: Usage = {};
  if (id === 0) return usage;
  const owned = (e: Entity): boolean => (kind === "user" ? e.uid : e.gid) === id;
  for (const image of state.all("image").filter((e) => owned(e as Entity))) {
    add(usage, imageUsage(image.data.datastore, image.data.sizeMb + totalSize(image.data.snapshots)));
  }
  for (const vm of state.all("vm").filter((e) => owned(e as Entity))) {
    if (vm.data.state === VmState.DONE) continue;
    const own = vmUsage(vm.template, isRunning(vm.data.state));
    add(usage, own);
    const cluster = lastRecord(vm)?.cid;
    const key = cluster === undefined ? undefined : clusterQuota(state.find(kind, id)?.data.quotas ?? {}, cluster);
    if (key !== undefined) add(usage, { VM: { [key]: own.VM?.[""] ?? {} } });
  }
  for (const network of state.all("vn").filter((e) => owned(e as Entity) && e.data.parent >= 0)) {
    add(usage, { NETWORK: { [network.data.parent]: { LEASES: reservedBy(network) } } });
  }
  for (const router of state.all("vrouter").filter((e) => owned(e as Entity))) {
    for (const nic of vectors(router.template, "NIC").filter(({ VROUTER_MAC }) => VROUTER_MAC !== undefined)) {
      add(usage, { NETWORK: { [nic.NETWORK_ID ?? ""]: { LEASES: 1 } } });
    }
  }
  return usage;
}

/** Addresses that a reservation has of its network. */
export const reservedBy = (network: Entity<"vn">): number =>
  network.data.ranges.reduce((sum, range) => sum + Number(sizeOf(range)), 0);

/** States in which a VM counts as running: all but those in which it waits without a host's capacity. */
export function isRunning(state: number): boolean {
  const { STOPPED, SUSPENDED, DONE, POWEROFF, UNDEPLOYED } = VmState;
  return !([STOPPED, SUSPENDED, DONE, POWEROFF, UNDEPLOYED] as number[]).includes(state);
}

export function imageUsage(datastore: number, sizeMb: number): Usage {
  return { DATASTORE: { [datastore]: { IMAGES: 1, SIZE: sizeMb } } };
}

/** What a VM with this template needs. */
export function vmUsage(template: Template, running: boolean): Usage {
  const number = (name: string): number => Number(get(template, name) ?? "0") || 0;
  const capacity = { VMS: 1, CPU: number("CPU"), MEMORY: number("MEMORY") };
  const now: Record<string, number> = running
    ? { RUNNING_VMS: 1, RUNNING_CPU: capacity.CPU, RUNNING_MEMORY: capacity.MEMORY }
    : {};
  const usage: Usage = { VM: { "": { ...capacity, ...now, SYSTEM_DISK_SIZE: systemDiskSize(template) } } };
  for (const disk of vectors(template, "DISK")) {
    if (disk.IMAGE_ID !== undefined) add(usage, { IMAGE: { [disk.IMAGE_ID]: { RVMS: 1 } } });
    if (disk.IMAGE_ID !== undefined && targetOf(disk) === "SELF") {
      add(usage, { DATASTORE: { [disk.DATASTORE_ID ?? ""]: { SIZE: diskSize(disk) } } });
    }
  }
  for (const nic of [...vectors(template, "NIC"), ...vectors(template, "NIC_ALIAS")]) {
    if (nic.NETWORK_ID !== undefined) add(usage, { NETWORK: { [nic.NETWORK_ID]: { LEASES: 1 } } });
  }
  return usage;
}

/** Where a disk's copy is: on the image's datastore (SELF), the system one (SYSTEM), or there is none (NONE). */
function targetOf(disk: Record<string, string>): string {
  if (disk.IMAGE_ID === undefined) return "SYSTEM";
  return (disk.CLONE === "NO" ? disk.LN_TARGET : disk.CLONE_TARGET) ?? "SYSTEM";
}

const diskSize = (disk: Record<string, string>): number =>
  (Number(disk.SIZE ?? "0") || 0) + (Number(disk.DISK_SNAPSHOT_TOTAL_SIZE ?? "0") || 0);

/** MiB on the system datastore: disks that are copied there, and memory in system snapshots. */
function systemDiskSize(template: Template): number {
  const disks = vectors(template, "DISK").filter((disk) => targetOf(disk) === "SYSTEM");
  const snapshots = vectors(template, "SNAPSHOT");
  return (
    disks.reduce((sum, disk) => sum + diskSize(disk), 0) +
    snapshots.reduce((sum, snapshot) => sum + (Number(snapshot.SYSTEM_DISK_SIZE ?? "0") || 0), 0)
  );
}

function add(usage: Usage, more: Usage): void {
  for (const [section, resources] of Object.entries(more)) {
    const known = (usage[section as Section] ??= {});
    for (const [id, metrics] of Object.entries(resources)) {
      const entry = (known[id] ??= {});
      for (const [metric, amount] of Object.entries(metrics)) entry[metric] = (entry[metric] ?? 0) + amount;
    }
  }
}

/**
 * Refuses what would go over a limit of the owner or of the owner's group, in oned's words. Amounts are what comes in
 * addition to what is used now.
 */
export function checkQuotas(
  context: CallContext,
  owner: { uid: number; gid: number },
  request: Usage,
  code: number = Code.AUTHORIZATION,
): void {
  const reason = overLimit(context.state, owner, () => request);
  if (reason === undefined) return;
  throw new Failure(code, code === Code.AUTHORIZATION ? `User [${context.user.id}] : ${reason}.` : `${reason}.`);
}

/** Which limit of the owner, or of the owner's group, would be passed; `request` may ask for other amounts by their quotas. */
function overLimit(
  state: State,
  owner: { uid: number; gid: number },
  request: (quotas: Quotas) => Usage,
): string | undefined {
  for (const [kind, id] of [
    ["user", owner.uid],
    ["group", owner.gid],
  ] as const) {
    if (id === 0) continue;
    const quotas = state.find(kind, id)?.data.quotas ?? {};
    const reason = over(request(quotas), usageOf(state, kind, id), quotas, defaultQuotas(state, kind));
    if (reason !== undefined) return `${kind} [${id}] ${reason}`;
  }
  return undefined;
}

/** Which limit for VMs of a cluster keeps a VM from getting there: one that is there already is counted. */
export function clusterLimit(state: State, vm: Entity<"vm">, cluster: number): string | undefined {
  if (lastRecord(vm)?.cid === cluster) return undefined;
  const amounts = vmUsage(vm.template, true).VM?.[""] ?? {};
  return overLimit(state, vm, (quotas) => {
    const key = clusterQuota(quotas, cluster);
    return key === undefined ? {} : { VM: { [key]: amounts } };
  });
}

function over(request: Usage, used: Usage, limits: Quotas, defaults: Quotas): string | undefined {
  for (const section of Object.keys(QUOTA_METRICS) as Section[]) {
    for (const [id, wanted] of Object.entries(request[section] ?? {})) {
      for (const metric of QUOTA_METRICS[section]) {
        const own = Number(limits[section]?.[id]?.[metric] ?? DEFAULT);
        const limit = own === DEFAULT ? Number(defaults[section]?.[id]?.[metric] ?? UNLIMITED) : own;
        const amount = wanted[metric];
        if (amount === undefined || limit < 0 || (used[section]?.[id]?.[metric] ?? 0) + amount <= limit) continue;
        return `limit of ${limit} reached for ${metric} quota in ${section}${id === "" ? "" : ` with ID: ${id}`}`;
      }
    }
  }
  return undefined;
}
