// SPDX-License-Identifier: Apache-2.0

import type { Entity, KindName } from "../entities";
import { AUTOMATION } from "./automation";
import { INFRASTRUCTURE } from "./infrastructure";
import type { Kind, KindsOf, RenderContext } from "./kind";
import { MARKET } from "./market";
import { NETWORK } from "./network";
import { PEOPLE } from "./people";
import { VM } from "./vm";

/** All kinds of objects but access rules, which have no object methods. */
export const KINDS: KindsOf<Exclude<KindName, "acl">> = {
  ...PEOPLE,
  ...INFRASTRUCTURE,
  ...NETWORK,
  ...VM,
  ...AUTOMATION,
  ...MARKET,
};

/** One object's XML. */
export function render<K extends KindName>(kind: Kind<K>, entity: Entity<K>, context: RenderContext): string {
  const inner = kind.parts.map((part) => part(entity, context)).join("");
  return `<${kind.element}>${inner}</${kind.element}>`;
}

/** A pool's XML, in the order given. */
export function renderPool<K extends KindName>(kind: Kind<K>, entities: Entity<K>[], context: RenderContext): string {
  const parts = kind.poolParts ?? kind.parts;
  const each = entities.map((entity) => {
    const inner = parts.map((part) => part(entity, context)).join("");
    return `<${kind.element}>${inner}</${kind.element}>${kind.poolEach?.(entity, context) ?? ""}`;
  });
  return `<${kind.poolElement}>${each.join("")}${kind.poolEnd?.(context) ?? ""}</${kind.poolElement}>`;
}
