// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import { renderSnapshots } from "../snapshots";
import type { Template } from "../template";
import { get, renderTemplate, renderVector, vectors } from "../template";
import { VmState } from "../vm/states";
import { cdata } from "../xml";
import type { HistoryRecord, SchedAction } from "../vm/entity";
import { imageKind } from "./image";
import type { KindsOf, Part, RenderContext } from "./kind";
import { element, id, ids, lock, name, owned, owner, permissions, regtime, template } from "./kind";

const text = (tag: string, value: string): string => `<${tag}>${cdata(value)}</${tag}>`;
const state: Part<"vm"> = ({ data }) => element("STATE", data.state) + element("LCM_STATE", data.lcm);
const times: Part<"vm"> = ({ data }) => element("STIME", data.stime) + element("ETIME", data.etime);
const deployId: Part<"vm"> = ({ data }) => element("DEPLOY_ID", data.deployId);
const lastPoll: Part<"vm"> = ({ data }) => element("LAST_POLL", data.monitoring.at(-1)?.TIMESTAMP ?? 0);

function historyRecord(vm: Entity<"vm">, record: HistoryRecord, seq: number): string {
  const [[ps, pe], [rs, re], [es, ee]] = [record.prolog, record.running, record.epilog];
  return (
    `<HISTORY>${element("OID", vm.id)}${element("SEQ", seq)}${element("HOSTNAME", record.hostname)}` +
    element("HID", record.hid) +
    element("CID", record.cid) +
    element("STIME", record.stime) +
    element("ETIME", record.etime) +
    text("VM_MAD", record.vmMad) +
    text("TM_MAD", record.tmMad) +
    element("DS_ID", record.dsId) +
    element("PLAN_ID", record.planId) +
    element("ACTION_ID", record.actionId) +
    element("PSTIME", ps) +
    element("PETIME", pe) +
    element("RSTIME", rs) +
    element("RETIME", re) +
    element("ESTIME", es) +
    element("EETIME", ee) +
    element("ACTION", record.action) +
    element("UID", record.uid) +
    element("GID", record.gid) +
    `${element("REQUEST_ID", record.requestId)}</HISTORY>`
  );
}

/** A list of records, which is an element without an end when it is empty. */
const historyRecords = (vm: Entity<"vm">): string =>
  vm.data.history.length === 0
    ? "<HISTORY_RECORDS/>"
    : `<HISTORY_RECORDS>${vm.data.history.map((r, seq) => historyRecord(vm, r, seq)).join("")}</HISTORY_RECORDS>`;

/** One record with the VM that it is of, as accounting gives it. */
export function accountingRecord(vm: Entity<"vm">, seq: number, context: RenderContext): string {
  const record = vm.data.history[seq];
  if (record === undefined) return "";
  const inner = historyRecord(vm, record, seq);
  return inner.replace(/<\/HISTORY>$/, `${renderParts(vm, context, head)}</HISTORY>`);
}

/** A scheduled action; its owner is a VM or a backup job. */
export function schedAction(action: SchedAction, parent: { id: number; type: "VM" | "BACKUPJOB" }): string {
  return (
    `<SCHED_ACTION>${element("ID", action.id)}${element("PARENT_ID", parent.id)}${element("TYPE", parent.type)}` +
    element("ACTION", action.action) +
    element("ARGS", action.args) +
    element("TIME", action.time) +
    element("REPEAT", action.repeat) +
    element("DAYS", action.days) +
    element("END_TYPE", action.endType) +
    element("END_VALUE", action.endValue) +
    element("DONE", action.done) +
    element("MESSAGE", action.message) +
    `${element("WARNING", action.warning)}</SCHED_ACTION>`
  );
}

const monitoring: Part<"vm"> = ({ data }) => `<MONITORING>${renderVector(data.monitoring.at(-1) ?? {})}</MONITORING>`;
const schedIds: Part<"vm"> = ({ data }) =>
  ids(
    "SCHED_ACTIONS",
    data.schedActions.map((action) => action.id),
  );

