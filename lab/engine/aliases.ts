// SPDX-License-Identifier: Apache-2.0
/** Former names: which resource of the state before the run a registration continues. */
import type { AliasSpec, Goal } from "./types";
import { ROOT_STACK_TYPE, makeUrn, splitUrn, urnName, urnType } from "./urn";
import type { UrnScope } from "./urn";

interface AliasScope {
  scope: UrnScope;
  /** The former URN of a resource of this run, if it was found by one. */
  aliasOf: ReadonlyMap<string, string>;
}

/** What of a resource its former names are made of. */
export type Named = Pick<Goal, "type" | "name" | "parent" | "aliases">;

function specUrn(goal: Named, alias: AliasSpec, { scope, aliasOf }: AliasScope): string {
  if (alias.urn) return alias.urn;
  const parent = alias.parent ? (aliasOf.get(alias.parent) ?? alias.parent) : goal.parent;
  const none = alias.noParent === true || (parent !== "" && splitUrn(parent).qualifiedType === ROOT_STACK_TYPE);
  const target = { stack: alias.stack || scope.stack, project: alias.project || scope.project };
  return makeUrn(target, none ? "" : parent, { type: alias.type || goal.type, name: alias.name || goal.name });
}

/** The former URN of a child, when its parent had another one: a name that begins with the parent's follows it. */
function childUrn(
  child: { type: string; name: string },
  parent: string,
  at: { former: string; scope: UrnScope },
): string {
  const parentName = urnName(parent);
  const name = child.name.startsWith(parentName)
    ? urnName(at.former) + child.name.slice(parentName.length)
    : child.name;
  return makeUrn(at.scope, at.former, { type: child.type, name });
}

/** Every URN that a goal's resource may have had before, in order of preference. */
export function aliasUrns(goal: Named, at: AliasScope): string[] {
  const own = goal.aliases.map((alias) => specUrn(goal, alias, at));
  const former = goal.parent ? at.aliasOf.get(goal.parent) : undefined;
  if (!former) return [...new Set(own)];
  const inherited = [goal, ...own.map((urn) => ({ type: urnType(urn), name: urnName(urn) }))];
  const derived = inherited.map((child) => childUrn(child, goal.parent, { former, scope: at.scope }));
  return [...new Set([...own, ...derived])];
}
