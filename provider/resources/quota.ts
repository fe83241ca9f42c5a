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

/** Quotas that exist once for each object: their property, the member that names the object, and oned's element. */
const LISTS: Record<string, { key: string; kind: ReferenceKind; element: string; what: string; limits: Properties }> = {
  datastores: {
    key: "datastore",
    kind: "datastore",
    element: "DATASTORE",
    what: "datastore",
    limits: { size: limit("MiB", "SIZE"), images: limit("Images", "IMAGES") },
  },
  networks: {
    key: "network",
    kind: "vn",
    element: "NETWORK",
    what: "network",
    limits: { leases: limit("Addresses", "LEASES") },
  },
  images: {
    key: "image",
    kind: "image",
    element: "IMAGE",
    what: "image",
    limits: { runningVms: limit("VMs that use it at once", "RVMS") },
  },
};

function numbers(fields: Properties, quota: XmlElement): PropertyMap {
  const entries = Object.entries(fields).flatMap(([name, { attribute = "" }]) => {
    const value = quota.value(attribute);
    return value === "" ? [] : [[name, Number(value)] as const];
  });
  return Object.fromEntries(entries);
}

function lists(): Properties {
  const entries = Object.entries(LISTS).map(
    ([name, { key, kind, element, what, limits }]): [string, Properties[string]] => {
      const fields: Properties = {
        [key]: text(`Name or id of the ${what}.`, { attribute: "ID", required: true, reference: kind }),
        ...limits,
      };
      const read = (object: XmlElement): PropertyValue => {
        const quotas = object.child(`${element}_QUOTA`)?.all(element) ?? [];
        // Use without a limit of its own is listed as well.
        const limited = quotas.filter((quota) =>
          Object.values(limits).some(({ attribute = "" }) => quota.value(attribute) !== DEFAULT),
        );
        return limited.map((quota) => ({ [key]: quota.value("ID"), ...numbers(limits, quota) }));
      };
      const apply: Apply = async (work, { wanted }) => {
        const want = (wanted ?? []) as PropertyMap[];
        const before = (work.before?.[name] ?? []) as PropertyMap[];
        const dropped = before.filter((one) => !want.some((other) => other[key] === one[key]));
        const vectors = [
          ...want.map((one) => toVector(fields, one)),
          ...dropped.map((one) => ({ ...defaults(limits, one), ID: String(one[key] as string) })),
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
function defaults(fields: Properties, set: PropertyMap): TemplateVector {
  const entries = Object.entries(fields).filter(([name]) => set[name] !== undefined);
  return Object.fromEntries(entries.map(([, { attribute = "" }]) => [attribute, DEFAULT]));
}

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
        const quota = object.child("VM_QUOTA")?.child("VM");
        return quota === undefined ? undefined : numbers(VM, quota);
      },
      apply: async (work, { wanted }) => {
        const values =
          wanted === undefined
            ? defaults(VM, (work.before?.["vm"] ?? {}) as PropertyMap)
            : toVector(VM, wanted as PropertyMap);
        if (Object.keys(values).length > 0) await setQuotas(work, { VM: values });
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
  const template: Record<string, TemplateVector | TemplateVector[]> = {};
  const set = await new References(call).resolve(QUOTA.inputs, inputs, "keep");
  const vm = defaults(VM, (set["vm"] ?? {}) as PropertyMap);
  if (Object.keys(vm).length > 0) template["VM"] = vm;
  for (const [name, { key, element, limits }] of Object.entries(LISTS)) {
    const given = (set[name] ?? []) as PropertyMap[];
    const vectors = given.map((one) => ({ ...defaults(limits, one), ID: String(one[key] as string) }));
    if (vectors.length > 0) template[element] = vectors;
  }
  if (Object.keys(template).length > 0)
    await send(call, `one.${scope}.quota`, [Number(number), buildTemplate(template)]);
}
