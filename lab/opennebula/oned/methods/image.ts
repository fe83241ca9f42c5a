// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { allocateFailure, authorize, checkRestricted, create, find, targetOf, template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import { BACKUP, IMAGE_TYPES, ImageState, isDisk, isFile, stateName } from "../images/states";
import { beginClone, endClone } from "../images/use";
import { checkQuotas, imageUsage } from "../quota-use";
import { checkImageDelete, noSnapshots, snapshotOf } from "../snapshots";
import type { Template } from "../template";
import { get, lastOfEach, set, without } from "../template";
import { AFTER_UPDATE, CHOWN_GUARDS } from "./common";
import { sourceOf } from "./image-source";

/** Types of datastores. */
const [IMAGE_DS, SYSTEM_DS, FILE_DS, BACKUP_DS] = [0, 1, 2, 3];
const action = (message: string): Failure => new Failure(Code.ACTION, message);

const typeOf = (text: string): number => IMAGE_TYPES.indexOf(text.toUpperCase());

/** MiB that fit on a datastore. */
function available({ data, template: attributes }: Entity<"datastore">): number {
  const limit = Number(get(attributes, "LIMIT_MB") ?? "0") || 0;
  return limit > 0 ? Math.min(data.freeMb, limit - data.usedMb) : data.freeMb;
}

/** Makes an image of a template's text. @returns its id */
export async function allocateImage(
  context: CallContext,
  params: { text: string; datastore: number; check: boolean },
): Promise<number> {
  const given = lastOfEach(template(params.text));
  const datastore = find(context, "datastore", params.datastore);
  if (datastore.data.type === SYSTEM_DS || datastore.data.type === BACKUP_DS) {
    throw new Failure(Code.ALLOCATE, "New images can only be allocated in a files or image datastore.");
  }
  const { attributes, sizeMb } = await sourceOf(context, given, datastore);
  if (params.check && sizeMb > available(datastore)) throw action("Not enough space in datastore");
  checkRestricted(context, "IMAGE", attributes, "Template includes a restricted attribute");
  authorize(context, ["CREATE", { type: "IMAGE" }], ["USE", targetOf("datastore", datastore)]);
  checkQuotas(context, { uid: context.user.id, gid: context.user.gid }, imageUsage(datastore.id, sizeMb));
  const persistent = get(attributes, "PERSISTENT") ?? "";
  if (persistentOnly(datastore) && !persistentText(context, persistent)) {
    throw new Failure(Code.ALLOCATE, "This Datastore only accepts persistent images.");
  }
  return addImage(context, { given: attributes, sizeMb, datastore, persistent }).id;
}

/** Adds an image that its driver has yet to make, unless the template says where it is already. */
function addImage(
  context: CallContext,
  image: { given: Template; sizeMb: number; datastore: Entity<"datastore">; persistent: string },
): Entity<"image"> {
  const { given, datastore, sizeMb } = image;
  const text = (name: string): string => get(given, name) ?? "";
  const type = typeOf(text("TYPE") === "" ? (context.config.get("DEFAULT_IMAGE_TYPE") ?? "OS") : text("TYPE"));
  if (type < 0) throw allocateFailure("image", "Unknown type ");
  if (isDisk(type) && datastore.data.type !== IMAGE_DS) {
    throw allocateFailure(
      "image",
      "Only IMAGES of type KERNEL, RAMDISK and CONTEXT can be registered in a FILE_DS datastore",
    );
  }
  if (isFile(type) && datastore.data.type !== FILE_DS) {
    throw allocateFailure(
      "image",
      "IMAGES of type KERNEL, RAMDISK and CONTEXT cannot be registered in an IMAGE_DS datastore",
    );
  }
  if (type === BACKUP) {
    throw allocateFailure("image", "IMAGES of type BACKUP can only be registered in an BACKUP_DS datastore");
  }
  const [path, source] = [text("PATH"), text("SOURCE")];
  if (path !== "" && source !== "") throw allocateFailure("image", "PATH and SOURCE cannot be both set.");
  if (source !== "" && text("FORMAT") === "") throw allocateFailure("image", "SOURCE needs FORMAT to be set.");
  if (path === "" && source === "" && (type === 1 || isFile(type))) {
    throw allocateFailure("image", "No PATH nor SOURCE in template.");
  }
  const forced = get(datastore.template, "DRIVER") ?? "";
  const format = path !== "" ? "" : source !== "" ? text("FORMAT") : forced || text("FORMAT") || "raw";
  const rest = without(
    given,
    "NAME",
    "TYPE",
    "PERSISTENT",
    "SIZE",
    "FS",
    "DRIVER",
    "PATH",
    "SOURCE",
    "FORMAT",
    "TM_MAD",
  );
  const made = imageCreate(context, {
    name: text("NAME"),
    template: withPrefix(context, rest, type),
    datastore,
    data: {
      type,
      persistent: isDisk(type) && persistentText(context, image.persistent),
      path,
      source,
      format,
      sizeMb,
      fs: text("FS"),
    },
  });
  if (source !== "") made.data.state = ImageState.READY;
  else made.data.work = { action: path !== "" ? "cp" : "mkfs" };
  return made;
}

