// SPDX-License-Identifier: Apache-2.0
import { OneClient, type CallOptions, type ClientSettings } from "./client";
import { isNoExists } from "./errors";
import { hostFromXml, type Host, type HostStatus } from "./objects/host";
import {
  clusterFromXml,
  datastoreFromXml,
  raftStatusFromXml,
  zoneFromXml,
  type Cluster,
  type Datastore,
  type RaftStatus,
  type Zone,
} from "./objects/infrastructure";
import type { Named } from "./objects/kinds";
import { groupFromXml, userFromXml, type Group, type User } from "./objects/people";
import { vmFromXml, type Vm } from "./objects/vm";
import { buildTemplate } from "./template/build";
import { templateFromXml, type Template } from "./template/template";
import { parseXml, type XmlElement } from "./xml";

/** Kinds whose pool is asked for without any filter. */
type PlainKind = "host" | "cluster" | "datastore" | "zone" | "user" | "group";

/** Reading and the changes that every kind of object has. */
export class ObjectCalls<T extends Named> {
  constructor(
    protected readonly client: OneClient,
    private readonly kind: PlainKind,
    private readonly fromXml: (element: XmlElement) => T,
  ) {}

  /** @throws CallError NO_EXISTS, see {@link find} */
  async info(id: number, options?: CallOptions): Promise<T> {
    const method = `one.${this.kind}.info` as const;
    return this.fromXml(parseXml(method, await this.client.call(method, [id], options)));
  }

  /** Undefined if there is no such object. */
  async find(id: number, options?: CallOptions): Promise<T | undefined> {
    try {
      return await this.info(id, options);
    } catch (error) {
      if (isNoExists(error)) return undefined;
      throw error;
    }
  }

  /** Every object that the user may see, newest first. */
  async list(options?: CallOptions): Promise<T[]> {
    const method = `one.${this.kind}pool.info` as const;
    const xml = await this.client.call(method, [], options);
    const found: T[] = [];
    const element = this.kind.toUpperCase();
    parseXml(method, xml, (member) => {
      if (member.name === element) found.push(this.fromXml(member));
    });
    return found;
  }

  async findByName(name: string, options?: CallOptions): Promise<T | undefined> {
    return (await this.list(options)).find((object) => object.name === name);
  }

  /** Adds attributes to the template, replacing those of the same name. */
  async merge(id: number, template: Template, options?: CallOptions): Promise<void> {
    await this.update(id, template, { mode: 1, options });
  }

  /** Makes this the whole template; what oned itself needs stays. */
  async replace(id: number, template: Template, options?: CallOptions): Promise<void> {
    await this.update(id, template, { mode: 0, options });
  }

  async delete(id: number, options?: CallOptions): Promise<void> {
    await this.client.call(`one.${this.kind}.delete`, [id], options);
  }

  private async update(
    id: number,
    template: Template,
    how: { mode: 0 | 1; options: CallOptions | undefined },
  ): Promise<void> {
    const text = buildTemplate(template);
    // The same text twice gives the same template, so a lost answer is asked for again.
    await this.client.call(`one.${this.kind}.update`, [id, text, how.mode], { repeatable: true, ...how.options });
  }
}

/** Calls that only hosts have. */
export class HostCalls extends ObjectCalls<Host> {
  constructor(client: OneClient) {
    super(client, "host", hostFromXml);
  }

  /**
   * Registers a host.
   *
   * @param clusterId - -1 for oned's default cluster.
   * @returns the new id.
   */
  async allocate(
    host: { name: string; imMad: string; vmMad: string; clusterId: number },
    options?: CallOptions,
  ): Promise<number> {
    const { name, imMad, vmMad, clusterId } = host;
    return this.client.call("one.host.allocate", [name, imMad, vmMad, clusterId], options);
  }

  async rename(id: number, name: string, options?: CallOptions): Promise<void> {
    await this.client.call("one.host.rename", [id, name], { repeatable: true, ...options });
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

/** Which VMs a pool call answers with. */
export enum VmFilter {
  /** Any state but done. */
  NotDone = -1,
  /** Done ones too. */
  Any = -2,
}

/** Typed view of one OpenNebula: objects in, objects out. */
export class OpenNebula {
  readonly client: OneClient;
  readonly hosts: HostCalls;
  readonly clusters: ObjectCalls<Cluster>;
  readonly datastores: ObjectCalls<Datastore>;
  readonly zones: ObjectCalls<Zone>;
  readonly users: ObjectCalls<User>;
  readonly groups: ObjectCalls<Group>;

  /** Connects nowhere yet. */
  constructor(settings: ClientSettings | OneClient) {
    this.client = settings instanceof OneClient ? settings : new OneClient(settings);
    this.hosts = new HostCalls(this.client);
    this.clusters = new ObjectCalls(this.client, "cluster", clusterFromXml);
    this.datastores = new ObjectCalls(this.client, "datastore", datastoreFromXml);
    this.zones = new ObjectCalls(this.client, "zone", zoneFromXml);
    this.users = new ObjectCalls(this.client, "user", userFromXml);
    this.groups = new ObjectCalls(this.client, "group", groupFromXml);
  }

  /** oned's version, e.g. `7.0.0`. */
  async version(options?: CallOptions): Promise<string> {
    return this.client.call("one.system.version", [], options);
  }

  /** oned.conf as oned runs with it; secret values show as `***` to ordinary users. */
  async config(options?: CallOptions): Promise<Template> {
    const xml = await this.client.call("one.system.config", [], options);
    return templateFromXml(parseXml("one.system.config", xml));
  }

  async raftStatus(options?: CallOptions): Promise<RaftStatus> {
    const xml = await this.client.call("one.zone.raftstatus", [], options);
    return raftStatusFromXml(parseXml("one.zone.raftstatus", xml));
  }

  async vm(id: number, options?: CallOptions): Promise<Vm> {
    return vmFromXml(parseXml("one.vm.info", await this.client.call("one.vm.info", [id, false], options)));
  }

  /**
   * VMs in pages, newest first, so that memory stays bounded in a big cloud.
   *
   * @param pageSize - VMs a call.
   */
  async *vms(filter: VmFilter = VmFilter.NotDone, pageSize = 1000, options?: CallOptions): AsyncGenerator<Vm[]> {
    const EVERYBODY = -2;
    for (let offset = 0; ; offset += pageSize) {
      // A negative end means a page: `-pageSize` members from the offset on.
      const xml = await this.client.call("one.vmpool.info", [EVERYBODY, offset, -pageSize, filter], options);
      const page: Vm[] = [];
      parseXml("one.vmpool.info", xml, (element) => {
        page.push(vmFromXml(element));
      });
      if (page.length > 0) yield page;
      if (page.length < pageSize) return;
    }
  }

  /** Lets go of an SSH connection, if there is one. */
  close(): void {
    this.client.close();
  }
}
