// SPDX-License-Identifier: Apache-2.0

import type { CallContext } from "../call";
import type { KindName } from "../entities";
import { ONEADMIN_GROUP } from "../entities";
import type { Template } from "../template";
import { get, vectors } from "../template";

/** Whose list in oned.conf (`<name>_RESTRICTED_ATTR`) speaks of a kind's template. */
const LISTS: Partial<Record<KindName, string>> = {
  vm: "VM",
  template: "VM",
  image: "IMAGE",
  vn: "VNET",
  vntemplate: "VNET",
  user: "USER",
  group: "GROUP",
};

/**
 * Holds a change of a template against the attributes that only members of oneadmin change. What the new template leaves
 * out is kept from the old one.
 * @returns the attribute that was changed all the same
 */
export function restrictedChange(
  context: CallContext,
  kind: KindName,
  change: { old: Template; added: Template; append: boolean },
): string | undefined {
  const list = LISTS[kind];
  if (list === undefined || context.user.data.groups.includes(ONEADMIN_GROUP)) return undefined;
  const { old, added, append } = change;
  const names = context.config.all(`${list}_RESTRICTED_ATTR`).map((name) => name.split("/"));
  for (const name of new Set(names.map(([first = ""]) => first))) {
    const parts = names.flatMap(([first, part]) => (first === name && part !== undefined ? [part] : []));
    const [before, after] = [valuesOf(old, name, parts), valuesOf(added, name, parts)];
    if (parts.length === 0 && after.length === 0) added.push(...before.map((value) => ({ name, value })));
    else if (before.join("\0") !== after.join("\0") && (after.length > 0 || !append)) return name;
  }
  return undefined;
}

function valuesOf(template: Template, name: string, parts: string[]): string[] {
  if (parts.length === 0) return [get(template, name)].filter((value) => value !== undefined);
  return vectors(template, name).flatMap((vector) =>
    parts.flatMap((part) => (vector[part] === undefined ? [] : [vector[part]])),
  );
}
