// SPDX-License-Identifier: Apache-2.0

import { get, vectors } from "../oned/template";
import type { Template } from "../oned/template";

type Vector = Record<string, string>;

/** What a domain is made of beside its VM's template. */
export interface DomainFacts {
  id: number;
  template: Template;
  /** The VM's folder on the host. */
  directory: string;
  /** `qemu` is software emulation, for hosts whose processor or kernel has no virtualization. */
  type: "kvm" | "qemu";
}

/** How libvirt knows the VM. */
export const domainName = (id: number): string => `one-${id}`;

const attribute = (text: string): string => text.replace(/[&<>'"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** ` name='value'` for each that has a value. */
function attributes(values: Record<string, string | undefined>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === undefined || value === "" ? "" : ` ${name}='${attribute(value)}'`))
    .join("");
}

const yes = (text: string | undefined, absent = false): boolean =>
  text === undefined || text === "" ? absent : /^(yes|true|1)$/i.test(text);

/** By the prefix of the target: what libvirt calls the bus. */
const BUSES: Record<string, string> = { hd: "ide", sd: "scsi", vd: "virtio", xvd: "xen" };

function busOf(target: string): string {
  return BUSES[target.replace(/[a-z]$/, "")] ?? "ide";
}

/** A disk's element; also what is attached to a running VM. */
export function diskXml(disk: Vector, directory: string): string {
  const target = disk.TARGET ?? "";
  const cdrom = disk.TYPE?.toUpperCase() === "CDROM";
  const readonly = cdrom || yes(disk.READONLY);
  const driver = {
    name: "qemu",
    type: disk.DRIVER ?? disk.FORMAT ?? "raw",
    cache: disk.CACHE ?? (readonly ? undefined : "none"),
    io: disk.IO,
    discard: disk.DISCARD,
  };
  return [
    `<disk type='file' device='${cdrom ? "cdrom" : "disk"}'>`,
    `<driver${attributes(driver)}/>`,
    `<source${attributes({ file: `${directory}/disk.${disk.DISK_ID ?? ""}` })}/>`,
    `<target${attributes({ dev: target, bus: busOf(target) })}/>`,
    ...(disk.ORDER === undefined ? [] : [`<boot${attributes({ order: disk.ORDER })}/>`]),
    ...(readonly ? ["<readonly/>"] : []),
    "</disk>",
  ].join("");
}

/** The drive with the guest's context, undefined for a VM without one. */
export function contextDisk(template: Template): Vector | undefined {
  const context = vectors(template, "CONTEXT")[0];
  if (context?.DISK_ID === undefined) return undefined;
  return { DISK_ID: context.DISK_ID, TARGET: context.TARGET ?? "hda", TYPE: "CDROM" };
}

/** Name of a NIC's device on the host. */
export const nicDevice = (id: number, nic: Vector): string => nic.TARGET ?? `${domainName(id)}-${nic.NIC_ID ?? ""}`;

/** A NIC's element; also what is attached to a running VM. */
export function nicXml(nic: Vector, id: number): string {
  return [
    "<interface type='bridge'>",
    `<source${attributes({ bridge: nic.BRIDGE })}/>`,
    `<mac${attributes({ address: nic.MAC })}/>`,
    `<target${attributes({ dev: nicDevice(id, nic) })}/>`,
    `<model${attributes({ type: nic.MODEL ?? "virtio" })}/>`,
    // A guest that does not know the network's MTU is told by the device.
    ...(nic.MTU === undefined || nic.MTU === "" ? [] : [`<mtu${attributes({ size: nic.MTU })}/>`]),
    ...(nic.ORDER === undefined ? [] : [`<boot${attributes({ order: nic.ORDER })}/>`]),
    "</interface>",
  ].join("");
}

function osXml(os: Vector): string {
  const machine = { arch: os.ARCH ?? "x86_64", machine: os.MACHINE };
  const direct: [string, string | undefined][] = [
    ["kernel", os.KERNEL],
    ["initrd", os.INITRD],
    ["cmdline", os.KERNEL_CMD],
  ];
  const given = direct.flatMap(([name, value]) =>
    value === undefined || value === "" ? [] : [`<${name}>${attribute(value)}</${name}>`],
  );
  return `<os><type${attributes(machine)}>hvm</type>${given.join("")}</os>`;
}

