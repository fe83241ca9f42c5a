// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, create, find, takeName, targetOf, template, use } from "../call";
import type { BackupContent } from "../drivers";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { BACKUP } from "../images/states";
import { imageJob } from "../images/job";
import { idList } from "../network/updates";
import type { Params } from "../params";
import { checkQuotas, imageUsage } from "../quota-use";
import type { Template } from "../template";
import { get, merge, renderTemplate, set, vectors, without } from "../template";
import { backupSize } from "../vm/backups";
import { closeRecord } from "../vm/history";
import { begin, stepFailed } from "../vm/machine";
import { runJob } from "../vm/due";
import { schedActionFrom } from "../vm/schedule";
import { VmState } from "../vm/states";
import { find as findVector } from "../vm/vectors";
import { AFTER_UPDATE } from "./common";
import { allocateImage } from "./image";
import { action, asker, internal, rightFor, stateOf, vmFor } from "./vm-common";

const BACKUP_DS = 3;
const RESTORE_SECONDS = 600;

/** Starts a backup of a running VM, or of one that is off. */
function beginBackup(context: Pick<CallContext, "work">, vm: Entity<"vm">, datastoreId: number, reset: boolean): void {
  begin(context.work, vm, vm.data.state === VmState.POWEROFF ? "backup-poweroff" : "backup", { datastoreId, reset });
}

function backup(context: CallContext, params: Params): number {
  const id = params.int(0);
  const datastoreId = params.count > 1 ? params.int(1) : -1;
  const reset = params.boolean(2, false);
  const vm = find(context, "vm", id);
  const job = jobOf(context, id);
  if (job !== undefined) {
    throw internal(
      `Unable to start an individual backup for the Virtual Machine, it is part of Backup Job ID ${job.id}`,
    );
  }
  const datastore = find(context, "datastore", datastoreId);
  if (datastore.data.type !== BACKUP_DS) throw action("Datastore needs to be of type BACKUP");
  const size = backupSize(vm);
  authorize(context, [rightFor(context, "backup"), targetOf("vm", vm)], ["USE", targetOf("datastore", datastore)]);
  if (datastore.data.freeMb < size) throw action("Not enough free space on target datastore");
  checkQuotas(context, { uid: vm.uid, gid: vm.gid }, imageUsage(datastoreId, size));
  const state = stateOf(vm);
  if (state !== "RUNNING" && state !== "POWEROFF") {
    throw internal(`Could not create a new backup for VM ${id}, wrong state ${state}.`);
  }
  closeRecord(vm, "backup", asker(context), context.now);
  beginBackup(context, vm, datastoreId, reset);
  return id;
}

/** The job that a VM is part of, which is one at most; beside another job. */
const jobOf = (context: CallContext, vm: number, beside?: number): Entity<"backupjob"> | undefined =>
  context.state
    .all("backupjob")
    .find(({ id, template: own }) => id !== beside && idList(get(own, "BACKUP_VMS")).includes(vm));

/** Refuses VMs that another job has. */
function checkJobVms(context: CallContext, job: number, added: number[]): void {
  for (const vm of added) {
    const other = context.state.find("vm", vm) === undefined ? undefined : jobOf(context, vm, job);
    if (other === undefined) continue;
    throw internal(`Unable to add VM ${vm} to Backup Job ${job}. It's already in Backup Job ${other.id}`);
  }
}

function backupCancel(context: CallContext, params: Params): number {
  const id = params.int(0);
  const vm = vmFor(context, id, "backup");
  if (!["BACKUP", "BACKUP_POWEROFF"].includes(stateOf(vm))) {
    throw internal(`Could not cancel backup for VM ${id}, no backup in progress`);
  }
  stepFailed(context.work, vm, "Backup cancelled by the user");
  return id;
}

