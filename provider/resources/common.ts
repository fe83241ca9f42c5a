// SPDX-License-Identifier: Apache-2.0

/** Properties that many kinds of objects have. */
import type { XmlElement } from "../../opennebula";
import type { Apply, OutputDefinition, Properties, PropertyDefinition, ReferenceKind } from "../definition";
import type { PropertyValue } from "../grpc/provider";

/** A property by its type and description, with what else there is to say of it. */
export const text = (description: string, more: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  type: "string",
  description,
  ...more,
});
export const integer = (description: string, more: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  type: "integer",
  description,
  ...more,
});
export const flag = (description: string, more: Partial<PropertyDefinition> = {}): PropertyDefinition => ({
  type: "boolean",
  description,
  ...more,
});
/** Names or ids; their order means nothing. */
export const references = (
  kind: ReferenceKind,
  description: string,
  more: Partial<PropertyDefinition> = {},
): PropertyDefinition => ({
  type: "list",
  description: `${description} Names or ids, in any order.`,
  items: { type: "string", description: "Name or id.", reference: kind },
  unordered: true,
  ...more,
});

/** oned's number of the object, or of another one that it names. */
export const idOutput = (
  description: string,
  element = "ID",
  more: Partial<OutputDefinition> = {},
): OutputDefinition => ({
  type: "integer",
  description,
  required: true,
  immutable: true,
  read: (object) => {
    const value = object.value(element);
    return value === "" ? undefined : Number(value);
  },
  ...more,
});

/** Ids in a list of the object, e.g. `<CLUSTERS><ID>0</ID></CLUSTERS>`. */
export const idsOf =
  (element: string) =>
  (object: XmlElement): PropertyValue =>
    object.ids(element).map(String);

/** A call `one.<api>.<method>` with the id and the value. */
export const callWith =
  (method: string): Apply =>
  async (work, { wanted }) => {
    await work.call(method, [Number(work.id), wanted as string | number | boolean]);
  };

/** Calls that add to and take from a list of ids what is missing and what is too much: additions first, so that it never gets empty. */
export const members =
  (
    add: string,
    remove: string,
    parameters: (id: number, member: number) => number[] = (id, member) => [id, member],
  ): Apply =>
  async (work, { wanted, actual }) => {
    const want = new Set((wanted ?? []) as string[]);
    const have = new Set((actual ?? []) as string[]);
    for (const one of want) if (!have.has(one)) await work.call(add, parameters(Number(work.id), Number(one)));
    for (const one of have) if (!want.has(one)) await work.call(remove, parameters(Number(work.id), Number(one)));
  };

/** The name, with `rename` where the kind has it. */
export function nameProperty(api: string, description: string, more: Partial<PropertyDefinition> = {}): Properties {
  return {
    name: {
      type: "string",
      description,
      required: true,
      attribute: "NAME",
      rule: {
        pattern: /^(?!\s)[^\n]{1,128}(?<!\s)$/,
        text: "must be one line of 1 to 128 characters without blanks around it",
      },
      read: (object) => object.value("NAME"),
      apply: callWith(`one.${api}.rename`),
      ...more,
    },
  };
}

const BITS = ["U", "M", "A"];
const CLASSES = ["OWNER", "GROUP", "OTHER"];

function readPermissions(object: XmlElement): PropertyValue | undefined {
  const bits = object.child("PERMISSIONS");
  if (bits === undefined) return undefined;
  const digit = (who: string): number =>
    BITS.reduce((sum, bit) => sum * 2 + (bits.value(`${who}_${bit}`) === "1" ? 1 : 0), 0);
  return CLASSES.map(digit).join("");
}

/** Methods whose last parameter says whether images go along; the template alone is meant here. */
const RECURSIVE_CHMOD = new Set(["template"]);

/** Owner, group and permissions, for every kind that has them. */
export function ownership(api: string): Properties {
  const chown =
    (user: boolean): Apply =>
    async (work, { wanted }) => {
      const id = Number(wanted);
      await work.call(`one.${api}.chown`, user ? [Number(work.id), id, -1] : [Number(work.id), -1, id]);
    };
  return {
    permissions: {
      type: "string",
      description:
        "Rights of owner, group and others as in `chmod`: 4 use, 2 manage, 1 administrate. Left out: as oned has it.",
      rule: { pattern: /^[0-7]{3}$/, text: "must be three digits from 0 to 7 such as 640" },
      sticky: true,
      read: readPermissions,
      apply: async (work, { wanted }) => {
        const bits = [...String(wanted as string)].flatMap((digit) =>
          BITS.map((_, i) => (Number(digit) >> (2 - i)) & 1),
        );
        await work.call(`one.${api}.chmod`, [Number(work.id), ...bits, ...(RECURSIVE_CHMOD.has(api) ? [false] : [])]);
      },
    },
    group: {
      type: "string",
      description: "Name or id of the group that the object belongs to. Left out: as oned has it.",
      reference: "group",
      sticky: true,
      idOutput: "groupId",
      read: (object) => object.value("GID"),
      apply: chown(false),
    },
    owner: {
      type: "string",
      description: "Name or id of the user who owns the object. Left out: as oned has it.",
      reference: "user",
      sticky: true,
      idOutput: "ownerId",
      read: (object) => object.value("UID"),
      apply: chown(true),
    },
  };
}

/** What {@link ownership} adds to the outputs. */
export const OWNERSHIP_OUTPUTS: Record<string, OutputDefinition> = {
  ownerId: { ...idOutput("Number of the user who owns the object.", "UID"), follows: ["owner"], immutable: false },
  groupId: { ...idOutput("Number of the object's group.", "GID"), follows: ["group"], immutable: false },
};

/** Free attributes of the template. */
export function attributesProperty(what = "template"): Properties {
  return {
    attributes: {
      type: "template",
      description:
        `Further attributes of the ${what}, by their names in OpenNebula: a text, a map of texts (a vector), or a list of either. ` +
        "Attributes that the program does not name are left alone.",
    },
  };
}

/** Clusters that an object belongs to. */
export function clustersProperty(add: string, remove: string): Properties {
  return {
    clusters: references("cluster", "Clusters that the object belongs to; left out: as oned has it.", {
      sticky: true,
      read: idsOf("CLUSTERS"),
      apply: members(add, remove, (id, cluster) => [cluster, id]),
    }),
  };
}

/** How many attributes somebody has given the object; those that oned makes itself are empty or named. */
export function attributeCount(object: XmlElement, own: readonly string[] = []): number {
  const attributes = object.child("TEMPLATE")?.children ?? [];
  return attributes.filter(
    ({ name, text: value, children }) => !own.includes(name) && (value !== "" || children.length > 0),
  ).length;
}
