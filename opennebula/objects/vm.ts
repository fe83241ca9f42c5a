// SPDX-License-Identifier: Apache-2.0
import {
  attributeText,
  attributeVectors,
  templateFromXml,
  type Template,
  type TemplateVector,
} from "../template/template";
import type { XmlElement } from "../xml";
import { diskSnapshotsFromXml, type DiskSnapshot } from "./images";
import { bigFromText, idsFromText, lockFromXml, namedFromXml, ownedFromXml, ownerFromXml } from "./parts";
import type { Lock, Named, Owner, Ownership } from "./parts";
import { LcmState, VmState } from "./vm-states";

/** A VM as `one.vmpool.info` gives it: without permissions and snapshots, and with fewer attributes. */
export interface VmSummary extends Named {
  owner: Owner;
  lock?: Lock;
  /** See {@link VmState}; a plain number because a newer oned may know more. */
  state: number;
  /** See {@link LcmState}. */
  lcmState: number;
  /** The host of the latest history record; undefined for a VM that was never deployed. */
  hostName?: string;
  hostId?: number;
  /** Name of the machine in the hypervisor; empty before the first deployment. */
  deployId: string;
  /** True if the scheduler is to find the VM another host. */
  rescheduling: boolean;
  /** Seconds since 1970; 0 if it was never monitored. */
  lastPoll: number;
  /** Seconds since 1970. */
  startTime: number;
  /** Seconds since 1970; 0 while the VM lives. */
  endTime: number;
  /** Oldest first; a list has only the latest record. */
  history: HistoryRecord[];
  /** Why the last operation failed: the `ERROR` that oned writes into the user template. */
  error?: string;
  /** What oned works with; see {@link vmDisks} and {@link vmNics}. */
  template: Template;
  /** What people and applications add. */
  userTemplate: Template;
}

/** A VM as `one.vm.info` gives it. */
export interface Vm extends VmSummary {
  owner: Ownership;
  previousState: number;
  previousLcmState: number;
  disks: VmDisk[];
  /** Interfaces, aliases among them, by id. */
  nics: VmNic[];
  /** Snapshots of the whole VM. */
  snapshots: VmSnapshot[];
  /** Attributes of the contextualisation that the guest gets. */
  context: TemplateVector;
  scheduledActionIds: number[];
  backup: { config: Template; imageIds: number[] };
  /** The latest figures of the monitoring, as text. */
  monitoring: Template;
}

/** A stay on a host. */
export interface HistoryRecord {
  sequence: number;
  hostName: string;
  hostId: number;
  clusterId: number;
  datastoreId: number;
  vmMad: string;
  tmMad: string;
  /** Seconds since 1970. */
  startTime: number;
  /** Seconds since 1970; 0 while it lasts. */
  endTime: number;
  /** Number of the action that ended it. */
  action: number;
}

export interface VmDisk {
  id: number;
  /** Undefined for a volatile disk. */
  imageId?: number;
  imageName?: string;
  datastoreId?: number;
  /** MiB. */
  size: bigint;
  /** Name in the guest, e.g. `vda`. */
  target: string;
  persistent: boolean;
  snapshots: DiskSnapshot[];
  attributes: TemplateVector;
}

export interface VmNic {
  id: number;
  networkId?: number;
  networkName?: string;
  ip?: string;
  /** Global, then unique local, then static address. */
  ip6?: string;
  mac: string;
  securityGroupIds: number[];
  /** Ids of the aliases on this interface. */
  aliasIds: number[];
  /** For an alias: the interface that it is on. */
  parentId?: number;
  attributes: TemplateVector;
}

export interface VmSnapshot {
  id: number;
  name: string;
  /** Seconds since 1970. */
  time: number;
  active: boolean;
}