const persistentText = (context: CallContext, text: string): boolean =>
  (text === "" ? (context.config.get("DEFAULT_IMAGE_PERSISTENT_NEW") ?? "") : text).toUpperCase() === "YES";

/** Disks have a device prefix, files have none. */
function withPrefix(context: CallContext, given: Template, type: number): Template {
  if (!isDisk(type)) return without(given, "DEV_PREFIX");
  const setting = type === 1 ? "DEFAULT_CDROM_DEVICE_PREFIX" : "DEFAULT_DEVICE_PREFIX";
  const prefix = get(given, "DEV_PREFIX") ?? "";
  return prefix === "" ? set(given, "DEV_PREFIX", context.config.get(setting) ?? "") : given;
}

type Given = Pick<Entity<"image">["data"], "type" | "persistent" | "path" | "source" | "format" | "sizeMb" | "fs">;

/** An image with nothing but what is given; locked until its driver is done. */
export function imageCreate(
  context: CallContext,
  image: { name: string; template: Template; datastore: Entity<"datastore">; data: Given },
): Entity<"image"> {
  const orphans = get(image.datastore.template, "ALLOW_ORPHANS") ?? "NO";
  return create(
    context,
    "image",
    {
      name: image.name,
      template: image.template,
      data: {
        ...image.data,
        diskType: image.datastore.data.diskType,
        regtime: context.now,
        modtime: context.now,
        state: ImageState.LOCKED,
        datastore: image.datastore.id,
        vms: [],
        clones: [],
        cloningId: -1,
        appClones: [],
        targetSnapshot: -1,
        snapshots: noSnapshots(orphans === "FORMAT" ? (image.data.format === "qcow2" ? "NO" : "YES") : orphans),
        increments: [],
        backupDisks: [],
      },
    },
    Code.ALLOCATE,
  );
}

