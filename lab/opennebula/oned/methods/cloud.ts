// SPDX-License-Identifier: Apache-2.0

import { authorized, rule } from "../acl";
import type { CallContext, Method, Methods } from "../call";
import { authorize, create, find, takeName, targetOf, template, use } from "../call";
import type { Entity } from "../entities";
import { DEFAULT_CLUSTER, HostState } from "../entities";
import { Code, Failure } from "../failure";
import { monitoringRecord } from "../hostxml";
import { VDC_RESOURCES } from "../kinds";
import type { Params } from "../params";
import { get, set, without } from "../template";
import { addRule } from "./user";
import { AFTER_DELETE, AFTER_UPDATE, DELETE_GUARDS } from "./common";
import { datastoreFrom, refreshDatastore } from "./datastore";

/** Which cluster a new host or datastore goes to: -1 is the default one. */
function clusterFor(context: CallContext, asked: number): number {
  return asked < 0 ? DEFAULT_CLUSTER : find(context, "cluster", asked).id;
}

function allocateHost(context: CallContext, params: Params): number {
  const [name, imMad, vmMad] = [params.string(0), params.string(1), params.string(2)];
  const cluster = clusterFor(context, params.count > 3 ? params.int(3) : -1);
  const inCluster = targetOf("cluster", find(context, "cluster", cluster));
  authorize(context, ["CREATE", { type: "HOST" }], ["ADMIN", inCluster]);
  if (imMad === "") throw new Failure(Code.INTERNAL, "IM_MAD_NAME cannot be empty.");
  if (vmMad === "") throw new Failure(Code.INTERNAL, "VMM_MAD_NAME cannot be empty.");
  const host = create(context, "host", {
    name,
    template: [
      { name: "IM_MAD", value: imMad },
      { name: "VM_MAD", value: vmMad },
      { name: "RESERVED_CPU", value: "" },
      { name: "RESERVED_MEM", value: "" },
    ],
    data: { imMad, vmMad, state: HostState.INIT, cluster, monitored: [], monitoring: [] },
  });
  context.probeSoon(host.id);
  return host.id;
}

/** The three states that an operator sets: 0 enabled, 1 disabled, 2 offline. */
function hostStatus(context: CallContext, params: Params): number {
  const [id, status] = [params.int(0), params.int(1)];
  const host = use(context, "host", id, "ADMIN");
  if (status === 0) {
    if (host.data.state === HostState.DISABLED || host.data.state === HostState.OFFLINE) {
      host.data.state = HostState.INIT;
    }
    context.probeSoon(id);
  } else if (status === 1) {
    host.data.state = HostState.DISABLED;
  } else if (status === 2) {
    Object.assign(host.data, { state: HostState.OFFLINE, offline: true });
    host.template = without(host.template, "TOTALCPU", "TOTALMEMORY");
  } else throw new Failure(Code.INTERNAL, `Wrong status code [${status}]`);
  context.state.touch("host", host);
  return id;
}

AFTER_UPDATE.host = (_context, host) => {
  // Changing the drivers in the template changes the host's.
  host.data.imMad = get(host.template, "IM_MAD") ?? host.data.imMad;
  host.data.vmMad = get(host.template, "VM_MAD") ?? host.data.vmMad;
  host.template = set(set(host.template, "IM_MAD", host.data.imMad), "VM_MAD", host.data.vmMad);
};
AFTER_UPDATE.datastore = (context, datastore, before) => refreshDatastore(context, datastore, before);

DELETE_GUARDS.cluster = (context, cluster) => {
  const hosts = context.state.all("host").filter((host) => host.data.cluster === cluster.id).length;
  if (hosts > 0) return `Cluster ${cluster.id} is not empty, it contains ${hosts} hosts.`;
  const stores = context.state.all("datastore").filter((d) => d.data.clusters.includes(cluster.id)).length;
  return stores > 0 ? `Cluster ${cluster.id} is not empty, it contains ${stores} datastores.` : undefined;
};
AFTER_DELETE.vdc = (context, vdc) => {
  for (const group of vdc.data.groups) grant(context, vdc, { gid: group, give: false });
};

function hostMonitoring(context: CallContext, params: Params): string {
  const id = params.int(0);
  const host = use(context, "host", id, "USE");
  const since = params.count > 1 ? params.int(1) : -1;
  return monitoringData([host], since, context.now);
}

/** Records of a number of seconds back (-1: all; 0: only the last one). */
function monitoringData(hosts: Entity<"host">[], seconds: number, now: number): string {
  const records = hosts.flatMap((host) => {
    const all = host.data.monitoring;
    const wanted = seconds === 0 ? all.slice(-1) : all.filter((r) => seconds < 0 || r.timestamp > now - seconds);
    return wanted.map((record) => monitoringRecord(host.id, record));
  });
  return `<MONITORING_DATA>${records.join("")}</MONITORING_DATA>`;
}