function restoreVm(context: CallContext, params: Params): number {
  const [id, imageId] = [params.int(0), params.int(1)];
  const increment = params.count > 2 ? params.int(2) : -1;
  const diskId = params.count > 3 ? params.int(3) : -1;
  const vm = find(context, "vm", id);
  if (diskId >= 0 && findVector(vm, "DISK", diskId) === undefined) throw action("VM disk does not exist");
  const image = find(context, "image", imageId);
  if (image.data.type !== BACKUP) throw action("Image has to be of type BACKUP");
  const { increments } = image.data;
  if (increment >= 0 && !increments.some((i) => i.ID === String(increment))) throw action("Wrong increment");
  authorize(context, [rightFor(context, "restore"), targetOf("vm", vm)], ["USE", targetOf("image", image)]);
  if (vm.data.state !== VmState.POWEROFF) throw action("Could not restore VM, it must be in poweroff");
  closeRecord(vm, "restore", asker(context), context.now);
  begin(context.work, vm, "restore", { imageId, ...(diskId >= 0 && { diskId }), snapshotId: increment });
  return id;
}

async function restoreImage(context: CallContext, params: Params): Promise<string> {
  const [id, datastoreId, text] = [params.int(0), params.int(1), params.string(2)];
  const image = use(context, "image", id, "MANAGE");
  use(context, "datastore", datastoreId, "USE");
  const options = template(text);
  if (image.data.type !== BACKUP) throw action("Image is not of type BACKUP");
  const driver = context.work.drivers.image(context.state.get("datastore", image.data.datastore).data.dsMad);
  if (driver?.restore === undefined) throw action("Could not get datastore driver");
  let content: BackupContent | undefined;
  try {
    content = await driver.restore(imageJob(context.work, image, AbortSignal.timeout(RESTORE_SECONDS * 1000)));
  } catch (error) {
    throw action(error instanceof Error ? error.message : "unknown error");
  }
  return content === undefined ? "0 dummy_image" : imagesOf(context, { id, datastoreId, options, content });
}

/** Makes images of a backup's disks, and a template that has them. @returns their ids, the template's first */
async function imagesOf(
  context: CallContext,
  restoring: { id: number; datastoreId: number; options: Template; content: BackupContent },
): Promise<string> {
  const { id, datastoreId, options, content } = restoring;
  const name = get(options, "NAME") ?? `${content.name} - Backup ${id}`;
  const made = new Map<string, number>();
  for (const disk of content.disks) {
    const attributes = renderTemplate([
      { name: "NAME", value: `${name} - disk ${disk.id}` },
      { name: "PATH", value: disk.path },
      { name: "PERSISTENT", value: "YES" },
    ]);
    const text = `<TEMPLATE>${attributes}</TEMPLATE>`;
    made.set(String(disk.id), await allocateImage(context, { text, datastore: datastoreId, check: true }));
  }
  const disks = vectors(content.vm, "DISK").map((disk) => {
    const image = made.get(disk.DISK_ID ?? "");
    return { name: "DISK", value: image === undefined ? disk : { IMAGE_ID: String(image), TARGET: disk.TARGET ?? "" } };
  });
  const withoutAddresses = (get(options, "NO_NIC") ?? "").toUpperCase() === "YES";
  const rest = without(content.vm, "DISK", "CONTEXT", ...(withoutAddresses ? ["NIC"] : []));
  const contexts = vectors(content.vm, "CONTEXT").map((context) => {
    const told = Object.entries(context).filter(([key]) => !/^(ETH\d+_|DISK_ID$|TARGET$)/.test(key));
    return { name: "CONTEXT", value: Object.fromEntries(told) };
  });
  const vm = create(context, "template", {
    name,
    template: [...rest, ...disks, ...contexts],
    data: { regtime: context.now },
  });
  return [vm.id, ...made.values()].join(" ");
}

const JOB_DEFAULTS = { BACKUP_VOLATILE: "NO", EXECUTION: "SEQUENTIAL", FS_FREEZE: "NONE", MODE: "FULL" };

/** A job's template with its defaults; refuses values that do not exist. */
function jobTemplate(given: Template): Template {
  const filled = Object.entries(JOB_DEFAULTS).reduce(
    (rest, [name, value]) => (get(rest, name) === undefined ? set(rest, name, value) : rest),
    given,
  );
  const execution = (get(filled, "EXECUTION") ?? "").toUpperCase();
  return set(filled, "EXECUTION", execution === "PARALLEL" ? "PARALLEL" : "SEQUENTIAL");
}

