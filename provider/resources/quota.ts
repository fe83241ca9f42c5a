// SPDX-License-Identifier: Apache-2.0

/** Limits of a user or a group. */
import { buildTemplate, type TemplateVector, type XmlElement } from "../../opennebula";
import type { Apply, ObjectWork, Properties, ReferenceKind } from "../definition";
import { findObject, send } from "../framework/calls";
import { toVector } from "../framework/attributes";
import { asText } from "../framework/values";
import type { Kind } from "../framework/kind";
import { References } from "../framework/references";
import type { PropertyMap, PropertyValue } from "../grpc/provider";
import type { ResourceCall } from "../resource";
import { idOutput, text } from "./common";

/** Takes the default that oned has for users or groups. */
const DEFAULT = "-1";

/** Attribute of limits for VMs of some clusters: of those for all VMs it is empty. */
const CLUSTERS = "CLUSTER_IDS";
/** Where a limit for a cluster is none. */
const UNLIMITED = "-2";

const limit = (description: string, attribute: string, type: "integer" | "number" = "integer"): Properties[string] => ({
  type,
  description: `${description}; -1 the cloud's default, -2 no limit. Left out: untouched.`,
  attribute,
  minimum: -2,
  sticky: true,
});

const VM: Properties = {
  vms: limit("VMs", "VMS"),
  runningVms: limit("VMs that run", "RUNNING_VMS"),
  cpu: limit("CPU", "CPU", "number"),
  runningCpu: limit("CPU of VMs that run", "RUNNING_CPU", "number"),
  memory: limit("MiB of memory", "MEMORY"),
  runningMemory: limit("MiB of memory of VMs that run", "RUNNING_MEMORY"),
  systemDiskSize: limit("MiB in system datastores", "SYSTEM_DISK_SIZE"),
};

interface List {
  /** The member that names the object, and its kind. */
  key: string;
  kind: ReferenceKind;
  /** oned's element, and its attribute for the object. */
  element: string;
  id: string;
  what: string;
  limits: Properties;
}

/** Quotas that exist once for each object, by their property. */
const LISTS: Record<string, List> = {
  clusters: { key: "cluster", kind: "cluster", element: "VM", id: CLUSTERS, what: "cluster", limits: VM },
  datastores: {
    key: "datastore",
    kind: "datastore",
    element: "DATASTORE",
    id: "ID",
    what: "datastore",
    limits: { size: limit("MiB", "SIZE"), images: limit("Images", "IMAGES") },
  },
  networks: {
    key: "network",
    kind: "vn",
    element: "NETWORK",
    id: "ID",
    what: "network",
    limits: { leases: limit("Addresses", "LEASES") },
  },
  images: {
    key: "image",
    kind: "image",
    element: "IMAGE",
    id: "ID",
    what: "image",
    limits: { runningVms: limit("VMs that use it at once", "RVMS") },
  },
};

const quotasOf = (object: XmlElement, element: string): XmlElement[] =>
  object.child(`${element}_QUOTA`)?.all(element) ?? [];

/** oned sets an entry as a whole: what is not said goes back to the default, so all that is there goes along. */
function asItIs(quota: XmlElement | undefined): TemplateVector {
  const limits = quota?.children.filter(({ name }) => !name.endsWith("_USED")) ?? [];
  return Object.fromEntries(limits.map(({ name, text }) => [name, text]));
}

const globalVm = (object: XmlElement): XmlElement | undefined =>
  quotasOf(object, "VM").find((quota) => quota.value(CLUSTERS) === "");

function numbers(fields: Properties, quota: XmlElement): PropertyMap {
  const entries = Object.entries(fields).flatMap(([name, { attribute = "" }]) => {
    const value = quota.value(attribute);
    return value === "" ? [] : [[name, Number(value)] as const];
  });
  return Object.fromEntries(entries);
}

function lists(): Properties {
  const entries = Object.entries(LISTS).map(
    ([name, { key, kind, element, id, what, limits }]): [string, Properties[string]] => {
      const fields: Properties = {
        [key]: text(`Name or id of the ${what}.`, { attribute: id, required: true, reference: kind }),
        ...limits,
      };
      const read = (object: XmlElement): PropertyValue => {
        // Use without a limit of its own is listed as well, and so are limits for several clusters together, or for all.
        const limited = quotasOf(object, element).filter(
          (quota) =>
            /^\d+$/.test(quota.value(id)) &&
            Object.values(limits).some(({ attribute = "" }) => quota.value(attribute) !== DEFAULT),
        );
        return limited.map((quota) => ({ [key]: quota.value(id), ...numbers(limits, quota) }));
      };
      const apply: Apply = async (work, { wanted }) => {
        const want = (wanted ?? []) as PropertyMap[];
        const before = (work.before?.[name] ?? []) as PropertyMap[];
        const dropped = before.filter((one) => !want.some((other) => other[key] === one[key]));
        const there = (one: PropertyMap): TemplateVector =>
          asItIs(quotasOf(work.object, element).find((quota) => quota.value(id) === one[key]));
        const vectors = [
          ...want.map((one) => ({ ...there(one), ...toVector(fields, one) })),
          ...dropped.map((one) => ({ ...there(one), ...dropping(LISTS[name]!, one) })),
        ];
        if (vectors.length > 0) await setQuotas(work, { [element]: vectors });
      };
      const items = {
        type: "object" as const,
        typeName: `Quota${what.charAt(0).toUpperCase()}${what.slice(1)}`,
        description: `Limits for one ${what}.`,
        fields,
      };
      return [
        name,
        {
          type: "list",
          description: `Limits by ${what}; others are left alone.`,
          key,
          partial: true,
          items,
          read,
          apply,
        },
      ];
    },
  );
  return Object.fromEntries(entries);
}

