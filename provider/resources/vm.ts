// SPDX-License-Identifier: Apache-2.0

/** Virtual machines. */
import { buildTemplate, type Template, type XmlElement } from "../../opennebula";
import type { Apply, Properties, PropertyDefinition } from "../definition";
import { fromTemplate, templateOf, toTemplate } from "../framework/attributes";
import { allocate, send, sendOnce } from "../framework/calls";
import type { Kind } from "../framework/kind";
import type { PropertyMap, PropertyValue } from "../grpc/provider";
import { attributesProperty, flag, idOutput, nameProperty, OWNERSHIP_OUTPUTS, ownership, text } from "./common";
import { lockProperty } from "./lock";
import { schedule } from "./schedule";
import { CAPACITY, DISK_FIELDS, HARDWARE, NIC_FIELDS } from "./vm-template";
import { disksApply, KEY, nicsApply, vectorsOf } from "./vm-devices";
import { deployment, POWER_STATES, powerApply, powerOf, VM_STATE, whilePoweredOff } from "./vm-power";

/** Attributes of the VM itself, as against those of people in its user template. */
const inTemplate = (properties: Properties, apply: (name: string) => Apply): Properties =>
  Object.fromEntries(
    Object.entries(properties).map(([name, definition]) => [
      name,
      {
        ...definition,
        // What the template says of it holds where the program is silent.
        sticky: true,
        read: (object: XmlElement) => readTemplate({ [name]: definition }, object)[name],
        apply: apply(name),
      },
    ]),
  );

function readTemplate(properties: Properties, object: XmlElement): PropertyMap {
  return fromTemplate(properties, templateOf(object));
}

const resize: Apply = async (work, { name }) => {
  // CPU, VCPU and memory go in one call, made for the first of them that differs.
  const actual = readTemplate(CAPACITY, await work.again());
  const wanted = Object.keys(CAPACITY).filter((one) => work.wish[one] !== undefined && work.wish[one] !== actual[one]);
  if (!wanted.includes(name)) return;
  const change = Object.fromEntries(wanted.map((one) => [one, work.wish[one] as PropertyValue]));
  const template = buildTemplate(toTemplate(CAPACITY, change));
  await whilePoweredOff(work, `the new ${wanted.join(", ")}`, async () => {
    await work.call("one.vm.resize", [Number(work.id), template, true]);
  });
};

const updateConfiguration =
  (name: string): Apply =>
  async (work, { wanted }) => {
    const definition = HARDWARE[name] as PropertyDefinition;
    if (wanted === undefined) return;
    // The call replaces a vector as a whole; what oned has added to it goes along.
    const there = templateOf(work.object)[definition.attribute ?? ""];
    const kept = typeof there === "object" && !Array.isArray(there) ? there : {};
    const vector = {
      ...ownEntries(kept),
      ...(toTemplate({ [name]: definition }, { [name]: wanted })[definition.attribute ?? ""] as object),
    };
    await work.call("one.vm.updateconf", [Number(work.id), buildTemplate({ [definition.attribute ?? ""]: vector }), 1]);
  };

/** Without what oned derives from the interfaces: it derives it again. */
function ownEntries(vector: Record<string, string>): Record<string, string> {
  const derived = /^(?:ETH\d+_|PCI\d+_|DISK_ID$|TARGET$)/;
  return Object.fromEntries(Object.entries(vector).filter(([name]) => !derived.test(name)));
}

const keyed = (typeName: string, description: string, fields: Properties): PropertyDefinition => ({
  type: "list",
  description,
  key: "name",
  lenient: true,
  items: { type: "object", typeName, description: `${typeName}, told from the others by its name.`, fields },
});

const DISK_LIST: Properties = {
  name: text("Tells the disk from the VM's others for ever; another name is another disk.", {
    attribute: KEY,
    required: true,
  }),
  ...DISK_FIELDS,
};
const NIC_LIST: Properties = {
  name: text("Tells the interface from the VM's others for ever, in oned as well; another name is another interface.", {
    attribute: "NAME",
    required: true,
    rule: {
      pattern: /^(?!NIC\d+$)[A-Za-z0-9_-]{1,64}$/,
      text: "must be letters, digits, _ and -, and not as oned's own NIC0",
    },
  }),
  ...NIC_FIELDS,
};

