// SPDX-License-Identifier: Apache-2.0

import type { CallContext } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { acquire } from "../images/use";
import { ImageState } from "../images/states";
import { noSnapshots, totalSize } from "../snapshots";
import { get, vectors } from "../template";
import type { Vector } from "./vectors";

const CDROM = 1;
const DISK_TYPES = ["FILE", "CDROM", "BLOCK", "RBD"];
const action = (message: string): Failure => new Failure(Code.ACTION, message);

/** The image that a disk names, by id or by name and owner; undefined for a volatile disk. */
export function imageOf(context: CallContext, disk: Vector): Entity<"image"> | undefined {
  if (disk.IMAGE_ID !== undefined) {
    const found = context.state.find("image", Number(disk.IMAGE_ID));
    if (found === undefined) throw action(`Image with ID: ${disk.IMAGE_ID} does not exist`);
    return found;
  }
  if (disk.IMAGE === undefined) return undefined;
  const named = disk.IMAGE_UNAME === undefined ? undefined : context.state.byName("user", disk.IMAGE_UNAME);
  const uid = disk.IMAGE_UID !== undefined ? Number(disk.IMAGE_UID) : (named?.id ?? context.user.id);
  const found = context.state.all("image").find((image) => image.name === disk.IMAGE && image.uid === uid);
  if (found !== undefined) return found;
  throw action(
    `User ${uid} does not own an image with name: ${disk.IMAGE} . Set IMAGE_UNAME or IMAGE_UID of owner in DISK.`,
  );
}

/** Takes the disk's image for the VM and fills in what the disk has from image and datastore. */
export function acquireDisk(
  context: CallContext,
  vm: Entity<"vm">,
  { disk, id, attach }: { disk: Vector; id: number; attach: boolean },
): void {
  const image = imageOf(context, disk);
  if (image === undefined) volatileDisk(context, disk);
  else {
    checkSize(image, disk);
    acquire(context.state, image, { vm: vm.id, attach });
    fromImage(context, image, disk);
    if ((image.data.snapshots?.list.length ?? 0) > 0) {
      vm.data.snapshots[id] = structuredClone(image.data.snapshots ?? noSnapshots());
    }
  }
  if (disk.SERIAL === "auto") disk.SERIAL = `${vm.id}-${id}`;
  disk.DISK_ID = String(id);
}

function volatileDisk(context: CallContext, disk: Vector): void {
  const type = (disk.TYPE ?? "").toUpperCase();
  if (type !== "SWAP" && type !== "FS") throw action(`Unknown disk type ${type}`);
  if (!(Number(disk.SIZE) > 0)) throw action("SIZE attribute must be a positive integer value.");
  disk.DEV_PREFIX ??= context.config.get("DEFAULT_DEVICE_PREFIX") ?? "";
}

function checkSize({ id, data }: Entity<"image">, disk: Vector): void {
  const size = Number(disk.SIZE);
  if (disk.SIZE === undefined || !Number.isFinite(size)) return;
  if (data.persistent && size !== data.sizeMb) {
    throw action(`SIZE attribute is not supported for persistent image [${id}].`);
  }
  if (data.type === CDROM && size !== data.sizeMb) {
    throw action(`SIZE attribute is not supported for CDROM image [${id}].`);
  }
  if (size < data.sizeMb) {
    throw action(`SIZE of ${size}MB is less than the image [${id}] size of ${data.sizeMb}MB.`);
  }
}