/** What full and extended answers begin with. */
const head: Part<"vm">[] = [
  id,
  owner,
  name,
  lock,
  permissions,
  lastPoll,
  state,
  // oned sets the previous states together with the states whenever it saves a VM.
  ({ data }) => element("PREV_STATE", data.state) + element("PREV_LCM_STATE", data.lcm),
  ({ data }) => element("RESCHED", data.resched ? 1 : 0),
  times,
  deployId,
  monitoring,
  schedIds,
];

const disks: Part<"vm"> = ({ data }) =>
  Object.entries(data.snapshots)
    .map(([disk, snapshots]) => renderSnapshots(snapshots, Number(disk)))
    .join("");
const backups: Part<"vm"> = ({ data }) => {
  const config = renderVector(data.backups.config);
  const configured = config === "" ? "<BACKUP_CONFIG/>" : `<BACKUP_CONFIG>${config}</BACKUP_CONFIG>`;
  return `<BACKUPS>${configured}${ids("BACKUP_IDS", data.backups.ids)}</BACKUPS>`;
};
const userTemplate: Part<"vm"> = ({ data }) => `<USER_TEMPLATE>${renderTemplate(data.userTemplate)}</USER_TEMPLATE>`;

/** A VM that is done keeps the numbers of its actions, but not the actions. */
const plans = ({ data }: Entity<"vm">): SchedAction[] => (data.state === VmState.DONE ? [] : data.schedActions);

const parts: Part<"vm">[] = [
  ...head,
  (vm) =>
    `<TEMPLATE>${renderTemplate(vm.template)}` +
    `${plans(vm)
      .map((action) => schedAction(action, { id: vm.id, type: "VM" }))
      .join("")}</TEMPLATE>`,
  userTemplate,
  historyRecords,
  disks,
  backups,
];

const DISK_SUMMARY = [
  ...["DISK_ID", "DATASTORE", "DATASTORE_ID", "IMAGE", "IMAGE_ID", "SIZE", "TYPE", "CLONE", "CLONE_TARGET"],
  ...["LN_TARGET", "DISK_SNAPSHOT_TOTAL_SIZE"],
];
const NIC_OPTIONAL = [
  ...["IP", "EXTERNAL_IP", "IP6", "IP6_ULA", "IP6_LINK", "IP6_GLOBAL", "NETWORK_MODE", "SCHED_REQUIREMENTS"],
  "SCHED_RANK",
];
const NIC_ALWAYS = ["MAC", "NETWORK", "NETWORK_ID", "NIC_ID", "SECURITY_GROUPS"];
const USER_SUMMARY = [
  ...["LABELS", "ERROR", "SCHED_MESSAGE", "SCHED_RANK", "SCHED_DS_RANK", "SCHED_REQUIREMENTS"],
  ...["SCHED_DS_REQUIREMENTS", "USER_PRIORITY"],
];

function nicSummary(nic: Record<string, string>): string {
  const optional = NIC_OPTIONAL.filter((key) => (nic[key] ?? "") !== "");
  return `<NIC>${[...optional, ...NIC_ALWAYS].map((key) => text(key, nic[key] ?? "")).join("")}</NIC>`;
}

function templateSummary(given: Template): string {
  const plain = ["CPU", "MEMORY", "VCPU"].map((key) => element(key, get(given, key) ?? ""));
  const diskTexts = vectors(given, "DISK").map(
    (disk) => `<DISK>${DISK_SUMMARY.map((key) => text(key, disk[key] ?? "")).join("")}</DISK>`,
  );
  const graphics = vectors(given, "GRAPHICS")[0];
  const last = graphics === undefined ? "" : `<GRAPHICS>${renderVector(graphics)}</GRAPHICS>`;
  return `<TEMPLATE>${plain.join("")}${diskTexts.join("")}${vectors(given, "NIC").map(nicSummary).join("")}${last}</TEMPLATE>`;
}

function userSummary(given: Template): string {
  if (given.length === 0) return "<USER_TEMPLATE/>";
  const shown = USER_SUMMARY.flatMap((key) => {
    const value = get(given, key);
    return value === undefined ? [] : [text(key, value)];
  });
  return `<USER_TEMPLATE>${shown.join("")}</USER_TEMPLATE>`;
}

