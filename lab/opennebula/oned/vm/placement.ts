// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { Entity } from "../entities";
import { HostState } from "../entities";
import { hostCapacity } from "../hostxml";
import { clusterLimit } from "../quota-use";
import type { State } from "../state";
import { get, set, vectors } from "../template";
import { capacityOf, usedOn } from "./capacity";
import type { Placement } from "./history";
import { openRecord, vmsOn } from "./history";
import { begin } from "./machine";
import type { ProcessName } from "./processes";
import { clustersOf } from "./requirements";
import { VmState } from "./states";

const FIRST_VNC_PORT = 5900;
const SYSTEM_DS = 1;

interface Capacity {
  cpu: number;
  memory: number;
}

/**
 * Why a host has no room for so much more; undefined when it has.
 *
 * @param had - what the VM has of the host already: oned tells the whole of both.
 */
export function lacks(
  state: State,
  host: Entity<"host">,
  more: Capacity,
  had: Capacity = { cpu: 0, memory: 0 },
): string | undefined {
  const { maxCpu, maxMemory } = hostCapacity(host, state);
  const used = usedOn(state, host.id);
  const tell = (what: keyof Capacity, max: number): string =>
    `${more[what] + had[what]}/${max - used[what] + had[what]}`;
  if (more.cpu + used.cpu > maxCpu) return `Not enough CPU: ${tell("cpu", maxCpu)}`;
  if (more.memory + used.memory > maxMemory) return `Not enough memory: ${tell("memory", maxMemory)}`;
  return undefined;
}

/** System datastores of a cluster that take new VMs: the one with the most space first, of equal ones the newest. */
export function systemDatastores(state: State, cluster: number): Entity<"datastore">[] {
  return state
    .all("datastore")
    .filter(({ data }) => data.type === SYSTEM_DS && data.state === 0 && data.clusters.includes(cluster))
    .sort((a, b) => b.data.freeMb - a.data.freeMb || b.id - a.id);
}

/** Sends a VM to a host; its files and its start follow in the background. */
export function place(work: Pick<Work, "state" | "now">, vm: Entity<"vm">, placement: Placement): void {
  const { state } = vm.data;
  openRecord(vm, placement, work.now());
  vm.template = set(vm.template, "TM_MAD_SYSTEM", placement.datastore.data.tmMad);
  graphicsPort(vm);
  for (const disk of vectors(vm.template, "DISK"))
    if (disk.IMAGE_ID === undefined) volatileOn(disk, placement.datastore);
  const process: ProcessName =
    state === VmState.STOPPED || vm.data.stopped === "stop"
      ? "deploy-stopped"
      : state === VmState.UNDEPLOYED || vm.data.stopped === "undeploy"
        ? "deploy-undeployed"
        : "deploy";
  delete vm.data.stopped;
  begin(work, vm, process);
}

export function graphicsPort(vm: Entity<"vm">): void {
  const graphics = vectors(vm.template, "GRAPHICS")[0];
  if (graphics !== undefined && /^(VNC|SPICE)$/i.test(graphics.TYPE ?? ""))
    graphics.PORT ??= String(FIRST_VNC_PORT + vm.id);
}

function volatileOn(disk: Record<string, string>, { data, template }: Entity<"datastore">): void {
  Object.assign(disk, { TM_MAD: data.tmMad, DISK_TYPE: get(template, "DISK_TYPE") ?? "FILE" });
}

type Expression = (host: Entity<"host">, state: State) => boolean;

/** Reads the simple form of SCHED_REQUIREMENTS: comparisons of the host's attributes joined by `&` and `|`. */
export function requirement(text: string): Expression | undefined {
  const any = text.split("|").map((part) => part.split("&").map((term) => comparison(term.trim())));
  const parsed = any.map((all) => all.filter((term) => term !== undefined));
  if (parsed.some((all, index) => all.length !== any[index]?.length)) return undefined;
  return (host, state) => parsed.some((all) => all.every((term) => term(host, state)));
}

