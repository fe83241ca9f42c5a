// SPDX-License-Identifier: Apache-2.0

import type { Operation, Target } from "../acl";
import type { CallContext, Method, Methods } from "../call";
import { authorize, checkRestricted, find as findObject, targetOf, template } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { Params } from "../params";
import { noteSecurityGroups } from "../leases";
import { areRulesBeingMade, groupsOf, hasRulesAtHost, renewRules, tellHostOf } from "../network/rules";
import { checkQuotas, vmUsage } from "../quota-use";
import type { Template } from "../template";
import { get, vectors } from "../template";
import { joinParent, templateNeeds } from "../vm/allocate";
import { contextFor, expandContext, tokenContext } from "../vm/context";
import { acquireDisk, assignTarget } from "../vm/disks";
import { closeRecord, lastRecord } from "../vm/history";
import { begin } from "../vm/machine";
import { nicLeases } from "../vm/nics";
import { graphicsPort } from "../vm/placement";
import { noteChange } from "../vm/network-change";
import type { ProcessName } from "../vm/processes";
import { VmState } from "../vm/states";
import type { Vector } from "../vm/vectors";
import { addVector, find, findNic, nextId, removeVector } from "../vm/vectors";
import { action, asker, byState, internal, rightFor, stateOf, vmFor } from "./vm-common";

/** What a hotplug call gives: a template with one vector of a kind. */
function vectorOf(given: Template, ...names: string[]): { name: string; value: Vector } {
  for (const name of names) {
    const value = vectors(given, name)[0];
    if (value !== undefined) return { name, value: { ...value } };
  }
  throw action(`${names[0]} attribute not found`);
}

/** A router's VMs are changed through the router. */
function noRouter(vm: Entity<"vm">): void {
  const router = get(vm.template, "VROUTER_ID") ?? "";
  if (router !== "") throw action("Action is not supported for virtual router VMs");
}

/** The call on a VM that is no router's. */
const onlyVms =
  (act: (context: CallContext, params: Params) => number): Method =>
  (context, params) => {
    noRouter(findObject(context, "vm", params.int(0)));
    return act(context, params);
  };

function attach(context: CallContext, params: Params): number {
  const id = params.int(0);
  const vm = findObject(context, "vm", id);
  if (lastRecord(vm) === undefined) throw action("VM is not running in any host");
  noRouter(vm);
  const given = template(params.string(1));
  authorize(context, [rightFor(context, "disk-attach"), targetOf("vm", vm)], ...templateNeeds(context, given));
  checkRestricted(context, "VM", given, "DISK includes a restricted attribute");
  const { value: disk } = vectorOf(given, "DISK");
  const { DATASTORE, IMAGE, NETWORK: _none, VM: _vm, ...rest } = vmUsage([{ name: "DISK", value: disk }], true);
  checkQuotas(
    context,
    { uid: vm.uid, gid: vm.gid },
    { ...rest, ...(DATASTORE && { DATASTORE }), ...(IMAGE && { IMAGE }) },
  );
  const process = byState<ProcessName>(
    vm,
    { RUNNING: "attach-disk", POWEROFF: "attach-disk-poweroff" },
    `Could not attach a new disk to VM ${id}`,
  );
  const guest = Number(vectors(vm.template, "CONTEXT")[0]?.DISK_ID ?? "-1");
  const diskId = Math.max(nextId(vm, "DISK"), guest + 1);
  const system = get(vm.template, "TM_MAD_SYSTEM");
  if (system !== undefined) disk.TM_MAD_SYSTEM = system;
  acquireDisk(context, vm, { disk, id: diskId, attach: true });
  assignTarget(vm, disk);
  disk.ATTACH = "YES";
  addVector(vm, "DISK", disk);
  closeRecord(vm, "disk-attach", asker(context), context.now);
  begin(context.work, vm, process, { diskId });
  return id;
}

