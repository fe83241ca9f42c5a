// SPDX-License-Identifier: Apache-2.0

import type { Entity, MonitoringRecord } from "./entities";
import type { Part, RenderContext } from "./kinds/kind";
import type { State } from "./state";
import { get, renderTemplate, renderVector } from "./template";
import { usedOn } from "./vm/capacity";
import { cdata, escapeXml } from "./xml";

const number = (name: string, value: number): string => `<${name}>${value}</${name}>`;

/** What is left for virtual machines after what host and cluster keep back (`RESERVED_CPU="100"` or `"10%"`). */
function reserved(host: Entity<"host">, state: State, name: string, total: number): number {
  const cluster = state.find("cluster", host.data.cluster);
  const own = get(host.template, name);
  const text = own !== undefined && own !== "" ? own : cluster === undefined ? "" : (get(cluster.template, name) ?? "");
  const amount = /^(-?\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (amount === null) return 0;
  return Math.trunc(amount[2] === "%" ? (total * Number(amount[1])) / 100 : Number(amount[1]));
}

/** What a host has, and how much of it VMs may take: hundredths of a core and KiB. */
export function hostCapacity(
  host: Entity<"host">,
  state: State,
): Record<"cpu" | "memory" | "maxCpu" | "maxMemory", number> {
  const known = host.data.offline === true ? undefined : host.data.monitoring.at(-1)?.capacity;
  if (known === undefined) return { cpu: 0, memory: 0, maxCpu: 0, maxMemory: 0 };
  const { totalCpu: cpu, totalMemory: memory } = known;
  const maxCpu = cpu - reserved(host, state, "RESERVED_CPU", cpu);
  return { cpu, memory, maxCpu, maxMemory: memory - reserved(host, state, "RESERVED_MEM", memory) };
}

function share(host: Entity<"host">, context: RenderContext, unknownDisks: boolean): string {
  const last = host.data.monitoring.at(-1)?.capacity;
  const { cpu, memory, maxCpu, maxMemory } = hostCapacity(host, context.state);
  const used = usedOn(context.state, host.id);
  const disk = {
    DISK_USAGE: "0",
    FREE_DISK: String(last?.freeDisk ?? 0),
    MAX_DISK: String(last?.maxDisk ?? 0),
    USED_DISK: String(last === undefined ? 0 : last.maxDisk - last.freeDisk),
  };
  return (
    "<HOST_SHARE>" +
    number("MEM_USAGE", used.memory) +
    number("CPU_USAGE", Math.round(used.cpu)) +
    number("TOTAL_MEM", memory) +
    number("TOTAL_CPU", cpu) +
    number("MAX_MEM", maxMemory) +
    number("MAX_CPU", maxCpu) +
    number("RUNNING_VMS", used.vms.length) +
    number("VMS_THREAD", 1) +
    `<DATASTORES>${last === undefined && !unknownDisks ? "" : renderVector(disk)}</DATASTORES>` +
    "<PCI_DEVICES></PCI_DEVICES><NUMA_NODES></NUMA_NODES></HOST_SHARE>"
  );
}

/** One record, as host.info, host.monitoring and hostpool.monitoring give it. */
export function monitoringRecord(id: number, record: MonitoringRecord): string {
  const { capacity } = record;
  const values = {
    FREE_CPU: String(capacity.totalCpu - capacity.usedCpu),
    FREE_MEMORY: String(capacity.totalMemory - capacity.usedMemory),
    USED_CPU: String(capacity.usedCpu),
    USED_MEMORY: String(capacity.usedMemory),
  };
  const system = { NETRX: String(record.netrx), NETTX: String(record.nettx) };
  return (
    `<MONITORING>${number("TIMESTAMP", record.timestamp)}${number("ID", id)}` +
    `<CAPACITY>${renderVector(values)}</CAPACITY><SYSTEM>${renderVector(system)}</SYSTEM></MONITORING>`
  );
}

/** A host that was never monitored has no disks in the pool, and zeros when it is asked for alone. */
const head = (unknownDisks: boolean): Part<"host">[] => [
  (e) => `${number("ID", e.id)}<NAME>${escapeXml(e.name)}</NAME>`,
  // oned sets the previous state together with the state whenever it saves a host.
  (e) => number("STATE", e.data.state) + number("PREV_STATE", e.data.state),
  (e) => `<IM_MAD>${cdata(e.data.imMad)}</IM_MAD><VM_MAD>${cdata(e.data.vmMad)}</VM_MAD>`,
  (e) => number("CLUSTER_ID", e.data.cluster),
  (e, c) => `<CLUSTER>${escapeXml(c.state.find("cluster", e.data.cluster)?.name ?? "")}</CLUSTER>`,
  (e, c) => share(e, c, unknownDisks),
  (e, c) =>
    `<VMS>${usedOn(c.state, e.id)
      .vms.map((vm) => number("ID", vm))
      .join("")}</VMS>`,
  (e) => `<TEMPLATE>${renderTemplate(e.template)}</TEMPLATE>`,
];

/** A host in the pool: without its last record. */
export const hostSummaryParts: Part<"host">[] = [...head(false), () => "<MONITORING/>"];

export const hostParts: Part<"host">[] = [
  ...head(true),
  (e) => {
    const last = e.data.monitoring.at(-1);
    return last === undefined ? "<MONITORING/>" : monitoringRecord(e.id, last);
  },
];
