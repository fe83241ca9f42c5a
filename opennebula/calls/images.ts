// SPDX-License-Identifier: Apache-2.0
import type { CallOptions, OneClient } from "../client";
import { buildTemplate } from "../template/build";
import type { Template } from "../template/template";
import { ObjectCalls } from "./objects";

/** What `one.image.chtype` takes. */
export type ImageTypeName = "OS" | "CDROM" | "DATABLOCK" | "KERNEL" | "RAMDISK" | "CONTEXT" | "BACKUP";

/** Calls that only images have. */
export class ImageCalls extends ObjectCalls<"image"> {
  constructor(client: OneClient) {
    super(client, "image");
  }

  async enable(id: number, enabled: boolean, options?: CallOptions): Promise<void> {
    await this.client.call("one.image.enable", [id, enabled], { repeatable: true, ...options });
  }

  async setPersistent(id: number, persistent: boolean, options?: CallOptions): Promise<void> {
    await this.client.call("one.image.persistent", [id, persistent], { repeatable: true, ...options });
  }

  async setType(id: number, type: ImageTypeName, options?: CallOptions): Promise<void> {
    await this.client.call("one.image.chtype", [id, type], { repeatable: true, ...options });
  }

  /**
   * @param copy - without a datastore the copy goes where the image is.
   * @returns the id of the copy.
   */
  async clone(id: number, copy: { name: string; datastoreId?: number }, options?: CallOptions): Promise<number> {
    return this.client.call("one.image.clone", [id, copy.name, copy.datastoreId ?? -1], options);
  }

  /** Deletes it even if the datastore's driver fails. */
  async forceDelete(id: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.image.delete", [id, true], options);
  }

  async deleteSnapshot(id: number, snapshotId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.image.snapshotdelete", [id, snapshotId], options);
  }

  async revertSnapshot(id: number, snapshotId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.image.snapshotrevert", [id, snapshotId], options);
  }

  /** Makes the image what the snapshot is and drops all snapshots. */
  async flattenSnapshot(id: number, snapshotId: number, options?: CallOptions): Promise<void> {
    await this.client.call("one.image.snapshotflatten", [id, snapshotId], options);
  }

  /**
   * Makes images and a VM template of a backup.
   *
   * @param restoring - the options are e.g. `{ NAME: "restored", NO_IP: "YES" }`.
   * @returns oned's own text: id of the template, ids of the images.
   */
  async restore(
    id: number,
    restoring: { datastoreId: number; options?: Template },
    options?: CallOptions,
  ): Promise<string> {
    const text = buildTemplate(restoring.options ?? {}, "options");
    return this.client.call("one.image.restore", [id, restoring.datastoreId, text], options);
  }
}

/** Calls that only marketplaces have. */
export class MarketplaceCalls extends ObjectCalls<"market"> {
  constructor(client: OneClient) {
    super(client, "market");
  }

  /** A disabled marketplace is not asked for news. */
  async enable(id: number, enabled: boolean, options?: CallOptions): Promise<void> {
    await this.client.call("one.market.enable", [id, enabled], { repeatable: true, ...options });
  }
}

/** An image made of an app. */
export interface AppImage {
  name: string;
  datastoreId: number;
  /** Laid over what the app says, e.g. `{ DEV_PREFIX: "vd" }`. */
  template?: Template;
}

/** Calls that only marketplace apps have. */
export class MarketplaceAppCalls extends ObjectCalls<"marketapp"> {
  constructor(client: OneClient) {
    super(client, "marketapp");
  }

  async enable(id: number, enabled: boolean, options?: CallOptions): Promise<void> {
    await this.client.call("one.marketapp.enable", [id, enabled], { repeatable: true, ...options });
  }

  /**
   * Exports an app of type image: oned has no call for it, but downloads the app into an image that is allocated `FROM_APP`.
   *
   * @returns the id of the image, which is locked until the download is complete.
   */
  async exportImage(id: number, image: AppImage, options?: CallOptions): Promise<number> {
    const template = buildTemplate({ ...image.template, NAME: image.name, FROM_APP: String(id) });
    return this.client.call("one.image.allocate", [template, image.datastoreId, false], options);
  }
}