function historySummary(vm: Entity<"vm">): string {
  const record = vm.data.history.at(-1);
  if (record === undefined) return "<HISTORY_RECORDS/>";
  return (
    `<HISTORY_RECORDS><HISTORY>${element("OID", vm.id)}${element("SEQ", vm.data.history.length - 1)}` +
    `${text("HOSTNAME", record.hostname)}${element("HID", record.hid)}${element("CID", record.cid)}` +
    `${element("DS_ID", record.dsId)}${text("VM_MAD", record.vmMad)}${text("TM_MAD", record.tmMad)}` +
    `${text("ACTION", String(record.action))}</HISTORY></HISTORY_RECORDS>`
  );
}

const summary: Part<"vm">[] = [
  id,
  owner,
  name,
  // Pools are without monitoring.
  () => element("LAST_POLL", 0),
  state,
  ({ data }) => element("RESCHED", data.resched ? 1 : 0),
  times,
  deployId,
  (e) => (e.lock === undefined ? "" : `<LOCK>${element("LOCKED", e.lock.level)}</LOCK>`),
  (e) => templateSummary(e.template),
  () => "<MONITORING/>",
  (e) => userSummary(e.data.userTemplate),
  historySummary,
];

/** A VM's document from some of its parts. */
function renderParts(vm: Entity<"vm">, context: RenderContext, chosen: Part<"vm">[]): string {
  return `<VM>${chosen.map((part) => part(vm, context)).join("")}</VM>`;
}

/** A VM as it is now: what drivers read on standard input, and pools give when asked for everything. */
export function renderVm(vm: Entity<"vm">, context: RenderContext): string {
  const last = vm.data.history.at(-1);
  const now = { ...vm, data: { ...vm.data, monitoring: [] } };
  const records =
    last === undefined
      ? "<HISTORY_RECORDS/>"
      : `<HISTORY_RECORDS>${historyRecord(vm, last, vm.data.history.length - 1)}</HISTORY_RECORDS>`;
  return renderParts(now, context, [...head, template, userTemplate, () => records, disks, backups]);
}

const jobParts = (inner: Part<"backupjob">): Part<"backupjob">[] => [
  id,
  owner,
  name,
  lock,
  permissions,
  ({ data }) => element("PRIORITY", data.priority),
  ({ data }) => element("LAST_BACKUP_TIME", data.lastTime) + element("LAST_BACKUP_DURATION", data.lastDuration),
  ({ data }) =>
    ids(
      "SCHED_ACTIONS",
      data.schedActions.map((action) => action.id),
    ),
  ({ data }) => ids("UPDATED_VMS", data.updated) + ids("OUTDATED_VMS", data.outdated),
  ({ data }) => ids("BACKING_UP_VMS", data.backingUp) + ids("ERROR_VMS", data.error),
  inner,
];
const jobTemplate: Part<"backupjob"> = (job) =>
  `<TEMPLATE>${renderTemplate(job.template)}` +
  `${job.data.schedActions.map((action) => schedAction(action, { id: job.id, type: "BACKUPJOB" })).join("")}</TEMPLATE>`;

export const VM: KindsOf<"template" | "image" | "vm" | "backupjob"> = {
  backupjob: {
    ...{ name: "backupjob", pool: "backupjobpool", element: "BACKUPJOB", poolElement: "BACKUPJOB_POOL" },
    ...{ label: "backup job", typeLabel: "BACKUP JOB", firstId: 0, paged: true, unique: "owner" },
    parts: jobParts(jobTemplate),
    poolParts: jobParts(template),
    rights: { ...owned, lock: "MANAGE" },
  },
  template: {
    ...{ name: "template", pool: "templatepool", element: "VMTEMPLATE", poolElement: "VMTEMPLATE_POOL" },
    ...{ label: "virtual machine template", typeLabel: "TEMPLATE", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, lock, permissions, regtime, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
  image: imageKind,
  vm: {
    ...{ name: "vm", pool: "vmpool", element: "VM", poolElement: "VM_POOL", label: "virtual machine" },
    ...{ typeLabel: "VM", firstId: 0, paged: true, unique: "no" },
    parts,
    poolParts: summary,
    rights: { info: "USE", rename: "MANAGE", chown: "MANAGE", chmod: "MANAGE", lock: "MANAGE" },
  },
};
