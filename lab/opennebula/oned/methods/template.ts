// SPDX-License-Identifier: Apache-2.0

import { forget } from "../acl";
import type { CallContext, Methods } from "../call";
import { allocateFailure, authorize, checkRestricted, create, find, targetOf, template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { Params } from "../params";
import { checkQuotas, vmUsage } from "../quota-use";
import type { Template } from "../template";
import { get, merge, set, vectors, without } from "../template";
import { createVm, templateNeeds } from "../vm/allocate";
import { imageOf } from "../vm/disks";
import { AFTER_DELETE, changeBits } from "./common";
import { cloneImage, removeImage } from "./image";

/** Copies a template; with its disks, every image becomes a copy of its own named after the new template. */
function clone(
  context: CallContext,
  copy: { id: number; name: string; disks: boolean; persistent?: boolean; extra?: Template },
): Entity<"template"> {
  const source = find(context, "template", copy.id);
  authorize(context, ["USE", targetOf("template", source)], ["CREATE", { type: "TEMPLATE" }]);
  const made = create(context, "template", {
    name: copy.name,
    template: merge(structuredClone(source.template), copy.extra ?? []),
    data: { regtime: context.now },
  });
  if (!copy.disks) return made;
  vectors(made.template, "DISK").forEach((disk, index) => {
    const image = imageOf(context, disk);
    if (image === undefined) return;
    const name = `${copy.name}-disk-${index}`;
    const wanted = copy.persistent === true ? { persistent: true } : {};
    const cloned = cloneImage(context, { id: image.id, name, datastore: -1, ...wanted });
    for (const key of ["IMAGE", "IMAGE_UNAME", "IMAGE_UID", "SIZE"]) delete disk[key];
    disk.IMAGE_ID = String(cloned.id);
  });
  return made;
}

/** Makes a VM from a template and what the caller adds to it. */
export function instantiate(
  context: CallContext,
  given: { id: number; name: string; hold: boolean; extra: Template; hasExtra: boolean },
): Entity<"vm"> {
  const source = find(context, "template", given.id);
  checkRestricted(context, "VM", given.extra, "User Template includes a restricted attribute");
  const base = without(structuredClone(source.template), "NAME", "TEMPLATE_NAME", "TEMPLATE_ID");
  let merged = merge(base, without(given.extra, "NAME", "TEMPLATE_NAME", "TEMPLATE_ID"));
  merged = set(set(merged, "TEMPLATE_NAME", source.name), "TEMPLATE_ID", String(source.id));
  if (given.name !== "") merged = set(merged, "NAME", given.name);
  authorize(
    context,
    ["USE", targetOf("template", source)],
    ...(given.hasExtra ? [["CREATE", { type: "TEMPLATE" }] as ["CREATE", { type: "TEMPLATE" }]] : []),
    ...templateNeeds(context, merged),
  );
  checkQuotas(context, { uid: context.user.id, gid: context.user.gid }, vmUsage(merged, true));
  try {
    return createVm(context, merged, given.hold);
  } catch (error) {
    throw error instanceof Failure ? allocateFailure("template", error.message) : error;
  }
}

function instantiateCall(context: CallContext, params: Params): number {
  const [id, name] = [params.int(0), params.string(1)];
  const hold = params.count > 2 ? params.boolean(2) : false;
  const text = params.count > 2 ? params.string(3) : "";
  const persistent = params.count > 4 ? params.boolean(4) : false;
  const source = find(context, "template", id);
  if (get(source.template, "VROUTER")?.toUpperCase() === "YES") {
    throw new Failure(Code.ACTION, "Virtual router templates cannot be instantiated");
  }
  const extra = text === "" ? [] : template(text);
  if (!persistent) return instantiate(context, { id, name, hold, extra, hasExtra: text !== "" }).id;
  const own = clone(context, { id, name: name === "" ? `${source.name}-copy` : name, disks: true, persistent, extra });
  const cloning: Template = [{ name: "CLONING_TEMPLATE_ID", value: String(id) }];
  return instantiate(context, { id: own.id, name, hold, extra: cloning, hasExtra: true }).id;
}

/** Does what may be refused. @returns the refusal */
function ignoring(act: () => void): Failure | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** The images that a template's disks name, as far as they are there. */
function imagesOf(context: CallContext, source: Entity<"template">): Entity<"image">[] {
  return vectors(source.template, "DISK").flatMap((disk) => {
    try {
      return imageOf(context, disk) ?? [];
    } catch (error) {
      if (error instanceof Failure) return [];
      throw error;
    }
  });
}

function remove(context: CallContext, params: Params): number {
  const [id, images] = [params.int(0), params.boolean(1, false)];
  const source = use(context, "template", id, "MANAGE");
  const along = images ? imagesOf(context, source) : [];
  AFTER_DELETE.template?.(context, source);
  context.state.remove("template", id);
  forget(context.state, "template", id);
  // An image that cannot go stays; oned only logs it.
  for (const image of along) ignoring(() => removeImage(context, image.id, false));
  return id;
}

function chmod(context: CallContext, params: Params): number {
  const id = params.int(0);
  const bits = Array.from({ length: 9 }, (_, index) => params.int(index + 1));
  const source = find(context, "template", id);
  const targets = params.count > 10 && params.boolean(10) ? imagesOf(context, source) : [];
  changeBits(context, "template", source, bits);
  const refused = targets.filter((image) => ignoring(() => changeBits(context, "image", image, bits)) !== undefined);
  if (refused.length === 0) return id;
  const ids = refused.map((image) => image.id).sort((a, b) => a - b);
  throw new Failure(Code.ACTION, `Cannot chmod image: ${ids.join(",")}`).keep();
}

export const templateMethods: Methods = {
  "one.template.clone": (context, params) => {
    const [id, name] = [params.int(0), params.string(1)];
    return clone(context, { id, name, disks: params.boolean(2, false) }).id;
  },
  "one.template.instantiate": instantiateCall,
  "one.template.delete": remove,
  "one.template.chmod": chmod,
};
