// SPDX-License-Identifier: Apache-2.0

import type { Operation, Target } from "./acl";
import { ACL_TYPES, authorized, lockedFor } from "./acl";
import type { Work } from "./background";
import type { OnedConfig } from "./config";
import type { Entity, KindName } from "./entities";
import { ONEADMIN_GROUP } from "./entities";
import { Code, Failure } from "./failure";
import { KINDS } from "./kinds";
import type { RenderContext } from "./kinds/kind";
import type { Params } from "./params";
import type { State } from "./state";
import type { Template } from "./template";
import { get, parseTemplate, TemplateError, vectors, without } from "./template";
import type { Value } from "./xmlrpc";

/** What a method has at hand while it runs. */
export interface CallContext extends RenderContext {
  state: State;
  config: OnedConfig;
  version: string;
  /** The authenticated user. */
  user: Entity<"user">;
  /** Seconds since the epoch. */
  now: number;
  /** For what goes on in the background after the call. */
  work: Work;
  /** The number of the request. */
  request: number;
  /** Encrypts the attributes that oned never stores readable. */
  cipher: (text: string) => string;
  /** Asks for a host to be contacted soon: after its creation, or when it is switched on again. */
  probeSoon: (hostId: number) => void;
  sql: ((text: string) => Promise<Record<string, string>[]>) | undefined;
}

/** A method answers with the second element of the envelope. */
export type Answer = number | string | Value;
export type Method = (context: CallContext, params: Params) => Answer | Promise<Answer>;
export type Methods = Record<string, Method>;

type Named = Exclude<KindName, "acl">;

/** The object, or NO_EXISTS in oned's words. */
export function find<K extends Named>(context: CallContext, kind: K, id: number): Entity<K> {
  const found = context.state.find(kind, id);
  if (found !== undefined) return found;
  // A negative id is the pool, which cannot be got.
  const what = id < 0 ? "Pool" : `[${id}]`;
  throw new Failure(Code.NO_EXISTS, `Error getting ${KINDS[kind].label} ${what}.`, Math.max(id, -1));
}

/** An object as the target of an authorization. */
export function targetOf(kind: Named, entity: Entity): Target {
  const target: Target = { type: ACL_TYPES[kind] ?? "VM", id: entity.id, gid: entity.gid };
  if (entity.lock !== undefined) target.lock = entity.lock.level;
  if (kind === "host") target.clusters = [(entity as Entity<"host">).data.cluster];
  if (kind === "datastore") target.clusters = (entity as Entity<"datastore">).data.clusters;
  if (kind === "vn") target.clusters = (entity as Entity<"vn">).data.clusters;
  // Rules for all networks, or for those of a cluster, do not speak of reservations.
  target.single = kind === "vn" && (entity as Entity<"vn">).data.parent >= 0;
  if (KINDS[kind].rights.chmod !== undefined) {
    target.uid = entity.uid;
    target.permissions = entity.permissions;
  }
  return target;
}

