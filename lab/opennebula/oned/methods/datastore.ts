// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Methods } from "../call";
import { authorize, create, find, takeName, targetOf, template, use } from "../call";
import type { Entity } from "../entities";
import { Code, Failure } from "../failure";
import type { Template } from "../template";
import { get, set, without } from "../template";
import { clusterFor } from "./cluster";
import { AFTER_UPDATE, DELETE_GUARDS } from "./common";

const TYPES = ["IMAGE_DS", "SYSTEM_DS", "FILE_DS", "BACKUP_DS"];
const DISK_TYPES = ["FILE", "CD_ROM", "BLOCK", "RBD"];
const SYSTEM = 1;

type Shape = Pick<Entity<"datastore">, "template" | "data">;

/** A new datastore's template and fields from what the caller gave, checked against the drivers of oned.conf. */
export function datastoreFrom(context: Pick<CallContext, "config">, given: Template, clusters: number[]): Shape {
  const type = Math.max(0, TYPES.indexOf((get(given, "TYPE") ?? "IMAGE_DS").toUpperCase()));
  let template = set(given, "TYPE", TYPES[type] ?? "IMAGE_DS");
  for (const [name, value] of [
    ["RESTRICTED_DIRS", "/"],
    ["SAFE_DIRS", "/var/tmp"],
  ] as const) {
    if (get(template, name) === undefined) template = set(template, name, value);
  }
  const data = { dsMad: "-", tmMad: "-", type, diskType: 0, state: 0, clusters, totalMb: 0, freeMb: 0, usedMb: 0 };
  return withDrivers(context, { template, data });
}

/** After an update: what depends on the drivers is worked out again; the type stays. */
function refreshDatastore(context: CallContext, datastore: Entity<"datastore">, before: Entity<"datastore">): void {
  let template = datastore.template;
  for (const name of ["TYPE", "TM_MAD", ...(datastore.data.type === SYSTEM ? [] : ["DS_MAD"])]) {
    const old = get(before.template, name);
    if (get(template, name) === undefined && old !== undefined) template = set(template, name, old);
  }
  template = set(template, "TYPE", TYPES[datastore.data.type] ?? "IMAGE_DS");
  // Attributes that came from the former driver do not outlive it.
  if (get(template, "TM_MAD") !== datastore.data.tmMad) {
    template = without(template, "ALLOW_ORPHANS", "CLONE_TARGET", "LN_TARGET", "SHARED", "DS_MIGRATE");
  }
  Object.assign(datastore, withDrivers(context, { template, data: datastore.data }));
}

function withDrivers(context: Pick<CallContext, "config">, shape: Shape): Shape {
  let { template } = shape;
  const { type } = shape.data;
  const need = (name: string): string => {
    const value = get(template, name);
    if (value === undefined || value === "") throw new Failure(Code.INTERNAL, `No ${name} in template.`);
    return value;
  };
  const dsMad = type === SYSTEM ? "-" : need("DS_MAD");
  const dsConf = type === SYSTEM ? {} : driver(context, "DS_MAD", dsMad);
  const missing = (dsConf.REQUIRED_ATTRS ?? "").split(",").filter((name) => name !== "" && !get(template, name));
  if (missing.length > 0) {
    throw new Failure(Code.INTERNAL, `Datastore template is missing the "${missing[0]}" attribute or it's empty.`);
  }
  const tmMad = type === 3 ? (get(template, "TM_MAD") ?? "-") : need("TM_MAD");
  if (type !== 3) {
    const conf = driver(context, "TM_MAD", tmMad);
    template = set(template, "ALLOW_ORPHANS", get(template, "ALLOW_ORPHANS") ?? conf.ALLOW_ORPHANS ?? "NO");
    template = set(
      template,
      "PERSISTENT_SNAPSHOTS",
      get(template, "PERSISTENT_SNAPSHOTS") ?? conf.PERSISTENT_SNAPSHOTS ?? "YES",
    );
    const copied = type === SYSTEM ? ["SHARED", "DS_MIGRATE"] : ["CLONE_TARGET", "LN_TARGET"];
    for (const name of copied) template = set(template, name, get(template, name) ?? conf[name] ?? "NO");
    if (type !== 2) template = set(template, "DISK_TYPE", get(template, "DISK_TYPE") ?? conf.DISK_TYPE ?? "FILE");
  }
  template = set(template, "TM_MAD", tmMad);
  const diskType = Math.max(0, DISK_TYPES.indexOf(get(template, "DISK_TYPE") ?? "FILE"));
  return { template, data: { ...shape.data, dsMad, tmMad, diskType } };
}

function driver(context: Pick<CallContext, "config">, kind: "DS_MAD" | "TM_MAD", name: string): Record<string, string> {
  const found = context.config.vectors(`${kind}_CONF`).find((conf) => conf.NAME === name);
  if (found === undefined) {
    throw new Failure(Code.INTERNAL, `${kind} named "${name}" is not defined in oned.conf`);
  }
  return found;
}

AFTER_UPDATE.datastore = refreshDatastore;
DELETE_GUARDS.datastore = (context, { id }) =>
  context.state.all("image").some((image) => image.data.datastore === id) ? `Datastore ${id} is not empty.` : undefined;

export const datastoreMethods: Methods = {
  "one.datastore.allocate": (context, params) => {
    const parsed = template(params.string(0));
    const cluster = clusterFor(context, params.count > 1 ? params.int(1) : -1);
    const target = targetOf("cluster", find(context, "cluster", cluster));
    authorize(context, ["CREATE", { type: "DATASTORE" }], ["ADMIN", target]);
    const { name, rest } = takeName(parsed);
    return create(context, "datastore", { name, permissions: 0o640, ...datastoreFrom(context, rest, [cluster]) }).id;
  },
  "one.datastore.enable": (context, params) => {
    const [id, enable] = [params.int(0), params.boolean(1)];
    const datastore = use(context, "datastore", id, "MANAGE");
    if (datastore.data.type !== 1) {
      throw new Failure(Code.INTERNAL, "Only SYSTEM_DS can be disabled or enabled");
    }
    datastore.data.state = enable ? 0 : 1;
    context.state.touch("datastore", datastore);
    return id;
  },
};
