// SPDX-License-Identifier: Apache-2.0

import type { CallContext, Method, Methods } from "../call";
import { authorize, BAD_USER_CHARS, checkName, create, find, targetOf, template, use, useLocked } from "../call";
import { authorized, forget } from "../acl";
import type { Entity, KindName } from "../entities";
import { FIRST_USER_ID, ONEADMIN_GROUP } from "../entities";
import { Code, Failure } from "../failure";
import { KINDS, render, renderPool } from "../kinds";
import type { Kind } from "../kinds/kind";
import type { Params } from "../params";
import type { Template } from "../template";
import { get, merge, set } from "../template";
import { restrictedChange } from "./restricted";

type Named = Exclude<KindName, "acl">;

/** What a kind does after its template was replaced or merged. */
export const AFTER_UPDATE: { [K in Named]?: (context: CallContext, entity: Entity<K>, before: Entity<K>) => void } = {};
/** Why an object may not be deleted; undefined when it may. */
export const DELETE_GUARDS: { [K in Named]?: (context: CallContext, entity: Entity<K>) => string | undefined } = {};
/** Why a template may not be changed so; undefined when it may. */
export const UPDATE_GUARDS: {
  [K in Named]?: (
    context: CallContext,
    entity: Entity<K>,
    change: { added: Template; append: boolean },
  ) => string | undefined;
} = {};
/** What is checked before an object gets another owner or group; throws oned's refusal. */
export const CHOWN_GUARDS: {
  [K in Named]?: (context: CallContext, entity: Entity<K>, owner: { uid: number; gid: number }) => void;
} = {};
/** What else gets the new owner or group; undefined is left as it was. */
export const AFTER_CHOWN: {
  [K in Named]?: (
    context: CallContext,
    entity: Entity<K>,
    owner: { uid: number | undefined; gid: number | undefined },
  ) => void;
} = {};
/** What a copy does not have of the original. */
export const AFTER_CLONE: { [K in Named]?: (copy: Entity<K>) => void } = {};
/** What a deletion takes along. */
export const AFTER_DELETE: { [K in Named]?: (context: CallContext, entity: Entity<K>) => void } = {};

const info =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const asked = params.int(0);
    params.boolean(1, false);
    const self = kind.name === "user" ? context.user.id : kind.name === "group" ? context.user.gid : asked;
    return render(kind, useLocked(context, kind.name, asked === -1 ? self : asked, "USE"), context);
  };

const update =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const id = params.int(0);
    const text = params.string(1);
    const append = params.count > 2 ? params.int(2) : 0;
    const entity = use(context, kind.name, id, kind.rights.update ?? "MANAGE");
    const added = changedTemplate(context, kind.name, { text, append, old: entity.template });
    const refusal = UPDATE_GUARDS[kind.name]?.(context, entity, { added, append: append === 1 });
    if (refusal !== undefined) throw new Failure(Code.INTERNAL, refusal);
    const before = structuredClone(entity);
    // Before it is changed, so that a refusal takes the change back.
    context.state.touch(kind.name, entity);
    entity.template = append === 1 ? merge(entity.template, added) : added;
    if (kind.name === "user" || kind.name === "datastore" || kind.name === "document") encrypt(context, kind, entity);
    AFTER_UPDATE[kind.name]?.(context, entity, before);
    return id;
  };

/**
 * Reads the template of an update, with what only members of oneadmin change kept as it is.
 * @throws Failure in oned's words, for a text that is no template too
 */
export function changedTemplate(
  context: CallContext,
  kind: KindName,
  { text, append, old }: { text: string; append: number; old: Template },
): Template {
  if (append !== 0 && append !== 1) throw new Failure(Code.XML_RPC_API, "Wrong update type");
  const refuse = (reason: string): Failure => new Failure(Code.INTERNAL, `Cannot update template. ${reason}`);
  let added;
  try {
    added = template(text);
  } catch (error) {
    throw error instanceof Failure ? refuse(error.message) : error;
  }
  const changed = restrictedChange(context, kind, { old, added, append: append === 1 });
  if (changed === undefined) return added;
  throw refuse(
    append === 1
      ? `User Template includes a restricted attribute ${changed}`
      : `Tried to change restricted attribute: ${changed}`,
  );
}

/** Attributes that the configuration names as secret are stored encrypted. */
function encrypt<K extends Named>(context: CallContext, kind: Kind<K>, entity: Entity<K>): void {
  for (const name of context.config.all(`${kind.name.toUpperCase()}_ENCRYPTED_ATTR`)) {
    const value = get(entity.template, name);
    if (value !== undefined && !value.startsWith("enc:")) {
      entity.template = set(entity.template, name, context.cipher(value));
    }
  }
}

