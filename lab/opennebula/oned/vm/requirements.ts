// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { State } from "../state";
import { get, vectors, without } from "../template";
import { nicLeases } from "./nics";

/** Clusters in which all of a VM's images and networks are; undefined when it has none that say so. */
export function clustersOf(state: State, vm: Entity<"vm">): number[] | undefined {
  const lists = [
    ...vectors(vm.template, "DISK").flatMap((disk) => (disk.CLUSTER_ID === undefined ? [] : [disk.CLUSTER_ID])),
    ...[...vectors(vm.template, "NIC"), ...vectors(vm.template, "NIC_ALIAS")].flatMap((nic) => {
      const clusters = nicLeases.clusters(state, nic);
      return clusters.length === 0 ? [] : [clusters.join(",")];
    }),
  ].map((text) =>
    text
      .split(",")
      .filter((id) => id !== "")
      .map(Number),
  );
  const [first, ...rest] = lists;
  if (first === undefined) return undefined;
  const common = rest.reduce((left, list) => left.filter((id) => list.includes(id)), first);
  if (common.length > 0) return common.sort((a, b) => a - b);
  throw new Failure(Code.ACTION, "Incompatible clusters in disks and networks of the VM.");
}

/** Works out again which hosts, networks and system datastores the VM may be placed on. */
export function automaticRequirements(state: State, vm: Entity<"vm">): void {
  const clusters = clustersOf(state, vm);
  const any = (of: (id: number) => string): string => `(${(clusters ?? []).map(of).join(" | ")})`;
  const pinned = vectors(vm.template, "TOPOLOGY")[0]?.PIN_POLICY !== undefined;
  const host = [
    ...(clusters === undefined ? [] : [any((id) => `CLUSTER_ID = ${id}`)]),
    pinned ? "(PIN_POLICY = PINNED)" : "!(PIN_POLICY = PINNED)",
  ];
  const features = (vectors(vm.template, "CPU_MODEL")[0]?.FEATURES ?? "").split(",").filter((name) => name !== "");
  host.push(...features.map((feature) => `(KVM_CPU_FEATURES = "*${feature}*")`));
  const names = ["AUTOMATIC_REQUIREMENTS", "AUTOMATIC_DS_REQUIREMENTS", "AUTOMATIC_NIC_REQUIREMENTS"];
  vm.template = [...without(vm.template, ...names), { name: "AUTOMATIC_REQUIREMENTS", value: host.join(" & ") }];
  if (clusters === undefined) return;
  const inClusters = any((id) => `"CLUSTERS/ID" @> ${id}`);
  const tmMad = get(vm.template, "TM_MAD_SYSTEM");
  const datastore = tmMad === undefined ? inClusters : `${inClusters} & (TM_MAD = "${tmMad.trim()}")`;
  vm.template.push(
    { name: "AUTOMATIC_NIC_REQUIREMENTS", value: inClusters },
    { name: "AUTOMATIC_DS_REQUIREMENTS", value: datastore },
  );
}