function comparison(term: string): Expression | undefined {
  const found = /^\(*\s*"?([A-Za-z_]\w*)"?\s*(=|!=)\s*(?:"([^"]*)"|(-?[\d.]+))\s*\)*$/.exec(term);
  if (found === null) return undefined;
  const [, name = "", operator, quoted, number] = found;
  const wanted = quoted ?? number ?? "";
  return (host, state) => (attribute(host, state, name.toUpperCase()) === wanted) === (operator === "=");
}

function attribute(host: Entity<"host">, state: State, name: string): string | undefined {
  switch (name) {
    case "ID":
      return String(host.id);
    case "NAME":
      return host.name;
    case "CLUSTER_ID":
      return String(host.data.cluster);
    case "CLUSTER":
      return state.find("cluster", host.data.cluster)?.name;
    default:
      return get(host.template, name);
  }
}

/** Places waiting VMs: on the host with the fewest VMs of those that fit, of equal ones the newest. True when one was placed. */
export function schedule(work: Work): boolean {
  let placed = false;
  let planned = 0;
  for (const vm of work.state.all("vm")) {
    if (vm.data.state !== VmState.PENDING) continue;
    const target = choose(work, vm);
    if (target === undefined) continue;
    place(work, vm, { ...target, planned: planned++ });
    placed = true;
  }
  return placed;
}

function choose({ state, drivers }: Work, vm: Entity<"vm">): Placement | undefined {
  const wanted = get(vm.data.userTemplate, "SCHED_REQUIREMENTS") ?? "";
  const meets = wanted.trim() === "" ? (): boolean => true : requirement(wanted);
  const storage = get(vm.data.userTemplate, "SCHED_DS_REQUIREMENTS") ?? "";
  const clusters = clustersOf(state, vm);
  const { stopped } = vm.data;
  const kept = stopped === undefined ? undefined : vm.data.history.at(-1)?.dsId;
  // A text that is not understood places nothing, rather than anywhere.
  if (meets === undefined) return undefined;
  const candidates = state.all("host").flatMap((host): Placement[] => {
    if (host.data.state !== HostState.MONITORED || drivers.host(host.data.vmMad) === undefined) return [];
    if (clusters !== undefined && !clusters.includes(host.data.cluster)) return [];
    if (clusterLimit(state, vm, host.data.cluster) !== undefined) return [];
    if (!meets(host, state) || lacks(state, host, capacityOf(vm)) !== undefined) return [];
    const datastore = systemDatastores(state, host.data.cluster).find(
      (d) => (kept === undefined || d.id === kept) && fits(d, storage),
    );
    return datastore === undefined ? [] : [{ host, datastore }];
  });
  const load = (placement: Placement): number => vmsOn(state, placement.host.id).length;
  return candidates.sort((a, b) => load(a) - load(b) || b.host.id - a.host.id)[0];
}

function fits(datastore: Entity<"datastore">, storage: string): boolean {
  const found = /^\s*"?(ID|NAME)"?\s*=\s*"?([^"]*?)"?\s*$/i.exec(storage);
  if (found === null) return storage.trim() === "";
  return (found[1]?.toUpperCase() === "ID" ? String(datastore.id) : datastore.name) === found[2];
}

/** VMs that wait for images which are being copied go on when these are ready. */
export function awaitImages(work: Work): boolean {
  let changed = false;
  for (const vm of work.state.all("vm").filter(({ data }) => data.state === VmState.CLONING)) {
    const images = vectors(vm.template, "DISK").map((disk) => work.state.find("image", Number(disk.IMAGE_ID ?? "-1")));
    const states = images.flatMap((image) => (image === undefined ? [] : [image.data.state]));
    const failed = states.some((state) => state === 5);
    if (!failed && states.some((state) => state === 4 || state >= 9)) continue;
    const hold = get(vm.template, "SUBMIT_ON_HOLD") === "YES";
    vm.data.state = failed ? VmState.CLONING_FAILURE : hold ? VmState.HOLD : VmState.PENDING;
    for (const disk of vectors(vm.template, "DISK")) {
      const image = work.state.find("image", Number(disk.IMAGE_ID ?? "-1"));
      if (image === undefined || disk.CLONING === undefined) continue;
      delete disk.CLONING;
      Object.assign(disk, { SOURCE: image.data.source, FORMAT: image.data.format, DRIVER: image.data.format });
    }
    work.state.touch("vm", vm);
    changed = true;
  }
  return changed;
}