const rename =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const id = params.int(0);
    const name = params.string(1);
    const old = find(context, kind.name, id);
    if (name === old.name) return id;
    const entity = use(context, kind.name, id, kind.rights.rename ?? "MANAGE");
    const other = COLLIDING[kind.name] === false ? undefined : sameName(context, kind, { name, uid: entity.uid });
    if (other !== undefined) {
      const collision = `it collides with ${kind.label} ${other.id}`;
      throw new Failure(Code.ACTION, `${kind.label} cannot be renamed to ${name} because ${collision}`);
    }
    try {
      checkName(name, kind.name === "user" ? BAD_USER_CHARS : undefined);
    } catch (error) {
      throw error instanceof Failure ? new Failure(Code.ACTION, error.message.replace(/\.$/, "")) : error;
    }
    entity.name = name;
    context.state.touch(kind.name, entity);
    return id;
  };

/** Kinds whose names oned does not compare when one is given anew. */
const COLLIDING: Partial<Record<Named, false>> = { vm: false, document: false, vrouter: false };

/** The object of that name: among all of its kind, or among those of one owner. */
function sameName<K extends Named>(
  context: CallContext,
  kind: Kind<K>,
  { name, uid }: { name: string; uid: number },
): Entity | undefined {
  const others: Entity[] = context.state.all(kind.name);
  return others.find((other) => other.name === name && (kind.unique === "all" || other.uid === uid));
}

const remove =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const id = params.int(0);
    const entity = use(context, kind.name, id, kind.rights.delete ?? "MANAGE");
    const plural = `${kind.label.charAt(0).toUpperCase()}${kind.label.slice(1)}s`;
    // Marketplaces of the first start may go; the security group of the first start has a refusal of its own.
    const free = kind.name === "market" || kind.name === "secgroup";
    const system = kind.firstId === FIRST_USER_ID && id < FIRST_USER_ID && !free;
    const reason = system
      ? `System ${plural} (ID < ${FIRST_USER_ID}) cannot be deleted.`
      : DELETE_GUARDS[kind.name]?.(context, entity);
    if (reason !== undefined) throw new Failure(Code.ACTION, `Cannot delete ${kind.label}. ${reason}`);
    AFTER_DELETE[kind.name]?.(context, entity);
    context.state.remove(kind.name, id);
    forget(context.state, kind.name, id);
    return id;
  };

const chown =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const [id, uid, gid] = [params.int(0), params.int(1), params.int(2)];
    const owner = uid < 0 ? undefined : find(context, "user", uid);
    const group = gid < 0 ? undefined : find(context, "group", gid);
    const entity = find(context, kind.name, id);
    // Who has it already is not asked for anything.
    const newOwner = owner?.id === entity.uid ? undefined : owner;
    const newGroup = group?.id === entity.gid ? undefined : group;
    authorize(
      context,
      ["MANAGE", targetOf(kind.name, entity)],
      ...(newOwner === undefined ? [] : [["MANAGE", targetOf("user", newOwner as Entity)] as const].map(mutable)),
      ...(newGroup === undefined ? [] : [["USE", targetOf("group", newGroup as Entity)] as const].map(mutable)),
    );
    const unique = kind.unique === "owner" || kind.name === "template" || kind.name === "vntemplate";
    const other = newOwner && unique ? sameName(context, kind, { name: entity.name, uid }) : undefined;
    if (other !== undefined) {
      throw new Failure(
        Code.INTERNAL,
        `user [${uid}] already owns ${kind.label} [${other.id}] with NAME ${entity.name}`,
      );
    }
    CHOWN_GUARDS[kind.name]?.(context, entity, { uid: newOwner?.id ?? 0, gid: newGroup?.id ?? 0 });
    if (newOwner !== undefined) entity.uid = uid;
    if (newGroup !== undefined) entity.gid = gid;
    context.state.touch(kind.name, entity);
    AFTER_CHOWN[kind.name]?.(context, entity, { uid: newOwner?.id, gid: newGroup?.id });
    return id;
  };

const mutable = <A, B>(pair: readonly [A, B]): [A, B] => [pair[0], pair[1]];

const chmod =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const id = params.int(0);
    const bits = Array.from({ length: 9 }, (_, i) => params.int(i + 1));
    changeBits(context, kind.name, find(context, kind.name, id), bits);
    return id;
  };

/** Sets the nine permission bits of an object; -1 leaves one as it is. */
export function changeBits<K extends Named>(context: CallContext, kind: K, entity: Entity<K>, bits: number[]): void {
  const changed = bits.map((bit, i) => (bit < 0 ? (entity.permissions >> (8 - i)) & 1 : bit));
  const changes = (i: number): boolean => (bits[i] ?? -1) !== -1 && bits[i] !== ((entity.permissions >> (8 - i)) & 1);
  const disabled = context.config.get("ENABLE_OTHER_PERMISSIONS")?.toUpperCase() === "NO";
  if (disabled && [6, 7, 8].some(changes) && !context.user.data.groups.includes(ONEADMIN_GROUP)) {
    const reason = "'other' permissions is disabled in oned.conf";
    throw new Failure(Code.AUTHORIZATION, `User [${context.user.id}] : ${reason}.`);
  }
  // The bits for administration may only be changed by who administrates.
  authorize(context, [[2, 5, 8].some(changes) ? "ADMIN" : "MANAGE", targetOf(kind, entity)]);
  if (bits.some((bit) => bit < -1 || bit > 1)) {
    throw new Failure(Code.INTERNAL, "New permission values must be -1, 0 or 1");
  }
  entity.permissions = changed.reduce((sum, bit) => sum * 2 + bit, 0);
  context.state.touch(kind, entity);
}

