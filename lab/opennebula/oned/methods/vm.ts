// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, checkRestricted, find, targetOf, template } from "../call";
import type { Entity } from "../entities";
import { HostState } from "../entities";
import { Code, Failure } from "../failure";
import type { Params } from "../params";
import { checkQuotas, clusterLimit, isRunning, vmUsage } from "../quota-use";
import { get, merge, set } from "../template";
import { ACTIONS, applyAction } from "../vm/actions";
import { createVm, templateNeeds } from "../vm/allocate";
import { capacityOf } from "../vm/capacity";
import { endVm } from "../vm/free";
import { closeRecord, lastRecord, openRecord, setAction } from "../vm/history";
import { begin, stepDone, stepFailed } from "../vm/machine";
import { lacks, place, systemDatastores } from "../vm/placement";
import type { ProcessName } from "../vm/processes";
import { automaticRequirements, clustersOf } from "../vm/requirements";
import { lcmName, VmState } from "../vm/states";
import { changedTemplate, CHOWN_GUARDS } from "./common";
import { action, asker, internal, stateOf, vmFor } from "./vm-common";

const SYSTEM_DS = 1;

function allocate(context: CallContext, params: Params): number {
  const given = template(params.string(0));
  const hold = params.count > 1 ? params.boolean(1) : false;
  checkRestricted(context, "VM", given, "VM Template includes a restricted attribute");
  authorize(context, ["CREATE", { type: "VM" }], ...templateNeeds(context, given));
  checkQuotas(context, { uid: context.user.id, gid: context.user.gid }, vmUsage(given, true));
  try {
    return createVm(context, given, hold).id;
  } catch (error) {
    // Whatever stands in the way of a VM is an error inside for this call.
    throw error instanceof Failure ? internal(error.message) : error;
  }
}

function act(context: CallContext, params: Params): number {
  const [name, id] = [params.string(0), params.int(1)];
  const vm = vmFor(context, id, ACTIONS[name]?.right ?? "");
  if (name === "resume" && !isRunning(vm.data.state)) checkRunning(context, vm, Code.ACTION);
  applyAction(context.work, vm, name, asker(context));
  return id;
}

/** A VM that comes back counts as running again. */
function checkRunning(context: CallContext, vm: Entity<"vm">, code: number): void {
  const { VM } = vmUsage(vm.template, true);
  const running = Object.entries(VM?.[""] ?? {}).filter(([metric]) => metric.startsWith("RUNNING_"));
  checkQuotas(context, { uid: vm.uid, gid: vm.gid }, { VM: { "": Object.fromEntries(running) } }, code);
}

/** Host and system datastore that a call names; -1 is the cluster's first datastore. */
function target(
  context: CallContext,
  hostId: number,
  datastoreId: number,
): { host: Entity<"host">; datastore: Entity<"datastore"> } {
  const host = find(context, "host", hostId);
  const { cluster } = host.data;
  if (datastoreId >= 0) {
    const datastore = find(context, "datastore", datastoreId);
    if (datastore.data.type !== SYSTEM_DS) {
      throw internal(
        `Trying to use datastore [${datastoreId}] to deploy the VM, but it is not of type system datastore.`,
      );
    }
    if (datastore.data.clusters.includes(cluster)) return { host, datastore };
    throw action(`datastore [${datastoreId}] and host [${hostId}] are not in the same cluster [${cluster}].`);
  }
  const datastore = systemDatastores(context.state, cluster)[0];
  if (datastore !== undefined) return { host, datastore };
  throw action(`cluster [${cluster}] does not have any datastore of type SYSTEM_DS.`);
}

function hostInUse(context: CallContext, id: number): Entity<"host"> {
  const host = find(context, "host", id);
  if (host.data.state === HostState.OFFLINE) throw action("Host is offline, cannot use it to deploy VM");
  return host;
}

