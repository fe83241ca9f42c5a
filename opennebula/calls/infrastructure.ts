// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import type { HostStatus } from "../objects/host";
import { raftStatusFromXml, type RaftStatus } from "../objects/infrastructure";
import { parseXml } from "../xml";
import { ObjectCalls } from "./objects";
import { vectorText } from "./parameters";

/** Calls that only hosts have. */
export class HostCalls extends ObjectCalls<"host"> {
  constructor(client: OneClient) {
    super(client, "host");
  }

  /** Enabling a host in error also makes oned try it again at once. */
  async setStatus(id: number, status: HostStatus, options?: CallOptions): Promise<void> {
    await this.client.call("one.host.status", [id, status], { repeatable: true, ...options });
  }

  /** Moves a host to a cluster. */
  async setCluster(id: number, clusterId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.cluster.addhost", [clusterId, id], { repeatable: true, ...options });
  }
}

/** What a cluster has, beside hosts, which are in one cluster each. */
export type ClusterMember = "datastore" | "vnet";

/** Calls that only clusters have. Datastores and networks may be in several. */
export class ClusterCalls extends ObjectCalls<"cluster"> {
  constructor(client: OneClient) {
    super(client, "cluster");
  }

  async add(id: number, member: { kind: ClusterMember; id: number }, options?: CallOptions): Promise<void> {
    await this.client.call(`one.cluster.add${member.kind}`, [id, member.id], options);
  }

  async remove(id: number, member: { kind: ClusterMember; id: number }, options?: CallOptions): Promise<void> {
    await this.client.call(`one.cluster.del${member.kind}`, [id, member.id], options);
  }
}

/** Calls that only datastores have. */
export class DatastoreCalls extends ObjectCalls<"datastore"> {
  constructor(client: OneClient) {
    super(client, "datastore");
  }

  /** The scheduler leaves a disabled system datastore out. */
  async enable(id: number, enabled: boolean, options?: CallOptions): Promise<void> {
    await this.client.call("one.datastore.enable", [id, enabled], { repeatable: true, ...options });
  }
}

/** Calls that only zones have. */
export class ZoneCalls extends ObjectCalls<"zone"> {
  constructor(client: OneClient) {
    super(client, "zone");
  }

  async enable(id: number, enabled: boolean, options?: CallOptions): Promise<void> {
    await this.client.call("one.zone.enable", [id, enabled], { repeatable: true, ...options });
  }

  /** Adds a member to the zone's high-availability cluster; to be asked of that zone itself. */
  async addServer(id: number, server: { name: string; endpoint: string }, options?: CallOptions): Promise<void> {
    const text = vectorText("SERVER", { NAME: server.name, ENDPOINT: server.endpoint });
    await this.client.call("one.zone.addserver", [id, text], options);
  }

  async removeServer(id: number, serverId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.zone.delserver", [id, serverId], options);
  }

  /** Makes the leader send a member its whole log again. */
  async resetServer(id: number, serverId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.zone.resetserver", [id, serverId], { repeatable: true, ...options });
  }

  /** The part that the asked oned has in its high-availability cluster. */
  async raftStatus(options?: CallOptions): Promise<RaftStatus> {
    const xml = await this.client.call("one.zone.raftstatus", [], options);
    return raftStatusFromXml(parseXml("one.zone.raftstatus", xml));
  }
}
