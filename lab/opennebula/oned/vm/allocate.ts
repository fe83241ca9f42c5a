// SPDX-License-Identifier: Apache-2.0

import { randomUUID } from "node:crypto";
import type { Operation, Target } from "../acl";
import type { CallContext } from "../call";
import { checkName, targetOf } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { renewRules } from "../network/rules";
import type { Template } from "../template";
import { get, set, vectors, without } from "../template";
import { backupConfig } from "./backups";
import { contextFor, expandContext, tokenContext } from "./context";
import { acquireDisk, assignTargets, imageOf } from "./disks";
import { nicLeases } from "./nics";
import { automaticRequirements } from "./requirements";
import { schedActionFrom } from "./schedule";
import { VmState } from "./states";
import type { Vector } from "./vectors";
import { addVector } from "./vectors";

/** Attributes that make the VM; all others are the user's own. */
const KNOWN = new Set([
  ...["CPU", "VCPU", "MEMORY", "MEMORY_MAX", "MEMORY_SLOTS", "MEMORY_RESIZE_MODE", "VCPU_MAX", "EMULATOR"],
  ...["CPU_COST", "MEMORY_COST", "DISK_COST", "TEMPLATE_ID", "CLONING_TEMPLATE_ID", "VROUTER_ID", "IMPORTED"],
  ...["CONTEXT", "DISK", "NIC", "NIC_ALIAS", "NIC_DEFAULT", "GRAPHICS", "VIDEO", "INPUT", "FEATURES", "OS", "RAW"],
  ...["CPU_MODEL", "PCI", "NUMA_NODE", "TOPOLOGY", "TPM", "VMGROUP"],
]);

const fail = (message: string): Failure => new Failure(Code.INTERNAL, message);

/** Numbers of the template, with the rule that each has to keep. */
const NUMBERS: [name: string, required: boolean, whole: boolean][] = [
  ["MEMORY", true, true],
  ["CPU", true, false],
  ["VCPU", false, true],
];
const COSTS = ["CPU_COST", "MEMORY_COST", "DISK_COST"];

function checkNumbers(given: Template): void {
  for (const [name, required, whole] of NUMBERS) {
    const text = get(given, name) ?? "";
    const good = whole ? /^\s*[1-9]\d*/.test(text) : parseFloat(text) > 0;
    if (good || (!required && text === "")) continue;
    throw fail(`${name} attribute must be a positive ${whole ? "" : "float or "}integer value.`);
  }
  for (const name of COSTS) {
    if (parseFloat(get(given, name) ?? "0") < 0) {
      throw fail(`${name} attribute must be a positive float or integer value.`);
    }
  }
}

/** The rights on images and networks that a template needs. Objects that are missing are refused later. */
export function templateNeeds(context: CallContext, given: Template): [Operation, Target][] {
  const disks = vectors(given, "DISK").flatMap((disk): [Operation, Target][] => {
    const image = "IMAGE_ID" in disk || "IMAGE" in disk ? quietly(() => imageOf(context, disk)) : undefined;
    return image === undefined ? [] : [["USE", targetOf("image", image)]];
  });
  const nics = [...vectors(given, "NIC"), ...vectors(given, "NIC_ALIAS")].flatMap((nic) =>
    nicLeases.needs(context, nic),
  );
  return [...disks, ...nics];
}