/** Copies an image; -1 is the datastore that it is on. */
export function cloneImage(
  context: CallContext,
  copy: { id: number; name: string; datastore: number; persistent?: boolean },
): Entity<"image"> {
  const original = find(context, "image", copy.id);
  if (!isDisk(original.data.type)) throw action("KERNEL, RAMDISK, BACKUP and CONTEXT cannot be cloned.");
  if ((original.data.snapshots?.list.length ?? 0) > 0) throw action("Cannot clone images with snapshots");
  const from = find(context, "datastore", original.data.datastore);
  const to = copy.datastore < 0 ? from : find(context, "datastore", copy.datastore);
  if (to.data.type !== IMAGE_DS || from.data.type !== IMAGE_DS) {
    throw action("Clone only supported for IMAGE_DS Datastores");
  }
  if (to.data.dsMad !== from.data.dsMad) throw action("Clone only supported to same DS_MAD Datastores");
  const { sizeMb } = original.data;
  if (sizeMb > available(to)) throw action("Not enough space in datastore");
  authorize(
    context,
    ["CREATE", { type: "IMAGE" }],
    ["USE", targetOf("image", original)],
    ["USE", targetOf("datastore", to)],
    ...(to === from ? [] : [["USE", targetOf("datastore", from)] as ["USE", ReturnType<typeof targetOf>]]),
  );
  checkQuotas(context, { uid: context.user.id, gid: context.user.gid }, imageUsage(to.id, sizeMb));
  const { type, format, fs } = original.data;
  const data = { type, format, fs, sizeMb, path: original.data.source, source: "" };
  const persistent = copy.persistent ?? (context.config.get("DEFAULT_IMAGE_PERSISTENT") ?? "").toUpperCase() === "YES";
  const attributes = structuredClone(original.template);
  const made = imageCreate(context, {
    name: copy.name,
    template: attributes,
    datastore: to,
    data: { ...data, persistent },
  });
  beginClone(context.state, original, made.id);
  Object.assign(made.data, { cloningId: original.id, work: { action: "clone", from: original.id } });
  return made;
}

function persistent(context: CallContext, id: number, on: boolean): number {
  const image = use(context, "image", id, "MANAGE");
  const { data } = image;
  if (isFile(data.type)) throw action("KERNEL, RAMDISK and CONTEXT must be non-persistent");
  if (data.type === BACKUP) throw action("BACKUP images must be persistent");
  if (!on && persistentOnly(context.state.get("datastore", data.datastore))) {
    throw new Failure(Code.INTERNAL, "This Datastore only accepts persistent images.");
  }
  const refuse = (reason: string): never => {
    throw new Failure(Code.INTERNAL, `Could not make image ${on ? "" : "non-"}persistent: ${reason}`);
  };
  if (!on && (data.snapshots?.list.length ?? 0) > 0) refuse("Image has snapshots.");
  const changeable: number[] = [ImageState.INIT, ImageState.READY, ImageState.DISABLED, ImageState.LOCKED];
  changeable.push(ImageState.ERROR, ImageState.DELETE);
  if (!changeable.includes(data.state)) refuse(`Image cannot be in state ${stateName(data.state)}.`);
  data.persistent = on;
  context.state.touch("image", image);
  return id;
}

const persistentOnly = (datastore: Entity<"datastore">): boolean =>
  get(datastore.template, "PERSISTENT_ONLY")?.toUpperCase() === "YES";

function enable(context: CallContext, id: number, on: boolean): number {
  const image = use(context, "image", id, "MANAGE");
  const { data } = image;
  const { READY, DISABLED, ERROR } = ImageState;
  const refuse = (reason: string): never => {
    throw new Failure(Code.INTERNAL, `Could not ${on ? "enable" : "disable"} image: ${reason}`);
  };
  if (data.type === BACKUP) refuse("Backup images cannot be enabled or disabled.");
  if (!([READY, DISABLED, ERROR] as number[]).includes(data.state)) {
    refuse(`Image cannot be in state ${stateName(data.state)}.`);
  }
  data.state = on ? READY : DISABLED;
  context.state.touch("image", image);
  return id;
}

function changeType(context: CallContext, id: number, text: string): number {
  const image = use(context, "image", id, "MANAGE");
  const [now, wanted] = [image.data.type, typeOf(text)];
  if (now === BACKUP) throw action("Cannot change type for BACKUP images.");
  // An unknown name counts as OS until the very end.
  const kept = isDisk(now) ? wanted < 0 || isDisk(wanted) : isFile(wanted);
  if (!kept) throw action("Cannot change image type to an incompatible type for the current datastore.");
  if (
    (image.data.snapshots?.list.length ?? 0) > 0 &&
    text.toUpperCase() !== "OS" &&
    text.toUpperCase() !== "DATABLOCK"
  ) {
    throw new Failure(Code.INTERNAL, "Image with snapshots can be only of type OS or DATABLOCK");
  }
  // The recorded server lost the first letter: it adds a number to the address of its message.
  if (wanted < 0) throw new Failure(Code.INTERNAL, "Unknown type ".slice(now));
  image.data.type = wanted;
  context.state.touch("image", image);
  return id;
}