/** Moves a host; adds or removes a datastore, which may be in several clusters. */
function clusterMember(kind: "host" | "datastore", add: boolean): Method {
  return (context, params) => {
    const [clusterId, id] = [params.int(0), params.int(1)];
    const cluster = find(context, "cluster", clusterId);
    const member = find(context, kind, id);
    authorize(
      context,
      ["ADMIN", targetOf("cluster", cluster)],
      [kind === "host" ? "ADMIN" : "MANAGE", targetOf(kind, member)],
    );
    let answer = clusterId;
    if (kind === "host") {
      const host = member as Entity<"host">;
      // A host is always in one cluster: taken out of one, it goes to the default one, which is the answer.
      if (add) host.data.cluster = clusterId;
      else if (host.data.cluster === clusterId) answer = host.data.cluster = DEFAULT_CLUSTER;
    } else {
      const { data } = member as Entity<"datastore">;
      data.clusters = data.clusters.filter((c) => c !== clusterId);
      if (add) data.clusters = [...data.clusters, clusterId].sort((a, b) => a - b);
    }
    context.state.touch(kind, member);
    return answer;
  };
}

const noNetwork: Method = (context, params) => {
  find(context, "cluster", params.int(0));
  const id = params.int(1);
  throw new Failure(Code.NO_EXISTS, `Error getting virtual network [${id}].`, id);
};

const plan =
  (message?: (id: number) => string): Method =>
  (context, params) => {
    const id = params.int(0);
    use(context, "cluster", id, "ADMIN");
    if (message !== undefined) throw new Failure(Code.ACTION, message(id));
    return id;
  };

type VdcResource = (typeof VDC_RESOURCES)[number];
const VDC_RIGHTS: Record<VdcResource, [type: string, setting: string]> = {
  CLUSTER: ["CLUSTER", ""],
  HOST: ["HOST", "DEFAULT_VDC_HOST_ACL"],
  DATASTORE: ["DATASTORE", "DEFAULT_VDC_DATASTORE_ACL"],
  VNET: ["NET", "DEFAULT_VDC_VNET_ACL"],
};

/** The rules that a resource of a VDC means for one of its groups. */
function vdcRules(
  context: CallContext,
  type: VdcResource,
  resource: { zone: number; id: number },
  gid: number,
): string[] {
  const zone = `#${resource.zone}`;
  if (type === "CLUSTER") {
    const kinds = ["HOST", "DATASTORE", "NET"].map((kind) => {
      const right = context.config.get(`DEFAULT_VDC_CLUSTER_${kind}_ACL`) ?? "USE";
      return `@${gid} ${kind}/${resource.id === -10 ? "*" : `%${resource.id}`} ${right} ${zone}`;
    });
    return kinds;
  }
  const [aclType, setting] = VDC_RIGHTS[type];
  const target = resource.id === -10 ? "*" : `#${resource.id}`;
  return [`@${gid} ${aclType}/${target} ${context.config.get(setting) ?? "USE"} ${zone}`];
}

interface Grant {
  gid: number;
  /** False takes the rules back. */
  give: boolean;
  /** Only the rules of resources of this type. */
  only?: VdcResource;
}

/** Gives a group the rules of a VDC's resources, or takes them back. */
function grant(context: CallContext, vdc: Entity<"vdc">, { gid, give, only }: Grant): void {
  const wanted = VDC_RESOURCES.filter((type) => only === undefined || type === only).flatMap((type) =>
    (vdc.data.resources[type] ?? []).flatMap((resource) => vdcRules(context, type, resource, gid)),
  );
  for (const text of wanted) {
    const data = rule(text);
    const held = context.state.all("acl").find((e) => JSON.stringify(e.data) === JSON.stringify(data));
    if (give && held === undefined) addRule(context, data);
    if (!give && held !== undefined) context.state.remove("acl", held.id);
  }
}

function vdcGroup(add: boolean): Method {
  return (context, params) => {
    const vdc = use(context, "vdc", params.int(0), "ADMIN");
    const gid = params.int(1);
    find(context, "group", gid);
    const is = vdc.data.groups.includes(gid);
    if (add === is) {
      const state = add ? "is already assigned" : "is not assigned";
      throw new Failure(Code.INTERNAL, `Group ${gid} ${state} to the VDC ${vdc.id}`);
    }
    vdc.data.groups = vdc.data.groups.filter((id) => id !== gid);
    if (add) vdc.data.groups = [...vdc.data.groups, gid].sort((a, b) => a - b);
    grant(context, vdc, { gid, give: add });
    context.state.touch("vdc", vdc);
    return vdc.id;
  };
}

