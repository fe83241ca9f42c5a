// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { State } from "../state";
import { get, vectors, without } from "../template";
import { nicLeases } from "./nics";

/** Clusters in which all of a VM's images and networks are; undefined when it has none that say so. */
export function clustersOf(state: State, vm: Entity<"vm">): number[] | undefined {
  const numbers = (text: string): number[] =>
    text
      .split(",")
      .filter((id) => id !== "")
      .map(Number);
  const disks = vectors(vm.template, "DISK").flatMap((disk, index) =>
    disk.CLUSTER_ID === undefined ? [] : [{ what: ["DISK", "Datastore"], index, clusters: numbers(disk.CLUSTER_ID) }],
  );
  const nics = [...vectors(vm.template, "NIC"), ...vectors(vm.template, "NIC_ALIAS")].flatMap((nic, index) => {
    const clusters = nicLeases.clusters(state, nic);
    return clusters.length === 0 ? [] : [{ what: ["NIC", "Network"], index, clusters }];
  });
  let common: number[] | undefined;
  for (const { what, index, clusters } of [...disks, ...nics]) {
    const left = common?.filter((id) => clusters.includes(id)) ?? clusters;
    const [element = "", source = ""] = what;
    const which = `${source} for ${element} ${index} is not in`;
    if (clusters.length === 0) throw refuse(`Missing clusters. ${which} any cluster`);
    if (left.length === 0) {
      const others = `the same cluster as the one used by other VM elements (cluster ${(common ?? []).join(",")})`;
      throw refuse(`Incompatible clusters in ${element}. ${which} ${others}`);
    }
    common = left;
  }
  return common?.sort((a, b) => a - b);
}

const refuse = (message: string): Failure => new Failure(Code.ACTION, message);

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