export const VIRTUAL_MACHINE: Kind = {
  name: "VirtualMachine",
  word: "VM",
  api: "vm",
  templateElement: "USER_TEMPLATE",
  description:
    "A virtual machine, made from a template or from its own properties. What oned can change while the VM runs is changed so; nothing " +
    "is detached unless its entry goes. Deletion shuts the guest down and, if it does not end within a minute, ends it hard.",
  importId: "the number that `onevm list` shows",
  marked: "allocate",
  unique: false,
  state: VM_STATE,
  gone: (object) => object.value("STATE") === "6",
  goneSeconds: 180,
  inputs: {
    ...nameProperty("vm", "Name of the VM."),
    template: text("Name or id of the VM template that it is made from.", {
      reference: "template",
      immutable: true,
      idOutput: "templateId",
      read: (object) => numberOf(object.child("TEMPLATE")?.value("TEMPLATE_ID"))?.toString(),
    }),
    persistent: flag("Copy the template and its images, so that the VM keeps what it writes.", {
      immutable: true,
      unreadable: true,
    }),
    powerState: text("What the VM does.", {
      default: "running",
      enum: POWER_STATES,
      read: powerOf,
      apply: powerApply,
    }),
    allowPowerOff: flag(
      "Power the VM off and on again for changes that oned cannot make while it runs; otherwise they are refused.",
      {
        default: false,
        unreadable: true,
        allocated: true,
        apply: async () => undefined,
      },
    ),
    ...inTemplate(CAPACITY, () => resize),
    disks: {
      ...keyed("VmDisk", "Disks, in any order. Left out: those of the template.", DISK_LIST),
      attribute: "DISK",
      sticky: true,
      read: (object) => vectorsOf(object, "DISK", DISK_LIST),
      apply: disksApply(DISK_LIST),
    },
    nics: {
      ...keyed("VmNic", "Network interfaces, in any order. Left out: those of the template.", NIC_LIST),
      attribute: "NIC",
      sticky: true,
      read: (object) => vectorsOf(object, "NIC", NIC_LIST),
      apply: nicsApply(NIC_LIST),
    },
    ...inTemplate(HARDWARE, updateConfiguration),
    scheduledActions: schedule("vm", "Actions at set times, e.g. a policy of snapshots."),
    host: text("Name or id of the host that it starts on; left out: the scheduler chooses.", {
      reference: "host",
      immutable: true,
      unreadable: true,
    }),
    vmGroup: {
      type: "object",
      typeName: "VmGroupMembership",
      description: "Place in a VM group.",
      immutable: true,
      attribute: "VMGROUP",
      sticky: true,
      fields: {
        group: text("Name or id of the VM group.", { attribute: "VMGROUP_ID", reference: "vmgroup", required: true }),
        role: text("Role in it.", { attribute: "ROLE", required: true }),
      },
      read: (object) => readTemplate({ vmGroup: VM_GROUP_READ }, object)["vmGroup"],
    },
    schedRequirements: text("Which hosts may run it.", { attribute: "SCHED_REQUIREMENTS", sticky: true }),
    schedRank: text("Which of these hosts are better.", { attribute: "SCHED_RANK", sticky: true }),
    description: text("For people.", { attribute: "DESCRIPTION", sticky: true }),
    ...attributesProperty("VM's user template"),
    ...lockProperty("vm"),
    ...ownership("vm"),
  },
  outputs: {
    vmId: idOutput("oned's number of the VM."),
    templateId: {
      ...idOutput("Number of the template, if it was made from one."),
      required: false,
      read: (object) => numberOf(object.child("TEMPLATE")?.value("TEMPLATE_ID")),
    },
    hostName: {
      type: "string",
      description: "Host that it is or was on.",
      follows: ["powerState"],
      read: (object) => object.child("HISTORY_RECORDS")?.all("HISTORY").at(-1)?.value("HOSTNAME"),
    },
    addresses: {
      type: "stringMap",
      description: "Address of each interface by its name.",
      follows: ["nics"],
      read: (object) => nicValues(object, ["IP", "IP6_GLOBAL", "IP6"]),
    },
    macs: {
      type: "stringMap",
      description: "MAC of each interface by its name.",
      follows: ["nics"],
      read: (object) => nicValues(object, ["MAC"]),
    },
    ...OWNERSHIP_OUTPUTS,
  },
  check: ({ template, cpu, memory, persistent, host, powerState }) => {
    const missing =
      template === undefined ? Object.entries({ cpu, memory }).filter(([, value]) => value === undefined) : [];
    const failures = missing.map(([property]) => ({ property, reason: "is needed by a VM without a template" }));
    if (persistent !== undefined && template === undefined) {
      failures.push({ property: "persistent", reason: "is of use only with a template; leave it out" });
    }
    if (host !== undefined && powerState === "hold") {
      failures.push({ property: "host", reason: "contradicts the power state hold; leave one out" });
    }
    return failures;
  },
  calls: {
    allocate: async (call, wish, template) => {
      const { name, template: source, persistent, host, powerState } = wish;
      const hold = powerState === "hold" || host !== undefined;
      const own: Template = { ...template };
      let id: string;
      if (source === undefined) id = await allocate(call, "one.vm.allocate", own, hold);
      else {
        delete own["NAME"];
        const parameters = [Number(source), name as string, hold, buildTemplate(own), persistent === true];
        id = String(await sendOnce(call, "one.template.instantiate", parameters));
      }
      if (host !== undefined) await send(call, "one.vm.deploy", deployment(id, host));
      return id;
    },
    update: async (call, id, { changes, whole, removes }) => {
      await send(call, "one.vm.update", [Number(id), buildTemplate(removes ? whole : changes), removes ? 0 : 1]);
    },
    remove: async (call, id, { object }) => {
      const running = powerOf(object) === "running";
      await send(call, "one.vm.action", [running ? "terminate" : "terminate-hard", Number(id)]);
    },
  },
  force: async (call, id) => void (await send(call, "one.vm.action", ["terminate-hard", Number(id)])),
};

const VM_GROUP_READ: PropertyDefinition = {
  type: "object",
  description: "",
  attribute: "VMGROUP",
  fields: {
    group: { type: "string", description: "", attribute: "VMGROUP_ID" },
    role: { type: "string", description: "", attribute: "ROLE" },
  },
};

function numberOf(value: string | undefined): number | undefined {
  return value === undefined || value === "" ? undefined : Number(value);
}

function nicValues(object: XmlElement, names: string[]): PropertyMap {
  const nics = object.child("TEMPLATE")?.all("NIC") ?? [];
  const entries = nics.flatMap((nic) => {
    const value = names.map((name) => nic.value(name)).find((one) => one !== "");
    return value === undefined ? [] : [[nic.value("NAME"), value] as const];
  });
  return Object.fromEntries(entries);
}
