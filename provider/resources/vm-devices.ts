// SPDX-License-Identifier: Apache-2.0

/** Disks and network interfaces of VMs: matched by name, changed by the live calls, never detached unless their entry is gone. */
import { buildTemplate, type TemplateVector, type XmlElement } from "../../opennebula";
import type { Apply, ObjectWork, Properties, PropertyChange } from "../definition";
import { fromTemplate, templateOf, toVector } from "../framework/attributes";
import { asText, pairs, same } from "../framework/values";
import type { PropertyMap, PropertyValue } from "../grpc/provider";
import { isPassing } from "./vm-power";

/** Attribute that keeps a disk's name, for which oned has none. */
export const KEY = "PULUMI_NAME";

/** Devices of the VM as oned has them, with what the fields stand for. */
export function vectorsOf(object: XmlElement, element: "DISK" | "NIC", fields: Properties): PropertyValue {
  return devices(object, element).map((one) => withName(fromTemplate(fields, templateOf(one, ".")), one, element));
}

const devices = (object: XmlElement, element: "DISK" | "NIC"): XmlElement[] =>
  object.child("TEMPLATE")?.all(element) ?? [];

/** Devices that no program named go by oned's number. */
function withName(values: PropertyMap, device: XmlElement, element: "DISK" | "NIC"): PropertyMap {
  const name = values["name"] ?? `${element}${device.value(`${element}_ID`)}`;
  const { attributes: _free, ...own } = values;
  return { ...own, attributes: plain(device), name };
}

function plain(device: XmlElement): PropertyMap {
  return Object.fromEntries(device.children.map(({ name, text }) => [name, text]));
}

interface Device {
  wanted: PropertyMap | undefined;
  actual: PropertyMap | undefined;
  /** What the program said of it before. */
  before: PropertyMap | undefined;
  id: number;
}

async function compare(
  work: ObjectWork,
  element: "DISK" | "NIC",
  fields: Properties,
  { name, wanted }: PropertyChange,
): Promise<Device[]> {
  const object = await settled(work);
  const before = (work.before?.[name] ?? []) as PropertyMap[];
  const actual = vectorsOf(object, element, fields) as PropertyMap[];
  const list = {
    type: "list" as const,
    description: "",
    key: "name",
    items: { type: "object" as const, description: "", fields },
  };
  return pairs(list, (wanted ?? []) as PropertyValue[], actual).map(([want, have]) => ({
    wanted: want as PropertyMap | undefined,
    actual: have as PropertyMap | undefined,
    before: before.find((one) => want !== undefined && one["name"] === (want as PropertyMap)["name"]),
    id:
      have === undefined
        ? -1
        : Number(devices(object, element)[actual.indexOf(have as PropertyMap)]?.value(`${element}_ID`)),
  }));
}

/** Fields whose value is another than wished; of those that oned does not tell, the ones that the program says anew. */
function changedFields(fields: Properties, { wanted, actual, before }: Device): string[] {
  return Object.entries(fields)
    .filter(([name, field]) => {
      const want = wanted?.[name];
      if (want === undefined) return false;
      const have = actual?.[name] ?? before?.[name];
      return have === undefined || !same(field, want, have);
    })
    .map(([name]) => name);
}

const settled = (work: ObjectWork): Promise<XmlElement> =>
  work.until("a change before this one is not finished", (object) => !isPassing(object));

/** What no live call changes: the device would have to be taken away, which nobody has asked for. */
function refuse(kind: string, name: PropertyValue | undefined, fields: string[]): never {
  throw new Error(
    `${kind} "${asText(name)}": ${fields.join(", ")} cannot be changed while it is attached; give the entry another name, so ` +
      "that the old one is seen to go and a new one to come",
  );
}

/** Attaches, grows and detaches disks. */
export const disksApply =
  (fields: Properties): Apply =>
  async (work, change) => {
    for (const device of await compare(work, "DISK", fields, change)) {
      const { wanted: want, actual: have, id } = device;
      if (want === undefined) {
        await settled(work);
        await work.call("one.vm.detach", [Number(work.id), id]);
        await gone(work, "DISK", id);
      } else if (have === undefined) {
        await attach(work, { method: "one.vm.attach", element: "DISK" }, toVector(fields, want));
      } else {
        const changed = changedFields(fields, device);
        const fixed = changed.filter((one) => one !== "size" || Number(want["size"]) < Number(have["size"]));
        if (fixed.length > 0) refuse("disk", want["name"], fixed);
        if (changed.length === 0) continue;
        await settled(work);
        await work.call("one.vm.diskresize", [Number(work.id), id, asText(want["size"])]);
      }
    }
    await settled(work);
  };

/** What `updatenic` changes while the VM runs. */
const LIVE = new Set(["inboundAverage", "inboundPeak", "outboundAverage", "outboundPeak"]);

/** Attaches and detaches interfaces; limits and security groups change without losing the address. */
export const nicsApply =
  (fields: Properties): Apply =>
  async (work, change) => {
    for (const device of await compare(work, "NIC", fields, change)) {
      const { wanted: want, actual: have, id } = device;
      if (want === undefined) {
        await settled(work);
        await work.call("one.vm.detachnic", [Number(work.id), id]);
        await gone(work, "NIC", id);
      } else if (have === undefined) {
        await attach(work, { method: "one.vm.attachnic", element: "NIC" }, toVector(fields, want));
      } else await changeNic(work, fields, device);
    }
    await settled(work);
  };

async function changeNic(work: ObjectWork, fields: Properties, device: Device): Promise<void> {
  const { wanted = {}, actual = {}, id } = device;
  const changed = changedFields(fields, device);
  const fixed = changed.filter((one) => !LIVE.has(one) && one !== "securityGroups");
  if (fixed.length > 0) refuse("interface", wanted["name"], fixed);
  const limits = changed.filter((one) => LIVE.has(one));
  if (limits.length > 0) {
    const vector = toVector(fields, Object.fromEntries(limits.map((one) => [one, wanted[one] as PropertyValue])));
    await settled(work);
    const MERGE = 1;
    await work.call("one.vm.updatenic", [Number(work.id), id, buildTemplate({ NIC: vector }), MERGE]);
  }
  const want = new Set((wanted["securityGroups"] ?? []) as string[]);
  const have = new Set((actual["securityGroups"] ?? []) as string[]);
  for (const group of want) {
    if (have.has(group)) continue;
    await settled(work);
    await work.call("one.vm.attachsg", [Number(work.id), id, Number(group)]);
  }
  // Others are the network's.
  for (const group of (device.before?.["securityGroups"] ?? []) as string[]) {
    if (want.has(group) || !have.has(group)) continue;
    await settled(work);
    await work.call("one.vm.detachsg", [Number(work.id), id, Number(group)]);
  }
}

async function attach(
  work: ObjectWork,
  { method, element }: { method: string; element: "DISK" | "NIC" },
  vector: TemplateVector,
): Promise<void> {
  const before = devices(await settled(work), element).length;
  await work.once(method, [Number(work.id), buildTemplate({ [element]: vector })]);
  await work.until(`the new ${element} is not attached`, (object) => {
    return !isPassing(object) && devices(object, element).length > before;
  });
}

async function gone(work: ObjectWork, element: "DISK" | "NIC", id: number): Promise<void> {
  await work.until(`${element} ${id} is still attached`, (object) => {
    return !isPassing(object) && devices(object, element).every((one) => one.value(`${element}_ID`) !== String(id));
  });
}
