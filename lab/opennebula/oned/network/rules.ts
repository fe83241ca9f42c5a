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
import { idList } from "./updates";

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

const joined = (list: number[], id: number): number[] => [...new Set([...list, id])].sort((a, b) => a - b);

/** Goes on with the VMs that do not know a group's rules yet, up to the first whose host has to be told. */
export function tellVms(state: State, group: Group): boolean {
  const { data } = group;
  const waiting = data.updating.length === 0 && data.outdated.length > 0;
  while (data.updating.length === 0) {
    const [id, ...rest] = data.outdated;
    if (id === undefined) break;
    data.outdated = rest;
    const vm = state.find("vm", id);
    if (vm === undefined) continue;
    const lcm = lcmName(vm.data.lcm);
    const active = vm.data.state === VmState.ACTIVE;
    if (active && MAKING.test(lcm)) data.error = joined(data.error, id);
    else {
      renewRules(state, vm);
      if (active && AT_HOST.includes(lcm)) data.updating = [id];
      else data.updated = joined(data.updated, id);
    }
  }
  if (waiting) state.touch("secgroup", group);
  return waiting;
}

function renewRules(state: State, vm: Entity<"vm">): void {
  const nics = [...vectors(vm.template, "NIC"), ...vectors(vm.template, "NIC_ALIAS")];
  const groups = [...new Set(nics.flatMap((nic) => idList(nic.SECURITY_GROUPS)))];
  const rules = securityGroupRules(state, groups).map((value) => ({ name: "SECURITY_GROUP_RULE", value }));
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
      if (group === undefined || !group.data.updating.includes(vmId)) return;
      group.data.updating = group.data.updating.filter((one) => one !== vmId);
      group.data[list] = joined(group.data[list], vmId);
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
