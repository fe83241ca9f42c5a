// SPDX-License-Identifier: Apache-2.0

import type { HookRecord, Role } from "../entities";
import type { State } from "../state";
import { renderVector, vectors } from "../template";
import { VmState } from "../vm/states";
import type { KindsOf } from "./kind";
import { element, id, lock, name, owned, owner, permissions, template } from "./kind";

/** VMs of a role: those whose template says so. */
export const roleVms = (state: State, group: number, role: string): number[] =>
  state.all("vm").flatMap((vm) => {
    const [member] = vectors(vm.template, "VMGROUP");
    const here = member?.VMGROUP_ID === String(group) && member.ROLE === role && vm.data.state !== VmState.DONE;
    return here ? [vm.id] : [];
  });

function role(state: State, group: number, { id: number, name: label, attributes }: Role): string {
  const vms = roleVms(state, group, label);
  const members: Record<string, string> = vms.length === 0 ? {} : { VMS: vms.join(",") };
  return `<ROLE>${renderVector({ ...attributes, ID: String(number), NAME: label, ...members })}</ROLE>`;
}

/** A run of a hook, as the log has it; texts are in base64. */
export function hookRecord(hook: number, record: HookRecord): string {
  const result =
    element("COMMAND", record.command) +
    element("STDOUT", record.stdout) +
    element("STDERR", record.stderr) +
    element("CODE", record.code);
  return (
    `<HOOK_EXECUTION_RECORD>${element("HOOK_ID", hook)}${element("EXECUTION_ID", record.id)}` +
    `${element("TIMESTAMP", record.timestamp)}${element("ARGUMENTS", record.arguments)}` +
    `<EXECUTION_RESULT>${result}</EXECUTION_RESULT>` +
    `${record.host === undefined ? "" : element("REMOTE_HOST", record.host)}` +
    `${record.retry ? element("RETRY", "yes") : ""}</HOOK_EXECUTION_RECORD>`
  );
}

export const AUTOMATION: KindsOf<"document" | "vmgroup" | "hook"> = {
  document: {
    ...{ name: "document", pool: "documentpool", element: "DOCUMENT", poolElement: "DOCUMENT_POOL", label: "document" },
    ...{ typeLabel: "DOCUMENT", firstId: 0, paged: true, unique: "no" },
    parts: [id, owner, name, (e) => element("TYPE", e.data.type), permissions, lock, template],
    rights: { ...owned, clone: "USE", lock: "MANAGE" },
  },
  vmgroup: {
    ...{ name: "vmgroup", pool: "vmgrouppool", element: "VM_GROUP", poolElement: "VM_GROUP_POOL" },
    ...{ label: "virtual machine group", typeLabel: "VMGroup", firstId: 0, paged: true, unique: "owner" },
    parts: [
      id,
      owner,
      name,
      permissions,
      lock,
      (e, c) => `<ROLES>${e.data.roles.map((r) => role(c.state, e.id, r)).join("")}</ROLES>`,
      template,
    ],
    rights: { ...owned, lock: "MANAGE" },
  },
  hook: {
    ...{ name: "hook", pool: "hookpool", element: "HOOK", poolElement: "HOOK_POOL", label: "hook", typeLabel: "Hook" },
    ...{ firstId: 0, paged: true, unique: "all" },
    parts: [
      id,
      name,
      (e) => element("TYPE", e.data.type),
      lock,
      template,
      (e) => `<HOOKLOG>${e.data.log.map((record) => hookRecord(e.id, record)).join("")}</HOOKLOG>`,
    ],
    poolParts: [id, name, (e) => element("TYPE", e.data.type), lock, template],
    rights: { info: "USE", update: "MANAGE", rename: "MANAGE", delete: "MANAGE", lock: "MANAGE" },
  },
};
