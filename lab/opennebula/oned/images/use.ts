// SPDX-License-Identifier: Apache-2.0

import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { State } from "../state";
import { get } from "../template";
import { IMAGE_TYPES, ImageState, isDisk, stateName } from "./states";

const { READY, USED, LOCKED, USED_PERS, LOCKED_USED, LOCKED_USED_PERS, CLONE } = ImageState;

/** Counts a VM in as a user of an image; throws oned's refusal when it cannot be used. */
export function acquire(state: State, image: Entity<"image">, use: { vm: number; attach: boolean }): void {
  const { data } = image;
  const refuse = (reason: string): never => {
    throw new Failure(Code.ACTION, reason);
  };
  if (!isDisk(data.type)) {
    refuse(`Image ${image.id} (${image.name}) of type ${IMAGE_TYPES[data.type]} cannot be used as DISK.`);
  }
  const shareable = get(image.template, "PERSISTENT_TYPE")?.toUpperCase() === "SHAREABLE";
  const cannot = `Cannot acquire image ${image.id}, it is`;
  switch (data.state) {
    case READY:
      data.state = data.persistent ? USED_PERS : USED;
      break;
    case LOCKED:
      if (use.attach) refuse(`${cannot} locked`);
      data.state = data.persistent ? LOCKED_USED_PERS : LOCKED_USED;
      break;
    case USED:
      break;
    case USED_PERS:
      if (!shareable) refuse(`${cannot} persistent and already in use`);
      break;
    case LOCKED_USED:
    case LOCKED_USED_PERS:
      if (data.state === LOCKED_USED_PERS && !shareable) refuse(`${cannot} persistent and already in use`);
      if (use.attach) refuse(`${cannot} locked`);
      break;
    default:
      refuse(`${cannot} in state: ${stateName(data.state)}`);
  }
  if (!data.vms.includes(use.vm)) data.vms = [...data.vms, use.vm].sort((a, b) => a - b);
  state.touch("image", image);
}

/** Takes a VM out again; a persistent image was written to, or is in doubt when its save failed. */
export function release(
  state: State,
  id: number,
  vm: number,
  { now, failed = false }: { now: number; failed?: boolean },
): void {
  const image = state.find("image", id);
  if (image === undefined || !isDisk(image.data.type)) return;
  const { data } = image;
  data.vms = data.vms.filter((user) => user !== vm);
  const unused = data.vms.length === 0;
  if (data.state === USED_PERS || data.state === LOCKED_USED_PERS) {
    data.modtime = now;
    if (failed) data.state = ImageState.ERROR;
    else if (unused) data.state = data.state === USED_PERS ? READY : LOCKED;
  } else if (unused && data.clones.length === 0) {
    if (data.state === USED) data.state = READY;
    if (data.state === LOCKED_USED) data.state = LOCKED;
  }
  state.touch("image", image);
}

/** Marks an image as the original of a copy that is being made. */
export function beginClone(state: State, original: Entity<"image">, copy: number): void {
  const { data } = original;
  if (![READY, USED, CLONE].includes(data.state as 1)) {
    throw new Failure(Code.ALLOCATE, `Cannot clone image in state: ${stateName(data.state)}`);
  }
  data.clones = [...data.clones, copy];
  if (data.state === READY) data.state = data.persistent ? CLONE : USED;
  state.touch("image", original);
}

export function endClone(state: State, id: number, copy: number): void {
  const original = state.find("image", id);
  if (original === undefined) return;
  const { data } = original;
  data.clones = data.clones.filter((clone) => clone !== copy);
  if (data.clones.length === 0 && data.vms.length === 0 && (data.state === CLONE || data.state === USED)) {
    data.state = READY;
  }
  state.touch("image", original);
}

/** The state after the driver has made the image. */
export function unlocked(state: number): number {
  if (state === LOCKED_USED) return USED;
  return state === LOCKED_USED_PERS ? USED_PERS : READY;
}