export function vmSummaryFromXml(element: XmlElement): VmSummary {
  const history = (element.child("HISTORY_RECORDS")?.all("HISTORY") ?? []).map(historyFromXml);
  const last = history.at(-1);
  const userTemplate = templateFromXml(element.child("USER_TEMPLATE"));
  return {
    ...namedFromXml(element),
    owner: ownerFromXml(element),
    ...lockFromXml(element),
    state: element.int("STATE", -1),
    lcmState: element.int("LCM_STATE", 0),
    ...(last === undefined ? {} : { hostName: last.hostName, hostId: last.hostId }),
    deployId: element.value("DEPLOY_ID"),
    rescheduling: element.value("RESCHED") === "1",
    lastPoll: element.int("LAST_POLL", 0),
    startTime: element.int("STIME", 0),
    endTime: element.int("ETIME", 0),
    history,
    error: attributeText(userTemplate, "ERROR"),
    template: templateFromXml(element.child("TEMPLATE")),
    userTemplate,
  };
}

export function vmFromXml(element: XmlElement): Vm {
  const summary = vmSummaryFromXml(element);
  const backups = element.child("BACKUPS");
  const disks = vmDisks(summary.template).map((disk) => {
    const tree = element.all("SNAPSHOTS").find((one) => one.int("DISK_ID", -1) === disk.id);
    return { ...disk, snapshots: diskSnapshotsFromXml(tree) };
  });
  return {
    ...summary,
    owner: ownedFromXml(element).owner,
    previousState: element.int("PREV_STATE", -1),
    previousLcmState: element.int("PREV_LCM_STATE", 0),
    disks,
    nics: vmNics(summary.template),
    snapshots: attributeVectors(summary.template, "SNAPSHOT").map(snapshotFromVector),
    context: attributeVectors(summary.template, "CONTEXT")[0] ?? {},
    scheduledActionIds: element.ids("SCHED_ACTIONS"),
    backup: {
      config: templateFromXml(backups?.child("BACKUP_CONFIG")),
      imageIds: backups?.ids("BACKUP_IDS") ?? [],
    },
    monitoring: templateFromXml(element.child("MONITORING")),
  };
}

function historyFromXml(record: XmlElement): HistoryRecord {
  return {
    sequence: record.int("SEQ", -1),
    hostName: record.value("HOSTNAME"),
    hostId: record.int("HID", -1),
    clusterId: record.int("CID", -1),
    datastoreId: record.int("DS_ID", -1),
    vmMad: record.value("VM_MAD"),
    tmMad: record.value("TM_MAD"),
    startTime: record.int("STIME", 0),
    endTime: record.int("ETIME", 0),
    action: record.int("ACTION", 0),
  };
}

/** The disks in a VM's template, without snapshots. */
export function vmDisks(template: Template): VmDisk[] {
  return attributeVectors(template, "DISK").map((disk) => ({
    id: Number(disk.DISK_ID ?? -1),
    imageId: numberFrom(disk.IMAGE_ID),
    imageName: disk.IMAGE,
    datastoreId: numberFrom(disk.DATASTORE_ID),
    size: bigFromText(disk.SIZE),
    target: disk.TARGET ?? "",
    persistent: disk.PERSISTENT === "YES",
    snapshots: [],
    attributes: disk,
  }));
}

/** The interfaces in a VM's template, aliases among them, by id. */
export function vmNics(template: Template): VmNic[] {
  const all = ["NIC", "NIC_ALIAS"].flatMap((name) => attributeVectors(template, name));
  return all
    .map((nic) => ({
      id: Number(nic.NIC_ID ?? -1),
      networkId: numberFrom(nic.NETWORK_ID),
      networkName: nic.NETWORK,
      ip: nic.IP,
      ip6: nic.IP6_GLOBAL ?? nic.IP6_ULA ?? nic.IP6,
      mac: nic.MAC ?? "",
      securityGroupIds: idsFromText(nic.SECURITY_GROUPS),
      aliasIds: idsFromText(nic.ALIAS_IDS),
      parentId: numberFrom(nic.PARENT_ID),
      attributes: nic,
    }))
    .sort((a, b) => a.id - b.id);
}

function snapshotFromVector(snapshot: TemplateVector): VmSnapshot {
  return {
    id: Number(snapshot.SNAPSHOT_ID ?? -1),
    name: snapshot.NAME ?? "",
    time: Number(snapshot.TIME ?? 0),
    active: snapshot.ACTIVE === "YES",
  };
}

function numberFrom(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** True for a VM whose guest runs. */
export function isRunning(vm: { state: number; lcmState: number }): boolean {
  return (vm.state as VmState) === VmState.Active && (vm.lcmState as LcmState) === LcmState.Running;
}
