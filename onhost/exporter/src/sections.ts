// SPDX-License-Identifier: Apache-2.0

/** What the exporter reads of OpenNebula, a subject each: one that fails leaves the others whole. */
import type { Registry } from "prom-client";
import { Gauge } from "prom-client";
import {
  HostState,
  ImageState,
  ImageType,
  LcmState,
  PoolFilter,
  RaftState,
  vmStateWord,
  VmState,
  type OpenNebula,
} from "../../../opennebula";
import type { Group, Quotas, User } from "../../../opennebula";

export interface Context {
  one: OpenNebula;
  registry: Registry;
  signal: AbortSignal;
  /** Seconds since 1970. */
  now: number;
}

export interface Section {
  name: string;
  read(context: Context): Promise<void>;
}

const MIB = 1024 * 1024;
const KIB = 1024;

function gauge<Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: Label[] = [],
): Gauge<Label> {
  return new Gauge({ name: `opennebula_${name}`, help, labelNames, registers: [registry] });
}

/** The word for a number of an enum, in the style of labels. */
function word(names: Record<number, string>, value: number): string {
  const name = names[value] ?? `state${value}`;
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();
}

const hosts: Section = {
  name: "hosts",
  read: async ({ one, registry, signal }) => {
    const list = await one.hosts.list({ signal });
    const total = gauge(registry, "hosts", "Hosts by state.", ["state"]);
    const state = gauge(registry, "host_state", "1 for the state that a host has.", ["host", "state"]);
    const vms = gauge(registry, "host_vms", "VMs on a host, in any state.", ["host"]);
    const cpu = gauge(registry, "host_cpu_allocated_ratio", "Part of a host's CPU that is given to VMs.", ["host"]);
    const memory = gauge(registry, "host_memory_allocated_bytes", "Memory given to VMs.", ["host"]);
    const memoryMax = gauge(registry, "host_memory_allocatable_bytes", "Memory that VMs may have.", ["host"]);
    for (const host of list) {
      const is = word(HostState, host.state);
      total.inc({ state: is });
      state.set({ host: host.name, state: is }, 1);
      vms.set({ host: host.name }, host.vmIds.length);
      cpu.set({ host: host.name }, host.capacity.maxCpu > 0 ? host.capacity.usedCpu / host.capacity.maxCpu : 0);
      memory.set({ host: host.name }, Number(host.capacity.usedMemory) * KIB);
      memoryMax.set({ host: host.name }, Number(host.capacity.maxMemory) * KIB);
    }
  },
};

/** Life-cycle states in which a VM could not be made. */
const CREATION_FAILURES = new Set([LcmState.PrologFailure, LcmState.BootFailure]);

const vms: Section = {
  name: "vms",
  read: async ({ one, registry, signal, now }) => {
    const states = gauge(registry, "vms", "VMs by state.", ["state"]);
    const groups = gauge(registry, "vms_by_group", "VMs by group.", ["group"]);
    const pending = gauge(
      registry,
      "vm_pending_seconds_max",
      "How long the VM that has waited longest waits for a host.",
    );
    const failures = gauge(registry, "vm_creation_failures", "VMs that could not be made and still stand there.");
    pending.set(0);
    failures.set(0);
    let longest = 0;
    for await (const page of one.vms.pages({ signal })) {
      for (const vm of page) {
        states.inc({ state: vmStateWord(vm).toLowerCase() });
        groups.inc({ group: vm.owner.groupName });
        if (vm.state === Number(VmState.Pending)) longest = Math.max(longest, now - vm.startTime);
        if (vm.state === Number(VmState.Active) && CREATION_FAILURES.has(vm.lcmState)) failures.inc();
      }
    }
    pending.set(longest);
  },
};

const datastores: Section = {
  name: "datastores",
  read: async ({ one, registry, signal }) => {
    const free = gauge(registry, "datastore_free_bytes", "Free space of a datastore.", ["datastore"]);
    const total = gauge(registry, "datastore_total_bytes", "Size of a datastore.", ["datastore"]);
    for (const { name, freeMb, totalMb } of await one.datastores.list({ signal })) {
      free.set({ datastore: name }, Number(freeMb) * MIB);
      total.set({ datastore: name }, Number(totalMb) * MIB);
    }
  },
};

const images: Section = {
  name: "images",
  read: async ({ one, registry, signal }) => {
    const states = gauge(registry, "images", "Images by state.", ["state"]);
    for await (const page of one.images.pages({ signal }))
      for (const image of page) states.inc({ state: word(ImageState, image.state) });
  },
};

/** Used part of each limit that is set: oned keeps `X` and `X_USED` side by side, and -1 and -2 for the default and for none. */
function ratios(quotas: Quotas): Record<string, number> {
  const found: Record<string, number> = {};
  for (const attributes of Object.values(quotas).flat()) {
    for (const [name, limit] of Object.entries(attributes)) {
      const used = attributes[`${name}_USED`];
      if (used === undefined || Number(limit) <= 0) continue;
      const resource = name.toLowerCase();
      found[resource] = Math.max(found[resource] ?? 0, Number(used) / Number(limit));
    }
  }
  return found;
}

const quotas: Section = {
  name: "quotas",
  read: async ({ one, registry, signal }) => {
    const used = gauge(registry, "quota_used_ratio", "Used part of a quota that is set.", ["kind", "name", "resource"]);
    const note = (kind: string, holders: (User | Group)[]): void => {
      for (const { name, quotas: limits } of holders)
        for (const [resource, ratio] of Object.entries(limits ? ratios(limits) : {}))
          used.set({ kind, name, resource }, ratio);
    };
    note("user", await one.users.list({ signal }));
    note("group", await one.groups.list({ signal }));
  },
};

const raft: Section = {
  name: "raft",
  read: async ({ one, registry, signal }) => {
    const status = await one.zones.raftStatus({ signal });
    const server = String(status.serverId);
    gauge(registry, "raft_state", "0 alone, 1 candidate, 2 follower, 3 leader.", ["server"]).set(
      { server },
      status.state,
    );
    const lag = gauge(registry, "raft_lag_records", "Records written that are not yet agreed on.", ["server"]);
    if (status.state !== Number(RaftState.Solo)) lag.set({ server }, Math.max(0, status.logIndex - status.commit));
  },
};

const HOOK_WINDOW_SECONDS = 900;

const hooks: Section = {
  name: "hooks",
  read: async ({ one, registry, signal, now }) => {
    const failed = await one.hooks.log({ from: now - HOOK_WINDOW_SECONDS, outcome: "failure" }, { signal });
    gauge(registry, "hook_failures_recent", "Executions of hooks that failed in the last 15 minutes.").set(
      failed.length,
    );
  },
};

const backups: Section = {
  name: "backups",
  read: async ({ one, registry, signal, now }) => {
    const age = gauge(registry, "vm_backup_age_seconds", "Time since the newest backup of a VM that has any.", ["vm"]);
    const newest = new Map<number, number>();
    for await (const page of one.images.pages({ signal, filter: PoolFilter.All })) {
      for (const image of page) {
        if (image.type !== Number(ImageType.Backup)) continue;
        for (const vm of image.vmIds) newest.set(vm, Math.max(newest.get(vm) ?? 0, image.registeredAt));
      }
    }
    for (const [vm, time] of newest) age.set({ vm: String(vm) }, now - time);
  },
};

export const sections: readonly Section[] = [hosts, vms, datastores, images, quotas, raft, hooks, backups];