function fromImage(context: CallContext, image: Entity<"image">, disk: Vector): void {
  const { data, template } = image;
  const readonly = data.type === CDROM || get(template, "PERSISTENT_TYPE")?.toUpperCase() === "IMMUTABLE";
  disk.DEV_PREFIX ??= get(template, "DEV_PREFIX") ?? context.config.get("DEFAULT_DEVICE_PREFIX") ?? "";
  Object.assign(disk, {
    IMAGE: image.name,
    IMAGE_ID: String(image.id),
    SOURCE: data.source,
    ORIGINAL_SIZE: String(data.sizeMb),
    SIZE: disk.SIZE ?? String(data.sizeMb),
    DISK_SNAPSHOT_TOTAL_SIZE: String(totalSize(data.snapshots)),
    IMAGE_STATE: String(data.state),
    TYPE: data.type === CDROM ? "CDROM" : (DISK_TYPES[data.diskType] ?? "FILE"),
  });
  if (data.format !== "") Object.assign(disk, { DRIVER: data.format.toLowerCase(), FORMAT: data.format.toLowerCase() });
  if (readonly) Object.assign(disk, { SAVE: "NO", CLONE: "NO", READONLY: "YES" });
  else {
    disk.READONLY ??= get(template, "READONLY") ?? "NO";
    Object.assign(
      disk,
      data.persistent ? { PERSISTENT: "YES", CLONE: "NO", SAVE: "YES" } : { CLONE: "YES", SAVE: "NO" },
    );
  }
  const locked: number[] = [ImageState.LOCKED, ImageState.LOCKED_USED, ImageState.LOCKED_USED_PERS];
  if (locked.includes(data.state)) disk.CLONING = "YES";
  const target = get(template, "TARGET");
  if (target !== undefined) disk.TARGET ??= target;
  inherit(context, "INHERIT_IMAGE_ATTR", image, disk);
  const datastore = context.state.get("datastore", data.datastore);
  Object.assign(disk, {
    DATASTORE: datastore.name,
    DATASTORE_ID: String(datastore.id),
    TM_MAD: datastore.data.tmMad,
    CLUSTER_ID: datastore.data.clusters.join(","),
    CLONE_TARGET: get(datastore.template, "CLONE_TARGET") ?? "SYSTEM",
    LN_TARGET: get(datastore.template, "LN_TARGET") ?? "NONE",
  });
  inherit(context, "INHERIT_DATASTORE_ATTR", datastore, disk);
}

function inherit(context: CallContext, setting: string, { template }: Pick<Entity, "template">, disk: Vector): void {
  for (const name of context.config.all(setting)) {
    const value = get(template, name) ?? "";
    if (value !== "" && (disk[name] ?? "") === "") disk[name] = value;
  }
}

/** The next free device of a prefix, e.g. `vdb`. */
function freeTarget(prefix: string, used: Set<string>): string {
  for (let index = 0; ; index++) {
    const letters = index < 26 ? letter(index) : letter(Math.floor(index / 26) - 1) + letter(index % 26);
    if (!used.has(prefix + letters)) return prefix + letters;
  }
}

const letter = (index: number): string => String.fromCharCode(97 + index);

/** Gives every disk, and the disk with the guest's context, a device: first the system's, then CD-ROMs, then data. */
export function assignTargets(context: CallContext, disks: Vector[], cdrom?: Vector): void {
  const used = new Set(disks.flatMap((disk) => (disk.TARGET === undefined ? [] : [disk.TARGET])));
  const taken = disks.filter((disk) => disk.TARGET !== undefined).length;
  if (used.size < taken) throw action("Two disks have defined the same target.");
  const typeOf = (disk: Vector): number | undefined =>
    context.state.find("image", Number(disk.IMAGE_ID ?? -1))?.data.type;
  const open = disks.filter((disk) => disk.TARGET === undefined);
  const os = open.find((disk) => typeOf(disk) === 0);
  const give = (disk: Vector, prefix: string): void => {
    disk.TARGET = freeTarget(prefix, used);
    used.add(disk.TARGET);
  };
  if (os !== undefined) give(os, os.DEV_PREFIX ?? "");
  for (const disk of open) if (typeOf(disk) === CDROM) give(disk, disk.DEV_PREFIX ?? "");
  if (cdrom !== undefined && cdrom.TARGET === undefined) {
    give(cdrom, cdrom.DEV_PREFIX ?? context.config.get("DEFAULT_CDROM_DEVICE_PREFIX") ?? "hd");
  }
  for (const disk of open) if (disk.TARGET === undefined) give(disk, disk.DEV_PREFIX ?? "");
}

/** The device of a disk that is attached to a VM that has others. */
export function assignTarget(vm: Entity<"vm">, disk: Vector): void {
  const others = [...vectors(vm.template, "DISK"), ...vectors(vm.template, "CONTEXT")];
  const used = new Set(others.flatMap(({ TARGET }) => (TARGET === undefined ? [] : [TARGET])));
  if (disk.TARGET !== undefined && used.has(disk.TARGET)) throw action(`Target ${disk.TARGET} is already in use.`);
  disk.TARGET ??= freeTarget(disk.DEV_PREFIX ?? "", used);
}