/** Above it a job goes before those of other users. */
const MAX_USER_PRIORITY = 50;

function checkPriority(priority: number, code: number): void {
  const valid = Number.isInteger(priority) && priority >= 0 && priority <= 100;
  if (!valid) throw new Failure(code, "Wrong priority value");
}

function allocateJob(context: CallContext, params: Params): number {
  const { name, rest } = takeName(template(params.string(0)));
  const vms = idList(get(rest, "BACKUP_VMS"));
  const needs = vms.flatMap((id): ["ADMIN", ReturnType<typeof targetOf>][] => {
    const vm = context.state.find("vm", id);
    return vm === undefined ? [] : [["ADMIN", targetOf("vm", vm)]];
  });
  authorize(context, ["CREATE", { type: "BACKUPJOB" }], ...needs);
  const priority = Number(get(rest, "PRIORITY") ?? "50");
  checkPriority(priority, Code.INTERNAL);
  if (priority > MAX_USER_PRIORITY && !context.user.data.groups.includes(0)) {
    const reason = "not authorized to perform action on backup job.";
    throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] ${reason}`);
  }
  checkJobVms(context, context.state.nextId("backupjob", 0), vms);
  const job = create(context, "backupjob", {
    name,
    template: jobTemplate(without(rest, "PRIORITY", "SCHED_ACTION")),
    data: {
      priority,
      lastTime: 0,
      lastDuration: 0,
      schedActions: [],
      outdated: [],
      updated: [],
      backingUp: [],
      error: [],
      due: 0,
    },
  });
  for (const given of vectors(rest, "SCHED_ACTION")) {
    job.data.schedActions.push(schedActionFrom(context, given, { start: context.now, relative: false }));
  }
  return job.id;
}

AFTER_UPDATE.backupjob = (context, job, before) => {
  const had = idList(get(before.template, "BACKUP_VMS"));
  const added = idList(get(job.template, "BACKUP_VMS")).filter((vm) => !had.includes(vm));
  checkJobVms(context, job.id, added);
  job.template = jobTemplate(without(job.template, "PRIORITY", "SCHED_ACTION", "NAME"));
  if (get(job.template, "BACKUP_VMS") === undefined) {
    job.template = merge(
      job.template,
      before.template.filter((attribute) => attribute.name === "BACKUP_VMS"),
    );
  }
};

function startJob(context: CallContext, params: Params): number {
  const job = use(context, "backupjob", params.int(0), "MANAGE");
  if (job.data.outdated.length > 0 || job.data.backingUp.length > 0) {
    throw action("Unable to execute Backup Job, pending backups in progress");
  }
  runJob(job, context.now);
  context.state.touch("backupjob", job);
  return job.id;
}

export const backupMethods: Methods = {
  "one.vm.backup": backup,
  "one.vm.backupcancel": backupCancel,
  "one.vm.restore": restoreVm,
  "one.image.restore": restoreImage,
  "one.backupjob.allocate": allocateJob,
  "one.backupjob.priority": (context, params) => {
    const [id, priority] = [params.int(0), params.int(1)];
    checkPriority(priority, Code.ACTION);
    const job = use(context, "backupjob", id, priority > MAX_USER_PRIORITY ? "ADMIN" : "MANAGE");
    job.data.priority = priority;
    context.state.touch("backupjob", job);
    return id;
  },
  "one.backupjob.backup": startJob,
  "one.backupjob.retry": (context, params) => {
    const job = use(context, "backupjob", params.int(0), "MANAGE");
    Object.assign(job.data, { outdated: [...job.data.outdated, ...job.data.error], error: [] });
    context.state.touch("backupjob", job);
    return job.id;
  },
  "one.backupjob.cancel": (context, params) => {
    const job = use(context, "backupjob", params.int(0), "MANAGE");
    job.data.outdated = [];
    for (const id of job.data.backingUp) {
      const vm = context.state.find("vm", id);
      if (vm !== undefined) stepFailed(context.work, vm, "Backup cancelled by the user");
    }
    context.state.touch("backupjob", job);
    return job.id;
  },
};