function detach(context: CallContext, params: Params): number {
  const [id, diskId] = [params.int(0), params.int(1)];
  const vm = vmFor(context, id, "disk-attach");
  noRouter(vm);
  const process = byState<ProcessName>(
    vm,
    { RUNNING: "detach-disk", POWEROFF: "detach-disk-poweroff" },
    "Could not detach disk from VM " + id,
  );
  const disk = find(vm, "DISK", diskId);
  if (disk === undefined) throw action(`Could not detach disk with DISK_ID ${diskId}, it does not exist.`);
  disk.ATTACH = "YES";
  closeRecord(vm, "disk-detach", asker(context), context.now);
  begin(context.work, vm, process, { diskId });
  return id;
}

/** Gives a VM an interface, a router's too. */
export function attachNic(context: CallContext, params: Params): number {
  const id = params.int(0);
  const given = template(params.string(1));
  const vm = findObject(context, "vm", id);
  authorize(context, [rightFor(context, "nic-attach"), targetOf("vm", vm)], ...templateNeeds(context, given));
  checkRestricted(context, "VM", given, "NIC includes a restricted attribute");
  const { name, value: nic } = vectorOf(given, "NIC", "NIC_ALIAS");
  const { NETWORK } = vmUsage([{ name, value: nic }], true);
  checkQuotas(context, { uid: vm.uid, gid: vm.gid }, NETWORK === undefined ? {} : { NETWORK });
  const alias = name === "NIC_ALIAS";
  const process = byState<ProcessName>(
    vm,
    { RUNNING: alias ? "alias-nic" : "attach-nic", POWEROFF: "attach-nic-poweroff" },
    `Could not add a new NIC to VM ${id}`,
  );
  const nicId = Math.max(nextId(vm, "NIC"), nextId(vm, "NIC_ALIAS"));
  nic.NIC_ID = String(nicId);
  nic.NAME ??= `${name}${nicId}`;
  for (const [key, value] of Object.entries(vectors(vm.template, "NIC_DEFAULT")[0] ?? {})) nic[key] ??= value;
  if (alias) joinParent(vm, nic);
  leaseFor(context, id, nic);
  nic.ATTACH = "YES";
  addVector(vm, name, nic);
  renewRules(context.state, vm);
  contextFor(context.state, vm);
  closeRecord(vm, alias ? "alias-attach" : "nic-attach", asker(context), context.now);
  begin(context.work, vm, process, { nicId });
  return id;
}

/** Takes an address; a network that has none refuses the action. */
function leaseFor(context: CallContext, vmId: number, nic: Vector): void {
  try {
    nicLeases.lease(context, vmId, nic);
  } catch (error) {
    throw error instanceof Failure ? action(error.message) : error;
  }
}

/** Takes an interface from a VM, a router's too. */
export function detachNic(context: CallContext, params: Params): number {
  const [id, nicId] = [params.int(0), params.int(1)];
  const vm = vmFor(context, id, "nic-attach");
  const found = findNic(vm, nicId);
  const alias = found?.kind === "NIC_ALIAS";
  const process = byState<ProcessName>(
    vm,
    { RUNNING: alias ? "alias-nic" : "detach-nic", POWEROFF: "detach-nic-poweroff" },
    "Could not detach NIC from VM " + id,
  );
  if (found === undefined) throw action(`Could not detach NIC with NIC_ID ${nicId}, it does not exist.`);
  found.nic.ATTACH = "YES";
  closeRecord(vm, alias ? "alias-detach" : "nic-detach", asker(context), context.now);
  begin(context.work, vm, process, { nicId, detach: true });
  return id;
}

/** Attributes of a NIC that may change while it is there. */
const CHANGEABLE = ["INBOUND_AVG_BW", "INBOUND_PEAK_BW", "INBOUND_PEAK_KB"].flatMap((name) => [
  name,
  name.replace("IN", "OUT"),
]);