/** With boot orders of devices libvirt refuses one of the whole system, and every device needs one of its own. */
function bootOrder(template: Template): { disks: Vector[]; nics: Vector[] } {
  const order = (vectors(template, "OS")[0]?.BOOT ?? "").split(",").map((word) => word.trim());
  const ordered = (device: Vector, word: string): Vector => {
    const at = order.indexOf(word);
    return at < 0 ? device : { ...device, ORDER: String(at + 1) };
  };
  return {
    disks: vectors(template, "DISK").map((disk) => ordered(disk, `disk${disk.DISK_ID}`)),
    nics: vectors(template, "NIC").map((nic) => ordered(nic, `nic${nic.NIC_ID}`)),
  };
}

function graphicsXml(graphics: Vector): string {
  const values = {
    type: (graphics.TYPE ?? "vnc").toLowerCase(),
    listen: graphics.LISTEN,
    port: graphics.PORT,
    autoport: graphics.PORT === undefined ? "yes" : "no",
    passwd: graphics.PASSWD,
    keymap: graphics.KEYMAP,
  };
  return `<graphics${attributes(values)}/><video><model type='vga'/></video>`;
}

/** The libvirt domain of a VM. */
export function domainXml({ id, template, directory, type }: DomainFacts): string {
  const value = (name: string): string | undefined => get(template, name);
  const [os = {}, features = {}, cpu = {}] = ["OS", "FEATURES", "CPU_MODEL"].map((name) => vectors(template, name)[0]);
  const kib = (name: string): number | undefined => {
    const mib = Number(value(name) ?? "");
    return Number.isFinite(mib) && mib > 0 ? Math.round(mib * 1024) : undefined;
  };
  const memory = kib("MEMORY") ?? 0;
  const vcpus = Number(value("VCPU") ?? "1");
  const most = Math.max(vcpus, Number(value("VCPU_MAX") ?? "0"));
  const { disks, nics } = bootOrder(template);
  const context = contextDisk(template);
  const raw = vectors(template, "RAW").filter(({ TYPE }) => TYPE?.toLowerCase() === "kvm");
  const model = cpu.MODEL === undefined || type === "qemu" ? "" : cpuXml(cpu.MODEL);
  return [
    `<domain type='${type}'>`,
    `<name>${domainName(id)}</name>`,
    ...(os.UUID === undefined ? [] : [`<uuid>${attribute(os.UUID)}</uuid>`]),
    `<memory unit='KiB'>${Math.max(memory, kib("MEMORY_MAX") ?? 0)}</memory>`,
    `<currentMemory unit='KiB'>${memory}</currentMemory>`,
    `<vcpu${attributes({ current: most > vcpus ? String(vcpus) : undefined })}>${most}</vcpu>`,
    osXml(os),
    `<features>${yes(features.ACPI, true) ? "<acpi/>" : ""}${yes(features.PAE) ? "<pae/>" : ""}</features>`,
    model,
    "<devices>",
    ...[...disks, ...(context === undefined ? [] : [context])].map((disk) => diskXml(disk, directory)),
    ...(disks.some(({ TARGET }) => busOf(TARGET ?? "") === "scsi")
      ? ["<controller type='scsi' model='virtio-scsi'/>"]
      : []),
    ...nics.map((nic) => nicXml(nic, id)),
    ...vectors(template, "GRAPHICS").map(graphicsXml),
    "<serial type='pty'/><console type='pty'/>",
    ...(yes(features.GUEST_AGENT)
      ? ["<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"]
      : []),
    "<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
    ...raw.filter(({ DATA }) => DATA?.startsWith("<devices>") === true).map(({ DATA = "" }) => DATA.slice(9, -10)),
    "</devices>",
    ...raw.filter(({ DATA }) => DATA?.startsWith("<devices>") !== true).map(({ DATA = "" }) => DATA),
    "</domain>",
  ].join("\n");
}

function cpuXml(model: string): string {
  return model === "host-passthrough"
    ? "<cpu mode='host-passthrough'/>"
    : `<cpu mode='custom' match='exact'><model fallback='forbid'>${attribute(model)}</model></cpu>`;
}
