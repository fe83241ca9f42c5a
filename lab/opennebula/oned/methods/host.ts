// SPDX-License-Identifier: Apache-2.0

import { authorized } from "../acl";
import type { CallContext, Methods } from "../call";
import { authorize, create, find, targetOf, use } from "../call";
import type { Entity } from "../entities";
import { HostState } from "../entities";
import { Code, Failure } from "../failure";
import { monitoringRecord } from "../hostxml";
import type { Params } from "../params";
import { get, set, without } from "../template";
import { vmsOn } from "../vm/history";
import { clusterFor } from "./cluster";
import { AFTER_UPDATE, DELETE_GUARDS } from "./common";

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

DELETE_GUARDS.host = (context, host) =>
  vmsOn(context.state, host.id).length > 0 ? "Can not remove a host with running VMs" : undefined;

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

export const hostMethods: Methods = {
  "one.host.allocate": allocateHost,
  "one.host.status": hostStatus,
  "one.host.monitoring": hostMonitoring,
  "one.hostpool.monitoring": (context, params) => {
    const since = params.count > 0 ? params.int(0) : -1;
    const hosts = context.state.all("host");
    const visible = hosts.filter((h) => authorized(context.state, context.user, "USE", targetOf("host", h as Entity)));
    return monitoringData(visible, since, context.now);
  },
};