function checkHost(context: CallContext, vm: Entity<"vm">, host: Entity<"host">, enforce: boolean): void {
  const reason = enforce ? lacks(context.state, host, capacityOf(vm)) : undefined;
  if (reason !== undefined) throw action(`virtual machine [${vm.id}] does not fit in host [${host.id}]. ${reason}`);
}

function deploy(context: CallContext, params: Params): number {
  const [id, hostId] = [params.int(0), params.int(1)];
  const enforce = params.count > 2 ? params.boolean(2) : false;
  const asked = params.count > 3 ? params.int(3) : -1;
  if (params.count > 4) template(params.string(4));
  hostInUse(context, hostId);
  const vm = find(context, "vm", id);
  const away = vm.data.stopped !== undefined || [VmState.STOPPED, VmState.UNDEPLOYED].includes(vm.data.state as 4);
  const { host, datastore } = target(context, hostId, asked === -1 && away ? (lastRecord(vm)?.dsId ?? -1) : asked);
  authorize(
    context,
    ["ADMIN", targetOf("vm", vm)],
    ["MANAGE", targetOf("host", host)],
    ["USE", targetOf("datastore", datastore)],
  );
  const from: number[] = [VmState.PENDING, VmState.HOLD, VmState.STOPPED, VmState.UNDEPLOYED];
  if (!from.includes(vm.data.state)) throw action(`Deploy action is not available for state ${stateOf(vm)}`);
  checkHost(context, vm, host, enforce);
  if (!isRunning(vm.data.state)) checkRunning(context, vm, Code.AUTHORIZATION);
  const limit = clusterLimit(context.state, vm, host.data.cluster);
  if (limit !== undefined) throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : ${limit}.`);
  place(context.work, vm, { host, datastore });
  return id;
}

const MIGRATIONS: Partial<Record<string, ProcessName>> = {
  RUNNING: "migrate-save",
  UNKNOWN: "migrate-unknown",
  POWEROFF: "migrate-poweroff",
  SUSPENDED: "migrate-suspended",
};

function migrate(context: CallContext, params: Params): number {
  const [id, hostId, live] = [params.int(0), params.int(1), params.boolean(2)];
  const enforce = params.count > 3 ? params.boolean(3) : false;
  const asked = params.count > 4 ? params.int(4) : -1;
  const off = params.count > 5 ? params.int(5) : 0;
  const host = hostInUse(context, hostId);
  const needs = asked < 0 ? [] : [targetOf("datastore", find(context, "datastore", asked))];
  const vm = find(context, "vm", id);
  authorize(
    context,
    ["ADMIN", targetOf("vm", vm)],
    ["MANAGE", targetOf("host", host)],
    ...needs.map((need): ["USE", typeof need] => ["USE", need]),
  );
  const process = MIGRATIONS[stateOf(vm)];
  const record = lastRecord(vm);
  if (process === undefined || record === undefined)
    throw action(`Migrate action is not available for state ${stateOf(vm)}`);
  if (record.hid === hostId && (asked === -1 || asked === record.dsId)) {
    throw action(`VM is already running on host [${record.hid}] and datastore [${record.dsId}]`);
  }
  checkHost(context, vm, host, enforce);
  automaticRequirements(context.state, vm);
  const clusters = clustersOf(context.state, vm);
  if (clusters !== undefined && !clusters.includes(host.data.cluster)) {
    const where = `Host is in cluster [${host.data.cluster}], and VM requires to be placed on cluster [${clusters.join(",")}]`;
    throw action(`Cannot migrate  VM [${id}] to host [${hostId}]. ${where}`);
  }
  const datastore = migrationDatastore(context, vm, { host, asked, live });
  openRecord(vm, { host, datastore }, context.now);
  const previous = vm.data.history.at(-2);
  const names = { 1: "poweroff-migrate", 2: "poweroff-hard-migrate" } as const;
  const chosen =
    live && process === "migrate-save"
      ? "migrate-live"
      : off > 0 && process === "migrate-save"
        ? "migrate-off"
        : process;
  const recorded =
    chosen === "migrate-live" ? "live-migrate" : chosen === "migrate-off" ? names[off === 2 ? 2 : 1] : "migrate";
  begin(context.work, vm, chosen, off === 2 ? { hard: true } : {});
  if (previous !== undefined) setAction({ ...vm, data: { ...vm.data, history: [previous] } }, recorded, asker(context));
  return id;
}

function migrationDatastore(
  context: CallContext,
  vm: Entity<"vm">,
  { host, asked, live }: { host: Entity<"host">; asked: number; live: boolean },
): Entity<"datastore"> {
  const current = context.state.get("datastore", lastRecord(vm)?.dsId ?? -1);
  const datastore = asked < 0 ? current : find(context, "datastore", asked);
  if (datastore !== current) {
    if (live) throw action("A migration to a different system datastore cannot be performed live.");
    if (get(datastore.template, "DS_MIGRATE")?.toUpperCase() === "NO") {
      throw action("System datastore migration not supported by driver");
    }
    if (datastore.data.tmMad !== current.data.tmMad) {
      throw action("Cannot migrate to a system datastore with a different driver");
    }
  }
  const { clusters } = datastore.data;
  if (clusters.length > 0 && !clusters.includes(host.data.cluster)) {
    throw action(
      `Cannot migrate VM [${vm.id}] to host [${host.id}] and system datastore [${datastore.id}]. Host is in cluster ` +
        `[${host.data.cluster}], and the datastore is in cluster [${clusters.join(",")}]`,
    );
  }
  return datastore;
}

function resize(context: CallContext, params: Params): number {
  const [id, text, enforce] = [params.int(0), params.string(1), params.boolean(2)];
  const given = template(text);
  const vm = vmFor(context, id, "resize");
  checkRestricted(context, "VM", given, "Template includes a restricted attribute");
  const number = (name: string): number => parseFloat(get(given, name) ?? "0") || 0;
  if (number("CPU") < 0) throw internal("CPU must be a positive float or integer value.");
  if (number("MEMORY") < 0) throw internal("MEMORY must be a positive integer value.");
  if (number("VCPU") < 0) throw internal("VCPU must be a positive integer value.");
  const before: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  for (const name of ["CPU", "MEMORY", "VCPU"]) {
    const old = get(vm.template, name);
    if (old !== undefined) before[name] = old;
    if (number(name) > 0 && String(number(name)) !== old) wanted[name] = String(number(name));
  }
  const delta = (name: string): number =>
    wanted[name] === undefined ? 0 : Number(wanted[name]) - Number(before[name] ?? "0");
  const running = { RUNNING_CPU: delta("CPU"), RUNNING_MEMORY: delta("MEMORY") };
  const counts = ["PENDING", "HOLD", "RUNNING"].includes(stateOf(vm));
  const grown = { CPU: delta("CPU"), MEMORY: delta("MEMORY"), ...(counts && running) };
  checkQuotas(context, { uid: vm.uid, gid: vm.gid }, { VM: { "": grown } });
  const record = lastRecord(vm);
  const state = stateOf(vm);
  if (["STOPPED", "DONE", "SUSPENDED"].includes(state) || (vm.data.state === VmState.ACTIVE && state !== "RUNNING")) {
    throw action(`Cannot resize a VM in state ${state}`);
  }
  // oned takes a wish for what is there already, and notes it in the history.
  if (state === "RUNNING" && Object.keys(wanted).length === 0) {
    closeRecord(vm, "resize", asker(context), context.now);
    context.state.touch("vm", vm);
    return id;
  }
  const onIt = record !== undefined && (state === "POWEROFF" || state === "RUNNING");
  const host = onIt ? context.state.find("host", record.hid) : undefined;
  const more = { cpu: delta("CPU") * 100, memory: delta("MEMORY") * 1024 };
  const reason = enforce && host !== undefined ? lacks(context.state, host, more, capacityOf(vm)) : undefined;
  if (reason !== undefined) throw action(reason);
  for (const [name, value] of Object.entries(wanted)) vm.template = set(vm.template, name, value);
  closeRecord(vm, "resize", asker(context), context.now);
  if (state === "RUNNING") begin(context.work, vm, "resize", { before });
  context.state.touch("vm", vm);
  return id;
}

const [FAILURE, SUCCESS, RETRY, DELETE, RECREATE, FORGET] = [0, 1, 2, 3, 4, 5];

function recover(context: CallContext, params: Params): number {
  const [id, operation] = [params.int(0), params.int(1)];
  const names = ["recover", "recover", "retry", "delete", "delete", "delete"];
  if (names[operation] === undefined) throw action("Wrong recovery operation code");
  const vm = vmFor(context, id, names[operation] ?? "recover");
  const { work } = context;
  const { data } = vm;
  const refuse = (what: string): Failure =>
    action(`Could not perform a ${what} on VM ${id}, wrong state ${stateOf(vm)}.`);
  const waits = data.state === VmState.CLONING_FAILURE;
  if (operation === FAILURE || operation === SUCCESS) {
    if (data.state !== VmState.ACTIVE && !waits) throw refuse("recover operation");
    if (data.work === undefined && data.failed !== undefined) data.work = data.failed;
    if (operation === SUCCESS) stepDone(work, vm);
    else stepFailed(work, vm, "Recovered by the user as failed");
  } else if (operation === RETRY) {
    if (data.state !== VmState.ACTIVE) throw refuse("retry");
    const again = data.failed;
    if (again !== undefined && lcmName(data.lcm).endsWith("_FAILURE")) {
      begin(work, vm, again.process, again.subject);
      if (data.work !== undefined) data.work.step = again.step;
    }
  } else if (operation === DELETE || operation === FORGET) {
    wipe(context, vm, operation === FORGET);
  } else if (operation === RECREATE) recreate(context, vm);
  context.state.touch("vm", vm);
  return id;
}

const onHost = (vm: Entity<"vm">): boolean =>
  ([VmState.ACTIVE, VmState.SUSPENDED, VmState.POWEROFF, VmState.STOPPED, VmState.UNDEPLOYED] as number[]).includes(
    vm.data.state,
  );

function wipe(context: CallContext, vm: Entity<"vm">, forget: boolean): void {
  if (vm.data.state === VmState.DONE) return;
  setAction(vm, "delete", asker(context));
  if (onHost(vm) && !forget) begin(context.work, vm, "delete");
  else endVm(context.work, vm);
}

function recreate(context: CallContext, vm: Entity<"vm">): void {
  const { data } = vm;
  if (data.state === VmState.DONE)
    throw action(`Could not perform a delete-recreate on VM ${vm.id}, wrong state DONE.`);
  setAction(vm, "delete-recreate", asker(context));
  if (onHost(vm)) begin(context.work, vm, "recreate");
  else if (data.state === VmState.HOLD) data.state = VmState.PENDING;
  delete data.stopped;
}

function update(context: CallContext, params: Params): number {
  const [id, text, type] = [params.int(0), params.string(1), params.count > 2 ? params.int(2) : 0];
  const vm = vmFor(context, id, "update");
  const given = changedTemplate(context, "vm", { text, append: type, old: vm.data.userTemplate });
  vm.data.userTemplate = type === 1 ? merge(vm.data.userTemplate, given) : given;
  context.state.touch("vm", vm);
  return id;
}

CHOWN_GUARDS.vm = (context, vm, owner) => {
  if (vm.data.state === VmState.DONE) throw action("Could not change VM ownership, wrong state");
  checkQuotas(context, owner, vmUsage(vm.template, isRunning(vm.data.state)));
};

export const vmMethods: Methods = {
  "one.vm.allocate": allocate,
  "one.vm.action": act,
  "one.vm.deploy": deploy,
  "one.vm.migrate": migrate,
  "one.vm.resize": resize,
  "one.vm.recover": recover,
  "one.vm.update": update,
};
