// SPDX-License-Identifier: Apache-2.0
import { templateFromXml, type Template } from "../template/template";
import type { XmlElement } from "../xml";
import { bigFromXml, namedFromXml, type Named } from "./parts";

/** The numbers in a host's `STATE`. */
export enum HostState {
  Init = 0,
  MonitoringMonitored = 1,
  Monitored = 2,
  Error = 3,
  Disabled = 4,
  MonitoringError = 5,
  MonitoringInit = 6,
  MonitoringDisabled = 7,
  Offline = 8,
}

/** What `one.host.status` takes. */
export enum HostStatus {
  Enabled = 0,
  Disabled = 1,
  Offline = 2,
}

export interface Host extends Named {
  /** A plain number because a newer oned may know more than {@link HostState}. */
  state: number;
  /** Driver that collects the host's data, e.g. `kvm`. */
  imMad: string;
  /** Driver that runs VMs, e.g. `kvm`. */
  vmMad: string;
  clusterId: number;
  clusterName: string;
  capacity: HostCapacity;
  runningVms: number;
  /** VMs that are on the host in any state. */
  vmIds: number[];
  /** Attributes set by people and by monitoring; `ERROR` holds why monitoring failed. */
  template: Template;
}

export interface HostCapacity {
  /** KiB given to VMs. */
  usedMemory: bigint;
  /** KiB, reservations taken off. */
  maxMemory: bigint;
  /** Hundredths of a core given to VMs. */
  usedCpu: number;
  /** Hundredths of a core, reservations taken off. */
  maxCpu: number;
}

export function hostFromXml(element: XmlElement): Host {
  const share = element.child("HOST_SHARE");
  return {
    ...namedFromXml(element),
    state: element.int("STATE", -1),
    imMad: element.value("IM_MAD"),
    vmMad: element.value("VM_MAD"),
    clusterId: element.int("CLUSTER_ID", -1),
    clusterName: element.value("CLUSTER"),
    capacity: {
      usedMemory: bigFromXml(share, "MEM_USAGE"),
      maxMemory: bigFromXml(share, "MAX_MEM"),
      usedCpu: share?.int("CPU_USAGE", 0) ?? 0,
      maxCpu: share?.int("MAX_CPU", 0) ?? 0,
    },
    runningVms: share?.int("RUNNING_VMS", 0) ?? 0,
    vmIds: element.ids("VMS"),
    template: templateFromXml(element.child("TEMPLATE")),
  };
}

const WORDS: Record<HostState, string> = {
  [HostState.Init]: "init",
  [HostState.MonitoringMonitored]: "on",
  [HostState.Monitored]: "on",
  [HostState.Error]: "err",
  [HostState.Disabled]: "dsbl",
  [HostState.MonitoringError]: "err",
  [HostState.MonitoringInit]: "init",
  [HostState.MonitoringDisabled]: "dsbl",
  [HostState.Offline]: "off",
};

/** The word that `onehost list` shows: `on`, `init`, `err`, `dsbl`, `off`; a host that is being monitored again keeps its word. */
export function hostStateWord(state: number): string {
  return WORDS[state as HostState] ?? `state ${state}`;
}