/** Limits as oned's defaults, for what the program had set. */
function defaults(fields: Properties, set: PropertyMap, none = DEFAULT): TemplateVector {
  const entries = Object.entries(fields).filter(([name]) => set[name] !== undefined);
  return Object.fromEntries(entries.map(([, { attribute = "" }]) => [attribute, none]));
}

/** The limits of one object, which the program gives up. */
const dropping = ({ key, id, limits }: List, one: PropertyMap): TemplateVector => ({
  ...defaults(limits, one, id === CLUSTERS ? UNLIMITED : DEFAULT),
  [id]: asText(one[key]),
});

async function setQuotas(work: ObjectWork, template: Record<string, TemplateVector | TemplateVector[]>): Promise<void> {
  const [scope = "", id = ""] = work.id.split(":");
  await work.call(`one.${scope}.quota`, [Number(id), buildTemplate(template)]);
}

export const QUOTA: Kind = {
  name: "Quota",
  word: "quota",
  api: "user",
  description:
    "Limits of one user or one group. Only what is given is touched; deleting the resource gives that back to the cloud's defaults.",
  importId: "`user:<id>` or `group:<id>`",
  idPattern: /^(?:user|group):\d{1,9}$/,
  marked: "never",
  unique: false,
  lasting: true,
  inputs: {
    user: text("Name or id of the user; or `group`.", {
      reference: "user",
      idOutput: "userId",
      immutable: true,
      read: (object) => (object.name === "USER" ? object.value("ID") : undefined),
    }),
    group: text("Name or id of the group; or `user`.", {
      reference: "group",
      idOutput: "groupId",
      immutable: true,
      read: (object) => (object.name === "GROUP" ? object.value("ID") : undefined),
    }),
    vm: {
      type: "object",
      typeName: "QuotaVm",
      description: "Limits for all VMs together.",
      fields: VM,
      read: (object) => {
        const quota = globalVm(object);
        return quota === undefined ? undefined : numbers(VM, quota);
      },
      apply: async (work, { wanted }) => {
        const values =
          wanted === undefined
            ? defaults(VM, (work.before?.["vm"] ?? {}) as PropertyMap)
            : toVector(VM, wanted as PropertyMap);
        if (Object.keys(values).length > 0)
          await setQuotas(work, { VM: { ...asItIs(globalVm(work.object)), ...values } });
      },
    },
    ...lists(),
  },
  outputs: {
    userId: {
      ...idOutput("Number of the user, if the limits are a user's."),
      required: false,
      read: (object) => (object.name === "USER" ? Number(object.value("ID")) : undefined),
    },
    groupId: {
      ...idOutput("Number of the group, if the limits are a group's."),
      required: false,
      read: (object) => (object.name === "GROUP" ? Number(object.value("ID")) : undefined),
    },
  },
  check: ({ user, group }) =>
    (user === undefined) === (group === undefined)
      ? [{ property: "user", reason: "and `group`: exactly one of them is needed" }]
      : [],
  calls: {
    find: async (call, id) => {
      const [scope = "", number = ""] = id.split(":");
      return findObject(call, scope, number);
    },
    candidates: async () => [],
    // The user or group is there already; its limits are set by the calls of the properties.
    allocate: async (call, wish) => {
      const scope = wish["user"] === undefined ? "group" : "user";
      const number = asText(wish[scope]);
      if ((await findObject(call, scope, number)) === undefined)
        throw new Error(`${scope}: there is no ${scope} ${number}`);
      return `${scope}:${number}`;
    },
    remove: async (call, id, { state }) => removeQuotas(call, id, state.inputs),
  },
};

async function removeQuotas(call: ResourceCall, id: string, inputs: PropertyMap): Promise<void> {
  const [scope = "", number = ""] = id.split(":");
  const object = await findObject(call, scope, number);
  if (object === undefined) return;
  const template: Record<string, TemplateVector[]> = {};
  const set = await new References(call).resolve(QUOTA.inputs, inputs, "keep");
  const add = (element: string, vector: TemplateVector): void => {
    template[element] = [...(template[element] ?? []), vector];
  };
  const vm = defaults(VM, (set["vm"] ?? {}) as PropertyMap);
  if (Object.keys(vm).length > 0) add("VM", { ...asItIs(globalVm(object)), ...vm });
  for (const [name, list] of Object.entries(LISTS)) {
    for (const one of (set[name] ?? []) as PropertyMap[]) {
      const there = quotasOf(object, list.element).find((quota) => quota.value(list.id) === one[list.key]);
      add(list.element, { ...asItIs(there), ...dropping(list, one) });
    }
  }
  if (Object.keys(template).length > 0)
    await send(call, `one.${scope}.quota`, [Number(number), buildTemplate(template)]);
}
