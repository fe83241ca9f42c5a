// SPDX-License-Identifier: Apache-2.0

import type { Work } from "../background";
import type { ImageJob } from "../drivers";
import type { Entity } from "../entities";
import { decrypted } from "../secrets";
import { BACKUP } from "./states";

/** What a datastore's driver is told about an image. */
export function imageJob(
  work: Pick<Work, "state" | "datastoreLocation" | "config">,
  image: Pick<Entity<"image">, "id" | "data">,
  signal: AbortSignal,
): ImageJob {
  const { path, source, sizeMb, format, fs, work: step } = image.data;
  const job = { id: image.id, path, source, sizeMb, format, fs, signal };
  const snapshot = step !== undefined && "snapshot" in step ? { snapshot: step.snapshot } : {};
  const vmId = image.data.type === BACKUP ? image.data.vms[0] : undefined;
  const datastore = driverDatastore(work, image.data.datastore);
  return { ...job, ...snapshot, datastore, ...(vmId !== undefined && { vmId }), ...backupSource(work, path) };
}

/** The backup datastore that a path of the form `<driver>://<datastore>/...` names. */
export function backupSource(
  work: Pick<Work, "state" | "datastoreLocation" | "config">,
  path: string,
): Pick<ImageJob, "from"> {
  const id = /^restic:\/\/(\d+)\//.exec(path)?.[1];
  return id === undefined ? {} : { from: driverDatastore(work, Number(id)) };
}

export function driverDatastore(
  work: Pick<Work, "state" | "datastoreLocation" | "config">,
  id: number,
): ImageJob["datastore"] {
  const { data, template } = work.state.get("datastore", id);
  const place = { id, tmMad: data.tmMad, dsMad: data.dsMad, path: `${work.datastoreLocation}/${id}` };
  return { ...place, template: decrypted(work.config.get("ONE_KEY") ?? "", template) };
}
