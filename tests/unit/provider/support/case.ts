// SPDX-License-Identifier: Apache-2.0

/** Each resource type: what is made of it, and what happens to it. */
import type { PropertyMap, PropertyValue } from "../../../../provider/grpc/provider";
import type { World } from "./world";

/** Ids of what a case needs beside its object. */
export type Ids = Record<string, string>;

export interface Case {
  type: string;
  /** oned's name for the kind, where its objects have `info` and a pool. */
  api?: string;
  before?(world: World): Promise<Ids>;
  inputs(name: string, ids: Ids): PropertyMap;
  /** Changed in place; undefined takes a property away. */
  update(ids: Ids): Record<string, PropertyValue | undefined>;
  /** Changes that replace the object. */
  replace?(ids: Ids): PropertyMap;
  /** Somebody changes by hand what the program has set ... */
  drift(world: World, id: string, ids: Ids): Promise<unknown>;
  /** ... and these paths show it. */
  drifted: string[];
  /** Somebody deletes it by hand. */
  remove(world: World, id: string, ids: Ids): Promise<unknown>;
  /** Brings back what went along with it. */
  restore?(world: World): Promise<unknown>;
  /** The method that makes it, or OneFlow's request. */
  allocate: string | ((ids: Ids) => string);
  /** What a second one of the same name is answered with; undefined if it may be there. */
  duplicate?: RegExp;
  /** What a user without rights is told; undefined if every user may make one, though not delete another's. */
  denied?: RegExp;
  /** What a user is told who may not delete it, where that is not oned's word. */
  refused?: RegExp;
  /** There is no place for a marker, so what a killed run has left is not known again. */
  unmarked?: true;
  /** A limit of a user that one more object goes over, where the kind has limits. */
  quota?(ids: Ids): string;
  /** Properties that an import cannot know. */
  unknownToImport?: string[];
  /** How many of them there are. */
  count(world: World, name: string, ids: Ids): Promise<number>;
}

export const NOT_AUTHORIZED = /AUTHORIZATION 512/;
export const TAKEN = /already has a|NAME is already taken|AUTHORIZATION|already exists/i;
export const pooled =
  (pool: string, ...parameters: number[]) =>
  async (world: World, name: string): Promise<number> =>
    (await world.call(`one.${pool}.info`, ...parameters)).split(`<NAME>${name}</NAME>`).length - 1;
export const byId =
  (method: string, ...more: (number | boolean)[]) =>
  async (world: World, id: string): Promise<unknown> =>
    world.call(method, Number(id), ...more);
export const merge =
  (api: string, text: string) =>
  async (world: World, id: string): Promise<unknown> =>
    world.call(`one.${api}.update`, Number(id), text, 1);

/** A datastore whose images are ready at once. */
export async function imageDatastore(world: World): Promise<string> {
  const id = await world.call("one.datastore.allocate", 'NAME = "images"\nDS_MAD = "dummy"\nTM_MAD = "dummy"', -1);
  await world.oned.settle();
  return id;
}

export async function virtualMachineSurroundings(world: World): Promise<Ids> {
  const datastore = await imageDatastore(world);
  await world.call("one.datastore.allocate", 'NAME = "disks"\nTYPE = "SYSTEM_DS"\nTM_MAD = "dummy"', -1);
  await world.call("one.host.allocate", "host01", "dummy", "dummy", -1);
  const image = await world.call(
    "one.image.allocate",
    'NAME = "os"\nPATH = "/x.img"\nSIZE = "32"',
    Number(datastore),
    true,
  );
  const template = await world.call("one.template.allocate", 'NAME = "small"\nCPU = "0.1"\nMEMORY = "32"');
  await world.oned.settle();
  return { datastore, image, template };
}
