// SPDX-License-Identifier: Apache-2.0
import { AclCalls } from "./calls/acls";
import { BackupJobCalls, DocumentCalls, HookCalls, VmGroupCalls } from "./calls/automation";
import { ImageCalls, MarketplaceAppCalls, MarketplaceCalls } from "./calls/images";
import { ClusterCalls, DatastoreCalls, HostCalls, ZoneCalls } from "./calls/infrastructure";
import { SecurityGroupCalls, VirtualNetworkCalls, VirtualRouterCalls, VnTemplateCalls } from "./calls/networks";
import type { ObjectCalls } from "./calls/objects";
import { GroupCalls, UserCalls, VdcCalls } from "./calls/people";
import { VmCalls, VmTemplateCalls } from "./calls/vms";
import { OneClient, type CallOptions, type ClientSettings } from "./client";
import type { Kind } from "./objects/kinds";
import { templateFromXml, type Template } from "./template/template";
import { parseXml } from "./xml";

/**
 * Typed view of one OpenNebula: objects in, objects out. By kind in the words of people (`one.vnets.addAr(...)`), or for code that
 * is the same for every kind by {@link objects}.
 */
export class OpenNebula {
  readonly client: OneClient;
  readonly acls: AclCalls;
  private readonly byKind;

  /** Connects nowhere yet. */
  constructor(settings: ClientSettings | OneClient) {
    const client = settings instanceof OneClient ? settings : new OneClient(settings);
    this.client = client;
    this.acls = new AclCalls(client);
    this.byKind = callsByKind(client);
  }

  /** The calls that all kinds have, for a kind by its name. */
  objects<K extends Kind>(kind: K): ObjectCalls<K> {
    const all: { [Each in Kind]: ObjectCalls<Each> } = this.byKind;
    return all[kind];
  }

  get backupJobs(): BackupJobCalls {
    return this.byKind.backupjob;
  }

  get clusters(): ClusterCalls {
    return this.byKind.cluster;
  }

  get datastores(): DatastoreCalls {
    return this.byKind.datastore;
  }

  get documents(): DocumentCalls {
    return this.byKind.document;
  }

  get groups(): GroupCalls {
    return this.byKind.group;
  }

  get hooks(): HookCalls {
    return this.byKind.hook;
  }

  get hosts(): HostCalls {
    return this.byKind.host;
  }

  get images(): ImageCalls {
    return this.byKind.image;
  }

  get marketplaces(): MarketplaceCalls {
    return this.byKind.market;
  }

  get marketplaceApps(): MarketplaceAppCalls {
    return this.byKind.marketapp;
  }

  get securityGroups(): SecurityGroupCalls {
    return this.byKind.secgroup;
  }

  get users(): UserCalls {
    return this.byKind.user;
  }

  get vdcs(): VdcCalls {
    return this.byKind.vdc;
  }

  get virtualRouters(): VirtualRouterCalls {
    return this.byKind.vrouter;
  }

  get vmGroups(): VmGroupCalls {
    return this.byKind.vmgroup;
  }

  get vms(): VmCalls {
    return this.byKind.vm;
  }

  get vmTemplates(): VmTemplateCalls {
    return this.byKind.template;
  }

  get vnets(): VirtualNetworkCalls {
    return this.byKind.vn;
  }

  get vnTemplates(): VnTemplateCalls {
    return this.byKind.vntemplate;
  }

  get zones(): ZoneCalls {
    return this.byKind.zone;
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

  /** Lets go of an SSH connection, if there is one. */
  close(): void {
    this.client.close();
  }
}

function callsByKind(client: OneClient) {
  return {
    backupjob: new BackupJobCalls(client),
    cluster: new ClusterCalls(client),
    datastore: new DatastoreCalls(client),
    document: new DocumentCalls(client),
    group: new GroupCalls(client),
    hook: new HookCalls(client),
    host: new HostCalls(client),
    image: new ImageCalls(client),
    market: new MarketplaceCalls(client),
    marketapp: new MarketplaceAppCalls(client),
    secgroup: new SecurityGroupCalls(client),
    template: new VmTemplateCalls(client),
    user: new UserCalls(client),
    vdc: new VdcCalls(client),
    vm: new VmCalls(client),
    vmgroup: new VmGroupCalls(client),
    vn: new VirtualNetworkCalls(client),
    vntemplate: new VnTemplateCalls(client),
    vrouter: new VirtualRouterCalls(client),
    zone: new ZoneCalls(client),
  };
}