/** Refuses with all that is missing at once, as oned does. */
export function authorize(context: CallContext, ...needs: [Operation, Target][]): void {
  const denied = needs.filter(
    ([operation, target]) =>
      lockedFor(operation, target) || !authorized(context.state, context.user, operation, target),
  );
  if (denied.length === 0) return;
  const admin = context.user.data.groups.includes(ONEADMIN_GROUP);
  const reasons = denied.map(([operation, target]) => {
    const reason = admin ? `${target.type} is locked.` : `Not authorized to perform ${operation} ${target.type}`;
    return `${reason}${target.id === undefined ? "" : ` [${target.id}]`}`;
  });
  throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : ${reasons.join("; ")}.`);
}

/** Finds and authorizes in one step. */
export function use<K extends Named>(context: CallContext, kind: K, id: number, operation: Operation): Entity<K> {
  const entity = find(context, kind, id);
  authorize(context, [operation, targetOf(kind, entity)]);
  return entity;
}

/** As {@link use}, for the few calls that a lock does not keep away: reading, locking and unlocking. */
export function useLocked<K extends Named>(context: CallContext, kind: K, id: number, operation: Operation): Entity<K> {
  const entity = find(context, kind, id);
  const { lock: _lock, ...target } = targetOf(kind, entity);
  authorize(context, [operation, target]);
  return entity;
}

/** Parses a template, with oned's error for a bad one. */
export function template(text: string): Template {
  try {
    return parseTemplate(text);
  } catch (error) {
    if (error instanceof TemplateError) throw new Failure(Code.INTERNAL, error.message);
    throw error;
  }
}

const BAD_NAME_CHARS = "&|:\\\";/'#{}$<>";
export const BAD_USER_CHARS = " :\t\n\v\f\r";

/** Refuses an empty or impossible name. */
export function checkName(name: string, bad = BAD_NAME_CHARS): void {
  const refuse = (reason: string): never => {
    throw new Failure(Code.INTERNAL, `Invalid NAME, ${reason}`);
  };
  if (name === "") refuse("it cannot be empty");
  const wrong = [...name].find((char) => bad.includes(char));
  if (wrong !== undefined) refuse(`char '${wrong}' is not allowed.`);
  if (name.length > 128) refuse("max length is 128 chars.");
}

/** Refuses to make an object, in the words that the kinds use whose making may fail half-way. */
export function allocateFailure(kind: Named, reason: string): Failure {
  return new Failure(Code.ALLOCATE, `Error allocating a new ${KINDS[kind].label}. ${reason}`);
}

/** Refuses attributes that the configuration reserves for members of oneadmin. */
export function checkRestricted(context: CallContext, kind: "VM" | "IMAGE", given: Template, message: string): void {
  if (context.user.data.groups.includes(ONEADMIN_GROUP)) return;
  for (const restricted of context.config.all(`${kind}_RESTRICTED_ATTR`)) {
    const [name = "", part] = restricted.split("/");
    const found =
      part === undefined
        ? given.some((attribute) => attribute.name === name)
        : vectors(given, name).some((vector) => vector[part] !== undefined);
    if (found) throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : ${message} ${part ?? name}.`);
  }
}

/** Refuses a name that another object has. */
export function checkFree(context: CallContext, kind: Named, name: string, uid: number): void {
  const { unique, typeLabel } = KINDS[kind];
  if (unique === "no") return;
  const other = context.state.all(kind).find((e) => e.name === name && (unique === "all" || e.uid === uid));
  if (other === undefined) return;
  const stop = kind === "market" || kind === "marketapp" ? "" : ".";
  throw new Failure(Code.INTERNAL, `NAME is already taken by ${typeLabel} ${other.id}${stop}`);
}

/** Takes the name out of a template; it is a field of the object, not an attribute. */
export function takeName(parsed: Template): { name: string; rest: Template } {
  return { name: get(parsed, "NAME") ?? "", rest: without(parsed, "NAME") };
}

/** Creates an object with the next id of its kind, after checking its name. */
export function create<K extends Named>(
  context: CallContext,
  kind: K,
  object: Pick<Entity<K>, "name" | "template" | "data"> & Partial<Pick<Entity<K>, "permissions" | "uid" | "gid">>,
  code: number = Code.INTERNAL,
): Entity<K> {
  const uid = object.uid ?? context.user.id;
  try {
    checkName(object.name, kind === "user" ? BAD_USER_CHARS : undefined);
    checkFree(context, kind, object.name, uid);
  } catch (error) {
    throw error instanceof Failure && code === Code.ALLOCATE ? allocateFailure(kind, error.message) : error;
  }
  return context.state.add(kind, {
    id: context.state.nextId(kind, KINDS[kind].firstId),
    uid,
    gid: object.gid ?? context.user.gid,
    permissions: object.permissions ?? 0o600,
    name: object.name,
    template: object.template,
    data: object.data,
  });
}