/** Only members of oneadmin change the lock of another user. */
const lockedByOther = (context: CallContext, { lock: held }: Pick<Entity, "lock">): boolean =>
  held !== undefined && held.owner !== context.user.id && !context.user.data.groups.includes(ONEADMIN_GROUP);

const lock =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const id = params.int(0);
    const level = params.int(1);
    const test = params.boolean(2, false);
    const entity = useLocked(context, kind.name, id, "MANAGE");
    if (level < 1 || level > 4) throw new Failure(Code.ACTION, "Wrong lock level specified");
    // A test on a locked object fails with the time of the lock as its message.
    if (test && entity.lock !== undefined) throw new Failure(Code.ACTION, String(entity.lock.time));
    if (lockedByOther(context, entity)) throw new Failure(Code.ACTION, "Error trying to lock the resource.");
    // Level 4 is everything, which begins with the right to use.
    entity.lock = { level: level === 4 ? 1 : level, owner: context.user.id, time: context.now };
    context.state.touch(kind.name, entity);
    return id;
  };

const unlock =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const entity = useLocked(context, kind.name, params.int(0), "MANAGE");
    if (lockedByOther(context, entity)) {
      throw new Failure(Code.ACTION, "Cannot unlock: Lock is owned by another user");
    }
    delete entity.lock;
    context.state.touch(kind.name, entity);
    return entity.id;
  };

const clone =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const source = find(context, kind.name, params.int(0));
    const target = targetOf(kind.name, source);
    authorize(context, ["USE", target], ["CREATE", { type: target.type }]);
    const copy = create(context, kind.name, {
      name: params.string(1),
      template: structuredClone(source.template),
      data: structuredClone(source.data),
    });
    AFTER_CLONE[kind.name]?.(copy);
    return copy.id;
  };

const poolInfo =
  <K extends Named>(kind: Kind<K>): Method =>
  (context, params) => {
    const visible = context.state
      .all(kind.name)
      .filter((entity) => listed(context, kind.name, entity as Entity) || hosts(context, kind.name, entity as Entity))
      .reverse();
    if (!kind.paged) return renderPool(kind, visible, context);
    const inRange = page(context, visible, params);
    const type = kind.name === "document" ? params.int(3) : undefined;
    const wanted = inRange.filter((entity) => type === undefined || (entity as Entity<"document">).data.type === type);
    return renderPool(kind, wanted, context);
  };

/** Whether a pool shows an object to the user: to its owner always, whatever its bits say. */
export const listed = (context: CallContext, kind: Named, entity: Entity): boolean =>
  (KINDS[kind].rights.chmod !== undefined && entity.uid === context.user.id) ||
  authorized(context.state, context.user, "USE", targetOf(kind, entity));

/** Users who may manage hosts without the right to use them still list them. */
function hosts(context: CallContext, kind: Named, entity: Entity): boolean {
  return kind === "host" && authorized(context.state, context.user, "MANAGE", targetOf(kind, entity));
}

/** Filter flag and range of a pool call: flag -4 own group, -3 own, -2 all, -1 own and group, else a user's id. */
export function page<E extends Entity>(context: CallContext, newestFirst: E[], params: Params): E[] {
  const [flag, start, end] = [params.int(0), params.int(1), params.int(2)];
  if (flag < -4) throw new Failure(Code.XML_RPC_API, "Incorrect filter_flag");
  const { user } = context;
  const mine = newestFirst.filter((entity) => {
    if (flag === -2) return true;
    if (flag === -3) return entity.uid === user.id;
    if (flag === -4) return entity.gid === user.gid;
    return flag === -1 ? entity.uid === user.id || user.data.groups.includes(entity.gid) : entity.uid === flag;
  });
  // A negative end below -1 is an offset and a count; otherwise start and end are ids.
  if (end < -1) return mine.slice(Math.max(start, 0), Math.max(start, 0) - end);
  if (start === -1) return mine;
  return mine.filter((entity) => entity.id >= start && (end === -1 || entity.id <= end));
}

/** The methods that come from the table of kinds. */
export function commonMethods(): Methods {
  const methods: Methods = {};
  const makers = { info, update, rename, delete: remove, chown, chmod, clone, lock } as const;
  for (const kind of Object.values(KINDS) as Kind<Named>[]) {
    for (const action of Object.keys(kind.rights) as (keyof typeof makers)[]) {
      methods[`one.${kind.name}.${action}`] = makers[action](kind);
    }
    if (kind.rights.lock !== undefined) methods[`one.${kind.name}.unlock`] = unlock(kind);
    methods[`one.${kind.pool}.info`] = poolInfo(kind);
  }
  return methods;
}