function quietly<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** Makes a VM from a template: on hold or waiting for a host. Throws oned's refusal; the caller rolls back. */
export function createVm(context: CallContext, given: Template, hold: boolean): Entity<"vm"> {
  const id = context.state.nextId("vm", 0);
  const prefix = get(given, "TEMPLATE_NAME") ?? "one";
  const name = get(given, "NAME") ?? "";
  const parsed = structuredClone(
    without(given, "NAME", "TEMPLATE_NAME", "SUBMIT_ON_HOLD", "SCHED_ACTION", "VMID", "BACKUP_CONFIG"),
  );
  const vm: Entity<"vm"> = {
    id,
    name: name === "" ? `${prefix}-${id}` : name,
    uid: context.user.id,
    gid: context.user.gid,
    permissions: 0o600,
    template: [{ name: "VMID", value: String(id) }, ...parsed.filter((attribute) => KNOWN.has(attribute.name))],
    data: {
      state: hold ? VmState.HOLD : VmState.PENDING,
      lcm: 0,
      resched: false,
      stime: context.now,
      etime: 0,
      deployId: "",
      userTemplate: parsed.filter((attribute) => !KNOWN.has(attribute.name)),
      history: [],
      snapshots: {},
      monitoring: [],
      schedActions: [],
      backups: { config: backupConfig(given), ids: [] },
    },
  };
  checkName(vm.name);
  checkNumbers(given);
  operatingSystem(vm);
  if (hold) vm.template = set(vm.template, "SUBMIT_ON_HOLD", "YES");
  vectors(vm.template, "PCI").forEach((pci, index) => (pci.PCI_ID = String(index)));
  leaseNics(context, vm);
  takeDisks(context, vm);
  const guest = vectors(vm.template, "CONTEXT")[0];
  if (guest !== undefined) {
    expandContext(context.state, vm, guest);
    tokenContext(context.config, vm, guest);
  }
  contextFor(context.state, vm);
  automaticRequirements(context.state, vm);
  graphics(vm);
  for (const action of vectors(given, "SCHED_ACTION")) {
    vm.data.schedActions.push(schedActionFrom(context, action, { start: context.now, relative: true }));
  }
  return context.state.add("vm", vm);
}

function operatingSystem(vm: Entity<"vm">): void {
  const os = vectors(vm.template, "OS")[0];
  if (os === undefined) addVector(vm, "OS", { UUID: randomUUID() });
  else os.UUID ??= randomUUID();
}

function leaseNics(context: CallContext, vm: Entity<"vm">): void {
  const defaults = vectors(vm.template, "NIC_DEFAULT")[0] ?? {};
  const nics = [...vectors(vm.template, "NIC"), ...vectors(vm.template, "NIC_ALIAS")];
  nics.forEach((nic, index) => {
    for (const [name, value] of Object.entries(defaults)) nic[name] ??= value;
    nic.NIC_ID = String(index);
    nic.NAME ??= `${vectors(vm.template, "NIC").includes(nic) ? "NIC" : "NIC_ALIAS"}${index}`;
  });
  for (const alias of vectors(vm.template, "NIC_ALIAS")) joinParent(vm, alias);
  for (const nic of nics) nicLeases.lease(context, vm.id, nic);
  renewRules(context.state, vm);
}

/** Tells an alias which NIC it belongs to. */
export function joinParent(vm: Entity<"vm">, alias: Vector): void {
  const parent = vectors(vm.template, "NIC").find((nic) => nic.NAME === alias.PARENT);
  if (parent === undefined) throw new Failure(Code.ACTION, `Parent ${alias.PARENT ?? ""} not found`);
  const siblings = vectors(vm.template, "NIC_ALIAS").filter((nic) => nic !== alias && nic.PARENT_ID === parent.NIC_ID);
  alias.PARENT_ID = parent.NIC_ID ?? "";
  alias.ALIAS_ID = String(siblings.length);
  parent.ALIAS_IDS = [...siblings, alias].map((nic) => nic.NIC_ID).join(",");
}

function takeDisks(context: CallContext, vm: Entity<"vm">): void {
  const disks = vectors(vm.template, "DISK");
  disks.forEach((disk, id) => {
    try {
      acquireDisk(context, vm, { disk, id, attach: false });
    } catch (error) {
      throw error instanceof Failure ? fail(`DISK ${id}: ${error.message}`) : error;
    }
  });
  const guest = vectors(vm.template, "CONTEXT")[0];
  if (guest !== undefined) guest.DISK_ID = String(disks.length);
  assignTargets(context, disks, guest);
  if (disks.some((disk) => disk.CLONING === "YES")) vm.data.state = VmState.CLONING;
}

function graphics(vm: Entity<"vm">): void {
  const given = vectors(vm.template, "GRAPHICS")[0];
  if (given === undefined) return;
  if (given.PORT !== undefined && !/^\d+$/.test(given.PORT)) throw fail("Wrong PORT number in GRAPHICS attribute");
  if (given.RANDOM_PASSWD?.toUpperCase() === "YES" && (given.PASSWD ?? "") === "") {
    given.PASSWD = randomUUID().replaceAll("-", "").slice(0, 8);
  }
}