/** -10 means every object of that type in the zone, and takes the place of single ones. */
function vdcResource(type: VdcResource, add: boolean): Method {
  return (context, params) => {
    const vdc = use(context, "vdc", params.int(0), "ADMIN");
    const resource = { zone: params.int(1), id: params.int(2) };
    if (add) {
      find(context, "zone", resource.zone);
      if (resource.id !== -10 && type !== "VNET") {
        find(context, type === "CLUSTER" ? "cluster" : type === "HOST" ? "host" : "datastore", resource.id);
      }
    }
    const list = vdc.data.resources[type] ?? [];
    const is = list.some((r) => r.zone === resource.zone && r.id === resource.id);
    const label = type === "VNET" ? "NET" : type;
    if (add === is) {
      const state = add ? `is already assigned to the VDC ${vdc.id}` : "is not assigned to the VDC ";
      throw new Failure(Code.INTERNAL, `${label} ${resource.id} from Zone ${resource.zone} ${state}`);
    }
    for (const gid of vdc.data.groups) grant(context, vdc, { gid, give: false, only: type });
    const others = list.filter(
      (r) => r.zone !== resource.zone || (r.id !== resource.id && !(add && resource.id === -10)),
    );
    vdc.data.resources[type] = add ? [...others, resource] : others;
    for (const gid of vdc.data.groups) grant(context, vdc, { gid, give: true, only: type });
    context.state.touch("vdc", vdc);
    return vdc.id;
  };
}

function vdcMethods(): Methods {
  const methods: Methods = {
    "one.vdc.allocate": (context, params) => {
      const { name, rest } = takeName(template(params.string(0)));
      authorize(context, ["CREATE", { type: "VDC" }]);
      return create(context, "vdc", { name, template: rest, data: { groups: [], resources: {} } }).id;
    },
    "one.vdc.addgroup": vdcGroup(true),
    "one.vdc.delgroup": vdcGroup(false),
  };
  for (const type of VDC_RESOURCES) {
    methods[`one.vdc.add${type.toLowerCase()}`] = vdcResource(type, true);
    methods[`one.vdc.del${type.toLowerCase()}`] = vdcResource(type, false);
  }
  return methods;
}

/** Kinds that are made from a template alone. */
function fromTemplate(kind: "template" | "vntemplate" | "document"): Method {
  return (context, params) => {
    const parsed = template(params.string(0));
    const type = kind === "document" ? params.int(1) : 0;
    authorize(context, [
      "CREATE",
      { type: kind === "template" ? "TEMPLATE" : kind === "document" ? "DOCUMENT" : "VNTEMPLATE" },
    ]);
    const { name, rest } = takeName(parsed);
    const data = kind === "document" ? { type } : { regtime: context.now };
    return create(context, kind, { name, template: rest, data: data }).id;
  };
}

export const cloudMethods: Methods = {
  "one.host.allocate": allocateHost,
  "one.host.status": hostStatus,
  "one.host.monitoring": hostMonitoring,
  "one.hostpool.monitoring": (context, params) => {
    const since = params.count > 0 ? params.int(0) : -1;
    const hosts = context.state.all("host");
    const visible = hosts.filter((h) => authorized(context.state, context.user, "USE", targetOf("host", h as Entity)));
    return monitoringData(visible, since, context.now);
  },
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
  "one.cluster.addvnet": noNetwork,
  "one.cluster.delvnet": noNetwork,
  "one.cluster.optimize": plan(),
  "one.cluster.planexecute": plan(() => "Plan is not ready"),
  "one.cluster.plandelete": plan((id) => `Plan for cluster ${id} does not exist`),
  "one.datastore.allocate": (context, params) => {
    const parsed = template(params.string(0));
    const cluster = clusterFor(context, params.count > 1 ? params.int(1) : -1);
    const target = targetOf("cluster", find(context, "cluster", cluster));
    authorize(context, ["CREATE", { type: "DATASTORE" }], ["ADMIN", target]);
    const { name, rest } = takeName(parsed);
    return create(context, "datastore", { name, permissions: 0o640, ...datastoreFrom(context, rest, [cluster]) }).id;
  },
  "one.datastore.enable": (context, params) => {
    const [id, enable] = [params.int(0), params.boolean(1)];
    const datastore = use(context, "datastore", id, "MANAGE");
    if (datastore.data.type !== 1) {
      throw new Failure(Code.INTERNAL, "Cannot enable or disable datastore. Only system datastores can be disabled.");
    }
    datastore.data.state = enable ? 0 : 1;
    context.state.touch("datastore", datastore);
    return id;
  },
  "one.zone.enable": (context, params) => {
    const [id, enable] = [params.int(0), params.boolean(1)];
    const zone = use(context, "zone", id, "ADMIN");
    zone.data.state = enable ? 0 : 1;
    context.state.touch("zone", zone);
    return id;
  },
  "one.zone.allocate": (context, params) => {
    params.string(0);
    authorize(context, ["CREATE", { type: "ZONE" }]);
    throw new Failure(Code.ALLOCATE, "Error allocating a new zone. New zones can only be created at federation master");
  },
  ...vdcMethods(),
  "one.template.allocate": fromTemplate("template"),
  "one.vntemplate.allocate": fromTemplate("vntemplate"),
  "one.document.allocate": fromTemplate("document"),
};