function updateNic(context: CallContext, params: Params): number {
  const [id, nicId] = [params.int(0), params.int(1)];
  const vm = findObject(context, "vm", id);
  const found = findNic(vm, nicId);
  if (found === undefined) throw action(`VM ${id}: NIC ${nicId} does not exists`);
  if (found.kind === "NIC_ALIAS") throw action("Action not supported for NIC_ALIAS");
  const given = template(params.string(2));
  const append = params.count > 3 ? params.int(3) : 0;
  authorize(context, [rightFor(context, "nic-attach"), targetOf("vm", vm)]);
  checkRestricted(context, "VM", given, "NIC includes a restricted attribute");
  const prefix = `Error updating NIC (${nicId}) for VM ${id}: `;
  const active = vm.data.state === VmState.ACTIVE;
  if (active && stateOf(vm) !== "RUNNING") throw action(`${prefix}Wrong state ${stateOf(vm)}`);
  const asked = vectors(given, "NIC")[0];
  if (asked === undefined) throw action(`${prefix}Wrong NIC definition, attribute is missing`);
  const wanted: Vector = append === 0 ? asked : { ...found.nic, ...asked };
  const changed = CHANGEABLE.filter((name) => wanted[name] !== found.nic[name]);
  const before = Object.fromEntries(changed.map((name) => [name, found.nic[name] ?? ""]));
  for (const name of changed) {
    const value = wanted[name];
    if (value === undefined) delete found.nic[name];
    else found.nic[name] = value;
  }
  context.state.touch("vm", vm);
  if (!active || changed.length === 0) return id;
  noteChange(vm, before);
  closeRecord(vm, "nic-update", asker(context), context.now);
  begin(context.work, vm, "update-nic", { networkId: Number(found.nic.NETWORK_ID ?? "-1") });
  return id;
}

/** Puts a NIC into a security group, or takes it out. */
function securityGroup(context: CallContext, params: Params, join: boolean): number {
  const [id, nicId, groupId] = [params.int(0), params.int(1), params.int(2)];
  const vm = findObject(context, "vm", id);
  const found = findNic(vm, nicId);
  const noNic = `VM ${id} doesn't have NIC id ${nicId}`;
  if (join && found === undefined) throw internal(noNic);
  const group = context.state.find("secgroup", groupId);
  const needs: [Operation, Target][] = [[rightFor(context, "sg-attach"), targetOf("vm", vm)]];
  if (join && group !== undefined) needs.push(["USE", targetOf("secgroup", group)]);
  authorize(context, ...needs);
  if (join && group === undefined) throw action(`Could not attach SG ${groupId} to VM, SG does not exist`);
  if (areRulesBeingMade(vm)) throw action(`VM ${id} is in wrong state ${stateOf(vm)}`);
  if (found === undefined) throw action(noNic);
  const groups = (found.nic.SECURITY_GROUPS ?? "").split(",").filter((text) => text !== "");
  const is = groups.includes(String(groupId));
  if (join && is) throw action(`VM ${id} SG ${groupId} already in NIC ${nicId}`);
  if (!join && !is) throw action(`VM ${id} NIC ${nicId} doesn't contain SG ${groupId}`);
  const others = groups.filter((text) => text !== String(groupId));
  found.nic.SECURITY_GROUPS = (join ? [...groups, String(groupId)] : others).join(",");
  renewRules(context.state, vm);
  context.state.touch("vm", vm);
  if (group === undefined) return id;
  if (hasRulesAtHost(vm)) tellHostOf(context.state, group, vm);
  else noteSecurityGroups(context.state, id, [groupId], groupsOf(vm).includes(groupId));
  return id;
}

function attachPci(context: CallContext, params: Params): number {
  const id = params.int(0);
  const given = template(params.string(1));
  const pci = vectors(given, "PCI")[0];
  if (pci === undefined) throw action("PCI attribute not found");
  if (pci.TYPE === "NIC") throw action("Use one.vm.attachnic to attach this PCI device");
  const vm = vmFor(context, id, "pci-attach");
  checkRestricted(context, "VM", given, "PCI includes a restricted attribute");
  if (!["POWEROFF", "UNDEPLOYED"].includes(stateOf(vm))) throw action("VM in wrong state, it has to be in poweroff");
  addVector(vm, "PCI", { ...pci, PCI_ID: String(nextId(vm, "PCI")) });
  closeRecord(vm, "pci-attach", asker(context), context.now);
  context.state.touch("vm", vm);
  return id;
}

