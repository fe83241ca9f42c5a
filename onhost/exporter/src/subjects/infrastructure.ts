// SPDX-License-Identifier: Apache-2.0
import { HostState, RaftState } from "../../../../opennebula";
import { gauge, word, words, type Subject } from "./subject";

const MIB = 1024 * 1024;
const KIB = 1024;

export const hosts: Subject = {
  name: "hosts",
  read: async (look) => {
    const total = gauge(look, "hosts", "Hosts by state.", ["state"]);
    const state = gauge(look, "host_state", "1 for the state that a host has.", ["host", "state"]);
    const vms = gauge(look, "host_vms", "VMs on a host, in any state.", ["host"]);
    const cpu = gauge(look, "host_cpu_allocated_ratio", "Part of a host's CPU that is given to VMs.", ["host"]);
    const memory = gauge(look, "host_memory_allocated_bytes", "Memory of a host that is given to VMs.", ["host"]);
    const memoryMax = gauge(look, "host_memory_allocatable_bytes", "Memory of a host that VMs may have.", ["host"]);
    for (const each of words(HostState)) total.set({ state: each }, 0);
    for (const { name: host, state: number, vmIds, capacity } of await look.one.hosts.list()) {
      const is = word(HostState, number);
      total.inc({ state: is });
      state.set({ host, state: is }, 1);
      vms.set({ host }, vmIds.length);
      memory.set({ host }, Number(capacity.usedMemory) * KIB);
      memoryMax.set({ host }, Number(capacity.maxMemory) * KIB);
      // A host that was never monitored has no size yet.
      if (capacity.maxCpu > 0) cpu.set({ host }, capacity.usedCpu / capacity.maxCpu);
    }
  },
};

export const datastores: Subject = {
  name: "datastores",
  read: async (look) => {
    const free = gauge(look, "datastore_free_bytes", "Free space of a datastore.", ["datastore"]);
    const total = gauge(look, "datastore_total_bytes", "Size of a datastore.", ["datastore"]);
    for (const { name, freeMb, totalMb } of await look.one.datastores.list()) {
      // A system datastore that lies on each host has no size of its own; the hosts' disks are watched by node_exporter.
      if (Number(totalMb) === 0) continue;
      free.set({ datastore: name }, Number(freeMb) * MIB);
      total.set({ datastore: name }, Number(totalMb) * MIB);
    }
  },
};

export const raft: Subject = {
  name: "raft",
  read: async (look) => {
    const { serverId, state, logIndex, commit } = await look.one.zones.raftStatus();
    const server = String(serverId);
    const role = gauge(look, "raft_state", "0 alone, 1 candidate, 2 follower, 3 leader.", ["server"]);
    role.set({ server }, state);
    const lag = gauge(look, "raft_lag_records", "Records in a server's log that are not agreed on yet.", ["server"]);
    if (state !== Number(RaftState.Solo)) lag.set({ server }, Math.max(0, logIndex - commit));
  },
};
