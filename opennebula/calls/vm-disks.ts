// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import type { TemplateVector } from "../template/template";
import type { ImageTypeName } from "./images";
import { vectorText } from "./parameters";

/** A disk of a VM. */
export interface DiskOfVm {
  vmId: number;
  diskId: number;
}

/** A disk to be kept as an image. */
export interface SavedDisk extends DiskOfVm {
  imageName: string;
  /** @default the type of the disk's image */
  type?: ImageTypeName;
  /** @default the disk as it is */
  snapshotId?: number;
}

/** Calls about disks of VMs. */
export class VmDiskCalls {
  constructor(private readonly client: OneClient) {}

  /** @param disk - e.g. `{ IMAGE_ID: "1" }`, or for a volatile one `{ TYPE: "fs", SIZE: "1024" }` in MiB. */
  async attach(vmId: number, disk: TemplateVector, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.attach", [vmId, vectorText("DISK", disk)], options);
  }

  async detach({ vmId, diskId }: DiskOfVm, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.detach", [vmId, diskId], options);
  }

  /** @param size - MiB; disks only grow. */
  async resize({ vmId, diskId }: DiskOfVm, size: bigint, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.diskresize", [vmId, diskId, size.toString()], { repeatable: true, ...options });
  }

  /** @returns the id of the new image. */
  async saveAs(disk: SavedDisk, options?: CallOptions): Promise<number> {
    const { vmId, diskId, imageName, type = "", snapshotId = -1 } = disk;
    return this.client.call("one.vm.disksaveas", [vmId, diskId, imageName, type, snapshotId], options);
  }

  /**
   * Not every disk can be snapshot while the VM runs: oned then accepts the call and the operation fails later.
   *
   * @returns the id of the snapshot.
   */
  async createSnapshot({ vmId, diskId }: DiskOfVm, name: string, options?: CallOptions): Promise<number> {
    return this.client.call("one.vm.disksnapshotcreate", [vmId, diskId, name], options);
  }

  async renameSnapshot(
    { vmId, diskId }: DiskOfVm,
    snapshot: { id: number; name: string },
    options?: CallOptions,
  ): Promise<void> {
    const parameters = [vmId, diskId, snapshot.id, snapshot.name] as const;
    await this.client.call("one.vm.disksnapshotrename", [...parameters], { repeatable: true, ...options });
  }

  async revertSnapshot({ vmId, diskId }: DiskOfVm, snapshotId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.disksnapshotrevert", [vmId, diskId, snapshotId], options);
  }

  async deleteSnapshot({ vmId, diskId }: DiskOfVm, snapshotId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.vm.disksnapshotdelete", [vmId, diskId, snapshotId], options);
  }
}
