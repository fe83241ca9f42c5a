// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { authorize, create, find, targetOf, use } from "../call";
import type { Entity } from "../entities";
import { DEFAULT_CLUSTER } from "../entities";
import { Code, Failure } from "../failure";
import { DELETE_GUARDS } from "./common";

/** Which cluster a new host or datastore goes to: -1 is the default one. */
export function clusterFor(context: CallContext, asked: number): number {
  return asked < 0 ? DEFAULT_CLUSTER : find(context, "cluster", asked).id;
}

DELETE_GUARDS.cluster = (context, cluster) => {
  const hosts = context.state.all("host").filter((host) => host.data.cluster === cluster.id).length;
  if (hosts > 0) return `Cluster ${cluster.id} is not empty, it contains ${hosts} hosts.`;
  const stores = context.state.all("datastore").filter((d) => d.data.clusters.includes(cluster.id)).length;
  if (stores > 0) return `Cluster ${cluster.id} is not empty, it contains ${stores} datastores.`;
  const nets = context.state.all("vn").filter((network) => network.data.clusters.includes(cluster.id)).length;
  return nets > 0 ? `Cluster ${cluster.id} is not empty, it contains ${nets} vnets.` : undefined;
};

/** Moves a host; adds or removes a datastore or network, which may be in several clusters. */
function clusterMember(kind: "host" | "datastore" | "vn", add: boolean): Method {
  return (context, params) => {
    const [clusterId, id] = [params.int(0), params.int(1)];
    const cluster = find(context, "cluster", clusterId);
    const member = find(context, kind, id);
    authorize(
      context,
      ["ADMIN", targetOf("cluster", cluster)],
      [kind === "datastore" ? "MANAGE" : "ADMIN", targetOf(kind, member)],
    );
    let answer = clusterId;
    if (kind === "host") {
      const host = member as Entity<"host">;
      // A host is always in one cluster: taken out of one, it goes to the default one, which is the answer.
      if (add) host.data.cluster = clusterId;
      else if (host.data.cluster === clusterId) answer = host.data.cluster = DEFAULT_CLUSTER;
    } else {
      const { data } = member as Entity<"datastore" | "vn">;
      data.clusters = data.clusters.filter((c) => c !== clusterId);
      if (add) data.clusters = [...data.clusters, clusterId].sort((a, b) => a - b);
    }
    context.state.touch(kind, member);
    return answer;
  };
}

const plan =
  (message?: (id: number) => string): Method =>
  (context, params) => {
    const id = params.int(0);
    use(context, "cluster", id, "ADMIN");
    if (message !== undefined) throw new Failure(Code.ACTION, message(id));
    return id;
  };

export const clusterMethods: Methods = {
  "one.cluster.allocate": (context, params) => {
    const name = params.string(0);
    authorize(context, ["CREATE", { type: "CLUSTER" }]);
    const reserved = ["RESERVED_CPU", "RESERVED_MEM"].map((key) => ({ name: key, value: "" }));
    return create(context, "cluster", { name, template: reserved, data: {} }).id;
  },
  "one.cluster.addhost": clusterMember("host", true),
  "one.cluster.delhost": clusterMember("host", false),
  "one.cluster.adddatastore": clusterMember("datastore", true),
  "one.cluster.deldatastore": clusterMember("datastore", false),
  "one.cluster.addvnet": clusterMember("vn", true),
  "one.cluster.delvnet": clusterMember("vn", false),
  "one.cluster.optimize": plan(),
  "one.cluster.planexecute": plan(() => "Plan is not ready"),
  "one.cluster.plandelete": plan((id) => `Plan for cluster ${id} does not exist`),
};
