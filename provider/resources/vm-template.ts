// SPDX-License-Identifier: Apache-2.0

/** VM templates, and the properties that they share with VMs. */
import type { Properties } from "../definition";
import type { Kind } from "../framework/kind";
import {
  attributesProperty,
  flag,
  idOutput,
  integer,
  nameProperty,
  OWNERSHIP_OUTPUTS,
  ownership,
  references,
  text,
} from "./common";
import { lockProperty } from "./lock";

/** Size of a VM. */
export const CAPACITY: Properties = {
  cpu: { type: "number", description: "Share of physical CPUs, e.g. 0.5.", attribute: "CPU", minimum: 0.001 },
  vcpu: integer("Virtual CPUs.", { attribute: "VCPU", minimum: 1 }),
  memory: integer("MiB of memory.", { attribute: "MEMORY", minimum: 1 }),
};

/** A disk. */
export const DISK_FIELDS: Properties = {
  image: text("Name or id of the image; left out for an empty, volatile disk.", {
    attribute: "IMAGE_ID",
    reference: "image",
  }),
  size: integer("MiB; needed by a volatile disk, and larger than the image's to grow it.", {
    attribute: "SIZE",
    minimum: 1,
  }),
  type: text("`fs` or `swap` for a volatile disk.", { attribute: "TYPE", caseless: true }),
  format: text("Format of a volatile disk: `raw` or `qcow2`.", { attribute: "FORMAT" }),
  fileSystem: text("File system of a volatile disk.", { attribute: "FS" }),
  target: text("Device name in the guest.", { attribute: "TARGET" }),
  devicePrefix: text("`vd`, `sd` or `hd`.", { attribute: "DEV_PREFIX" }),
  cache: text("Cache mode, e.g. `none`.", { attribute: "CACHE" }),
  readOnly: flag("The guest cannot write.", { attribute: "READONLY" }),
  attributes: { type: "stringMap", description: "Further attributes of the disk." },
};

/** A network interface. */
export const NIC_FIELDS: Properties = {
  network: text("Name or id of the network; left out where the scheduler chooses (attribute `NETWORK_MODE`).", {
    attribute: "NETWORK_ID",
    reference: "vn",
  }),
  ip: text("IPv4 address; any free one if it is left out.", { attribute: "IP" }),
  ip6: text("IPv6 address.", { attribute: "IP6", caseless: true }),
  mac: text("MAC.", { attribute: "MAC", caseless: true }),
  model: text("Hardware that the guest sees, e.g. `virtio`.", { attribute: "MODEL" }),
  securityGroups: references("secgroup", "Security groups beside those of the network.", {
    attribute: "SECURITY_GROUPS",
    // Those of the network are there as well.
    partial: true,
  }),
  inboundAverage: integer("KB/s.", { attribute: "INBOUND_AVG_BW", minimum: 0 }),
  inboundPeak: integer("KB/s.", { attribute: "INBOUND_PEAK_BW", minimum: 0 }),
  outboundAverage: integer("KB/s.", { attribute: "OUTBOUND_AVG_BW", minimum: 0 }),
  outboundPeak: integer("KB/s.", { attribute: "OUTBOUND_PEAK_BW", minimum: 0 }),
  attributes: { type: "stringMap", description: "Further attributes of the interface." },
};

/** What the hypervisor is told of a VM. */
export const HARDWARE: Properties = {
  context: {
    type: "stringMap",
    description: "What the guest is told when it starts (`CONTEXT`), e.g. `NETWORK`, `SSH_PUBLIC_KEY`.",
    attribute: "CONTEXT",
    substituted: true,
  },
  os: {
    type: "stringMap",
    description: "Boot and machine type (`OS`), e.g. `ARCH`, `BOOT`, `FIRMWARE`.",
    attribute: "OS",
  },
  graphics: {
    type: "stringMap",
    description: "Remote console (`GRAPHICS`), e.g. `TYPE`, `LISTEN`.",
    attribute: "GRAPHICS",
  },
  features: {
    type: "stringMap",
    description: "Features of the machine (`FEATURES`), e.g. `ACPI`, `GUEST_AGENT`.",
    attribute: "FEATURES",
  },
  cpuModel: { type: "stringMap", description: "CPU model (`CPU_MODEL`), e.g. `MODEL`.", attribute: "CPU_MODEL" },
};

const list = (
  typeName: string,
  description: string,
  items: { attribute: string; fields: Properties },
): Properties[string] => ({
  type: "list",
  description,
  attribute: items.attribute,
  items: { type: "object", typeName, description: description.replace(/s\.$/, "."), fields: items.fields },
});

export const VM_TEMPLATE: Kind = {
  name: "VmTemplate",
  word: "VM template",
  api: "template",
  description: "A template of VMs. Deleting it leaves its images and VMs alone.",
  importId: "the number that `onetemplate list` shows",
  marked: "allocate",
  unique: false,
  inputs: {
    ...nameProperty("template", "Name of the template."),
    description: text("For people.", { attribute: "DESCRIPTION" }),
    hypervisor: text("`kvm`, `qemu`, `lxc` or another that the hosts have.", { attribute: "HYPERVISOR" }),
    ...CAPACITY,
    disks: list("VmTemplateDisk", "Disks of each VM.", { attribute: "DISK", fields: DISK_FIELDS }),
    nics: list("VmTemplateNic", "Network interfaces of each VM.", { attribute: "NIC", fields: NIC_FIELDS }),
    ...HARDWARE,
    userInputs: {
      type: "stringMap",
      description: "Questions that are asked when a VM is made (`USER_INPUTS`).",
      attribute: "USER_INPUTS",
    },
    schedRequirements: text("Which hosts may run the VMs.", { attribute: "SCHED_REQUIREMENTS" }),
    schedRank: text("Which of these hosts are better.", { attribute: "SCHED_RANK" }),
    ...attributesProperty(),
    ...lockProperty("template"),
    ...ownership("template"),
  },
  outputs: { templateId: idOutput("oned's number of the template."), ...OWNERSHIP_OUTPUTS },
};
