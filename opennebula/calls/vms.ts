// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import { buildTemplate } from "../template/build";
import type { Template, TemplateVector } from "../template/template";
import { ObjectCalls } from "./objects";
import { ScheduledCalls } from "./schedule";
import { TEMPLATE_UPDATE, vectorText } from "./parameters";
import { VmDiskCalls } from "./vm-disks";

/** A VM made of a template. */
export interface Instance {
  /** @default a name with the VM's id */
  name?: string;
  /** Leave it in the state hold instead of handing it to the scheduler. @default false */
  hold?: boolean;
  /** Laid over the template. */
  template?: Template;
  /** Copy template and images first, so that the disks outlive the VM. @default false */
  persistent?: boolean;
}

/** Calls that only VM templates have. */
export class VmTemplateCalls extends ObjectCalls<"template"> {
  constructor(client: OneClient) {
    super(client, "template");
  }

  /** @returns the id of the VM. */
  async instantiate(id: number, instance: Instance = {}, options?: CallOptions): Promise<number> {
    const { name = "", hold = false, template = {}, persistent = false } = instance;
    const parameters = [id, name, hold, buildTemplate(template), persistent] as const;
    return this.client.call("one.template.instantiate", [...parameters], options);
  }

  /** @returns the id of the copy. */
  async clone(id: number, copy: { name: string; withImages?: boolean }, options?: CallOptions): Promise<number> {
    return this.client.call("one.template.clone", [id, copy.name, copy.withImages ?? false], options);
  }

  async deleteWithImages(id: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.template.delete", [id, true], options);
  }
}

/** What `one.vm.action` can do; `-hard` asks the hypervisor and not the guest. */
export type VmAction =
  | "terminate"
  | "terminate-hard"
  | "undeploy"
  | "undeploy-hard"
  | "poweroff"
  | "poweroff-hard"
  | "reboot"
  | "reboot-hard"
  | "hold"
  | "release"
  | "stop"
  | "suspend"
  | "resume"
  | "resched"
  | "unresched";

/** What `one.vm.recover` takes. */
export enum VmRecovery {
  /** The operation under way has failed. */
  Failure = 0,
  /** It has succeeded. */
  Success = 1,
  Retry = 2,
  Delete = 3,
  /** Delete it and make it anew. */
  Recreate = 4,
  /** Delete it in the database alone, as a last resort. */
  DeleteDb = 5,
}

/** How a VM gets to another host while it is not live. */
export enum ColdMigration {
  Save = 0,
  Poweroff = 1,
  PoweroffHard = 2,
}

/** Where a VM is to run. */
export interface Placement {
  hostId: number;
  /** @default any, or the one that it is in */
  datastoreId?: number;
  /** Refuse a host without enough room. @default false */
  enforce?: boolean;
}

/**
 * Calls that only VMs have. Success of most means that oned has begun: watch the VM's state. Right after a call it may still read
 * as before.
 */
export class VmCalls extends ScheduledCalls<"vm"> {
  readonly disks: VmDiskCalls;

  constructor(client: OneClient) {
    super(client, "vm");
    this.disks = new VmDiskCalls(client);
  }

  async action(id: number, action: VmAction, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.action", [action, id], options);
  }

  async deploy(id: number, placement: Placement, options?: CallOptions): Promise<void> {
    const { hostId, datastoreId = -1, enforce = false } = placement;
    await this.client.call("one.vm.deploy", [id, hostId, enforce, datastoreId, ""], options);
  }

  /** @param placement - without `live` a VM that runs is stopped as `cold` says. */
  async migrate(
    id: number,
    placement: Placement & { live?: boolean; cold?: ColdMigration },
    options?: CallOptions,
  ): Promise<void> {
    const { hostId, datastoreId = -1, enforce = false, live = false, cold = ColdMigration.Save } = placement;
    await this.client.call("one.vm.migrate", [id, hostId, live, enforce, datastoreId, cold], options);
  }

  /** @param capacity - e.g. `{ CPU: "0.5", MEMORY: "1024", VCPU: "2" }`; memory in MiB. */
  async resize(id: number, capacity: Template, enforce = true, options?: CallOptions): Promise<void> {
    const text = buildTemplate(capacity, "capacity");
    await this.client.call("one.vm.resize", [id, text, enforce], { repeatable: true, ...options });
  }

  /** @param name - optional: oned makes one. @returns the id of the snapshot. */
  async createSnapshot(id: number, name = "", options?: CallOptions): Promise<number> {
    return this.client.call("one.vm.snapshotcreate", [id, name], options);
  }

  async revertSnapshot(id: number, snapshotId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.snapshotrevert", [id, snapshotId], options);
  }

  async deleteSnapshot(id: number, snapshotId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.snapshotdelete", [id, snapshotId], options);
  }

  /**
   * Changes what the guest and the hypervisor are told: `OS`, `FEATURES`, `INPUT`, `GRAPHICS`, `RAW`, `CONTEXT`, `BACKUP_CONFIG`, ...
   *
   * @param how - merge adds to what is there, replace drops what is left out.
   */
  async updateConf(
    id: number,
    template: Template,
    how: keyof typeof TEMPLATE_UPDATE,
    options?: CallOptions,
  ): Promise<void> {
    const text = buildTemplate(template);
    await this.client.call("one.vm.updateconf", [id, text, TEMPLATE_UPDATE[how]], { repeatable: true, ...options });
  }

  async recover(id: number, recovery: VmRecovery, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.recover", [id, recovery], options);
  }

  /** Backs the VM up into a datastore for backups. @param reset - begin a new chain of increments. */
  async backup(id: number, datastoreId: number, reset = false, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.backup", [id, datastoreId, reset], options);
  }

  async cancelBackup(id: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.backupcancel", [id], options);
  }

  /** Puts disks back as a backup has them; the VM must be powered off. */
  async restore(
    id: number,
    backup: { imageId: number; incrementId?: number; diskId?: number },
    options?: CallOptions,
  ): Promise<void> {
    const { imageId, incrementId = -1, diskId = -1 } = backup;
    await this.client.call("one.vm.restore", [id, imageId, incrementId, diskId], options);
  }

  /** @param nic - for an alias with `PARENT`, the name of the interface that it is on. */
  async attachNic(id: number, nic: TemplateVector, options?: CallOptions): Promise<void> {
    const name = nic.PARENT === undefined ? "NIC" : "NIC_ALIAS";
    await this.client.call("one.vm.attachnic", [id, vectorText(name, nic)], options);
  }

  async detachNic(id: number, nicId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.detachnic", [id, nicId], options);
  }

  /** Adds to the attributes of an interface, on the host too where the VM runs. */
  async updateNic(id: number, nic: { id: number; attributes: TemplateVector }, options?: CallOptions): Promise<void> {
    const text = vectorText("NIC", nic.attributes);
    const parameters = [id, nic.id, text, TEMPLATE_UPDATE.merge] as const;
    await this.client.call("one.vm.updatenic", [...parameters], { repeatable: true, ...options });
  }

  async attachSecurityGroup(
    id: number,
    to: { nicId: number; securityGroupId: number },
    options?: CallOptions,
  ): Promise<void> {
    await this.client.call("one.vm.attachsg", [id, to.nicId, to.securityGroupId], options);
  }

  async detachSecurityGroup(
    id: number,
    from: { nicId: number; securityGroupId: number },
    options?: CallOptions,
  ): Promise<void> {
    await this.client.call("one.vm.detachsg", [id, from.nicId, from.securityGroupId], options);
  }
}