/** Removes an image: at once, or when its driver has removed what it kept. */
export function removeImage(context: CallContext, id: number, force: boolean): number {
  const image = find(context, "image", id);
  const { data } = image;
  const locked: number[] = [ImageState.LOCKED, ImageState.LOCKED_USED, ImageState.LOCKED_USED_PERS];
  if (locked.includes(data.state) && !force) {
    const message =
      "Image locked, use --force flag to remove the image. Force delete may leave some files on Datastore";
    throw new Failure(Code.INTERNAL, message);
  }
  if (force) image.template = set(image.template, "FORCE_DELETE", "YES");
  context.state.touch("image", image);
  authorize(context, [locked.includes(data.state) ? "ADMIN" : "MANAGE", targetOf("image", image)]);
  const refuse = (reason: string): Failure => action(`Cannot delete image. ${reason}`);
  if (data.state === ImageState.CLONE) throw refuse(`There are ${data.clones.length} active clone operations.`).keep();
  if (data.vms.length > 0 && data.type !== BACKUP) throw refuse(`There are ${data.vms.length} VMs using it.`).keep();
  if (data.cloningId >= 0) endClone(context.state, data.cloningId, id);
  if (data.source === "") context.state.remove("image", id);
  else Object.assign(data, { state: ImageState.DELETE, cloningId: -1, work: { action: "rm" } });
  return id;
}

/** Snapshots of an image that no VM uses. */
function snapshot(step: "snap_delete" | "snap_revert" | "snap_flatten"): Method {
  const verbs = { snap_delete: "delete snapshot", snap_revert: "revert to snapshot", snap_flatten: "flatten snapshot" };
  return (context, params) => {
    const [id, number] = [params.int(0), params.int(1)];
    const image = use(context, "image", id, "MANAGE");
    const { data } = image;
    if (data.type !== 0 && data.type !== 2) {
      throw action("IMAGES of type KERNEL, RAMDISK, BACKUP and CONTEXT does not have snapshots.");
    }
    if (data.state !== ImageState.READY) throw action(`Cannot ${verbs[step]} in state ${stateName(data.state)}`);
    snapshotOf(data.snapshots, number);
    if (step === "snap_delete") checkImageDelete(data.snapshots, number);
    Object.assign(data, { state: ImageState.LOCKED, targetSnapshot: number, work: { action: step, snapshot: number } });
    context.state.touch("image", image);
    return number;
  };
}

// Images keep one attribute of a name.
CHOWN_GUARDS.image = (context, image, owner) => {
  checkQuotas(context, owner, imageUsage(image.data.datastore, image.data.sizeMb));
};

AFTER_UPDATE.image = (_context, image) => {
  image.template = lastOfEach(image.template);
};

export const imageMethods: Methods = {
  "one.image.allocate": (context, params) => {
    const [text, datastore] = [params.string(0), params.int(1)];
    const admin = context.user.data.groups.includes(0);
    const skip = params.count > 2 && admin ? params.boolean(2) : false;
    return allocateImage(context, { text, datastore, check: !skip });
  },
  "one.image.clone": (context, params) => {
    const [id, name] = [params.int(0), params.string(1)];
    return cloneImage(context, { id, name, datastore: params.count > 2 ? params.int(2) : -1 }).id;
  },
  "one.image.persistent": (context, params) => persistent(context, params.int(0), params.boolean(1)),
  "one.image.enable": (context, params) => enable(context, params.int(0), params.boolean(1)),
  "one.image.chtype": (context, params) => changeType(context, params.int(0), params.string(1)),
  "one.image.delete": (context, params) => removeImage(context, params.int(0), params.boolean(1, false)),
  "one.image.snapshotdelete": snapshot("snap_delete"),
  "one.image.snapshotrevert": snapshot("snap_revert"),
  "one.image.snapshotflatten": snapshot("snap_flatten"),
};
