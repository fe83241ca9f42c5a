// SPDX-License-Identifier: Apache-2.0

/** How VMs get the changed rules of a security group: one after the other, each on the host that it runs on. */
import type { Task, Work } from "../background";
import type { Entity } from "../entities";
import { securityGroupRules } from "../leases";
import type { State } from "../state";
import { vectors, without } from "../template";
import { lastRecord } from "../vm/history";
import { jobOf } from "../vm/machine";
import { lcmName, VmState } from "../vm/states";
import { forgetVm, idList, judgeOutdated, wasTold } from "./updates";

const RULE_SECONDS = 120;

/** Life-cycle states in which the rules at the host are being made anyway, so that they cannot be changed. */
const MAKING =
  /^(BOOT(_MIGRATE|_SUSPENDED|_STOPPED|_UNDEPLOY|_POWEROFF|_UNKNOWN)?|BOOT_(MIGRATE_|UNDEPLOY_|STOPPED_)?FAILURE|MIGRATE|HOTPLUG_NIC(_POWEROFF)?|UNKNOWN)$/;
/** States in which the host has rules to change. */
const AT_HOST = [
  ...["RUNNING", "HOTPLUG", "HOTPLUG_SNAPSHOT", "HOTPLUG_SAVEAS", "HOTPLUG_RESIZE", "DISK_SNAPSHOT"],
  ...["DISK_SNAPSHOT_DELETE", "DISK_RESIZE", "BACKUP"],
];

type Group = Entity<"secgroup">;

/** Goes on with the VMs that do not know a group's rules yet, up to the first whose host has to be told. */
export function tellVms(state: State, group: Group): boolean {
  const waiting = judgeOutdated(group.data, (id) => {
    const vm = state.find("vm", id);
    if (vm === undefined) return undefined;
    if (areRulesBeingMade(vm)) return "error";
    renewRules(state, vm);
    return hasRulesAtHost(vm) ? "updating" : "updated";
  });
  if (waiting) state.touch("secgroup", group);
  return waiting;
}

/** Whether the rules at the VM's host are being made anyway. */
export const areRulesBeingMade = ({ data }: Entity<"vm">): boolean =>
  data.state === VmState.ACTIVE && MAKING.test(lcmName(data.lcm));

/** Whether a VM that joins a group, or leaves it, has a host that must be told. */
export const hasRulesAtHost = ({ data }: Entity<"vm">): boolean =>
  data.state === VmState.ACTIVE && AT_HOST.includes(lcmName(data.lcm));

/** Has a VM's host told of rules that it got from a group, or lost. */
export function tellHostOf(state: State, group: Group, vm: Entity<"vm">): void {
  forgetVm(group.data, vm.id);
  group.data.updating = [...group.data.updating, vm.id];
  state.touch("secgroup", group);
}

/** The groups that a VM's NICs are in. */
export function groupsOf(vm: Entity<"vm">): number[] {
  const nics = [...vectors(vm.template, "NIC"), ...vectors(vm.template, "NIC_ALIAS")];
  return [...new Set(nics.flatMap((nic) => idList(nic.SECURITY_GROUPS)))];
}

/** Writes the rules of all security groups of the VM's NICs into its template. */
export function renewRules(state: State, vm: Entity<"vm">): void {
  const rules = securityGroupRules(state, groupsOf(vm)).map((value) => ({ name: "SECURITY_GROUP_RULE", value }));
  vm.template = [...without(vm.template, "SECURITY_GROUP_RULE"), ...rules];
  state.touch("vm", vm);
}

/** Takes up VMs that are left over, also after a restart. */
export const rulesToTell = ({ state }: Work): boolean =>
  state.all("secgroup").reduce((changed, group) => tellVms(state, group) || changed, false);

/** Hosts that are to be told. */
export function ruleTasks(work: Work): Task[] {
  return work.state.all("secgroup").flatMap(({ id, data }): Task[] => {
    const [vmId] = data.updating;
    if (vmId === undefined) return [];
    const ended = (list: "updated" | "error"): void => {
      const group = work.state.find("secgroup", id);
      if (group === undefined || !wasTold(group.data, vmId, list)) return;
      // The VM may have left the group.
      const vm = work.state.find("vm", vmId);
      if (vm === undefined || !groupsOf(vm).includes(id)) forgetVm(group.data, vmId);
      work.state.touch("secgroup", group);
    };
    return [
      {
        key: `secgroup/${id}`,
        seconds: RULE_SECONDS,
        run: async (signal) => tellHost(work, vmId, signal),
        done: () => ended("updated"),
        failed: () => ended("error"),
      },
    ];
  });
}

async function tellHost(work: Work, vmId: number, signal: AbortSignal): Promise<void> {
  const vm = work.state.find("vm", vmId);
  const record = vm && lastRecord(vm);
  if (vm === undefined || record === undefined) return;
  const drivers = work.drivers.host(record.vmMad);
  if (drivers === undefined) throw new Error(`no virtualization driver ${record.vmMad}`);
  await drivers.vnm("post", jobOf(work, vm, record, { signal, deployId: undefined }));
}