function detachPci(context: CallContext, params: Params): number {
  const [id, pciId] = [params.int(0), params.int(1)];
  const vm = vmFor(context, id, "pci-attach");
  if (!["POWEROFF", "UNDEPLOYED"].includes(stateOf(vm))) throw action("VM in wrong state, it has to be in poweroff");
  const pci = find(vm, "PCI", pciId);
  if (pci === undefined) throw action("PCI device not found");
  if (pci.TYPE === "NIC") throw action("Use one.vm.detachnic to detach this PCI device");
  removeVector(vm, pci);
  closeRecord(vm, "pci-detach", asker(context), context.now);
  context.state.touch("vm", vm);
  return id;
}

/** Vectors that updateconf may change beside the guest's context. */
const CONFIGURABLE = ["OS", "FEATURES", "INPUT", "GRAPHICS", "VIDEO", "RAW", "CPU_MODEL"];
const FIXED = ["HOLD", "PENDING", "POWEROFF", "UNDEPLOYED", "CLONING", "CLONING_FAILURE", "RUNNING"];

function updateConf(context: CallContext, params: Params): number {
  const [id, text] = [params.int(0), params.string(1)];
  const type = params.count > 2 ? params.int(2) : 0;
  if (type !== 0 && type !== 1) throw new Failure(Code.XML_RPC_API, "Wrong update type");
  const given = template(text);
  const vm = vmFor(context, id, "updateconf");
  checkRestricted(context, "VM", given, "Template includes a restricted attribute");
  const state = stateOf(vm);
  if (!FIXED.includes(state) && !state.endsWith("_FAILURE")) {
    throw internal(`configuration cannot be updated in state ${state}`);
  }
  for (const name of CONFIGURABLE) replaceVector(vm, name, vectors(given, name)[0], type === 1);
  const changed = updateContext(context, vm, vectors(given, "CONTEXT")[0], type === 1);
  if (["RUNNING", "POWEROFF", "SUSPENDED"].includes(state)) graphicsPort(vm);
  if (state === "RUNNING" && changed) begin(context.work, vm, "update-conf");
  context.state.touch("vm", vm);
  return id;
}

function replaceVector(vm: Entity<"vm">, name: string, value: Vector | undefined, append: boolean): void {
  const old = vectors(vm.template, name)[0];
  if (value === undefined) {
    // What a full update leaves out is gone; the VM's number for the firmware stays.
    if (!append && old !== undefined && name !== "OS") removeVector(vm, old);
    return;
  }
  if (old === undefined) addVector(vm, name, { ...value });
  else if (append) Object.assign(old, value);
  else {
    const kept = {
      ...(old.UUID !== undefined && { UUID: old.UUID }),
      ...(old.PORT !== undefined && { PORT: old.PORT }),
    };
    removeVector(vm, old);
    addVector(vm, name, { ...kept, ...value });
  }
}

/** Changes the guest's context; true when it is another one than before. */
function updateContext(context: CallContext, vm: Entity<"vm">, value: Vector | undefined, append: boolean): boolean {
  const old = vectors(vm.template, "CONTEXT")[0];
  if (value === undefined) return false;
  if (old === undefined) throw internal("Virtual machine does not have context, cannot add a new one.");
  const before = JSON.stringify(old);
  const wrong = Object.keys(value).find((name) => /^ETH\d+_\w+$/.test(name) && old[name] !== value[name]);
  if (wrong !== undefined) throw internal(`Unable to add ${wrong}, update NIC to update network context`);
  if (!append) {
    for (const name of Object.keys(old)) if (!["DISK_ID", "TARGET"].includes(name)) delete old[name];
  }
  const expanded = { ...value };
  expandContext(context.state, vm, expanded);
  tokenContext(context.config, vm, expanded);
  Object.assign(old, expanded);
  contextFor(context.state, vm);
  return JSON.stringify(old) !== before;
}

export const hotplugMethods: Methods = {
  "one.vm.attach": attach,
  "one.vm.detach": detach,
  "one.vm.attachnic": onlyVms(attachNic),
  "one.vm.detachnic": onlyVms(detachNic),
  "one.vm.updatenic": onlyVms(updateNic),
  "one.vm.attachsg": (context, params) => securityGroup(context, params, true),
  "one.vm.detachsg": (context, params) => securityGroup(context, params, false),
  "one.vm.attachpci": attachPci,
  "one.vm.detachpci": detachPci,
  "one.vm.updateconf": updateConf,
};
